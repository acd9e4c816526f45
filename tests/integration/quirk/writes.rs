//! Creation, PUT, PATCH, and the rules of attributes.

use http::Method;
use serde_json::{Value, json};

use super::{Desk, ENTERPRISE, PATCH, USER, user, user_with};

/// A server with one user, by the path of that one.
async fn one(habits: &str, more: Value) -> (Desk, String) {
    let desk = Desk::with(habits).await;
    let created = desk.post("/Users", user_with("ada", more)).await;
    assert_eq!(created.status, 201, "{}", created.text);
    (desk, format!("/Users/{}", created.body["id"].as_str().unwrap()))
}

/// What one operation answers, and the user as stored then.
async fn after(habits: &str, more: Value, operation: Value) -> (u16, Value) {
    let (desk, path) = one(habits, more).await;
    let status = desk.patch(&path, json!([operation])).await.status;
    (status, desk.server.all("/Users").remove(0))
}

fn rule(attribute: &str, rule: &str) -> String {
    format!("{{users: {{attributes: {{{attribute}: {rule}}}}}}}")
}

#[tokio::test]
async fn a_duplicate_is_refused_in_many_ways() {
    for (habits, status, scim_type) in [
        ("{}", 409, json!("uniqueness")),
        ("{creation: {duplicate: 400}}", 400, json!("uniqueness")),
        ("{creation: {duplicateType: null}}", 409, Value::Null),
    ] {
        let (desk, _) = one(habits, json!({})).await;
        let again = desk.post("/Users", user("ada")).await;
        assert_eq!((again.status, &again.body["scimType"]), (status, &scim_type), "{habits}");
    }
    let (desk, path) = one("{}", json!({})).await;
    desk.user("bob").await;
    assert_eq!(desk.put(&path, user("bob")).await.status, 409, "by a change too");
    let desk = Desk::with("{groups: {unique: [displayName]}}").await;
    let group = json!({"schemas": [super::GROUP], "displayName": "all"});
    assert_eq!(desk.post("/Groups", group.clone()).await.status, 201);
    assert_eq!(desk.post("/Groups", group).await.status, 409);
}

#[tokio::test]
async fn a_creation_changes_the_one_that_is_there() {
    for status in [200, 201] {
        let (desk, path) =
            one(&format!("{{creation: {{upserts: {status}}}}}"), json!({"title": "Analyst"})).await;
        let again = desk.post("/Users", user_with("ada", json!({"title": "Countess"}))).await;
        assert_eq!((again.status, &again.body["title"]), (status, &json!("Countess")));
        assert!(path.ends_with(&again.id()));
    }
}

#[tokio::test]
async fn what_was_created_is_not_seen_at_once() {
    let (desk, path) = one("{lag: {unseen: 2}}", json!({})).await;
    assert_eq!(desk.get(&path).await.status, 404);
    assert_eq!(desk.get("/Users").await.names(), [""; 0]);
    assert_eq!(desk.get(&path).await.status, 200);
}

#[tokio::test]
async fn a_change_is_not_seen_at_once() {
    let (desk, path) = one("{lag: {stale: 1}}", json!({"title": "Analyst"})).await;
    let change = json!([{"op": "replace", "path": "title", "value": "Countess"}]);
    assert_eq!(desk.patch(&path, change).await.body["title"], json!("Countess"));
    assert_eq!(desk.get(&path).await.body["title"], json!("Analyst"));
    assert_eq!(desk.get(&path).await.body["title"], json!("Countess"));
}

#[tokio::test]
async fn a_creation_echoes_what_it_does_not_store() {
    let habits = "{users: {echo: true, only: [userName]}}";
    let (desk, path) = one(habits, json!({})).await;
    let put = desk.put(&path, user_with("ada", json!({"title": "Countess"}))).await;
    assert_eq!(put.body["title"], json!("Countess"));
    assert_eq!(desk.get(&path).await.body.get("title"), None);
}

#[tokio::test]
async fn unknown_attributes_are_dropped_kept_or_refused() {
    for (unknown, status, kept) in [("drop", 201, false), ("keep", 201, true), ("refuse", 400, false)] {
        let desk = Desk::with(&format!("{{users: {{unknown: {unknown}}}}}")).await;
        let created = desk.post("/Users", user_with("ada", json!({"shoeSize": 44}))).await;
        assert_eq!((created.status, created.body.get("shoeSize").is_some()), (status, kept), "{unknown}");
    }
}

