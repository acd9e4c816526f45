//! Who may use a cluster-wide provider, and for what.

#![expect(unreachable_pub, reason = "KubeSchema repeats each struct inside a function")]

use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{bounds, rules::namespaces_have_their_block, schema};

/// A permission to use the provider. An object may do what one grant permits
/// as a whole; grants do not add up.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct Grant {
    /// The namespaces whose objects it is for.
    pub namespaces: GrantedNamespaces,

    /// The userNames it permits, with `*` for any text, whatever the case:
    /// for example `["*@team-a.example.com"]`. Absent: every userName.
    /// `[]`: no users.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = bounds::GRANT_ENTRIES), inner(length(min = 1, max = bounds::PATTERN)))]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub user_name_patterns: Option<Vec<String>>,

    /// The displayNames of groups it permits, with `*` for any text, whatever
    /// the case: for example `["team-a-*"]`. Absent: every group. `[]`: no
    /// groups.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = bounds::GRANT_ENTRIES), inner(length(min = 1, max = bounds::PATTERN)))]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub group_name_patterns: Option<Vec<String>>,

    /// Permits taking over, and observing, identities that are on the server
    /// already (`adoptionPolicy: Adopt`, `mode: Observe`). The provider's
    /// `adoption` must be Allowed too. Absent: false.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allow_adoption: Option<bool>,

    /// Permits members that are no objects of the namespace: `userNames` and
    /// `ids` of a group. Absent: false.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allow_raw_members: Option<bool>,

    /// Permits setting passwords (`passwordSecretRef`). Absent: false.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allow_passwords: Option<bool>,

    /// The attributes that may be set beside userName and, for groups,
    /// displayName and members: names such as `title` or `emails`, or the URN
    /// of an extension for all of its attributes (RFC 7643 §3.3), whatever the
    /// case. Absent: every attribute. `[]`: no other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = bounds::ATTRIBUTES), inner(length(min = 1, max = 256)))]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub allowed_attributes: Option<Vec<String>>,
}

/// A choice of namespaces.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, KubeSchema)]
#[x_kube(validation = namespaces_have_their_block())]
#[serde(rename_all = "camelCase")]
pub struct GrantedNamespaces {
    /// All: every namespace. Names: those in `names`. Selector: those whose
    /// labels fit `selector`.
    pub from: NamespacesFrom,

    /// The namespaces' names, for `from: Names`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(
        length(max = bounds::GRANT_ENTRIES),
        inner(length(min = 1, max = 63), pattern(schema::NAME_PATTERN))
    )]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub names: Option<Vec<String>>,

    /// What the namespaces' labels are like, for `from: Selector`. Whoever may
    /// label a namespace can get it selected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::label_selector")]
    pub selector: Option<LabelSelector>,
}

/// How namespaces are chosen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum NamespacesFrom {
    #[default]
    Names,
    Selector,
    All,
}
