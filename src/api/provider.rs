//! `ScimProvider`: a SCIM server and how to reach it.

#![expect(unreachable_pub, reason = "KubeSchema repeats each struct inside a function")]

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    bounds,
    rules::{auth_has_its_block, is_a_duration, url_is_plain, url_is_safe},
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
#[x_kube(validation = url_is_plain(), validation = url_is_safe())]
#[serde(rename_all = "camelCase")]
pub struct ScimProviderSpec {
    /// The SCIM base URL: what comes before `/Users` (RFC 7644 §1.3), for
    /// example `https://scim.example.com/scim/v2`. No user name, query or
    /// fragment. When it comes to point at another server or another path,
    /// the objects that already have an identity stop with `EndpointChanged`,
    /// because ids of one server are strangers on another.
    #[schemars(length(min = 1, max = bounds::URL))]
    pub url: String,

    /// How the operator proves who it is.
    pub auth: Auth,

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

    /// What becomes of an identity when its `ScimUser` or `ScimGroup` is deleted
    /// and names no policy of its own. Delete: it is deleted on the server.
    /// Retain: it stays there and is no longer managed. Absent: Delete for
    /// identities that were created from an object, Retain for others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deletion_policy: Option<DeletionPolicy>,
}

/// How the operator proves who it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, KubeSchema)]
#[x_kube(validation = auth_has_its_block())]
#[serde(rename_all = "camelCase")]
pub struct Auth {
    /// The method. The block of the same name, and no other, is set. Bearer:
    /// a token that the server's administrator gave out (RFC 6750), in
    /// `bearer`.
    #[serde(rename = "type")]
    pub auth_type: AuthType,

    /// The token, for type Bearer. Absent for every other type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bearer: Option<BearerAuth>,
}

/// The methods of authentication.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum AuthType {
    #[default]
    Bearer,
}

/// A token sent as `Authorization: Bearer …` (RFC 6750).
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct BearerAuth {
    /// The Secret that holds the token, in the provider's namespace. Its
    /// annotation `scim-operator.dev/allowed-hosts` must list the host of
    /// `url`, or it is not sent (`SecretNotAllowed`).
    pub token_secret_ref: SecretKeyRef,
}

/// A key of a Secret in the provider's namespace.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SecretKeyRef {
    /// The Secret's name, for example `directory-token`. It may be created
    /// later: the provider waits for it.
    #[schemars(length(min = 1, max = bounds::NAME), pattern(schema::NAME_PATTERN))]
    pub name: String,

    /// The key in the Secret's data, for example `token`. White space around
    /// the value is ignored.
    #[schemars(length(min = 1, max = bounds::NAME), pattern(schema::KEY_PATTERN))]
    pub key: String,
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

    /// What is so and what is not, by type. Ready: the server answers as
    /// SCIM, and accepts the credentials.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::conditions")]
    pub conditions: Option<Vec<Condition>>,
}
