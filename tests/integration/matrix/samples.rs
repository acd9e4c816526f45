//! Values for the attributes of a user: what is set first, what it is changed
//! to, and how it is cleared.

use serde_json::{Value, json};

use crate::support::objects::Manifest;

const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const BADGES: &str = "urn:example:params:scim:schemas:extension:badges:2.0:User";

/// One field of `spec`, and values for it.
#[derive(Clone, Debug)]
pub(super) struct Sample {
    pub(super) field: &'static str,
    pub(super) first: Value,
    pub(super) second: Value,
}

impl Sample {
    pub(super) fn new(field: &'static str, first: Value, second: Value) -> Self {
        Self { field, first, second }
    }

    /// The manifest that clears it: text by `""`, a list by `[]`, a name by
    /// `""` in its parts, and what else is made of parts by leaving it out.
    pub(super) fn cleared(&self, manifest: Manifest) -> Manifest {
        match &self.first {
            Value::String(_) => manifest.with(self.field, ""),
            Value::Array(_) => manifest.with(self.field, json!([])),
            Value::Object(parts) if self.field == "name" => {
                let nothing: Value = parts.keys().map(|part| (part.clone(), json!(""))).collect();
                manifest.with(self.field, nothing)
            }
            _ => without(manifest, self.field),
        }
    }

    /// Where a value of the field is in a resource.
    pub(super) fn in_resource(&self, value: &Value) -> Value {
        match self.field {
            "enterprise" => json!({ENTERPRISE: value}),
            "extensions" | "attributes" => value.clone(),
            field => json!({field: value}),
        }
    }
}

/// Leaves a field out, if it is there.
pub(super) fn without(manifest: Manifest, field: &str) -> Manifest {
    if manifest.value["spec"].get(field).is_some() { manifest.without(field) } else { manifest }
}

/// One of each attribute that a manifest can name.
pub(super) fn standard() -> Vec<Sample> {
    let mut samples = texts();
    samples.push(Sample::new(
        "name",
        json!({"givenName": "Ada", "familyName": "Example"}),
        json!({"givenName": "Augusta", "familyName": "Example"}),
    ));
    samples.extend(lists());
    samples.extend([
        Sample::new(
            "enterprise",
            json!({"department": "Programs", "costCenter": "4130"}),
            json!({"department": "Engines", "costCenter": "4130"}),
        ),
        Sample::new("extensions", json!({BADGES: {"badge": "silver"}}), json!({BADGES: {"badge": "gold"}})),
        Sample::new("attributes", json!({"costume": "gown"}), json!({"costume": "cape"})),
    ]);
    samples
}

/// The values for one field.
pub(super) fn of(field: &str, samples: Vec<Sample>) -> Sample {
    samples.into_iter().find(|sample| sample.field == field).expect("a field that there is")
}

/// The standard samples with others in the place of those of the same field.
pub(super) fn standard_but(others: impl IntoIterator<Item = Sample>) -> Vec<Sample> {
    let mut samples = standard();
    for other in others {
        let place = samples.iter_mut().find(|sample| sample.field == other.field);
        *place.expect("a field that there is") = other;
    }
    samples
}

fn texts() -> Vec<Sample> {
    [
        ("externalId", "701984", "701985"),
        ("displayName", "Ada Example", "Ada E."),
        ("nickName", "Countess", "Enchantress"),
        ("profileUrl", "https://people.example.com/ada", "https://people.example.com/countess"),
        ("title", "Analyst", "Programmer"),
        ("userType", "Employee", "Contractor"),
        ("preferredLanguage", "en-GB", "nb-NO"),
        ("locale", "en-GB", "nb-NO"),
        ("timezone", "Europe/London", "Europe/Oslo"),
    ]
    .map(|(field, first, second)| Sample::new(field, json!(first), json!(second)))
    .into()
}

fn lists() -> Vec<Sample> {
    let one = |field, first: Value, second: Value| Sample::new(field, json!([first]), json!([second]));
    vec![
        Sample::new(
            "emails",
            json!([{"value": "first@people.example.com", "type": "work", "primary": true}]),
            json!([
                {"value": "first@people.example.com", "type": "work", "primary": true},
                {"value": "first@home.example.com", "type": "home"},
            ]),
        ),
        one(
            "phoneNumbers",
            json!({"value": "tel:+1-201-555-0123", "type": "work"}),
            json!({"value": "tel:+1-201-555-0124", "type": "work"}),
        ),
        one(
            "ims",
            json!({"value": "ada@chat.example.com", "type": "xmpp"}),
            json!({"value": "countess@chat.example.com", "type": "xmpp"}),
        ),
        one(
            "photos",
            json!({"value": "https://photos.example.com/ada.jpg", "type": "photo"}),
            json!({"value": "https://photos.example.com/countess.jpg", "type": "photo"}),
        ),
        one(
            "addresses",
            json!({"streetAddress": "100 Example Street", "locality": "Springfield", "type": "work"}),
            json!({"streetAddress": "200 Example Street", "locality": "Springfield", "type": "work"}),
        ),
        one("entitlements", json!({"value": "license-standard"}), json!({"value": "license-full"})),
        one("roles", json!({"value": "auditor"}), json!({"value": "owner"})),
        one("x509Certificates", json!({"value": "TUlJRGV4YW1wbGU="}), json!({"value": "TUlJRG90aGVy"})),
    ]
}

/// Is everything of `wanted` in `found`? The server may have more, but no more
/// values in a list.
pub(super) fn holds(found: &Value, wanted: &Value) -> bool {
    match (found, wanted) {
        (Value::Object(found), Value::Object(wanted)) => {
            wanted.iter().all(|(name, value)| found.get(name).is_some_and(|found| holds(found, value)))
        }
        (Value::Array(found), Value::Array(wanted)) => {
            found.len() == wanted.len()
                && wanted.iter().all(|wanted| found.iter().any(|found| holds(found, wanted)))
        }
        _ => found == wanted,
    }
}

/// Is nothing left of `wanted` in `found`?
pub(super) fn lacks(found: &Value, wanted: &Value) -> bool {
    match (found, wanted) {
        (Value::Null, _) => true,
        (Value::String(text), _) => text.is_empty(),
        (Value::Array(values), _) => values.is_empty(),
        (Value::Object(found), Value::Object(wanted)) => {
            wanted.iter().all(|(name, value)| found.get(name).is_none_or(|found| lacks(found, value)))
        }
        _ => false,
    }
}
