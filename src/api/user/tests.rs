use serde_json::{from_value, json};

use super::*;

#[test]
fn attributes_are_written_as_scim_spells_them() {
    let attributes = json!({
        "userName": "barbara@example.com",
        "externalId": "701984",
        "displayName": "Barbara Jensen",
        "name": {
            "formatted": "Ms. Barbara J Jensen, III",
            "familyName": "Jensen",
            "givenName": "Barbara",
            "middleName": "Jane",
            "honorificPrefix": "Ms.",
            "honorificSuffix": "III",
        },
        "nickName": "Barb",
        "profileUrl": "https://people.example.com/barbara",
        "title": "Guide",
        "userType": "Employee",
        "preferredLanguage": "en-US",
        "locale": "en-US",
        "timezone": "America/Los_Angeles",
        "active": true,
        "emails": [{"value": "barbara@example.com", "display": "b", "type": "work", "primary": true}],
        "phoneNumbers": [{"value": "tel:+1-201-555-0123", "display": "p", "type": "work", "primary": true}],
        "ims": [{"value": "barbara@chat.example.com", "display": "i", "type": "xmpp", "primary": true}],
        "photos": [{"value": "https://photos.example.com/b", "display": "f", "type": "photo", "primary": true}],
        "addresses": [{
            "formatted": "100 Example Street\nSpringfield",
            "streetAddress": "100 Example Street",
            "locality": "Springfield",
            "region": "CA",
            "postalCode": "01234",
            "country": "US",
            "type": "work",
            "primary": true,
        }],
        "entitlements": [{"value": "license", "display": "e", "type": "t", "primary": false}],
        "roles": [{"value": "auditor", "display": "r", "type": "t", "primary": false}],
        "x509Certificates": [{"value": "MIID", "display": "c", "type": "t", "primary": false}],
        "enterprise": {
            "employeeNumber": "701984",
            "costCenter": "4130",
            "organization": "Example Studios",
            "division": "Theme Park",
            "department": "Tour Operations",
            "manager": {"value": "26118915"},
        },
        "extensions": {"urn:example:a": {"badge": 17}},
        "attributes": {"shoeSize": [44, null]},
        "providerRef": {"kind": "ScimProvider", "name": "directory"},
        "deletionPolicy": "Retain",
    });
    let spec: ScimUserSpec = from_value(attributes.clone()).unwrap();
    assert_eq!(serde_json::to_value(spec).unwrap(), attributes);
}

#[test]
fn what_is_absent_is_not_written() {
    let minimal = json!({"providerRef": {"kind": "ScimProvider", "name": "directory"}});
    let spec: ScimUserSpec = from_value(minimal.clone()).unwrap();
    assert_eq!(serde_json::to_value(spec).unwrap(), minimal);
    assert_eq!(serde_json::to_value(ScimUserStatus::default()).unwrap(), json!({}));
}

#[test]
fn clearing_is_told_from_leaving_alone() {
    let spec: ScimUserSpec = from_value(json!({
        "providerRef": {"kind": "ScimProvider", "name": "directory"},
        "title": "",
        "nickName": null,
        "emails": [],
    }))
    .unwrap();
    assert_eq!(spec.title.as_deref(), Some(""));
    assert_eq!(spec.nick_name, None);
    assert_eq!(spec.emails, Some(Vec::new()));
}
