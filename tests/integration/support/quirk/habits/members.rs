//! What can be done with the members of groups, and how.

use serde::Deserialize;

#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct Members {
    pub(crate) at_creation: Taken,
    pub(crate) in_put: InPut,
    /// The forms of removal that remove what they say.
    pub(crate) removal: Vec<Removal>,
    /// What every other form does.
    pub(crate) other_removal: OtherRemoval,
    pub(crate) replacing: Replacing,
    /// How many members one request may name.
    pub(crate) most: Option<usize>,
    pub(crate) shown: Shown,
    /// What a member that is shown has.
    pub(crate) shows: Vec<String>,
    /// What is shown as `value`: the id, unless this attribute is named.
    pub(crate) value_is: Option<String>,
    /// What a member that is sent must have, besides `value`.
    pub(crate) needs: Vec<String>,
    /// What a member that is sent may have; anything, unless said.
    pub(crate) takes: Option<Vec<String>>,
    pub(crate) stranger: Stranger,
    pub(crate) readded: Readded,
    /// Whether groups may be members.
    pub(crate) groups: bool,
    /// A deleted resource stays a member.
    pub(crate) outlive: bool,
}

impl Default for Members {
    fn default() -> Self {
        Self {
            at_creation: Taken::Stored,
            in_put: InPut::Stored,
            removal: vec![Removal::FilterPath],
            other_removal: OtherRemoval::Refused,
            replacing: Replacing::Replaces,
            most: None,
            shown: Shown::Always,
            shows: ["value", "type"].map(str::to_owned).to_vec(),
            value_is: None,
            needs: Vec::new(),
            takes: None,
            stranger: Stranger::Refused,
            readded: Readded::Once,
            groups: true,
            outlive: false,
        }
    }
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Taken {
    Stored,
    Ignored,
    Refused,
}

/// Members in a PUT.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub(crate) enum InPut {
    /// They are the members now; without them there are none.
    Stored,
    /// They are the members now; without them nothing changes.
    KeptWithout,
    Ignored,
    /// 400.
    Refused,
    /// 501.
    NotImplemented,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Removal {
    /// `remove` of `members[value eq "…"]`.
    FilterPath,
    /// `remove` of `members` with `value: [{"value": "…"}]`.
    ValueArray,
    /// `remove` of `members`: all of them.
    All,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub(crate) enum OtherRemoval {
    /// 400.
    Refused,
    /// It answers as if, and nothing is removed.
    Ignored,
    /// The group has no members any more.
    Empties,
}

/// `replace` of `members`.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Replacing {
    Replaces,
    /// Those that were there stay.
    Merges,
    /// 400.
    Refused,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Shown {
    Always,
    /// Where one group is read or written, but in no list.
    Singly,
    /// Where groups are read, but not where they are written.
    Reads,
    /// Only where `attributes` names them.
    Request,
    /// An empty array, always.
    Empty,
    Never,
}

/// A member that nobody has heard of.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Stranger {
    Taken,
    Ignored,
    /// 400.
    Refused,
}

/// A member that is one already.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Readded {
    Once,
    Twice,
}
