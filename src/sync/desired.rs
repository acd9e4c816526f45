//! What a manifest says, leaf by leaf.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::{Map, Value};

use super::absent::{Unmeant, Unwanted};
use crate::{
    api::{ScimGroupSpec, ScimUserSpec},
    scim::{
        path::{AttributePath, ENTERPRISE_SCHEMA, GROUP_SCHEMA, USER_SCHEMA},
        port::ResourceType,
    },
};

/// The attributes that a manifest names, by leaf path. An attribute that is
/// absent here is not ours; one whose value [clears](super::compare::clears)
/// is ours and wanted empty.
#[derive(Clone, Debug, PartialEq)]
pub struct Desired {
    resource_type: ResourceType,
    values: BTreeMap<AttributePath, Value>,
    /// Leaves that are named and whose value is not known yet.
    held: BTreeSet<AttributePath>,
    /// Single values that must not be there.
    unwanted: Vec<Unwanted>,
}

/// A manifest that the schema lets through and that still cannot be meant.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSpec {
    /// An attribute name that SCIM does not know how to spell (RFC 7643 §2.1).
    #[error(
        "spec.{field} has the key {name:?}, which is no SCIM attribute name: use at most {LONGEST_NAME} letters, \
         digits, '-', '_' and '$'"
    )]
    AttributeName {
        /// `attributes` or `extensions["…"]`.
        field: String,
        /// The key.
        name: String,
    },
    /// An attribute that has, or will have, a field of its own.
    #[error("spec.attributes.{name} is not for this field: {instead}")]
    Shadowed {
        /// The key.
        name: String,
        /// What to use.
        instead: &'static str,
    },
    /// A value with more levels than SCIM has (RFC 7643 §2.3.8).
    #[error(
        "spec.{field}.{name} is nested more deeply than SCIM allows: an attribute has values, and they have \
         sub-attributes, and no more"
    )]
    TooDeep {
        /// `attributes` or `extensions["…"]`.
        field: String,
        /// The key.
        name: String,
    },
    /// A schema that is not an extension, or one with a field of its own.
    #[error("spec.extensions has the schema {schema}: {instead}")]
    NotAnExtension {
        /// The key.
        schema: String,
        /// What to use.
        instead: &'static str,
    },
    /// An entry that cannot be meant.
    #[error("spec.ensureAbsent[{index}]: {problem}")]
    Absent {
        /// Which one.
        index: usize,
        /// What is wrong.
        problem: Unmeant,
    },
    /// More attributes than status can remember.
    #[error("spec names {count} attributes, and at most {MOST_PATHS} can be managed for one {resource_type}")]
    TooMany {
        /// How many leaf paths.
        count: usize,
        /// User or Group.
        resource_type: ResourceType,
    },
}

/// How the core schemas begin (RFC 7643 §10.3); none of them is an extension.
pub(super) const CORE_SCHEMAS: &str = "urn:ietf:params:scim:schemas:core";

/// A list of objects with lists in them; nothing in SCIM is deeper.
const DEEPEST: usize = 3;

/// The most leaf paths of one identity, and the longest name in one: status
/// has to remember them.
const MOST_PATHS: usize = 2_048;
const LONGEST_NAME: usize = 256;

/// The attributes of RFC 7643 §4.1 with a field of the same name in the spec.
const USER_ATTRIBUTES: [&str; 20] = [
    "userName",
    "externalId",
    "displayName",
    "name",
    "nickName",
    "profileUrl",
    "title",
    "userType",
    "preferredLanguage",
    "locale",
    "timezone",
    "active",
    "emails",
    "phoneNumbers",
    "ims",
    "photos",
    "addresses",
    "entitlements",
    "roles",
    "x509Certificates",
];

/// The attributes of RFC 7643 §4.2 with a field of the same name in the spec.
const GROUP_ATTRIBUTES: [&str; 2] = ["displayName", "externalId"];

impl Desired {
    /// These values at these paths.
    pub fn new(
        resource_type: ResourceType,
        values: impl IntoIterator<Item = (AttributePath, Value)>,
    ) -> Self {
        Self {
            resource_type,
            values: values.into_iter().collect(),
            held: BTreeSet::new(),
            unwanted: Vec::new(),
        }
    }

