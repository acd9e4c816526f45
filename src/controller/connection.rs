//! From a provider's spec to a server that was found to answer.

use std::{fmt::Write as _, sync::Arc, time::Duration};

use kube::ResourceExt;

use super::{
    context::Context, credentials::BearerSecret, metered::Metered, providers::ProviderObject,
    sessions::Session,
};
use crate::{
    api::{Grant, ScimProviderSpec, duration::parse_go_duration, reasons},
    scim::{
        client::Client,
        endpoint::Endpoint,
        error::{Error, ErrorKind},
        http::{Http, Limits, Tls},
        port::{PageRequest, ResourceType},
    },
    sync::outcome::{Because, Request, explained, refusal},
};

/// How often the whole server is swept, where the provider does not say.
const RESYNC: Duration = Duration::from_mins(10);

/// No sweep more often than this, whatever the provider says.
const SHORTEST_RESYNC: Duration = Duration::from_secs(1);

/// A provider's spec turned into a session.
#[derive(Debug)]
pub(super) struct Connection {
    /// The UID of the provider it was made for.
    pub(super) uid: Option<String>,
    /// The spec it was made for.
    pub(super) spec: ScimProviderSpec,
    /// The grants it was made for.
    pub(super) grants: Option<Vec<Grant>>,
    /// The token.
    pub(super) credentials: Arc<BearerSecret>,
    /// What the objects use.
    pub(super) session: Arc<Session>,
}

impl Connection {
    /// Whether it was made for this very provider as it is.
    pub(super) fn is_for(&self, provider: &impl ProviderObject) -> bool {
        let same_grants = self.grants.as_deref() == provider.grants();
        self.uid == provider.uid() && self.spec == *provider.common() && same_grants
    }
}

/// Makes a connection and tries it.
pub(super) async fn connect<P: ProviderObject>(
    context: &Arc<Context>,
    provider: &P,
) -> Result<Arc<Connection>, Because> {
    let spec = provider.common();
    let invalid = |message: String| Because::new(reasons::INVALID_SPEC, message);
    let endpoint = Endpoint::parse(&spec.url, spec.allow_insecure_http == Some(true))
        .map_err(|error| invalid(format!("spec.url: {error}")))?;
    let resync = match spec.resync_interval.as_deref().map(parse_go_duration).transpose() {
        Ok(interval) => interval.unwrap_or(RESYNC).max(SHORTEST_RESYNC),
        Err(error) => return Err(invalid(format!("spec.resyncInterval: {error}"))),
    };
    let bearer = spec.auth.bearer.as_ref();
    let reference = bearer.map(|bearer| bearer.token_secret_ref.clone()).ok_or_else(|| {
        invalid("spec.auth.bearer is missing: name the Secret with the token there".to_owned())
    })?;
    let credentials = Arc::new(
        BearerSecret::read(
            context.client.clone(),
            provider.namespace().unwrap_or_else(|| context.operator_namespace.clone()),
            reference,
            endpoint.host(),
        )
        .await?,
    );
    let http = Http::new(credentials.clone(), context.addresses.clone(), Limits::default(), &Tls::default())
        .map_err(|error| Because::new(reasons::TLS_FAILED, error.to_string()))?;
    let key = endpoint.endpoint_key();
    let port = Metered::new(Client::new(endpoint, http), Arc::clone(&context.metrics));
    let session = Arc::new(Session::new(key, Arc::new(port), resync));
    let connection = Arc::new(Connection {
        uid: provider.uid(),
        spec: spec.clone(),
        grants: provider.grants().map(<[Grant]>::to_vec),
        credentials,
        session,
    });
    probe(&connection).await?;
    Ok(connection)
}

/// Asks the server for its configuration, which may be missing, and for one
/// user, which tells whether the token is accepted and SCIM is spoken.
pub(super) async fn probe(connection: &Connection) -> Result<(), Because> {
    let port = &connection.session.port;
    let because = |error: &Error| because(error, connection);
    let discovery = port.discover().await.map_err(|error| because(&error))?;
    tracing::debug!(?discovery, endpoint = connection.session.endpoint, "the server describes itself");
    let one = PageRequest { start_index: 1, count: 1, by_search: false };
    port.list(ResourceType::User, one).await.map_err(|error| because(&error))?;
    Ok(())
}

fn because(error: &Error, connection: &Connection) -> Because {
    let reason = match error.kind {
        ErrorKind::NotFound | ErrorKind::Unsupported | ErrorKind::Rejected => reasons::NOT_SCIM,
        _ => refusal(error, Request::Other).reason,
    };
    let mut message = format!("{}: {}", connection.session.endpoint, explained(error));
    if matches!(error.kind, ErrorKind::Unauthorized | ErrorKind::Forbidden) {
        let _ = write!(message, " The token is from the {}.", connection.credentials);
    }
    Because::quoting(reason, message, format!("{}: {error}", connection.session.endpoint))
}
