//! The servers that are known by their documents: do their files say what the
//! documents do?

use serde_json::{Value, json};

use super::{Desk, ENTERPRISE, GROUP, user, user_with};
use crate::support::quirk::Habits;

async fn server(name: &str) -> Desk {
    Desk::as_if(Habits::of_server(name)).await
}

/// A user whom each of these servers takes.
fn ada() -> Value {
    person("ada")
}

fn person(name: &str) -> Value {
    user_with(
        &format!("{name}@example.com"),
        json!({
            "externalId": format!("{name}-1"), "displayName": name, "active": true,
            "name": {"givenName": name, "familyName": "Example"},
            "emails": [{"value": format!("{name}@example.com"), "type": "work", "primary": true}],
        }),
    )
}

fn group(name: &str) -> Value {
    json!({"schemas": [GROUP], "displayName": name, "externalId": format!("{name}-1")})
}

fn add(id: &str) -> Value {
    json!([{"op": "add", "path": "members", "value": [{"value": id}]}])
}

fn remove(id: &str) -> Value {
    json!([{"op": "remove", "path": format!("members[value eq \"{id}\"]")}])
}

#[tokio::test]
async fn every_file_is_of_a_server_that_takes_a_user() {
    let names = Habits::servers();
    assert!(names.len() >= 6, "{names:?}");
    for name in names {
        let desk = server(&name).await;
        let created = desk.post("/Users", ada()).await;
        assert_eq!(created.status, 201, "{name}: {}", created.text);
        let found = desk.get("/Users?filter=userName%20eq%20%22ada@example.com%22").await;
        assert_eq!(found.body["Resources"][0]["id"], created.body["id"], "{name}: {}", found.text);
        assert_eq!(desk.post("/Users", ada()).await.status, 409, "{name}");
    }
}

#[tokio::test]
async fn aws_identity_center() {
    let desk = server("aws-identity-center").await;
    let silent = desk.client.get(desk.url("/Users")).bearer_auth(super::TOKEN);
    assert_eq!(desk.send(silent).await.status, 403);
    for refused in [
        user("bob@example.com"),
        user_with("bob@example.com", json!({"displayName": "Bob", "password": "secret"})),
    ] {
        assert_eq!(desk.post("/Users", refused).await.status, 400);
    }
    let mut two = person("bob");
    two["emails"].as_array_mut().unwrap().push(json!({"value": "b@example.com"}));
    assert_eq!(desk.post("/Users", two).await.status, 400);
    let ada = desk.post("/Users", ada()).await.id();
    let created = desk.post("/Groups", group("all")).await;
    assert_eq!((created.status, &created.body["members"]), (201, &json!([])));
    let path = format!("/Groups/{}", created.id());
    assert_eq!(desk.patch(&path, add(&ada)).await.status, 204);
    assert_eq!(desk.get(&path).await.body["members"], json!([]), "members are never shown");
    let filter = format!("id%20eq%20%22{}%22%20and%20members%20eq%20%22{ada}%22", created.id());
    assert_eq!(desk.get(&format!("/Groups?filter={filter}")).await.names(), ["all"]);
    assert_eq!(desk.get("/Groups?filter=displayName%20sw%20%22a%22").await.status, 400);
    assert_eq!(desk.patch(&path, remove(&ada)).await.status, 400);
    let by_value = json!([{"op": "remove", "path": "members", "value": [{"value": ada}]}]);
    assert_eq!(desk.patch(&path, by_value).await.status, 204);
    assert_eq!(desk.members(&created.id()), [""; 0]);
    assert_eq!(desk.put(&path, group("all")).await.status, 400, "there is no PUT of a group");
    assert_eq!(desk.post("/Groups/.search", json!({})).await.status, 404);
}

#[tokio::test]
async fn slack() {
    let desk = server("slack").await;
    assert_eq!(desk.get("/ServiceProviderConfig").await.status, 404);
    assert_eq!(desk.get("/ServiceProviderConfigs").await.status, 200);
    assert_eq!(desk.post("/Users", user("bob@example.com")).await.status, 400, "an e-mail is needed");
    let manager = user_with("bob@example.com", json!({ENTERPRISE: {"manager": {"value": "1"}}}));
    assert_eq!(desk.post("/Users", manager).await.status, 400);
    let created = desk.post("/Users", ada()).await;
    assert_eq!(created.body["nickName"], json!("ada@example.com"));
    assert_eq!(created.body["emails"], json!([{"value": "ada@example.com", "primary": true}]));
    assert_eq!(created.body.get("title"), Some(&Value::Null));
    let path = format!("/Users/{}", created.id());
    assert_eq!(desk.delete(&path).await.status, 204);
    assert_eq!(desk.get(&path).await.body["active"], json!(false));
    let missing = desk.get("/Users/nobody").await;
    assert_eq!((&missing.body["status"], missing.body.get("scimType")), (&json!(404), None));
}

