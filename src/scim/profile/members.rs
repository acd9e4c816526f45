//! How the members of a group are written and read (RFC 7643 §4.2).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How members are written and read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MemberRules {
    /// What the creation of a group says about members.
    pub at_creation: AtCreation,
    /// Which members say whether they are a user or a group.
    #[serde(rename = "type")]
    pub member_type: MemberType,
    /// Whether a member that is added has its name in `display`.
    pub display: bool,
    /// Whether a member that is added has its address in `$ref`.
    #[serde(rename = "ref")]
    pub reference: bool,
    /// How members are added.
    pub add: AddForm,
    /// How members are removed. The wrong form empties groups on some
    /// servers, so none is ever guessed.
    pub remove: RemoveForm,
    /// The most members that one request adds or removes.
    #[schemars(range(min = 1, max = 10_000))]
    pub max_per_request: u32,
    /// How it is found out who is a member.
    pub read: ReadBack,
    /// Whether a PUT of a group may have its members in it.
    pub in_put: bool,
}

/// What the creation of a group says about members.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum AtCreation {
    /// Nothing; they follow.
    Omitted,
    /// `members: []`; they follow.
    Empty,
    /// Those who are known by then, as many as one request may add.
    Inline,
}

/// Which members say whether they are a user or a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum MemberType {
    /// Groups alone.
    Groups,
    /// All.
    Always,
    /// None.
    Never,
}

/// How members are added.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum AddForm {
    /// One operation with all of them in a list.
    Array,
    /// An operation for each, with a list of one.
    Each,
    /// An operation for each, with the member itself as the value.
    Object,
}

/// How members are removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum RemoveForm {
    /// `members[value eq "…"]`, an operation for each (RFC 7644 §3.5.2.2).
    FilterPath,
    /// `members`, with all of them in `value`. On servers that go by the
    /// standard this removes everybody.
    ValueArray,
    /// By a PUT of the group with those who stay.
    Put,
}

/// How it is found out who is a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum ReadBack {
    /// The group shows it.
    Inline,
    /// The group shows it when asked with `attributes=members`.
    Requested,
    /// By a filter over the groups for each member: `id eq "…" and
    /// members eq "…"`.
    ByFilter,
    /// Not at all: what was applied last counts.
    Never,
}
