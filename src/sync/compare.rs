//! When a value on the server says the same as the value in a manifest
//! (RFC 7643 §2.3, §2.4, §2.5).

use std::cmp::Reverse;

use serde_json::{Map, Value};

use crate::scim::{
    path::AttributePath,
    resource::{find, is_absent},
};

/// Whether the server's value at `path` already says what is wanted, where
/// nobody says otherwise than the standard.
pub fn says_the_same(path: &AttributePath, wanted: &Value, observed: Option<&Value>) -> bool {
    says_the_same_in_case(path, wanted, observed, None)
}

/// The same where somebody says whether capital and small letters differ.
pub fn says_the_same_in_case(
    path: &AttributePath,
    wanted: &Value,
    observed: Option<&Value>,
    case_exact: Option<bool>,
) -> bool {
    match (clears(wanted), observed) {
        (true, None) => true,
        (true, Some(observed)) => clears(observed),
        // A server that leaves `active` out has no other state than active.
        (false, None) => path.is_core("active") && wanted == &Value::Bool(true),
        (false, Some(observed)) => {
            let folds = case_exact.map_or_else(|| path.is_core("userName"), |exact| !exact);
            same_value(wanted, observed) || (folds && same_value(&folded(wanted), &folded(observed)))
        }
    }
}

/// Whether a wanted value means 'nothing there': null, `[]`, `{}` or `""`.
pub fn clears(wanted: &Value) -> bool {
    is_absent(wanted) || wanted.as_str() == Some("")
}

/// The wanted values, each laid over the value on the server that it
/// matches, so that sub-attributes which only the server knows stay.
pub fn laid_over(wanted: &Value, observed: Option<&Value>) -> Value {
    let (Some(values), Some(present)) = (wanted.as_array(), observed.and_then(Value::as_array)) else {
        return wanted.clone();
    };
    let primary_is_wanted = values.iter().any(is_primary);
    let mut free: Vec<&Value> = present.iter().collect();
    let merged = values.iter().map(|value| {
        let matching = free.iter().position(|candidate| same_kind(value, candidate));
        match matching.map(|index| free.swap_remove(index)) {
            Some(known) => merge(value, known, primary_is_wanted),
            None => value.clone(),
        }
    });
    Value::Array(merged.collect())
}

fn same_value(wanted: &Value, observed: &Value) -> bool {
    match (wanted, observed) {
        (Value::Array(wanted), Value::Array(observed)) => same_set(wanted, observed),
        (Value::Object(wanted), Value::Object(observed)) => covers(wanted, observed),
        (Value::Number(wanted), Value::Number(observed)) => wanted.as_f64() == observed.as_f64(),
        _ => wanted == observed,
    }
}

/// The value with all its texts in small letters.
fn folded(value: &Value) -> Value {
    match value {
        Value::String(text) => Value::String(text.to_lowercase()),
        Value::Array(values) => Value::Array(values.iter().map(folded).collect()),
        Value::Object(parts) => {
            Value::Object(parts.iter().map(|(name, part)| (name.clone(), folded(part))).collect())
        }
        value => value.clone(),
    }
}

/// Sets without order: as many values, and each wanted one has its own
/// counterpart. The most specific values choose first.
fn same_set(wanted: &[Value], observed: &[Value]) -> bool {
    if wanted.len() != observed.len() {
        return false;
    }
    let mut by_detail: Vec<&Value> = wanted.iter().collect();
    by_detail.sort_by_key(|value| Reverse(value.as_object().map_or(0, Map::len)));
    let mut free: Vec<&Value> = observed.iter().collect();
    by_detail.into_iter().all(|value| {
        let counterpart = free.iter().position(|candidate| same_value(value, candidate));
        counterpart.map(|index| free.swap_remove(index)).is_some()
    })
}

/// Whether the server's object says all that is wanted; what it says beyond
/// that is its own. `primary: false` is what an absent `primary` means.
fn covers(wanted: &Map<String, Value>, observed: &Map<String, Value>) -> bool {
    wanted.iter().all(|(name, value)| {
        let known = find(observed, name).filter(|known| !is_absent(known));
        match known {
            Some(known) => same_value(value, known),
            None => clears(value) || (name.eq_ignore_ascii_case("primary") && value == &Value::Bool(false)),
        }
    })
}

