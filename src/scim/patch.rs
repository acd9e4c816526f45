//! PATCH requests (RFC 7644 §3.5.2).

use serde_json::{Value, json};

use super::{filter::Filter, path::AttributePath};

/// The schema of a PATCH body.
pub const PATCH_SCHEMA: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

/// One PATCH: the server applies all of it or nothing.
#[derive(Clone, Debug, PartialEq)]
pub struct PatchRequest {
    /// In the order in which they are applied.
    pub operations: Vec<Operation>,
}

/// One operation on one path. `replace` sets, whether or not something was
/// there (RFC 7644 §3.5.2.3).
#[derive(Clone, Debug, PartialEq)]
pub enum Operation {
    /// Adds values to a multi-valued attribute.
    Add {
        /// The multi-valued attribute.
        path: AttributePath,
        /// The values to add.
        values: Vec<Value>,
    },
    /// Makes the attribute equal to the value.
    Replace {
        /// The attribute or sub-attribute.
        path: AttributePath,
        /// Its whole new value.
        value: Value,
    },
    /// Removes the attribute.
    Remove {
        /// The attribute or sub-attribute.
        path: AttributePath,
    },
    /// Removes the values of a multi-valued attribute whose `value` is this.
    /// A `value` beside `remove` selects nothing (RFC 7644 §3.5.2.2), so the
    /// selection is in the path.
    RemoveValue {
        /// The multi-valued attribute.
        path: AttributePath,
        /// The `value` of the values to remove.
        value: String,
    },
    /// Removes the values of a multi-valued attribute that this filter is true
    /// of, where they are known by something else than their `value`.
    RemoveWhere {
        /// The multi-valued attribute.
        path: AttributePath,
        /// About a sub-attribute of the values to remove.
        filter: Filter,
    },
}

impl PatchRequest {
    /// The request's JSON body.
    pub fn body(&self) -> Value {
        let operations: Vec<Value> = self.operations.iter().map(Operation::body).collect();
        json!({"schemas": [PATCH_SCHEMA], "Operations": operations})
    }
}

impl Operation {
    fn body(&self) -> Value {
        match self {
            Self::Add { path, values } => json!({"op": "add", "path": path.to_string(), "value": values}),
            Self::Replace { path, value } => {
                json!({"op": "replace", "path": path.to_string(), "value": value})
            }
            Self::Remove { path } => json!({"op": "remove", "path": path.to_string()}),
            Self::RemoveValue { path, value } => {
                let selection = Filter::eq(AttributePath::core("value"), value);
                json!({"op": "remove", "path": format!("{path}[{selection}]")})
            }
            Self::RemoveWhere { path, filter } => {
                json!({"op": "remove", "path": format!("{path}[{filter}]")})
            }
        }
    }
}
