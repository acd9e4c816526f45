//! `ScimProvider`: a SCIM server and how to reach it.

#![expect(unreachable_pub, reason = "KubeSchema repeats each struct inside a function")]

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{
    auth::{Auth, TlsSettings},
    bounds,
    capabilities::Capabilities,
    grants::Grant,
    guard::DeletionGuard,
    inventory::{IdentityCounts, MissingInventory},
    overrides,
    rules::{is_a_duration, is_a_period, none_needs_a_test, token_url_is_safe, url_is_plain, url_is_safe},
    schema,
    shared::DeletionPolicy,
};

/// The server and how to reach it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, CustomResource, KubeSchema)]
#[kube(
    group = "scim-operator.dev",
    version = "v1alpha1",
    kind = "ScimProvider",
    plural = "scimproviders",
    shortname = "scimp",
    category = "scim",
    namespaced,
    status = "ScimProviderStatus",
    cel,
    derive = "Default",
    derive = "PartialEq",
    doc = "A SCIM 2.0 server (RFC 7644) and how to reach it. ScimUser and ScimGroup objects of the same namespace name it in spec.providerRef.",
    printcolumn = r#"{"name": "URL", "type": "string", "jsonPath": ".spec.url", "description": "The SCIM base URL."}"#,
    printcolumn = r#"{"name": "Ready", "type": "string", "jsonPath": ".status.conditions[?(@.type==\"Ready\")].status", "description": "Whether the server can be used."}"#,
    printcolumn = r#"{"name": "Reason", "type": "string", "jsonPath": ".status.conditions[?(@.type==\"Ready\")].reason", "description": "Why it can or cannot be used."}"#,
    printcolumn = r#"{"name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp", "description": "The time since the object was created."}"#,
    printcolumn = r#"{"name": "Message", "type": "string", "jsonPath": ".status.conditions[?(@.type==\"Ready\")].message", "priority": 1, "description": "What happened and what to do about it."}"#
)]
#[x_kube(
    validation = url_is_plain(),
    validation = url_is_safe(),
    validation = token_url_is_safe(),
    validation = none_needs_a_test()
)]
#[serde(rename_all = "camelCase")]
pub struct ScimProviderSpec {
    /// The SCIM base URL: what comes before `/Users` (RFC 7644 §1.3), for
    /// example `https://scim.example.com/scim/v2`. No user name, query or
    /// fragment. When it comes to point at another server or another path,
    /// the objects that already have an identity stop with `EndpointChanged`,
    /// because ids of one server are strangers on another.
    #[schemars(length(min = 1, max = bounds::URL))]
    pub url: String,

    /// The profile: how the server deviates from the standard. `rfc7644` is
    /// the standard itself; `scim-operator profile list` names them all.
    /// Absent: rfc7644.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 63))]
    pub profile: Option<String>,

    /// What is different from the profile: any of its fields, as
    /// `scim-operator profile show` prints them. Absent: nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "overrides::schema")]
    pub overrides: Option<Map<String, Value>>,

    /// Values for the parameters in the profile's paths, by name, such as
    /// `tenant`. Each is one part of a path. Absent: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::parameters")]
    pub parameters: Option<BTreeMap<String, String>>,

    /// How the operator proves who it is.
    pub auth: Auth,

    /// How the server and the operator know each other on the connection.
    /// Absent: the server by the system's certificates, the operator not at
    /// all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls: Option<TlsSettings>,

    /// Allows `http://` in `url`: everything, the token too, then travels
    /// readable by anybody on the way. For tests. Absent: false.
    #[serde(default, rename = "allowInsecureHTTP", skip_serializing_if = "Option::is_none")]
    pub allow_insecure_http: Option<bool>,

    /// How often the server's users and groups are listed and compared with
    /// the objects, so that what somebody changed there is put right: a
    /// duration such as `10m`, `90s` or `1h30m`, at least `1s`. Absent:
    /// `10m`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 32))]
    #[x_kube(validation = is_a_duration())]
    pub resync_interval: Option<String>,

