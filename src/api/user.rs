//! `ScimUser`: a person, or whatever else signs in, on a SCIM server.

#![expect(unreachable_pub, reason = "KubeSchema repeats each struct inside a function")]

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::{CustomResource, KubeSchema};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    auth::SecretKeyRef,
    bounds,
    person::{Enterprise, Name},
    rules::{
        adopted_id_is_used, extensions_are_distinct, extensions_are_not_typed, extensions_are_urns,
        one_primary, provider_is_immutable,
    },
    schema,
    shared::{AdoptionPolicy, Anchor, DeletionPolicy, Mode, Normalized, Origin, ProviderRef},
    values::{Address, Email, Entitlement, InstantMessaging, PhoneNumber, Photo, Role, X509Certificate},
};

/// What the person looks like on the server. An attribute that is absent is
/// not managed: it stays as the server has it. One that is named is made
/// equal, and kept equal. One that was named before and is gone from the
/// manifest is removed there. `""` and `[]` clear.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, CustomResource, KubeSchema)]
#[kube(
    group = "scim-operator.dev",
    version = "v1alpha1",
    kind = "ScimUser",
    plural = "scimusers",
    shortname = "scimu",
    category = "scim",
    namespaced,
    status = "ScimUserStatus",
    derive = "Default",
    derive = "PartialEq",
    cel,
    selectable = ".spec.providerRef.kind",
    selectable = ".spec.providerRef.name",
    doc = "A person, or whatever else signs in, on a SCIM 2.0 server (RFC 7643 §4.1). The operator creates the user, keeps it equal to this manifest, and deletes it with the object.",
    printcolumn = r#"{"name": "UserName", "type": "string", "jsonPath": ".spec.userName", "description": "The name by which the person signs in."}"#,
    printcolumn = r#"{"name": "Provider", "type": "string", "jsonPath": ".spec.providerRef.name", "description": "The provider on whose server the user lives."}"#,
    printcolumn = r#"{"name": "Ready", "type": "string", "jsonPath": ".status.conditions[?(@.type==\"Ready\")].status", "description": "Whether the server has everything that the manifest says."}"#,
    printcolumn = r#"{"name": "Reason", "type": "string", "jsonPath": ".status.conditions[?(@.type==\"Ready\")].reason", "description": "Why it is or is not so."}"#,
    printcolumn = r#"{"name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp", "description": "The time since the object was created."}"#,
    printcolumn = r#"{"name": "ID", "type": "string", "jsonPath": ".status.id", "priority": 1, "description": "The id that the server gave."}"#,
    printcolumn = r#"{"name": "Message", "type": "string", "jsonPath": ".status.conditions[?(@.type==\"Ready\")].message", "priority": 1, "description": "What happened and what to do about it."}"#
)]
#[x_kube(validation = provider_is_immutable(), validation = adopted_id_is_used())]
#[serde(rename_all = "camelCase")]
pub struct ScimUserSpec {
    /// The provider on whose server the user lives.
    /// It cannot change.
    pub provider_ref: ProviderRef,

    /// The name by which the person signs in (RFC 7643 §4.1.1), unique on the
    /// server whatever its case, for example `barbara@example.com`. A new
    /// value renames the same user. Only servers that make the name
    /// themselves can do without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = bounds::TEXT))]
    pub user_name: Option<String>,

    /// Your own id for the person (RFC 7643 §3.1), stored on the server with
    /// the user and exact in its case, for example `701984`. Best something
    /// that never changes, such as a personnel number: after a crash the
    /// operator finds its own creation by it. Absent: left alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = bounds::TEXT))]
    pub external_id: Option<String>,

    /// The name to show for the person (RFC 7643 §4.1.1), for example
    /// `Barbara Jensen`. Absent: left alone. `""`: cleared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = bounds::TEXT))]
    pub display_name: Option<String>,

    /// The parts of the person's name (RFC 7643 §4.1.1). Each part is managed
    /// by itself. Absent: left alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Name>,

    /// How the person is called in daily life (RFC 7643 §4.1.1), for example
    /// `Barb`. Absent: left alone. `""`: cleared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = bounds::TEXT))]
    pub nick_name: Option<String>,

