//! `ScimGroup`: a group of people on a SCIM server.

#![expect(unreachable_pub, reason = "KubeSchema repeats each struct inside a function")]

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    bounds,
    rules::{extensions_are_distinct, extensions_are_not_typed, extensions_are_urns, provider_is_immutable},
    schema,
    shared::{Anchor, DeletionPolicy, Normalized, Origin, ProviderRef},
};

/// What the group looks like on the server. An attribute that is absent is
/// not managed: it stays as the server has it. One that is named is made
/// equal, and kept equal. One that was named before and is gone from the
/// manifest is removed there.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, CustomResource, KubeSchema)]
#[kube(
    group = "scim-operator.dev",
    version = "v1alpha1",
    kind = "ScimGroup",
    plural = "scimgroups",
    shortname = "scimg",
    category = "scim",
    namespaced,
    status = "ScimGroupStatus",
    derive = "Default",
    derive = "PartialEq",
    cel,
    selectable = ".spec.providerRef.kind",
    selectable = ".spec.providerRef.name",
    doc = "A group of people on a SCIM 2.0 server (RFC 7643 §4.2). The operator creates the group, keeps it and its members equal to this manifest, and deletes it with the object.",
    printcolumn = r#"{"name": "DisplayName", "type": "string", "jsonPath": ".spec.displayName", "description": "The group's name on the server."}"#,
    printcolumn = r#"{"name": "Provider", "type": "string", "jsonPath": ".spec.providerRef.name", "description": "The provider on whose server the group lives."}"#,
    printcolumn = r#"{"name": "Ready", "type": "string", "jsonPath": ".status.conditions[?(@.type==\"Ready\")].status", "description": "Whether the server has everything that the manifest says."}"#,
    printcolumn = r#"{"name": "Reason", "type": "string", "jsonPath": ".status.conditions[?(@.type==\"Ready\")].reason", "description": "Why it is or is not so."}"#,
    printcolumn = r#"{"name": "Members", "type": "integer", "jsonPath": ".status.members.desired", "description": "How many members the manifest asks for."}"#,
    printcolumn = r#"{"name": "Applied", "type": "integer", "jsonPath": ".status.members.applied", "description": "How many of them are in the group on the server."}"#,
    printcolumn = r#"{"name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp", "description": "The time since the object was created."}"#,
    printcolumn = r#"{"name": "ID", "type": "string", "jsonPath": ".status.id", "priority": 1, "description": "The id that the server gave."}"#,
    printcolumn = r#"{"name": "Message", "type": "string", "jsonPath": ".status.conditions[?(@.type==\"Ready\")].message", "priority": 1, "description": "What happened and what to do about it."}"#
)]
#[x_kube(validation = provider_is_immutable())]
#[serde(rename_all = "camelCase")]
pub struct ScimGroupSpec {
    /// The provider, in the same namespace, on whose server the group lives.
    /// It cannot change.
    pub provider_ref: ProviderRef,

    /// The group's name (RFC 7643 §4.2), for example `Tour Guides`. A new
    /// value renames the same group. Only servers that make the name
    /// themselves can do without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = bounds::TEXT))]
    pub display_name: Option<String>,

    /// Your own id for the group (RFC 7643 §3.1), stored on the server with
    /// the group and exact in its case, for example `team-17`. After a crash
    /// the operator finds its own creation by it. Absent: left alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = bounds::TEXT))]
    pub external_id: Option<String>,

    /// Who is in the group (RFC 7643 §4.2). Absent: the membership is left
    /// alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub members: Option<Members>,

    /// Attributes of extensions (RFC 7643 §3.3), as they are, by the URN of
    /// their schema; at most 16 extensions. For example
    /// `{"urn:ietf:params:scim:schemas:extension:example:2.0:Group": {costUnit: "17"}}`.
    /// Each attribute is managed by itself. Absent: left alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::extensions")]
    #[x_kube(
        validation = extensions_are_urns(),
        validation = extensions_are_distinct(),
        validation = extensions_are_not_typed()
    )]
    pub extensions: Option<BTreeMap<String, BTreeMap<String, Value>>>,

    /// Attributes of the group that belong to no schema of RFC 7643, as they
    /// are, for servers that have some; at most 64. For example
    /// `{description: Everybody who guides tours}`. Names that have a field
    /// of their own here belong there (`InvalidSpec`). Each attribute is
    /// managed by itself. Absent: left alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::attributes")]
    pub attributes: Option<BTreeMap<String, Value>>,

    /// What becomes of the group on the server when this object is deleted.
    /// Delete: it is deleted there, after a check that it is still the same
    /// one; its members stay. Retain: it stays there and is no longer
    /// managed. Takes effect also on an object that is being deleted already.
    /// Absent: the provider's policy; without one, Delete for a group that
    /// was created from this object and Retain for any other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deletion_policy: Option<DeletionPolicy>,
}

/// Who is in a group.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct Members {
    /// The names of `ScimUser` objects in the same namespace and with the same
    /// provider, for example `[alice, bob]`; at most 10,000, each once. The
    /// list is complete: somebody who is added on the server is removed. One
    /// that does not exist or has no identity yet joins as soon as it has
    /// one; the others do not wait for it. Absent: left alone. `[]`: nobody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(
        length(max = bounds::MEMBERS),
        inner(length(min = 1, max = bounds::NAME), pattern(schema::NAME_PATTERN))
    )]
    #[x_kube(merge_strategy = ListMerge::Set)]
    pub users: Option<Vec<String>>,
}

/// What the operator knows about the group on the server.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct ScimGroupStatus {
    /// Which group on which server this object stands for. Absent: none yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub anchor: Option<Anchor>,

    /// The id that the server gave (RFC 7643 §3.1): the same as in `anchor`,
    /// where other tools find it easily.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = bounds::URL))]
    pub id: Option<String>,

    /// The displayName as the server last showed it. Differs from the spec
    /// while a change is under way, or where the server spells it its own
    /// way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = bounds::TEXT))]
    pub display_name: Option<String>,

    /// How the group came to be managed. Created: the operator made it.
    /// Adopted: it was there before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<Origin>,

    /// The metadata.generation that this status speaks of. Lower than the
    /// object's: the last change was not looked at yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0))]
    pub observed_generation: Option<i64>,

    /// The paths of the attributes that the operator set (RFC 7644 §3.5.2),
    /// sorted: for example `displayName`, `members`. What is here and gone
    /// from the spec is removed on the server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = bounds::PATHS), inner(length(max = bounds::TEXT)))]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub managed_attributes: Option<Vec<String>>,

    /// The values that the server keeps in another form than they were sent,
    /// and that are not sent again for that reason.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = bounds::PATHS))]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub normalized: Option<Vec<Normalized>>,

    /// How far the membership has come. Absent: it is not managed, or was
    /// not looked at yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub members: Option<MemberCounts>,

    /// What is so and what is not, by type. Ready sums them up; Stalled means
    /// that somebody has to act; `MembersReady` tells about the members.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::conditions")]
    pub conditions: Option<Vec<Condition>>,
}

/// How far a group's membership has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MemberCounts {
    /// How many members the manifest asks for.
    #[schemars(range(min = 0))]
    pub desired: i64,

    /// How many of them are in the group on the server.
    #[schemars(range(min = 0))]
    pub applied: i64,

    /// How many of them are not in yet, because their own objects do not
    /// exist or have no identity.
    #[schemars(range(min = 0))]
    pub pending: i64,
}
