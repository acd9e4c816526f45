//! What the operator keeps in memory about the objects of one kind: the
//! caches, and beside them what the caches cannot know yet.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    hash::{DefaultHasher, Hash, Hasher},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use kube::{ResourceExt, runtime::reflector::ObjectRef};
use tokio::time::Instant;

use super::{identity::Identity, providers::ProviderKey, scopes::Scopes};
use crate::{
    scim::path::AttributePath,
    sync::{
        diff::Rewritten,
        members::{Refusals, Wanted},
        outcome::Because,
    },
};

/// A member's id, and whether it was added or removed.
pub(super) type Attempt = (String, bool);

/// One kind's objects and what is known about them.
pub(super) struct Kind<T: Identity> {
    scopes: Scopes<T>,
    notes: Mutex<HashMap<String, Notes<T>>>,
    /// The identities, by endpoint key and id, that a pass is taking over.
    reserved: Arc<Mutex<HashSet<(String, String)>>>,
}

/// What is remembered about one object, by its UID, while this process lives.
/// All of it may be forgotten: then more is asked, and nothing goes wrong.
#[derive(Debug)]
struct Notes<T> {
    /// The object as last written by us, until the cache shows it.
    written: Option<Arc<T>>,
    /// A pass has ended well.
    known: bool,
    /// How often something suggested that the server differs from the
    /// manifest, and how many of these a pass has looked into. Counted, so
    /// that a pass does not clear what came up while it ran.
    suspicions: u64,
    looked_into: u64,
    /// Failures in a row.
    failures: u32,
    /// Until when what failed is left alone, whatever our own writes trigger,
    /// and a fingerprint of what failed.
    pause: Option<(u64, Instant)>,
    /// When the last request that changes something ended.
    changed: Option<Instant>,
    /// The intent whose creation the server is known to have refused.
    refused: Option<String>,
    /// The intent of which it is not known what became, and why.
    open: Option<(String, Because)>,
    /// A fingerprint of the members that the group was last made to have.
    members: Option<u64>,
    /// Members that the server refused.
    member_refusals: Refusals,
    /// A fingerprint of the manager that the user was last made to have.
    manager: Option<u64>,
    /// What was sent last and not seen to have taken effect.
    attempted: BTreeMap<AttributePath, Rewritten>,
    /// The members that were sent last and not seen to be as they should.
    attempted_members: BTreeSet<Attempt>,
}

impl<T> Default for Notes<T> {
    fn default() -> Self {
        Self {
            written: None,
            known: false,
            suspicions: 0,
            looked_into: 0,
            failures: 0,
            pause: None,
            changed: None,
            refused: None,
            open: None,
            members: None,
            member_refusals: Refusals::default(),
            manager: None,
            attempted: BTreeMap::new(),
            attempted_members: BTreeSet::new(),
        }
    }
}

impl<T: Identity> Kind<T> {
    /// The kind with these caches.
    pub(super) fn new(scopes: Scopes<T>) -> Self {
        Self { scopes, notes: Mutex::default(), reserved: Arc::default() }
    }

    /// Waits until every cache has seen everything once.
    pub(super) async fn synced(&self) {
        self.scopes.synced().await;
    }

