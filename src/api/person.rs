//! The complex attributes of a user that have one value (RFC 7643 §4.1.1,
//! §4.3).

#![expect(unreachable_pub, reason = "KubeSchema repeats each struct inside a function")]

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{bounds, rules::one_manager, schema};

/// The parts of a person's name (RFC 7643 §4.1.1).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Name {
    /// The full name as it is shown, with all that belongs to it, for example
    /// `Ms. Barbara J Jensen, III`. Many servers make it from the parts.
    /// Absent: left alone. `""`: cleared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = bounds::TEXT))]
    pub formatted: Option<String>,

    /// The family name, for example `Jensen`. Absent: left alone. `""`:
    /// cleared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = bounds::TEXT))]
    pub family_name: Option<String>,

    /// The given name, for example `Barbara`. Absent: left alone. `""`:
    /// cleared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = bounds::TEXT))]
    pub given_name: Option<String>,

    /// The middle names, for example `Jane`. Absent: left alone. `""`:
    /// cleared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = bounds::TEXT))]
    pub middle_name: Option<String>,

    /// What comes before the name, for example `Ms.`. Absent: left alone.
    /// `""`: cleared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = bounds::TEXT))]
    pub honorific_prefix: Option<String>,

    /// What comes after the name, for example `III`. Absent: left alone.
    /// `""`: cleared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = bounds::TEXT))]
    pub honorific_suffix: Option<String>,
}

/// The enterprise extension (RFC 7643 §4.3).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[x_kube(validation = one_manager())]
#[serde(rename_all = "camelCase")]
pub struct Enterprise {
    /// The person's number in the organisation, as text, for example
    /// `"701984"`. Absent: left alone. `""`: cleared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = bounds::TEXT))]
    pub employee_number: Option<String>,

    /// The cost centre, as text, for example `"4130"`. Absent: left alone.
    /// `""`: cleared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = bounds::TEXT))]
    pub cost_center: Option<String>,

    /// The organisation, for example `Example Studios`. Absent: left alone.
    /// `""`: cleared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = bounds::TEXT))]
    pub organization: Option<String>,

    /// The division, for example `Theme Park`. Absent: left alone. `""`:
    /// cleared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = bounds::TEXT))]
    pub division: Option<String>,

    /// The department, for example `Tour Operations`. Absent: left alone.
    /// `""`: cleared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = bounds::TEXT))]
    pub department: Option<String>,

    /// The person's manager by the id on the server. Absent: left alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manager: Option<Manager>,

    /// The person's manager by the `ScimUser` object, in the same namespace
    /// and with the same provider. The link is set as soon as the manager has
    /// an identity; the person does not wait for it. Absent: left alone,
    /// unless `manager` is there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manager_ref: Option<ManagerRef>,
}

/// A `ScimUser` of the same namespace and provider.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ManagerRef {
    /// The object's name, for example `grace`.
    #[schemars(length(min = 1, max = bounds::NAME), pattern(schema::NAME_PATTERN))]
    pub name: String,
}

/// A person's manager (RFC 7643 §4.3).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Manager {
    /// The id that the server gave the manager: the `status.id` of the
    /// manager's own `ScimUser`, for example
    /// `26118915-6090-4610-87e4-49d8ca9f808d`. Absent: left alone. `""`:
    /// cleared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = bounds::URL))]
    pub value: Option<String>,
}
