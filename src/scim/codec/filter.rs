//! Filters in a server's dialect (RFC 7644 §3.4.2.2).

use std::fmt::Write as _;

use serde_json::Value;

use super::read::shown_elsewhere;
use crate::scim::{
    filter::Filter,
    path::AttributePath,
    profile::{FilterDialect, FilterOperator, KindRules, Quoting},
};

/// Why a filter cannot be sent to this server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unsendable {
    /// It has no filters.
    #[error("the server's profile says that it has no filters")]
    Unsupported,
    /// It filters by other attributes.
    #[error("the server's profile says that it does not filter by this attribute")]
    Attribute,
    /// The text cannot be quoted.
    #[error("the server's profile has no way to write this text in a filter")]
    Text,
    /// It is too long.
    #[error("the filter would be longer than the server's profile allows")]
    TooLong,
}

/// The filter as the server reads it.
pub(super) fn written(rules: &KindRules, filter: &Filter) -> Result<String, Unsendable> {
    let dialect = &rules.filter;
    check_supported(dialect)?;
    let mut elsewhere = shown_elsewhere(rules).filter(|(path, _)| path == filter.path());
    let path = elsewhere.next().map_or_else(|| filter.path().clone(), |(_, shown)| shown);
    check_attribute(dialect, &path)?;
    let operator = dialect.operators.first().ok_or(Unsendable::Unsupported)?;
    short_enough(dialect, comparison(dialect, &path, *operator, filter.value())?)
}

/// `id eq "…" and members eq "…"`, which the profile that reads members so
/// says that the server knows, whatever else it can filter by.
pub(super) fn membership(rules: &KindRules, group: &str, member: &str) -> Result<String, Unsendable> {
    let dialect = &rules.filter;
    let equal = |attribute: &str, value: &str| {
        comparison(dialect, &AttributePath::core(attribute), FilterOperator::Eq, value)
    };
    short_enough(dialect, format!("{} and {}", equal("id", group)?, equal("members", member)?))
}

fn check_supported(dialect: &FilterDialect) -> Result<(), Unsendable> {
    if dialect.supported == Some(false) { Err(Unsendable::Unsupported) } else { Ok(()) }
}

fn check_attribute(dialect: &FilterDialect, path: &AttributePath) -> Result<(), Unsendable> {
    let is_it = |name: &String| AttributePath::parse(name).is_some_and(|known| known == *path);
    let known = dialect.attributes.as_ref().is_none_or(|names| names.iter().any(is_it));
    if known { Ok(()) } else { Err(Unsendable::Attribute) }
}

fn short_enough(dialect: &FilterDialect, filter: String) -> Result<String, Unsendable> {
    let length = u64::try_from(filter.chars().count()).unwrap_or(u64::MAX);
    if dialect.max_length.is_some_and(|most| length > u64::from(most)) {
        return Err(Unsendable::TooLong);
    }
    Ok(filter)
}

fn comparison(
    dialect: &FilterDialect,
    path: &AttributePath,
    operator: FilterOperator,
    text: &str,
) -> Result<String, Unsendable> {
    let operator = match operator {
        FilterOperator::Eq => "eq",
        FilterOperator::Co => "co",
        FilterOperator::Sw => "sw",
    };
    let mut comparison = format!("{path} {operator} ");
    let written = match dialect.quoting {
        // The RFC's string literal is JSON's, so JSON's writer does the escaping.
        Quoting::Double if dialect.escapes || is_plain(text, '"') => {
            write!(comparison, "{}", Value::from(text))
        }
        // No RFC says what an escape looks like here, so there is none.
        Quoting::Single if is_plain(text, '\'') => write!(comparison, "'{text}'"),
        Quoting::None if is_word(text) => write!(comparison, "{text}"),
        Quoting::Double | Quoting::Single | Quoting::None => return Err(Unsendable::Text),
    };
    written.map(|()| comparison).map_err(|_| Unsendable::Text)
}

/// Whether a text is the same within these quotes as it is.
fn is_plain(text: &str, quote: char) -> bool {
    !text.chars().any(|letter| letter == quote || letter == '\\' || letter.is_control())
}

/// Whether a text ends where it ends, and is no operator, without quotes.
fn is_word(text: &str) -> bool {
    let legal = |letter: char| letter.is_alphanumeric() || "-._@+".contains(letter);
    !text.is_empty() && text.chars().all(legal)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::scim::codec::fixtures::codec;

    fn filter(dialect: &Value, text: &str) -> Result<String, Unsendable> {
        let codec = codec(&json!({"users": {"filter": dialect}}));
        written(&codec.profile().users, &Filter::eq(AttributePath::core("userName"), text))
    }

    #[test]
    fn a_text_is_quoted_as_the_server_reads_it() {
        for (dialect, sent) in [
            (json!({}), r#"userName eq "ada""#),
            (json!({"quoting": "Single"}), "userName eq 'ada'"),
            (json!({"quoting": "None"}), "userName eq ada"),
            (json!({"operators": ["co", "eq"]}), r#"userName co "ada""#),
            (json!({"operators": ["sw"]}), r#"userName sw "ada""#),
        ] {
            assert_eq!(filter(&dialect, "ada").unwrap(), sent);
        }
        assert_eq!(filter(&json!({}), r#"a"b\c"#).unwrap(), r#"userName eq "a\"b\\c""#);
    }

    #[test]
    fn no_text_breaks_out_of_its_quotes() {
        for (dialect, texts) in [
            (json!({"escapes": false}), ["a\"b", "a\\b", "a\nb"]),
            (json!({"quoting": "Single"}), ["a'b", "a\\", "a\0"]),
            (json!({"quoting": "None"}), ["a b", "", "a(b"]),
        ] {
            for text in texts {
                assert_eq!(filter(&dialect, text), Err(Unsendable::Text), "{dialect} {text:?}");
            }
        }
    }

    #[test]
    fn what_the_server_cannot_filter_is_not_sent() {
        assert_eq!(filter(&json!({"supported": false}), "ada"), Err(Unsendable::Unsupported));
        assert_eq!(filter(&json!({"operators": []}), "ada"), Err(Unsendable::Unsupported));
        assert_eq!(filter(&json!({"attributes": ["externalId"]}), "ada"), Err(Unsendable::Attribute));
        assert!(filter(&json!({"attributes": ["username"]}), "ada").is_ok());
        assert!(filter(&json!({"maxLength": 17}), "ada").is_ok());
        assert_eq!(filter(&json!({"maxLength": 16}), "ada"), Err(Unsendable::TooLong));
    }

    #[test]
    fn an_attribute_is_filtered_by_where_the_server_shows_it() {
        let codec = codec(&json!({"users": {"attributes": {"userName": {"shownAs": "externalId"}}}}));
        let filter = Filter::eq(AttributePath::core("USERNAME"), "ada");
        assert_eq!(written(&codec.profile().users, &filter).unwrap(), r#"externalId eq "ada""#);
    }

    #[test]
    fn a_membership_is_asked_for_by_both_ids() {
        let codec = codec(&json!({"groups": {"filter": {"attributes": ["displayName"]}}}));
        assert_eq!(codec.membership("g\"1", "u1").unwrap(), r#"id eq "g\"1" and members eq "u1""#);
    }
}
