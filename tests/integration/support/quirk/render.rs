//! Canonical resources, as this server shows them.

use serde_json::{Map, Value, json};

use super::{
    ResourceType,
    habits::{Booleans, Form, Habits, Ids, Keys, Locations, Meta, Returned, Shown},
    names::{core_schema, nullable},
    query::Query,
    store::{Object, Store},
};

/// Where a resource is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    List,
    Read,
    Written,
}

pub(super) struct Renderer<'a> {
    pub(super) habits: &'a Habits,
    /// The server's own address, `http://127.0.0.1:1234`.
    pub(super) origin: &'a str,
    pub(super) query: &'a Query,
    /// Who the members are.
    pub(super) store: &'a Store,
}

impl Renderer<'_> {
    /// The resource as it is answered.
    pub(super) fn resource(&self, resource_type: ResourceType, place: Place, canonical: Value) -> Value {
        let Value::Object(mut resource) = canonical else { return canonical };
        self.leave_out(resource_type, place, &mut resource);
        if self.habits.shape.fills_with_null {
            for name in nullable(resource_type) {
                resource.entry(*name).or_insert(Value::Null);
            }
        }
        self.members(&mut resource);
        self.meta(resource_type, &mut resource);
        self.project(&mut resource);
        let integer = match self.habits.shape.ids {
            Ids::Integer => true,
            Ids::IntegerInLists => place == Place::List,
            Ids::Text | Ids::ExternalId => false,
        };
        if integer && let Some(id) = resource["id"].as_str().and_then(|id| id.parse::<u64>().ok()) {
            resource.insert("id".to_owned(), json!(id));
        }
        let formed = match self.habits.shape.answers {
            Form::Flat => resource,
            Form::Nested => nested(resource_type, resource),
            Form::Dotted => dotted(resource),
        };
        self.spelt(Value::Object(formed))
    }

    /// Names and booleans as this server writes them; the words of SCIM's own
    /// envelopes stay.
    fn spelt(&self, value: Value) -> Value {
        match value {
            Value::Object(object) => {
                let members = object.into_iter().map(|(name, value)| (self.key(name), self.spelt(value)));
                Value::Object(members.collect())
            }
            Value::Array(values) => Value::Array(values.into_iter().map(|value| self.spelt(value)).collect()),
            Value::Bool(flag) => match self.habits.shape.booleans {
                Booleans::Json => json!(flag),
                Booleans::Text => json!(flag.to_string()),
                Booleans::CapitalText => json!(if flag { "True" } else { "False" }),
                Booleans::Number => json!(u8::from(flag)),
            },
            other => other,
        }
    }

    fn key(&self, name: String) -> String {
        if name.starts_with("urn:") {
            return name;
        }
        match self.habits.shape.keys {
            Keys::Canonical => name,
            Keys::Lower => name.to_lowercase(),
            Keys::Pascal => {
                let mut letters = name.chars();
                let first = letters.next().map(|first| first.to_ascii_uppercase());
                first.into_iter().chain(letters).collect()
            }
        }
    }

    fn leave_out(&self, resource_type: ResourceType, place: Place, resource: &mut Object) {
        if !self.habits.lifecycle.active_shown {
            resource.remove("active");
        }
        for (path, rule) in &self.habits.of(resource_type).attributes {
            let shown = match rule.returned {
                Returned::Always => true,
                Returned::Request => self.query.names(path),
                Returned::Never => false,
            };
            if !shown {
                remove(resource, path);
            }
        }
        if resource_type == ResourceType::Group {
            let shown = match self.habits.members.shown {
                Shown::Always => true,
                Shown::Singly => place != Place::List,
                Shown::Reads => place != Place::Written,
                Shown::Request => self.query.names("members"),
                Shown::Empty | Shown::Never => false,
            };
            if !shown {
                resource.remove("members");
            }
            if self.habits.members.shown == Shown::Empty {
                resource.insert("members".to_owned(), json!([]));
            }
        }
    }

    fn members(&self, resource: &mut Object) {
        let Some(Value::Array(members)) = resource.get_mut("members") else { return };
        for member in members.iter_mut().filter_map(Value::as_object_mut) {
            let id = member.get("value").and_then(Value::as_str).unwrap_or_default().to_owned();
            let Some(kind) = self.store.knows(&id) else { continue };
            let of = |attribute: &str| self.store.get(kind, &id)?.content.get(attribute).cloned();
            let display = of("displayName").or_else(|| of("userName"));
            member.extend(display.map(|display| ("display".to_owned(), display)));
            member.insert("$ref".to_owned(), json!(format!("{}{}", self.origin, self.path(kind, &id))));
            let value = self.habits.members.value_is.as_deref().and_then(of);
            member.extend(value.map(|value| ("value".to_owned(), value)));
            member.retain(|name, _| self.habits.members.shows.contains(name));
        }
    }

    fn meta(&self, resource_type: ResourceType, resource: &mut Object) {
        let id = resource["id"].as_str().unwrap_or_default().to_owned();
        let location = match self.habits.shape.locations {
            Locations::Absolute => Some(format!("{}{}", self.origin, self.path(resource_type, &id))),
            Locations::Relative => Some(self.path(resource_type, &id)),
            Locations::None => None,
        };
        let shown = self.habits.shape.meta;
        let Some(Value::Object(meta)) = resource.get_mut("meta") else { return };
        if let Some(location) = location {
            meta.insert("location".to_owned(), json!(location));
        }
        if !self.habits.entity_tags.shown {
            meta.remove("version");
        }
        match shown {
            Meta::Full => {}
            Meta::Type => meta.retain(|name, _| name == "resourceType"),
            Meta::None => {
                resource.remove("meta");
            }
        }
    }

    /// `/scim/v2/Users/1001`
    pub(super) fn path(&self, resource_type: ResourceType, id: &str) -> String {
        format!("{}{}/{id}", self.habits.base, self.habits.path(resource_type))
    }

    /// `attributes` and `excludedAttributes` (RFC 7644 §3.9).
    fn project(&self, resource: &mut Object) {
        if self.habits.shape.ignores_projection {
            return;
        }
        let first = |path: &str| path.split('.').next().unwrap_or_default().to_lowercase();
        if let Some(wanted) = &self.query.attributes {
            resource.retain(|name, _| {
                let by_name = wanted.iter().any(|path| first(path) == name.to_lowercase());
                let by_schema = name.starts_with("urn:") && wanted.iter().any(|path| path.starts_with(name));
                by_name || by_schema || matches!(name.as_str(), "id" | "schemas" | "meta")
            });
        }
        for path in &self.query.excluded {
            resource.retain(|name, _| !name.eq_ignore_ascii_case(path) || name == "id");
        }
    }
}