    /// How many requests are sent to the server. Absent: as many as it
    /// answers, 16 at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate_limit: Option<RateLimit>,

    /// Whether objects may take over identities that are on the server
    /// already, with `adoptionPolicy: Adopt` of their own. Absent: Allowed;
    /// at a `ClusterScimProvider` a grant has to allow it too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub adoption: Option<Adoption>,

    /// What becomes of an identity that was created from a `ScimUser` or
    /// `ScimGroup` when that object is deleted and names no policy of its own.
    /// Delete: it is deleted on the server. Deactivate: a user's `active`
    /// becomes false; a group stays. Retain: it stays there and is no longer
    /// managed. Adopted identities stay unless their object says otherwise.
    /// Absent: Delete.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deletion_policy: Option<DeletionPolicy>,

    /// What becomes of values that somebody changed on the server after the
    /// manifest had been applied. Heal: they are changed back. Report: the
    /// object says which (`Drifted`), and nothing is sent before its manifest
    /// changes or somebody asks for it with the annotation
    /// `scim-operator.dev/reconcile-requested-at`. Absent: Heal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drift_policy: Option<DriftPolicy>,

    /// What becomes of an account that somebody disabled on the server,
    /// although its manifest does not say `active: false`. Report: it stays
    /// disabled, nothing at all is sent to it, and the user says so
    /// (`ExternallyDeactivated`), until the annotation
    /// `scim-operator.dev/reactivate-requested-at` on the user has a new
    /// value, or somebody enables it there. Heal: where the manifest says
    /// `active: true`, it is enabled again. Absent: Report.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_external_deactivation: Option<ExternalDeactivation>,

    /// What becomes of an object whose identity somebody deleted on the
    /// server. Recreate: it is created anew. Report: the object says so
    /// (`RemoteMissing`), and it is created anew when the annotation
    /// `scim-operator.dev/reconcile-requested-at` on the object has a new
    /// value. Absent: Recreate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_external_deletion: Option<ExternalDeletion>,

    /// Names that nothing is ever done to, whatever objects say. Absent: only
    /// that of the operator's own account, where the credentials tell it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub protected: Option<ProtectedNames>,

    /// How many identities of the server may be deleted or made inactive, and
    /// members removed from a group, before a person is asked
    /// (`DeletionHeld`). Where several providers are of one server, the
    /// strictest counts. Absent: as each of its fields says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deletion_guard: Option<DeletionGuard>,

    /// Stops everything: no request is sent to the server, not even for
    /// objects that are deleted; those wait. Absent: false.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suspend: Option<bool>,
}

/// The server and how to reach it, and who may use it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, CustomResource, KubeSchema)]
#[kube(
    group = "scim-operator.dev",
    version = "v1alpha1",
    kind = "ClusterScimProvider",
    plural = "clusterscimproviders",
    shortname = "scimcp",
    category = "scim",
    status = "ScimProviderStatus",
    cel,
    derive = "Default",
    derive = "PartialEq",
    doc = "A SCIM 2.0 server (RFC 7644) and how to reach it, for many namespaces. ScimUser and ScimGroup objects of any namespace name it in spec.providerRef, as far as a grant permits. Its Secrets are those of the operator's namespace.",
    printcolumn = r#"{"name": "URL", "type": "string", "jsonPath": ".spec.url", "description": "The SCIM base URL."}"#,
    printcolumn = r#"{"name": "Ready", "type": "string", "jsonPath": ".status.conditions[?(@.type==\"Ready\")].status", "description": "Whether the server can be used."}"#,
    printcolumn = r#"{"name": "Reason", "type": "string", "jsonPath": ".status.conditions[?(@.type==\"Ready\")].reason", "description": "Why it can or cannot be used."}"#,
    printcolumn = r#"{"name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp", "description": "The time since the object was created."}"#,
    printcolumn = r#"{"name": "Message", "type": "string", "jsonPath": ".status.conditions[?(@.type==\"Ready\")].message", "priority": 1, "description": "What happened and what to do about it."}"#
)]
#[serde(rename_all = "camelCase")]
pub struct ClusterScimProviderSpec {
    /// What a `ScimProvider` has, with its rules.
    #[serde(flatten)]
    pub provider: ScimProviderSpec,

