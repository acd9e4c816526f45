//! From a provider's spec to a server that was found to answer.

use std::{fmt::Write as _, sync::Arc, time::Duration};

use kube::ResourceExt;
use secrecy::ExposeSecret as _;
use serde_json::{Map, json};

use super::{
    circuit::Circuit,
    context::Context,
    credentials::{SecretCredentials, Server},
    fence::LeaseFence,
    metered::Metered,
    providers::ProviderObject,
    secrets::Secrets,
    sessions::Session,
    traffic::Traffic,
};
use crate::{
    api::{
        Grant, ScimProviderSpec,
        duration::parse_go_duration,
        names::{ACCEPT_ENDPOINT, ACCEPT_MISSING, RECONCILE_REQUESTED_AT},
        reasons,
    },
    scim::{
        client::Client,
        endpoint::Endpoint,
        error::{Error, ErrorKind},
        http::{Http, Limits, Tls},
        port::{PageRequest, ResourceType},
        profile::{self, Dialect, Parameters, ProfileError, RateLimits},
    },
    sync::{
        digest::Digester,
        outcome::{Because, Request, explained, refusal},
        pace,
        protected::Protected,
    },
};

/// How often the whole server is swept, where the provider does not say.
const RESYNC: Duration = Duration::from_mins(10);

/// No sweep more often than this, whatever the provider says.
const SHORTEST_RESYNC: Duration = Duration::from_secs(1);

/// A provider's spec turned into a session.
#[derive(Debug)]
pub(super) struct Connection {
    /// The UID of the provider it was made for.
    uid: Option<String>,
    /// The spec it was made for.
    spec: ScimProviderSpec,
    /// The grants it was made for.
    grants: Option<Vec<Grant>>,
    /// The annotations that it answers: a request for a comparison, and what
    /// was said about a move. A new one is a new connection, whose sweep begins
    /// at once, and for which everybody who waits is called.
    requested: [Option<String>; 2],
    /// What the TLS options were when it was made.
    tls: TlsPrint,
    /// What requests authenticate with.
    pub(super) credentials: Arc<SecretCredentials>,
    /// What the objects use.
    pub(super) session: Arc<Session>,
}

impl Connection {
    /// Whether it was made for this very provider as it is.
    pub(super) fn is_for(&self, provider: &impl ProviderObject) -> bool {
        let same_grants = self.grants.as_deref() == provider.grants();
        let same_request = self.requested == request(provider);
        self.uid == provider.uid() && self.spec == *provider.common() && same_grants && same_request
    }

    /// Has the names protected that the provider protects, and that of the
    /// account that the credentials are those of.
    pub(super) fn protect(&self) {
        let own_account = self.credentials.account();
        self.session.protect(Protected::new(self.spec.protected.as_ref(), own_account.as_deref()));
    }

    /// Whether the certificates that it was made with are still the ones that
    /// the provider names. While the API server does not answer, they are
    /// taken to be.
    pub(super) async fn has_same_tls(
        &self,
        context: &Context,
        provider: &impl ProviderObject,
    ) -> Result<bool, Because> {
        match tls(&secrets(context, provider), &self.spec).await {
            Ok(tls) => Ok(TlsPrint::of(&tls, &context.digester) == self.tls),
            Err(because) if because.reason == reasons::PROGRESSING => Ok(true),
            Err(because) => Err(because),
        }
    }
}

/// A trace of TLS options that tells them from others and shows nothing.
#[derive(Debug, PartialEq, Eq)]
struct TlsPrint(String);

impl TlsPrint {
    fn of(tls: &Tls, digester: &Digester) -> Self {
        let identity = tls.identity.as_ref();
        let parts = json!([
            tls.roots,
            identity.map(|identity| &identity.certificate),
            identity.map(|identity| identity.key.expose_secret()),
        ]);
        Self(digester.value(&parts))
    }
}

/// Makes a connection and tries it.
pub(super) async fn connect<P: ProviderObject>(
    context: &Arc<Context>,
    provider: &P,
    circuit: Arc<Circuit>,
) -> Result<Arc<Connection>, Because> {
    let spec = provider.common();
    let allow_insecure_http = spec.allow_insecure_http == Some(true);
    let endpoint = Endpoint::parse(&spec.url, allow_insecure_http)
        .map_err(|error| invalid(format!("spec.url: {error}")))?;
    let dialect = dialect(spec).map_err(|error| invalid(error.to_string()))?;
    let resync = match spec.resync_interval.as_deref().map(parse_go_duration).transpose() {
        Ok(interval) => interval.unwrap_or(RESYNC).max(SHORTEST_RESYNC),
        Err(error) => return Err(invalid(format!("spec.resyncInterval: {error}"))),
    };
    let traffic = traffic(context, provider, &dialect.profile.rate_limit, circuit)?;
    let secrets = secrets(context, provider);
    let addresses = context.addresses.of(&provider.key());
    let tls = tls(&secrets, spec).await?;
    let server = Server { endpoint: &endpoint, allow_insecure_http, addresses, tls: &tls };
    let credentials = Arc::new(SecretCredentials::read(secrets, &spec.auth, &server).await?);
    let limits = Limits::default();
    // What is begun right after the lease was renewed must end before another may have it.
    let limits = Limits { deadline: limits.deadline.min(context.tenure.longest_request()), ..limits };
    let http = Http::new(credentials.clone(), addresses.clone(), limits, &tls)
        .map_err(|error| Because::new(reasons::TLS_FAILED, format!("spec.tls: {error}")))?
        .fenced(Arc::new(LeaseFence(Arc::clone(&context.tenure))));
    let key = endpoint_key(&endpoint, &dialect);
    let client = Client::new(endpoint, Arc::clone(&dialect), http);
    let port = Metered::new(client, Arc::clone(&context.metrics));
    let inventory = context.connections.inventory(provider, &key);
    inventory.accept(accepted(provider));
    let session = Arc::new(Session::new(key, dialect, port, traffic, inventory, resync));
    let connection = Arc::new(Connection {
        uid: provider.uid(),
        spec: spec.clone(),
        grants: provider.grants().map(<[Grant]>::to_vec),
        requested: request(provider),
        tls: TlsPrint::of(&tls, &context.digester),
        credentials,
        session,
    });
    connection.protect();
    probe(&connection).await?;
    Ok(connection)
}

