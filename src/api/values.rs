//! The values of a user's multi-valued attributes (RFC 7643 §4.1.2). Each
//! serialises to exactly the JSON that a SCIM server takes.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::bounds;

/// One e-mail address.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Email {
    /// The address (RFC 5321), for example `barbara@example.com`.
    #[schemars(length(min = 1, max = bounds::TEXT))]
    pub value: String,

    /// A name to show for it. Many servers make it themselves. Absent: left
    /// as it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = bounds::TEXT))]
    pub display: Option<String>,

    /// What it is for: `work`, `home`, `other`, or what the server knows.
    /// Absent: no type is sent.
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = bounds::TEXT))]
    pub value_type: Option<String>,

    /// Whether it is the one to use first; true on one value at most. Absent
    /// and false are the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub primary: Option<bool>,
}

/// One phone number.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PhoneNumber {
    /// The number, best in the form of RFC 3966, which servers tend to turn
    /// it into: for example `tel:+1-201-555-0123`.
    #[schemars(length(min = 1, max = bounds::TEXT))]
    pub value: String,

    /// A name to show for it. Absent: left as it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = bounds::TEXT))]
    pub display: Option<String>,

    /// What it is for: `work`, `home`, `mobile`, `fax`, `pager`, `other`, or
    /// what the server knows. Absent: no type is sent.
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = bounds::TEXT))]
    pub value_type: Option<String>,

    /// Whether it is the one to use first; true on one value at most. Absent
    /// and false are the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub primary: Option<bool>,
}

/// One address for instant messages.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct InstantMessaging {
    /// The address in the service that `type` names, for example
    /// `barbara@chat.example.com`.
    #[schemars(length(min = 1, max = bounds::TEXT))]
    pub value: String,

    /// A name to show for it. Absent: left as it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = bounds::TEXT))]
    pub display: Option<String>,

    /// The service: `xmpp`, `skype`, or what the server knows. Absent: no
    /// type is sent.
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = bounds::TEXT))]
    pub value_type: Option<String>,

    /// Whether it is the one to use first; true on one value at most. Absent
    /// and false are the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub primary: Option<bool>,
}

/// One picture of the person.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Photo {
    /// The picture's address, for example
    /// `https://photos.example.com/barbara.jpg`. It names an image, not a
    /// page about one.
    #[schemars(length(min = 1, max = bounds::URL), url)]
    pub value: String,

    /// A name to show for it. Absent: left as it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = bounds::TEXT))]
    pub display: Option<String>,

    /// Its size: `photo`, `thumbnail`, or what the server knows. Absent: no
    /// type is sent.
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = bounds::TEXT))]
    pub value_type: Option<String>,

    /// Whether it is the one to use first; true on one value at most. Absent
    /// and false are the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub primary: Option<bool>,
}

/// One postal address.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Address {
    /// The whole address as it is printed on a letter, with line breaks.
    /// Many servers make it from the parts. Absent: left as it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = bounds::TEXT))]
    pub formatted: Option<String>,

    /// Street, number and what belongs to them; may have line breaks. For
    /// example `100 Example Street`. Absent: left as it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = bounds::TEXT))]
    pub street_address: Option<String>,

    /// The city or locality, for example `Springfield`. Absent: left as it
    /// is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = bounds::TEXT))]
    pub locality: Option<String>,

    /// The state or region, for example `CA`. Absent: left as it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = bounds::TEXT))]
    pub region: Option<String>,

    /// The postal code, as text, for example `"01234"`: quote it, or YAML
    /// takes it for a number. Absent: left as it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = bounds::TEXT))]
    pub postal_code: Option<String>,

    /// The country's two letters (ISO 3166-1 alpha-2), for example `US`.
    /// Quote `"NO"`, or YAML 1.1 takes it for false. Absent: left as it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = bounds::TEXT))]
    pub country: Option<String>,

    /// What it is for: `work`, `home`, `other`, or what the server knows.
    /// Absent: no type is sent.
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = bounds::TEXT))]
    pub value_type: Option<String>,

    /// Whether it is the one to use first; true on one value at most. Absent
    /// and false are the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub primary: Option<bool>,
}

/// One thing that the person is entitled to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Entitlement {
    /// The entitlement in the server's own words, for example
    /// `license-standard`.
    #[schemars(length(min = 1, max = bounds::TEXT))]
    pub value: String,

    /// A name to show for it. Absent: left as it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = bounds::TEXT))]
    pub display: Option<String>,

    /// Its kind, in the server's own words. Absent: no type is sent.
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = bounds::TEXT))]
    pub value_type: Option<String>,

    /// Whether it is the first among them; true on one value at most. Absent
    /// and false are the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub primary: Option<bool>,
}

/// One role of the person.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Role {
    /// The role in the server's own words, for example `auditor`.
    #[schemars(length(min = 1, max = bounds::TEXT))]
    pub value: String,

    /// A name to show for it. Absent: left as it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = bounds::TEXT))]
    pub display: Option<String>,

    /// Its kind, in the server's own words. Absent: no type is sent.
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = bounds::TEXT))]
    pub value_type: Option<String>,

    /// Whether it is the first among them; true on one value at most. Absent
    /// and false are the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub primary: Option<bool>,
}

/// One certificate of the person.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct X509Certificate {
    /// The certificate's DER bytes in base64, on one line: a PEM file without
    /// its first and last line and without line breaks.
    #[schemars(length(min = 1, max = bounds::CERTIFICATE))]
    pub value: String,

    /// A name to show for it. Absent: left as it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = bounds::TEXT))]
    pub display: Option<String>,

    /// What it is for, in the server's own words. Absent: no type is sent.
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = bounds::TEXT))]
    pub value_type: Option<String>,

    /// Whether it is the one to use first; true on one value at most. Absent
    /// and false are the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub primary: Option<bool>,
}
