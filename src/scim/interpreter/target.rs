//! What a PATCH path points at.

use serde_json::{Map, Value};

use super::PatchFault;
use crate::scim::{
    error::ScimType,
    filter::{Expression, ValuePath},
    path::{ENTERPRISE_SCHEMA, GROUP_SCHEMA, USER_SCHEMA},
    resource::find,
};

/// Attributes that only the server writes (RFC 7643 §3.1, §4.1.2).
const READ_ONLY: [&str; 3] = ["id", "meta", "groups"];

/// An attribute of the core schema or an extension, perhaps some of its
/// values, perhaps one sub-attribute.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Target {
    /// The extension's URN.
    pub(super) schema: Option<String>,
    /// The attribute; the extension's URN where all of it is meant.
    pub(super) attribute: String,
    /// Which of its values are meant.
    pub(super) filter: Option<Expression>,
    /// Which sub-attribute is meant.
    pub(super) sub: Option<String>,
}

impl Target {
    /// Reads a path (RFC 7644 §3.5.2, figure 7).
    pub(super) fn parse(text: &str, object: &Map<String, Value>) -> Result<Self, PatchFault> {
        if is_extension(text, object) {
            return Ok(Self::whole(text));
        }
        let fault = |error: &dyn std::fmt::Display| PatchFault::new(ScimType::InvalidPath, error);
        let ValuePath { path, selection } = ValuePath::parse(text).map_err(|error| fault(&error))?;
        let schema = path.schema().filter(|schema| !is_core(schema)).map(ToOwned::to_owned);
        let attribute = path.attribute().to_owned();
        let (filter, sub) = match (selection, path.sub_attribute()) {
            (Some(_), Some(_)) => return Err(fault(&"a sub-attribute has no values to select from")),
            (Some((filter, sub)), None) => (Some(filter), sub),
            (None, sub) => (None, sub.map(ToOwned::to_owned)),
        };
        Ok(Self { schema, attribute, filter, sub })
    }

    /// A member of a value without a path; `None` for the core schema, whose
    /// attributes are the resource's own.
    pub(super) fn of_attribute(name: &str) -> Option<Self> {
        (!is_core(name)).then(|| Self::whole(name))
    }

    fn whole(attribute: &str) -> Self {
        Self { schema: None, attribute: attribute.to_owned(), filter: None, sub: None }
    }

    /// Whether all of an extension is meant.
    pub(super) fn is_schema(&self) -> bool {
        self.attribute.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("urn:"))
    }

    /// A read-only attribute takes no other value (RFC 7644 §3.5.2).
    pub(super) fn check_writable(
        &self,
        object: &Map<String, Value>,
        value: &Value,
    ) -> Result<(), PatchFault> {
        let read_only =
            self.schema.is_none() && READ_ONLY.iter().any(|name| name.eq_ignore_ascii_case(&self.attribute));
        let unchanged = self.filter.is_none()
            && self.sub.is_none()
            && find(object, &self.attribute).is_some_and(|current| current == value);
        if read_only && !unchanged {
            return Err(PatchFault::new(ScimType::Mutability, format!("{} is read-only", self.attribute)));
        }
        Ok(())
    }
}

fn is_core(urn: &str) -> bool {
    urn.eq_ignore_ascii_case(USER_SCHEMA) || urn.eq_ignore_ascii_case(GROUP_SCHEMA)
}

fn is_extension(urn: &str, object: &Map<String, Value>) -> bool {
    let is_it = |known: &str| known.eq_ignore_ascii_case(urn);
    let schemas = find(object, "schemas").and_then(Value::as_array);
    let named = schemas.is_some_and(|schemas| schemas.iter().filter_map(Value::as_str).any(is_it));
    let looks_like_one = urn.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("urn:"));
    looks_like_one && (is_it(ENTERPRISE_SCHEMA) || named || object.keys().any(|key| is_it(key)))
}
