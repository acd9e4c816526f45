//! How long a server asks us to wait.

use std::time::Duration;

use http::{HeaderMap, HeaderName, StatusCode, header};
use jiff::{Timestamp, fmt::rfc2822::DateTimeParser};

use super::answer::text;

/// When the limit is lifted, as servers say it beside `Retry-After` or instead.
const RESETS: [HeaderName; 3] = [
    HeaderName::from_static("ratelimit-reset"),
    HeaderName::from_static("x-ratelimit-reset"),
    HeaderName::from_static("x-rate-limit-reset"),
];

/// How many requests are left until then.
const REMAINDERS: [HeaderName; 3] = [
    HeaderName::from_static("ratelimit-remaining"),
    HeaderName::from_static("x-ratelimit-remaining"),
    HeaderName::from_static("x-rate-limit-remaining"),
];

/// Larger numbers are seconds since 1970: nobody waits thirty years.
const FIRST_EPOCH_SECOND: i64 = 1_000_000_000;

/// The time that an answer asks us to wait, by the server's own clock. What
/// cannot be read is none; whoever waits caps it.
pub(super) fn asked(status: StatusCode, headers: &HeaderMap, date: Option<Timestamp>) -> Option<Duration> {
    let named = text(headers, &header::RETRY_AFTER).and_then(|value| retry_after(value, date));
    named.or_else(|| is_limited(status, headers).then(|| reset(headers, date)).flatten())
}

/// Many servers send the state of the limit with every answer: it is why only
/// of a 429, or where nothing is left.
fn is_limited(status: StatusCode, headers: &HeaderMap) -> bool {
    let is_used_up =
        || REMAINDERS.iter().any(|name| text(headers, name).is_some_and(|left| left.trim() == "0"));
    match status {
        StatusCode::TOO_MANY_REQUESTS => true,
        StatusCode::SERVICE_UNAVAILABLE => is_used_up(),
        _ => false,
    }
}

/// `Retry-After` (RFC 9110 §10.2.3). A date is counted from the server's own
/// clock, because only the difference means anything.
fn retry_after(value: &str, date: Option<Timestamp>) -> Option<Duration> {
    let value = value.trim();
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    until(http_date(value)?, date)
}

/// The time until the limit is lifted: seconds from now, or since 1970.
fn reset(headers: &HeaderMap, date: Option<Timestamp>) -> Option<Duration> {
    let value = RESETS.iter().find_map(|name| text(headers, name))?;
    let seconds: i64 = value.trim().parse().ok()?;
    if seconds > FIRST_EPOCH_SECOND {
        return until(Timestamp::from_second(seconds).ok()?, date);
    }
    u64::try_from(seconds).ok().map(Duration::from_secs)
}

/// None is left of a moment that has passed.
fn until(moment: Timestamp, date: Option<Timestamp>) -> Option<Duration> {
    Some(Duration::try_from(moment.duration_since(date?)).unwrap_or_default())
}

/// An IMF-fixdate (RFC 9110 §5.6.7), which has the form of RFC 5322's dates.
pub(super) fn http_date(value: &str) -> Option<Timestamp> {
    DateTimeParser::new().parse_timestamp(value.trim()).ok()
}
