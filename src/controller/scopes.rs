//! The caches of one kind: one for each watched namespace, or one for all.

use std::{fmt::Debug, hash::Hash, sync::Arc};

use kube::{
    Resource,
    runtime::reflector::{Lookup, ObjectRef, Store},
};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// Every cache of one kind, with the way to have its objects reconciled.
pub(super) struct Scopes<K>
where
    K: Lookup + Clone + 'static,
    K::DynamicType: Eq + Hash + Clone,
{
    scopes: Vec<Scope<K>>,
}

/// One cache.
pub(super) struct Scope<K>
where
    K: Lookup + Clone + 'static,
    K::DynamicType: Eq + Hash + Clone,
{
    /// The namespace that it sees; `None` for all.
    pub(super) namespace: Option<String>,
    /// What is in it.
    pub(super) cache: Store<K>,
    /// What is sent here is reconciled.
    pub(super) trigger: mpsc::UnboundedSender<ObjectRef<K>>,
    /// Cancelled, in the sense of done, when everything was read once. The
    /// cache's own signal wakes only one of those who wait for it.
    pub(super) synced: CancellationToken,
}

impl<K> Scopes<K>
where
    K: Resource<DynamicType = ()> + Clone + Debug + 'static,
{
    /// These caches.
    pub(super) fn new(scopes: Vec<Scope<K>>) -> Self {
        Self { scopes }
    }

    /// Waits until every cache has seen everything once.
    pub(super) async fn synced(&self) {
        for scope in &self.scopes {
            scope.synced.cancelled().await;
        }
    }

    /// The cached object.
    pub(super) fn get(&self, object: &ObjectRef<K>) -> Option<Arc<K>> {
        self.scope_of(object)?.cache.get(object)
    }

    /// Every cached object.
    pub(super) fn all(&self) -> impl Iterator<Item = Arc<K>> {
        self.scopes.iter().flat_map(|scope| scope.cache.state())
    }

    /// How many objects there are.
    pub(super) fn len(&self) -> usize {
        self.scopes.iter().map(|scope| scope.cache.len()).sum()
    }

    /// Has the object reconciled.
    pub(super) fn trigger(&self, object: ObjectRef<K>) {
        if let Some(scope) = self.scope_of(&object) {
            // Nobody listens any more only while the process is stopping.
            let _ = scope.trigger.send(object);
        }
    }

    /// Whether objects of this namespace are seen.
    pub(super) fn sees(&self, namespace: &str) -> bool {
        self.scopes.iter().any(|scope| scope.namespace.as_deref().is_none_or(|seen| seen == namespace))
    }

    fn scope_of(&self, object: &ObjectRef<K>) -> Option<&Scope<K>> {
        self.scopes.iter().find(|scope| scope.namespace.is_none() || scope.namespace == object.namespace)
    }
}
