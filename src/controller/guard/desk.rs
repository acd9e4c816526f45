//! Where the claims of one endpoint come in, settle, and are judged.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex},
    time::Duration,
};

use jiff::Timestamp;
use tokio::sync::Mutex as AsyncMutex;

use super::{
    book::{Book, BookError},
    lock, make, managed, settings, wake,
};
use crate::{
    api::{HeldEntry, HeldKind, bounds},
    controller::{context::Context, objects::ObjectError},
    runtime::entropy,
    sync::{
        backoff,
        guard::{Cause, Claim, Claims, Judgement, Leave, Ledger, Settling, judge},
    },
};

/// How often a ledger that somebody else wrote is read again at once.
const TRIES: usize = 5;

/// The claims of one endpoint.
pub(super) struct Desk {
    endpoint: String,
    state: Mutex<State>,
    book: AsyncMutex<Option<Book>>,
}

#[derive(Default)]
struct State {
    /// Those that came in.
    pending: BTreeMap<Claim, Asker>,
    /// Those that are being judged.
    judged: BTreeMap<Claim, Asker>,
    settling: Option<Settling>,
    /// Somebody waits until they have settled.
    is_watched: bool,
    /// The ledger as it was last written or read.
    ledger: Option<Ledger>,
    /// Members that groups were allowed to lose, and since when: whoever asks
    /// again for the same is not counted twice.
    lost: HashMap<(String, String), Timestamp>,
}

/// Who makes a claim.
#[derive(Clone, Debug)]
pub(super) struct Asker {
    pub(super) kind: HeldKind,
    pub(super) namespace: String,
    pub(super) name: String,
    /// It was held before.
    pub(super) once_held: bool,
}

impl Desk {
    pub(super) fn new(endpoint: &str) -> Self {
        Self { endpoint: endpoint.to_owned(), state: Mutex::default(), book: AsyncMutex::default() }
    }

    /// How the desk stands to a claim that nobody holds.
    pub(super) fn leave(&self, claim: &Claim, now: Timestamp) -> Leave {
        let state = lock(&self.state);
        if state.pending.contains_key(claim) || state.judged.contains_key(claim) {
            Leave::Settling
        } else if state.ledger.as_ref().is_some_and(|ledger| ledger.grants(claim, now)) {
            Leave::Granted
        } else {
            Leave::NotAsked
        }
    }

    /// Takes in a claim, to be judged with whatever else comes soon.
    pub(super) fn ask(self: &Arc<Self>, context: &Arc<Context>, claim: Claim, asker: Asker) {
        let now = context.clock.now();
        let mut state = lock(&self.state);
        state.pending.insert(claim, asker);
        state.settling.get_or_insert_with(|| Settling::begin(now)).touch(now);
        if !std::mem::replace(&mut state.is_watched, true) {
            tokio::spawn(Arc::clone(self).watch(Arc::clone(context)));
        }
    }

    /// Judges one settled batch after the other, until none is left.
    async fn watch(self: Arc<Self>, context: Arc<Context>) {
        let mut failures = 0;
        loop {
            let settle = settings(&context, &self.endpoint).settle;
            if let Some(left) = self.settling().and_then(|burst| burst.left(settle, context.clock.now())) {
                tokio::time::sleep(Duration::try_from(left).unwrap_or_default()).await;
                continue;
            }
            let Some(batch) = self.take_batch() else { return };
            let judged = self.judge(&context, batch.clone()).await;
            lock(&self.state).judged.clear();
            match judged {
                Ok(()) => {
                    failures = 0;
                    for Asker { kind, namespace, name, .. } in batch.values() {
                        wake(&context, *kind, namespace, name);
                    }
                }
                Err(error) => {
                    tracing::warn!(%error, endpoint = self.endpoint, "what would be deleted cannot be counted; it waits");
                    failures += 1;
                    self.put_back(batch, context.clock.now());
                    tokio::time::sleep(backoff::probe(failures, entropy::factor(0.0..=1.0))).await;
                }
            }
        }
    }

    fn settling(&self) -> Option<Settling> {
        lock(&self.state).settling
    }

    /// What came in by now; `None`, and nobody watches, if nothing did.
    fn take_batch(&self) -> Option<BTreeMap<Claim, Asker>> {
        let mut state = lock(&self.state);
        state.settling = None;
        state.judged = std::mem::take(&mut state.pending);
        state.is_watched = !state.judged.is_empty();
        state.is_watched.then(|| state.judged.clone())
    }

    fn put_back(&self, batch: BTreeMap<Claim, Asker>, now: Timestamp) {
        let mut state = lock(&self.state);
        for (claim, asker) in batch {
            state.pending.entry(claim).or_insert(asker);
        }
        state.settling.get_or_insert_with(|| Settling::begin(now));
    }

