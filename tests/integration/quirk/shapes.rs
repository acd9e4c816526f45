//! What resources look like, on the way in and out.

use http::Method;
use serde_json::{Value, json};

use super::{Desk, ENTERPRISE, USER, user, user_with};

fn ada() -> Value {
    user_with(
        "ada",
        json!({
            "name": {"givenName": "Ada"}, "emails": [{"value": "ada@example.com", "primary": true}],
            ENTERPRISE: {"department": "Engines"},
        }),
    )
}

#[tokio::test]
async fn ids_are_integers() {
    let desk = Desk::with("{shape: {ids: integer}}").await;
    let created = desk.post("/Users", user("ada")).await;
    let id = created.body["id"].as_u64().unwrap();
    assert_eq!(desk.get(&format!("/Users/{id}")).await.body["id"], json!(id));
    assert_eq!(desk.server.all("/Users")[0]["id"], json!(id.to_string()), "the store is canonical");

    let desk = Desk::with("{shape: {ids: integerInLists}}").await;
    let id = desk.user("ada").await;
    assert_eq!(desk.get("/Users").await.body["Resources"][0]["id"].to_string(), id);
}

#[tokio::test]
async fn the_external_id_is_the_id() {
    let desk = Desk::with("{shape: {ids: externalId}}").await;
    assert_eq!(desk.post("/Users", user("ada")).await.status, 400);
    let created = desk.post("/Users", user_with("ada", json!({"externalId": "a-1"}))).await;
    assert_eq!(created.id(), "a-1");
    assert_eq!(desk.post("/Users", user_with("bob", json!({"externalId": "a-1"}))).await.status, 409);
}

#[tokio::test]
async fn core_attributes_are_under_their_urn_both_ways() {
    let desk = Desk::with("{shape: {answers: nested, takes: nested}}").await;
    assert_eq!(desk.post("/Users", ada()).await.status, 400);
    let nested = json!({"schemas": [USER], USER: {"userName": "ada", "name": {"givenName": "Ada"}}});
    let created = desk.post("/Users", nested).await;
    assert_eq!(created.status, 201, "{}", created.text);
    assert_eq!(created.body[USER]["name"], json!({"givenName": "Ada"}));
    assert_eq!(created.body["userName"], Value::Null);
    assert_eq!(desk.server.all("/Users")[0]["userName"], json!("ada"));
}

#[tokio::test]
async fn keys_are_flat_with_dots() {
    let desk = Desk::with("{shape: {answers: dotted}}").await;
    let created = desk.post("/Users", ada()).await;
    assert_eq!(created.body["name.givenName"], json!("Ada"));
    assert_eq!(created.body["name"], Value::Null);

    let desk = Desk::with("{shape: {takes: dotted}}").await;
    assert_eq!(desk.post("/Users", ada()).await.status, 400);
    let created = desk.post("/Users", user_with("ada", json!({"name.givenName": "Ada"}))).await;
    assert_eq!(created.body["name"], json!({"givenName": "Ada"}));
}

#[tokio::test]
async fn keys_are_spelt_in_another_case() {
    for (habits, name, given) in [("lower", "username", "givenname"), ("pascal", "UserName", "GivenName")] {
        let desk = Desk::with(&format!("{{shape: {{keys: {habits}}}}}")).await;
        let created = desk.post("/Users", ada()).await;
        assert_eq!(created.body[name], json!("ada"));
        let outer = if habits == "lower" { "name" } else { "Name" };
        assert_eq!(created.body[outer][given], json!("Ada"));
        assert!(created.body[ENTERPRISE].is_object(), "URNs stay");
    }
}

#[tokio::test]
async fn names_are_understood_in_any_case() {
    let desk = Desk::with("{}").await;
    let created = desk.post("/Users", json!({"SCHEMAS": [USER], "USERNAME": "ada"})).await;
    assert_eq!((created.status, &created.body["userName"]), (201, &json!("ada")));
}

#[tokio::test]
async fn booleans_are_something_else() {
    for (habits, active) in [("text", json!("true")), ("capitalText", json!("True")), ("number", json!(1))] {
        let desk = Desk::with(&format!("{{shape: {{booleans: {habits}}}}}")).await;
        let created = desk.post("/Users", ada()).await;
        assert_eq!((&created.body["active"], &created.body["emails"][0]["primary"]), (&active, &active));
        assert_eq!(desk.server.all("/Users")[0]["active"], json!(true));
    }
}

#[tokio::test]
async fn meta_is_poor_or_missing() {
    let desk = Desk::with("{shape: {meta: type}}").await;
    assert_eq!(desk.post("/Users", user("ada")).await.body["meta"], json!({"resourceType": "User"}));
    let desk = Desk::with("{shape: {meta: none}}").await;
    assert_eq!(desk.post("/Users", user("ada")).await.body["meta"], Value::Null);
    let desk = Desk::with("{shape: {locations: relative}}").await;
    let created = desk.post("/Users", user("ada")).await;
    assert_eq!(created.body["meta"]["location"], json!(format!("/scim/v2/Users/{}", created.id())));
    let desk = Desk::with("{shape: {locations: none}, creation: {location: false}}").await;
    let created = desk.post("/Users", user("ada")).await;
    assert_eq!((&created.body["meta"]["location"], created.header("location")), (&Value::Null, ""));
}

#[tokio::test]
async fn what_there_is_not_is_null() {
    let desk = Desk::with("{shape: {fillsWithNull: true}}").await;
    let created = desk.post("/Users", user_with("ada", json!({"title": "Countess"}))).await;
    assert_eq!(
        (created.body.get("nickName"), &created.body["title"]),
        (Some(&Value::Null), &json!("Countess"))
    );
}

#[tokio::test]
async fn a_projection_is_honoured_or_not() {
    for (habits, shown) in
        [("{}", Value::Null), ("{shape: {ignoresProjection: true}}", json!({"givenName": "Ada"}))]
    {
        let desk = Desk::with(habits).await;
        let id = desk.post("/Users", ada()).await.id();
        let read = desk.get(&format!("/Users/{id}?attributes=userName")).await;
        assert_eq!((&read.body["userName"], &read.body["name"]), (&json!("ada"), &shown), "{habits}");
        let read = desk.get(&format!("/Users/{id}?excludedAttributes=name")).await;
        assert_eq!(read.body["name"], shown, "{habits}");
    }
}

#[tokio::test]
async fn a_body_that_is_no_resource_is_refused() {
    let desk = Desk::with("{}").await;
    for body in ["", "{", "[]", "{\"userName\": \"ada\"}"] {
        let request = desk.request(Method::POST, "/Users").header("content-type", "application/scim+json");
        assert_eq!(desk.send(request.body(body)).await.status, 400, "{body:?}");
    }
}
