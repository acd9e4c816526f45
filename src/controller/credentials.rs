//! Credentials out of Secrets, in every way that a provider's `auth` can say.

use std::{
    fmt,
    sync::{Mutex, PoisonError},
};

use async_trait::async_trait;
use secrecy::ExposeSecret as _;
use tokio::sync::RwLock;

use super::secrets::Secrets;
use crate::{
    api::{Auth, AuthStyle, AuthType, BasicAuth, HeaderAuth, OAuth2Auth, SecretKeyRef, reasons},
    scim::{
        address::AddressPolicy,
        credentials::{
            Credentials, CredentialsError, Header, basic, bearer, custom,
            oauth2::{ClientSecret, OAuth2, OAuth2Error, Style, TokenRequest},
        },
        endpoint::{Endpoint, TokenUrl},
        http::Tls,
    },
    sync::outcome::Because,
};

/// Why `auth` says nothing that can be done; the API server's rules refuse
/// such a manifest, unless it is older than they are.
const NO_BLOCK: &str = "spec.auth needs the block that its type names, and no other";

/// What requests to one server authenticate with. The values are read again
/// now and then, and when the server refuses them.
pub(super) struct SecretCredentials {
    secrets: Secrets,
    auth: Auth,
    /// The host that the credentials are sent to.
    host: String,
    current: Current,
    /// The user or client that they are those of, where they tell it.
    account: Mutex<Option<String>>,
}

enum Current {
    /// No header at all.
    None,
    /// The same header until the Secrets change.
    Fixed(RwLock<Header>),
    /// Tokens, for a client whose secret may change.
    OAuth2 { tokens: Box<OAuth2>, token_host: String },
}

/// What the credentials are to be made for.
pub(super) struct Server<'a> {
    /// Where they are sent.
    pub(super) endpoint: &'a Endpoint,
    /// `http://` is allowed for the token endpoint too.
    pub(super) allow_insecure_http: bool,
    /// Where a token endpoint may be.
    pub(super) addresses: &'a AddressPolicy,
    /// How it is known.
    pub(super) tls: &'a Tls,
}

impl SecretCredentials {
    /// Reads the Secrets for the first time. A token endpoint is asked only
    /// when a token is wanted.
    pub(super) async fn read(secrets: Secrets, auth: &Auth, server: &Server<'_>) -> Result<Self, Because> {
        let (auth, host) = (auth.clone(), server.endpoint.host());
        let mut account = None;
        let current = match auth.auth_type {
            AuthType::None => {
                check_anonymous(server)?;
                Current::None
            }
            AuthType::OAuth2 => {
                let oauth2 = auth.oauth2.as_ref().ok_or_else(no_block)?;
                let request = token_request(oauth2, server.allow_insecure_http)?;
                let token_host = request.token_url.host();
                let client = client_secret(&secrets, oauth2, &token_host, &host).await?;
                account = Some(client.id.expose_secret().to_owned());
                let tokens = OAuth2::new(request, client, server.addresses.clone(), server.tls)
                    .map_err(unusable_client)?;
                Current::OAuth2 { tokens: Box::new(tokens), token_host }
            }
            _ => {
                let (header, user) = fixed(&secrets, &auth, &host).await?;
                account = user;
                Current::Fixed(RwLock::new(header))
            }
        };
        Ok(Self { secrets, auth, host, current, account: Mutex::new(account) })
    }

    /// The user or client that the credentials are those of, where they tell
    /// it.
    pub(super) fn account(&self) -> Option<String> {
        self.account.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn note_account(&self, account: Option<String>) {
        *self.account.lock().unwrap_or_else(PoisonError::into_inner) = account;
    }

    /// Reads the Secrets again; whether they say something else now. While
    /// the API server does not answer, what is known is kept.
    pub(super) async fn refresh(&self) -> Result<bool, Because> {
        match self.reread().await {
            Err(because) if because.reason == reasons::PROGRESSING => Ok(false),
            reread => reread,
        }
    }

    async fn reread(&self) -> Result<bool, Because> {
        match &self.current {
            Current::None => Ok(false),
            Current::Fixed(known) => {
                let (header, user) = fixed(&self.secrets, &self.auth, &self.host).await?;
                self.note_account(user);
                let mut known = known.write().await;
                let is_another = *known != header;
                *known = header;
                Ok(is_another)
            }
            Current::OAuth2 { tokens, token_host } => {
                let oauth2 = self.auth.oauth2.as_ref().ok_or_else(no_block)?;
                let client = client_secret(&self.secrets, oauth2, token_host, &self.host).await?;
                self.note_account(Some(client.id.expose_secret().to_owned()));
                Ok(tokens.rotate(client).await)
            }
        }
    }
}

#[async_trait]
impl Credentials for SecretCredentials {
    async fn header(&self) -> Result<Option<Header>, CredentialsError> {
        match &self.current {
            Current::None => Ok(None),
            Current::Fixed(header) => Ok(Some(header.read().await.clone())),
            Current::OAuth2 { tokens, .. } => tokens.header().await,
        }
    }

