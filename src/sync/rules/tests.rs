use serde_json::json;

use super::{testing::users, *};

const URN: &str = "urn:example:2.0:User";

/// A server that is particular, in the way that Buypass is.
fn rules() -> KindRules {
    users(&json!({
        "unlisted": "Refused",
        "attributes": {
            "externalId": {"required": true},
            "active": {"mutability": "ReadOnly"},
            "name": {"mutability": "ReadOnly"},
            "emails": {"maxValues": 1, "format": "Email", "subAttributes": ["value", "type"]},
            "emails.type": {"canonicalValues": ["work", "home"]},
            "phoneNumbers": {"maxValues": 1, "format": "E164"},
            "entitlements": {"canonicalValues": ["allow_smartcard", "allow_mobile_id"]},
            "title": {"pattern": "[A-Z][a-z]+"},
            "shoeSize": {"format": "Integer"},
            "password": {"mutability": "ReadOnly", "sent": "AtCreation"},
            "nickName": {"mutability": "ReadOnly", "sent": "AtCreation"},
        },
        "extensions": {URN: {"mutability": "ReadOnly", "shown": true}},
    }))
}

fn user(fields: &Value) -> Desired {
    let mut spec = json!({
        "providerRef": {"kind": "ScimProvider", "name": "idp"},
        "userName": "12345678901", "externalId": "7",
    });
    for (name, value) in fields.as_object().unwrap() {
        spec[name] = value.clone();
    }
    Desired::user(&serde_json::from_value(spec).unwrap()).unwrap()
}

fn verdict(fields: &Value) -> Option<(&'static str, String)> {
    let violation = check(&user(fields), &rules(), false).err()?;
    Some((violation.reason(), violation.to_string()))
}

#[test]
fn what_the_server_takes_is_let_through() {
    for fields in [
        json!({}),
        json!({"emails": [{"value": "ada@example.com", "type": "work"}]}),
        json!({"phoneNumbers": [{"value": "+4755512345"}]}),
        json!({"phoneNumbers": [], "emails": [], "title": ""}),
        json!({"entitlements": [{"value": "allow_smartcard"}, {"value": "allow_mobile_id"}]}),
        json!({"title": "Director"}),
        json!({"attributes": {"shoeSize": 44}}),
        json!({"attributes": {"SHOESIZE": "44"}}),
        json!({"nickName": "Ada"}),
    ] {
        assert_eq!(verdict(&fields), None, "{fields}");
    }
}

#[test]
fn what_the_server_does_not_take_is_named() {
    let (invalid, unsupported) = (reasons::INVALID_SPEC, reasons::UNSUPPORTED_BY_SERVER);
    for (fields, reason, field) in [
        (json!({"active": true}), unsupported, "spec.active "),
        (json!({"name": {"givenName": "Ada"}}), unsupported, "spec.name.givenName "),
        (json!({"locale": "nb"}), unsupported, "spec.locale "),
        (json!({"enterprise": {"department": "R&D"}}), unsupported, "spec.enterprise.department "),
        (json!({"attributes": {"hat": "x"}}), unsupported, "spec.attributes.hat "),
        (
            json!({"extensions": {URN: {"nin": "1"}}}),
            unsupported,
            "spec.extensions[\"urn:example:2.0:User\"].nin ",
        ),
        (json!({"externalId": ""}), invalid, "spec.externalId "),
        (
            json!({"emails": [{"value": "a@example.com"}, {"value": "b@example.com"}]}),
            unsupported,
            "spec.emails ",
        ),
        (
            json!({"emails": [{"value": "a@example.com", "display": "A"}]}),
            unsupported,
            "spec.emails has display",
        ),
        (json!({"emails": [{"value": "a@example.com", "type": "other"}]}), invalid, "spec.emails "),
        (json!({"emails": [{"value": "nobody"}]}), invalid, "spec.emails "),
        (json!({"emails": [{"value": "a b@example.com"}]}), invalid, "spec.emails "),
        (json!({"phoneNumbers": [{"value": "tel:+47-555"}]}), invalid, "spec.phoneNumbers "),
        (json!({"phoneNumbers": [{"value": "+1234567890123456"}]}), invalid, "spec.phoneNumbers "),
        (json!({"entitlements": [{"value": "everything"}]}), invalid, "spec.entitlements "),
        (json!({"title": "director"}), invalid, "spec.title "),
        (json!({"title": "Director General"}), invalid, "spec.title "),
        (json!({"attributes": {"shoeSize": "large"}}), invalid, "spec.attributes.shoeSize "),
    ] {
        let (told, message) = verdict(&fields).unwrap_or_else(|| panic!("{fields}"));
        assert_eq!(told, reason, "{message}");
        assert!(message.contains(field), "{fields}: {message}");
    }
}