/// How the provider's server is spoken to.
fn dialect(spec: &ScimProviderSpec) -> Result<Arc<Dialect>, ProfileError> {
    let resolved = profile::resolve(
        spec.profile.as_deref().unwrap_or(profile::STANDARD),
        spec.overrides.as_ref().unwrap_or(&Map::new()),
    )?;
    Dialect::new(resolved, spec.parameters.as_ref().unwrap_or(&Parameters::new())).map(Arc::new)
}

/// Where the identities of a provider live, if its spec says so.
pub(super) fn endpoint_key_of(spec: &ScimProviderSpec) -> Option<String> {
    Some(endpoint_key(&Endpoint::parse(&spec.url, true).ok()?, &*dialect(spec).ok()?))
}

/// Where identities live: two tenants of one server are two places.
fn endpoint_key(endpoint: &Endpoint, dialect: &Dialect) -> String {
    format!("{}{}", endpoint.endpoint_key(), dialect.paths.prefix())
}

/// Those of the provider's namespace, or, for one of the cluster, of the
/// operator's: nobody else may decide which Secrets it uses.
fn secrets(context: &Context, provider: &impl ProviderObject) -> Secrets {
    match provider.namespace() {
        Some(namespace) => Secrets::of_namespace(context.client.clone(), namespace),
        None => Secrets::of_operator(context.client.clone(), context.operator_namespace.clone()),
    }
}

async fn tls(secrets: &Secrets, spec: &ScimProviderSpec) -> Result<Tls, Because> {
    let Some(settings) = &spec.tls else { return Ok(Tls::default()) };
    let roots = match &settings.ca_bundle_ref {
        Some(reference) => Some(secrets.authorities(reference).await?),
        None => None,
    };
    let identity = match &settings.client_certificate_secret_ref {
        Some(reference) => {
            let endpoint =
                Endpoint::parse(&spec.url, true).map_err(|error| invalid(format!("spec.url: {error}")))?;
            Some(secrets.certificate(reference, &endpoint.host()).await?)
        }
        None => None,
    };
    Ok(Tls { roots, identity })
}

fn request(provider: &impl ProviderObject) -> [Option<String>; 2] {
    [RECONCILE_REQUESTED_AT, ACCEPT_ENDPOINT].map(|name| provider.annotations().get(name).cloned())
}

/// What a person accepts of those who are missing.
pub(super) fn accepted(provider: &impl ProviderObject) -> Option<&str> {
    provider.annotations().get(ACCEPT_MISSING).map(String::as_str)
}

fn invalid(message: String) -> Because {
    Because::new(reasons::INVALID_SPEC, message)
}

/// The traffic within the provider's limits; what happens to it has the
/// provider look at its server.
fn traffic<P: ProviderObject>(
    context: &Arc<Context>,
    provider: &P,
    known: &RateLimits,
    circuit: Arc<Circuit>,
) -> Result<Arc<Traffic>, Because> {
    let limits = pace::Limits::of(provider.common().rate_limit.as_ref(), known)
        .map_err(|error| Because::new(reasons::INVALID_SPEC, error.to_string()))?;
    let (context, key) = (Arc::clone(context), provider.key());
    let pace = context.connections.pace(provider, limits);
    Ok(Traffic::new(limits.at_once, pace, circuit, Box::new(move || context.providers.trigger(&key))))
}

/// Asks the server for its configuration, which may be missing, and for one
/// user, which tells whether the token is accepted and SCIM is spoken.
pub(super) async fn probe(connection: &Connection) -> Result<(), Because> {
    let port = &connection.session.probing;
    let because = |error: &Error| because(error, connection);
    let discovery = port.discover().await.map_err(|error| because(&error))?;
    tracing::debug!(?discovery, endpoint = connection.session.endpoint, "the server describes itself");
    connection.session.heed(&discovery);
    let one = PageRequest { start_index: 1, count: 1, by_search: false };
    port.list(ResourceType::User, one).await.map_err(|error| because(&error))?;
    Ok(())
}

fn because(error: &Error, connection: &Connection) -> Because {
    let reason = match error.kind {
        ErrorKind::NotFound | ErrorKind::Unsupported | ErrorKind::Rejected | ErrorKind::TooLarge => {
            reasons::NOT_SCIM
        }
        _ => refusal(error, Request::Other).reason,
    };
    let mut message = format!("{}: {}", connection.session.endpoint, explained(error));
    if matches!(error.kind, ErrorKind::Unauthorized | ErrorKind::Forbidden) {
        let _ = write!(message, " {}.", connection.credentials);
    }
    Because::quoting(reason, message, format!("{}: {error}", connection.session.endpoint))
}
