//! Headers, media types, statuses, errors, and answers that are none.

use http::Method;
use serde_json::{Value, json};

use super::{Desk, TOKEN, user};
use crate::support::quirk::Habits;

#[tokio::test]
async fn without_habits_it_does_what_the_rfcs_say() {
    let desk = Desk::with("{}").await;
    let created = desk.post("/Users", user("ada")).await;
    assert_eq!((created.status, &created.body["active"]), (201, &json!(true)));
    assert_eq!(created.header("location"), desk.url(&format!("/Users/{}", created.id())));
    assert_eq!(created.header("content-type"), "application/scim+json");
    let read = desk.get(&format!("/Users/{}", created.id())).await;
    assert_eq!((read.status, &read.body), (200, &created.body));
    let again = desk.post("/Users", user("ADA")).await;
    assert_eq!((again.status, &again.body["scimType"]), (409, &json!("uniqueness")));
    assert_eq!(desk.delete(&format!("/Users/{}", created.id())).await.status, 204);
    assert_eq!(desk.get(&format!("/Users/{}", created.id())).await.status, 404);
    assert_eq!(desk.server.refusals(), ["POST /Users: 409 there is one with this name already"]);
}

#[tokio::test]
async fn another_token_is_refused() {
    let desk = Desk::with("{}").await;
    let request = desk.client.get(desk.url("/Users")).bearer_auth(format!("{TOKEN}-of-another"));
    assert_eq!(desk.send(request).await.status, 401);
}

#[tokio::test]
async fn paths_and_statuses_are_others() {
    let desk = Desk::with(
        "{base: /api/v2, users: {path: /users, create: {status: 200}, put: {status: 204}, delete: {status: 200}}}",
    )
    .await;
    assert_eq!(desk.post("/Users", user("ada")).await.status, 404);
    let created = desk.post("/users", user("ada")).await;
    assert_eq!(created.status, 200);
    let path = format!("/users/{}", created.id());
    let put = desk.put(&path, user("ada")).await;
    assert_eq!((put.status, put.text.as_str()), (204, ""));
    assert_eq!(desk.delete(&path).await.status, 200);
}

#[tokio::test]
async fn operations_that_there_are_not() {
    let desk = Desk::with(
        "{groups: {exists: false}, users: {patch: {refused: 501}, put: {refused: 405}, delete: {refused: 403}}}",
    )
    .await;
    let path = format!("/Users/{}", desk.user("ada").await);
    assert_eq!(desk.patch(&path, json!([{"op": "remove", "path": "title"}])).await.status, 501);
    assert_eq!(desk.put(&path, user("ada")).await.status, 405);
    assert_eq!(desk.delete(&path).await.status, 403);
    assert_eq!(desk.get("/Groups").await.status, 404);
}

#[tokio::test]
async fn a_media_type_is_refused_and_another_answered() {
    let desk = Desk::with("{wire: {accepts: [application/scim+json], answers: application/json}}").await;
    let plain = desk.request(Method::POST, "/Users").header("content-type", "application/json");
    assert_eq!(desk.send(plain.body(user("ada").to_string())).await.status, 415);
    let created = desk.post("/Users", user("ada")).await;
    assert_eq!((created.status, created.header("content-type")), (201, "application/json"));
}

#[tokio::test]
async fn a_user_agent_is_needed() {
    let desk = Desk::with("{wire: {needsUserAgent: true}}").await;
    let without = desk.client.get(desk.url("/Users")).bearer_auth(TOKEN);
    assert_eq!(desk.send(without).await.status, 403);
    assert_eq!(desk.get("/Users").await.status, 200);
}

#[tokio::test]
async fn too_many_writes_must_wait() {
    let desk = Desk::with("{wire: {writeLimit: {requests: 2, seconds: 3600}}}").await;
    desk.user("ada").await;
    desk.user("bob").await;
    let third = desk.post("/Users", user("eve")).await;
    assert_eq!((third.status, third.header("retry-after")), (429, "3600"));
    assert_eq!(desk.get("/Users").await.names(), ["ada", "bob"], "reads go on");
}

#[tokio::test]
async fn too_many_requests_must_wait() {
    let desk = Desk::with("{wire: {limit: {requests: 1, seconds: 60}}}").await;
    assert_eq!(desk.get("/Users").await.status, 200);
    let second = desk.get("/Users").await;
    assert_eq!((second.status, second.header("retry-after")), (429, "60"));
}