    /// Writes down what may go, or makes the holds for what may not.
    async fn judge(&self, context: &Arc<Context>, batch: BTreeMap<Claim, Asker>) -> Result<(), BookError> {
        let stands = |(claim, asker): &(Claim, Asker)| {
            is_there(context, claim, asker) && context.guard.index.hold_of(claim).is_none()
        };
        let batch: BTreeMap<Claim, Asker> = batch.into_iter().filter(stands).collect();
        let settings = settings(context, &self.endpoint);
        if batch.is_empty() || !settings.enforced {
            return Ok(());
        }
        let claims: Claims = batch.keys().cloned().collect();
        let managed = managed(context, &self.endpoint);
        let waiting = context.guard.index.waiting(&self.endpoint);
        let once_held = batch.values().any(|asker| asker.once_held);
        let now = context.clock.now();
        let judgement = self.change(context, |ledger| {
            match judge(ledger, &claims, &settings, managed, waiting, once_held, now) {
                Judgement::Reserve(ledger) => (Some(ledger), None),
                Judgement::Hold { used, limit } => (None, Some((used, limit))),
            }
        });
        let cause = match judgement.await {
            Ok(None) => return Ok(()),
            Ok(Some((used, limit))) if waiting + used + batch.len() > limit => {
                Cause::TooMany { count: batch.len(), used, limit, window: settings.window }
            }
            Ok(Some(_)) => Cause::Again,
            Err(BookError::Unreadable(error)) => {
                tracing::warn!(%error, endpoint = self.endpoint, "the ledger cannot be used; everything is held");
                Cause::Unreadable
            }
            Err(error) => return Err(error),
        };
        let entries: Vec<HeldEntry> = batch.iter().map(entry).collect();
        for part in entries.chunks(bounds::HELD) {
            make::hold(context, &self.endpoint, part.to_vec(), None, cause).await?;
        }
        Ok(())
    }

    /// Decides by the ledger as it is, and writes the one that comes of it.
    pub(super) async fn change<R>(
        &self,
        context: &Context,
        decide: impl Fn(&Ledger) -> (Option<Ledger>, R),
    ) -> Result<R, BookError> {
        let mut book = self.book.lock().await;
        for _ in 0..TRIES {
            let known = lock(&self.state).ledger.clone();
            let current = match book.take() {
                Some(book) => book,
                None => Book::load(context, &self.endpoint, known).await?,
            };
            let (changed, result) = decide(&current.ledger);
            let written = match changed {
                None => current,
                Some(ledger) => match current.replace(context, &self.endpoint, ledger).await {
                    Ok(written) => written,
                    // Somebody else wrote it, or removed it: it is read again.
                    Err(BookError::Object(ObjectError::Stale | ObjectError::Gone)) => continue,
                    Err(error) => return Err(error),
                },
            };
            lock(&self.state).ledger = Some(written.ledger.clone());
            *book = Some(written);
            return Ok(result);
        }
        Err(ObjectError::Stale.into())
    }

    /// Of these members of a group, those whose loss is not counted yet.
    pub(super) fn uncounted(&self, group: &str, ids: &[String]) -> Vec<String> {
        let state = lock(&self.state);
        ids.iter()
            .filter(|id| !state.lost.contains_key(&(group.to_owned(), (*id).clone())))
            .cloned()
            .collect()
    }

    /// The loss of these members is counted.
    pub(super) fn counted(
        &self,
        group: &str,
        ids: impl IntoIterator<Item = String>,
        oldest: Timestamp,
        now: Timestamp,
    ) {
        let mut state = lock(&self.state);
        state.lost.retain(|_, since| *since > oldest);
        state.lost.extend(ids.into_iter().map(|id| ((group.to_owned(), id), now)));
    }
}

/// Whether whoever made a claim is still there.
fn is_there(context: &Context, claim: &Claim, asker: &Asker) -> bool {
    let Asker { kind, namespace, name, .. } = asker;
    let meta = match kind {
        HeldKind::ScimUser => context.users.get(namespace, name).map(|user| user.metadata.clone()),
        HeldKind::ScimGroup => context.groups.get(namespace, name).map(|group| group.metadata.clone()),
    };
    meta.is_some_and(|meta| meta.uid.as_deref() == Some(claim.uid.as_str()))
}

fn entry((claim, asker): (&Claim, &Asker)) -> HeldEntry {
    HeldEntry {
        uid: claim.uid.clone(),
        kind: asker.kind,
        namespace: asker.namespace.clone(),
        name: asker.name.clone(),
        action: claim.action,
        generation: claim.generation,
    }
}