/// Values are the same thing if `value` and `type` agree (RFC 7643 §2.4);
/// addresses have only the `type`.
fn same_kind(wanted: &Value, observed: &Value) -> bool {
    let (Some(wanted), Some(observed)) = (wanted.as_object(), observed.as_object()) else {
        return wanted == observed;
    };
    let agree = |name: &str| match (find(wanted, name), find(observed, name)) {
        (Some(wanted), Some(observed)) => wanted == observed,
        (None, _) => true,
        (Some(_), None) => false,
    };
    let named = find(wanted, "value").or_else(|| find(wanted, "type")).is_some();
    named && agree("value") && agree("type")
}

fn merge(wanted: &Value, known: &Value, primary_is_wanted: bool) -> Value {
    let (Some(wanted_parts), Some(known)) = (wanted.as_object(), known.as_object()) else {
        return wanted.clone();
    };
    let mut merged = Map::new();
    for (name, value) in known {
        let superseded = find(wanted_parts, name).is_some();
        let second_primary = primary_is_wanted && name.eq_ignore_ascii_case("primary");
        if !superseded && !second_primary {
            merged.insert(name.clone(), value.clone());
        }
    }
    merged.extend(wanted_parts.clone());
    Value::Object(merged)
}

fn is_primary(value: &Value) -> bool {
    value.as_object().and_then(|value| find(value, "primary")) == Some(&Value::Bool(true))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn same(wanted: &Value, observed: Option<&Value>) -> bool {
        says_the_same(&AttributePath::core("emails"), wanted, observed)
    }

    #[test]
    fn the_order_of_values_means_nothing() {
        assert!(same(
            &json!([{"value": "a"}, {"value": "b"}]),
            Some(&json!([{"value": "b"}, {"value": "a"}]))
        ));
    }

    #[test]
    fn a_value_too_many_differs() {
        assert!(!same(&json!([{"value": "a"}]), Some(&json!([{"value": "a"}, {"value": "b"}]))));
        assert!(!same(
            &json!([{"value": "a"}, {"value": "a"}]),
            Some(&json!([{"value": "a"}, {"value": "b"}]))
        ));
    }

    #[test]
    fn what_the_server_adds_to_a_value_is_its_own() {
        assert!(same(
            &json!([{"value": "a"}]),
            Some(&json!([{"value": "a", "display": "A", "type": "work"}]))
        ));
    }

    #[test]
    fn primary_false_is_the_same_as_no_primary() {
        assert!(same(&json!([{"value": "a", "primary": false}]), Some(&json!([{"value": "a"}]))));
        assert!(!same(&json!([{"value": "a", "primary": true}]), Some(&json!([{"value": "a"}]))));
    }

    #[test]
    fn the_specific_value_finds_its_counterpart_before_the_vague_one() {
        let wanted = json!([{"value": "a"}, {"value": "a", "type": "work"}]);
        assert!(same(
            &wanted,
            Some(&json!([{"value": "a", "type": "work"}, {"value": "a", "type": "home"}]))
        ));
    }

    #[test]
    fn clearing_is_done_when_nothing_is_there() {
        for nothing in [json!(null), json!([]), json!("")] {
            assert!(same(&nothing, None));
            assert!(!same(&nothing, Some(&json!([{"value": "a"}]))));
        }
    }

    #[test]
    fn an_absent_active_counts_as_true() {
        let active = AttributePath::core("active");
        assert!(says_the_same(&active, &json!(true), None));
        assert!(!says_the_same(&active, &json!(false), None));
    }

    #[test]
    fn user_names_are_the_same_in_any_case() {
        let user_name = AttributePath::core("userName");
        assert!(says_the_same(&user_name, &json!("Alice"), Some(&json!("alice"))));
        assert!(!says_the_same(&AttributePath::core("title"), &json!("Boss"), Some(&json!("boss"))));
    }

    #[test]
    fn whether_case_matters_can_be_said() {
        let same = |path, wanted, observed, exact| {
            says_the_same_in_case(&AttributePath::core(path), &wanted, Some(&observed), exact)
        };
        assert!(!same("userName", json!("Alice"), json!("alice"), Some(true)));
        assert!(same("title", json!("Boss"), json!("boss"), Some(false)));
        let (wanted, observed) = (json!([{"value": "A@Example.com"}]), json!([{"value": "a@example.com"}]));
        assert!(same("emails", wanted.clone(), observed.clone(), Some(false)));
        assert!(!same("emails", wanted, observed, None));
    }

    #[test]
    fn a_new_primary_takes_the_flag_from_the_old_one() {
        let wanted = json!([{"value": "a"}, {"value": "b", "primary": true}]);
        let observed = json!([{"value": "a", "primary": true, "display": "A"}]);
        assert_eq!(
            laid_over(&wanted, Some(&observed)),
            json!([{"value": "a", "display": "A"}, {"value": "b", "primary": true}])
        );
    }
}
