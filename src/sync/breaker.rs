//! When a server is left alone, and when it is talked to again. Time comes in
//! from outside, as what has passed since some fixed beginning.

use std::time::Duration;

use super::backoff;

/// Failures in a row after which nobody asks any more before a probe has.
pub const MOST_FAILURES: u32 = 5;

/// Answers in a row after which a server that had failed is trusted again.
pub const ENOUGH_ANSWERS: u32 = 8;

/// A server that went on for so long was not just tried.
const TRIAL: Duration = Duration::from_mins(5);

/// Whether requests may go to a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// They may.
    Closed {
        /// How many failed in a row.
        failures: u32,
    },
    /// Only a probe may, and not before this time.
    Open {
        /// When to probe.
        probe: Duration,
    },
    /// A probe got an answer: a few may, and then more.
    HalfOpen {
        /// Since when.
        since: Duration,
        /// How many were answered.
        answers: u32,
    },
}

/// What a failure means for the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It may be down: a probe should tell, and the others go on.
    Doubt,
    /// It is left alone from now on.
    Opened,
    /// It is left alone already.
    Known,
}

/// The circuit breaker of one server.
#[derive(Clone, Debug)]
pub struct Breaker {
    state: State,
    /// How often in a row it was tried in vain.
    trips: u32,
    /// Since when it is not trusted.
    since: Option<Duration>,
    /// How often it was opened at all.
    era: u32,
}

impl Default for Breaker {
    /// For a server that was not tried yet.
    fn default() -> Self {
        Self { state: State::Closed { failures: 0 }, trips: 0, since: None, era: 0 }
    }
}

impl Breaker {
    /// Whether requests may go out.
    pub fn state(&self) -> State {
        self.state
    }

    /// A number that is another one after each opening: what began in an
    /// earlier era may come to its end long after the server was mended, and
    /// says nothing about it.
    pub fn era(&self) -> u32 {
        self.era
    }

    /// Whether only a probe may go out.
    pub fn is_open(&self) -> bool {
        matches!(self.state, State::Open { .. })
    }

    /// Since when the server is tried in vain.
    pub fn since(&self) -> Option<Duration> {
        self.since
    }

    /// How long until the next probe.
    pub fn rest(&self, now: Duration) -> Duration {
        match self.state {
            State::Open { probe } => probe.saturating_sub(now),
            State::Closed { .. } | State::HalfOpen { .. } => Duration::ZERO,
        }
    }

    /// A request got an answer, be it a refusal. One that was under way when
    /// the circuit opened closes nothing.
    pub fn answered(&mut self) {
        match &mut self.state {
            State::Closed { failures } => *failures = 0,
            State::Open { .. } => {}
            State::HalfOpen { answers, .. } => {
                *answers += 1;
                if *answers >= ENOUGH_ANSWERS {
                    self.close();
                }
            }
        }
    }

    /// A request failed as every other would. The first probe is due at once;
    /// the next ones further and further apart. `jitter` lies in 0..1.
    pub fn failed(&mut self, now: Duration, jitter: f64) -> Verdict {
        match &mut self.state {
            State::Closed { failures } => {
                *failures += 1;
                if *failures < MOST_FAILURES {
                    return Verdict::Doubt;
                }
                self.open(now, now);
                Verdict::Opened
            }
            State::Open { .. } => Verdict::Known,
            State::HalfOpen { since, .. } => {
                if now.saturating_sub(*since) > TRIAL {
                    self.trips = 0;
                }
                self.trip(now, jitter);
                Verdict::Opened
            }
        }
    }

    /// The probe got the answer that it wanted. It proves nothing new about a
    /// server that nobody had given up.
    pub fn probe_succeeded(&mut self, now: Duration) {
        match self.state {
            State::Closed { .. } => self.close(),
            State::Open { .. } => self.state = State::HalfOpen { since: now, answers: 0 },
            State::HalfOpen { .. } => {}
        }
    }

    /// The probe failed.
    pub fn probe_failed(&mut self, now: Duration, jitter: f64) {
        self.trip(now, jitter);
    }

    fn trip(&mut self, now: Duration, jitter: f64) {
        self.trips = self.trips.saturating_add(1);
        self.open(now, now.saturating_add(backoff::probe(self.trips, jitter)));
    }

    fn close(&mut self) {
        *self = Self { era: self.era, ..Self::default() };
    }

