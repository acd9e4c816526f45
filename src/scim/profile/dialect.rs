//! How a PATCH is written (RFC 7644 §3.5.2).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How a PATCH is written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PatchDialect {
    /// The key of the list of operations.
    pub operations_key: OperationsKey,
    /// Whether the body names its schema.
    pub schemas: bool,
    /// How the attributes that are set are divided among operations.
    pub shape: PatchShape,
    /// What stands for the path of an operation that has none.
    pub empty_path: EmptyPath,
    /// Whether the value object of such an operation names the resource's
    /// `id`.
    pub with_id: bool,
    /// How the path of a core attribute is written.
    pub core_path: CorePath,
    /// How the path of an extension's attribute is written.
    pub extension_path: ExtensionPath,
    /// How an attribute is cleared.
    pub clear: Clear,
    /// What a removal has in `value`.
    pub remove_value: RemoveValue,
    /// The most operations of one request. null: no limit.
    #[serde(default)]
    pub max_operations: Option<u32>,
    /// The most bytes of one request. null: no limit.
    #[serde(default)]
    pub max_bytes: Option<u32>,
}

/// The key of the list of operations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum OperationsKey {
    /// As the standard has it.
    Operations,
    /// In lower case.
    #[serde(rename = "operations")]
    LowerCase,
}

/// How the attributes that are set are divided among operations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum PatchShape {
    /// Each has an operation with its path.
    PathPerOperation,
    /// All are in the value of one operation without a path.
    ValueObject,
}

/// What stands for the path of an operation that has none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum EmptyPath {
    /// Nothing.
    Omitted,
    /// `"path": ""`.
    Empty,
}

/// How the path of a core attribute is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum CorePath {
    /// `userName`.
    Plain,
    /// `urn:ietf:params:scim:schemas:core:2.0:User:userName`.
    Urn,
}

/// How an extension's attribute is addressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum ExtensionPath {
    /// `urn:…:User:department` (RFC 7644 §3.10).
    Urn,
    /// The path is the extension's URN, and the value an object.
    Object,
    /// An operation without a path, whose value has the extension's URN as a
    /// key.
    ValueObject,
}

/// How an attribute is cleared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Clear {
    /// `remove`.
    Remove,
    /// `replace` by `""` or `[]`.
    ReplaceByEmpty,
    /// `replace` by null.
    ReplaceByNull,
}

/// What a removal has in `value`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum RemoveValue {
    /// There is none.
    Omitted,
    /// `{}`.
    EmptyObject,
}
