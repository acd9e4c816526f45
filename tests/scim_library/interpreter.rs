//! PATCH by the letter of RFC 7644 §3.5.2.

use proptest::prelude::*;
use scim_operator::scim::{
    error::ScimType,
    interpreter::apply,
    patch::{Operation, PatchRequest},
    path::{AttributePath, ENTERPRISE_SCHEMA, GROUP_SCHEMA, USER_SCHEMA},
    resource::Resource,
};
use serde_json::{Value, json};

fn resource(value: Value) -> Resource {
    Resource::from_value(value).unwrap()
}

fn body(operations: &Value) -> Value {
    json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": operations})
}

/// What the operations make of the resource.
fn patched(before: Value, operations: &Value) -> Result<Value, ScimType> {
    let mut resource = resource(before);
    apply(&mut resource, &body(operations)).map_err(|fault| fault.scim_type)?;
    Ok(Value::Object(resource.as_object().clone()))
}

fn group() -> Value {
    json!({
        "schemas": [GROUP_SCHEMA],
        "id": "g1",
        "displayName": "Crew",
        "members": [{"value": "1", "display": "Alice"}, {"value": "2"}]
    })
}

fn user() -> Value {
    json!({
        "schemas": [USER_SCHEMA],
        "id": "u1",
        "userName": "alice",
        "name": {"givenName": "Alice", "familyName": "Smith"},
        "emails": [
            {"value": "alice@example.com", "type": "work", "primary": true},
            {"value": "al@example.org", "type": "home"}
        ],
        "meta": {"version": "W/\"1\""}
    })
}

/// The fixture with these members set instead.
fn with(mut value: Value, changes: &[(&str, Value)]) -> Value {
    for (name, change) in changes {
        if change.is_null() {
            value.as_object_mut().unwrap().remove(*name);
        } else {
            value[*name] = change.clone();
        }
    }
    value
}

#[test]
fn add() {
    let mails = |mails: Value| with(user(), &[("emails", mails)]);
    let (work, home) = (user()["emails"][0].clone(), user()["emails"][1].clone());
    for (operation, expected) in [
        (json!({"path": "nickName", "value": "Al"}), with(user(), &[("nickName", json!("Al"))])),
        (json!({"path": "USERNAME", "value": "bob"}), with(user(), &[("userName", json!("bob"))])),
        (
            json!({"path": "emails", "value": [{"value": "x@example.com"}]}),
            mails(json!([work, home, {"value": "x@example.com"}])),
        ),
        (
            json!({"path": "emails", "value": {"value": "x@example.com", "primary": true}}),
            mails(json!([
                {"value": "alice@example.com", "type": "work", "primary": false},
                home,
                {"value": "x@example.com", "primary": true}
            ])),
        ),
        (json!({"path": "emails", "value": [work]}), user()),
        (json!({"path": "emails", "value": []}), user()),
        (json!({"path": "nickName", "value": null}), user()),
        (
            json!({"path": "roles", "value": {"value": "r"}}),
            with(user(), &[("roles", json!([{"value": "r"}]))]),
        ),
        (
            json!({"path": "name", "value": {"honorificPrefix": "Dr"}}),
            with(
                user(),
                &[("name", json!({"givenName": "Alice", "familyName": "Smith", "honorificPrefix": "Dr"}))],
            ),
        ),
        (
            json!({"path": "name.givenName", "value": "Al"}),
            with(user(), &[("name", json!({"givenName": "Al", "familyName": "Smith"}))]),
        ),
        (
            json!({"path": "emails[type eq \"home\"].display", "value": "Home"}),
            mails(json!([work, {"value": "al@example.org", "type": "home", "display": "Home"}])),
        ),
        (
            json!({"path": "emails[type eq \"home\"].primary", "value": true}),
            mails(json!([
                {"value": "alice@example.com", "type": "work", "primary": false},
                {"value": "al@example.org", "type": "home", "primary": true}
            ])),
        ),
        (
            json!({"value": {"nickName": "Al", "emails": [{"value": "x@example.com"}], "name": {"givenName": "Al"}}}),
            with(
                user(),
                &[
                    ("nickName", json!("Al")),
                    ("emails", json!([work, home, {"value": "x@example.com"}])),
                    ("name", json!({"givenName": "Al", "familyName": "Smith"})),
                ],
            ),
        ),
    ] {
        let operation = with(operation, &[("op", json!("add"))]);
        assert_eq!(patched(user(), &json!([operation.clone()])), Ok(expected), "{operation}");
    }
}

