//! Spreads the requests of one limit evenly.

use std::time::Duration;

use super::Rate;

/// The share of a limit that may leave at once after a rest; the others leave
/// one by one.
const BURST: u32 = 10;

/// A token bucket: a tenth of the limit at once, the others in equal steps.
/// Both together are the limit.
#[derive(Clone, Debug)]
pub(super) struct Bucket {
    /// How long a token takes to come back.
    step: Duration,
    /// How far the tokens of a full bucket reach.
    reach: Duration,
    /// When the bucket is full again.
    full: Duration,
}

impl Bucket {
    /// A full bucket.
    pub(super) fn new(rate: Rate) -> Self {
        let requests = rate.requests.max(1);
        let burst = requests.div_ceil(BURST);
        // In a window as long as this many steps, a full bucket gives its
        // burst and one more for each further step that begins.
        let steps = requests - burst + 1;
        let step = rate.per / steps;
        Self { step, reach: step.saturating_mul(burst - 1), full: Duration::ZERO }
    }

    /// How long until there is a token, if nobody takes one before.
    pub(super) fn wait(&self, now: Duration) -> Duration {
        self.full.saturating_sub(self.reach).saturating_sub(now)
    }

    /// How long until somebody behind so many others gets a token.
    pub(super) fn wait_behind(&self, others: u32, now: Duration) -> Duration {
        let full = self.full.max(now).saturating_add(self.step.saturating_mul(others));
        full.saturating_sub(self.reach).saturating_sub(now)
    }

    /// Takes a token. Whoever takes one that is not there yet makes the
    /// others wait longer.
    pub(super) fn take(&mut self, now: Duration) {
        self.full = self.full.max(now).saturating_add(self.step);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_mins(1);

    #[test]
    fn a_rested_bucket_gives_a_tenth_at_once_and_the_others_evenly() {
        let mut bucket = Bucket::new(Rate { requests: 600, per: MINUTE });
        let mut now = Duration::ZERO;
        let mut departures = Vec::new();
        for _ in 0..600 {
            now += bucket.wait(now);
            bucket.take(now);
            departures.push(now);
        }
        assert_eq!(departures[..60], [Duration::ZERO; 60]);
        let is_even = |two: &[Duration]| two[1] == two[0] + MINUTE / 541;
        assert!(departures[59..].windows(2).all(is_even), "{departures:?}");
    }

    #[test]
    fn whoever_is_last_waits_for_all_before() {
        let mut bucket = Bucket::new(Rate { requests: 1, per: MINUTE });
        assert_eq!(bucket.wait_behind(0, Duration::ZERO), Duration::ZERO);
        bucket.take(Duration::ZERO);
        let one = bucket.wait(Duration::ZERO);
        assert_eq!(bucket.wait_behind(0, Duration::ZERO), one);
        assert_eq!(bucket.wait_behind(2, Duration::ZERO), 3 * one);
    }

    #[test]
    fn absurd_limits_are_kept_too() {
        for rate in [
            Rate { requests: u32::MAX, per: Duration::from_nanos(1) },
            Rate { requests: 1, per: Duration::MAX },
            Rate { requests: 5, per: Duration::ZERO },
        ] {
            let mut bucket = Bucket::new(rate);
            for _ in 0..3 {
                bucket.take(MINUTE);
            }
            assert!(bucket.wait(MINUTE) <= bucket.wait_behind(1, MINUTE));
        }
    }
}