#[tokio::test]
async fn attributes_that_cannot_be_changed() {
    for (mutability, status, left) in [
        ("readOnly", 200, Value::Null),
        ("readOnlyRefused", 400, Value::Null),
        ("immutable", 400, json!("Ada")),
        ("immutableIgnored", 200, json!("Ada")),
    ] {
        let habits = rule("nickName", &format!("{{mutability: {mutability}}}"));
        let refuses_all = mutability == "readOnlyRefused";
        let more = if refuses_all { json!({}) } else { json!({"nickName": "Ada"}) };
        let operation = json!({"op": "replace", "path": "nickName", "value": "Countess"});
        let (answered, stored) = after(&habits, more, operation).await;
        assert_eq!((answered, &stored["nickName"]), (status, &left), "{mutability}");
    }
    let (desk, path) = one(&rule("nickName", "{mutability: immutable}"), json!({"nickName": "Ada"})).await;
    assert_eq!(
        desk.put(&path, user("ada")).await.body["nickName"],
        json!("Ada"),
        "a PUT without it keeps it"
    );
}

#[tokio::test]
async fn attributes_that_must_be_there() {
    for name in ["displayName", "name.familyName", &format!("\"{ENTERPRISE}:department\"")] {
        let desk = Desk::with(&rule(name, "{required: true}")).await;
        assert_eq!(desk.post("/Users", user("ada")).await.status, 400, "{name}");
        let full =
            json!({"displayName": "Ada", "name": {"familyName": "L"}, ENTERPRISE: {"department": "R"}});
        assert_eq!(desk.post("/Users", user_with("ada", full)).await.status, 201, "{name}");
    }
}

#[tokio::test]
async fn one_value_of_many() {
    let emails = json!({"emails": [{"value": "a@example.com"}, {"value": "b@example.com", "primary": true}]});
    let desk = Desk::with(&rule("emails", "{most: 1}")).await;
    assert_eq!(desk.post("/Users", user_with("ada", emails.clone())).await.status, 400);
    let desk = Desk::with(&rule("emails", "{most: 1, tooMany: keepPrimary}")).await;
    let created = desk.post("/Users", user_with("ada", emails)).await;
    assert_eq!(created.body["emails"], json!([{"value": "b@example.com", "primary": true}]));
    let desk = Desk::with(&rule("emails", "{primaryRequired: true}")).await;
    let none = json!({"emails": [{"value": "a@example.com"}]});
    assert_eq!(desk.post("/Users", user_with("ada", none)).await.status, 400);
}

#[tokio::test]
async fn a_value_needs_more_than_its_value() {
    let desk = Desk::with(&rule("emails", "{needs: [type]}")).await;
    let email = |email: Value| user_with("ada", json!({"emails": [email]}));
    assert_eq!(desk.post("/Users", email(json!({"value": "a@example.com"}))).await.status, 400);
    assert_eq!(
        desk.post("/Users", email(json!({"value": "a@example.com", "type": "work"}))).await.status,
        201
    );
}

#[tokio::test]
async fn a_change_answers_an_empty_object() {
    let (desk, path) = one("{users: {patch: {answers: emptyObject}}}", json!({})).await;
    let answer = desk.patch(&path, json!([{"op": "replace", "path": "title", "value": "Countess"}])).await;
    assert_eq!((answer.status, &answer.body), (200, &json!({})));
    assert_eq!(desk.server.all("/Users")[0]["title"], json!("Countess"));
}

#[tokio::test]
async fn sub_attributes_and_values_that_there_are_not() {
    let desk = Desk::with(&rule("emails", "{subAttributes: [value, type, primary]}")).await;
    let display = json!({"emails": [{"value": "a@example.com", "display": "A"}]});
    assert_eq!(desk.post("/Users", user_with("ada", display)).await.status, 400);
    let desk = Desk::with(&rule("userType", "{values: [employee]}")).await;
    assert_eq!(desk.post("/Users", user_with("ada", json!({"userType": "robot"}))).await.status, 400);
    assert_eq!(desk.post("/Users", user_with("ada", json!({"userType": "employee"}))).await.status, 201);
}

#[tokio::test]
async fn an_attribute_is_never_told_or_on_request() {
    for (returned, plain, named) in [("never", false, false), ("request", false, true)] {
        let habits = rule("externalId", &format!("{{returned: {returned}}}"));
        let (desk, path) = one(&habits, json!({"externalId": "a-1"})).await;
        let told = desk.get(&path).await.body.get("externalId").is_some();
        let asked = desk.get(&format!("{path}?attributes=externalId")).await.body.get("externalId").is_some();
        assert_eq!((told, asked), (plain, named), "{returned}");
        assert_eq!(desk.server.all("/Users")[0]["externalId"], json!("a-1"));
    }
}

