//! What requests must look like, and what answers do.

use serde::Deserialize;
use serde_json::{Map, Value};

/// What the server says of itself (RFC 7644 §4).
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct Discovery {
    /// Where its configuration is; nowhere, if null.
    pub(crate) config: Option<String>,
    /// What the configuration says in the place of the truth.
    pub(crate) says: Map<String, Value>,
    /// Where its resource types are; nowhere, if null.
    pub(crate) resource_types: Option<String>,
    /// Whether resource types have an id.
    pub(crate) resource_type_ids: bool,
}

impl Default for Discovery {
    fn default() -> Self {
        Self {
            config: Some("/ServiceProviderConfig".to_owned()),
            says: Map::new(),
            resource_types: Some("/ResourceTypes".to_owned()),
            resource_type_ids: true,
        }
    }
}

#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct Wire {
    /// The media types of bodies that it takes; 415 for others.
    pub(crate) accepts: Vec<String>,
    /// The media type of its answers.
    pub(crate) answers: String,
    /// 403 for requests that do not say who they are.
    pub(crate) needs_user_agent: bool,
    /// 429 for too many requests.
    pub(crate) limit: Option<Limit>,
    /// 429 for too many writes.
    pub(crate) write_limit: Option<Limit>,
}

impl Default for Wire {
    fn default() -> Self {
        Self {
            accepts: ["application/scim+json", "application/json"].map(str::to_owned).to_vec(),
            answers: "application/scim+json".to_owned(),
            needs_user_agent: false,
            limit: None,
            write_limit: None,
        }
    }
}

/// So many requests in so many seconds.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct Limit {
    pub(crate) requests: usize,
    pub(crate) seconds: u64,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct Errors {
    pub(crate) status: ErrorStatus,
    /// Whether `scimType` is told.
    pub(crate) scim_types: bool,
    pub(crate) body: ErrorBody,
}

impl Default for Errors {
    fn default() -> Self {
        Self { status: ErrorStatus::Text, scim_types: true, body: ErrorBody::Scim }
    }
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub(crate) enum ErrorStatus {
    Text,
    Number,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub(crate) enum ErrorBody {
    Scim,
    /// A sentence, as text/plain.
    Plain,
    /// A web page, as text/html.
    Html,
    /// A web page that says it is SCIM.
    HtmlAsScim,
    /// The detail in another envelope than SCIM's.
    OtherJson,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct Shape {
    pub(crate) ids: Ids,
    /// How resources are answered.
    pub(crate) answers: Form,
    /// How they must come.
    pub(crate) takes: Form,
    pub(crate) keys: Keys,
    pub(crate) booleans: Booleans,
    pub(crate) meta: Meta,
    /// What `meta.location` is.
    pub(crate) locations: Locations,
    /// `attributes` and `excludedAttributes` have no effect.
    pub(crate) ignores_projection: bool,
    /// Attributes without a value are null.
    pub(crate) fills_with_null: bool,
}

impl Default for Shape {
    fn default() -> Self {
        Self {
            ids: Ids::Text,
            answers: Form::Flat,
            takes: Form::Flat,
            keys: Keys::Canonical,
            booleans: Booleans::Json,
            meta: Meta::Full,
            locations: Locations::Absolute,
            ignores_projection: false,
            fills_with_null: false,
        }
    }
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Ids {
    Text,
    /// JSON integers.
    Integer,
    /// Integers in lists, text elsewhere.
    IntegerInLists,
    /// The externalId of the creation is the id.
    ExternalId,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Form {
    /// As RFC 7643 has it.
    Flat,
    /// The core attributes are under the core schema's URN.
    Nested,
    /// `"name.givenName": …`.
    Dotted,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Keys {
    Canonical,
    /// `username`
    Lower,
    /// `UserName`
    Pascal,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Booleans {
    Json,
    /// `"true"`
    Text,
    /// `"True"`
    CapitalText,
    /// `1`
    Number,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Meta {
    Full,
    /// Only the type.
    Type,
    None,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Locations {
    Absolute,
    Relative,
    None,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct EntityTags {
    /// Whether answers have one.
    pub(crate) shown: bool,
    pub(crate) if_match: IfMatch,
}

impl Default for EntityTags {
    fn default() -> Self {
        Self { shown: false, if_match: IfMatch::Ignored }
    }
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub(crate) enum IfMatch {
    Ignored,
    /// 412 for another version.
    Checked,
    /// And 428 for none.
    Required,
}

/// An answer that says nothing true of what happened.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct Fault {
    /// Which requests: `GET /Users`, `POST /Groups`, `GET /Users/{id}`.
    pub(crate) on: String,
    /// How many of them; all, unless said.
    #[serde(default = "always")]
    pub(crate) times: usize,
    /// Whether the request does what it says nevertheless.
    #[serde(default)]
    pub(crate) takes_effect: bool,
    /// The true one, unless said.
    #[serde(default)]
    pub(crate) status: Option<u16>,
    #[serde(default)]
    pub(crate) body: FaultBody,
}

fn always() -> usize {
    usize::MAX
}

#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub(crate) enum FaultBody {
    /// What would have been answered.
    #[default]
    True,
    /// A web page, labelled as SCIM.
    Html,
    /// The first half of what would have been answered.
    Half,
    Empty,
    /// 30 MB.
    Huge,
}
