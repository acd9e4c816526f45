//! How fast requests may leave for one server. Time comes in from outside, as
//! what has passed since some fixed beginning.

use std::time::Duration;

use super::backoff;
use crate::{
    api::{
        RateLimit,
        duration::{DurationError, parse_go_duration},
    },
    scim::profile::{Pause, RateLimits},
};

pub use self::meter::{Meter, Sent};

mod bucket;
mod meter;

/// How many requests are under way at most, where the provider does not say.
pub const AT_ONCE: usize = 16;

/// The window of a limit, where the provider does not say.
const PERIOD: Duration = Duration::from_mins(1);

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
    /// The limits that a provider names, and where it names none, those that
    /// its server is known for. Numbers that the API server lets nobody write
    /// count as the next that it does.
    pub fn of(spec: Option<&RateLimit>, known: &RateLimits) -> Result<Self, InvalidLimit> {
        let named = spec.map(named).transpose()?.unwrap_or_default();
        let known_writes = known.writes.as_ref().map(|writes| known_rate(writes.requests, writes.per));
        let at_once = known.max_concurrent.map(|most| usize::try_from(most).unwrap_or(AT_ONCE).max(1));
        Ok(Self {
            requests: named.requests.or_else(|| known.requests.map(|most| known_rate(most, known.per))),
            writes: named.writes.or(known_writes),
            at_once: named.at_once.or(at_once).unwrap_or(AT_ONCE),
        })
    }
}

/// What a provider names.
#[derive(Default)]
struct Named {
    requests: Option<Rate>,
    writes: Option<Rate>,
    at_once: Option<usize>,
}

fn named(spec: &RateLimit) -> Result<Named, InvalidLimit> {
    let requests = spec.requests.map(|requests| rate(requests, spec.per.as_deref(), "per"));
    let writes =
        spec.writes.as_ref().map(|writes| rate(writes.requests, writes.per.as_deref(), "writes.per"));
    let at_once = spec.max_concurrent.map(|most| usize::try_from(most).unwrap_or_default().max(1));
    Ok(Named { requests: requests.transpose()?, writes: writes.transpose()?, at_once })
}

fn known_rate(requests: u32, per: Option<Pause>) -> Rate {
    Rate { requests: requests.max(1), per: per.map_or(PERIOD, |Pause(per)| per) }
}

fn rate(requests: i32, per: Option<&str>, field: &'static str) -> Result<Rate, InvalidLimit> {
    let per = per.map(parse_go_duration).transpose().map_err(|error| InvalidLimit { field, error })?;
    Ok(Rate { requests: u32::try_from(requests).unwrap_or_default().max(1), per: per.unwrap_or(PERIOD) })
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
    use super::*;
    use crate::{api, scim::profile::WriteLimit};

    const MINUTE: Duration = Duration::from_mins(1);

    #[test]
    fn a_provider_that_names_no_limits_has_none() {
        for spec in [None, Some(RateLimit::default())] {
            let limits = Limits::of(spec.as_ref(), &RateLimits::default()).unwrap();
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
        assert_eq!(Limits::of(Some(&spec), &RateLimits::default()).unwrap(), limits);

        let spec = RateLimit { writes: Some(rate(5, Some("soon"))), ..RateLimit::default() };
        let refused = Limits::of(Some(&spec), &RateLimits::default()).unwrap_err().to_string();
        assert!(refused.starts_with("spec.rateLimit.writes.per: "), "{refused}");
    }

    #[test]
    fn what_the_provider_names_takes_the_place_of_what_its_server_is_known_for() {
        let known = RateLimits {
            requests: Some(10),
            per: Some(Pause(Duration::from_secs(1))),
            writes: Some(WriteLimit { requests: 2, per: None }),
            max_concurrent: Some(3),
        };
        let limits = Limits {
            requests: Some(Rate { requests: 10, per: Duration::from_secs(1) }),
            writes: Some(Rate { requests: 2, per: MINUTE }),
            at_once: 3,
        };
        assert_eq!(Limits::of(None, &known).unwrap(), limits);
        let spec = RateLimit { requests: Some(600), ..RateLimit::default() };
        let faster = Limits { requests: Some(Rate { requests: 600, per: MINUTE }), ..limits };
        assert_eq!(Limits::of(Some(&spec), &known).unwrap(), faster, "the provider's numbers come together");
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
}