#[tokio::test]
async fn github_enterprise() {
    let desk = server("github-enterprise").await;
    assert_eq!(desk.post("/Users", user("bob@example.com")).await.status, 400);
    let path = format!("/Users/{}", desk.post("/Users", ada()).await.id());
    let by_selection =
        json!([{"op": "replace", "path": "emails[type eq \"work\"].value", "value": "new@example.com"}]);
    assert_eq!(desk.patch(&path, by_selection).await.body["emails"][0]["value"], json!("ada@example.com"));
    assert_eq!(desk.get("/Users?filter=emails%20eq%20%22ada@example.com%22").await.status, 400);
    let inactive = desk.patch(&path, json!([{"op": "replace", "value": {"active": false}}])).await;
    assert_ne!(inactive.body["userName"], json!("ada@example.com"));
    assert_eq!(desk.patch(&path, json!([{"op": "replace", "value": {"active": true}}])).await.status, 200);
    let mut owner = person("bob");
    owner["roles"] = json!([{"value": "emperor"}]);
    assert_eq!(desk.post("/Users", owner).await.status, 400);
}

#[tokio::test]
async fn gitlab() {
    let desk = server("gitlab").await;
    let created = desk.post("/Users", ada()).await;
    assert_eq!(created.id(), "ada-1");
    assert_eq!(created.body["name.formatted"], json!("ada Example"));
    assert_eq!((created.body.get("externalId"), created.body.get("name.givenName")), (None, None));
    assert_eq!(created.body["meta"], json!({"resourceType": "User"}));
    let rename = json!([{"op": "replace", "path": "userName", "value": "countess"}]);
    let renamed = desk.patch("/Users/ada-1", rename).await;
    assert_eq!((renamed.status, renamed.text.as_str()), (204, ""));
    assert_eq!(desk.get("/Users/ada-1").await.body["userName"], json!("ada@example.com"), "it had no effect");
    assert_eq!(desk.put("/Users/ada-1", ada()).await.status, 405);
    assert_eq!(desk.delete("/Users/ada-1").await.status, 204);
    assert_eq!(desk.get("/Users/ada-1").await.body["active"], json!(false));
    assert_eq!(desk.post("/Groups", group("all")).await.status, 404);
}

#[tokio::test]
async fn databricks() {
    let desk = server("databricks").await;
    let created = desk.post("/Users", ada()).await;
    assert_eq!(created.body.get("externalId"), None);
    let path = format!("/Users/{}", created.id());
    let operations = json!([
        {"op": "replace", "path": "userName", "value": "countess@example.com"},
        {"op": "replace", "path": "displayName", "value": "Countess"},
    ]);
    let changed = desk.patch(&path, operations).await;
    assert_eq!((changed.status, &changed.body), (200, &json!({})));
    let read = desk.get(&path).await;
    let told = (&read.body["userName"], &read.body["displayName"]);
    assert_eq!(told, (&json!("ada@example.com"), &json!("Countess")));
    let quoted = desk.get("/Users?filter=userName%20eq%20'ada@example.com'").await;
    assert_eq!(quoted.names(), ["ada@example.com"]);
}

#[tokio::test]
async fn keycloak() {
    let desk = server("keycloak").await;
    assert_eq!(desk.get("/ResourceTypes").await.body["Resources"][0].get("id"), None);
    let mut countess = ada();
    countess["title"] = json!("Countess");
    let created = desk.post("/Users", countess).await;
    assert_eq!(
        (created.body.get("title"), created.body.get("externalId")),
        (None, None),
        "nothing maps them"
    );
    assert_eq!(created.body["name"]["formatted"], json!("ada Example"));
    let unmapped = desk.get("/Users?filter=externalId%20eq%20%22ada-1%22").await;
    assert_eq!((unmapped.status, &unmapped.body["totalResults"]), (200, &json!(0)));
    let mut full = group("all");
    full["members"] = json!([{"value": created.id()}]);
    assert_eq!(desk.post("/Groups", full.clone()).await.status, 400);
    let id = desk.post("/Groups", group("all")).await.id();
    let path = format!("/Groups/{id}");
    assert_eq!(desk.put(&path, full).await.status, 400);
    assert_eq!(desk.patch(&path, add(&created.id())).await.status, 200);
    assert_eq!(desk.get(&path).await.body.get("members"), None);
    let asked = desk.get(&format!("{path}?attributes=members")).await;
    let member = json!([{"value": created.id(), "display": "ada@example.com", "type": "User"}]);
    assert_eq!(asked.body["members"], member);
    assert_eq!(desk.patch(&path, remove(&created.id())).await.status, 200);
    assert_eq!(desk.members(&id), [""; 0]);
}
