use serde_json::json;

use super::*;
use crate::sync::rules::testing::users;

fn digester() -> Digester {
    Digester::new(b"key")
}

fn desired(fields: &Value) -> Desired {
    let mut spec = json!({"providerRef": {"kind": "ScimProvider", "name": "idp"}, "userName": "ada"});
    for (name, value) in fields.as_object().unwrap() {
        spec[name] = value.clone();
    }
    Desired::user(&serde_json::from_value(spec).unwrap()).unwrap()
}

fn observed(fields: &Value) -> Resource {
    let mut person = json!({"id": "1", "userName": "ada"});
    for (name, value) in fields.as_object().unwrap() {
        person[name] = value.clone();
    }
    Resource::from_value(person).unwrap()
}

fn managing(paths: &[&str]) -> Known {
    let managed = paths.iter().map(|path| AttributePath::parse(path).unwrap()).collect();
    Known { managed, ..Known::default() }
}

/// The paths that would be sent; what is removed has a minus.
fn sent(wanted: &Value, known: &Known, there: &Value, attributes: &Value) -> Vec<String> {
    let (desired, rules) = (desired(wanted), users(&json!({"attributes": attributes})));
    let comparison = Comparison { desired: &desired, rules: &rules, digester: &digester() };
    let changes = comparison.changes(known, &observed(there));
    let sign = |change: &Change| if change.value.is_none() { "-" } else { "" };
    changes.iter().map(|change| format!("{}{}", sign(change), change.path)).collect()
}

#[test]
fn a_manager_who_is_not_known_yet_stays_and_stays_managed() {
    let urn = crate::scim::path::ENTERPRISE_SCHEMA;
    let desired = desired(&json!({"enterprise": {"managerRef": {"name": "grace"}}}));
    let manager = AttributePath::extension(urn, "manager").sub("value");
    let observed = observed(&json!({urn: {"manager": {"value": "7"}}}));
    let known = Known { managed: [manager.clone()].into(), ..Known::default() };
    let comparison = Comparison { desired: &desired, rules: &users(&json!({})), digester: &digester() };
    assert_eq!(comparison.changes(&known, &observed), []);
    assert!(comparison.still_managed(&known, &observed).contains(&manager));
    assert!(!comparison.still_managed(&Known::default(), &observed).contains(&manager), "nobody's yet");
}

#[test]
fn what_is_sent_follows_what_the_profile_says_of_an_attribute() {
    let (boss, clerk, none) = (json!({"title": "Boss"}), json!({"title": "Clerk"}), json!({}));
    let managed = managing(&["title"]);
    for (row, rule, wanted, there, expected) in [
        ("as the standard has it", json!({}), &boss, &clerk, vec!["title"]),
        ("gone from the manifest", json!({}), &none, &clerk, vec!["-title"]),
        ("only the server sets it", json!({"mutability": "ReadOnly"}), &none, &clerk, vec![]),
        (
            "only the server sets it, and it was sent",
            json!({"mutability": "ReadOnly", "sent": "AtCreation"}),
            &boss,
            &clerk,
            vec![],
        ),
        ("nobody changes it", json!({"mutability": "Immutable"}), &boss, &clerk, vec![]),
        ("nobody removes it", json!({"mutability": "Immutable"}), &none, &clerk, vec![]),
        ("sent with the creation alone", json!({"sent": "AtCreation"}), &boss, &clerk, vec![]),
        ("and not removed either", json!({"sent": "AtCreation"}), &none, &clerk, vec![]),
        ("sent after the creation", json!({"sent": "AfterCreation"}), &boss, &none, vec!["title"]),
        ("required is let go", json!({"required": true}), &none, &clerk, vec![]),
        ("never shown", json!({"returned": "Never"}), &boss, &none, vec!["title"]),
        ("never given, so never removed", json!({"returned": "Never"}), &none, &none, vec![]),
        ("case means nothing", json!({"caseExact": false}), &json!({"title": "BOSS"}), &boss, vec![]),
        ("case means something", json!({"caseExact": true}), &json!({"title": "BOSS"}), &boss, vec!["title"]),
    ] {
        assert_eq!(sent(wanted, &managed, there, &json!({"title": rule})), expected, "{row}");
    }
}

