//! Bodies as they come, made canonical.

use serde_json::{Map, Value, json};

use super::{
    ResourceType,
    habits::{Form, Shape},
    names::{canonical_names, core_schema, without_absent},
    refusal::Refusal,
    store::Object,
};

/// Any JSON.
pub(super) fn json(body: &[u8]) -> Result<Value, Refusal> {
    serde_json::from_slice(body).map_err(|_| Refusal::bad("invalidSyntax", "this is no JSON"))
}

/// A resource, in the only form that the server takes.
pub(super) fn resource(shape: &Shape, resource_type: ResourceType, body: &[u8]) -> Result<Object, Refusal> {
    let Value::Object(object) = canonical_names(json(body)?) else {
        return Err(Refusal::bad("invalidSyntax", "this is no resource"));
    };
    let schemas = object.get("schemas").and_then(Value::as_array);
    if schemas.is_none_or(|schemas| !schemas.contains(&json!(core_schema(resource_type)))) {
        return Err(Refusal::bad("invalidSyntax", "schemas does not name the resource's schema"));
    }
    Ok(without_absent(flat(shape.takes, resource_type, object)?))
}

/// The attributes as RFC 7643 has them, whichever form they came in.
pub(super) fn flat(form: Form, resource_type: ResourceType, object: Object) -> Result<Object, Refusal> {
    match form {
        Form::Flat => plain(resource_type, object),
        Form::Nested => lifted(resource_type, object),
        Form::Dotted => undotted(object),
    }
}

fn plain(resource_type: ResourceType, object: Object) -> Result<Object, Refusal> {
    let odd = object.keys().find(|name| {
        name.as_str() == core_schema(resource_type) || (name.contains('.') && !name.starts_with("urn:"))
    });
    match odd {
        Some(name) => Err(Refusal::bad("invalidSyntax", format!("{name} is no attribute"))),
        None => Ok(object),
    }
}

fn lifted(resource_type: ResourceType, mut object: Object) -> Result<Object, Refusal> {
    let core = object.remove(core_schema(resource_type));
    let stays =
        |name: &str| matches!(name, "schemas" | "id" | "externalId" | "meta") || name.starts_with("urn:");
    if let Some(name) = object.keys().find(|name| !stays(name)) {
        return Err(Refusal::bad("invalidSyntax", format!("{name} is not under the core schema's URN")));
    }
    match core {
        Some(Value::Object(core)) => object.extend(core),
        Some(_) => return Err(Refusal::bad("invalidSyntax", "the core schema's URN has no object")),
        None => {}
    }
    Ok(object)
}

fn undotted(object: Object) -> Result<Object, Refusal> {
    let mut flat = Map::new();
    for (name, value) in object {
        let parts = name.split_once('.').filter(|_| !name.starts_with("urn:"));
        if parts.is_none() && name == "name" {
            return Err(Refusal::bad("invalidSyntax", "name must come as name.givenName and the like"));
        }
        match parts {
            Some((attribute, sub)) => {
                let (attribute, sub) = (super::names::canonical(attribute), super::names::canonical(sub));
                let inner = flat.entry(attribute).or_insert_with(|| json!({}));
                inner[sub] = value;
            }
            None => {
                flat.insert(name, value);
            }
        }
    }
    Ok(flat)
}
