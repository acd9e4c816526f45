//! Carries out what `sync::guard` decides: gathers what would be lost, writes
//! down what may go before it goes, and makes the holds for the rest.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use jiff::Timestamp;

use self::{desk::Desk, index::Index, left_behind::LeftBehind};
use super::{context::Context, identity::Identity, scopes::Scopes};
use crate::{
    api::{HeldKind, ScimDeletionHold},
    sync::guard::{Claim, Leave, Settings},
};

mod asking;
mod book;
mod desk;
pub(super) mod holds;
pub(super) mod index;
pub(super) mod left_behind;
mod make;
mod members;
mod returning;

/// The guard of every endpoint.
pub(super) struct Guard {
    /// The holds that there are.
    pub(super) index: Arc<Index>,
    /// The identities that rejected deletions have left behind.
    pub(super) left_behind: LeftBehind,
    caches: Scopes<ScimDeletionHold>,
    desks: Mutex<HashMap<String, Arc<Desk>>>,
}

impl Guard {
    /// A guard that knows these holds.
    pub(super) fn new(caches: Scopes<ScimDeletionHold>, index: Arc<Index>, left_behind: LeftBehind) -> Self {
        Self { index, left_behind, caches, desks: Mutex::default() }
    }

    /// Waits until every hold was seen once: before that, nobody knows what
    /// is held.
    pub(super) async fn synced(&self) {
        self.caches.synced().await;
    }

    fn desk(&self, endpoint: &str) -> Arc<Desk> {
        let mut desks = lock(&self.desks);
        Arc::clone(desks.entry(endpoint.to_owned()).or_insert_with(|| Arc::new(Desk::new(endpoint))))
    }

    /// How the guard stands to a claim. What is held stays held, whatever has
    /// become of the limits meanwhile.
    fn leave(
        &self,
        settings: impl FnOnce() -> Settings,
        endpoint: &str,
        claim: &Claim,
        now: Timestamp,
    ) -> Leave {
        if let Some(decided) = self.index.stance(claim) {
            return decided;
        }
        match self.desk(endpoint).leave(claim, now) {
            Leave::NotAsked if !settings().enforced => Leave::Granted,
            leave => leave,
        }
    }
}

/// What counts at an endpoint: the strictest of what its providers say.
fn settings(context: &Context, endpoint: &str) -> Settings {
    let guards = context.providers.guards_at(&context.sessions, endpoint);
    Settings::strictest(guards.iter().map(|guard| Settings::of(guard.as_ref())))
}

/// How many identities are managed at an endpoint.
fn managed(context: &Context, endpoint: &str) -> usize {
    context.users.find(|user| user.id_at(endpoint).is_some()).len()
        + context.groups.find(|group| group.id_at(endpoint).is_some()).len()
}

/// The kind, as holds name it.
fn held_kind<T: Identity>() -> HeldKind {
    match T::RESOURCE_TYPE {
        crate::scim::port::ResourceType::User => HeldKind::ScimUser,
        crate::scim::port::ResourceType::Group => HeldKind::ScimGroup,
    }
}

/// Has an object reconciled, because what it waited for may have come.
fn wake(context: &Context, kind: HeldKind, namespace: &str, name: &str) {
    match kind {
        HeldKind::ScimUser => {
            if let Some(user) = context.users.get(namespace, name) {
                context.users.wake(&*user);
            }
        }
        HeldKind::ScimGroup => {
            if let Some(group) = context.groups.get(namespace, name) {
                context.groups.wake(&*group);
            }
        }
    }
}

fn lock<V>(mutex: &Mutex<V>) -> MutexGuard<'_, V> {
    // A panic elsewhere leaves what is as good as any.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
