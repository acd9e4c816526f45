//! A resource as the server sent it: nothing lost, names found in any case.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value};

use super::path::AttributePath;

/// A SCIM resource (RFC 7643 §3). Attributes that this program does not know
/// survive, and keep the spelling the server gave them.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Resource(Map<String, Value>);

impl Resource {
    /// An empty resource of these schemas.
    pub fn new<'a>(schemas: impl IntoIterator<Item = &'a str>) -> Self {
        let schemas = schemas.into_iter().map(Value::from).collect();
        Self(Map::from_iter([("schemas".to_owned(), Value::Array(schemas))]))
    }

    /// The resource in a JSON object; `None` for any other JSON value.
    pub fn from_value(value: Value) -> Option<Self> {
        match value {
            Value::Object(object) => Some(Self(object)),
            _ => None,
        }
    }

    /// The whole object.
    pub fn as_object(&self) -> &Map<String, Value> {
        &self.0
    }

    /// The server's id. Some servers use JSON integers; they are their decimal
    /// text from here on. An empty id is none.
    pub fn id(&self) -> Option<String> {
        let id = match find(&self.0, "id")? {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            _ => return None,
        };
        (!id.is_empty()).then_some(id)
    }

    /// `meta.created` as the server wrote it: compared as text, because what
    /// one server wrote twice for one identity must be the same twice.
    pub fn created(&self) -> Option<&str> {
        self.meta("created")
    }

    /// `meta.created` as a point in time, where it can be read as one.
    pub fn created_at(&self) -> Option<Timestamp> {
        self.created()?.parse().ok()
    }

    /// `meta.version`, the entity tag (RFC 7644 §3.14).
    pub fn version(&self) -> Option<&str> {
        self.meta("version")
    }

    /// A text attribute of the core schema.
    pub fn text(&self, attribute: &str) -> Option<&str> {
        find(&self.0, attribute)?.as_str()
    }

    /// The value at a path; null, `[]` and absent are one and the same
    /// (RFC 7643 §2.5).
    pub fn get(&self, path: &AttributePath) -> Option<&Value> {
        let scope = match path.schema() {
            Some(schema) => find(&self.0, schema)?.as_object()?,
            None => &self.0,
        };
        let attribute = find(scope, path.attribute())?;
        let value = match path.sub_attribute() {
            Some(sub) => find(attribute.as_object()?, sub)?,
            None => attribute,
        };
        (!is_absent(value)).then_some(value)
    }

    /// Sets the value at a path, whatever the case of the names that are
    /// there, and names the extension in `schemas`. An absent value removes.
    pub fn set(&mut self, path: &AttributePath, value: Value) {
        if is_absent(&value) {
            self.remove(path);
            return;
        }
        if let Some(schema) = path.schema() {
            self.name_schema(schema);
        }
        let Some(scope) = (match path.schema() {
            Some(schema) => object_at(&mut self.0, schema),
            None => Some(&mut self.0),
        }) else {
            return;
        };
        match path.sub_attribute() {
            Some(sub) => {
                if let Some(parent) = object_at(scope, path.attribute()) {
                    insert(parent, sub, value);
                }
            }
            None => insert(scope, path.attribute(), value),
        }
    }

    /// Removes the value at a path, and what became empty by that.
    pub fn remove(&mut self, path: &AttributePath) {
        match path.schema() {
            Some(schema) => within(&mut self.0, schema, |scope| remove_in(scope, path)),
            None => remove_in(&mut self.0, path),
        }
    }

    /// The ids of a group's members (RFC 7643 §4.2), in the server's order.
    pub fn member_ids(&self) -> Vec<String> {
        let members = find(&self.0, "members").and_then(Value::as_array);
        members.into_iter().flatten().filter_map(member_id).collect()
    }

    fn meta(&self, name: &str) -> Option<&str> {
        find(find(&self.0, "meta")?.as_object()?, name)?.as_str()
    }

    fn name_schema(&mut self, schema: &str) {
        let schemas = self.0.entry("schemas").or_insert_with(|| Value::Array(Vec::new()));
        if let Value::Array(schemas) = schemas {
            let named =
                |known: &Value| known.as_str().is_some_and(|known| known.eq_ignore_ascii_case(schema));
            if !schemas.iter().any(named) {
                schemas.push(schema.into());
            }
        }
    }
}