#[test]
fn replace() {
    let (work, home) = (user()["emails"][0].clone(), user()["emails"][1].clone());
    let mails = |mails: Value| with(user(), &[("emails", mails)]);
    for (operation, expected) in [
        (json!({"path": "userName", "value": "bob"}), with(user(), &[("userName", json!("bob"))])),
        (json!({"path": "nickName", "value": "Al"}), with(user(), &[("nickName", json!("Al"))])),
        (
            json!({"path": "emails", "value": [{"value": "x@example.com"}]}),
            mails(json!([{"value": "x@example.com"}])),
        ),
        (json!({"path": "emails", "value": []}), mails(Value::Null)),
        (
            json!({"path": "name.givenName", "value": null}),
            with(user(), &[("name", json!({"familyName": "Smith"}))]),
        ),
        (
            json!({"path": "name", "value": {"givenName": "Al"}}),
            with(user(), &[("name", json!({"givenName": "Al", "familyName": "Smith"}))]),
        ),
        (
            json!({"path": "emails[type eq \"work\"]", "value": {"value": "x@example.com"}}),
            mails(json!([{"value": "x@example.com"}, home])),
        ),
        (
            json!({"path": "emails[type eq \"work\" and primary eq true].value", "value": "x@example.com"}),
            mails(json!([{"value": "x@example.com", "type": "work", "primary": true}, home])),
        ),
        (
            json!({"path": "emails[type eq \"home\"]", "value": {"value": "x@example.com", "primary": true}}),
            mails(json!([
                {"value": "alice@example.com", "type": "work", "primary": false},
                {"value": "x@example.com", "primary": true}
            ])),
        ),
        (
            json!({"value": {"emails": [home], "active": false}}),
            with(user(), &[("emails", json!([home])), ("active", json!(false))]),
        ),
        (json!({"value": {"id": "u1"}}), user()),
        (json!({"path": "emails", "value": [work, home]}), user()),
    ] {
        let operation = with(operation, &[("op", json!("Replace"))]);
        assert_eq!(patched(user(), &json!([operation.clone()])), Ok(expected), "{operation}");
    }
}

#[test]
fn remove() {
    let (work, home) = (user()["emails"][0].clone(), user()["emails"][1].clone());
    for (path, expected) in [
        ("emails", with(user(), &[("emails", Value::Null)])),
        ("emails[type eq \"work\"]", with(user(), &[("emails", json!([home]))])),
        ("emails[value co \"example\"]", with(user(), &[("emails", Value::Null)])),
        ("emails[not (type eq \"work\")]", with(user(), &[("emails", json!([work]))])),
        (
            "emails[type eq \"work\"].primary",
            with(user(), &[("emails", json!([{"value": "alice@example.com", "type": "work"}, home]))]),
        ),
        ("name.givenName", with(user(), &[("name", json!({"familyName": "Smith"}))])),
        ("NAME", with(user(), &[("name", Value::Null)])),
        ("nickName", user()),
        ("title.sub", user()),
    ] {
        let operation = json!([{"op": "REMOVE", "path": path}]);
        assert_eq!(patched(user(), &operation), Ok(expected), "{path}");
    }
}

#[test]
fn members_are_added_once_and_removed_by_their_exact_id() {
    let members = |members: Value| Ok(with(group(), &[("members", members)]));
    let (alice, two) = (group()["members"][0].clone(), group()["members"][1].clone());
    let add = |value: Value| patched(group(), &json!([{"op": "add", "path": "members", "value": value}]));
    assert_eq!(add(json!([{"value": "1"}, {"value": "3"}])), members(json!([alice, two, {"value": "3"}])));
    assert_eq!(add(json!([{"value": "3"}, {"value": "3"}])), members(json!([alice, two, {"value": "3"}])));
    let before = with(group(), &[("members", json!([{"value": "a"}, {"value": "A"}]))]);
    let after = patched(before, &json!([{"op": "remove", "path": "members[value eq \"a\"]"}]));
    assert_eq!(after, members(json!([{"value": "A"}])));
}

#[test]
fn extensions_come_and_go_with_their_urn() {
    let set = |path: String, value: Value| {
        patched(user(), &json!([{"op": "add", "path": path, "value": value}])).unwrap()
    };
    let expected = with(
        user(),
        &[
            ("schemas", json!([USER_SCHEMA, ENTERPRISE_SCHEMA])),
            (ENTERPRISE_SCHEMA, json!({"department": "R&D"})),
        ],
    );
    assert_eq!(set(format!("{ENTERPRISE_SCHEMA}:department"), json!("R&D")), expected);
    assert_eq!(set(ENTERPRISE_SCHEMA.to_owned(), json!({"department": "R&D"})), expected);
    let pathless = json!([{"op": "add", "value": {ENTERPRISE_SCHEMA: {"department": "R&D"}}}]);
    assert_eq!(patched(user(), &pathless), Ok(expected.clone()));

    let lower = ENTERPRISE_SCHEMA.to_lowercase();
    for path in [format!("{lower}:DEPARTMENT"), lower.clone()] {
        let gone = patched(expected.clone(), &json!([{"op": "remove", "path": path}])).unwrap();
        assert_eq!(gone.get(ENTERPRISE_SCHEMA), None, "{path}");
        assert_eq!(gone["userName"], "alice");
    }
    let manager = format!("{ENTERPRISE_SCHEMA}:manager.value");
    assert_eq!(set(manager, json!("m1"))[ENTERPRISE_SCHEMA], json!({"manager": {"value": "m1"}}));
    let core = format!("{USER_SCHEMA}:nickName");
    assert_eq!(set(core, json!("Al")), with(user(), &[("nickName", json!("Al"))]));
}