#[tokio::test]
async fn an_attribute_is_made_of_another() {
    let name = json!({"displayName": "Countess", "name": {"givenName": "Ada", "familyName": "Lovelace"}});
    let (desk, path) = one(&rule("displayName", "{derivedFrom: name}"), name).await;
    assert_eq!(desk.get(&path).await.body["displayName"], json!("Ada Lovelace"));
    let (desk, path) = one(&rule("displayName", "{derivedFrom: userName}"), json!({})).await;
    assert_eq!(desk.get(&path).await.body["displayName"], json!("ada"));
}

#[tokio::test]
async fn a_password_is_kept_and_never_told() {
    let (desk, path) = one("{users: {echo: true}}", json!({"password": "first"})).await;
    let id = path.trim_start_matches("/Users/");
    assert_eq!(desk.server.password(id).as_deref(), Some("first"));
    let put = desk.put(&path, user_with("ada", json!({"password": "second"}))).await;
    assert_eq!(put.body.get("password"), None);
    desk.put(&path, user("ada")).await;
    assert_eq!(desk.server.password(id).as_deref(), Some("second"), "one that is left out stays");
}

#[tokio::test]
async fn what_a_put_leaves_out() {
    let inactive = json!({"title": "Analyst", "active": false});
    for (habits, title, active) in [
        ("{}", Value::Null, true),
        ("{put: {keepsAbsent: true}}", json!("Analyst"), false),
        ("{put: {absentActive: kept}}", Value::Null, false),
    ] {
        let (desk, path) = one(habits, inactive.clone()).await;
        desk.put(&path, user("ada")).await;
        let stored = desk.server.all("/Users").remove(0);
        assert_eq!((&stored["title"], &stored["active"]), (&title, &json!(active)), "{habits}");
    }
}

#[tokio::test]
async fn the_name_of_the_operations_matters() {
    for (operations, upper, lower) in [("any", 200, 200), ("upper", 200, 400), ("lower", 400, 200)] {
        let (desk, path) = one(&format!("{{patch: {{operations: {operations}}}}}"), json!({})).await;
        let operation = json!([{"op": "replace", "path": "title", "value": "Countess"}]);
        let answer = desk.patch(&path, operation.clone()).await;
        assert_eq!(answer.status, upper, "{operations}");
        let body = json!({"schemas": [PATCH], "operations": operation});
        assert_eq!(desk.write(Method::PATCH, &path, &body).await.status, lower, "{operations}");
    }
}

#[tokio::test]
async fn an_operation_needs_a_path() {
    let pathless = |value: Value| json!({"op": "replace", "value": value});
    let (one, two) = (json!({"title": "Countess"}), json!({"title": "Countess", "nickName": "Ada"}));
    for (habit, one_status, two_status) in
        [("allowed", 200, 200), ("single", 200, 400), ("refused", 400, 400)]
    {
        let habits = format!("{{patch: {{withoutPath: {habit}}}}}");
        assert_eq!(after(&habits, json!({}), pathless(one.clone())).await.0, one_status, "{habit}");
        assert_eq!(after(&habits, json!({}), pathless(two.clone())).await.0, two_status, "{habit}");
    }
    let with_id = json!({"title": "Countess", "id": "1001"});
    assert_eq!(after("{patch: {withoutPath: single}}", json!({}), pathless(with_id)).await.0, 200);
    let empty = json!({"op": "replace", "path": "", "value": one});
    assert_eq!(after("{}", json!({}), empty.clone()).await.0, 400);
    assert_eq!(after("{patch: {emptyPath: true}}", json!({}), empty).await.1["title"], json!("Countess"));
}

#[tokio::test]
async fn attributes_of_extensions_are_named_in_one_form() {
    let forms = [
        ("colon", json!({"op": "replace", "path": format!("{ENTERPRISE}:department"), "value": "R"})),
        ("dot", json!({"op": "replace", "path": format!("{ENTERPRISE}.department"), "value": "R"})),
        ("whole", json!({"op": "replace", "path": ENTERPRISE, "value": {"department": "R"}})),
    ];
    for (habit, form) in [("dot", 1), ("whole", 2)] {
        for (index, (_, operation)) in forms.iter().enumerate() {
            let habits = format!("{{patch: {{extensionPath: {habit}}}}}");
            let (status, stored) = after(&habits, json!({}), operation.clone()).await;
            let wanted = if index == form { (200, json!("R")) } else { (400, Value::Null) };
            assert_eq!((status, stored[ENTERPRISE]["department"].clone()), wanted, "{habit} {operation}");
        }
    }
    assert_eq!(after("{}", json!({}), forms[0].1.clone()).await.0, 200);
    assert_eq!(after("{}", json!({}), forms[1].1.clone()).await.0, 400);
}

