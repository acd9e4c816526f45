//! What a server says of itself (RFC 7643 §5, §6): advice, never a condition.

use serde_json::Value;

use super::{
    port::ResourceType,
    resource::{Resource, find},
};

/// The parts of a server's own description that are of use. What is missing
/// or odd is unknown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Discovery {
    /// Whether PATCH is said to work.
    pub patch: Option<bool>,
    /// Whether filters are said to work.
    pub filter: Option<bool>,
    /// The most resources one answer is said to hold.
    pub max_results: Option<u64>,
    /// Whether entity tags are said to work.
    pub etag: Option<bool>,
    /// Whether pages are said to be had by cursor, and not by index (RFC 9865
    /// §4).
    pub cursor: Option<bool>,
    /// The names of the resource types, where they were listed.
    pub resource_types: Option<Vec<String>>,
}

impl Discovery {
    /// Reads whatever can be read of a `ServiceProviderConfig`.
    pub fn read(document: &Resource) -> Self {
        let part = |feature: &str| find(document.as_object(), feature)?.as_object();
        let said = |feature: &str, name: &str| find(part(feature)?, name)?.as_bool();
        let by_index = said("pagination", "index");
        Self {
            patch: said("patch", "supported"),
            filter: said("filter", "supported"),
            max_results: part("filter").and_then(|filter| find(filter, "maxResults")).and_then(Value::as_u64),
            etag: said("etag", "supported"),
            cursor: said("pagination", "cursor").map(|cursor| cursor && by_index == Some(false)),
            resource_types: None,
        }
    }

    /// The names in a list of resource types, be it a `ListResponse` or a bare
    /// array. `None` unless users are among them: no list worth believing is
    /// without.
    pub fn resource_types(document: &Value) -> Option<Vec<String>> {
        let types = match document {
            Value::Array(types) => types,
            Value::Object(list) => find(list, "Resources")?.as_array()?,
            _ => return None,
        };
        let name =
            |resource_type: &Value| Some(find(resource_type.as_object()?, "name")?.as_str()?.to_owned());
        let names: Vec<String> = types.iter().filter_map(name).collect();
        names.iter().any(|name| name.eq_ignore_ascii_case("User")).then_some(names)
    }

    /// Whether the server says that it has this kind of resource.
    pub fn has(&self, resource_type: ResourceType) -> Option<bool> {
        let names = self.resource_types.as_ref()?;
        Some(names.iter().any(|name| name.eq_ignore_ascii_case(&resource_type.to_string())))
    }
}
