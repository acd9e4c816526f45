//! Where the attributes of a resource are in its JSON.

use serde_json::{Map, Value};

use crate::scim::{
    path::{GROUP_SCHEMA, USER_SCHEMA},
    port::ResourceType,
    profile::Shape,
    resource::is_absent,
};

/// What is at the top in every shape: the common attributes that are part of
/// no schema (RFC 7643 §3.1).
const AT_THE_TOP: [&str; 4] = ["schemas", "id", "externalId", "meta"];

/// The core schema of a kind of resource.
pub(super) fn core_schema(resource_type: ResourceType) -> &'static str {
    match resource_type {
        ResourceType::User => USER_SCHEMA,
        ResourceType::Group => GROUP_SCHEMA,
    }
}

pub(super) fn is_urn(key: &str) -> bool {
    key.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("urn:"))
}

/// From the standard's shape to the server's.
pub(super) fn give(
    shape: Shape,
    resource_type: ResourceType,
    object: Map<String, Value>,
) -> Map<String, Value> {
    match shape {
        Shape::Flat => object,
        Shape::NestedCore => nest(core_schema(resource_type), object),
        Shape::DottedKeys => dot(object),
    }
}

/// From the server's shape to the standard's.
pub(super) fn take(
    shape: Shape,
    resource_type: ResourceType,
    object: Map<String, Value>,
) -> Map<String, Value> {
    match shape {
        Shape::Flat => object,
        Shape::NestedCore => lift(core_schema(resource_type), object),
        Shape::DottedKeys => undot(object),
    }
}

fn nest(schema: &str, object: Map<String, Value>) -> Map<String, Value> {
    let stays = |key: &str| is_urn(key) || AT_THE_TOP.iter().any(|known| known.eq_ignore_ascii_case(key));
    let (mut top, core): (Map<_, _>, Map<_, _>) = object.into_iter().partition(|(key, _)| stays(key));
    if !core.is_empty() {
        top.insert(schema.to_owned(), Value::Object(core));
    }
    top
}

/// What is under the schema is where the profile says that it is, so it
/// counts more than the same name at the top; but nothing is no value.
fn lift(schema: &str, mut object: Map<String, Value>) -> Map<String, Value> {
    let is_core = |(key, value): (&String, &Value)| {
        (key.eq_ignore_ascii_case(schema) && value.is_object()).then(|| key.clone())
    };
    while let Some(key) = object.iter().find_map(is_core) {
        let Some(Value::Object(core)) = object.remove(&key) else { break };
        for (name, value) in core {
            let same = object.keys().find(|known| known.eq_ignore_ascii_case(&name)).cloned();
            match same {
                Some(_) if is_absent(&value) => {}
                Some(same) => {
                    object.remove(&same);
                    object.insert(name, value);
                }
                None => {
                    object.insert(name, value);
                }
            }
        }
    }
    object
}

fn dot(object: Map<String, Value>) -> Map<String, Value> {
    let mut flat = Map::new();
    for (name, value) in object {
        match value {
            Value::Object(parts) if !is_urn(&name) => {
                flat.extend(parts.into_iter().map(|(part, value)| (format!("{name}.{part}"), value)));
            }
            value => {
                flat.insert(name, value);
            }
        }
    }
    flat
}

fn undot(object: Map<String, Value>) -> Map<String, Value> {
    let dotted = |key: &str| {
        let (name, part) = key.split_once('.').filter(|_| !is_urn(key))?;
        (!name.is_empty() && !part.is_empty() && !part.contains('.'))
            .then(|| (name.to_owned(), part.to_owned()))
    };
    let (parts, mut whole): (Map<_, _>, Map<_, _>) =
        object.into_iter().partition(|(key, _)| dotted(key).is_some());
    for (key, value) in parts {
        let Some((name, part)) = dotted(&key) else { continue };
        let same = whole.keys().find(|known| known.eq_ignore_ascii_case(&name)).cloned().unwrap_or(name);
        match whole.entry(same).or_insert_with(|| Value::Object(Map::new())) {
            Value::Object(parts) => {
                parts.insert(part, value);
            }
            // A list or a text has no parts: the key is some name of its own.
            _ => {
                whole.insert(key, value);
            }
        }
    }
    whole
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::scim::path::ENTERPRISE_SCHEMA;

    fn given(shape: Shape, value: &Value) -> Value {
        Value::Object(give(shape, ResourceType::User, value.as_object().unwrap().clone()))
    }

    fn taken(shape: Shape, value: &Value) -> Value {
        Value::Object(take(shape, ResourceType::User, value.as_object().unwrap().clone()))
    }

    fn ada() -> Value {
        json!({
            "schemas": [USER_SCHEMA, ENTERPRISE_SCHEMA], "id": "1", "userName": "ada",
            "name": {"givenName": "Ada", "familyName": "Example"}, "emails": [{"value": "ada@example.com"}],
            ENTERPRISE_SCHEMA: {"manager": {"value": "7"}},
        })
    }

    #[test]
    fn every_shape_is_read_as_it_is_written() {
        for shape in [Shape::Flat, Shape::NestedCore, Shape::DottedKeys] {
            assert_eq!(taken(shape, &given(shape, &ada())), ada(), "{shape:?}");
        }
    }

    #[test]
    fn core_attributes_go_under_their_schema_and_extensions_stay_beside_it() {
        let nested = given(Shape::NestedCore, &ada());
        assert_eq!(nested[USER_SCHEMA]["userName"], "ada");
        assert_eq!((&nested["id"], nested.get("userName")), (&json!("1"), None));
        assert_eq!(nested[ENTERPRISE_SCHEMA], ada()[ENTERPRISE_SCHEMA]);
    }

    #[test]
    fn parts_are_keys_of_their_own_where_the_server_has_them_so() {
        let dotted = given(Shape::DottedKeys, &ada());
        assert_eq!((&dotted["name.givenName"], dotted.get("name")), (&json!("Ada"), None));
        assert_eq!(dotted["emails"], ada()["emails"]);
    }

    #[test]
    fn what_is_under_the_schema_counts_unless_it_is_nothing() {
        let both = json!({"userName": "top", "title": "Captain", USER_SCHEMA.to_lowercase(): {"username": "under", "title": null}});
        assert_eq!(taken(Shape::NestedCore, &both), json!({"username": "under", "title": "Captain"}));
    }

    #[test]
    fn a_key_that_only_looks_like_a_part_stays() {
        for odd in [
            json!({"emails": [], "emails.value": "x"}),
            json!({"a.b.c": 1, ".x": 2, "y.": 3}),
            json!({"urn:example:2.0:User": {"a": 1}}),
        ] {
            assert_eq!(taken(Shape::DottedKeys, &odd), odd);
        }
    }
}