    /// A page about the person (RFC 7643 §4.1.1): a URL such as
    /// `https://people.example.com/barbara`. Absent: left alone. `""`:
    /// cleared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = bounds::URL))]
    pub profile_url: Option<String>,

    /// The person's title in the organisation (RFC 7643 §4.1.1), for example
    /// `Vice President`. Absent: left alone. `""`: cleared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = bounds::TEXT))]
    pub title: Option<String>,

    /// How the person relates to the organisation (RFC 7643 §4.1.1), in the
    /// server's own words: for example `Employee`, `Contractor`, `Intern`.
    /// Absent: left alone. `""`: cleared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = bounds::TEXT))]
    pub user_type: Option<String>,

    /// The languages the person prefers to read (RFC 7643 §4.1.1), as in the
    /// HTTP header Accept-Language (RFC 7231 §5.3.5): for example `en-US` or
    /// `da, en-gb;q=0.8`. Absent: left alone. `""`: cleared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = bounds::TEXT))]
    pub preferred_language: Option<String>,

    /// How numbers, dates and currencies are shown to the person (RFC 7643
    /// §4.1.1): a language tag (RFC 5646) such as `en-US`. Absent: left
    /// alone. `""`: cleared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = bounds::TEXT))]
    pub locale: Option<String>,

    /// The person's time zone (RFC 7643 §4.1.1) by its name in the IANA
    /// database, for example `America/Los_Angeles`. Absent: left alone.
    /// `""`: cleared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = bounds::TEXT))]
    pub timezone: Option<String>,

    /// Whether the person may sign in (RFC 7643 §4.1.1). `false` disables the
    /// account; some servers delete it for good. Absent: left alone; a new
    /// user gets what the server gives, nearly always true. When it goes from
    /// the manifest, it stays as it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub active: Option<bool>,

    /// E-mail addresses (RFC 7643 §4.1.2). The list is complete: an address
    /// that somebody adds on the server is removed. A value is known by
    /// `value` and `type`; order means nothing; at most 64. For example
    /// `[{value: barbara@example.com, type: work, primary: true}]`. Absent:
    /// left alone. `[]`: cleared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = bounds::VALUES))]
    #[x_kube(validation = one_primary("emails"), merge_strategy = ListMerge::Atomic)]
    pub emails: Option<Vec<Email>>,

    /// Phone numbers (RFC 7643 §4.1.2). The list is complete: a number that
    /// somebody adds on the server is removed. A value is known by `value`
    /// and `type`; order means nothing; at most 64. For example
    /// `[{value: "tel:+1-201-555-0123", type: work}]`. Absent: left alone.
    /// `[]`: cleared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = bounds::VALUES))]
    #[x_kube(validation = one_primary("phoneNumbers"), merge_strategy = ListMerge::Atomic)]
    pub phone_numbers: Option<Vec<PhoneNumber>>,

    /// Addresses for instant messages (RFC 7643 §4.1.2). The list is
    /// complete; a value is known by `value` and `type`; order means nothing;
    /// at most 64. For example
    /// `[{value: barbara@chat.example.com, type: xmpp}]`. Absent: left alone.
    /// `[]`: cleared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = bounds::VALUES))]
    #[x_kube(validation = one_primary("ims"), merge_strategy = ListMerge::Atomic)]
    pub ims: Option<Vec<InstantMessaging>>,

    /// Pictures of the person, as URLs (RFC 7643 §4.1.2). The list is
    /// complete; a value is known by `value` and `type`; order means nothing;
    /// at most 64. For example
    /// `[{value: "https://photos.example.com/barbara.jpg", type: photo}]`.
    /// Absent: left alone. `[]`: cleared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = bounds::VALUES))]
    #[x_kube(validation = one_primary("photos"), merge_strategy = ListMerge::Atomic)]
    pub photos: Option<Vec<Photo>>,

    /// Postal addresses (RFC 7643 §4.1.2). The list is complete; a value is
    /// known by `type`; order means nothing; at most 64. For example
    /// `[{streetAddress: 100 Example Street, locality: Springfield, country: US, type: work}]`.
    /// Absent: left alone. `[]`: cleared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = bounds::VALUES))]
    #[x_kube(validation = one_primary("addresses"), merge_strategy = ListMerge::Atomic)]
    pub addresses: Option<Vec<Address>>,