#[test]
fn what_nobody_can_read_is_sent_when_the_manifest_changes_and_then_no_more() {
    let rules = users(&json!({"attributes": {"title": {"mutability": "WriteOnly"}}}));
    let (boss, chief, nothing) =
        (desired(&json!({"title": "Boss"})), desired(&json!({"title": "Chief"})), desired(&json!({})));
    let shown = observed(&json!({}));
    let mut known = managing(&["title"]);
    let title = AttributePath::core("title");
    let send = |desired, known: &mut Known| {
        let comparison = Comparison { desired, rules: &rules, digester: &digester() };
        comparison.forget_old(known, &shown);
        let changes = comparison.changes(known, &shown);
        comparison.note_unseen(changes.iter().map(|change| &change.path), known);
        assert_eq!(comparison.rewritten(&changes, &shown), BTreeMap::new(), "hidden is not ignored");
        changes
    };
    assert_eq!(send(&boss, &mut known).len(), 1);
    assert_eq!(send(&boss, &mut known), [], "it was sent");
    assert_eq!(send(&chief, &mut known), [Change { path: title.clone(), value: Some(json!("Chief")) }]);
    let gone = Comparison { desired: &nothing, rules: &rules, digester: &digester() };
    assert!(gone.still_managed(&known, &shown).contains(&title), "its removal is due");
    assert_eq!(send(&nothing, &mut known), [Change { path: title, value: None }]);
    assert_eq!(send(&nothing, &mut known), [], "it was removed");
    assert!(known.rewritten.is_empty());
}

#[test]
fn what_differs_and_cannot_be_changed_is_named() {
    let rules = users(&json!({"attributes": {"emails": {"mutability": "Immutable"}}}));
    let wanted = desired(&json!({"emails": [{"value": "new@example.com"}], "title": "Boss"}));
    let comparison = Comparison { desired: &wanted, rules: &rules, digester: &digester() };
    let other = observed(&json!({"emails": [{"value": "old@example.com"}]}));
    assert_eq!(comparison.fixed(&other), [AttributePath::core("emails")]);
    let changes = comparison.changes(&Known::default(), &other);
    assert_eq!(changes.iter().map(|change| change.path.to_string()).collect::<Vec<_>>(), ["title"]);
    let same = observed(&json!({"emails": [{"value": "new@example.com", "type": "work"}]}));
    assert_eq!(comparison.fixed(&same), []);
}

#[test]
fn what_goes_and_nobody_can_remove_is_remembered_as_long_as_it_is_there() {
    let rules = users(&json!({"attributes": {"userType": {"mutability": "Immutable"}}}));
    let nothing = desired(&json!({"title": "Boss"}));
    let comparison = Comparison { desired: &nothing, rules: &rules, digester: &digester() };
    let user_type = AttributePath::core("userType");
    let known = Known { managed: [user_type.clone()].into(), ..Known::default() };
    let there = observed(&json!({"userType": "Employee", "title": "Boss"}));
    assert_eq!(comparison.kept(&known, &there).collect::<Vec<_>>(), [&user_type]);
    assert!(comparison.still_managed(&known, &there).contains(&user_type));
    assert_eq!(comparison.changes(&known, &there), []);
    let gone = observed(&json!({"title": "Boss"}));
    assert_eq!(comparison.kept(&known, &gone).count(), 0);
}

#[test]
fn a_name_that_was_sent_once_and_is_shown_elsewhere_is_compared_there() {
    let rules = users(&json!({"attributes": {"userName": {
        "required": false, "mutability": "ReadOnly", "sent": "AtCreation", "shownAs": "externalId",
    }}}));
    let wanted = desired(&json!({}));
    let comparison = Comparison { desired: &wanted, rules: &rules, digester: &digester() };
    let same = observed(&json!({"userName": "made-up", "externalId": "ada"}));
    assert_eq!((comparison.changes(&Known::default(), &same), comparison.fixed(&same)), (vec![], vec![]));
    let other = observed(&json!({"userName": "made-up", "externalId": "eve"}));
    assert_eq!(comparison.fixed(&other), [AttributePath::core("userName")], "nobody renames there");
}

#[test]
fn what_a_profile_hides_from_now_on_is_forgotten_as_it_was_known() {
    let wanted = desired(&json!({"title": "Boss"}));
    let shown = observed(&json!({"title": "boss"}));
    let (open, hidden) = (users(&json!({})), users(&json!({"attributes": {"title": {"returned": "Never"}}})));
    let open = Comparison { desired: &wanted, rules: &open, digester: &digester() };
    let hidden = Comparison { desired: &wanted, rules: &hidden, digester: &digester() };
    let mut known = managing(&["title"]);
    known.rewritten = open.rewritten(&open.changes(&known, &shown), &shown);
    assert!(open.changes(&known, &shown).is_empty(), "what the server rewrites is not sent again");
    hidden.forget_old(&mut known, &shown);
    assert_eq!(hidden.changes(&known, &shown).len(), 1, "nothing of this kind was sent yet");
}
