//! Durations as Go and so Kubernetes write them: `10m`, `1h30m`, `1.5s`.

use std::time::Duration;

/// Why a text is no duration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DurationError {
    /// It is not a sequence of numbers with units.
    #[error("not a duration: write numbers with units, such as 10m, 90s or 1h30m")]
    Syntax,
    /// It is longer than any machine runs.
    #[error("the duration is too long")]
    TooLong,
}

const UNITS: [(&str, u64); 8] = [
    ("ns", 1),
    ("us", 1_000),
    ("µs", 1_000), // the micro sign, U+00B5
    ("μs", 1_000), // the Greek letter, U+03BC
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60 * 1_000_000_000),
    ("h", 3_600 * 1_000_000_000),
];

/// Reads a duration in the syntax of Go's `time.ParseDuration`. Nothing here
/// can be negative, so signs are refused; Go's bare `0` is taken.
pub fn parse_go_duration(text: &str) -> Result<Duration, DurationError> {
    if text == "0" {
        return Ok(Duration::ZERO);
    }
    if text.is_empty() {
        return Err(DurationError::Syntax);
    }
    let mut total: u64 = 0;
    let mut rest = text;
    while !rest.is_empty() {
        let (nanos, after) = component(rest)?;
        total = total.checked_add(nanos).ok_or(DurationError::TooLong)?;
        rest = after;
    }
    Ok(Duration::from_nanos(total))
}

/// The nanoseconds of the first number with its unit, and what follows.
fn component(text: &str) -> Result<(u64, &str), DurationError> {
    let (whole, rest) = digits(text);
    let (fraction, rest) = rest.strip_prefix('.').map_or(("", rest), digits);
    if whole.is_empty() && fraction.is_empty() {
        return Err(DurationError::Syntax);
    }
    let end = rest.find(|c: char| c == '.' || c.is_ascii_digit()).unwrap_or(rest.len());
    let (unit, rest) = rest.split_at(end);
    let (_, scale) = UNITS.into_iter().find(|(name, _)| *name == unit).ok_or(DurationError::Syntax)?;
    let whole: u64 = if whole.is_empty() { 0 } else { whole.parse().map_err(|_| DurationError::TooLong)? };
    let nanos = whole.checked_mul(scale).ok_or(DurationError::TooLong)?;
    let nanos = nanos.checked_add(fraction_of(fraction, scale)).ok_or(DurationError::TooLong)?;
    Ok((nanos, rest))
}

fn digits(text: &str) -> (&str, &str) {
    text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()))
}

/// The nanoseconds in the digits after the point. What is worth less than a
/// nanosecond counts for nothing, and so do the digits after the eighteenth.
fn fraction_of(digits: &str, scale: u64) -> u64 {
    let mut value: u128 = 0;
    let mut divisor: u128 = 1;
    for digit in digits.bytes().take(18) {
        value = value * 10 + u128::from(digit - b'0');
        divisor *= 10;
    }
    // Below `scale`, because the value is below the divisor.
    u64::try_from(value * u128::from(scale) / divisor).unwrap_or(scale)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn nanos(text: &str) -> Result<u128, DurationError> {
        parse_go_duration(text).map(|duration| duration.as_nanos())
    }

    #[test]
    fn units_add_up() {
        assert_eq!(parse_go_duration("10m"), Ok(Duration::from_mins(10)));
        assert_eq!(parse_go_duration("1h30m"), Ok(Duration::from_mins(90)));
        assert_eq!(nanos("1s1ms1us1µs1μs1ns"), Ok(1_001_003_001));
        assert_eq!(nanos("0"), Ok(0));
    }

    #[test]
    fn fractions_count_in_their_unit() {
        assert_eq!(nanos("1.5s"), Ok(1_500_000_000));
        assert_eq!(nanos(".5m"), Ok(30_000_000_000));
        assert_eq!(nanos("1.s"), Ok(1_000_000_000));
        assert_eq!(nanos("0.9ns"), Ok(0));
        assert_eq!(nanos("0.3333333333333333333333h"), Ok(1_199_999_999_999));
    }

    #[test]
    fn what_is_no_duration_is_refused() {
        for text in ["", "10", "m", ".s", "10 m", "10m ", "-1s", "+1s", "1d", "1.2.3s", "1M", "1ss"] {
            assert_eq!(nanos(text), Err(DurationError::Syntax), "{text:?}");
        }
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        for text in ["99999999999999999999h", "9999999999h", "5000000h5000000h"] {
            assert_eq!(nanos(text), Err(DurationError::TooLong), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "[0-9.a-zµ]{0,40}") {
            let _ = parse_go_duration(&text);
        }

        #[test]
        fn written_parts_are_read_back(hours in 0u64..1000, minutes in 0u64..1000, millis in 0u64..100_000) {
            let text = format!("{hours}h{minutes}m{millis}ms");
            let expected = Duration::from_hours(hours) + Duration::from_mins(minutes) + Duration::from_millis(millis);
            prop_assert_eq!(parse_go_duration(&text), Ok(expected));
        }
    }
}
