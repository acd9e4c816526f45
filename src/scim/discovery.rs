//! What a server says of itself (RFC 7643 §5): advice, never a condition.

use serde_json::Value;

use super::resource::{Resource, find};

/// The parts of a `ServiceProviderConfig` that are of use. What is missing or
/// odd is unknown.
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
}

impl Discovery {
    /// Reads whatever can be read.
    pub fn read(document: &Resource) -> Self {
        let part = |feature: &str| find(document.as_object(), feature)?.as_object();
        let supported = |feature: &str| find(part(feature)?, "supported")?.as_bool();
        Self {
            patch: supported("patch"),
            filter: supported("filter"),
            max_results: part("filter").and_then(|filter| find(filter, "maxResults")).and_then(Value::as_u64),
            etag: supported("etag"),
        }
    }
}
