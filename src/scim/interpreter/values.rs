//! Changing the values of one attribute.

use serde_json::{Map, Value};

use super::{PatchFault, Verb, name_schema, target::Target};
use crate::scim::{
    error::ScimType,
    filter::Expression,
    resource::{find, is_absent},
};

/// The multi-valued attributes of RFC 7643. Others are known by having, or
/// getting, an array.
const MULTI_VALUED: [&str; 11] = [
    "schemas",
    "emails",
    "phoneNumbers",
    "ims",
    "photos",
    "addresses",
    "groups",
    "entitlements",
    "roles",
    "x509Certificates",
    "members",
];

/// Changes what the target names within its scope: the resource, or one
/// extension of it.
pub(super) fn change(
    scope: &mut Map<String, Value>,
    verb: Verb,
    target: &Target,
    value: &Value,
) -> Result<(), PatchFault> {
    match (&target.filter, &target.sub) {
        (Some(filter), sub) => change_selected(scope, verb, target, filter, sub.as_deref(), value),
        (None, Some(sub)) => change_sub_attribute(scope, verb, &target.attribute, sub, value),
        (None, None) => {
            if target.is_schema() && verb != Verb::Remove && !is_absent(value) {
                name_schema(scope, &target.attribute);
            }
            change_attribute(scope, verb, &target.attribute, value)
        }
    }
}

fn change_attribute(
    scope: &mut Map<String, Value>,
    verb: Verb,
    name: &str,
    value: &Value,
) -> Result<(), PatchFault> {
    let key = spelling(scope, name);
    let current = scope.get(&key).filter(|current| !is_absent(current));
    let merges = value.is_object() && current.is_some_and(Value::is_object);
    let multi_valued = MULTI_VALUED.iter().any(|known| known.eq_ignore_ascii_case(name))
        || value.is_array()
        || current.is_some_and(Value::is_array);
    match verb {
        // Nothing to add, and nothing to replace with (RFC 7643 §2.5).
        Verb::Add if is_absent(value) => {}
        Verb::Replace | Verb::Remove if is_absent(value) => {
            scope.remove(&key);
        }
        Verb::Remove => {
            scope.remove(&key);
        }
        Verb::Add if multi_valued => {
            let values = added(name, current, value)?;
            scope.insert(key, values);
        }
        Verb::Replace if multi_valued => {
            let values = listed(value);
            at_most_one_primary(&values)?;
            scope.insert(key, Value::Array(values));
        }
        // Sub-attributes that the value does not name stay (RFC 7644
        // §3.5.2.1, §3.5.2.3).
        Verb::Add | Verb::Replace if merges => {
            if let (Some(Value::Object(inner)), Value::Object(new)) = (scope.get_mut(&key), value) {
                new.iter().try_for_each(|(sub, value)| change_attribute(inner, verb, sub, value))?;
                if inner.is_empty() {
                    scope.remove(&key);
                }
            }
        }
        Verb::Add | Verb::Replace => {
            scope.insert(key, value.clone());
        }
    }
    Ok(())
}

/// The values there are and the new ones; what is there already is not there
/// twice (RFC 7644 §3.5.2.1).
fn added(name: &str, current: Option<&Value>, value: &Value) -> Result<Value, PatchFault> {
    let mut values = current.map(listed).unwrap_or_default();
    let mut new = Vec::new();
    for candidate in listed(value) {
        let known = |known: &Value| is_same(name, known, &candidate);
        if !values.iter().chain(&new).any(known) {
            new.push(candidate);
        }
    }
    at_most_one_primary(&new)?;
    if new.iter().any(is_primary) {
        values.iter_mut().for_each(demote);
    }
    values.extend(new);
    Ok(Value::Array(values))
}

fn change_sub_attribute(
    scope: &mut Map<String, Value>,
    verb: Verb,
    name: &str,
    sub: &str,
    value: &Value,
) -> Result<(), PatchFault> {
    let key = spelling(scope, name);
    let writes = verb != Verb::Remove && !is_absent(value);
    match scope.get_mut(&key) {
        Some(Value::Array(elements)) => {
            let all: Vec<usize> = (0..elements.len()).collect();
            change_elements(elements, &all, verb, sub, value)?;
        }
        Some(Value::Object(inner)) => change_attribute(inner, verb, sub, value)?,
        None | Some(Value::Null) if writes => {
            scope.insert(key.clone(), Value::Object(Map::from_iter([(sub.to_owned(), value.clone())])));
        }
        None | Some(Value::Null) => {}
        Some(_) => {
            return Err(PatchFault::new(ScimType::InvalidPath, format!("{name} has no sub-attributes")));
        }
    }
    if scope.get(&key).is_some_and(is_absent) {
        scope.remove(&key);
    }
    Ok(())
}