    /// What the person is entitled to, in the server's own words (RFC 7643
    /// §4.1.2). The list is complete: one that somebody grants on the server
    /// is taken away. A value is known by `value` and `type`; order means
    /// nothing; at most 64. For example `[{value: license-standard}]`.
    /// Absent: left alone. `[]`: cleared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = bounds::VALUES))]
    #[x_kube(validation = one_primary("entitlements"), merge_strategy = ListMerge::Atomic)]
    pub entitlements: Option<Vec<Entitlement>>,

    /// The person's roles, in the server's own words (RFC 7643 §4.1.2). The
    /// list is complete: one that somebody grants on the server is taken
    /// away. A value is known by `value` and `type`; order means nothing; at
    /// most 64. For example `[{value: auditor}]`. Absent: left alone. `[]`:
    /// cleared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = bounds::VALUES))]
    #[x_kube(validation = one_primary("roles"), merge_strategy = ListMerge::Atomic)]
    pub roles: Option<Vec<Role>>,

    /// The person's X.509 certificates (RFC 7643 §4.1.2). The list is
    /// complete; order means nothing; at most 8. For example
    /// `[{value: MIIDQzCCAqygAwIBAgICEAAwDQYJ…}]`. Absent: left alone. `[]`:
    /// cleared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = bounds::CERTIFICATES))]
    #[x_kube(validation = one_primary("x509Certificates"), merge_strategy = ListMerge::Atomic)]
    pub x509_certificates: Option<Vec<X509Certificate>>,

    /// The enterprise extension (RFC 7643 §4.3): the person's place in the
    /// organisation. Each part is managed by itself. Absent: left alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enterprise: Option<Enterprise>,

    /// Attributes of any other extension (RFC 7643 §3.3), as they are, by
    /// the URN of their schema; at most 16 extensions. For example
    /// `{"urn:ietf:params:scim:schemas:extension:example:2.0:User": {badge: "17"}}`.
    /// Each attribute is managed by itself. Absent: left alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::extensions")]
    #[x_kube(
        validation = extensions_are_urns(),
        validation = extensions_are_distinct(),
        validation = extensions_are_not_typed()
    )]
    pub extensions: Option<BTreeMap<String, BTreeMap<String, Value>>>,

    /// Attributes of the user that belong to no schema of RFC 7643, as they
    /// are, for servers that have some; at most 64. For example
    /// `{costUnit: "4711"}`. Names that have a field of their own here belong
    /// there (`InvalidSpec`). Each attribute is managed by itself. Absent: left
    /// alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::attributes")]
    pub attributes: Option<BTreeMap<String, Value>>,

    /// The Secret in this namespace that holds the person's password. Its
    /// annotation `scim-operator.dev/allowed-hosts` must list the provider's
    /// host. The password is sent when the user is created and when the
    /// Secret's value changes, noticed within the provider's
    /// `resyncInterval`; it is never compared, and white space around it is
    /// no part of it. For a user that was adopted the value that is there is
    /// taken as known, which an event says (`PasswordNotSent`), and only
    /// another one is sent. Absent: passwords are left alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password_secret_ref: Option<SecretKeyRef>,

    /// Single values that must not be on the server, of attributes whose
    /// other values are nobody's business here: each a path with one `eq`
    /// (RFC 7644 §3.5.2), such as `roles[value eq "auditor"]` or
    /// `urn:…:fido2:User:fido2Credentials[credentialId eq "abc"]`. One is
    /// removed in each pass; what is gone stays gone. Where the profile does
    /// not say that single values can be removed (`removable`), the values
    /// that stay are sent in the place of all. At most 16. Absent: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = bounds::ABSENT), inner(length(max = bounds::TEXT)))]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub ensure_absent: Option<Vec<String>>,

    /// Whether an identity that is on the server already may become this
    /// object's. Never: it is left untouched (`AlreadyExists`). Adopt: it is
    /// taken over, if the provider allows adoption, and from then on made
    /// equal to this manifest; when this object is deleted it stays, unless
    /// `deletionPolicy` says otherwise. Absent: Never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub adoption_policy: Option<AdoptionPolicy>,

    /// The id (RFC 7643 §3.1) of the identity to take over or to observe.
    /// It must have the name of this manifest. If it is not there, nothing is
    /// created in its place (`RemoteMissing`); once it was taken over, another
    /// id here changes nothing. Absent: it is found by `externalId` and name,
    /// and must be the only one.
    #[serde(default, rename = "adoptID", skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = bounds::URL))]
    pub adopt_id: Option<String>,

    /// Manage: the server is made equal to this manifest. Observe: the
    /// identity is read, and the status shows its id and what differs;
    /// nothing is changed, created or deleted, and the object has no claim on
    /// the identity. An object that managed before gives up its claim; should
    /// it manage again, it begins like a new one. Absent: Manage.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<Mode>,

    /// Stops everything for this object: nothing is read or changed on the
    /// server, its deletion waits, and Ready is Unknown (`Suspended`) until it
    /// goes on. Absent: false.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suspend: Option<bool>,

    /// What becomes of the user on the server when this object is deleted.
    /// Delete: it is deleted there, after a check that it is still the same
    /// one. Deactivate: its `active` becomes false, after the same check.
    /// Retain: it stays there and is no longer managed. Takes effect also on
    /// an object that is being deleted already. Absent: Retain for a user
    /// that was adopted; for others the provider's policy, and without one
    /// Delete.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deletion_policy: Option<DeletionPolicy>,
}

