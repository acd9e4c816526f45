//! What is remembered about single objects.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    hash::{DefaultHasher, Hash, Hasher},
    sync::{Arc, MutexGuard},
    time::Duration,
};

use kube::ResourceExt;
use tokio::time::Instant;

use super::{Kind, lock};
use crate::{
    controller::identity::Identity,
    scim::path::AttributePath,
    sync::{
        diff::Rewritten,
        members::{Refusals, Wanted},
        outcome::Because,
    },
};

/// A member's id, and whether it was added or removed.
pub(in crate::controller) type Attempt = (String, bool);

/// What is remembered about one object, by its UID, while this process lives.
/// All of it may be forgotten: then more is asked, and nothing goes wrong.
#[derive(Debug)]
pub(super) struct Notes<T> {
    /// The object as last written by us, until the cache shows it.
    pub(super) written: Option<Arc<T>>,
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
    /// How often the server was asked about single members, and how often a
    /// listing went by that does not show them.
    member_turns: usize,
    member_sweeps: u64,
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
            member_turns: 0,
            member_sweeps: 0,
            manager: None,
            attempted: BTreeMap::new(),
            attempted_members: BTreeSet::new(),
        }
    }
}

impl<T: Identity> Kind<T> {
    /// Remembers what was just written.
    pub(in crate::controller) fn wrote(&self, object: &T) {
        self.claims().note(object);
        self.note(object, |note| note.written = Some(Arc::new(object.clone())));
    }

    /// Forgets all about an object that is gone.
    pub(in crate::controller) fn forget(&self, uid: &str) {
        self.notes().remove(uid);
    }

    /// Notes that the server may differ from the manifest, and has the object
    /// reconciled.
    pub(in crate::controller) fn suspect(&self, object: &T) {
        self.note(object, |note| note.suspicions += 1);
        self.trigger(object);
    }

    /// Whether a pass over the object has ended well since the start.
    pub(in crate::controller) fn is_known(&self, object: &T) -> bool {
        self.read(object, |note| note.known).unwrap_or_default()
    }

    /// Whether the server may differ from the manifest.
    pub(in crate::controller) fn is_suspect(&self, object: &T) -> bool {
        self.read(object, |note| note.suspicions > note.looked_into).unwrap_or_default()
    }

    /// How many suspicions there were by now.
    pub(in crate::controller) fn suspicions(&self, object: &T) -> u64 {
        self.read(object, |note| note.suspicions).unwrap_or_default()
    }

    /// Notes that a pass, which began with so many suspicions, ended with the
    /// server as the manifest wants it.
    pub(in crate::controller) fn is_in_sync(&self, object: &T, looked_into: u64) {
        self.note(object, |note| {
            note.known = true;
            note.pause = None;
            note.looked_into = looked_into;
            note.failures = 0;
        });
    }

    /// Notes that the server showed the identity as it should be, so that
    /// what was sent last has taken effect.
    pub(in crate::controller) fn seen_as_wanted(&self, object: &T) {
        let mut notes = self.notes();
        if let Some(note) = object.uid().and_then(|uid| notes.get_mut(&uid)) {
            note.attempted.clear();
        }
    }

    /// Leaves the object as it is now asked for alone for a while.
    pub(in crate::controller) fn pause(&self, object: &T, pause: Duration) {
        let until = Instant::now() + pause;
        self.note(object, |note| note.pause = Some((asked(object), until)));
    }

    /// How long what is asked for is still left alone.
    pub(in crate::controller) fn paused(&self, object: &T) -> Option<Duration> {
        let (failed, until) = self.read(object, |note| note.pause)??;
        let left = until.saturating_duration_since(Instant::now());
        (failed == asked(object) && !left.is_zero()).then_some(left)
    }

    /// Ends the pause: what it waited for may have come.
    pub(in crate::controller) fn wake(&self, object: &T) {
        let mut notes = self.notes();
        if let Some(note) = object.uid().and_then(|uid| notes.get_mut(&uid)) {
            note.pause = None;
        }
        drop(notes);
        self.trigger(object);
    }

    /// Counts a failure and says how many there were in a row.
    pub(in crate::controller) fn failed(&self, object: &T) -> u32 {
        self.note(object, |note| {
            note.failures = note.failures.saturating_add(1);
            note.failures
        })
    }

    /// Notes that a request that changes something has ended.
    pub(in crate::controller) fn changed(&self, object: &T) {
        self.note(object, |note| note.changed = Some(Instant::now()));
    }

    /// Whether something was changed after this moment, so that what was
    /// asked for before it says nothing.
    pub(in crate::controller) fn changed_since(&self, object: &T, moment: Instant) -> bool {
        self.read(object, |note| note.changed.is_some_and(|changed| changed >= moment)).unwrap_or_default()
    }

    /// How much is left of a time that began when something was last changed.
    pub(in crate::controller) fn left_of(&self, time: Duration, object: &T) -> Option<Duration> {
        let changed = self.read(object, |note| note.changed)??;
        time.checked_sub(changed.elapsed()).filter(|left| !left.is_zero())
    }