fn change_selected(
    scope: &mut Map<String, Value>,
    verb: Verb,
    target: &Target,
    filter: &Expression,
    sub: Option<&str>,
    value: &Value,
) -> Result<(), PatchFault> {
    let nothing = || PatchFault::new(ScimType::NoTarget, "the path selects no value");
    let name = &target.attribute;
    let key = spelling(scope, name);
    let elements = match scope.get_mut(&key) {
        Some(Value::Array(elements)) => elements,
        None | Some(Value::Null) => return Err(nothing()),
        Some(_) => return Err(PatchFault::new(ScimType::InvalidPath, format!("{name} is not multi-valued"))),
    };
    let matches = |element: &Value| filter.matches_value(name, element);
    let selected: Vec<usize> = (0..elements.len()).filter(|at| matches(&elements[*at])).collect();
    if selected.is_empty() {
        return Err(nothing());
    }
    match (verb, sub) {
        (_, Some(sub)) => change_elements(elements, &selected, verb, sub, value)?,
        (Verb::Remove, None) => remove_elements(elements, &selected),
        (Verb::Replace, None) if is_absent(value) => remove_elements(elements, &selected),
        (Verb::Replace, None) => {
            for at in &selected {
                elements[*at] = value.clone();
            }
            prefer(elements, &selected, value)?;
        }
        (Verb::Add, None) => {
            let Value::Object(new) = value else {
                return Err(PatchFault::new(ScimType::InvalidValue, "only sub-attributes add to a value"));
            };
            for (sub, value) in new {
                change_elements(elements, &selected, verb, sub, value)?;
            }
        }
    }
    if elements.is_empty() {
        scope.remove(&key);
    }
    Ok(())
}

fn change_elements(
    elements: &mut Vec<Value>,
    selected: &[usize],
    verb: Verb,
    sub: &str,
    value: &Value,
) -> Result<(), PatchFault> {
    for at in selected {
        let Some(Value::Object(element)) = elements.get_mut(*at) else {
            return Err(PatchFault::new(ScimType::InvalidPath, "the value has no sub-attributes"));
        };
        change_attribute(element, verb, sub, value)?;
    }
    if sub.eq_ignore_ascii_case("primary") && verb != Verb::Remove {
        prefer(elements, selected, &Value::Object(Map::from_iter([("primary".to_owned(), value.clone())])))?;
    }
    elements.retain(|element| !is_absent(element));
    Ok(())
}

fn remove_elements(elements: &mut Vec<Value>, selected: &[usize]) {
    let mut at = 0..;
    elements.retain(|_| !at.next().is_some_and(|at| selected.contains(&at)));
}

/// A value that becomes primary demotes the others (RFC 7644 §3.5.2).
fn prefer(elements: &mut [Value], selected: &[usize], new: &Value) -> Result<(), PatchFault> {
    if !is_primary(new) {
        return Ok(());
    }
    if selected.len() > 1 {
        return Err(two_primaries());
    }
    for (at, element) in elements.iter_mut().enumerate() {
        if !selected.contains(&at) {
            demote(element);
        }
    }
    Ok(())
}

fn at_most_one_primary(values: &[Value]) -> Result<(), PatchFault> {
    if values.iter().filter(|value| is_primary(value)).count() > 1 { Err(two_primaries()) } else { Ok(()) }
}

/// RFC 7643 §2.4.
fn two_primaries() -> PatchFault {
    PatchFault::new(ScimType::InvalidValue, "only one value can be primary")
}

fn is_primary(value: &Value) -> bool {
    value.as_object().and_then(|object| find(object, "primary")) == Some(&Value::Bool(true))
}

fn demote(value: &mut Value) {
    if is_primary(value)
        && let Value::Object(object) = value
    {
        let key = spelling(object, "primary");
        object.insert(key, Value::Bool(false));
    }
}

/// Members are one by their id; other values by everything they say.
fn is_same(name: &str, known: &Value, candidate: &Value) -> bool {
    let id = |member: &Value| member.as_object().and_then(|member| find(member, "value")).cloned();
    if name.eq_ignore_ascii_case("members")
        && let (Some(known), Some(candidate)) = (id(known), id(candidate))
    {
        return known == candidate;
    }
    known == candidate
}

fn listed(value: &Value) -> Vec<Value> {
    match value {
        Value::Array(values) => values.clone(),
        single => vec![single.clone()],
    }
}

/// The name as the object spells it, or as it was given.
pub(super) fn spelling(object: &Map<String, Value>, name: &str) -> String {
    let known = object.keys().find(|key| key.eq_ignore_ascii_case(name));
    known.map_or_else(|| name.to_owned(), Clone::clone)
}
