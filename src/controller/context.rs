//! What every part of the controller shares.

use std::sync::Arc;

use kube::{ResourceExt, runtime::reflector::ObjectRef};

use super::{
    events::Events, identity::Identity, kind::Kind, objects::Objects, provider::Connections, scopes::Scopes,
    sessions::Sessions,
};
use crate::{
    api::{ScimGroup, ScimProvider, ScimUser},
    runtime::{clock::Clock, metrics::Metrics},
    scim::address::AddressPolicy,
    sync::digest::Digester,
};

/// Everything that a pass may need.
pub(super) struct Context {
    /// Calls to the API server.
    pub(super) client: kube::Client,
    /// Writes to users and groups.
    pub(super) objects: Objects,
    /// The users.
    pub(super) users: Kind<ScimUser>,
    /// The groups.
    pub(super) groups: Kind<ScimGroup>,
    /// The providers.
    pub(super) providers: Scopes<ScimProvider>,
    /// The servers that are talked to.
    pub(super) sessions: Sessions,
    /// What was needed to make the sessions.
    pub(super) connections: Connections,
    /// What is told to people about single changes and failures.
    pub(super) events: Events,
    /// What is counted.
    pub(super) metrics: Arc<Metrics>,
    /// The time.
    pub(super) clock: Arc<dyn Clock>,
    /// Digests and seals with the operator's key.
    pub(super) digester: Digester,
    /// Which addresses requests may go to.
    pub(super) addresses: AddressPolicy,
}

/// The provider that an object names: one of its own namespace.
pub(super) fn provider_of<T: Identity>(object: &T) -> ObjectRef<ScimProvider> {
    ObjectRef::new(&object.provider_ref().name).within(&object.namespace().unwrap_or_default())
}
