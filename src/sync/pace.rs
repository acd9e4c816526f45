//! How fast requests may leave for one server. Time comes in from outside, as
//! what has passed since some fixed beginning.

use std::time::Duration;

use super::backoff;
use crate::api::{
    RateLimit,
    duration::{DurationError, parse_go_duration},
};

/// How many requests are under way at most, where the provider does not say.
pub const AT_ONCE: usize = 16;

/// The window of a limit, where the provider does not say.
const PERIOD: Duration = Duration::from_mins(1);

/// The share of a limit that may leave at once after a rest; the others leave
/// one by one.
const BURST: u32 = 10;

/// Requests that leave evenly do not arrive so. This much of the time is kept
/// back, in percent, so that the server does not count one too many.
const MARGIN: u32 = 5;

/// No server has anybody wait for longer than this.
const LONGEST_HOLD: Duration = Duration::from_mins(15);

/// Who is asked to wait for no time at all waits for this long.
const SHORTEST_HOLD: Duration = Duration::from_secs(1);

/// A wait that grows by less than this is the same wait to whoever was told.
const SLACK: Duration = Duration::from_secs(5);

/// No more requests than these within any time as long as that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// The most requests. None at all counts as one.
    pub requests: u32,
    /// The length of the window.
    pub per: Duration,
}

/// What one server takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Every request counts; `None` for no limit.
    pub requests: Option<Rate>,
    /// Requests that change something, which count above, too.
    pub writes: Option<Rate>,
    /// How many are under way at the same time.
    pub at_once: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { requests: None, writes: None, at_once: AT_ONCE }
    }
}

/// A limit that cannot be meant.
#[derive(Debug, thiserror::Error)]
#[error("spec.rateLimit.{field}: {error}")]
pub struct InvalidLimit {
    field: &'static str,
    error: DurationError,
}

impl Limits {
    /// The limits that a provider names. Numbers that the API server lets
    /// nobody write count as the next that it does.
    pub fn of(spec: Option<&RateLimit>) -> Result<Self, InvalidLimit> {
        let Some(spec) = spec else { return Ok(Self::default()) };
        let requests = spec.requests.map(|requests| rate(requests, spec.per.as_deref(), "per"));
        let writes =
            spec.writes.as_ref().map(|writes| rate(writes.requests, writes.per.as_deref(), "writes.per"));
        let at_once = spec.max_concurrent.map(|most| usize::try_from(most).unwrap_or_default().max(1));
        Ok(Self {
            requests: requests.transpose()?,
            writes: writes.transpose()?,
            at_once: at_once.unwrap_or(AT_ONCE),
        })
    }
}

fn rate(requests: i32, per: Option<&str>, field: &'static str) -> Result<Rate, InvalidLimit> {
    let per = per.map(parse_go_duration).transpose().map_err(|error| InvalidLimit { field, error })?;
    Ok(Rate { requests: u32::try_from(requests).unwrap_or_default().max(1), per: per.unwrap_or(PERIOD) })
}

/// A token bucket: a tenth of the limit at once, the others in equal steps.
/// Both together never exceed the limit, in any window, wherever it begins.
#[derive(Clone, Debug)]
pub struct Bucket {
    /// How long a token takes to come back.
    step: Duration,
    /// How far the tokens of a full bucket reach.
    reach: Duration,
    /// When the bucket is full again.
    full: Duration,
}

impl Bucket {
    /// A full bucket.
    pub fn new(rate: Rate) -> Self {
        let requests = rate.requests.max(1);
        let burst = requests.div_ceil(BURST);
        // In a window as long as this many steps, a full bucket gives its
        // burst and one more for each further step that begins.
        let steps = requests - burst + 1;
        let step = rate.per.saturating_mul(100 + MARGIN) / 100 / steps;
        Self { step, reach: step.saturating_mul(burst - 1), full: Duration::ZERO }
    }

