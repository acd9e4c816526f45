//! What may be in a body, told by name.

use serde_json::{Map, Value};

use super::refusal::Refusal;

pub(super) type Object = Map<String, Value>;

pub(super) fn object<'a>(value: &'a Value, what: &str) -> Result<&'a Object, Refusal> {
    value.as_object().ok_or_else(|| Refusal::syntax(format!("{what} is not an object")))
}

pub(super) fn list<'a>(value: &'a Value, what: &str) -> Result<&'a Vec<Value>, Refusal> {
    value.as_array().ok_or_else(|| Refusal::syntax(format!("{what} is not an array")))
}

/// A text that says something.
pub(super) fn text<'a>(value: &'a Value, what: &str) -> Result<&'a str, Refusal> {
    let text = value.as_str().filter(|text| !text.is_empty());
    text.ok_or_else(|| Refusal::value(format!("{what} is not a text, or empty")))
}

pub(super) fn boolean(value: &Value, what: &str) -> Result<bool, Refusal> {
    value.as_bool().ok_or_else(|| Refusal::value(format!("{what} is neither true nor false")))
}

pub(super) fn int32(value: &Value, what: &str) -> Result<i32, Refusal> {
    let number = value.as_i64().and_then(|number| i32::try_from(number).ok());
    number.ok_or_else(|| Refusal::value(format!("{what} is not an integer")))
}

/// Nothing but these members, in this spelling.
pub(super) fn only(object: &Object, allowed: &[&str], what: &str) -> Result<(), Refusal> {
    match object.keys().find(|key| !allowed.contains(&key.as_str())) {
        Some(unknown) => Err(Refusal::value(format!("{what} has no {unknown}"))),
        None => Ok(()),
    }
}

/// A member that has to be there.
pub(super) fn required<'a>(object: &'a Object, name: &str) -> Result<&'a Value, Refusal> {
    object.get(name).ok_or_else(|| Refusal::value(format!("{name} is required")))
}

/// `schemas` names these and no others.
pub(super) fn schemas(body: &Object, wanted: &[&str]) -> Result<(), Refusal> {
    let named = body.get("schemas").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let is_named = |urn: &&str| named.iter().any(|it| it == urn);
    if named.len() == wanted.len() && wanted.iter().all(is_named) {
        return Ok(());
    }
    Err(Refusal::value("Specified schema is incorrect."))
}

/// A list of objects with a `value` each, of which one may be primary.
pub(super) fn values(value: &Value, allowed: &[&str], what: &str) -> Result<(), Refusal> {
    let mut primaries = 0;
    for element in list(value, what)? {
        let element = object(element, what)?;
        only(element, allowed, what)?;
        text(required(element, "value")?, what)?;
        for (name, value) in element {
            match name.as_str() {
                "primary" => primaries += usize::from(boolean(value, "primary")?),
                name => drop(text(value, name)?),
            }
        }
    }
    if primaries > 1 { Err(Refusal::value(format!("{what} has two primary values"))) } else { Ok(()) }
}

/// One operation of a PATCH.
#[derive(Debug)]
pub(super) struct Operation<'a> {
    pub(super) op: &'a str,
    pub(super) path: Option<&'a str>,
    pub(super) value: Option<&'a Value>,
}

/// The operations of a PATCH, under the key that the text shows.
pub(super) fn operations<'a>(body: &'a Object, key: &str) -> Result<Vec<Operation<'a>>, Refusal> {
    only(body, &["schemas", key], "a PATCH")?;
    let operations = list(body.get(key).unwrap_or(&Value::Null), key)?;
    if operations.is_empty() {
        return Err(Refusal::syntax("there are no operations"));
    }
    operations.iter().map(operation).collect()
}

fn operation(value: &Value) -> Result<Operation<'_>, Refusal> {
    let operation = object(value, "an operation")?;
    only(operation, &["op", "path", "value"], "an operation")?;
    let op = text(required(operation, "op")?, "op")?;
    if !["add", "replace", "remove"].contains(&op) {
        return Err(Refusal::syntax("op is neither add, replace nor remove"));
    }
    let path = match operation.get("path") {
        None => None,
        Some(Value::String(path)) => Some(path.as_str()),
        Some(_) => return Err(Refusal::path("path is not a text")),
    };
    Ok(Operation { op, path, value: operation.get("value") })
}
