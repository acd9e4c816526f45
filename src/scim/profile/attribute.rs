//! What holds for one attribute (RFC 7643 §7).

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{check::compiled, kind::KindRules};
use crate::scim::path::AttributePath;

/// What holds for one attribute. What is absent is as the standard has it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct AttributeRule {
    /// Who may change it, and when. Absent: `ReadWrite`.
    pub mutability: Mutability,
    /// Whether the server shows it. Absent: `Default`.
    pub returned: Returned,
    /// Whether a creation needs it. Absent: false.
    pub required: bool,
    /// Whether `A` and `a` are two values. Absent: as the standard says.
    pub case_exact: Option<bool>,
    /// The most values that it takes. Absent: any number.
    pub max_values: Option<u32>,
    /// The sub-attributes that it takes. Absent: all.
    #[schemars(length(max = 64))]
    pub sub_attributes: Option<Vec<String>>,
    /// The values that it takes; of a complex attribute, in `value`. Absent:
    /// all.
    #[schemars(length(max = 64))]
    pub canonical_values: Option<Vec<String>>,
    /// What its values look like; of a complex attribute, in `value`.
    pub format: Option<Format>,
    /// The same as a regular expression that has to match as a whole.
    #[schemars(length(max = 256))]
    pub pattern: Option<String>,
    /// When it is sent. Absent: `Always`.
    pub sent: Sent,
    /// Whether single values are known to be removed by a path that selects
    /// them, and the others stay, be it writable or not: for `ensureAbsent`.
    /// Absent: false, and where it is writable the values that stay are sent
    /// in the place of all.
    pub removable: bool,
    /// Whether its value is shown in `status.attributes`.
    pub shown: bool,
    /// The attribute in which the server shows what was sent in this one, such
    /// as `externalId`. Absent: the same.
    #[schemars(length(max = 256))]
    pub shown_as: Option<String>,
}

/// What holds for all attributes of an extension.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct ExtensionRule {
    /// Who may change them. Absent: `ReadWrite`.
    pub mutability: Mutability,
    /// Whether their values are shown in `status.attributes`.
    pub shown: bool,
    /// Whether `schemas` of every resource that is sent names it (RFC 7643
    /// §6, `schemaExtensions.required`). Absent: where it has a value.
    pub required: bool,
}

/// Who may change an attribute, and when (RFC 7643 §7).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Mutability {
    /// Anybody, at any time.
    #[default]
    ReadWrite,
    /// The server alone.
    ReadOnly,
    /// Whoever creates the resource; nobody after that.
    Immutable,
    /// Anybody, and nobody can read it.
    WriteOnly,
}

/// Whether the server shows an attribute (RFC 7643 §7).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Returned {
    /// Where it has a value.
    #[default]
    Default,
    /// Not at all: it cannot be compared, and is sent when it changes in the
    /// manifest.
    Never,
}

/// When an attribute is sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Sent {
    /// At the creation and when it changes.
    #[default]
    Always,
    /// At the creation alone, and it is not compared afterwards.
    AtCreation,
    /// Only when the resource is there.
    AfterCreation,
}

/// What values look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Format {
    /// A telephone number such as `+4755512345` (ITU-T E.164).
    E164,
    /// An e-mail address.
    Email,
    /// A whole number.
    Integer,
}

impl AttributeRule {
    /// Whether a text looks as `pattern` says; any does where there is none.
    pub fn has_pattern(&self, text: &str) -> bool {
        let fits = |pattern: &String| compiled(pattern).is_some_and(|pattern| pattern.is_match(text));
        self.pattern.as_ref().is_none_or(fits)
    }
}

impl KindRules {
    /// What holds for the attribute at a path: its own rule, else that of the
    /// attribute it is part of. `None` where nothing special does.
    pub fn rule(&self, path: &AttributePath) -> Option<&AttributeRule> {
        self.own_rule(path).or_else(|| path.sub_attribute().and_then(|_| self.own_rule(&path.parent())))
    }

    /// What is said of just this path.
    pub fn own_rule(&self, path: &AttributePath) -> Option<&AttributeRule> {
        find(&self.attributes, &path.to_string())
    }

    /// What holds for the extension that a path belongs to.
    pub fn extension(&self, path: &AttributePath) -> Option<&ExtensionRule> {
        find(&self.extensions, path.schema()?)
    }

    /// Who may change the attribute at a path.
    pub fn mutability(&self, path: &AttributePath) -> Mutability {
        let of_extension = self.extension(path).map(|rule| rule.mutability);
        self.rule(path).map(|rule| rule.mutability).or(of_extension).unwrap_or_default()
    }

    /// Whether the profile names the attribute at a path, a part of it, or
    /// its extension.
    pub fn lists(&self, path: &AttributePath) -> bool {
        let has_part =
            |known: &String| AttributePath::parse(known).is_some_and(|known| known.parent() == path.parent());
        self.extension(path).is_some() || self.attributes.keys().any(has_part)
    }
}

fn find<'a, T>(map: &'a BTreeMap<String, T>, name: &str) -> Option<&'a T> {
    map.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}