    async fn renew(&self) -> bool {
        // A Secret that cannot be read now leaves what is known, and the 401 stands.
        let is_another = self.refresh().await.unwrap_or_default();
        match &self.current {
            Current::OAuth2 { tokens, .. } if !is_another => tokens.renew().await,
            _ => is_another,
        }
    }
}

/// Which Secrets the credentials are from, for people.
impl fmt::Display for SecretCredentials {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let references: Vec<&SecretKeyRef> = match &self.auth {
            Auth { bearer: Some(bearer), .. } => vec![&bearer.token_secret_ref],
            Auth { basic: Some(basic), .. } => vec![&basic.username_secret_ref, &basic.password_secret_ref],
            Auth { header: Some(header), .. } => vec![&header.value_secret_ref],
            Auth { oauth2: Some(oauth2), .. } => {
                vec![&oauth2.client_id_secret_ref, &oauth2.client_secret_secret_ref]
            }
            Auth { .. } => return formatter.write_str("The provider's auth has type None"),
        };
        let places: Vec<String> = references
            .iter()
            .map(|reference| format!("Secret {}, key {}", reference.name, reference.key))
            .collect();
        write!(formatter, "The credentials are from the {}", places.join(", and the "))
    }
}

impl fmt::Debug for SecretCredentials {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("SecretCredentials")
            .field("type", &self.auth.auth_type)
            .finish_non_exhaustive()
    }
}

/// A header that stays the same until a Secret changes, and the user whose it
/// is, where it has one.
async fn fixed(secrets: &Secrets, auth: &Auth, host: &str) -> Result<(Header, Option<String>), Because> {
    let hosts = [host];
    let mut user = None;
    let header = match auth {
        Auth { auth_type: AuthType::Bearer, bearer: Some(block), .. } => {
            bearer(&secrets.value(&block.token_secret_ref, &hosts).await?)
        }
        Auth {
            auth_type: AuthType::Basic,
            basic: Some(BasicAuth { username_secret_ref, password_secret_ref }),
            ..
        } => {
            let username = secrets.value(username_secret_ref, &hosts).await?;
            user = Some(username.expose_secret().to_owned());
            basic(&username, &secrets.value(password_secret_ref, &hosts).await?)
        }
        Auth {
            auth_type: AuthType::Header,
            header: Some(HeaderAuth { name, prefix, value_secret_ref }),
            ..
        } => custom(name, prefix.as_deref(), &secrets.value(value_secret_ref, &hosts).await?),
        _ => return Err(no_block()),
    };
    header.map(|header| (header, user)).map_err(|unusable| {
        let message = format!("the credentials cannot be sent: {unusable}. Put others into the Secret.");
        Because::new(reasons::UNAUTHORIZED, message)
    })
}

/// The tokens that the client's secret brings are sent to the SCIM server, so
/// the Secret has to name both hosts.
async fn client_secret(
    secrets: &Secrets,
    oauth2: &OAuth2Auth,
    token_host: &str,
    host: &str,
) -> Result<ClientSecret, Because> {
    let id = secrets.value(&oauth2.client_id_secret_ref, &[token_host]).await?;
    let secret = secrets.value(&oauth2.client_secret_secret_ref, &[token_host, host]).await?;
    Ok(ClientSecret { id, secret })
}

fn token_request(oauth2: &OAuth2Auth, allow_insecure_http: bool) -> Result<TokenRequest, Because> {
    let token_url = TokenUrl::parse(&oauth2.token_url, allow_insecure_http)
        .map_err(|error| invalid(format!("spec.auth.oauth2.tokenURL: {error}")))?;
    Ok(TokenRequest {
        token_url,
        scopes: oauth2.scopes.clone().unwrap_or_default(),
        audience: oauth2.audience.clone(),
        style: match oauth2.auth_style.unwrap_or_default() {
            AuthStyle::Header => Style::Header,
            AuthStyle::Body => Style::Body,
        },
        parameters: oauth2.parameters.clone().unwrap_or_default(),
    })
}

/// Without any proof only a test server on this machine is used, or one that
/// knows the operator by its certificate.
fn check_anonymous(server: &Server<'_>) -> Result<(), Because> {
    let is_loopback = match server.endpoint.literal_address() {
        Some(address) => address.is_loopback(),
        None => server.endpoint.host() == "localhost",
    };
    if server.tls.identity.is_some() || (server.allow_insecure_http && is_loopback) {
        return Ok(());
    }
    Err(invalid(
        "spec.auth: type None is for test servers on this machine: it needs allowInsecureHTTP: true and a loopback \
         address in url; or a client certificate in tls.clientCertificateSecretRef"
            .to_owned(),
    ))
}

fn unusable_client(error: OAuth2Error) -> Because {
    match error {
        OAuth2Error::Client(error) => Because::new(reasons::TLS_FAILED, format!("spec.tls: {error}")),
        error => invalid(format!("spec.auth.oauth2: {error}")),
    }
}

fn no_block() -> Because {
    invalid(NO_BLOCK.to_owned())
}

fn invalid(message: String) -> Because {
    Because::new(reasons::INVALID_SPEC, message)
}
