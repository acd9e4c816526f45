//! What listings and passes find missing on one server, kept for as long as
//! the provider is known; the rules are [`plausible`](crate::sync::plausible).

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use kube::ResourceExt;
use tokio::{sync::Notify, time::Instant};

use super::{
    context::Context, fault::End, identity::Identity, links, pass::Pass, providers::ProviderKey,
    sessions::Session,
};
use crate::{
    api::{IdentityCounts, reasons},
    scim::{
        paging::{Listing, Walked},
        port::ResourceType,
    },
    sync::{
        address::Reading,
        plausible::{self, Absence, Taken},
    },
};

/// How often at most a provider tells how many identities there are.
const BETWEEN_COUNTS: Duration = Duration::from_mins(5);

/// What the last whole listings counted, and when that was told.
#[derive(Debug, Default)]
struct Counted {
    users: Option<IdentityCounts>,
    groups: Option<IdentityCounts>,
    /// Both kinds were swept once.
    is_whole: bool,
    told: Option<Instant>,
}

impl Counted {
    fn is_due(&self) -> bool {
        let has_news = self.is_whole && (self.users.is_some() || self.groups.is_some());
        has_news && self.told.is_none_or(|told| told.elapsed() >= BETWEEN_COUNTS)
    }
}

/// One server's inventory.
#[derive(Debug, Default)]
pub(super) struct Inventory {
    known: Mutex<plausible::Inventory>,
    counted: Mutex<Counted>,
    asked: Notify,
}

impl Inventory {
    /// What is known from before. If that has counts, others are not told
    /// before their time.
    pub(super) fn new(known: plausible::Inventory, has_counts: bool) -> Self {
        let counted = Counted { told: has_counts.then(Instant::now), ..Counted::default() };
        Self { known: Mutex::new(known), counted: Mutex::new(counted), ..Self::default() }
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

    /// Notes what a whole listing counted.
    fn count(&self, of: ResourceType, counts: IdentityCounts) {
        let mut counted = self.counted();
        match of {
            ResourceType::User => counted.users = Some(counts),
            ResourceType::Group => counted.groups = Some(counts),
        }
    }

    /// What was counted, if it is time to tell.
    pub(super) fn counts_to_tell(&self) -> Option<(Option<IdentityCounts>, Option<IdentityCounts>)> {
        let mut counted = self.counted();
        if !counted.is_due() {
            return None;
        }
        counted.told = Some(Instant::now());
        Some((counted.users, counted.groups))
    }

    /// Notes that both kinds were swept; answers whether it is time to tell
    /// what was counted.
    pub(super) fn round_ends(&self) -> bool {
        let mut counted = self.counted();
        counted.is_whole = true;
        counted.is_due()
    }

    fn counted(&self) -> MutexGuard<'_, Counted> {
        self.counted.lock().unwrap_or_else(PoisonError::into_inner)
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
    managed: usize,
    /// The ids of those of other objects: they are deleted, or another
    /// provider's.
    others: HashSet<String>,
    /// How many were listed that are not as their object wants them, and for
    /// how many no object stands.
    drifted: usize,
    unmanaged: usize,
    /// Those of objects that are not being deleted, by id.
    unseen: HashMap<String, Arc<T>>,
    /// Those that were told to be missing: they are missed once.
    told: HashMap<String, Arc<T>>,
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
        let (told, unseen): (HashMap<_, _>, HashMap<_, _>) = objects
            .filter(|object| object.meta().deletion_timestamp.is_none())
            .filter_map(|object| Some((object.id_at(&session.endpoint)?.to_owned(), object)))
            .partition(|(_, object)| is_told(object.record().reason()));
        let is_ours = |id: &str| unseen.contains_key(id) || told.contains_key(id);
        let others = T::memory(context)
            .find(|object| object.id_at(&session.endpoint).is_some_and(|id| !is_ours(id)))
            .iter()
            .filter_map(|object| object.id_at(&session.endpoint).map(str::to_owned))
            .collect();
        let (anchored, managed) = (unseen.len(), unseen.len() + told.len());
        Self { number, started, anchored, managed, others, drifted: 0, unmanaged: 0, unseen, told, gone }
    }

    /// Counts one that was compared.
    pub(super) fn count(&mut self, differs: bool) {
        self.drifted += usize::from(differs);
    }

    /// Whose identity has this id.
    pub(super) fn see(&mut self, id: &str) -> Option<Arc<T>> {
        self.gone.retain(|_, gone| gone != id);
        let seen = self.unseen.remove(id).or_else(|| self.told.remove(id));
        self.unmanaged += usize::from(seen.is_none() && !self.others.contains(id));
        seen
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
        if whole.is_some() {
            let drifted = self.drifted + missing.len() + self.told.len();
            let counts = counts(self.managed, drifted, self.unmanaged);
            session.inventory.count(T::RESOURCE_TYPE, counts);
        }
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

fn counts(managed: usize, drifted: usize, unmanaged: usize) -> IdentityCounts {
    let count = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
    IdentityCounts { managed: count(managed), drifted: count(drifted), unmanaged: count(unmanaged) }
}

/// Calls those who wait for a listing, and forgets who waits no more.
fn call_back<T: Identity>(context: &Context, session: &Session) {
    let kind = T::memory(context);
    // Not within the loop, which would hold the lock to its end.
    let waiting = session.inventory.known().gone(T::RESOURCE_TYPE);
    for (uid, id) in waiting {
        match kind.by_uid(&uid).filter(|object| object.id_at(&session.endpoint) == Some(id.as_str())) {
            Some(object) => kind.trigger(&object),
            None => session.inventory.known().found(T::RESOURCE_TYPE, &uid),
        }
    }
}

/// Whether a person was told that an identity is missing, or that another has
/// its place.
fn is_told(reason: Option<&str>) -> bool {
    matches!(reason, Some(reasons::REMOTE_MISSING | reasons::ALREADY_EXISTS | reasons::IDENTITY_INACTIVE))
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

fn is_synced<T: Identity>(object: &T) -> bool {
    object.record().is_synced(object.meta().generation)
}
