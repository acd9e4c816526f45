//! What a PATCH does to a resource, by the letter of RFC 7644 §3.5.2: the
//! measure for what this client sends, and the server in memory. It reads the
//! body as it goes over the wire, and knows nothing of how it was built.

use std::fmt;

use serde_json::{Map, Value};

use self::target::Target;
use super::{
    error::ScimType,
    patch::PATCH_SCHEMA,
    path::{GROUP_SCHEMA, USER_SCHEMA},
    resource::{Resource, find, is_absent},
};

mod target;
mod values;

/// Why a server refuses a PATCH (RFC 7644 §3.12, table 9).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct PatchFault {
    /// The keyword.
    pub scim_type: ScimType,
    /// What is wrong.
    pub detail: String,
}

impl PatchFault {
    fn new(scim_type: ScimType, detail: impl fmt::Display) -> Self {
        Self { scim_type, detail: detail.to_string() }
    }
}

/// What an operation does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verb {
    Add,
    Replace,
    Remove,
}

/// Applies the body of a PATCH: all of it or, with a fault, nothing.
pub fn apply(resource: &mut Resource, body: &Value) -> Result<(), PatchFault> {
    let mut object = resource.as_object().clone();
    for operation in operations(body)? {
        let required = required(&object);
        run(&mut object, operation)?;
        if let Some(lost) = required.iter().find(|name| find(&object, name).is_none_or(is_absent)) {
            return Err(PatchFault::new(ScimType::Mutability, format!("{lost} is required")));
        }
    }
    if let Some(changed) = Resource::from_value(Value::Object(object)) {
        *resource = changed;
    }
    Ok(())
}

fn operations(body: &Value) -> Result<&Vec<Value>, PatchFault> {
    let fault = |detail: &str| PatchFault::new(ScimType::InvalidSyntax, detail);
    let body = body.as_object().ok_or_else(|| fault("the body is not an object"))?;
    let schemas = find(body, "schemas").and_then(Value::as_array);
    let is_patch = |schema: &Value| schema.as_str().is_some_and(|urn| urn.eq_ignore_ascii_case(PATCH_SCHEMA));
    if !schemas.is_some_and(|schemas| schemas.iter().any(is_patch)) {
        return Err(fault("schemas does not name PatchOp"));
    }
    let operations = find(body, "Operations").and_then(Value::as_array);
    operations.filter(|operations| !operations.is_empty()).ok_or_else(|| fault("there are no Operations"))
}

fn run(object: &mut Map<String, Value>, operation: &Value) -> Result<(), PatchFault> {
    let fault = |detail: &str| PatchFault::new(ScimType::InvalidSyntax, detail);
    let operation = operation.as_object().ok_or_else(|| fault("an operation is not an object"))?;
    let verb = match find(operation, "op").and_then(Value::as_str).map(str::to_ascii_lowercase).as_deref() {
        Some("add") => Verb::Add,
        Some("replace") => Verb::Replace,
        Some("remove") => Verb::Remove,
        _ => return Err(fault("op is neither add, replace nor remove")),
    };
    let path = match find(operation, "path") {
        None => None,
        Some(Value::String(path)) => Some(path.as_str()),
        Some(_) => return Err(PatchFault::new(ScimType::InvalidPath, "path is not a text")),
    };
    let value = find(operation, "value");
    match (verb, path, value) {
        (Verb::Remove, None, _) => Err(PatchFault::new(ScimType::NoTarget, "remove needs a path")),
        // The value would select nothing, and the whole attribute would go.
        (Verb::Remove, Some(_), Some(_)) => Err(fault("remove takes no value")),
        (Verb::Remove, Some(path), None) => change(object, verb, &Target::parse(path, object)?, &Value::Null),
        (_, _, None) => Err(PatchFault::new(ScimType::InvalidValue, "add and replace need a value")),
        (_, Some(path), Some(value)) => change(object, verb, &Target::parse(path, object)?, value),
        (_, None, Some(Value::Object(attributes))) => merge(object, verb, attributes),
        (_, None, Some(_)) => {
            Err(PatchFault::new(ScimType::InvalidValue, "without a path the value is a set of attributes"))
        }
    }
}

/// Without a path, the value holds attributes of the resource, those of
/// extensions under their URN (RFC 7644 §3.5.2.1).
fn merge(
    object: &mut Map<String, Value>,
    verb: Verb,
    attributes: &Map<String, Value>,
) -> Result<(), PatchFault> {
    attributes.iter().try_for_each(|(name, value)| match Target::of_attribute(name) {
        Some(target) => change(object, verb, &target, value),
        None => value
            .as_object()
            .ok_or_else(|| PatchFault::new(ScimType::InvalidValue, "the core schema is not an object"))
            .and_then(|attributes| merge(object, verb, attributes)),
    })
}

fn change(
    object: &mut Map<String, Value>,
    verb: Verb,
    target: &Target,
    value: &Value,
) -> Result<(), PatchFault> {
    target.check_writable(object, value)?;
    let Some(schema) = &target.schema else {
        return values::change(object, verb, target, value);
    };
    let key = values::spelling(object, schema);
    let mut scope = match object.get(&key) {
        Some(Value::Object(scope)) => scope.clone(),
        _ => Map::new(),
    };
    values::change(&mut scope, verb, target, value)?;
    if scope.is_empty() {
        object.remove(&key);
    } else {
        object.insert(key, Value::Object(scope));
        name_schema(object, schema);
    }
    Ok(())
}

/// An extension with a value is named in `schemas` (RFC 7643 §3).
fn name_schema(object: &mut Map<String, Value>, schema: &str) {
    let key = values::spelling(object, "schemas");
    if let Value::Array(schemas) = object.entry(key).or_insert_with(|| Value::Array(Vec::new())) {
        let is_it = |named: &Value| named.as_str().is_some_and(|named| named.eq_ignore_ascii_case(schema));
        if !schemas.iter().any(is_it) {
            schemas.push(schema.into());
        }
    }
}

/// The required attributes that the resource has (RFC 7643 §4.1.1, §4.2).
fn required(object: &Map<String, Value>) -> Vec<&'static str> {
    let schemas = find(object, "schemas").and_then(Value::as_array);
    let is_a = |urn: &str| {
        let named = |schema: &Value| schema.as_str().is_some_and(|schema| schema.eq_ignore_ascii_case(urn));
        schemas.is_some_and(|schemas| schemas.iter().any(named))
    };
    let rules = [(USER_SCHEMA, "userName"), (GROUP_SCHEMA, "displayName")];
    let holds = |name: &str| find(object, name).is_some_and(|value| !is_absent(value));
    rules.into_iter().filter(|(urn, name)| is_a(urn) && holds(name)).map(|(_, name)| name).collect()
}
