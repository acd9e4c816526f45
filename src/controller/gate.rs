//! Who may talk to a server: so many at once, the others in order. Nobody
//! stands in line with an object in hand: whoever finds no place goes, and is
//! called back.

use std::{
    collections::VecDeque,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::oneshot;

/// Calls somebody back; false if nobody is there any more.
type Resume = Box<dyn FnOnce() -> bool + Send>;

/// Lets so many through at once and calls the others back in order. It begins
/// with one and doubles with each success, so that a server that was down, or
/// asked for a pause, does not meet everybody who waited for it at once.
pub(super) struct Gate {
    most: usize,
    state: Mutex<State>,
}

struct State {
    /// Nobody gets through, whatever the limit is.
    shut: bool,
    limit: usize,
    inside: usize,
    waiting: VecDeque<Resume>,
}

/// Leave to talk to a server, until it is dropped.
#[derive(Debug)]
pub(super) struct Pass {
    gate: Arc<Gate>,
}

impl Gate {
    /// A gate that comes to let so many through.
    pub(super) fn new(most: usize) -> Self {
        let state = State { shut: false, limit: 1, inside: 0, waiting: VecDeque::new() };
        Self { most: most.max(1), state: Mutex::new(state) }
    }

    /// A gate that lets so many through from the beginning.
    pub(super) fn wide(most: usize) -> Self {
        let gate = Self::new(most);
        gate.state().limit = gate.most;
        gate
    }

    /// Asks for leave. Without it, `resume` is called once there is a place.
    pub(super) fn enter(self: &Arc<Self>, resume: impl FnOnce() -> bool + Send + 'static) -> Option<Pass> {
        let mut state = self.state();
        if !state.has_room() {
            state.waiting.push_back(Box::new(resume));
            return None;
        }
        state.inside += 1;
        Some(Pass { gate: Arc::clone(self) })
    }

    /// Waits for a place before everybody else: for whoever needs one now and
    /// then, and never two.
    pub(super) async fn place(self: &Arc<Self>) -> Pass {
        loop {
            let called = {
                let mut state = self.state();
                if state.has_room() {
                    state.inside += 1;
                    return Pass { gate: Arc::clone(self) };
                }
                let (call, called) = oneshot::channel();
                state.waiting.push_front(Box::new(move || call.send(()).is_ok()));
                called
            };
            // An error is a gate that is gone; then nobody waits for it.
            let _ = called.await;
        }
    }

    /// Lines up without asking for leave.
    pub(super) fn park(&self, resume: impl FnOnce() -> bool + Send + 'static) {
        self.state().waiting.push_back(Box::new(resume));
    }

    /// Somebody who was called back had nothing to ask after all: calls the
    /// next one. Whoever is called back takes a place or passes the call on,
    /// so that nobody waits while there is room.
    pub(super) fn pass_on(&self) {
        self.state().call(1);
    }

    /// Lets nobody in until it is reopened.
    pub(super) fn shut(&self) {
        self.state().shut = true;
    }

    /// Lets people in again, as many as before.
    pub(super) fn reopen(&self) {
        let mut state = self.state();
        state.shut = false;
        let room = state.limit.saturating_sub(state.inside);
        state.call(room);
    }

    /// Lets one in at a time, until there is success again.
    pub(super) fn narrow(&self) {
        self.state().limit = 1;
    }

    /// A success: lets twice as many in. While the gate is shut it proves
    /// nothing; it is the end of something that began before.
    pub(super) fn widen(&self) {
        let mut state = self.state();
        if state.shut {
            return;
        }
        let limit = (2 * state.limit).min(self.most);
        let more = limit - state.limit;
        state.limit = limit;
        state.call(more);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn has_room(&self) -> bool {
        !self.shut && self.inside < self.limit
    }

    /// Calls so many back, if there is room for anybody.
    fn call(&mut self, mut many: usize) {
        while many > 0
            && self.has_room()
            && let Some(resume) = self.waiting.pop_front()
        {
            if resume() {
                many -= 1;
            }
        }
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        let mut state = self.gate.state();
        state.inside -= 1;
        state.call(1);
    }
}

impl fmt::Debug for Gate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.state();
        formatter
            .debug_struct("Gate")
            .field("shut", &state.shut)
            .field("limit", &state.limit)
            .field("inside", &state.inside)
            .field("waiting", &state.waiting.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// Who was called, in order.
    #[derive(Clone, Default)]
    struct Calls(Arc<Mutex<Vec<&'static str>>>);

    impl Calls {
        fn of(&self, name: &'static str) -> impl FnOnce() -> bool + Send + 'static {
            let calls = Arc::clone(&self.0);
            move || {
                calls.lock().unwrap().push(name);
                true
            }
        }

        fn so_far(&self) -> Vec<&'static str> {
            self.0.lock().unwrap().clone()
        }
    }

    fn gate(most: usize) -> (Arc<Gate>, Calls) {
        (Arc::new(Gate::new(most)), Calls::default())
    }

    #[test]
    fn whoever_finds_the_gate_full_is_called_when_somebody_leaves() {
        let (gate, calls) = gate(1);
        let first = gate.enter(|| true).unwrap();
        assert!(gate.enter(calls.of("second")).is_none());
        assert!(calls.so_far().is_empty());
        drop(first);
        assert_eq!(calls.so_far(), ["second"]);
        assert!(gate.enter(|| true).is_some());
    }

    #[test]
    fn whoever_is_gone_does_not_keep_the_next_one_waiting() {
        let (gate, calls) = gate(1);
        let first = gate.enter(|| true).unwrap();
        assert!(gate.enter(|| false).is_none());
        assert!(gate.enter(calls.of("third")).is_none());
        drop(first);
        assert_eq!(calls.so_far(), ["third"]);
    }

    #[test]
    fn whoever_needs_nothing_after_all_passes_the_call_on() {
        let (gate, calls) = gate(1);
        let first = gate.enter(|| true).unwrap();
        for name in ["one", "two"] {
            assert!(gate.enter(calls.of(name)).is_none());
        }
        drop(first);
        assert_eq!(calls.so_far(), ["one"]);
        gate.pass_on();
        assert_eq!(calls.so_far(), ["one", "two"]);
    }

    #[test]
    fn it_begins_with_one_and_doubles_with_each_success() {
        let (gate, calls) = gate(5);
        let mut inside = vec![gate.enter(|| true).unwrap()];
        let names = ["a", "b", "c", "d", "e"];
        for name in names {
            assert!(gate.enter(calls.of(name)).is_none());
        }
        // A place that is free calls one; a limit that grows as many as it grew by.
        for called in [1, 3, 4] {
            gate.widen();
            assert_eq!(calls.so_far(), names[..called]);
            while inside.len() < called + 1 {
                inside.push(gate.enter(|| true).unwrap());
            }
            assert!(gate.enter(|| true).is_none());
        }
    }

    #[test]
    fn while_it_is_shut_nobody_enters_and_nobody_is_called() {
        let (gate, calls) = gate(1);
        let first = gate.enter(|| true).unwrap();
        gate.shut();
        assert!(gate.enter(calls.of("second")).is_none());
        gate.park(calls.of("third"));
        drop(first);
        gate.widen();
        gate.pass_on();
        assert!(calls.so_far().is_empty());
        gate.reopen();
        assert_eq!(calls.so_far(), ["second"]);
        let second = gate.enter(|| true).unwrap();
        drop(second);
        assert_eq!(calls.so_far(), ["second", "third"]);
    }

    #[test]
    fn after_it_was_narrowed_those_inside_leave_before_anybody_enters() {
        let (gate, calls) = gate(4);
        gate.widen();
        gate.widen();
        let mut inside: Vec<_> = (0..3).map(|_| gate.enter(|| true).unwrap()).collect();
        gate.narrow();
        assert!(gate.enter(calls.of("next")).is_none());
        inside.truncate(1);
        assert!(calls.so_far().is_empty());
        inside.clear();
        assert_eq!(calls.so_far(), ["next"]);
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_waits_for_a_place_comes_before_those_who_are_called_back() {
        let (gate, calls) = gate(1);
        let first = gate.enter(|| true).unwrap();
        assert!(gate.enter(calls.of("object")).is_none());
        let waiting = tokio::spawn({
            let gate = Arc::clone(&gate);
            async move { gate.place().await }
        });
        tokio::time::sleep(Duration::from_millis(1)).await;
        drop(first);
        let place = waiting.await.unwrap();
        assert!(calls.so_far().is_empty());
        drop(place);
        assert_eq!(calls.so_far(), ["object"]);
    }
}
