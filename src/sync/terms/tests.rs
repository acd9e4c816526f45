use serde_json::{Value, json};

use super::*;
use crate::{
    api::reasons,
    scim::{
        capabilities::Capabilities,
        discovery::Discovery,
        profile::{STANDARD, resolve},
    },
};

fn of(overrides: &Value, fields: &Value, asked: Asked) -> Terms {
    let profile = resolve(STANDARD, overrides.as_object().unwrap()).unwrap().profile;
    let mut spec = json!({"providerRef": {"kind": "ScimProvider", "name": "idp"}, "userName": "ada"});
    for (name, value) in fields.as_object().unwrap() {
        spec[name] = value.clone();
    }
    let desired = Desired::user(&serde_json::from_value(spec).unwrap()).unwrap();
    let known = Capabilities::of(&profile, &Discovery::default()).users;
    Terms::new(&desired, asked, &profile.users, known)
}

fn told(obstacle: Option<&Obstacle>) -> Option<(&'static str, String)> {
    let because = obstacle?.because("User");
    Some((because.reason, because.message))
}

#[test]
fn the_standard_has_no_objections() {
    let terms = of(&json!({}), &json!({"active": false}), Asked::default());
    assert_eq!((terms.refusal(), &terms.creation, terms.is_strict), (None, &None, false));
    assert_eq!(terms.warning(DeletionPolicy::Delete, ResourceType::User), None);
}

#[test]
fn a_kind_that_the_server_does_not_have_says_what_would_change_that() {
    let terms = of(&json!({"users": {"supported": false}}), &json!({}), Asked::default());
    let (reason, message) = told(terms.refusal()).unwrap();
    assert_eq!(reason, reasons::UNSUPPORTED_BY_SERVER);
    assert!(message.contains("this server has no users: its provider's profile says so"), "{message}");
    assert!(message.contains("spec.overrides.users.supported: true"), "{message}");
}

#[test]
fn an_account_is_destroyed_only_where_the_manifest_says_that_it_may_be() {
    use DeletionPolicy::{Deactivate, Delete, Retain};
    let inactive = json!({"active": false});
    let active = json!({"active": true});
    for (row, deactivation, fields, policy, refused) in [
        ("it comes back", "Reversible", &inactive, None, false),
        ("it comes back, by deletion", "Reversible", &active, Some(Deactivate), false),
        ("it does not come back", "Destructive", &inactive, None, true),
        ("it is to be kept", "Destructive", &inactive, Some(Retain), true),
        ("it may be deleted", "Destructive", &inactive, Some(Delete), false),
        ("it would be destroyed in the end", "Destructive", &active, Some(Deactivate), true),
        ("nothing happens", "Unsupported", &inactive, Some(Delete), true),
        ("nothing would happen in the end", "Unsupported", &active, Some(Deactivate), true),
        ("nobody asks", "Unsupported", &active, None, false),
    ] {
        let asked = Asked { deletion_policy: policy, ..Asked::default() };
        let terms = of(&json!({"users": {"deactivation": deactivation}}), fields, asked);
        let told = told(terms.refusal());
        assert_eq!(told.is_some(), refused, "{row}: {told:?}");
        assert!(told.is_none_or(|(reason, _)| reason == reasons::UNSUPPORTED_BY_SERVER), "{row}");
    }
}

#[test]
fn what_a_creation_lacks_does_not_trouble_who_is_there() {
    let terms = of(&json!({}), &json!({"userName": null, "externalId": "7"}), Asked::default());
    assert_eq!(terms.refusal(), None);
    let (reason, message) = told(terms.creation.as_ref()).unwrap();
    assert_eq!(reason, reasons::INVALID_SPEC);
    assert!(message.starts_with("spec.userName is missing or empty"), "{message}");
    let forbidden = of(&json!({"users": {"operations": {"create": false}}}), &json!({}), Asked::default());
    assert_eq!(told(forbidden.creation.as_ref()).unwrap().0, reasons::UNSUPPORTED_BY_SERVER);
}

#[test]
fn who_could_not_be_found_again_is_not_created() {
    let made_by_the_server = json!({"users": {"attributes": {"userName": {"required": false}}}});
    let nobody = of(&made_by_the_server, &json!({"userName": null}), Asked::default());
    let (_, message) = told(nobody.creation.as_ref()).unwrap();
    assert!(message.starts_with("spec.userName is missing or empty"), "{message}");
    let by_id = of(&made_by_the_server, &json!({"userName": null, "externalId": "7"}), Asked::default());
    assert_eq!(by_id.creation, None);
}

#[test]
fn whoever_may_delete_for_good_is_warned() {
    let terms = of(&json!({"users": {"deletion": "Irreversible"}}), &json!({}), Asked::default());
    let warning = terms.warning(DeletionPolicy::Delete, ResourceType::User).unwrap();
    assert!(warning.contains("for good") && warning.contains("Deactivate or Retain"), "{warning}");
    assert_eq!(terms.warning(DeletionPolicy::Deactivate, ResourceType::User), None);
}