    fn open(&mut self, now: Duration, probe: Duration) {
        self.since.get_or_insert(now);
        self.state = State::Open { probe };
        self.era = self.era.wrapping_add(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Duration = Duration::from_secs(100);

    fn opened() -> Breaker {
        let mut breaker = Breaker::default();
        let verdicts: Vec<_> = (0..MOST_FAILURES).map(|_| breaker.failed(START, 1.0)).collect();
        assert_eq!(verdicts, [[Verdict::Doubt; 4].as_slice(), &[Verdict::Opened]].concat());
        breaker
    }

    fn half_open() -> Breaker {
        let mut breaker = opened();
        breaker.probe_succeeded(START);
        breaker
    }

    #[test]
    fn failures_in_a_row_open_it_and_a_probe_is_due_at_once() {
        let breaker = opened();
        assert!(breaker.is_open());
        assert_eq!(breaker.rest(START), Duration::ZERO);
        assert_eq!(breaker.since(), Some(START));
    }

    #[test]
    fn an_answer_in_between_keeps_it_closed() {
        let mut breaker = Breaker::default();
        for _ in 0..3 * MOST_FAILURES {
            assert_eq!(breaker.failed(START, 1.0), Verdict::Doubt);
            breaker.answered();
        }
        assert_eq!(breaker.state(), State::Closed { failures: 0 });
        assert_eq!(breaker.since(), None);
    }

    #[test]
    fn one_failed_probe_opens_it() {
        let mut breaker = Breaker::default();
        breaker.probe_failed(START, 1.0);
        assert_eq!(breaker.state(), State::Open { probe: START + Duration::from_secs(1) });
    }

    #[test]
    fn a_probe_that_succeeds_while_it_is_closed_ends_the_doubt() {
        let mut breaker = Breaker::default();
        breaker.failed(START, 1.0);
        breaker.probe_succeeded(START);
        assert_eq!(breaker.state(), State::Closed { failures: 0 });
    }

    #[test]
    fn while_it_is_open_only_a_probe_counts() {
        let mut breaker = opened();
        breaker.answered();
        assert_eq!(breaker.failed(START, 1.0), Verdict::Known);
        assert_eq!(breaker.state(), State::Open { probe: START });
    }

    #[test]
    fn probes_come_further_and_further_apart_up_to_a_minute() {
        let mut breaker = opened();
        let mut waits = Vec::new();
        for _ in 0..8 {
            breaker.probe_failed(START, 1.0);
            waits.push(breaker.rest(START).as_secs());
        }
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 60, 60]);
        assert_eq!(breaker.since(), Some(START), "the first failure counts");
    }

    #[test]
    fn answers_in_a_row_close_it() {
        let mut breaker = half_open();
        for answers in 1..ENOUGH_ANSWERS {
            breaker.answered();
            assert_eq!(breaker.state(), State::HalfOpen { since: START, answers });
        }
        breaker.answered();
        assert_eq!(breaker.state(), State::Closed { failures: 0 });
        assert_eq!(breaker.since(), None);
    }

    #[test]
    fn one_failure_while_it_is_tried_opens_it_for_longer_each_time() {
        let mut breaker = half_open();
        assert_eq!(breaker.failed(START, 1.0), Verdict::Opened);
        assert_eq!(breaker.rest(START), Duration::from_secs(1));
        breaker.probe_succeeded(START);
        assert_eq!(breaker.failed(START, 1.0), Verdict::Opened);
        assert_eq!(breaker.rest(START), Duration::from_secs(2));
    }

    #[test]
    fn after_a_long_trial_a_failure_is_the_first_one_again() {
        let mut breaker = half_open();
        for _ in 0..5 {
            breaker.failed(START, 1.0);
            breaker.probe_succeeded(START);
        }
        let later = START + TRIAL + Duration::from_secs(1);
        breaker.failed(later, 1.0);
        assert_eq!(breaker.rest(later), Duration::from_secs(1));
    }

    #[test]
    fn a_probe_in_the_middle_of_a_trial_does_not_begin_it_anew() {
        let mut breaker = half_open();
        breaker.answered();
        breaker.probe_succeeded(START + Duration::from_secs(9));
        assert_eq!(breaker.state(), State::HalfOpen { since: START, answers: 1 });
    }
}
