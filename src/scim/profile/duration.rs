//! Durations in profiles, in Go's syntax.

use std::{borrow::Cow, fmt, str::FromStr, time::Duration};

use jiff::SignedDuration;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

/// No profile has anybody wait for longer.
const LONGEST: Duration = Duration::from_hours(24);

/// A time such as `30s`, `1m` or `1h30m`, at most a day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Pause(pub Duration);

impl fmt::Display for Pause {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let signed = SignedDuration::try_from(self.0).unwrap_or_default();
        let text = format!("{signed:#}").replace(' ', "");
        formatter.write_str(&text)
    }
}

impl FromStr for Pause {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refused = || format!("{text:?} is not a duration such as 30s or 1m30s, of at most 24h");
        let signed: SignedDuration = text.parse().map_err(|_| refused())?;
        let duration = Duration::try_from(signed).map_err(|_| refused())?;
        if duration > LONGEST { Err(refused()) } else { Ok(Self(duration)) }
    }
}

impl<'de> Deserialize<'de> for Pause {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<str>::deserialize(deserializer)?;
        text.parse().map_err(D::Error::custom)
    }
}

impl Serialize for Pause {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl JsonSchema for Pause {
    fn schema_name() -> Cow<'static, str> {
        "Pause".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "maxLength": 32})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_read_back_as_it_was_written() {
        for text in ["0s", "30s", "1m", "1m30s", "24h"] {
            let pause: Pause = text.parse().unwrap();
            assert_eq!(pause.to_string(), text);
        }
    }

    #[test]
    fn what_is_no_time_or_more_than_a_day_is_refused() {
        for text in ["", "soon", "-1s", "25h", "1"] {
            assert!(text.parse::<Pause>().is_err(), "{text:?}");
        }
    }
}
