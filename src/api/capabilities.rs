//! What the operator can do with a server, as a provider's status shows it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What is in force with one server.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Capabilities {
    /// The profile's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 63))]
    pub profile: Option<String>,

    /// What can be done with users.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub users: Option<KindCapabilities>,

    /// What can be done with groups.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub groups: Option<KindCapabilities>,
}

/// What can be done with one kind of resource.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct KindCapabilities {
    /// Whether the server has it at all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub supported: Option<bool>,

    /// How it is changed: Patch, Put, or None where it cannot be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 32))]
    pub update: Option<String>,

    /// Whether it is looked up by filter; else everything is listed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filter: Option<bool>,

    /// How pages are asked for: Index, Cursor, Search or Whole. Absent: by
    /// index, and as it turns out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 32))]
    pub paging: Option<String>,

    /// How many of it are asked for in one page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub page_size: Option<i64>,

    /// What a deletion does: Gone, Deactivates, Irreversible or Unsupported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 32))]
    pub deletion: Option<String>,

    /// What `active: false` does: Reversible, Destructive or Unsupported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 32))]
    pub deactivation: Option<String>,
}
