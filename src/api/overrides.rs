//! The schema of `spec.overrides`: that of a profile, in which nothing is
//! required, and in which unknown fields survive at each level. A closed
//! schema would drop what is misspelt without a word; so the operator gets to
//! see it, and says it.

use schemars::{Schema, SchemaGenerator, generate::SchemaSettings};
use serde_json::{Map, Value, json};

use super::bounds;
use crate::scim::profile::Profile;

/// The most entries of a map in a profile.
const MOST_ENTRIES: usize = 128;

/// The fields of a profile, as a provider may override them.
pub(super) fn schema(_: &mut SchemaGenerator) -> Schema {
    let settings = SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
    let profile = settings.into_generator().into_root_schema_for::<Profile>();
    let mut schema = open(profile.as_object().cloned().unwrap_or_default());
    schema.remove("description");
    Schema::from(schema)
}

/// A schema that the API server takes, and that is satisfied by any part of
/// what it describes.
fn open(schema: Map<String, Value>) -> Map<String, Value> {
    let schema = present(schema);
    let mut open = Map::from_iter([("nullable".to_owned(), json!(true))]);
    if let Some(description) = schema.get("description") {
        open.insert("description".to_owned(), description.clone());
    }
    if let Some(values) = enumerated(&schema) {
        open.extend([("type".to_owned(), json!("string")), ("enum".to_owned(), Value::Array(values))]);
        return open;
    }
    let kind = kind(&schema);
    open.insert("type".to_owned(), json!(kind));
    match kind {
        "object" => open.extend(members(&schema)),
        "array" => {
            let items = schema.get("items").and_then(Value::as_object).cloned().unwrap_or_default();
            open.extend([
                ("maxItems".to_owned(), schema.get("maxItems").cloned().unwrap_or(json!(bounds::VALUES))),
                ("x-kubernetes-list-type".to_owned(), json!("atomic")),
                ("items".to_owned(), Value::Object(item(items))),
            ]);
        }
        "string" => {
            let most = schema.get("maxLength").cloned().unwrap_or(json!(bounds::TEXT));
            open.insert("maxLength".to_owned(), most);
        }
        _ => {}
    }
    open
}

fn item(schema: Map<String, Value>) -> Map<String, Value> {
    let mut item = open(schema);
    item.remove("nullable");
    item
}

fn members(schema: &Map<String, Value>) -> Map<String, Value> {
    let preserve = ("x-kubernetes-preserve-unknown-fields".to_owned(), json!(true));
    if let Some(values) = schema.get("additionalProperties").and_then(Value::as_object) {
        let values = Value::Object(open(values.clone()));
        let bound = ("maxProperties".to_owned(), json!(MOST_ENTRIES));
        return Map::from_iter([("additionalProperties".to_owned(), values), bound]);
    }
    let properties = schema.get("properties").and_then(Value::as_object);
    let properties = properties.into_iter().flatten().filter_map(|(name, property)| {
        Some((name.clone(), Value::Object(open(property.as_object()?.clone()))))
    });
    Map::from_iter([("properties".to_owned(), Value::Object(properties.collect())), preserve])
}

/// The schema of a value that is there, out of that of one that may be null.
fn present(mut schema: Map<String, Value>) -> Map<String, Value> {
    let choices = schema.get("anyOf").and_then(Value::as_array);
    let structure = choices.into_iter().flatten().find(|choice| choice["properties"].is_object());
    if let Some(Value::Object(structure)) = structure.cloned() {
        schema.remove("anyOf");
        for (key, value) in structure {
            schema.entry(key).or_insert(value);
        }
    }
    schema
}

/// The values of an enumeration, each of which may be described by itself.
fn enumerated(schema: &Map<String, Value>) -> Option<Vec<Value>> {
    if let Some(Value::Array(values)) = schema.get("enum") {
        return Some(values.iter().filter(|value| !value.is_null()).cloned().collect());
    }
    let choices = schema.get("oneOf").or_else(|| schema.get("anyOf")).and_then(Value::as_array)?;
    let values = choices.iter().filter_map(|choice| {
        let choice = choice.as_object()?;
        choice.get("const").map(|value| vec![value.clone()]).or_else(|| enumerated(choice))
    });
    let values: Vec<Value> = values.flatten().collect();
    (!values.is_empty()).then_some(values)
}

fn kind(schema: &Map<String, Value>) -> &'static str {
    let named = match schema.get("type") {
        Some(Value::Array(kinds)) => {
            kinds.iter().find_map(|kind| kind.as_str().filter(|kind| *kind != "null"))
        }
        Some(kind) => kind.as_str(),
        None => None,
    };
    match named {
        Some("array") => "array",
        Some("boolean") => "boolean",
        Some("integer" | "number") => "integer",
        Some("string") => "string",
        _ => "object",
    }
}
