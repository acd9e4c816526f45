//! The names of RFC 7643, in whatever case they come.

use scim_operator::scim::path::{ENTERPRISE_SCHEMA, GROUP_SCHEMA, USER_SCHEMA};
use serde_json::{Map, Value};

use super::ResourceType;

/// The attributes of the core User and Group (RFC 7643 §3.1, §4.1, §4.2).
const USER: [&str; 25] = [
    "schemas",
    "id",
    "externalId",
    "meta",
    "userName",
    "name",
    "displayName",
    "nickName",
    "profileUrl",
    "title",
    "userType",
    "preferredLanguage",
    "locale",
    "timezone",
    "active",
    "password",
    "emails",
    "phoneNumbers",
    "ims",
    "photos",
    "addresses",
    "groups",
    "entitlements",
    "roles",
    "x509Certificates",
];
const GROUP: [&str; 6] = ["schemas", "id", "externalId", "meta", "displayName", "members"];

/// Their sub-attributes, and the attributes of the enterprise extension.
const INNER: [&str; 28] = [
    "formatted",
    "familyName",
    "givenName",
    "middleName",
    "honorificPrefix",
    "honorificSuffix",
    "value",
    "display",
    "type",
    "primary",
    "$ref",
    "streetAddress",
    "locality",
    "region",
    "postalCode",
    "country",
    "employeeNumber",
    "costCenter",
    "organization",
    "division",
    "department",
    "manager",
    "displayName",
    "resourceType",
    "created",
    "lastModified",
    "location",
    "version",
];

pub(super) fn core_schema(resource_type: ResourceType) -> &'static str {
    match resource_type {
        ResourceType::User => USER_SCHEMA,
        ResourceType::Group => GROUP_SCHEMA,
    }
}

/// Whether RFC 7643 has an attribute, or a schema, of this name.
pub(super) fn is_known(resource_type: ResourceType, name: &str) -> bool {
    let known: &[&str] = match resource_type {
        ResourceType::User => &USER,
        ResourceType::Group => &GROUP,
    };
    known.contains(&name) || (resource_type == ResourceType::User && name == ENTERPRISE_SCHEMA)
}

/// The attributes that are null on servers which show all there could be.
pub(super) fn nullable(resource_type: ResourceType) -> &'static [&'static str] {
    match resource_type {
        ResourceType::User => &["nickName", "title", "userType", "preferredLanguage", "locale", "addresses"],
        ResourceType::Group => &["externalId"],
    }
}

/// The RFC's spelling, where it has the name.
pub(super) fn canonical(name: &str) -> String {
    let known =
        USER.iter().chain(&GROUP).chain(&INNER).chain(&[USER_SCHEMA, GROUP_SCHEMA, ENTERPRISE_SCHEMA]);
    known.copied().find(|known| known.eq_ignore_ascii_case(name)).unwrap_or(name).to_owned()
}

/// Every name in the RFC's spelling.
pub(super) fn canonical_names(value: Value) -> Value {
    match value {
        Value::Object(object) => {
            let members = object.into_iter().map(|(name, value)| (canonical(&name), canonical_names(value)));
            Value::Object(members.collect())
        }
        Value::Array(values) => Value::Array(values.into_iter().map(canonical_names).collect()),
        simple => simple,
    }
}

/// Without what says the same as nothing (RFC 7643 §2.5).
pub(super) fn without_absent(object: Map<String, Value>) -> Map<String, Value> {
    let present = |value: &Value| !scim_operator::scim::resource::is_absent(value);
    object
        .into_iter()
        .map(|(name, value)| match value {
            Value::Object(inner) => (name, Value::Object(without_absent(inner))),
            other => (name, other),
        })
        .filter(|(_, value)| present(value))
        .collect()
}

/// Equal as names are: whatever the case.
pub(super) fn equal(left: &Value, right: &Value) -> bool {
    match (left.as_str(), right.as_str()) {
        (Some(left), Some(right)) => left.to_lowercase() == right.to_lowercase(),
        _ => left == right && !left.is_null(),
    }
}