/// What the operator knows about the user on the server.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct ScimUserStatus {
    /// Which user on which server this object stands for. Absent: none yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub anchor: Option<Anchor>,

    /// The id that the server gave (RFC 7643 §3.1): the same as in `anchor`,
    /// where other tools find it easily.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = bounds::URL))]
    pub id: Option<String>,

    /// The userName as the server last showed it. Differs from the spec while
    /// a change is under way, or where the server spells it its own way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = bounds::TEXT))]
    pub user_name: Option<String>,

    /// How the user came to be managed. Created: the operator made it.
    /// Adopted: it was there before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<Origin>,

    /// The metadata.generation that this status speaks of. Lower than the
    /// object's: the last change was not looked at yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0))]
    pub observed_generation: Option<i64>,

    /// The metadata.generation whose manifest the server was last made to
    /// follow. What differs while it is the object's own was changed by
    /// somebody else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0))]
    pub applied_generation: Option<i64>,

    /// The paths of the attributes that the operator set (RFC 7644 §3.5.2),
    /// sorted: for example `displayName`, `name.givenName`. What is here and
    /// gone from the spec is removed on the server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = bounds::PATHS), inner(length(max = bounds::TEXT)))]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub managed_attributes: Option<Vec<String>>,

    /// The values that the server keeps in another form than they were sent,
    /// or never shows, and that are not sent again for that reason.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = bounds::PATHS))]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub normalized: Option<Vec<Normalized>>,

    /// What the server alone sets and its profile has shown, by path, such as
    /// the last login: as it was when this status was last written for another
    /// reason.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::attributes")]
    pub attributes: Option<BTreeMap<String, Value>>,

    /// A digest of the password that was last sent, made with a key that only
    /// the operator has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = bounds::DIGEST))]
    pub password_digest: Option<String>,

    /// Whether the account was active when it was last as it should be. One
    /// that was, and is no longer, was disabled by somebody else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub active: Option<bool>,

    /// The value of the annotation `scim-operator.dev/reconcile-requested-at`
    /// that was last acted on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = bounds::TEXT))]
    pub last_handled_reconcile_at: Option<String>,

    /// The value of the annotation `scim-operator.dev/reactivate-requested-at`
    /// that was last acted on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = bounds::TEXT))]
    pub last_handled_reactivate_at: Option<String>,

    /// What is so and what is not, by type. Ready sums them up; Stalled means
    /// that somebody has to act.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::conditions")]
    pub conditions: Option<Vec<Condition>>,
}

#[cfg(test)]
mod tests;
