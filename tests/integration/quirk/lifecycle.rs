//! Deactivation and deletion.

use serde_json::{Value, json};

use super::{Desk, user, user_with};

fn active(value: bool) -> Value {
    json!([{"op": "replace", "path": "active", "value": value}])
}

/// A server with one user, by the path of that one.
async fn one(habits: &str) -> (Desk, String) {
    let desk = Desk::with(habits).await;
    let id = desk.user("ada").await;
    (desk, format!("/Users/{id}"))
}

#[tokio::test]
async fn deactivation_is_reversible_destructive_ignored_or_refused() {
    for (deactivation, status, left) in [
        ("reversible", 200, Some(false)),
        ("deletes", 200, None),
        ("ignored", 200, Some(true)),
        ("refused", 400, Some(true)),
    ] {
        let (desk, path) = one(&format!("{{lifecycle: {{deactivation: {deactivation}}}}}")).await;
        assert_eq!(desk.patch(&path, active(false)).await.status, status, "{deactivation}");
        let stored = desk.server.all("/Users");
        assert_eq!(stored.first().map(|ada| ada["active"] == true), left, "{deactivation}");
    }
}

#[tokio::test]
async fn active_is_not_told() {
    let (desk, path) = one("{lifecycle: {activeShown: false}}").await;
    assert_eq!(desk.patch(&path, active(false)).await.body.get("active"), None);
    assert_eq!(desk.server.all("/Users")[0]["active"], json!(false));
}

#[tokio::test]
async fn who_comes_without_active_is_inactive() {
    let desk = Desk::with("{lifecycle: {activeByDefault: false}}").await;
    assert_eq!(desk.post("/Users", user("ada")).await.body["active"], json!(false));
    assert_eq!(
        desk.post("/Users", user_with("bob", json!({"active": true}))).await.body["active"],
        json!(true)
    );
}

#[tokio::test]
async fn a_deleted_user_is_only_inactive() {
    let (desk, path) = one("{lifecycle: {deletion: deactivates}}").await;
    assert_eq!(desk.delete(&path).await.status, 204);
    assert_eq!(desk.get(&path).await.body["active"], json!(false));
    assert_eq!(desk.delete(&path).await.status, 204, "again and again");
}

#[tokio::test]
async fn an_inactive_user_cannot_be_seen() {
    let (desk, path) = one("{lifecycle: {inactive: {hidden: true}}}").await;
    desk.patch(&path, active(false)).await;
    assert_eq!(desk.get(&path).await.status, 404);
    assert_eq!(desk.get("/Users").await.names(), [""; 0]);
    assert_eq!(desk.post("/Users", user("ada")).await.status, 409, "but is there");
}

#[tokio::test]
async fn an_inactive_user_cannot_be_changed() {
    let title = json!([{"op": "replace", "path": "title", "value": "Countess"}]);
    for (edits, status, left) in
        [("allowed", 200, json!("Countess")), ("refused", 400, Value::Null), ("ignored", 200, Value::Null)]
    {
        let (desk, path) = one(&format!("{{lifecycle: {{inactive: {{edits: {edits}}}}}}}")).await;
        desk.patch(&path, active(false)).await;
        assert_eq!(desk.patch(&path, title.clone()).await.status, status, "{edits}");
        assert_eq!(desk.server.all("/Users")[0]["title"], left, "{edits}");
        assert_eq!(desk.patch(&path, active(true)).await.status, 200, "back again: {edits}");
        assert_eq!(desk.patch(&path, title.clone()).await.body["title"], json!("Countess"));
    }
}

#[tokio::test]
async fn the_name_of_an_inactive_user_is_taken_free_or_its_own() {
    for (recreation, status, users) in [("conflicts", 409, 1), ("reactivates", 200, 1), ("allowed", 201, 2)] {
        let (desk, path) = one(&format!("{{lifecycle: {{inactive: {{recreation: {recreation}}}}}}}")).await;
        desk.patch(&path, active(false)).await;
        let again = desk.post("/Users", user("ada")).await;
        assert_eq!((again.status, desk.server.all("/Users").len()), (status, users), "{recreation}");
        if recreation == "reactivates" {
            assert!(path.ends_with(&again.id()) && again.body["active"] == true);
        }
    }
}

#[tokio::test]
async fn deactivation_scrambles() {
    let desk = Desk::with("{lifecycle: {inactive: {scrambles: [userName, emails]}}}").await;
    let ada = user_with("ada", json!({"emails": [{"value": "ada@example.com"}]}));
    let path = format!("/Users/{}", desk.post("/Users", ada).await.id());
    let inactive = desk.patch(&path, active(false)).await.body;
    assert_ne!(inactive["userName"], json!("ada"));
    assert_ne!(inactive["emails"][0]["value"], json!("ada@example.com"));
}

#[tokio::test]
async fn a_hidden_user_is_found_only_by_creating_the_same() {
    let desk = Desk::with("{lifecycle: {hidden: [root]}}").await;
    let id = desk.server.insert("/Users", user("root"));
    assert_eq!(desk.get("/Users").await.names(), [""; 0]);
    assert_eq!(desk.get(&format!("/Users/{id}")).await.status, 404);
    assert_eq!(desk.post("/Users", user("root")).await.status, 409);
}