/// Removes what is at `attribute`, `attribute.sub` or `urn:…:attribute`.
fn remove(resource: &mut Object, path: &str) {
    let (outer, inner) = match path.rsplit_once(':') {
        Some((schema, attribute)) => (schema, Some(attribute)),
        None => path.split_once('.').map_or((path, None), |(name, sub)| (name, Some(sub))),
    };
    match (inner, resource.get_mut(outer)) {
        (None, _) => {
            resource.remove(outer);
        }
        (Some(sub), Some(Value::Object(object))) => {
            object.remove(sub);
        }
        (Some(sub), Some(Value::Array(values))) => {
            for value in values.iter_mut().filter_map(Value::as_object_mut) {
                value.remove(sub);
            }
        }
        (Some(_), _) => {}
    }
}

fn nested(resource_type: ResourceType, resource: Object) -> Object {
    let stays =
        |name: &str| matches!(name, "schemas" | "id" | "externalId" | "meta") || name.starts_with("urn:");
    let (mut outer, core): (Object, Object) = resource.into_iter().partition(|(name, _)| stays(name));
    outer.insert(core_schema(resource_type).to_owned(), Value::Object(core));
    outer
}

fn dotted(resource: Object) -> Object {
    let mut flat = Map::new();
    for (name, value) in resource {
        match value {
            Value::Object(inner) if name != "meta" && !name.starts_with("urn:") => {
                flat.extend(inner.into_iter().map(|(sub, value)| (format!("{name}.{sub}"), value)));
            }
            other => {
                flat.insert(name, other);
            }
        }
    }
    flat
}
