//! Providers of either kind, seen as one: those of a namespace and those of
//! the whole cluster.

use std::{fmt, sync::Arc};

use kube::{ResourceExt, runtime::reflector::ObjectRef};

use super::{
    identity::Identity,
    scopes::Scopes,
    sessions::{Sessions, Standing},
    watches::Watchable,
};
use crate::api::{
    ClusterScimProvider, DeletionGuard, Grant, ProviderKind, ProviderRef, ScimProvider, ScimProviderSpec,
    ScimProviderStatus, names::ACCEPT_ENDPOINT,
};

/// Which provider.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct ProviderKey {
    /// Its namespace; `None` for those of the whole cluster.
    pub(super) namespace: Option<String>,
    /// Its name.
    pub(super) name: String,
}

impl ProviderKey {
    /// The provider that an object names: one of its own namespace, or one of
    /// the cluster.
    pub(super) fn of<T: Identity>(object: &T) -> Self {
        let ProviderRef { kind, name } = object.provider_ref();
        let namespace = match kind {
            ProviderKind::ScimProvider => Some(object.namespace().unwrap_or_default()),
            ProviderKind::ClusterScimProvider => None,
        };
        Self { namespace, name: name.clone() }
    }

    /// Whether an object names this provider. Whole caches are searched by
    /// it, so it copies nothing.
    pub(super) fn is_of<T: Identity>(&self, object: &T) -> bool {
        let ProviderRef { kind, name } = object.provider_ref();
        let same_place = match kind {
            ProviderKind::ScimProvider => {
                self.namespace.is_some() && self.namespace == object.meta().namespace
            }
            ProviderKind::ClusterScimProvider => self.namespace.is_none(),
        };
        same_place && *name == self.name
    }

    /// The kind, as references name it.
    pub(super) fn kind(&self) -> &'static str {
        if self.namespace.is_some() { "ScimProvider" } else { "ClusterScimProvider" }
    }
}

impl fmt::Display for ProviderKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.kind(), self.name)
    }
}

/// A custom resource that is a provider.
pub(super) trait ProviderObject: Watchable {
    /// The kind's name, as people know it.
    const KIND: &'static str;

    /// What it has in common with the other kind.
    fn common(&self) -> &ScimProviderSpec;
    /// Who may use it; `None` where that is a matter of the namespace.
    fn grants(&self) -> Option<&[Grant]>;
    /// What its status says.
    fn status(&self) -> Option<&ScimProviderStatus>;
    /// Which provider it is.
    fn key(&self) -> ProviderKey {
        ProviderKey { namespace: self.meta().namespace.clone(), name: self.name_any() }
    }
    /// Whether somebody deletes it.
    fn is_ending(&self) -> bool {
        self.meta().deletion_timestamp.is_some()
    }
}

impl ProviderObject for ScimProvider {
    const KIND: &'static str = "ScimProvider";

    fn common(&self) -> &ScimProviderSpec {
        &self.spec
    }

    fn grants(&self) -> Option<&[Grant]> {
        None
    }

    fn status(&self) -> Option<&ScimProviderStatus> {
        self.status.as_ref()
    }
}

impl ProviderObject for ClusterScimProvider {
    const KIND: &'static str = "ClusterScimProvider";

    fn common(&self) -> &ScimProviderSpec {
        &self.spec.provider
    }

    fn grants(&self) -> Option<&[Grant]> {
        Some(self.spec.grants.as_deref().unwrap_or_default())
    }

    fn status(&self) -> Option<&ScimProviderStatus> {
        self.status.as_ref()
    }
}

/// What objects want to know of their provider.
#[derive(Clone, Debug)]
pub(super) struct Provider {
    /// What both kinds have.
    pub(super) spec: ScimProviderSpec,
    /// Who may use it; `None` where that is a matter of the namespace.
    pub(super) grants: Option<Vec<Grant>>,
    /// What somebody said about a move to another endpoint.
    pub(super) acknowledgement: Option<String>,
    /// Somebody deletes it.
    pub(super) is_ending: bool,
}

impl Provider {
    /// What this custom resource says.
    pub(super) fn from_object(object: &impl ProviderObject) -> Self {
        Self {
            spec: object.common().clone(),
            grants: object.grants().map(<[Grant]>::to_vec),
            acknowledgement: object.annotations().get(ACCEPT_ENDPOINT).cloned(),
            is_ending: object.is_ending(),
        }
    }
}

/// The caches of both kinds.
pub(super) struct Providers {
    /// Those of namespaces.
    pub(super) namespaced: Scopes<ScimProvider>,
    /// Those of the cluster.
    pub(super) cluster: Scopes<ClusterScimProvider>,
}

impl Providers {
    /// Waits until every cache has seen everything once.
    pub(super) async fn synced(&self) {
        tokio::join!(self.namespaced.synced(), self.cluster.synced());
    }

    /// The cached provider.
    pub(super) fn get(&self, key: &ProviderKey) -> Option<Provider> {
        fn read<P: ProviderObject>(object: Option<Arc<P>>) -> Option<Provider> {
            object.map(|object| Provider::from_object(&*object))
        }
        match &key.namespace {
            Some(namespace) => read(self.namespaced.get(&ObjectRef::new(&key.name).within(namespace))),
            None => read(self.cluster.get(&ObjectRef::new(&key.name))),
        }
    }

    /// What the providers at an endpoint say about deletions: those that are
    /// connected to it, and those that were when they last said so.
    pub(super) fn guards_at(&self, sessions: &Sessions, endpoint: &str) -> Vec<Option<DeletionGuard>> {
        fn is_at<P: ProviderObject>(object: &P, sessions: &Sessions, endpoint: &str) -> bool {
            match sessions.of(&object.key()) {
                Standing::Open(session) => session.endpoint == endpoint,
                Standing::Unknown | Standing::Failing => {
                    object.status().and_then(|status| status.endpoint_key.as_deref()) == Some(endpoint)
                }
            }
        }
        let namespaced = self.namespaced.all().filter(|object| is_at(&**object, sessions, endpoint));
        let cluster = self.cluster.all().filter(|object| is_at(&**object, sessions, endpoint));
        let namespaced = namespaced.map(|object| object.spec.deletion_guard.clone());
        namespaced.chain(cluster.map(|object| object.spec.provider.deletion_guard.clone())).collect()
    }

    /// Has the provider reconciled.
    pub(super) fn trigger(&self, key: &ProviderKey) {
        match &key.namespace {
            Some(namespace) => self.namespaced.trigger(ObjectRef::new(&key.name).within(namespace)),
            None => self.cluster.trigger(ObjectRef::new(&key.name)),
        }
    }
}
