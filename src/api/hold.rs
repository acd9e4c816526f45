//! `ScimDeletionHold`: deletions that wait for a person's decision.

#![expect(unreachable_pub, reason = "KubeSchema repeats each struct inside a function")]

use kube::{
    CustomResource, KubeSchema,
    core::{Message, Rule},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::bounds;

/// What waits, and what a person has decided about it. The operator writes
/// all of it but `decision`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, CustomResource, KubeSchema)]
#[kube(
    group = "scim-operator.dev",
    version = "v1alpha1",
    kind = "ScimDeletionHold",
    plural = "scimdeletionholds",
    shortname = "scimhold",
    category = "scim",
    namespaced,
    status = "ScimDeletionHoldStatus",
    cel,
    derive = "Default",
    derive = "PartialEq",
    doc = "More deletions at once than the provider's deletionGuard allows. They wait until somebody sets spec.decision. The operator makes these objects in its own namespace.",
    printcolumn = r#"{"name": "Count", "type": "integer", "jsonPath": ".spec.count", "description": "How many identities, or members of a group, this is about."}"#,
    printcolumn = r#"{"name": "Decision", "type": "string", "jsonPath": ".spec.decision", "description": "What was decided. Empty: nobody has decided yet."}"#,
    printcolumn = r#"{"name": "Left", "type": "integer", "jsonPath": ".status.left", "description": "How many of them are not done yet."}"#,
    printcolumn = r#"{"name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp", "description": "The time since they are held."}"#,
    printcolumn = r#"{"name": "Server", "type": "string", "jsonPath": ".spec.endpointKey", "description": "The server that they are on."}"#,
    printcolumn = r#"{"name": "Cause", "type": "string", "jsonPath": ".spec.cause", "priority": 1, "description": "Why they are held."}"#
)]
#[x_kube(validation = is_immutable("endpointKey"), validation = is_immutable("cause"), validation = is_immutable("count"), validation = is_immutable("entries"), validation = is_immutable("seal"), validation = members_are_immutable(), validation = decision_is_final())]
#[serde(rename_all = "camelCase")]
pub struct ScimDeletionHoldSpec {
    /// The server and the place on it, as `status.endpointKey` of its
    /// providers says.
    #[schemars(length(min = 1, max = bounds::URL))]
    pub endpoint_key: String,

    /// Why they are held, for people: how many there are, and what the limit
    /// is.
    #[schemars(length(max = bounds::TEXT))]
    pub cause: String,

    /// How many identities wait; where members of a group do, how many of
    /// them.
    #[schemars(range(min = 0))]
    pub count: i64,

    /// What waits; at most 2,000. What comes later, or is more, is in other
    /// holds.
    #[schemars(length(max = bounds::HELD))]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub entries: Vec<HeldEntry>,

    /// Where members of a group wait to be removed: their ids on the server
    /// (RFC 7643 §3.1); at most 10,000. Absent: identities wait.
    #[serde(default, rename = "memberIDs", skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = bounds::HELD_MEMBERS), inner(length(max = bounds::URL)))]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub member_ids: Option<Vec<String>>,

    /// What the operator recognises its own holds by. One without a valid
    /// seal holds nothing and releases nothing.
    #[schemars(length(max = bounds::DIGEST))]
    pub seal: String,

    /// What is to become of them; it is final. Approve: exactly these are
    /// deleted, made inactive, or removed, each after the usual checks.
    /// Reject: nothing is called on the server. Objects that are being deleted
    /// go and leave their identities behind, and get them back when the same
    /// manifest is applied again within 30 days; what else waits stays as it
    /// is on the server until its manifest changes. Absent: everything waits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision: Option<Decision>,
}

/// One object whose deletion, or other loss, waits.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct HeldEntry {
    /// The UID of the object. A namesake is not meant.
    #[schemars(length(max = 64))]
    pub uid: String,

    /// The kind of the object.
    pub kind: HeldKind,

    /// The namespace of the object.
    #[schemars(length(max = 63))]
    pub namespace: String,

    /// The name of the object.
    #[schemars(length(max = bounds::NAME))]
    pub name: String,

    /// What waits. Delete: the identity is deleted. Deactivate: the user is
    /// made inactive. `RemoveMembers`: the members in `memberIDs` are removed
    /// from the group.
    pub action: HeldAction,

    /// The metadata.generation of the manifest that asks for it, where the
    /// object is not being deleted. Another manifest is not meant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0))]
    pub generation: Option<i64>,
}

/// The kind of an object that is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub enum HeldKind {
    ScimUser,
    ScimGroup,
}

/// What waits for a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub enum HeldAction {
    Delete,
    Deactivate,
    RemoveMembers,
}

/// What is to become of what is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum Decision {
    Approve,
    Reject,
}

/// How far a hold has come.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ScimDeletionHoldStatus {
    /// When the decision was made, as the API server recorded it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub decided_at: Option<String>,

    /// The field manager that wrote the decision, such as `kubectl-patch`.
    /// Who used it is in the API server's audit log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = bounds::TEXT))]
    pub decided_by: Option<String>,

    /// How many objects still wait, or are not done yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0))]
    pub left: Option<i64>,

    /// How many objects are done: carried out, let go, or no longer there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0))]
    pub done: Option<i64>,

    /// Since when nothing is left. A week later the hold is removed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub finished_at: Option<String>,
}

fn is_immutable(field: &str) -> Rule {
    Rule::new(format!("self.{field} == oldSelf.{field}")).message(unchangeable())
}

fn members_are_immutable() -> Rule {
    Rule::new(
        "has(self.memberIDs) == has(oldSelf.memberIDs) && (!has(self.memberIDs) || self.memberIDs == oldSelf.memberIDs)",
    )
    .message(unchangeable())
}

fn unchangeable() -> Message {
    Message::Message(
        "a hold cannot be changed, only decided: set spec.decision to Approve or Reject".to_owned(),
    )
}

fn decision_is_final() -> Rule {
    Rule::new("!has(oldSelf.decision) || (has(self.decision) && self.decision == oldSelf.decision)").message(
        Message::Message(
            "the decision is made and cannot be taken back: what comes later is in another hold".to_owned(),
        ),
    )
}
