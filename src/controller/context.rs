//! What every part of the controller shares.

use std::sync::Arc;

use super::{
    addresses::Addresses, connections::Connections, events::Events, guard::Guard, kind::Kind,
    namespaces::Namespaces, objects::Objects, providers::Providers, sessions::Sessions,
};
use crate::{
    api::{ScimGroup, ScimUser},
    runtime::{clock::Clock, lease::Tenure, metrics::Metrics},
    sync::digest::Digester,
};

/// Everything that a pass may need.
pub(super) struct Context {
    /// Whether this process may work.
    pub(super) tenure: Arc<Tenure>,
    /// Calls to the API server; writes only while this process may work.
    pub(super) client: kube::Client,
    /// Writes to users and groups.
    pub(super) objects: Objects,
    /// The users.
    pub(super) users: Kind<ScimUser>,
    /// The groups.
    pub(super) groups: Kind<ScimGroup>,
    /// The providers.
    pub(super) providers: Providers,
    /// The labels of namespaces.
    pub(super) namespaces: Namespaces,
    /// The servers that are talked to.
    pub(super) sessions: Sessions,
    /// What was needed to make the sessions.
    pub(super) connections: Connections,
    /// What may be lost without a person's decision.
    pub(super) guard: Guard,
    /// What is told to people about single changes and failures.
    pub(super) events: Events,
    /// What is counted.
    pub(super) metrics: Arc<Metrics>,
    /// The time.
    pub(super) clock: Arc<dyn Clock>,
    /// Digests and seals with the operator's key.
    pub(super) digester: Digester,
    /// The operator's own namespace, where cluster-wide providers have their
    /// Secrets.
    pub(super) operator_namespace: String,
    /// Which addresses requests may go to.
    pub(super) addresses: Addresses,
}