    /// What this user is to be.
    pub fn user(spec: &ScimUserSpec) -> Result<Self, InvalidSpec> {
        let mut desired = Self::new(ResourceType::User, []);
        desired.add_core(spec, &USER_ATTRIBUTES);
        if let Some(enterprise) = &spec.enterprise {
            for (name, value) in fields(enterprise).into_iter().filter(|(name, _)| name != "managerRef") {
                desired.add(&AttributePath::extension(ENTERPRISE_SCHEMA, name), value);
            }
            desired.held.extend(enterprise.manager_ref.iter().map(|_| manager()));
        }
        desired.add_extensions(spec.extensions.as_ref())?;
        desired.add_attributes(spec.attributes.as_ref(), &USER_ATTRIBUTES)?;
        desired.add_unwanted(spec.ensure_absent.as_ref())?;
        desired.checked()
    }

    /// What this group is to be, apart from its members.
    pub fn group(spec: &ScimGroupSpec) -> Result<Self, InvalidSpec> {
        let mut desired = Self::new(ResourceType::Group, []);
        desired.add_core(spec, &GROUP_ATTRIBUTES);
        desired.add_extensions(spec.extensions.as_ref())?;
        desired.add_attributes(spec.attributes.as_ref(), &GROUP_ATTRIBUTES)?;
        desired.checked()
    }

    /// Says who the manager is, by the id on the server, where the manifest
    /// names an object.
    pub fn link_manager(&mut self, id: &str) {
        if self.held.remove(&manager()) {
            self.values.insert(manager(), id.into());
        }
    }

    /// The manager's id, where it is known.
    pub fn manager(&self) -> Option<&str> {
        self.get(&manager())?.as_str()
    }

    /// Single values that must not be there.
    pub fn unwanted(&self) -> &[Unwanted] {
        &self.unwanted
    }

    /// Whether a leaf is named and its value not known yet: what is there
    /// stays.
    pub fn holds(&self, path: &AttributePath) -> bool {
        self.held.contains(path)
    }

    /// User or Group.
    pub fn resource_type(&self) -> ResourceType {
        self.resource_type
    }

    /// Every named leaf with its value.
    pub fn iter(&self) -> impl Iterator<Item = (&AttributePath, &Value)> {
        self.values.iter()
    }

    /// Every named leaf.
    pub fn paths(&self) -> impl Iterator<Item = &AttributePath> {
        self.values.keys()
    }

    /// The wanted value of a leaf.
    pub fn get(&self, path: &AttributePath) -> Option<&Value> {
        self.values.get(path)
    }

    /// A core attribute that is text and not empty.
    pub fn text(&self, attribute: &str) -> Option<&str> {
        self.get(&AttributePath::core(attribute))?.as_str().filter(|text| !text.is_empty())
    }

    /// Whether the manifest names this leaf, the attribute it belongs to, or
    /// a part of it: then its removal would touch something wanted.
    pub fn touches(&self, path: &AttributePath) -> bool {
        self.values.contains_key(path)
            || self.held.contains(path)
            || self.values.contains_key(&path.parent())
            || (path.sub_attribute().is_none() && self.values.keys().any(|named| &named.parent() == path))
    }

    /// The named leaves, as text.
    pub fn path_set(&self) -> BTreeSet<AttributePath> {
        self.values.keys().cloned().collect()
    }

    fn add_core(&mut self, spec: &impl Serialize, attributes: &[&str]) {
        for (name, value) in fields(spec) {
            if attributes.contains(&name.as_str()) {
                self.add(&AttributePath::core(name), value);
            }
        }
    }

    fn add_unwanted(&mut self, entries: Option<&Vec<String>>) -> Result<(), InvalidSpec> {
        let parse = |(index, entry): (usize, &String)| {
            let unwanted = Unwanted::parse(entry).and_then(|unwanted| {
                if self.touches(unwanted.path()) { Err(Unmeant::Named) } else { Ok(unwanted) }
            });
            unwanted.map_err(|problem| InvalidSpec::Absent { index, problem })
        };
        self.unwanted = entries.into_iter().flatten().enumerate().map(parse).collect::<Result<_, _>>()?;
        Ok(())
    }