#[test]
fn faults_name_what_is_wrong() {
    for (operation, expected) in [
        (json!({"op": "remove"}), ScimType::NoTarget),
        (json!({"op": "remove", "path": "emails[type eq \"fax\"]"}), ScimType::NoTarget),
        (json!({"op": "remove", "path": "roles[value eq \"x\"]"}), ScimType::NoTarget),
        (json!({"op": "replace", "path": "emails[type eq \"fax\"]", "value": {}}), ScimType::NoTarget),
        (json!({"op": "add", "path": "emails[type eq \"fax\"].value", "value": "x"}), ScimType::NoTarget),
        (json!({"op": "remove", "path": "emails", "value": [{"value": "x"}]}), ScimType::InvalidSyntax),
        (json!({"op": "delete", "path": "emails"}), ScimType::InvalidSyntax),
        (json!({"path": "emails"}), ScimType::InvalidSyntax),
        (json!("remove"), ScimType::InvalidSyntax),
        (json!({"op": "remove", "path": ""}), ScimType::InvalidPath),
        (json!({"op": "remove", "path": "emails[type eq]"}), ScimType::InvalidPath),
        (json!({"op": "remove", "path": "name.a[type eq \"x\"]"}), ScimType::InvalidPath),
        (json!({"op": "remove", "path": "userName[value eq \"alice\"]"}), ScimType::InvalidPath),
        (json!({"op": "add", "path": "userName.sub", "value": 1}), ScimType::InvalidPath),
        (json!({"op": "add", "path": 7, "value": 1}), ScimType::InvalidPath),
        (json!({"op": "add", "path": "nickName"}), ScimType::InvalidValue),
        (json!({"op": "add", "value": "nickName"}), ScimType::InvalidValue),
        (
            json!({"op": "replace", "path": "emails", "value": [{"primary": true}, {"primary": true, "value": "x"}]}),
            ScimType::InvalidValue,
        ),
        (json!({"op": "replace", "path": "emails[value pr].primary", "value": true}), ScimType::InvalidValue),
        (json!({"op": "replace", "path": "id", "value": "u2"}), ScimType::Mutability),
        (json!({"op": "remove", "path": "meta"}), ScimType::Mutability),
        (json!({"op": "remove", "path": "meta.version"}), ScimType::Mutability),
        (json!({"op": "add", "value": {"groups": [{"value": "g1"}]}}), ScimType::Mutability),
        (json!({"op": "remove", "path": "userName"}), ScimType::Mutability),
        (json!({"op": "replace", "path": "userName", "value": null}), ScimType::Mutability),
    ] {
        assert_eq!(patched(user(), &json!([operation.clone()])), Err(expected), "{operation}");
    }
    assert_eq!(patched(user(), &json!([])), Err(ScimType::InvalidSyntax));
    let mut resource = resource(user());
    for body in [json!([]), json!({}), json!({"Operations": [{"op": "remove", "path": "emails"}]})] {
        assert_eq!(apply(&mut resource, &body).unwrap_err().scim_type, ScimType::InvalidSyntax, "{body}");
    }
}

#[test]
fn all_operations_happen_or_none() {
    let mut changed = resource(user());
    let operations =
        json!([{"op": "remove", "path": "emails"}, {"op": "remove", "path": "roles[value eq \"x\"]"}]);
    assert!(apply(&mut changed, &body(&operations)).is_err());
    assert_eq!(changed, resource(user()));
}

/// Attributes with a value each, of every shape.
fn attribute() -> impl Strategy<Value = (AttributePath, Value)> {
    let text = "[a-z]{1,3}";
    prop_oneof![
        text.prop_map(|text| (AttributePath::core("nickName"), json!(text))),
        any::<bool>().prop_map(|active| (AttributePath::core("active"), json!(active))),
        text.prop_map(|text| (AttributePath::core("name").sub("givenName"), json!(text))),
        text.prop_map(|text| (AttributePath::extension(ENTERPRISE_SCHEMA, "department"), json!(text))),
        text.prop_map(|text| (
            AttributePath::extension(ENTERPRISE_SCHEMA, "manager").sub("value"),
            json!(text)
        )),
        text.prop_map(|text| (
            AttributePath::extension("urn:example:2.0:User", "team"),
            json!([{"value": text}])
        )),
        prop::collection::btree_set(text, 1..4).prop_map(|texts| {
            let values: Vec<Value> =
                texts.into_iter().map(|text| json!({"value": text, "type": "work"})).collect();
            (AttributePath::core("emails"), Value::Array(values))
        }),
    ]
}