    /// Who may use the provider, and for what; at most 64. What no grant
    /// permits is refused (`NotGranted`). Absent: nobody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = bounds::GRANTS))]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub grants: Option<Vec<Grant>>,
}

/// Whether identities that are there already may be taken over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum Adoption {
    #[default]
    Allowed,
    Forbidden,
}

/// What becomes of values that somebody changed on the server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum DriftPolicy {
    #[default]
    Heal,
    Report,
}

/// What becomes of accounts that somebody disabled on the server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum ExternalDeactivation {
    #[default]
    Report,
    Heal,
}

/// What becomes of objects whose identity somebody deleted on the server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum ExternalDeletion {
    #[default]
    Recreate,
    Report,
}

/// Names of those who are never adopted, changed, deactivated, deleted or
/// removed from a group, and which nobody is given.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProtectedNames {
    /// The userNames, whatever the case, for example `["break-glass"]`.
    /// Absent: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = bounds::PROTECTED), inner(length(min = 1, max = bounds::PATTERN)))]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub user_names: Option<Vec<String>>,

    /// The displayNames of groups, whatever the case, for example
    /// `["Administrators"]`. Their members stay as they are, too. Absent:
    /// none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = bounds::PROTECTED), inner(length(min = 1, max = bounds::PATTERN)))]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub groups: Option<Vec<String>>,
}

/// How many requests are sent to one server.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct RateLimit {
    /// The most requests in each `per`, of all kinds together, for example
    /// `600`. Absent: no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 1_000_000))]
    pub requests: Option<i32>,

    /// The time in which so many requests are sent: a duration such as `1m`
    /// or `1s`, from `1s` to `24h`. Absent: `1m`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 32))]
    #[x_kube(validation = is_a_period())]
    pub per: Option<String>,

    /// A limit for those requests that change something (POST, PUT, PATCH and
    /// DELETE) beside the one for all. Absent: no limit of their own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub writes: Option<Rate>,

    /// The most requests under way at the same time, from 1 to 64. Absent:
    /// 16.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 64))]
    pub max_concurrent: Option<i32>,
}

/// A number of requests in a time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct Rate {
    /// The most requests in each `per`, for example `60`.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub requests: i32,

    /// The time in which so many requests are sent: a duration such as `1m`
    /// or `1s`, from `1s` to `24h`. Absent: `1m`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 32))]
    #[x_kube(validation = is_a_period())]
    pub per: Option<String>,
}

/// What the operator found out about the server.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ScimProviderStatus {
    /// The metadata.generation that this status speaks of. Lower than the
    /// object's: the last change was not looked at yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0))]
    pub observed_generation: Option<i64>,

    /// The server and the place on it: scheme, host, port and base path, for
    /// example `https://scim.example.com/scim/v2`. Identities are bound to
    /// it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = bounds::URL))]
    pub endpoint_key: Option<String>,

    /// What is in force with the server: the profile, and what the server
    /// says of itself where the profile leaves something open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capabilities: Option<Capabilities>,

    /// How many users there are, when the server was last counted: at most
    /// every 5 minutes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub users: Option<IdentityCounts>,

    /// How many groups there are, in the same way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub groups: Option<IdentityCounts>,

    /// The identities that are missing on the server at once, and are too
    /// many to be believed to be gone (`InventoryImplausible`). Absent: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missing: Option<MissingInventory>,

    /// What is so and what is not, by type. Ready: the server answers as
    /// SCIM, and accepts the credentials.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::conditions")]
    pub conditions: Option<Vec<Condition>>,
}