#[test]
fn no_value_is_in_a_message() {
    for fields in [
        json!({"emails": [{"value": "secretvalue"}]}),
        json!({"phoneNumbers": [{"value": "secretvalue"}]}),
        json!({"entitlements": [{"value": "secretvalue"}]}),
        json!({"title": "secretvalue"}),
        json!({"attributes": {"shoeSize": "secretvalue"}}),
        json!({"extensions": {URN: {"nin": "secretvalue"}}}),
        json!({"locale": "secretvalue"}),
    ] {
        let (_, message) = verdict(&fields).unwrap();
        assert!(!message.contains("secretvalue"), "{message}");
    }
}

#[test]
fn a_creation_needs_what_is_required_and_an_existing_user_does_not() {
    let without = user(&json!({"externalId": null}));
    assert_eq!(check(&without, &rules(), false), Ok(()));
    let missing = complete(&without, &rules(), false).unwrap_err();
    assert_eq!(missing.reason(), reasons::INVALID_SPEC);
    assert!(missing.to_string().starts_with("spec.externalId is missing or empty"), "{missing}");
    assert_eq!(complete(&user(&json!({})), &rules(), false), Ok(()));
}

#[test]
fn a_part_a_value_or_a_secret_is_enough_where_the_whole_is_required() {
    let rules = users(&json!({"attributes": {
        "name": {"required": true},
        "emails.value": {"required": true},
        "password": {"required": true},
    }}));
    let whole = json!({"name": {"givenName": "Ada"}, "emails": [{"value": "ada@example.com"}]});
    assert_eq!(complete(&user(&whole), &rules, true), Ok(()));
    let missing = |fields: &Value, has_password| {
        complete(&user(fields), &rules, has_password).unwrap_err().path.to_string()
    };
    assert_eq!(missing(&whole, false), "password");
    assert_eq!(missing(&json!({"name": {"givenName": "Ada"}}), true), "emails.value");
    assert_eq!(
        missing(&json!({"emails": [{"value": "ada@example.com"}], "name": {"givenName": ""}}), true),
        "name"
    );
}

#[test]
fn a_password_that_the_server_takes_from_nobody_is_refused_like_anything_else() {
    let rules = users(&json!({"attributes": {"password": {"mutability": "ReadOnly"}}}));
    let refused = check(&user(&json!({})), &rules, true).unwrap_err();
    assert!(refused.to_string().starts_with("spec.passwordSecretRef "), "{refused}");
    assert_eq!(check(&user(&json!({})), &rules, false), Ok(()));
}

#[test]
fn the_standard_refuses_nothing_but_a_creation_without_a_name() {
    let rules = users(&json!({}));
    let odd = json!({"attributes": {"hat": "x"}, "emails": [{"value": "x"}, {"value": "y"}]});
    assert_eq!(check(&user(&odd), &rules, true), Ok(()));
    let missing = complete(&user(&json!({"userName": null})), &rules, false).unwrap_err();
    assert!(missing.to_string().starts_with("spec.userName is missing"), "{missing}");
}

#[test]
fn how_an_attribute_is_dealt_with_follows_from_what_is_said_of_it() {
    use Treatment::{Compared, Fixed, Left, Unseen};
    let rules = users(&json!({
        "attributes": {
            "emails": {"mutability": "Immutable"},
            "pin": {"mutability": "WriteOnly"},
            "secret": {"returned": "Never"},
            "seed": {"mutability": "Immutable", "returned": "Never"},
            "welcome": {"sent": "AtCreation"},
            "login": {"mutability": "ReadOnly", "sent": "AtCreation", "shownAs": "externalId"},
            "later": {"sent": "AfterCreation"},
            "urn:example:2.0:User:upn": {},
        },
        "extensions": {"urn:example:2.0:User": {"mutability": "ReadOnly"}},
    }));
    for (path, expected) in [
        ("title", Compared),
        ("emails", Fixed),
        ("pin", Unseen),
        ("secret", Unseen),
        ("seed", Left),
        ("welcome", Left),
        ("login", Fixed),
        ("later", Compared),
        ("urn:example:2.0:User:upn", Compared),
        ("urn:example:2.0:User:nin", Left),
    ] {
        assert_eq!(Treatment::of(&AttributePath::parse(path).unwrap(), &rules), expected, "{path}");
    }
}