#[tokio::test]
async fn versions_are_told_and_asked_for() {
    let desk = Desk::with("{entityTags: {shown: true, ifMatch: required}}").await;
    let created = desk.post("/Users", user("ada")).await;
    assert_eq!((created.header("etag"), &created.body["meta"]["version"]), ("W/\"1\"", &json!("W/\"1\"")));
    let path = format!("/Users/{}", created.id());
    assert_eq!(desk.put(&path, user("ada")).await.status, 428);
    for (tag, status) in [("W/\"7\"", 412), ("W/\"1\"", 200)] {
        let request = desk.request(Method::PUT, &path).header("if-match", tag);
        let request = request.header("content-type", "application/scim+json");
        assert_eq!(desk.send(request.body(user("ada").to_string())).await.status, status, "{tag}");
    }
}

#[tokio::test]
async fn errors_look_as_they_look_there() {
    for (habits, media_type, body) in [
        ("{}", "application/scim+json", json!({"status": "404"})),
        ("{errors: {status: number}}", "application/scim+json", json!({"status": 404})),
        ("{errors: {body: plain}}", "text/plain", Value::Null),
        ("{errors: {body: html}}", "text/html", Value::Null),
        ("{errors: {body: htmlAsScim}}", "application/scim+json", Value::Null),
        ("{errors: {body: otherJson}}", "application/scim+json", json!({"status": null})),
    ] {
        let desk = Desk::with(habits).await;
        let answer = desk.get("/Users/nobody").await;
        assert_eq!((answer.status, answer.header("content-type")), (404, media_type), "{habits}");
        assert_eq!(answer.body["status"], body["status"], "{habits}");
    }
    let desk = Desk::with("{errors: {scimTypes: false}}").await;
    desk.user("ada").await;
    assert_eq!(desk.post("/Users", user("ada")).await.body["scimType"], Value::Null);
}

#[tokio::test]
async fn discovery_is_elsewhere_missing_or_wrong() {
    let desk =
        Desk::with("{discovery: {config: /ServiceProviderConfigs, says: {patch: {supported: false}}}}").await;
    assert_eq!(desk.get("/ServiceProviderConfig").await.status, 404);
    let config = desk.get("/ServiceProviderConfigs").await;
    assert_eq!(config.body["patch"]["supported"], json!(false));
    assert_eq!(config.body["filter"]["supported"], json!(true));

    let desk = Desk::with("{discovery: {config: null, resourceTypeIds: false}}").await;
    assert_eq!(desk.get("/ServiceProviderConfig").await.status, 404);
    let types = desk.get("/ResourceTypes").await;
    assert_eq!(types.body["Resources"][0]["name"], json!("User"));
    assert_eq!(types.body["Resources"][0]["id"], Value::Null);
}

#[tokio::test]
async fn answers_that_are_none() {
    let faults = "{faults: [
        {on: GET /Users, times: 1, body: html}, {on: GET /Users, times: 1, takesEffect: true, body: half},
        {on: GET /Users, times: 1, body: empty}, {on: GET /Users, times: 1, body: huge}]}";
    let desk = Desk::with(faults).await;
    let html = desk.get("/Users").await;
    assert_eq!((html.status, html.header("content-type")), (200, "application/scim+json"));
    assert!(html.text.contains("<html>"));
    let half = desk.get("/Users").await;
    assert!(half.text.starts_with('{') && half.body == Value::Null);
    assert_eq!(desk.get("/Users").await.text, "");
    assert!(desk.get("/Users").await.text.len() > 30 << 20);
    assert_eq!(desk.get("/Users").await.body["totalResults"], json!(0), "and then it is well");
}

#[tokio::test]
async fn habits_change_and_what_it_holds_stays() {
    let desk = Desk::with("{faults: [{on: GET /Users, times: 1, body: empty}]}").await;
    desk.user("ada").await;
    assert_eq!(desk.get("/Users").await.text, "");
    desk.server.change_habits(Habits::read("{faults: [{on: GET /Users, times: 1, status: 503}]}"));
    assert_eq!(desk.get("/Users").await.status, 503, "faults are counted anew");
    assert_eq!(desk.get("/Users").await.names(), ["ada"]);
}

#[test]
#[should_panic(expected = "no habits")]
fn a_habit_that_is_none_is_refused() {
    Habits::read("{shape: {id: integer}}");
}

#[tokio::test]
async fn a_creation_that_is_said_to_have_failed_took_effect() {
    let desk =
        Desk::with("{faults: [{on: POST /Users, times: 1, status: 502, takesEffect: true, body: html}]}")
            .await;
    assert_eq!(desk.post("/Users", user("ada")).await.status, 502);
    assert_eq!(desk.get("/Users").await.names(), ["ada"]);

    let desk = Desk::with("{faults: [{on: POST /Users, times: 1, status: 502, body: html}]}").await;
    assert_eq!(desk.post("/Users", user("ada")).await.status, 502);
    assert_eq!(desk.server.all("/Users").len(), 0, "and without takesEffect it did not");
}
