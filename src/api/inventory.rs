//! What the listings of a server show of the identities that objects stand
//! for.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The identities of one kind on a server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct IdentityCounts {
    /// For how many of them an object of this provider stands.
    #[schemars(range(min = 0))]
    pub managed: i64,

    /// How many of these are not as their object wants them, or are missing.
    #[schemars(range(min = 0))]
    pub drifted: i64,

    /// For how many on the server no object stands.
    #[schemars(range(min = 0))]
    pub unmanaged: i64,
}

/// Identities that are missing at once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MissingInventory {
    /// How many users are missing.
    #[schemars(range(min = 0))]
    pub users: i64,

    /// How many groups are missing.
    #[schemars(range(min = 0))]
    pub groups: i64,

    /// Since when it is so.
    pub since: Time,
}
