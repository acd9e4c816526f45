//! What listings and passes find missing on one server, kept for as long as
//! the provider is known; the rules are [`plausible`](crate::sync::plausible).

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use kube::ResourceExt;
use tokio::{sync::Notify, time::Instant};

use super::{
    context::Context, fault::End, identity::Identity, links, pass::Pass, providers::ProviderKey,
    sessions::Session,
};
use crate::{
    api::reasons,
    scim::paging::{Listing, Walked},
    sync::{
        address::Reading,
        plausible::{self, Absence, Taken},
    },
};

/// One server's inventory.
#[derive(Debug, Default)]
pub(super) struct Inventory {
    known: Mutex<plausible::Inventory>,
    asked: Notify,
}

impl Inventory {
    /// What is known from before.
    pub(super) fn new(known: plausible::Inventory) -> Self {
        Self { known: Mutex::new(known), asked: Notify::new() }
    }

    /// What is known, to ask or to tell.
    pub(super) fn known(&self) -> MutexGuard<'_, plausible::Inventory> {
        // A panic elsewhere leaves notes that are as good as any.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes note of what a person accepts; what was held is looked at again.
    pub(super) fn accept(&self, text: Option<&str>) {
        let mut known = self.known();
        let was_frozen = known.is_frozen();
        known.accept(text);
        if was_frozen && !known.is_frozen() {
            self.asked.notify_one();
        }
    }

    /// Until somebody asks for a listing.
    pub(super) async fn asked(&self) {
        self.asked.notified().await;
    }
}

impl<T: Identity> Pass<'_, T> {
    /// Whether too many are missing on the server for anything to be created,
    /// deleted or put right.
    pub(super) fn is_frozen(&self) -> bool {
        self.session.as_ref().is_some_and(|session| session.inventory.known().is_frozen())
    }

    /// Whether it is known that an identity is gone that its id does not find.
    pub(super) fn absence(&self) -> Absence {
        let (Some(session), Some(anchor), Some(uid)) =
            (&self.session, &self.record.anchor, self.object.uid())
        else {
            return Absence::Unknown;
        };
        session.inventory.known().absence(T::RESOURCE_TYPE, &uid, &anchor.id)
    }

    /// Notes that the id finds somebody again.
    pub(super) fn note_reading(&self) {
        if let (Some(session), Some(uid), Reading::Present(_)) =
            (&self.session, self.object.uid(), &self.reading)
        {
            session.inventory.known().found(T::RESOURCE_TYPE, &uid);
        }
    }

    /// Has the server listed; whoever waits for it is called when it was.
    pub(super) fn await_listing(&self) -> End {
        if let (Some(session), Some(anchor), Some(uid)) =
            (&self.session, &self.record.anchor, self.object.uid())
        {
            let is_wanted = session.inventory.known().found_gone(T::RESOURCE_TYPE, &uid, &anchor.id);
            if is_wanted {
                session.inventory.asked.notify_one();
            }
        }
        End::Quiet(None)
    }
}

/// The identities that ought to be in a listing, while it is read.
pub(super) struct Stocktaking<T> {
    number: u64,
    started: Instant,
    anchored: usize,
    /// Those of objects that are not being deleted, by id.
    unseen: HashMap<String, Arc<T>>,
    /// The ids that found nobody, by the UID of the object.
    gone: HashMap<String, String>,
}

impl<T: Identity> Stocktaking<T> {
    /// Begins with all that the provider's objects stand for.
    pub(super) fn begin(context: &Context, provider: &ProviderKey, session: &Session) -> Self {
        let started = Instant::now();
        let (number, gone) = {
            let mut known = session.inventory.known();
            (known.begin(T::RESOURCE_TYPE), known.gone(T::RESOURCE_TYPE))
        };
        let objects = T::memory(context).of_provider(provider).into_iter();
        let unseen: HashMap<String, Arc<T>> = objects
            .filter(|object| is_expected(&**object))
            .filter_map(|object| Some((object.id_at(&session.endpoint)?.to_owned(), object)))
            .collect();
        Self { number, started, anchored: unseen.len(), unseen, gone }
    }

