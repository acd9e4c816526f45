//! What becomes of identities that nobody wants any more.

use serde::Deserialize;

#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct Lifecycle {
    /// Whether `active` is in answers.
    pub(crate) active_shown: bool,
    /// What a user is who comes without `active`.
    pub(crate) active_by_default: bool,
    pub(crate) deactivation: Deactivation,
    pub(crate) deletion: Deletion,
    pub(crate) inactive: Inactive,
    /// User names that are taken, but that no request can see.
    pub(crate) hidden: Vec<String>,
}

impl Default for Lifecycle {
    fn default() -> Self {
        Self {
            active_shown: true,
            active_by_default: true,
            deactivation: Deactivation::default(),
            deletion: Deletion::default(),
            inactive: Inactive::default(),
            hidden: Vec::new(),
        }
    }
}

#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Deactivation {
    #[default]
    Reversible,
    /// `active: false` deletes for good.
    Deletes,
    /// It answers as if, and the user stays active.
    Ignored,
    /// 400.
    Refused,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Deletion {
    #[default]
    Removes,
    /// A deleted user is an inactive one; a deleted group is gone.
    Deactivates,
}

/// What can be done with inactive users.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct Inactive {
    /// They answer 404, and no list has them.
    pub(crate) hidden: bool,
    pub(crate) edits: Edits,
    pub(crate) recreation: Recreation,
    /// What deactivation makes unreadable.
    pub(crate) scrambles: Vec<String>,
}

/// A change that leaves an inactive user inactive.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Edits {
    #[default]
    Allowed,
    Refused,
    Ignored,
}

/// A creation with the name of an inactive user.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Recreation {
    #[default]
    Conflicts,
    /// It answers 200 and the old id.
    Reactivates,
    /// The name is free.
    Allowed,
}