    /// How long until there is a token, if nobody takes one before.
    pub fn wait(&self, now: Duration) -> Duration {
        self.full.saturating_sub(self.reach).saturating_sub(now)
    }

    /// How long until somebody behind so many others gets a token.
    pub fn wait_behind(&self, others: usize, now: Duration) -> Duration {
        let others = u32::try_from(others).unwrap_or(u32::MAX);
        let full = self.full.max(now).saturating_add(self.step.saturating_mul(others));
        full.saturating_sub(self.reach).saturating_sub(now)
    }

    /// Takes a token. Whoever takes one that is not there yet makes the
    /// others wait longer.
    pub fn take(&mut self, now: Duration) {
        self.full = self.full.max(now).saturating_add(self.step);
    }
}

/// A server's wish to be left in peace for a while (RFC 6585 §4, RFC 9110
/// §10.2.3), which goes for everybody who talks to it.
#[derive(Clone, Debug, Default)]
pub struct Hold {
    until: Duration,
    told: Duration,
    in_a_row: u32,
}

impl Hold {
    /// The server refused a request as one too many, and perhaps said how
    /// long to wait; else each wait is twice the one before. Says whether
    /// that is news: of many requests that were under way together, all but
    /// the first bring none. `jitter` lies in 0..1.
    pub fn refused(&mut self, now: Duration, asked: Option<Duration>, jitter: f64) -> bool {
        let begins = self.left(now).is_zero();
        if begins {
            self.in_a_row = self.in_a_row.saturating_add(1);
        }
        let pause = asked.unwrap_or_else(|| backoff::delay(self.in_a_row, jitter));
        let until = now.saturating_add(pause.clamp(SHORTEST_HOLD, LONGEST_HOLD));
        self.until = self.until.max(until);
        let is_news = begins || self.until > self.told.saturating_add(SLACK);
        if is_news {
            self.told = self.until;
        }
        is_news
    }

    /// A request was answered.
    pub fn answered(&mut self) {
        self.in_a_row = 0;
    }

    /// How long it still holds.
    pub fn left(&self, now: Duration) -> Duration {
        self.until.saturating_sub(now)
    }

