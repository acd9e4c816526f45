//! What can be changed of a user, and what cannot.

use serde_json::{Value, json};

use super::{CORE, FIDO2, META, UPN, barbara, users, with_barbara};
use crate::{strict::with, support::strict::buypass::national_id};

fn patch(operations: &Value) -> Value {
    json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": operations})
}

fn replace(path: &str, value: impl Into<Value>) -> Value {
    patch(&json!([{"op": "replace", "path": path, "value": value.into()}]))
}

#[tokio::test]
async fn a_patch_changes_what_is_read_write() {
    let (server, caller, id, path) = with_barbara().await;
    let several = patch(&json!([
        {"op": "replace", "path": "externalId", "value": "701985"},
        {"op": "replace", "path": format!("{UPN}:upn"), "value": "other@example.com"},
        {"op": "replace", "path": "phoneNumbers", "value": [{"value": "+4755555556"}]},
        {"op": "remove", "path": "emails"},
        {"op": "remove", "path": "entitlements[value eq \"allow_smartcard\"]"},
    ]));
    let changed = caller.patch(&path, &several).await.with_status(200);
    assert_eq!((&changed["externalId"], changed.get("emails")), (&json!("701985"), None));
    assert_eq!(changed[UPN], json!({"upn": "other@example.com"}));
    assert_eq!(changed["entitlements"], json!([{"value": "allow_mobile_id"}]));
    let pathless = patch(&json!([{"op": "replace", "value": {"externalId": "701986"}}]));
    assert_eq!(caller.patch(&path, &pathless).await.with_status(200)["externalId"], "701986");
    let without = patch(&json!([{"op": "remove", "path": format!("{UPN}:upn")}]));
    let changed = caller.patch(&path, &without).await.with_status(200);
    assert_eq!(
        (changed.get(UPN), changed["schemas"].as_array().unwrap().contains(&json!(UPN))),
        (None, false)
    );
    assert_eq!(server.scim.get("/Users", &id).unwrap()["phoneNumbers"], json!([{"value": "+4755555556"}]));
    assert_eq!(server.scim.refusals(), Vec::<String>::new());
}

#[tokio::test]
async fn entitlements_that_are_cleared_are_the_tenants_again() {
    let (_server, caller, _, path) = with_barbara().await;
    caller
        .patch(&path, &replace("entitlements", json!([{"value": "allow_smartcard"}])))
        .await
        .with_status(200);
    let changed = caller.patch(&path, &replace("entitlements", json!([]))).await.with_status(200);
    assert_eq!(changed["entitlements"], json!([{"value": "allow_mobile_id"}]));
}

#[tokio::test]
async fn what_is_immutable_read_only_or_unknown_stays() {
    let (server, caller, id, path) = with_barbara().await;
    let before = server.scim.get("/Users", &id);
    for (name, value) in [
        ("userName", json!(national_id::synthetic(5))),
        ("active", json!(false)),
        ("name.familyName", json!("Hansen")),
        ("name", json!({"familyName": "Hansen"})),
        ("id", json!("7")),
        ("meta", json!({})),
        (META, json!({"loginAttempts": "0"})),
        (&format!("{META}:loginAttempts"), json!("0")),
        (&format!("{FIDO2}:fido2Credentials"), json!([])),
        ("title", json!("Boss")),
        ("password", json!("a password")),
        ("externalId", json!("")),
        ("phoneNumbers", json!([{"value": "+4755555555"}, {"value": "+4755555556"}])),
        ("phoneNumbers[value eq \"+4755555555\"].type", json!("work")),
        ("emails", json!([{"value": "a@example.com", "type": "work"}])),
        ("entitlements", json!([{"value": "allow_everything"}])),
    ] {
        caller.patch(&path, &replace(name, value)).await.with_status(400);
    }
    for refused in [
        patch(&json!([{"op": "remove", "path": "externalId"}])),
        patch(&json!([{"op": "remove", "path": "userName"}])),
        patch(&json!([{"op": "add", "path": "emails", "value": [{"value": "second@example.com"}]}])),
        patch(&json!([{"op": "replace", "value": {"active": false}}])),
        patch(&json!([{"op": "replace", "value": {CORE: {"externalId": "1"}}}])),
        patch(&json!([])),
        with(&replace("externalId", "1"), "/schemas", Value::Null),
        json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
            "operations": [{"op": "replace", "path": "externalId", "value": "1"}]}),
    ] {
        caller.patch(&path, &refused).await.with_status(400);
    }
    assert_eq!(server.scim.get("/Users", &id), before);
}

