//! What users and groups have in common.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{bounds, schema};

/// The provider on whose server the identity lives.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProviderRef {
    /// The kind of the provider: `ScimProvider`, in the same namespace, or
    /// `ClusterScimProvider`, which has to grant it.
    pub kind: ProviderKind,

    /// The provider's name, for example `corporate-directory`. It may be
    /// created later: the object waits for it and then goes on by itself.
    #[schemars(length(min = 1, max = bounds::NAME), pattern(schema::NAME_PATTERN))]
    pub name: String,
}

/// The kinds that can be a provider.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum ProviderKind {
    #[default]
    ScimProvider,
    ClusterScimProvider,
}

/// What becomes of the identity when the object is deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum DeletionPolicy {
    Delete,
    Deactivate,
    Retain,
}

/// What becomes of a group when its object is deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum GroupDeletionPolicy {
    Delete,
    Retain,
}

/// Whether an object may take over an identity that is there already.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum AdoptionPolicy {
    #[default]
    Never,
    Adopt,
}

/// Whether an object changes its identity or only shows it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum Mode {
    #[default]
    Manage,
    Observe,
}

/// How the identity came to be managed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum Origin {
    Created,
    Adopted,
}

/// Which identity this object stands for. It is addressed through this and
/// nothing else, never by its name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Anchor {
    /// The server and the place on it: scheme, host, port and base path, for
    /// example `https://scim.example.com/scim/v2`. When the provider points
    /// elsewhere, nothing is read or written for this object
    /// (`EndpointChanged`).
    #[schemars(length(min = 1, max = bounds::URL))]
    pub endpoint_key: String,

    /// The id that the server gave (RFC 7643 §3.1), for example
    /// `2819c223-7f76-453a-919d-413861904646`.
    #[schemars(length(min = 1, max = bounds::URL))]
    pub id: String,

    /// `meta.created` as the server wrote it when the identity was anchored
    /// (RFC 7643 §3.1), for example `2026-05-13T04:42:34Z`. Another value
    /// later means that the id was given to somebody else
    /// (`IdentityMismatch`). Absent: the server does not tell it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = bounds::TEXT))]
    pub created: Option<String>,

    /// The operator's own mark that it recorded this anchor for this very
    /// object. An anchor that was restored from a backup, or written by
    /// somebody else, has none that fits: of two objects that are anchored to
    /// one identity, the other one keeps it then (`Conflict`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = bounds::DIGEST))]
    pub seal: Option<String>,
}

/// A value that the server keeps in another form than it was sent, or never
/// shows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Normalized {
    /// The attribute's path (RFC 7644 §3.5.2), for example `phoneNumbers` or
    /// `name.formatted`.
    #[schemars(length(min = 1, max = bounds::TEXT))]
    pub path: String,

    /// A digest of the value that was sent. While it stays the same, the
    /// value is not sent again.
    #[schemars(length(max = bounds::DIGEST))]
    pub sent: String,

    /// A digest of the value that the server kept. When it changes, the
    /// value is sent again. Empty: the server never shows it.
    #[schemars(length(max = bounds::DIGEST))]
    pub observed: String,
}