/// Whether a value says the same as no value: null or `[]` (RFC 7643 §2.5).
/// An object without members says nothing either.
pub fn is_absent(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(values) => values.is_empty(),
        Value::Object(object) => object.is_empty(),
        _ => false,
    }
}

/// The member of an object with this name, in any case. The exact spelling
/// wins where a server sends both.
pub fn find<'a>(object: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    object
        .get(name)
        .or_else(|| object.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value))
}

/// The id of one member of a group (RFC 7643 §4.2).
pub fn member_id(member: &Value) -> Option<String> {
    match find(member.as_object()?, "value")? {
        Value::String(id) => Some(id.clone()),
        Value::Number(id) => Some(id.to_string()),
        _ => None,
    }
}

fn spelling(object: &Map<String, Value>, name: &str) -> String {
    let known = object.keys().find(|key| key.eq_ignore_ascii_case(name));
    known.map_or_else(|| name.to_owned(), Clone::clone)
}

fn insert(object: &mut Map<String, Value>, name: &str, value: Value) {
    let key = spelling(object, name);
    object.insert(key, value);
}

fn object_at<'a>(object: &'a mut Map<String, Value>, name: &str) -> Option<&'a mut Map<String, Value>> {
    let key = spelling(object, name);
    let value = object.entry(key).or_insert_with(|| Value::Object(Map::new()));
    if !value.is_object() {
        *value = Value::Object(Map::new());
    }
    value.as_object_mut()
}

fn within(object: &mut Map<String, Value>, name: &str, change: impl FnOnce(&mut Map<String, Value>)) {
    let key = spelling(object, name);
    let Some(inner) = object.get_mut(&key).and_then(Value::as_object_mut) else { return };
    change(inner);
    if inner.is_empty() {
        object.remove(&key);
    }
}

fn remove_in(scope: &mut Map<String, Value>, path: &AttributePath) {
    match path.sub_attribute() {
        Some(sub) => within(scope, path.attribute(), |parent| {
            parent.remove(&spelling(parent, sub));
        }),
        None => {
            scope.remove(&spelling(scope, path.attribute()));
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{super::path::ENTERPRISE_SCHEMA, *};

    fn resource(value: Value) -> Resource {
        Resource::from_value(value).unwrap()
    }

    #[test]
    fn names_are_found_in_any_case() {
        let user = resource(json!({"USERNAME": "alice", "Name": {"GIVENNAME": "Alice"}}));
        assert_eq!(user.text("userName"), Some("alice"));
        assert_eq!(user.get(&AttributePath::core("name").sub("givenName")), Some(&json!("Alice")));
    }

    #[test]
    fn unknown_attributes_survive_a_change() {
        let mut user = resource(json!({"id": "1", "shoeSize": 44, "name": {"nick": "Al"}}));
        user.set(&AttributePath::core("name").sub("givenName"), json!("Alice"));
        assert_eq!(user.as_object().get("name"), Some(&json!({"nick": "Al", "givenName": "Alice"})));
        assert_eq!(user.as_object().get("shoeSize"), Some(&json!(44)));
    }

    #[test]
    fn setting_an_extension_attribute_names_its_schema_once() {
        let mut user = Resource::new([super::super::path::USER_SCHEMA]);
        let department = AttributePath::extension(ENTERPRISE_SCHEMA, "department");
        user.set(&department, json!("R&D"));
        user.set(&department, json!("Sales"));
        assert_eq!(user.as_object()["schemas"].as_array().unwrap().len(), 2);
        assert_eq!(user.get(&department), Some(&json!("Sales")));
    }

    #[test]
    fn null_and_empty_lists_are_absent() {
        let user = resource(json!({"nickName": null, "emails": []}));
        assert_eq!(user.get(&AttributePath::core("nickName")), None);
        assert_eq!(user.get(&AttributePath::core("emails")), None);
    }

    #[test]
    fn an_integer_id_is_its_decimal_text() {
        assert_eq!(resource(json!({"id": 17})).id().as_deref(), Some("17"));
        assert_eq!(resource(json!({"id": ""})).id(), None);
        assert_eq!(resource(json!({"id": {}})).id(), None);
    }

    #[test]
    fn removing_the_last_sub_attribute_removes_its_parent() {
        let mut user = resource(json!({"name": {"givenName": "Alice"}}));
        user.remove(&AttributePath::core("name").sub("givenName"));
        assert!(user.as_object().is_empty());
    }
}