    fn add_extensions(
        &mut self,
        extensions: Option<&BTreeMap<String, BTreeMap<String, Value>>>,
    ) -> Result<(), InvalidSpec> {
        for (schema, attributes) in extensions.into_iter().flatten() {
            check_extension(schema)?;
            for (name, value) in attributes {
                check_name(name, || format!("extensions[\"{schema}\"]"))?;
                check_parts(name, value, || format!("extensions[\"{schema}\"]"))?;
                self.add(&AttributePath::extension(schema, name), value.clone());
            }
        }
        Ok(())
    }

    fn add_attributes(
        &mut self,
        attributes: Option<&BTreeMap<String, Value>>,
        typed: &[&str],
    ) -> Result<(), InvalidSpec> {
        for (name, value) in attributes.into_iter().flatten() {
            check_name(name, || "attributes".to_owned())?;
            check_free(name, typed)?;
            check_parts(name, value, || "attributes".to_owned())?;
            self.add(&AttributePath::core(name), value.clone());
        }
        Ok(())
    }

    /// Complex attributes are owned sub-attribute by sub-attribute, so that
    /// naming one leaves the others alone.
    fn add(&mut self, path: &AttributePath, value: Value) {
        match value {
            Value::Object(parts) if !parts.is_empty() => {
                for (name, part) in parts {
                    self.values.insert(path.sub(name), part);
                }
            }
            value => {
                self.values.insert(path.clone(), value);
            }
        }
    }

    fn checked(self) -> Result<Self, InvalidSpec> {
        let (count, resource_type) = (self.values.len(), self.resource_type);
        if count > MOST_PATHS {
            return Err(InvalidSpec::TooMany { count, resource_type });
        }
        Ok(self)
    }
}

/// Whether an attribute of the core schema has a field of its own in the spec.
pub(super) fn has_field(name: &str, resource_type: ResourceType) -> bool {
    let typed: &[&str] = match resource_type {
        ResourceType::User => &USER_ATTRIBUTES,
        ResourceType::Group => &GROUP_ATTRIBUTES,
    };
    typed.iter().any(|known| known.eq_ignore_ascii_case(name))
}

/// Where a person's manager is (RFC 7643 §4.3).
fn manager() -> AttributePath {
    AttributePath::extension(ENTERPRISE_SCHEMA, "manager").sub("value")
}

fn fields(value: &impl Serialize) -> Map<String, Value> {
    match serde_json::to_value(value) {
        Ok(Value::Object(fields)) => fields,
        _ => Map::new(),
    }
}

fn check_name(name: &str, field: impl FnOnce() -> String) -> Result<(), InvalidSpec> {
    let legal = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '$');
    if (1..=LONGEST_NAME).contains(&name.len()) && name.chars().all(legal) {
        return Ok(());
    }
    Err(InvalidSpec::AttributeName { field: field(), name: name.to_owned() })
}

/// The names within a complex value: each becomes part of a path.
fn check_parts(name: &str, value: &Value, field: impl Fn() -> String) -> Result<(), InvalidSpec> {
    if depth(value) > DEEPEST {
        return Err(InvalidSpec::TooDeep { field: field(), name: name.to_owned() });
    }
    let mut parts = value.as_object().into_iter().flat_map(Map::keys);
    parts.try_for_each(|part| check_name(part, || format!("{}.{name}", field())))
}

fn depth(value: &Value) -> usize {
    let deepest = |values: &mut dyn Iterator<Item = &Value>| 1 + values.map(depth).max().unwrap_or(0);
    match value {
        Value::Array(values) => deepest(&mut values.iter()),
        Value::Object(parts) => deepest(&mut parts.values()),
        _ => 0,
    }
}

fn check_free(name: &str, typed: &[&str]) -> Result<(), InvalidSpec> {
    let is = |other: &str| name.eq_ignore_ascii_case(other);
    let instead = if ["id", "meta", "schemas", "groups"].into_iter().any(is) {
        "the server or this operator sets it; remove it"
    } else if is("members") {
        "use spec.members of the ScimGroup"
    } else if is("password") {
        "passwords are never written in manifests; remove it"
    } else if typed.iter().any(|known| is(known)) {
        "use the field of the same name in spec"
    } else {
        return Ok(());
    };
    Err(InvalidSpec::Shadowed { name: name.to_owned(), instead })
}

