//! What holds for one kind of resource.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::attribute::{AttributeRule, ExtensionRule};

/// What holds for users, or for groups.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct KindRules {
    /// Whether the server has this kind of resource. null: as its resource
    /// types say, else yes.
    #[serde(default)]
    pub supported: Option<bool>,
    /// The collection's path under the base URL. `{name}` stands for the
    /// provider's parameter of that name.
    #[schemars(length(min = 2, max = 256))]
    pub path: String,
    /// How ids are written in JSON.
    pub id_type: IdType,
    /// Which operations there are.
    pub operations: Operations,
    /// How an existing resource is changed, where both ways are open.
    pub update: UpdateMethod,
    /// What a creation does where the resource is there already.
    pub creation: Creation,
    /// By what a resource is found before its id is known, in this order.
    #[schemars(length(min = 1, max = 8))]
    pub match_keys: Vec<String>,
    /// How it is filtered.
    pub filter: FilterDialect,
    /// How it is listed.
    pub paging: Paging,
    /// What DELETE does.
    pub deletion: Deletion,
    /// What `active: false` does.
    pub deactivation: Deactivation,
    /// Whether attributes may be used that are not listed in `attributes` and
    /// `extensions`.
    pub unlisted: Unlisted,
    /// What holds for single attributes, by path, such as `emails`,
    /// `name.givenName` or `urn:…:User:department`. Not listed: nothing
    /// special.
    pub attributes: BTreeMap<String, AttributeRule>,
    /// What holds for all attributes of an extension, by its URN.
    pub extensions: BTreeMap<String, ExtensionRule>,
}

/// How ids are written in JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum IdType {
    /// As text (RFC 7643 §3.1).
    String,
    /// As a number.
    Integer,
}

/// Which operations there are. null: as the server says, else as it turns out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Operations {
    /// POST.
    pub create: bool,
    /// GET by id.
    pub read: bool,
    /// GET of all.
    pub list: bool,
    /// PATCH.
    #[serde(default)]
    pub patch: Option<bool>,
    /// PUT.
    #[serde(default)]
    pub put: Option<bool>,
}

/// How an existing resource is changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum UpdateMethod {
    /// By what changes (RFC 7644 §3.5.2).
    Patch,
    /// As a whole (RFC 7644 §3.5.1).
    Put,
}

/// What a creation does where the resource is there already.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Creation {
    /// It is certain to be refused as a conflict: nobody has to look first.
    Strict,
    /// It may change or answer the one that is there: it is looked for first.
    MayUpsert,
}

/// How resources are filtered (RFC 7644 §3.4.2.2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FilterDialect {
    /// Whether filters work. null: as the server says, else as it turns out.
    #[serde(default)]
    pub supported: Option<bool>,
    /// The operators that work; the first one is used.
    #[schemars(length(max = 8))]
    pub operators: Vec<FilterOperator>,
    /// The attributes that can be filtered by. null: all.
    #[serde(default)]
    #[schemars(length(max = 64))]
    pub attributes: Option<Vec<String>>,
    /// How a text is written.
    pub quoting: Quoting,
    /// Whether `\"` and `\\` are understood in a text. Texts that need them
    /// are else looked for in a listing.
    pub escapes: bool,
    /// The most characters of a filter. null: no limit.
    #[serde(default)]
    pub max_length: Option<u32>,
    /// What is done where a filter does not help.
    pub fallback: Fallback,
}

/// An operator of a filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum FilterOperator {
    /// Equal.
    #[serde(rename = "eq")]
    Eq,
    /// Contains. What it finds too much is left out again.
    #[serde(rename = "co")]
    Co,
    /// Starts with. What it finds too much is left out again.
    #[serde(rename = "sw")]
    Sw,
}

/// How a text is written in a filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Quoting {
    /// `userName eq "ada"`.
    Double,
    /// `userName eq 'ada'`.
    Single,
    /// `userName eq ada`.
    None,
}

/// What is done where a filter does not help.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Fallback {
    /// Everything is listed.
    List,
    /// Nothing: it stays unknown whether the resource is there, and nothing
    /// is created.
    None,
}

/// How a collection is listed (RFC 7644 §3.4.2.4).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Paging {
    /// How pages are asked for. null: as the server says, else by index, and
    /// by `/.search` where that does not go on.
    #[serde(default)]
    pub mode: Option<PagingMode>,
    /// The number of the first resource.
    #[schemars(range(min = 0, max = 1))]
    pub first_index: u64,
    /// The most resources asked for in one page.
    #[schemars(range(min = 1, max = 10_000))]
    pub page_size: u64,
    /// The most resources that the server sends in one page, whatever was
    /// asked for. null: unknown.
    #[serde(default)]
    pub max_page_size: Option<u64>,
}

/// How pages are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum PagingMode {
    /// By `startIndex` and `count`.
    Index,
    /// By `cursor` and `count` (RFC 9865).
    Cursor,
    /// By POST to `/.search` (RFC 7644 §3.4.3), with `startIndex` and `count`.
    Search,
    /// Not at all: one answer holds everything, be it a list or a bare array.
    Whole,
}

/// What DELETE does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Deletion {
    /// The resource is gone.
    Gone,
    /// The resource stays, inactive.
    Deactivates,
    /// The resource is gone, and what hung on it cannot be had back.
    Irreversible,
    /// There is no DELETE.
    Unsupported,
}

/// What `active: false` does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Deactivation {
    /// `active: true` undoes it.
    Reversible,
    /// It destroys something that `active: true` does not bring back.
    Destructive,
    /// Nothing, or it is refused.
    Unsupported,
}

/// Whether attributes may be used that the profile does not list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Unlisted {
    /// They are sent, and the server decides.
    Allowed,
    /// The server is known to have no others: they are refused before
    /// anything is sent.
    Refused,
}
