//! What the listings of a server show of the identities that objects stand
//! for.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

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
