//! Creation, PATCH and PUT.

use serde::Deserialize;

#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct Creation {
    /// What a creation with a name that is taken answers.
    pub(crate) duplicate: u16,
    /// The `scimType` of that.
    pub(crate) duplicate_type: Option<String>,
    /// It changes the one that is there instead, and answers this.
    pub(crate) upserts: Option<u16>,
    /// Answers name where the resource is.
    pub(crate) location: bool,
}

impl Default for Creation {
    fn default() -> Self {
        Self { duplicate: 409, duplicate_type: Some("uniqueness".to_owned()), upserts: None, location: true }
    }
}

/// How late reads see what was written.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct Lag {
    /// So many reads do not see what was just created.
    pub(crate) unseen: u32,
    /// So many reads see what was there before a change.
    pub(crate) stale: u32,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct Patching {
    /// What the body calls its operations.
    pub(crate) operations: OperationsKey,
    /// Operations without a path.
    pub(crate) without_path: Pathless,
    /// `path: ""` is no path.
    pub(crate) empty_path: bool,
    /// How an attribute of an extension is named.
    pub(crate) extension_path: ExtensionPath,
    /// Whether a path may select values: `emails[type eq "work"]`.
    pub(crate) selections: Selections,
    /// What empties an attribute.
    pub(crate) clearing: Clearing,
    /// How many operations and bytes a request may have.
    pub(crate) most: Option<usize>,
    pub(crate) most_bytes: Option<usize>,
}

impl Default for Patching {
    fn default() -> Self {
        Self {
            operations: OperationsKey::Any,
            without_path: Pathless::Allowed,
            empty_path: false,
            extension_path: ExtensionPath::Colon,
            selections: Selections::Honoured,
            clearing: Clearing::default(),
            most: None,
            most_bytes: None,
        }
    }
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub(crate) enum OperationsKey {
    /// Whatever its case.
    Any,
    Upper,
    Lower,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Pathless {
    Allowed,
    /// Their value may have one attribute.
    Single,
    /// 400.
    Refused,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub(crate) enum ExtensionPath {
    /// `urn:…:User:department` (RFC 7644 §3.10).
    Colon,
    /// `urn:…:User.department`.
    Dot,
    /// The path is the URN, the value an object.
    Whole,
}

/// A path that selects values of another attribute than `members`.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Selections {
    Honoured,
    /// It answers as if, and nothing changes.
    Ignored,
    /// It does to all values what was asked for some.
    Overread,
    /// 400.
    Refused,
}

/// Which operations empty an attribute. The others are refused with 400.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct Clearing {
    /// `remove`.
    pub(crate) remove: bool,
    /// `replace` with null.
    pub(crate) null_value: bool,
    /// `replace` with an empty text.
    pub(crate) empty_text: bool,
}

impl Default for Clearing {
    fn default() -> Self {
        Self { remove: true, null_value: true, empty_text: false }
    }
}

#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct Putting {
    /// What is left out stays, instead of going away.
    pub(crate) keeps_absent: bool,
    pub(crate) absent_active: AbsentActive,
}

impl Default for Putting {
    fn default() -> Self {
        Self { keeps_absent: false, absent_active: AbsentActive::Default }
    }
}

/// A PUT without `active`.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub(crate) enum AbsentActive {
    /// As a creation without it: it makes an inactive user active.
    Default,
    Kept,
}