#[tokio::test]
async fn a_path_selects_no_values() {
    let emails = json!({"emails": [{"value": "a@example.com", "type": "work"}]});
    let operation =
        json!({"op": "replace", "path": "emails[type eq \"work\"].value", "value": "b@example.com"});
    for (selections, status, left) in [
        ("honoured", 200, "b@example.com"),
        ("ignored", 200, "a@example.com"),
        ("refused", 400, "a@example.com"),
    ] {
        let habits = format!("{{patch: {{selections: {selections}}}}}");
        let (answered, stored) = after(&habits, emails.clone(), operation.clone()).await;
        assert_eq!((answered, &stored["emails"][0]["value"]), (status, &json!(left)), "{selections}");
    }
}

#[tokio::test]
async fn a_removal_takes_the_values_that_it_selects_or_all() {
    let roles = json!({"roles": [{"value": "auditor"}, {"value": "reader"}]});
    let removal = json!({"op": "remove", "path": "roles[value eq \"auditor\"]"});
    for (selections, left) in [
        ("honoured", json!([{"value": "reader"}])),
        ("ignored", roles["roles"].clone()),
        ("overread", Value::Null),
    ] {
        let habits = format!("{{patch: {{selections: {selections}}}}}");
        let (status, stored) = after(&habits, roles.clone(), removal.clone()).await;
        assert_eq!((status, &stored["roles"]), (200, &left), "{selections}");
    }
}

#[tokio::test]
async fn an_attribute_is_emptied_in_few_ways() {
    let ways = [
        json!({"op": "remove", "path": "title"}),
        json!({"op": "replace", "path": "title", "value": null}),
        json!({"op": "replace", "path": "title", "value": ""}),
    ];
    for (habits, allowed) in [
        ("{}", [true, true, false]),
        ("{patch: {clearing: {remove: false, nullValue: false, emptyText: true}}}", [false, false, true]),
    ] {
        for (way, allowed) in ways.iter().zip(allowed) {
            let (status, stored) = after(habits, json!({"title": "Analyst"}), way.clone()).await;
            let is_empty = stored.get("title").is_none();
            assert_eq!((status == 200, is_empty), (allowed, allowed), "{habits} {way}");
        }
    }
}

#[tokio::test]
async fn a_patch_can_be_too_long() {
    let operation = |name: &str| json!({"op": "replace", "path": name, "value": "x"});
    let two = json!([operation("title"), operation("nickName")]);
    let (desk, path) = one("{patch: {most: 1}}", json!({})).await;
    assert_eq!(desk.patch(&path, two.clone()).await.body["scimType"], json!("tooMany"));
    let (desk, path) = one("{patch: {mostBytes: 100}}", json!({})).await;
    assert_eq!(desk.patch(&path, two).await.status, 413);
    assert_eq!(desk.server.all("/Users")[0].get("title"), None);
}

#[tokio::test]
async fn a_patch_is_all_or_nothing() {
    let (desk, path) = one("{}", json!({})).await;
    let operations = json!([
        {"op": "replace", "path": "title", "value": "Countess"},
        {"op": "remove", "path": "emails[type eq \"work\"]"},
    ]);
    assert_eq!(desk.patch(&path, operations).await.body["scimType"], json!("noTarget"));
    assert_eq!(desk.server.all("/Users")[0].get("title"), None);
    let bare = json!({"Operations": [{"op": "replace", "path": "title", "value": "x"}]});
    assert_eq!(desk.write(Method::PATCH, &path, &bare).await.status, 400, "and is labelled as one");
}

#[tokio::test]
async fn others_change_what_it_holds() {
    let (desk, path) = one("{}", json!({})).await;
    let id = path.trim_start_matches("/Users/");
    desk.server.edit("/Users", id, |ada| ada["title"] = json!("Countess"));
    assert_eq!(desk.get(&path).await.body["title"], json!("Countess"));
    desk.server.remove("/Users", id);
    assert_eq!(desk.server.get("/Users", id), None);
    let with_id = json!({"schemas": [USER], "id": "77", "userName": "bob"});
    assert_eq!(desk.server.insert("/Users", with_id), "77");
}
