//! How a server deviates from the standard, as data. A profile describes; it
//! decides nothing about identities, and it cannot touch what keeps them safe:
//! TLS, redirects, sizes, hosts and the protection against deletion are not
//! among its fields.

mod attribute;
mod builtin;
mod check;
mod dialect;
mod duration;
mod kind;
mod layers;
mod members;
mod paths;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use self::{
    attribute::{AttributeRule, ExtensionRule, Format, Mutability, Returned, Sent},
    builtin::{builtin, names},
    dialect::{
        Clear, CorePath, EmptyPath, ExtensionPath, OperationsKey, PatchDialect, PatchShape, RemoveValue,
    },
    duration::Pause,
    kind::{
        Creation, Deactivation, Deletion, Fallback, FilterDialect, FilterOperator, IdType, KindRules,
        Operations, Paging, PagingMode, Quoting, Unlisted, UpdateMethod,
    },
    layers::{ProfileError, Resolved, Source, resolve},
    members::{AddForm, AtCreation, MemberRules, MemberType, ReadBack, RemoveForm},
    paths::{Dialect, Parameters, Paths},
};
use super::port::ResourceType;

/// The profile of the standard, which all others extend.
pub const STANDARD: &str = "rfc7644";

/// How one server speaks SCIM.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Profile {
    /// What people call the server.
    pub title: String,
    /// Where its vendor describes its SCIM.
    #[serde(default)]
    pub documentation: Option<String>,
    /// What is asked of the server about itself.
    pub discovery: DiscoveryRules,
    /// The media types of requests.
    pub media_types: MediaTypes,
    /// Which statuses mean what.
    pub statuses: Statuses,
    /// The form of the resources that are sent and read.
    pub body: Body,
    /// What is read as something else than it looks like.
    pub reading: Reading,
    /// How soon the server shows what it was told.
    pub consistency: Consistency,
    /// How a PATCH is written.
    pub patch: PatchDialect,
    /// How a PUT is written.
    pub put: PutDialect,
    /// Whether versions of resources are used (RFC 7644 §3.14). null: where
    /// the server sends them.
    #[serde(default)]
    pub etags: Option<bool>,
    /// Answers that mean something else than their status says; the first
    /// that fits counts.
    #[schemars(length(max = 32))]
    pub errors: Vec<ErrorClass>,
    /// The limits that are kept where the provider names none.
    pub rate_limit: RateLimits,
    /// Users.
    pub users: KindRules,
    /// Groups.
    pub groups: KindRules,
    /// The members of groups.
    pub members: MemberRules,
}

impl Profile {
    /// What holds for one kind of resource.
    pub fn kind(&self, resource_type: ResourceType) -> &KindRules {
        match resource_type {
            ResourceType::User => &self.users,
            ResourceType::Group => &self.groups,
        }
    }
}

/// What is asked of the server about itself (RFC 7644 §4).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DiscoveryRules {
    /// Whether it is asked, and what its answer is for.
    pub mode: DiscoveryMode,
    /// The path of `ServiceProviderConfig`, under the base URL.
    #[schemars(length(max = 256))]
    pub service_provider_config: String,
    /// The path of the resource types, under the base URL.
    #[schemars(length(max = 256))]
    pub resource_types: String,
}

/// What the server's own description is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum DiscoveryMode {
    /// It fills what the profile leaves open.
    Auto,
    /// It is shown and decides nothing.
    Advisory,
    /// It is not asked for. (`Off` would be a boolean in YAML 1.1.)
    Never,
}

/// The media types of requests (RFC 7644 §3.8).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MediaTypes {
    /// `Content-Type` of what is sent.
    #[schemars(length(min = 1, max = 256))]
    pub send: String,
    /// `Accept`. Answers are read whatever media type they name.
    #[schemars(length(min = 1, max = 256))]
    pub accept: String,
}

/// Which statuses mean what, for each operation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Statuses {
    /// POST.
    pub create: StatusSet,
    /// GET of one resource.
    pub read: StatusSet,
    /// GET or search of many.
    pub list: StatusSet,
    /// PATCH and PUT.
    pub update: StatusSet,
    /// DELETE.
    pub delete: StatusSet,
}

/// The statuses of one operation. What is not listed has the meaning of RFC
/// 7644 §3.12.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StatusSet {
    /// It was done.
    #[schemars(length(max = 16))]
    pub success: Vec<u16>,
    /// Another resource is in the way.
    #[schemars(length(max = 16))]
    pub conflict: Vec<u16>,
    /// There is no such resource.
    #[schemars(length(max = 16))]
    pub not_found: Vec<u16>,
}

/// The form of resources.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Body {
    /// Where attributes are.
    pub shape: Shape,
}

/// Where the attributes of a resource are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Shape {
    /// Core attributes at the top, extensions under their URN (RFC 7643 §3).
    Flat,
    /// Core attributes under the URN of the core schema, too.
    NestedCore,
    /// Sub-attributes as keys of their own: `"name.givenName": "Ada"`.
    DottedKeys,
}

/// What is read as something else than it looks like.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Reading {
    /// How the names of attributes are read.
    pub key_case: KeyCase,
    /// How booleans are read.
    pub booleans: Booleans,
}

/// How the names of attributes are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum KeyCase {
    /// Names that are known are spelt as the standard and the profile spell
    /// them, whatever their case (RFC 7643 §2.1).
    Canonical,
    /// As the server spells them; names are compared without case anyway.
    AsSent,
}

/// How booleans are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Booleans {
    /// `"true"`, `"False"`, `1` and `0` are booleans where the standard has
    /// one: `active`, and `primary` of a value.
    Coerced,
    /// As they come.
    AsSent,
}

/// How soon the server shows what it was told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Consistency {
    /// For how long after a creation or a change an answer may still be the
    /// one from before it, as a duration such as `30s`, at most `10m`: that
    /// long, 404 does not mean gone, and an old value is no drift.
    pub grace: Pause,
}

/// How a PUT is written (RFC 7644 §3.5.1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PutDialect {
    /// Whether the body names the resource's `id`.
    pub with_id: bool,
}

/// An answer that means something else than its status says. All that is
/// named has to fit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ErrorClass {
    /// The status.
    pub status: u16,
    /// The answer's `scimType`.
    #[serde(default)]
    #[schemars(length(max = 64))]
    pub scim_type: Option<String>,
    /// A part of the answer's `detail`, whatever its case.
    #[serde(default)]
    #[schemars(length(max = 256))]
    pub detail_contains: Option<String>,
    /// What it means.
    pub means: Meaning,
}

/// What an answer means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Meaning {
    /// Another resource is in the way.
    Conflict,
    /// There is no such resource.
    NotFound,
    /// There is no such operation.
    Unsupported,
    /// Too many requests.
    Throttled,
    /// The request is refused as it is.
    Rejected,
    /// A fault that passes.
    ServerFault,
}

/// How many requests are sent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RateLimits {
    /// The most requests in each `per`. null: no limit.
    #[serde(default)]
    pub requests: Option<u32>,
    /// The time in which so many are sent, such as `1m`. null: `1m`.
    #[serde(default)]
    pub per: Option<Pause>,
    /// A limit for requests that change something, beside the one for all.
    #[serde(default)]
    pub writes: Option<WriteLimit>,
    /// The most requests under way at the same time. null: 16.
    #[serde(default)]
    pub max_concurrent: Option<u32>,
}

/// How many requests that change something are sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WriteLimit {
    /// The most requests in each `per`.
    pub requests: u32,
    /// The time in which so many are sent, such as `1m`. null: `1m`.
    #[serde(default)]
    pub per: Option<Pause>,
}
