//! idaas.nl. Its text shows no answer.

use scim_operator::scim::{
    discovery::Discovery,
    filter::Filter,
    path::USER_SCHEMA,
    port::{Deleted, PageRequest, Port, ResourceType::User},
};
use serde_json::json;

use super::{Example, all_are_used, json as example, path, resource, text};

const BASE: &str = "/api/scim/v2";

async fn answering(status: &str, body: &str) -> Example {
    Example::of("idaas-nl", BASE, status, body).await
}

/// What a server that keeps what is sent answers.
fn echo(name: &str) -> String {
    let mut body = example(name);
    body["id"] = json!("8624242");
    body.to_string()
}

#[test]
fn every_example_is_used() {
    all_are_used(
        "idaas-nl",
        &["delete-user.request", "get-users.request", "post-user.request", "put-user.request"],
    );
}

#[tokio::test]
async fn a_user_is_created_as_shown() {
    let server = answering("201 Created", &echo("idaas-nl/post-user.request")).await;
    let intent = resource(
        USER_SCHEMA,
        &[
            ("userName", json!("johndoe")),
            ("password", json!("password123")),
            ("active", json!(false)),
            ("emails", json!([{"value": "johndoe@example.com"}])),
        ],
    );
    let created = server.client.create(User, &intent).await.unwrap();
    let sent = example("idaas-nl/post-user.request");
    assert_eq!((server.line().as_str(), server.body()), ("POST /api/scim/v2/Users HTTP/1.1", sent));
    assert_eq!(server.header("content-type").as_deref(), Some("application/scim+json"));
    assert_eq!((created.id().as_deref(), created.text("userName")), (Some("8624242"), Some("johndoe")));
    assert_eq!(created.get(&path("active")), Some(&json!(false)));
}

#[tokio::test]
async fn the_user_that_was_created_is_activated_as_shown() {
    let server = answering("200 OK", &echo("idaas-nl/post-user.request")).await;
    let mut user = server.client.get(User, "8624242").await.unwrap().unwrap();
    user.set(&path("active"), json!(true));
    let server = answering("200 OK", &echo("idaas-nl/put-user.request")).await;
    let replaced = server.client.replace(User, "8624242", &user, None).await.unwrap().unwrap();
    let sent = example("idaas-nl/put-user.request");
    assert_eq!((server.line().as_str(), server.body()), ("PUT /api/scim/v2/Users/8624242 HTTP/1.1", sent));
    assert_eq!(replaced.get(&path("active")), Some(&json!(true)));
}

#[tokio::test]
async fn users_are_found_with_the_filter_that_is_shown() {
    let shown = text("idaas-nl/get-users.request.http");
    let parameter = |line: &str, name: &str| {
        let query = line.split_once('?').unwrap().1.split(' ').next().unwrap().to_owned();
        let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        pairs.find(|(known, _)| *known == name).map(|(_, value)| value.to_owned())
    };
    let server = answering("200 OK", r#"{"totalResults": 0}"#).await;
    server.client.search(User, &Filter::eq(path("emails.value"), "ri")).await.unwrap();
    assert_eq!(parameter(&server.line(), "filter"), parameter(&shown, "filter"));
    let server = answering("200 OK", r#"{"totalResults": 0}"#).await;
    server.client.list(User, PageRequest { start_index: 1, count: 20, by_search: false }).await.unwrap();
    for name in ["startIndex", "count"] {
        assert_eq!(parameter(&server.line(), name), parameter(&shown, name), "{name}");
    }
    // Nobody needs them sorted.
    assert_eq!(parameter(&server.line(), "sortBy"), None);
}

#[tokio::test]
async fn a_user_is_deleted_as_shown() {
    let server = answering("204 No Content", "").await;
    let deleted = server.client.delete(User, "8fa8bc07-3c93-4d11-a3f5-c843436da9e4").await.unwrap();
    let shown = text("idaas-nl/delete-user.request.http");
    assert_eq!((deleted, server.line()), (Deleted::Gone, shown.lines().next().unwrap().to_owned()));
}

#[tokio::test]
async fn nothing_is_asked_that_the_text_does_not_have() {
    let server = answering("404 Not Found", "").await;
    assert_eq!(server.client.discover().await.unwrap(), Discovery::default());
    assert!(server.server.requests().is_empty());
}
