//! The servers that are talked to: one session for each provider, shared by
//! all its objects.

use std::{
    collections::{HashMap, VecDeque},
    sync::{
        Arc, Mutex, PoisonError, RwLock,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;

use super::providers::ProviderKey;
use crate::scim::port::Port;

/// How many requests one provider has under way at most.
const AT_ONCE: usize = 16;

/// One provider's server, once it was found to answer.
#[derive(Debug)]
pub(super) struct Session {
    /// The endpoint key that anchors carry.
    pub(super) endpoint: String,
    /// The door to the server.
    pub(super) port: Arc<dyn Port>,
    /// How often the whole server is swept.
    pub(super) resync: Duration,
    /// Paging works by POST to `/.search` only.
    pub(super) by_search: AtomicBool,
    /// A request failed in a way that concerns the whole server.
    doubtful: AtomicBool,
    gate: Arc<Gate>,
    closed: CancellationToken,
}

/// What is known about a provider.
#[derive(Clone, Debug)]
pub(super) enum Standing {
    /// It was not tried yet.
    Unknown,
    /// It answers.
    Open(Arc<Session>),
    /// It does not; its status says why.
    Failing,
}

/// The standing of every provider.
#[derive(Debug, Default)]
pub(super) struct Sessions {
    standings: RwLock<HashMap<ProviderKey, Standing>>,
}

impl Sessions {
    /// How a provider stands.
    pub(super) fn of(&self, provider: &ProviderKey) -> Standing {
        let standings = self.standings.read().unwrap_or_else(PoisonError::into_inner);
        standings.get(provider).cloned().unwrap_or(Standing::Unknown)
    }

    /// Sets how a provider stands; a session that is replaced is closed.
    /// Says whether that is news to whoever waits for the provider.
    pub(super) fn set(&self, provider: &ProviderKey, standing: Standing) -> bool {
        let fails = matches!(standing, Standing::Failing);
        let before = self.replace(provider, Some(standing));
        !(fails && matches!(before, Some(Standing::Failing)))
    }

    /// Forgets a provider that is gone.
    pub(super) fn forget(&self, provider: &ProviderKey) {
        self.replace(provider, None);
    }

    fn replace(&self, provider: &ProviderKey, standing: Option<Standing>) -> Option<Standing> {
        let mut standings = self.standings.write().unwrap_or_else(PoisonError::into_inner);
        let before = match standing {
            Some(standing) => standings.insert(provider.clone(), standing),
            None => standings.remove(provider),
        };
        if let Some(Standing::Open(session)) = &before {
            session.closed.cancel();
        }
        before
    }
}

impl Session {
    /// A session with a server that was found to answer.
    pub(super) fn new(endpoint: String, port: Arc<dyn Port>, resync: Duration) -> Self {
        Self {
            endpoint,
            port,
            resync,
            by_search: AtomicBool::new(false),
            doubtful: AtomicBool::new(false),
            gate: Arc::new(Gate::new(AT_ONCE)),
            closed: CancellationToken::new(),
        }
    }

    /// Resolves when the session was replaced.
    pub(super) fn closed(&self) -> CancellationToken {
        self.closed.clone()
    }

    /// Asks for leave to talk to the server. Without it, `resume` is called
    /// once somebody else has finished: waiting here would let one slow
    /// server fill every slot of the operator.
    pub(super) fn enter(&self, resume: impl FnOnce() -> bool + Send + 'static) -> Option<Pass> {
        self.gate.enter(Box::new(resume))
    }

    /// Somebody who was called back had nothing to ask after all: calls the
    /// next one.
    pub(super) fn pass_on(&self) {
        self.gate.pass_on();
    }

    /// Notes that a request failed in a way that concerns the whole server;
    /// true for the first to say so since it was last found to answer.
    pub(super) fn doubt(&self) -> bool {
        !self.doubtful.swap(true, Ordering::Relaxed)
    }

    /// Whether somebody doubts that the server answers.
    pub(super) fn is_doubtful(&self) -> bool {
        self.doubtful.load(Ordering::Relaxed)
    }

    /// Notes that the server was found to answer.
    pub(super) fn trust(&self) {
        self.doubtful.store(false, Ordering::Relaxed);
    }
}

/// Calls somebody back; false if nobody is there any more.
type Resume = Box<dyn FnOnce() -> bool + Send>;

/// Lets so many through at once and calls the others back in order.
struct Gate {
    permits: Arc<Semaphore>,
    waiting: Mutex<VecDeque<Resume>>,
}

/// Leave to talk to a server, until it is dropped.
#[derive(Debug)]
pub(super) struct Pass {
    permit: Option<OwnedSemaphorePermit>,
    gate: Arc<Gate>,
}

impl Gate {
    fn new(at_once: usize) -> Self {
        Self { permits: Arc::new(Semaphore::new(at_once)), waiting: Mutex::default() }
    }

    fn enter(self: &Arc<Self>, resume: Resume) -> Option<Pass> {
        // Under the lock, so that nobody queues up behind the last one to leave.
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let Ok(permit) = Arc::clone(&self.permits).try_acquire_owned() else {
            waiting.push_back(resume);
            return None;
        };
        Some(Pass { permit: Some(permit), gate: Arc::clone(self) })
    }
}

impl Gate {
    /// Whoever is called back takes a place or passes the call on, so that
    /// nobody waits while there is room.
    fn pass_on(&self) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        while self.permits.available_permits() > 0
            && let Some(resume) = waiting.pop_front()
        {
            if resume() {
                return;
            }
        }
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        let waiting = self.gate.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        drop(self.permit.take());
        drop(waiting);
        self.gate.pass_on();
    }
}

impl std::fmt::Debug for Gate {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Gate")
            .field("free", &self.permits.available_permits())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_finds_the_gate_full_is_called_when_somebody_leaves() {
        let gate = Arc::new(Gate::new(1));
        let called = Arc::new(AtomicBool::new(false));
        let resume = {
            let called = Arc::clone(&called);
            move || {
                called.store(true, Ordering::Relaxed);
                true
            }
        };
        let first = gate.enter(Box::new(|| true)).unwrap();
        assert!(gate.enter(Box::new(resume)).is_none());
        assert!(!called.load(Ordering::Relaxed));
        drop(first);
        assert!(called.load(Ordering::Relaxed));
        assert!(gate.enter(Box::new(|| true)).is_some());
    }

    #[test]
    fn whoever_is_gone_does_not_keep_the_next_one_waiting() {
        let gate = Arc::new(Gate::new(1));
        let called = Arc::new(AtomicBool::new(false));
        let first = gate.enter(Box::new(|| true)).unwrap();
        assert!(gate.enter(Box::new(|| false)).is_none());
        let resume = {
            let called = Arc::clone(&called);
            move || {
                called.store(true, Ordering::Relaxed);
                true
            }
        };
        assert!(gate.enter(Box::new(resume)).is_none());
        drop(first);
        assert!(called.load(Ordering::Relaxed));
    }

    #[test]
    fn whoever_needs_nothing_after_all_passes_the_call_on() {
        let gate = Arc::new(Gate::new(1));
        let called = Arc::new(Mutex::new(Vec::new()));
        let first = gate.enter(Box::new(|| true)).unwrap();
        for name in ["one", "two"] {
            let called = Arc::clone(&called);
            let resume = move || {
                called.lock().unwrap().push(name);
                true
            };
            assert!(gate.enter(Box::new(resume)).is_none());
        }
        drop(first);
        assert_eq!(*called.lock().unwrap(), ["one"]);
        gate.pass_on();
        assert_eq!(*called.lock().unwrap(), ["one", "two"]);
    }
}
