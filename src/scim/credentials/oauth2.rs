//! Tokens for a client of its own right: the OAuth 2 client credentials grant
//! (RFC 6749 §4.4).
//!
//! A token is kept and sent with every request. It is fetched anew before it
//! ends, by one request at a time; those beside it go on with the old one. When
//! there is none, they wait for that one request and share its result, also
//! its failure, which holds for a short pause.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use secrecy::{ExposeSecret, SecretString};
use tokio::time::Instant;
use tracing::{Instrument, debug_span};

use self::{
    grant::{Grant, Refusal},
    state::{Ready, State},
};
use super::{Credentials, CredentialsError, Header};
use crate::scim::{
    address::AddressPolicy,
    endpoint::TokenUrl,
    http::{BuildError, Limits, Tls, sender::Sender},
};

mod form;
mod grant;
mod state;

/// A token is a few kilobytes, and a token endpoint is asked for nothing else.
const LIMITS: Limits =
    Limits { deadline: Duration::from_secs(10), connect: Duration::from_secs(5), body: 64 * 1024 };

/// Parameters that have a field of their own, or that the grant sets.
const RESERVED: [&str; 4] = ["grant_type", "client_id", "client_secret", "scope"];

/// What is asked of a token endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenRequest {
    /// The token endpoint.
    pub token_url: TokenUrl,
    /// The scopes asked for (RFC 6749 §3.3); none asks for the server's
    /// default.
    pub scopes: Vec<String>,
    /// Whom the token is for; a parameter that many servers take, and no RFC
    /// names for this grant.
    pub audience: Option<String>,
    /// Where the client's id and secret are.
    pub style: Style,
    /// Further parameters.
    pub parameters: BTreeMap<String, String>,
}

/// How the client proves itself (RFC 6749 §2.3.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Style {
    /// In the `Authorization` header, which every server has to take.
    #[default]
    Header,
    /// As `client_id` and `client_secret` in the body.
    Body,
}

/// The client's own name and secret at the token endpoint.
#[derive(Clone, Debug)]
pub struct ClientSecret {
    /// `client_id`.
    pub id: SecretString,
    /// `client_secret`.
    pub secret: SecretString,
}

impl PartialEq for ClientSecret {
    fn eq(&self, other: &Self) -> bool {
        let same = |one: &SecretString, other: &SecretString| one.expose_secret() == other.expose_secret();
        same(&self.id, &other.id) && same(&self.secret, &other.secret)
    }
}

impl Eq for ClientSecret {}

/// Why no token can be asked for.
#[derive(Debug, thiserror::Error)]
pub enum OAuth2Error {
    /// A parameter would change what the grant itself says.
    #[error("the parameter {0:?} is set by the grant itself and cannot be given")]
    ReservedParameter(String),
    /// A parameter has no name.
    #[error("a parameter has no name")]
    NamelessParameter,
    /// The client for the token endpoint could not be made.
    #[error(transparent)]
    Client(#[from] BuildError),
}

/// Credentials that a token endpoint gives.
pub struct OAuth2 {
    request: TokenRequest,
    sender: Sender,
    /// Held by whoever asks the token endpoint.
    turn: tokio::sync::Mutex<()>,
    state: Mutex<State>,
}

impl fmt::Debug for OAuth2 {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("OAuth2").field("host", &self.request.token_url.host()).finish_non_exhaustive()
    }
}

impl OAuth2 {
    /// Credentials of this client. Nothing is asked until the first header is
    /// wanted.
    pub fn new(
        request: TokenRequest,
        client: ClientSecret,
        addresses: AddressPolicy,
        tls: &Tls,
    ) -> Result<Self, OAuth2Error> {
        for name in request.parameters.keys() {
            let is_reserved = RESERVED.iter().any(|reserved| reserved.eq_ignore_ascii_case(name.trim()));
            if is_reserved || (request.audience.is_some() && name == "audience") {
                return Err(OAuth2Error::ReservedParameter(name.clone()));
            }
            if name.is_empty() {
                return Err(OAuth2Error::NamelessParameter);
            }
        }
        let sender = Sender::new(addresses, tls, LIMITS)?;
        let state = Mutex::new(State::new(client));
        Ok(Self { request, sender, turn: tokio::sync::Mutex::new(()), state })
    }

    /// Takes another client secret from now on; whether it is another one.
    /// Then the token of the old one is dropped.
    pub async fn rotate(&self, client: ClientSecret) -> bool {
        // A token that is under way is still the old secret's.
        let _turn = self.turn.lock().await;
        self.state().rotate(client)
    }

    /// Asks the token endpoint once, and keeps what it answers.
    async fn fetch(&self) -> Result<Header, CredentialsError> {
        let begun = Instant::now();
        let client = self.state().client.clone();
        let span = debug_span!("token request", host = self.request.token_url.host());
        let answer = self.ask(&client, begun + LIMITS.deadline).instrument(span.clone()).await;
        span.in_scope(|| match &answer {
            Ok(_) => tracing::debug!("answered"),
            Err(refusal) => tracing::debug!(kind = ?refusal.error.kind, "failed"),
        });
        self.state().learn(answer, begun, Instant::now())
    }

    async fn ask(&self, client: &ClientSecret, deadline: Instant) -> Result<Grant, Refusal> {
        let host = self.request.token_url.host();
        let outgoing = form::outgoing(&self.request, client)?;
        match self.sender.send(outgoing, deadline).await {
            Ok(received) => grant::read(received, &host, client),
            Err(error) => Err(Refusal::unreached(error, &host)),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn ready(&self) -> Ready {
        self.state().ready(Instant::now())
    }
}

#[async_trait]
impl Credentials for OAuth2 {
    async fn header(&self) -> Result<Option<Header>, CredentialsError> {
        match self.ready() {
            Ready::Known(header) => return header.map(Some),
            Ready::Aging(header) => {
                // Somebody else's turn, or a failure: the old one still holds.
                let Ok(_turn) = self.turn.try_lock() else { return Ok(Some(header)) };
                return Ok(Some(self.fetch().await.unwrap_or(header)));
            }
            Ready::Missing => {}
        }
        let _turn = self.turn.lock().await;
        match self.ready() {
            Ready::Known(header) => header.map(Some),
            Ready::Aging(header) => Ok(Some(header)),
            Ready::Missing => self.fetch().await.map(Some),
        }
    }

    async fn renew(&self) -> bool {
        let refused = self.state().token_number();
        let _turn = self.turn.lock().await;
        if self.state().token_number() != refused {
            return true;
        }
        let may_fetch = self.state().drop_refused(Instant::now());
        may_fetch && self.fetch().await.is_ok()
    }
}
