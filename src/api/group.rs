//! `ScimGroup`: a group of people on a SCIM server.

#![expect(unreachable_pub, reason = "KubeSchema repeats each struct inside a function")]

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, LabelSelector};
use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    bounds,
    rules::{
        adopted_id_is_used, extensions_are_distinct, extensions_are_not_typed, extensions_are_urns,
        provider_is_immutable,
    },
    schema,
    shared::{AdoptionPolicy, Anchor, GroupDeletionPolicy, Mode, Normalized, Origin, ProviderRef},
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
#[x_kube(validation = provider_is_immutable(), validation = adopted_id_is_used())]
#[serde(rename_all = "camelCase")]
pub struct ScimGroupSpec {
    /// The provider on whose server the group lives.
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

    /// Who is in the group (RFC 7643 §4.2). `{}`: nobody. Absent: as
    /// `memberSelector` says; without that too, the membership is left alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub members: Option<Members>,

    /// Who else is in the group: the `ScimUser` objects of the same namespace
    /// and provider whose labels fit, for example
    /// `{matchLabels: {team: platform}}`. An empty selector fits all of them.
    /// Absent: nobody else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::label_selector")]
    pub member_selector: Option<LabelSelector>,

    /// Exact: somebody who is added on the server is removed. Additive: the
    /// members that are named are added, others are left alone, and only those
    /// that the operator added are removed when they are no longer named.
    /// Absent: Exact.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub membership: Option<Membership>,

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

    /// Whether an identity that is on the server already may become this
    /// object's. Never: it is left untouched (`AlreadyExists`). Adopt: it is
    /// taken over, if the provider allows adoption, and from then on made
    /// equal to this manifest; when this object is deleted it stays, unless
    /// `deletionPolicy` says otherwise. Absent: Never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub adoption_policy: Option<AdoptionPolicy>,

    /// The id (RFC 7643 §3.1) of the identity to take over or to observe.
    /// It must have the name of this manifest. If it is not there, nothing is
    /// created in its place (`RemoteMissing`); once it was taken over, another
    /// id here changes nothing. Absent: it is found by `externalId` and name,
    /// and must be the only one.
    #[serde(default, rename = "adoptID", skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = bounds::URL))]
    pub adopt_id: Option<String>,

    /// Manage: the server is made equal to this manifest. Observe: the
    /// identity is read, and the status shows its id and what differs;
    /// nothing is changed, created or deleted, and the object has no claim on
    /// the identity. An object that managed before gives up its claim; should
    /// it manage again, it begins like a new one. Absent: Manage.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<Mode>,

    /// Stops everything for this object: nothing is read or changed on the
    /// server, its deletion waits, and Ready is Unknown (`Suspended`) until it
    /// goes on. Absent: false.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suspend: Option<bool>,

    /// What becomes of the group on the server when this object is deleted.
    /// Delete: it is deleted there, after a check that it is still the same
    /// one; its members stay. Retain: it stays there and is no longer
    /// managed. Takes effect also on an object that is being deleted already.
    /// Absent: Retain for a group that was adopted; for others the provider's
    /// policy, and without one Delete.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deletion_policy: Option<GroupDeletionPolicy>,
}

/// Who is in a group. What is named in the lists, and what `memberSelector`
/// selects, adds up.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct Members {
    /// The names of `ScimUser` objects in the same namespace and with the same
    /// provider, for example `[alice, bob]`; at most 10,000. One that does
    /// not exist or has no identity yet joins as soon as it has one; the
    /// others do not wait for it. Absent: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(
        length(max = bounds::MEMBERS),
        inner(length(min = 1, max = bounds::NAME), pattern(schema::NAME_PATTERN))
    )]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub users: Option<Vec<String>>,

    /// The names of `ScimGroup` objects in the same namespace and with the
    /// same provider, for example `[oncall]`; at most 1,000. The group itself
    /// becomes the member, as far as the server nests groups. Absent: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(
        length(max = bounds::RAW_MEMBERS),
        inner(length(min = 1, max = bounds::NAME), pattern(schema::NAME_PATTERN))
    )]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub groups: Option<Vec<String>>,

    /// The userNames of users on the server, whether or not an object stands
    /// for them, for example `[carol@example.com]`; at most 1,000. Absent:
    /// none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = bounds::RAW_MEMBERS), inner(length(min = 1, max = bounds::TEXT)))]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub user_names: Option<Vec<String>>,

    /// The ids of users or groups on the server (RFC 7643 §3.1), for example
    /// `[2819c223-7f76-453a-919d-413861904646]`; at most 1,000. Absent: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = bounds::RAW_MEMBERS), inner(length(min = 1, max = bounds::URL)))]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub ids: Option<Vec<String>>,
}

/// Whether a group has other members than those that its object names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum Membership {
    #[default]
    Exact,
    Additive,
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

    /// The metadata.generation whose manifest the server was last made to
    /// follow. What differs while it is the object's own was changed by
    /// somebody else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0))]
    pub applied_generation: Option<i64>,

    /// The paths of the attributes that the operator set (RFC 7644 §3.5.2),
    /// sorted: for example `displayName`, `members`. What is here and gone
    /// from the spec is removed on the server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = bounds::PATHS), inner(length(max = bounds::TEXT)))]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub managed_attributes: Option<Vec<String>>,

    /// The values that the server keeps in another form than they were sent,
    /// or never shows, and that are not sent again for that reason.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = bounds::PATHS))]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub normalized: Option<Vec<Normalized>>,

    /// How far the membership has come. Absent: it is not managed, or was
    /// not looked at yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub members: Option<MemberCounts>,

    /// The ids of the members that the operator added to an Additive group:
    /// those, and no others, it removes again. Where the server does not show
    /// who is in a group, those that are in an Exact group, as far as is
    /// known. Absent: none, or the server shows the members of an Exact group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = bounds::APPLIED_MEMBERS), inner(length(max = bounds::URL)))]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub applied_members: Option<Vec<String>>,

    /// The value of the annotation `scim-operator.dev/reconcile-requested-at`
    /// that was last acted on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = bounds::TEXT))]
    pub last_handled_reconcile_at: Option<String>,

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
