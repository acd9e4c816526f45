//! How a provider's server bears requests: whether it asked to be left in
//! peace, and whether it answers at all. It outlives the sessions, so that a
//! changed Secret does not make anybody forget.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use jiff::{RoundMode, Timestamp, TimestampRound, Unit};
use tokio::time::Instant;

use crate::{
    api::reasons,
    runtime::entropy,
    scim::error::Error,
    sync::{
        breaker::{Breaker, Verdict},
        outcome::{Because, Request, refusal},
        pace::Hold,
    },
};

/// What is known about one server's bearing.
#[derive(Debug)]
pub(super) struct Circuit {
    /// The same moment on the clock that never jumps and on that for people.
    begun: (Instant, Timestamp),
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    breaker: Breaker,
    hold: Hold,
    /// What the last failure was.
    trouble: Option<Because>,
}

impl Circuit {
    /// Nothing is known yet.
    pub(super) fn new(now: Timestamp) -> Self {
        Self { begun: (Instant::now(), now), state: Mutex::default() }
    }

    /// Notes that a request was answered that began in this era.
    pub(super) fn answered(&self, era: u32) {
        let mut state = self.state();
        state.hold.answered();
        if state.breaker.era() == era {
            state.breaker.answered();
        }
    }

    /// Notes that a request failed that began in this era. One that was under
    /// way before the circuit last opened says nothing new.
    pub(super) fn failed(&self, error: &Error, era: u32) -> Verdict {
        let now = self.now();
        let mut state = self.state();
        if state.breaker.era() != era {
            return Verdict::Known;
        }
        state.trouble = Some(refusal(error, Request::Other));
        state.breaker.failed(now, jitter())
    }

    /// Notes that the server refused a request as one too many; true if that
    /// is news.
    pub(super) fn throttled(&self, error: &Error) -> bool {
        let now = self.now();
        self.state().hold.refused(now, error.retry_after, jitter())
    }

    /// Notes that a probe found the server to answer.
    pub(super) fn probe_succeeded(&self) {
        let now = self.now();
        self.state().breaker.probe_succeeded(now);
    }

    /// Notes that a probe failed, or could not even be made.
    pub(super) fn probe_failed(&self) {
        let now = self.now();
        self.state().breaker.probe_failed(now, jitter());
    }

    /// Whether only a probe may go out.
    pub(super) fn is_open(&self) -> bool {
        self.state().breaker.is_open()
    }

    /// The present era, which ends when the circuit opens.
    pub(super) fn era(&self) -> u32 {
        self.state().breaker.era()
    }

    /// How long until the next probe, if one is due at all.
    pub(super) fn rest(&self) -> Option<Duration> {
        let now = self.now();
        let state = self.state();
        state.breaker.is_open().then(|| state.breaker.rest(now))
    }

    /// How long the server is left in peace, as it wished.
    pub(super) fn hold(&self) -> Option<Duration> {
        let now = self.now();
        let left = self.state().hold.left(now);
        (!left.is_zero()).then_some(left)
    }

    /// What to say while the server is left in peace.
    pub(super) fn held(&self) -> Option<Because> {
        self.hold()?;
        let until = self.at(self.state().hold.told(), RoundMode::Ceil);
        let message = format!(
            "the server asks for fewer requests. None is sent until about {until}; then it goes on by itself, \
             slowly at first. If that happens often, set spec.rateLimit to what the server allows."
        );
        Some(Because::new(reasons::THROTTLED, message))
    }

    /// What to say while a server that failed right after its last probe is
    /// left alone.
    pub(super) fn resting(&self) -> Option<Because> {
        self.rest().filter(|rest| !rest.is_zero())?;
        let trouble = self.state().trouble.clone()?;
        Some(self.with_since(trouble))
    }

    /// Adds since when it is tried in vain.
    pub(super) fn with_since(&self, because: Because) -> Because {
        let Some(since) = self.state().breaker.since() else { return because };
        let since = self.at(since, RoundMode::Trunc);
        let note = format!("Tried again and again since {since}, at most a minute apart.");
        let message = format!("{} {note}", because.message);
        Because::quoting(because.reason, message, because.summary)
    }

    fn now(&self) -> Duration {
        self.begun.0.elapsed()
    }

    /// A moment as people write it.
    fn at(&self, moment: Duration, mode: RoundMode) -> Timestamp {
        let at = self.begun.1.checked_add(moment).unwrap_or(Timestamp::MAX);
        at.round(TimestampRound::new().smallest(Unit::Second).mode(mode)).unwrap_or(at)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn jitter() -> f64 {
    entropy::factor(0.0..=1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{scim::error::ErrorKind, sync::breaker::MOST_FAILURES};

    fn circuit() -> Circuit {
        Circuit::new("2026-01-01T00:00:00.25Z".parse().unwrap())
    }

    fn failure() -> Error {
        Error::new(ErrorKind::Timeout, "GET /Users")
    }

    #[tokio::test(start_paused = true)]
    async fn a_hold_tells_people_until_when() {
        let circuit = circuit();
        assert!(circuit.held().is_none());
        let asked = Some(Duration::from_secs(90));
        let throttled = Error { retry_after: asked, ..Error::new(ErrorKind::Throttled, "POST /Users") };
        assert!(circuit.throttled(&throttled));
        let held = circuit.held().unwrap();
        assert_eq!(held.reason, reasons::THROTTLED);
        assert!(held.message.contains("until about 2026-01-01T00:01:31Z;"), "{}", held.message);
        tokio::time::advance(Duration::from_secs(91)).await;
        assert!(circuit.held().is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn a_server_that_rests_says_why_and_since_when() {
        let circuit = circuit();
        for _ in 0..MOST_FAILURES {
            circuit.failed(&failure(), circuit.era());
        }
        assert!(circuit.is_open());
        assert!(circuit.resting().is_none(), "a probe is due");
        tokio::time::advance(Duration::from_secs(3)).await;
        circuit.probe_failed();
        let resting = circuit.resting().unwrap();
        assert_eq!(resting.reason, reasons::UNREACHABLE);
        assert!(resting.message.contains("GET /Users: no answer in time"), "{}", resting.message);
        assert!(resting.message.contains("since 2026-01-01T00:00:00Z,"), "{}", resting.message);
    }

    #[tokio::test(start_paused = true)]
    async fn what_began_before_it_opened_neither_opens_nor_closes_it_again() {
        let circuit = circuit();
        let before = circuit.era();
        for _ in 0..MOST_FAILURES {
            circuit.failed(&failure(), before);
        }
        circuit.probe_succeeded();
        assert_eq!(circuit.failed(&failure(), before), Verdict::Known);
        assert!(!circuit.is_open());
        assert_eq!(circuit.failed(&failure(), circuit.era()), Verdict::Opened);
    }
}