    /// The cached object of this name.
    pub(super) fn get(&self, namespace: &str, name: &str) -> Option<Arc<T>> {
        self.scopes.get(&ObjectRef::new(name).within(namespace))
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

    /// Whether any object fits, as it is cached or as we last wrote it.
    pub(super) fn any(&self, fits: impl Fn(&T) -> bool) -> bool {
        // Copied, because whoever asks may want to look into the notes.
        let written: Vec<Arc<T>> = self.notes().values().filter_map(|note| note.written.clone()).collect();
        self.scopes.all().chain(written).any(|object| fits(&object))
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

    /// Remembers what was just written.
    pub(super) fn wrote(&self, object: &T) {
        self.note(object, |note| note.written = Some(Arc::new(object.clone())));
    }

    /// Forgets all about an object that is gone.
    pub(super) fn forget(&self, uid: &str) {
        self.notes().remove(uid);
    }

    /// Notes that the server may differ from the manifest, and has the object
    /// reconciled.
    pub(super) fn suspect(&self, object: &T) {
        self.note(object, |note| note.suspicions += 1);
        self.trigger(object);
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

    /// Whether a pass over the object has ended well since the start.
    pub(super) fn is_known(&self, object: &T) -> bool {
        self.read(object, |note| note.known).unwrap_or_default()
    }

    /// Whether the server may differ from the manifest.
    pub(super) fn is_suspect(&self, object: &T) -> bool {
        self.read(object, |note| note.suspicions > note.looked_into).unwrap_or_default()
    }

    /// How many suspicions there were by now.
    pub(super) fn suspicions(&self, object: &T) -> u64 {
        self.read(object, |note| note.suspicions).unwrap_or_default()
    }

    /// Notes that a pass, which began with so many suspicions, ended with the
    /// server as the manifest wants it.
    pub(super) fn is_in_sync(&self, object: &T, looked_into: u64) {
        self.note(object, |note| {
            note.known = true;
            note.pause = None;
            note.looked_into = looked_into;
            note.failures = 0;
        });
    }

    /// Notes that the server showed the identity as it should be, so that
    /// what was sent last has taken effect.
    pub(super) fn seen_as_wanted(&self, object: &T) {
        let mut notes = self.notes();
        if let Some(note) = object.uid().and_then(|uid| notes.get_mut(&uid)) {
            note.attempted.clear();
        }
    }

    /// Leaves the object as it is now asked for alone for a while.
    pub(super) fn pause(&self, object: &T, pause: Duration) {
        let until = Instant::now() + pause;
        self.note(object, |note| note.pause = Some((asked(object), until)));
    }

    /// How long what is asked for is still left alone.
    pub(super) fn paused(&self, object: &T) -> Option<Duration> {
        let (failed, until) = self.read(object, |note| note.pause)??;
        let left = until.saturating_duration_since(Instant::now());
        (failed == asked(object) && !left.is_zero()).then_some(left)
    }

    /// Ends the pause: what it waited for may have come.
    pub(super) fn wake(&self, object: &T) {
        let mut notes = self.notes();
        if let Some(note) = object.uid().and_then(|uid| notes.get_mut(&uid)) {
            note.pause = None;
        }
        drop(notes);
        self.trigger(object);
    }

    /// Counts a failure and says how many there were in a row.
    pub(super) fn failed(&self, object: &T) -> u32 {
        self.note(object, |note| {
            note.failures = note.failures.saturating_add(1);
            note.failures
        })
    }

    /// Notes that a request that changes something has ended.
    pub(super) fn changed(&self, object: &T) {
        self.note(object, |note| note.changed = Some(Instant::now()));
    }

    /// Whether something was changed after this moment, so that what was
    /// asked for before it says nothing.
    pub(super) fn changed_since(&self, object: &T, moment: Instant) -> bool {
        self.read(object, |note| note.changed.is_some_and(|changed| changed >= moment)).unwrap_or_default()
    }

    /// Notes that the server refused what this intent announced.
    pub(super) fn refused(&self, object: &T, nonce: &str) {
        self.note(object, |note| note.refused = Some(nonce.to_owned()));
    }

    /// Whether the server is known to have refused what this intent announced.
    pub(super) fn was_refused(&self, object: &T, nonce: &str) -> bool {
        self.read(object, |note| note.refused.as_deref() == Some(nonce)).unwrap_or_default()
    }

    /// Notes why it is not known what became of what this intent announced.
    pub(super) fn left_open(&self, object: &T, nonce: &str, why: Because) {
        self.note(object, |note| note.open = Some((nonce.to_owned(), why)));
    }

    /// Why it is not known what became of what this intent announced, as far
    /// as this process was there.
    pub(super) fn why_open(&self, object: &T, nonce: &str) -> Option<Because> {
        let open = self.read(object, |note| note.open.clone())??;
        (open.0 == nonce).then_some(open.1)
    }

    /// Notes the members that the group was made to have.
    pub(super) fn made_members(&self, object: &T, wanted: &Wanted) {
        let print = fingerprint(wanted);
        self.note(object, |note| note.members = Some(print));
    }

    /// Whether the group was made to have just these members.
    pub(super) fn has_members(&self, object: &T, wanted: &Wanted) -> bool {
        self.read(object, |note| note.members == Some(fingerprint(wanted))).unwrap_or_default()
    }

    /// Whether the group was made to have other members than these.
    pub(super) fn had_other_members(&self, object: &T, wanted: &Wanted) -> bool {
        self.read(object, |note| note.members.is_some_and(|print| print != fingerprint(wanted)))
            .unwrap_or_default()
    }

    /// Notes the members that were just sent, and says whether some of them
    /// had been sent before, so that this time the result is looked at.
    pub(super) fn attempt_members(&self, object: &T, attempt: BTreeSet<Attempt>) -> bool {
        self.note(object, |note| {
            let repeated = !note.attempted_members.is_disjoint(&attempt);
            note.attempted_members = attempt;
            repeated
        })
    }

    /// Notes that the server listed the identity just as it should be, so that
    /// what was sent last has taken effect.
    pub(super) fn listed_as_wanted(&self, object: &T) {
        self.seen_as_wanted(object);
        let mut notes = self.notes();
        if let Some(note) = object.uid().and_then(|uid| notes.get_mut(&uid)) {
            note.attempted_members.clear();
        }
    }

    /// The members that the server refused.
    pub(super) fn member_refusals(&self, object: &T) -> Refusals {
        self.read(object, |note| note.member_refusals.clone()).unwrap_or_default()
    }

    /// Notes the members that the server refused.
    pub(super) fn refuse_members(&self, object: &T, refusals: Refusals) {
        self.note(object, |note| note.member_refusals = refusals);
    }

    /// Notes the manager that the user was made to have.
    pub(super) fn made_manager(&self, object: &T, manager: Option<&str>) {
        let print = fingerprint(&manager);
        self.note(object, |note| note.manager = Some(print));
    }

    /// Whether the user was made to have just this manager.
    pub(super) fn has_manager(&self, object: &T, manager: Option<&str>) -> bool {
        self.read(object, |note| note.manager == Some(fingerprint(&manager))).unwrap_or_default()
    }

    /// Notes what is about to be sent, and says which of it was sent before
    /// with the same result, so that this time the result is looked at.
    pub(super) fn attempt(&self, object: &T, attempt: BTreeMap<AttributePath, Rewritten>) -> bool {
        self.note(object, |note| {
            let repeated = attempt.iter().any(|(path, digests)| note.attempted.get(path) == Some(digests));
            note.attempted = attempt;
            repeated
        })
    }

    fn notes(&self) -> MutexGuard<'_, HashMap<String, Notes<T>>> {
        lock(&self.notes)
    }

    fn note<R: Default>(&self, object: &T, change: impl FnOnce(&mut Notes<T>) -> R) -> R {
        let Some(uid) = object.uid() else { return R::default() };
        change(self.notes().entry(uid).or_default())
    }

    fn read<R>(&self, object: &T, read: impl FnOnce(&Notes<T>) -> R) -> Option<R> {
        self.notes().get(&object.uid()?).map(read)
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

/// What people ask for changes with the manifest, and with a request to
/// compare.
fn asked<T: Identity>(object: &T) -> u64 {
    fingerprint(&(object.meta().generation, object.requested_at()))
}

/// A number that stands for a value while this process lives.
pub(super) fn fingerprint(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

/// Resource versions are ordered numbers (Kubernetes 1.35, KEP-5504); one
/// that is not counts as older than any.
fn version<T: Identity>(object: &T) -> u128 {
    object.resource_version().and_then(|version| version.parse().ok()).unwrap_or_default()
}