fn check_extension(schema: &str) -> Result<(), InvalidSpec> {
    let is = |other: &str| schema.eq_ignore_ascii_case(other);
    let instead = if is(ENTERPRISE_SCHEMA) {
        "use spec.enterprise"
    } else if is(USER_SCHEMA) || is(GROUP_SCHEMA) || schema.to_ascii_lowercase().starts_with(CORE_SCHEMAS) {
        "it is the core schema; use the fields of spec, or spec.attributes"
    } else if !schema.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("urn:")) {
        "a schema is a URN and starts with urn:"
    } else {
        return Ok(());
    };
    Err(InvalidSpec::NotAnExtension { schema: schema.to_owned(), instead })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn user(field: &str, value: Value) -> Result<Desired, InvalidSpec> {
        let mut spec = json!({
            "providerRef": {"kind": "ScimProvider", "name": "idp"},
            "userName": "ada@example.com",
        });
        spec[field] = value;
        Desired::user(&serde_json::from_value(spec).unwrap())
    }

    #[test]
    fn every_attribute_of_the_spec_is_owned_leaf_by_leaf() {
        let desired = user("name", json!({"givenName": "Ada"})).unwrap();
        let paths: Vec<String> = desired.paths().map(ToString::to_string).collect();
        assert_eq!(paths, ["name.givenName", "userName"]);
    }

    #[test]
    fn a_manager_by_name_is_held_until_the_id_is_known() {
        let mut desired = user("enterprise", json!({"managerRef": {"name": "grace"}})).unwrap();
        assert_eq!(desired.get(&manager()), None);
        assert!(desired.holds(&manager()) && desired.touches(&manager()), "what is there stays");
        desired.link_manager("7");
        assert_eq!(desired.get(&manager()), Some(&json!("7")));
        assert_eq!(desired.paths().count(), 2, "the name of the object is no attribute");
        let mut by_id = user("enterprise", json!({"manager": {"value": "7"}})).unwrap();
        by_id.link_manager("8");
        assert_eq!(by_id.get(&manager()), Some(&json!("7")), "only a manager by name is linked");
    }

    #[test]
    fn no_value_is_both_wanted_and_unwanted() {
        let mut spec = json!({
            "providerRef": {"kind": "ScimProvider", "name": "idp"}, "userName": "ada",
            "ensureAbsent": ["roles[value eq \"auditor\"]"],
        });
        assert!(Desired::user(&serde_json::from_value(spec.clone()).unwrap()).is_ok());
        spec["roles"] = json!([{"value": "auditor"}]);
        let refused = Desired::user(&serde_json::from_value(spec).unwrap());
        assert!(
            matches!(refused, Err(InvalidSpec::Absent { index: 0, problem: Unmeant::Named })),
            "{refused:?}"
        );
    }

    #[test]
    fn what_belongs_elsewhere_is_no_free_attribute() {
        for name in ["id", "meta", "groups", "members", "password", "USERNAME", "emails"] {
            let refused = user("attributes", json!({name: "x"}));
            assert!(matches!(refused, Err(InvalidSpec::Shadowed { .. })), "{name}");
        }
    }

    #[test]
    fn no_name_smuggles_a_path_into_the_core_schema() {
        for name in ["a.b", "members[value eq \"1\"]", "urn:x:y", "", "a b"] {
            let refused = user("attributes", json!({name: "x"}));
            assert!(matches!(refused, Err(InvalidSpec::AttributeName { .. })), "{name}");
            let refused = user("attributes", json!({"badge": {name: "x"}}));
            assert!(matches!(refused, Err(InvalidSpec::AttributeName { .. })), "within: {name}");
        }
        for schema in [
            "urn:ietf:params:scim:schemas:core",
            "URN:ietf:params:scim:schemas:core:2.0:Group",
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
            "members",
        ] {
            let refused = user("extensions", json!({schema: {"a": "x"}}));
            assert!(matches!(refused, Err(InvalidSpec::NotAnExtension { .. })), "{schema}");
        }
        let smuggled = json!({"urn:example:x": {"2": {"0:Group:members": [{"value": "1"}]}}});
        assert!(matches!(user("extensions", smuggled), Err(InvalidSpec::AttributeName { .. })));
    }

    #[test]
    fn nothing_is_deeper_than_scim_is() {
        assert!(user("attributes", json!({"badges": [{"colours": ["red"]}]})).is_ok());
        let deep = json!({"badges": [{"colours": [{"name": "red"}]}]});
        assert!(matches!(user("attributes", deep), Err(InvalidSpec::TooDeep { .. })));
    }
}