    /// Whose identity has this id.
    pub(super) fn see(&mut self, id: &str) -> Option<Arc<T>> {
        self.gone.retain(|_, gone| gone != id);
        self.unseen.remove(id)
    }

    /// What the server does not have at all, its objects have to say.
    pub(super) fn suspect_all(self, context: &Context) {
        for object in self.unseen.into_values().filter(|object| is_synced(&**object)) {
            T::memory(context).suspect(&*object);
        }
    }

    /// Ends with what the listing did not show. Where it is believed, whoever
    /// stands for that looks for it by its id, or goes on.
    pub(super) fn conclude(
        mut self,
        context: &Context,
        provider: &ProviderKey,
        session: &Session,
        walked: Option<&Walked>,
    ) {
        let kind = T::memory(context);
        let whole = walked.filter(|walked| walked.listing == Listing::Complete);
        let since = self.started.checked_sub(session.grace()).unwrap_or(self.started);
        let missing: Vec<Arc<T>> = std::mem::take(&mut self.unseen)
            .into_values()
            .filter(|object| !kind.changed_since(&**object, since) && is_still_there(context, &**object))
            .filter(|object| whole.is_some() || self.is_gone(&**object))
            .collect();
        let absent: HashSet<(String, String)> = missing
            .iter()
            .filter_map(|object| Some((object.uid()?, object.anchor()?.id.clone())))
            .chain(self.gone.clone())
            .collect();
        let taken = Taken {
            listed: whole.map(|walked| walked.count),
            anchored: self.anchored,
            missing: missing.len(),
            absent,
        };
        if self.settle(context, provider, session, taken) {
            for object in missing.iter().filter(|object| is_synced(&***object)) {
                tracing::info!(
                    kind = T::KIND,
                    object = object.name_any(),
                    "not in the listing; it is read next"
                );
                kind.suspect(&**object);
            }
        }
        call_back::<T>(context, session);
    }

    /// Enters it, and has those told whom it concerns. Answers whether the
    /// server is believed.
    fn settle(&self, context: &Context, provider: &ProviderKey, session: &Session, taken: Taken) -> bool {
        let (before, is_believed, after) = {
            let mut known = session.inventory.known();
            let before = (known.is_frozen(), known.to_remember());
            let is_believed = known.conclude(T::RESOURCE_TYPE, taken, self.number, context.clock.now());
            (before, is_believed, (known.is_frozen(), known.to_remember()))
        };
        if before != after {
            context.providers.trigger(provider);
        }
        if before.0 && !after.0 {
            links::resume(context, provider);
        }
        is_believed
    }

    fn is_gone(&self, object: &T) -> bool {
        object.uid().is_some_and(|uid| self.gone.contains_key(&uid))
    }
}

/// Calls those who wait for a listing, and forgets who waits no more.
fn call_back<T: Identity>(context: &Context, session: &Session) {
    let kind = T::memory(context);
    for (uid, id) in session.inventory.known().gone(T::RESOURCE_TYPE) {
        match kind.by_uid(&uid).filter(|object| object.id_at(&session.endpoint) == Some(id.as_str())) {
            Some(object) => kind.trigger(&object),
            None => session.inventory.known().found(T::RESOURCE_TYPE, &uid),
        }
    }
}

/// Whether the object's identity ought to be on the server. One that was told
/// to be missing is missed once.
fn is_expected<T: Identity>(object: &T) -> bool {
    let is_told = || object.record().reason() == Some(reasons::REMOTE_MISSING);
    object.meta().deletion_timestamp.is_none() && object.anchor().is_some() && !is_told()
}

/// Whether an object that was there when the listing began is there now, and
/// stands for the same identity.
fn is_still_there<T: Identity>(context: &Context, object: &T) -> bool {
    let (namespace, name) = (object.namespace().unwrap_or_default(), object.name_any());
    T::memory(context).get(&namespace, &name).is_some_and(|now| {
        now.uid() == object.uid()
            && now.anchor() == object.anchor()
            && now.meta().deletion_timestamp.is_none()
    })
}

pub(super) fn is_synced<T: Identity>(object: &T) -> bool {
    object.record().is_synced(object.meta().generation)
}