    /// Notes that the server refused what this intent announced.
    pub(in crate::controller) fn refused(&self, object: &T, nonce: &str) {
        self.note(object, |note| note.refused = Some(nonce.to_owned()));
    }

    /// Whether the server is known to have refused what this intent announced.
    pub(in crate::controller) fn was_refused(&self, object: &T, nonce: &str) -> bool {
        self.read(object, |note| note.refused.as_deref() == Some(nonce)).unwrap_or_default()
    }

    /// Notes why it is not known what became of what this intent announced.
    pub(in crate::controller) fn left_open(&self, object: &T, nonce: &str, why: Because) {
        self.note(object, |note| note.open = Some((nonce.to_owned(), why)));
    }

    /// Why it is not known what became of what this intent announced, as far
    /// as this process was there.
    pub(in crate::controller) fn why_open(&self, object: &T, nonce: &str) -> Option<Because> {
        let open = self.read(object, |note| note.open.clone())??;
        (open.0 == nonce).then_some(open.1)
    }

    /// Notes the members that the group was made to have.
    pub(in crate::controller) fn made_members(&self, object: &T, wanted: &Wanted) {
        let print = fingerprint(wanted);
        self.note(object, |note| note.members = Some(print));
    }

    /// Whether the group was made to have just these members.
    pub(in crate::controller) fn has_members(&self, object: &T, wanted: &Wanted) -> bool {
        self.read(object, |note| note.members == Some(fingerprint(wanted))).unwrap_or_default()
    }

    /// Whether the group was made to have other members than these.
    pub(in crate::controller) fn had_other_members(&self, object: &T, wanted: &Wanted) -> bool {
        self.read(object, |note| note.members.is_some_and(|print| print != fingerprint(wanted)))
            .unwrap_or_default()
    }

    /// Notes the members that were just sent, and says whether some of them
    /// had been sent before, so that this time the result is looked at.
    pub(in crate::controller) fn attempt_members(&self, object: &T, attempt: BTreeSet<Attempt>) -> bool {
        self.note(object, |note| {
            let repeated = !note.attempted_members.is_disjoint(&attempt);
            note.attempted_members = attempt;
            repeated
        })
    }

    /// Notes that the server listed the identity just as it should be, so that
    /// what was sent last has taken effect.
    pub(in crate::controller) fn listed_as_wanted(&self, object: &T) {
        self.seen_as_wanted(object);
        let mut notes = self.notes();
        if let Some(note) = object.uid().and_then(|uid| notes.get_mut(&uid)) {
            note.attempted_members.clear();
        }
    }

    /// The members that the server refused.
    pub(in crate::controller) fn member_refusals(&self, object: &T) -> Refusals {
        self.read(object, |note| note.member_refusals.clone()).unwrap_or_default()
    }

    /// Notes the members that the server refused.
    pub(in crate::controller) fn refuse_members(&self, object: &T, refusals: Refusals) {
        self.note(object, |note| note.member_refusals = refusals);
    }

    /// Counts that the server is asked about single members, and says how
    /// often it was before.
    pub(in crate::controller) fn next_turn_of_members(&self, object: &T) -> usize {
        self.note(object, |note| {
            let before = note.member_turns;
            note.member_turns = before.wrapping_add(1);
            before
        })
    }

    /// Counts the listings that do not show the members; objects begin at
    /// different numbers, so that not all have the same turn.
    pub(in crate::controller) fn members_swept(&self, object: &T) -> u64 {
        let start = fingerprint(&object.uid()) % u64::from(u16::MAX);
        self.note(object, |note| {
            note.member_sweeps = note.member_sweeps.wrapping_add(1);
            start.wrapping_add(note.member_sweeps)
        })
    }

    /// Notes the manager that the user was made to have.
    pub(in crate::controller) fn made_manager(&self, object: &T, manager: Option<&str>) {
        let print = fingerprint(&manager);
        self.note(object, |note| note.manager = Some(print));
    }

    /// Whether the user was made to have just this manager.
    pub(in crate::controller) fn has_manager(&self, object: &T, manager: Option<&str>) -> bool {
        self.read(object, |note| note.manager == Some(fingerprint(&manager))).unwrap_or_default()
    }

    /// Notes what was just sent, and says whether some of it was sent before
    /// with the same result, so that this time the result is looked at.
    pub(in crate::controller) fn attempt(
        &self,
        object: &T,
        attempt: BTreeMap<AttributePath, Rewritten>,
    ) -> bool {
        self.note(object, |note| {
            let repeated = attempt.iter().any(|(path, digests)| note.attempted.get(path) == Some(digests));
            note.attempted = attempt;
            repeated
        })
    }

    pub(super) fn notes(&self) -> MutexGuard<'_, HashMap<String, Notes<T>>> {
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

/// What people ask for changes with the manifest, and with a request to
/// compare.
fn asked<T: Identity>(object: &T) -> u64 {
    fingerprint(&(object.meta().generation, object.requested_at(), object.reactivation_requested_at()))
}

/// A number that stands for a value while this process lives.
pub(in crate::controller) fn fingerprint(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}
