//! How long to wait before trying again.

use std::time::Duration;

const FIRST: Duration = Duration::from_secs(1);
const SHORTEST_STALL: Duration = Duration::from_secs(30);
const LONGEST: Duration = Duration::from_mins(5);
const LONGEST_WITHOUT_PROBE: Duration = Duration::from_mins(1);

/// The wait before the next try after so many failures in a row: doubled each
/// time from a second to five minutes, and then between half and all of it.
/// `jitter` lies in 0..1 and keeps a thousand objects from coming back at once.
pub fn delay(failures: u32, jitter: f64) -> Duration {
    let doubled = FIRST.saturating_mul(1 << failures.saturating_sub(1).min(16));
    let longest = doubled.min(LONGEST);
    longest.mul_f64(0.5 + 0.5 * jitter.clamp(0.0, 1.0))
}

/// The wait where nothing changes until a person changes something: the
/// manifest is tried at once when it changes, the server only now and then.
pub fn stalled(failures: u32, jitter: f64) -> Duration {
    delay(failures, jitter).max(SHORTEST_STALL)
}

/// The wait before the next probe of a server. Everybody waits for it, so it
/// never takes longer than a minute: no longer than a mended Secret is looked
/// for.
pub fn probe(failures: u32, jitter: f64) -> Duration {
    delay(failures, jitter).min(LONGEST_WITHOUT_PROBE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_five_minutes() {
        assert_eq!(delay(1, 1.0), Duration::from_secs(1));
        assert_eq!(delay(2, 1.0), Duration::from_secs(2));
        assert_eq!(delay(9, 1.0), Duration::from_secs(256));
        assert_eq!(delay(10, 1.0), LONGEST);
        assert_eq!(delay(u32::MAX, 1.0), LONGEST);
    }

    #[test]
    fn jitter_takes_off_half_at_most() {
        assert_eq!(delay(1, 0.0), Duration::from_millis(500));
        assert_eq!(delay(10, 0.0), LONGEST / 2);
    }

    #[test]
    fn a_probe_never_waits_longer_than_a_minute() {
        assert_eq!(probe(1, 1.0), Duration::from_secs(1));
        assert_eq!(probe(u32::MAX, 1.0), LONGEST_WITHOUT_PROBE);
    }
}