fn operation() -> impl Strategy<Value = Value> {
    let op = prop::sample::select(vec!["add", "replace", "remove", "Add", "x"]);
    let path = prop::option::of(prop::sample::select(vec![
        "emails",
        "emails[type eq \"work\"]",
        "emails[primary eq true]",
        "emails[value pr].primary",
        "emails[type eq \"home\"].primary",
        "emails.primary",
        "name.givenName",
        "name",
        "userName",
        "id",
        ENTERPRISE_SCHEMA,
        "[",
    ]));
    let value = prop::option::of(prop::sample::select(vec![
        json!(true),
        json!("text"),
        json!(null),
        json!([]),
        json!({"value": "x@example.com", "primary": true}),
        json!([{"value": "y@example.com", "primary": true}, {"value": "z@example.com"}]),
        json!({"emails": [{"value": "v@example.com", "primary": true}]}),
        json!({"primary": true}),
    ]));
    (op, path, value).prop_map(|(op, path, value)| {
        let mut operation = json!({"op": op});
        if let Some(path) = path {
            operation["path"] = json!(path);
        }
        if let Some(value) = value {
            operation["value"] = value;
        }
        operation
    })
}

fn primaries(resource: &Resource) -> usize {
    let emails = resource.get(&AttributePath::core("emails")).and_then(Value::as_array).cloned();
    emails.unwrap_or_default().iter().filter(|email| email["primary"] == json!(true)).count()
}

proptest! {
    #[test]
    fn what_is_replaced_is_there_and_what_is_removed_is_gone(
        (path, value) in attribute(),
        (other, kept) in attribute(),
    ) {
        let other = if path.parent() == other.parent() { AttributePath::core("title") } else { other };
        let mut resource = resource(user());
        resource.set(&other, kept.clone());
        let replace = Operation::Replace { path: path.clone(), value: value.clone() };
        apply(&mut resource, &PatchRequest { operations: vec![replace] }.body()).unwrap();
        prop_assert_eq!(resource.get(&path), Some(&value));
        prop_assert_eq!(resource.get(&other), Some(&kept));
        if let Some(schema) = path.schema() {
            let schemas = resource.as_object()["schemas"].as_array().unwrap();
            prop_assert_eq!(schemas.iter().filter(|named| *named == schema).count(), 1);
        }
        let remove = Operation::Remove { path: path.clone() };
        apply(&mut resource, &PatchRequest { operations: vec![remove] }.body()).unwrap();
        prop_assert_eq!(resource.get(&path), None);
        prop_assert_eq!(resource.get(&other), Some(&kept));
    }

    #[test]
    fn adding_again_changes_nothing(ids in prop::collection::vec("[a-c]", 1..5)) {
        let members: Vec<Value> = ids.iter().map(|id| json!({"value": id})).collect();
        let add = Operation::Add { path: AttributePath::core("members"), values: members };
        let body = PatchRequest { operations: vec![add] }.body();
        let mut once = resource(group());
        apply(&mut once, &body).unwrap();
        let mut twice = once.clone();
        apply(&mut twice, &body).unwrap();
        prop_assert_eq!(&once, &twice);
        for id in &ids {
            prop_assert_eq!(once.member_ids().iter().filter(|member| *member == id).count(), 1);
        }
    }

    #[test]
    fn a_removed_value_takes_no_other_with_it(id in any::<String>(), other in any::<String>()) {
        prop_assume!(id != other);
        let mut group = resource(json!({"members": [{"value": id}, {"value": other}]}));
        let remove = Operation::RemoveValue { path: AttributePath::core("members"), value: id };
        apply(&mut group, &PatchRequest { operations: vec![remove] }.body()).unwrap();
        prop_assert_eq!(group.member_ids(), [other]);
    }

    #[test]
    fn nothing_breaks_the_rules_of_a_resource(operations in prop::collection::vec(operation(), 1..5)) {
        let mut changed = resource(user());
        let before = changed.clone();
        let outcome = apply(&mut changed, &body(&json!(operations)));
        prop_assert!(primaries(&changed) <= 1, "{:?}", changed);
        prop_assert_eq!(changed.id(), before.id());
        prop_assert!(changed.get(&AttributePath::core("userName")).is_some(), "{:?}", changed);
        if outcome.is_err() {
            prop_assert_eq!(changed, before);
        }
    }
}