    /// Until about when it holds: what people were told.
    pub fn told(&self) -> Duration {
        self.told
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::api;

    const MINUTE: Duration = Duration::from_mins(1);

    /// When each of many requests leaves, of which each is wanted so long
    /// after the one before had left.
    fn departures(bucket: &mut Bucket, pauses: impl IntoIterator<Item = Duration>) -> Vec<Duration> {
        let mut now = Duration::ZERO;
        let leave = |pause: Duration| {
            now += pause;
            now += bucket.wait(now);
            bucket.take(now);
            now
        };
        pauses.into_iter().map(leave).collect()
    }

    fn most_in_a_window(departures: &[Duration], window: Duration) -> usize {
        let within =
            |from: &Duration| departures.iter().filter(|at| *at >= from && **at < *from + window).count();
        departures.iter().map(within).max().unwrap_or_default()
    }

    #[test]
    fn a_provider_that_names_no_limits_has_none() {
        for spec in [None, Some(RateLimit::default())] {
            let limits = Limits::of(spec.as_ref()).unwrap();
            assert_eq!(limits, Limits { requests: None, writes: None, at_once: 16 });
        }
    }

    #[test]
    fn limits_are_what_the_provider_names() {
        let rate = |requests, per: Option<&str>| api::Rate { requests, per: per.map(str::to_owned) };
        let spec = RateLimit {
            requests: Some(600),
            per: None,
            writes: Some(rate(5, Some("1s"))),
            max_concurrent: Some(4),
        };
        let limits = Limits {
            requests: Some(Rate { requests: 600, per: MINUTE }),
            writes: Some(Rate { requests: 5, per: Duration::from_secs(1) }),
            at_once: 4,
        };
        assert_eq!(Limits::of(Some(&spec)).unwrap(), limits);

        let spec = RateLimit { writes: Some(rate(5, Some("soon"))), ..RateLimit::default() };
        let refused = Limits::of(Some(&spec)).unwrap_err().to_string();
        assert!(refused.starts_with("spec.rateLimit.writes.per: "), "{refused}");
    }

    #[test]
    fn a_rested_bucket_gives_a_tenth_at_once() {
        let mut bucket = Bucket::new(Rate { requests: 600, per: MINUTE });
        let departures = departures(&mut bucket, [Duration::ZERO; 61]);
        assert_eq!(departures[..60], [Duration::ZERO; 60]);
        assert!(departures[60] > Duration::ZERO);
    }

    #[test]
    fn a_limit_of_one_is_kept() {
        for requests in [0, 1] {
            let mut bucket = Bucket::new(Rate { requests, per: MINUTE });
            let departures = departures(&mut bucket, [Duration::ZERO; 3]);
            assert_eq!(departures[0], Duration::ZERO);
            assert!(departures[1] >= MINUTE && departures[2] >= 2 * MINUTE);
        }
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

    #[test]
    fn the_server_says_how_long_to_wait() {
        let mut hold = Hold::default();
        assert!(hold.refused(MINUTE, Some(Duration::from_secs(30)), 1.0));
        assert_eq!(hold.left(MINUTE), Duration::from_secs(30));
        assert_eq!(hold.left(MINUTE + Duration::from_secs(30)), Duration::ZERO);
    }

    #[test]
    fn nobody_waits_for_a_day_or_not_at_all() {
        for (asked, left) in [(Duration::MAX, LONGEST_HOLD), (Duration::ZERO, SHORTEST_HOLD)] {
            let mut hold = Hold::default();
            hold.refused(MINUTE, Some(asked), 1.0);
            assert_eq!(hold.left(MINUTE), left);
        }
    }

    #[test]
    fn a_server_that_names_no_time_is_given_more_each_time() {
        let mut hold = Hold::default();
        let mut now = MINUTE;
        for seconds in [1, 2, 4] {
            assert!(hold.refused(now, None, 1.0));
            assert!(!hold.refused(now, None, 1.0), "one that was under way");
            assert_eq!(hold.left(now), Duration::from_secs(seconds));
            now += hold.left(now);
        }
        hold.answered();
        hold.refused(now, None, 1.0);
        assert_eq!(hold.left(now), Duration::from_secs(1));
    }

    #[test]
    fn only_a_wait_that_becomes_much_longer_is_news() {
        let mut hold = Hold::default();
        let second = Duration::from_secs(1);
        assert!(hold.refused(MINUTE, Some(10 * second), 1.0));
        let told = hold.told();
        assert!(!hold.refused(MINUTE + second, Some(10 * second), 1.0));
        assert_eq!((hold.told(), hold.left(MINUTE)), (told, 11 * second));
        assert!(hold.refused(MINUTE + second, Some(60 * second), 1.0));
        assert_eq!(hold.told(), MINUTE + 61 * second);
    }

    proptest! {
        #[test]
        fn no_window_has_more_than_the_limit(
            requests in 1_u32..60,
            per in 1_u64..20_000,
            pauses in prop::collection::vec(prop_oneof![4 => Just(0), 1 => 0_u64..30_000], 1..200),
        ) {
            let per = Duration::from_millis(per);
            let mut bucket = Bucket::new(Rate { requests, per });
            let departures = departures(&mut bucket, pauses.into_iter().map(Duration::from_millis));
            prop_assert!(most_in_a_window(&departures, per) <= requests as usize);
        }

        #[test]
        fn who_always_has_something_to_send_gets_most_of_the_limit(requests in 1_u32..500) {
            let mut bucket = Bucket::new(Rate { requests, per: MINUTE });
            let windows = 5;
            let many = (requests * windows) as usize;
            let took = *departures(&mut bucket, vec![Duration::ZERO; many]).last().unwrap();
            prop_assert!(took <= MINUTE * windows * 12 / 10, "{took:?} for {windows} minutes' worth");
        }
    }
}
