//! Single values: ids and booleans.

use serde_json::Value;

use crate::scim::profile::IdType;

/// An id as text; `None` for what is no id.
pub(super) fn id_text(id: &Value) -> Option<String> {
    match id {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// An id as a server has it. What is no number stays a text: whoever reads
/// it can say better what is wrong than silence does.
pub(super) fn id_value(id_type: IdType, id: Value) -> Value {
    let number = |text: &str| text.parse::<i64>().ok().filter(|number| number.to_string() == text);
    match (id_type, &id) {
        (IdType::Integer, Value::String(text)) => number(text).map_or(id, Value::from),
        _ => id,
    }
}

/// What is plainly meant to be a boolean.
pub(super) fn as_boolean(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(boolean) => Some(*boolean),
        Value::String(text) if text.eq_ignore_ascii_case("true") || text == "1" => Some(true),
        Value::String(text) if text.eq_ignore_ascii_case("false") || text == "0" => Some(false),
        Value::Number(number) => match number.as_u64() {
            Some(1) => Some(true),
            Some(0) => Some(false),
            _ => None,
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_id_is_a_number_only_where_it_is_that_very_number() {
        for (id, written) in [
            (json!("17"), json!(17)),
            (json!(17), json!(17)),
            (json!("017"), json!("017")),
            (json!("+1"), json!("+1")),
            (json!("a1"), json!("a1")),
            (json!("99999999999999999999"), json!("99999999999999999999")),
        ] {
            assert_eq!(id_value(IdType::Integer, id), written);
        }
        assert_eq!(id_value(IdType::String, json!("17")), json!("17"));
    }

    #[test]
    fn only_what_is_plainly_a_boolean_is_one() {
        for value in [json!(true), json!("true"), json!("True"), json!("1"), json!(1)] {
            assert_eq!(as_boolean(&value), Some(true), "{value}");
        }
        for value in [json!(false), json!("False"), json!("0"), json!(0)] {
            assert_eq!(as_boolean(&value), Some(false), "{value}");
        }
        for value in [json!(null), json!("yes"), json!(""), json!(2), json!(-1), json!(1.5), json!([true])] {
            assert_eq!(as_boolean(&value), None, "{value}");
        }
    }
}