#[tokio::test]
async fn a_security_device_can_be_removed_and_nothing_else_of_it() {
    let (server, caller, id, path) = with_barbara().await;
    let device = |id: &str| json!({"credentialId": id, "displayName": "Key", "lastUsed": "", "created": ""});
    server.scim.edit("/Users", &id, |user| {
        user[FIDO2] = json!({"fido2Credentials": [device("lost"), device("kept")]});
    });
    let credentials = format!("{FIDO2}:fido2Credentials");
    for refused in [
        replace(&format!("{credentials}[credentialId eq \"lost\"].displayName"), "Mine"),
        patch(&json!([{"op": "add", "path": credentials, "value": [device("new")]}])),
        patch(&json!([{"op": "remove", "path": credentials}])),
        patch(&json!([{"op": "remove", "path": FIDO2}])),
        patch(&json!([{"op": "remove", "path": format!("{credentials}[displayName eq \"Key\"]")}])),
        patch(&json!([{"op": "remove", "path": format!("{credentials}[credentialId eq \"lost\"].created")}])),
        patch(&json!([{"op": "remove", "path": format!("{credentials}[credentialId eq \"none\"]")}])),
        patch(&json!([{"op": "remove", "path": credentials, "value": [device("lost")]}])),
    ] {
        caller.patch(&path, &refused).await.with_status(400);
    }
    assert_eq!(server.scim.refusals().len(), 8);
    let removal = |id: &str| {
        patch(&json!([{"op": "remove", "path": format!("{credentials}[credentialId eq \"{id}\"]")}]))
    };
    let changed = caller.patch(&path, &removal("lost")).await.with_status(200);
    assert_eq!(changed[FIDO2], json!({"fido2Credentials": [device("kept")]}));
    let changed = caller.patch(&path, &removal("kept")).await.with_status(200);
    assert_eq!(changed.get(FIDO2), None);
}

#[tokio::test]
async fn a_put_keeps_what_only_the_server_writes() {
    let (server, caller, id, path) = with_barbara().await;
    let short =
        json!({"schemas": [CORE], "id": id, "userName": barbara()["userName"], "externalId": "701985"});
    let changed = caller.put(&path, &short).await.with_status(200);
    assert_eq!(
        (&changed["externalId"], changed.get("emails"), changed.get(UPN)),
        (&json!("701985"), None, None)
    );
    assert_eq!((&changed["active"], &changed["name"]["familyName"]), (&json!(true), &json!("Jensen")));
    for (name, value) in [
        ("userName", json!(national_id::synthetic(5))),
        ("userName", Value::Null),
        ("externalId", Value::Null),
        ("active", json!(true)),
        ("name", json!({"familyName": "Jensen"})),
        ("id", json!("7")),
        ("meta", json!({})),
    ] {
        caller.put(&path, &with(&short, &format!("/{name}"), value)).await.refused(400, name);
    }
    assert_eq!(server.scim.all("/Users").len(), 1);
}

#[tokio::test]
async fn a_deleted_user_is_gone() {
    let (server, caller, _, path) = with_barbara().await;
    assert_eq!(caller.delete(&path).await.with_status(204), Value::Null);
    caller.delete(&path).await.with_status(404);
    caller.post(&users(), &barbara()).await.with_status(201);
    assert_eq!(server.scim.refusals(), Vec::<String>::new());
}
