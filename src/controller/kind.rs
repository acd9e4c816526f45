//! What the operator keeps in memory about the objects of one kind: the
//! caches, and beside them what the caches cannot know yet.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use kube::{ResourceExt, runtime::reflector::ObjectRef};

use self::notes::Notes;
use super::{claims::Claims, identity::Identity, providers::ProviderKey, scopes::Scopes};

pub(super) use self::notes::{Attempt, fingerprint};

mod notes;

/// One kind's objects and what is known about them.
pub(super) struct Kind<T: Identity> {
    scopes: Scopes<T>,
    claims: Arc<Claims>,
    notes: Mutex<HashMap<String, Notes<T>>>,
    /// The identities, by endpoint key and id, that a pass is taking over.
    reserved: Arc<Mutex<HashSet<(String, String)>>>,
}

impl<T: Identity> Kind<T> {
    /// The kind with these caches, and the index that is kept up with them.
    pub(super) fn new(scopes: Scopes<T>, claims: Arc<Claims>) -> Self {
        Self { scopes, claims, notes: Mutex::default(), reserved: Arc::default() }
    }

    /// Waits until every cache has seen everything once.
    pub(super) async fn synced(&self) {
        self.scopes.synced().await;
    }

    /// The cached object of this name.
    pub(super) fn get(&self, namespace: &str, name: &str) -> Option<Arc<T>> {
        self.scopes.get(&ObjectRef::new(name).within(namespace))
    }

    /// Which objects lay claim to what.
    pub(super) fn claims(&self) -> &Claims {
        &self.claims
    }

    /// The cached object with this UID.
    pub(super) fn by_uid(&self, uid: &str) -> Option<Arc<T>> {
        self.scopes.all().find(|object| object.meta().uid.as_deref() == Some(uid))
    }

    /// Whether objects of this namespace are seen.
    pub(super) fn sees(&self, namespace: &str) -> bool {
        self.scopes.sees(namespace)
    }

    /// How many objects there are.
    pub(super) fn len(&self) -> usize {
        self.scopes.len()
    }

    /// Every cached object of a provider.
    pub(super) fn of_provider(&self, provider: &ProviderKey) -> Vec<Arc<T>> {
        self.find(|object| provider.is_of(object))
    }

    /// Every cached object that fits.
    pub(super) fn find(&self, fits: impl Fn(&T) -> bool) -> Vec<Arc<T>> {
        self.scopes.all().filter(|object| fits(object)).collect()
    }

    /// Any object that fits, as it is cached or as we last wrote it.
    pub(super) fn first(&self, fits: impl Fn(&T) -> bool) -> Option<Arc<T>> {
        // Copied, because whoever asks may want to look into the notes.
        let written: Vec<Arc<T>> = self.notes().values().filter_map(|note| note.written.clone()).collect();
        self.scopes.all().chain(written).find(|object| fits(object))
    }

    /// Keeps others from taking over an identity until the answer is dropped;
    /// `None` if another pass was first.
    pub(super) fn reserve(&self, endpoint: &str, id: &str) -> Option<Reservation> {
        let identity = (endpoint.to_owned(), id.to_owned());
        let is_first = lock(&self.reserved).insert(identity.clone());
        is_first.then(|| Reservation { reserved: Arc::clone(&self.reserved), identity })
    }

    /// The newest version that is known: what we wrote ourselves, until the
    /// cache has caught up with it.
    pub(super) fn newest(&self, cached: &Arc<T>) -> T {
        let mut notes = self.notes();
        let Some(note) = cached.uid().and_then(|uid| notes.get_mut(&uid)) else { return T::clone(cached) };
        match &note.written {
            Some(written) if version(&**written) > version(&**cached) => T::clone(written),
            _ => {
                note.written = None;
                T::clone(cached)
            }
        }
    }

    /// Has the object reconciled.
    pub(super) fn trigger(&self, object: &T) {
        self.scopes.trigger(ObjectRef::from(object));
    }

    /// Has the object reconciled, if it is still there.
    pub(super) fn resume(&self, object: &ObjectRef<T>) -> bool {
        let is_there = self.scopes.get(object).is_some();
        if is_there {
            self.scopes.trigger(object.clone());
        }
        is_there
    }
}

/// The right to take over an identity, until it is dropped.
#[derive(Debug)]
pub(super) struct Reservation {
    reserved: Arc<Mutex<HashSet<(String, String)>>>,
    identity: (String, String),
}

impl Drop for Reservation {
    fn drop(&mut self) {
        lock(&self.reserved).remove(&self.identity);
    }
}

fn lock<V>(mutex: &Mutex<V>) -> MutexGuard<'_, V> {
    // A panic elsewhere leaves notes that are as good as any.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Resource versions are ordered numbers (Kubernetes 1.35, KEP-5504); one
/// that is not counts as older than any.
fn version<T: Identity>(object: &T) -> u128 {
    object.resource_version().and_then(|version| version.parse().ok()).unwrap_or_default()
}
