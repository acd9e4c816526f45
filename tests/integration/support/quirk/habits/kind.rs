//! One kind of resource: where it is, what can be done with it, and its
//! attributes.

use std::collections::BTreeMap;

use serde::Deserialize;

#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct Kind {
    /// Whether there is such an endpoint at all.
    pub(crate) exists: bool,
    /// Another path than `/Users` or `/Groups`.
    pub(crate) path: Option<String>,
    pub(crate) create: Operation,
    pub(crate) read: Operation,
    pub(crate) list: Operation,
    pub(crate) put: Operation,
    pub(crate) patch: Operation,
    pub(crate) delete: Operation,
    /// Attributes with rules of their own, by path: `userName`,
    /// `name.givenName`, `urn:…:User:department`.
    pub(crate) attributes: BTreeMap<String, Attribute>,
    /// The only attributes there are, by their first name or their URN; without
    /// it, those of RFC 7643.
    pub(crate) only: Option<Vec<String>>,
    /// What becomes of the others.
    pub(crate) unknown: Unknown,
    /// What no two may have alike: the userName of users, unless said.
    pub(crate) unique: Option<Vec<String>>,
    /// What filters may name: everything, unless said.
    pub(crate) filterable: Option<Vec<String>>,
    /// Lists are bare JSON arrays.
    pub(crate) bare_array: bool,
    /// Answers to writes show what was sent, stored or not.
    pub(crate) echo: bool,
}

impl Default for Kind {
    fn default() -> Self {
        Self {
            exists: true,
            path: None,
            create: Operation::default(),
            read: Operation::default(),
            list: Operation::default(),
            put: Operation::default(),
            patch: Operation::default(),
            delete: Operation::default(),
            attributes: BTreeMap::new(),
            only: None,
            unknown: Unknown::Drop,
            unique: None,
            filterable: None,
            bare_array: false,
            echo: false,
        }
    }
}

impl Kind {
    /// The rules of the attribute at this path, in whatever case.
    pub(crate) fn attribute(&self, path: &str) -> Option<&Attribute> {
        self.attributes.iter().find(|(name, _)| name.eq_ignore_ascii_case(path)).map(|(_, rule)| rule)
    }
}

/// One operation on a kind.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct Operation {
    /// What success answers; RFC 7644's status, unless said. 204 has no body.
    pub(crate) status: Option<u16>,
    /// There is no such operation: what it answers instead.
    pub(crate) refused: Option<u16>,
    /// What the body of a success is.
    pub(crate) answers: Answered,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Answered {
    /// The resource, unless the status is 204.
    #[default]
    Resource,
    /// `{}`
    EmptyObject,
}

/// An attribute that the RFC's words do not describe fully.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct Attribute {
    pub(crate) required: bool,
    pub(crate) mutability: Mutability,
    pub(crate) returned: Returned,
    /// How many values it may have.
    pub(crate) most: Option<usize>,
    /// What becomes of more.
    pub(crate) too_many: TooMany,
    /// One of its values must be primary.
    pub(crate) primary_required: bool,
    /// What each of its values must have.
    pub(crate) needs: Vec<String>,
    /// Its only sub-attributes; others are refused.
    pub(crate) sub_attributes: Option<Vec<String>>,
    /// The only values it takes.
    pub(crate) values: Option<Vec<String>>,
    /// The server makes it of something else, whatever is sent.
    pub(crate) derived_from: Option<Derived>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Mutability {
    #[default]
    ReadWrite,
    /// What is sent is silently ignored (RFC 7644 §3.5.1).
    ReadOnly,
    /// What is sent is refused with 400 mutability.
    ReadOnlyRefused,
    /// Another value than the one at creation is refused with 400 mutability.
    Immutable,
    /// Another value than the one at creation is silently ignored.
    ImmutableIgnored,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Returned {
    #[default]
    Always,
    /// Only where `attributes` names it.
    Request,
    Never,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub(crate) enum TooMany {
    #[default]
    Refuse,
    /// The primary value stays, or the first.
    KeepPrimary,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Derived {
    /// The given and the family name.
    Name,
    /// The userName.
    UserName,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Unknown {
    #[default]
    Drop,
    Keep,
    /// 400 invalidSyntax.
    Refuse,
}
