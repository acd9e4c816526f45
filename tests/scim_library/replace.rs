//! PUT and versions: over HTTP, and over the server in memory.

use scim_operator::scim::{
    error::ErrorKind,
    fake::{Fake, Matcher, Method, PatchAnswer},
    path::{AttributePath, USER_SCHEMA},
    port::{Port, ResourceType::User},
    resource::Resource,
};
use serde_json::{Value, json};

use crate::raw::{SCIM, Server, answer};

const TAG: &str = r#"ETag: W/"3694e05e""#;

fn user(body: Value) -> Resource {
    Resource::from_value(body).unwrap()
}

fn alice() -> Resource {
    user(json!({"schemas": [USER_SCHEMA], "userName": "alice"}))
}

#[tokio::test]
async fn a_replacement_is_a_put_of_the_whole_resource_for_one_version() {
    let server = Server::answering(answer("200 OK", &[SCIM], r#"{"id": "a b", "userName": "alice"}"#)).await;
    let put = server.client().replace(User, "a b", &alice(), Some(r#"W/"3694e05e""#)).await.unwrap();
    assert_eq!(put.unwrap().text("userName"), Some("alice"));
    let request = server.requests().remove(0);
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("PUT /scim/v2/Users/a%20b HTTP/1.1\r\n"), "{head}");
    assert!(head.to_ascii_lowercase().contains("if-match: w/\"3694e05e\"\r\n"), "{head}");
    assert_eq!(serde_json::from_str::<Value>(body).unwrap(), json!(alice().as_object()));
}

#[tokio::test]
async fn without_a_version_any_is_replaced() {
    let server = Server::answering(answer("204 No Content", &[], "")).await;
    assert_eq!(server.client().replace(User, "1", &alice(), None).await.unwrap(), None);
    assert!(!server.requests()[0].to_ascii_lowercase().contains("if-match"));
}

#[tokio::test]
async fn a_resource_that_somebody_else_changed_is_not_replaced() {
    let server = Server::answering(answer("412 Precondition Failed", &[SCIM], "{}")).await;
    let error = server.client().replace(User, "1", &alice(), Some("W/\"1\"")).await.unwrap_err();
    assert_eq!((error.kind, error.may_have_taken_effect()), (ErrorKind::PreconditionFailed, false));
}

#[tokio::test]
async fn a_replacement_whose_answer_is_about_somebody_else_is_not_believed() {
    let server = Server::answering(answer("200 OK", &[SCIM], r#"{"id": "2"}"#)).await;
    let error = server.client().replace(User, "1", &alice(), None).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::NotScim);
}

#[tokio::test]
async fn a_version_that_would_break_the_request_is_not_sent() {
    let server = Server::answering(answer("200 OK", &[SCIM], r#"{"id": "1"}"#)).await;
    let error = server.client().replace(User, "1", &alice(), Some("1\r\nX-Evil: yes")).await.unwrap_err();
    assert_eq!((error.kind, error.sent), (ErrorKind::Rejected, false));
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn the_entity_tag_is_the_version_where_the_body_tells_none() {
    for (body, version) in [
        (r#"{"id": "1"}"#, "W/\"3694e05e\""),
        (r#"{"id": "1", "meta": null}"#, "W/\"3694e05e\""),
        (r#"{"id": "1", "Meta": {"location": "here"}}"#, "W/\"3694e05e\""),
        (r#"{"id": "1", "meta": {"version": "W/\"2\""}}"#, "W/\"2\""),
    ] {
        let server = Server::answering(answer("200 OK", &[SCIM, TAG], body)).await;
        let client = server.client();
        let read = client.get(User, "1").await.unwrap().unwrap();
        let put = client.replace(User, "1", &alice(), None).await.unwrap().unwrap();
        let created = client.create(User, &alice()).await.unwrap();
        for resource in [read, put, created] {
            assert_eq!(resource.version(), Some(version), "{body}");
        }
    }
    let odd = Server::answering(answer("200 OK", &[SCIM, TAG], r#"{"id": "1", "meta": "odd"}"#)).await;
    let read = odd.client().get(User, "1").await.unwrap().unwrap();
    assert_eq!((read.version(), read.text("meta")), (None, Some("odd")), "nothing of the server's is lost");
    let headers = [TAG, "Location: /scim/v2/Users/7"];
    let located = Server::answering(answer("201 Created", &headers, "")).await;
    let created = located.client().create(User, &alice()).await.unwrap();
    assert_eq!((created.id().as_deref(), created.version()), (Some("7"), Some("W/\"3694e05e\"")));
}

#[tokio::test]
async fn the_server_in_memory_replaces_only_the_version_it_has() {
    let fake = Fake::new();
    let id = fake.insert(User, json!({"userName": "alice", "title": "Captain", "nickName": "Al"}));
    let first = fake.resource(User, &id).unwrap();
    let body =
        user(json!({"userName": "alice", "title": "Admiral", "id": "forged", "meta": {"version": "9"}}));
    let version = first.version().unwrap();
    let put = fake.replace(User, &id, &body, Some(version)).await.unwrap().unwrap();
    assert_eq!(
        (put.id(), put.text("title"), put.text("nickName")),
        (Some(id.clone()), Some("Admiral"), None)
    );
    assert_ne!(put.version(), first.version());
    let error = fake.replace(User, &id, &body, Some(version)).await.unwrap_err();
    assert_eq!((error.kind, error.status), (ErrorKind::PreconditionFailed, Some(412)));
    let again = fake.replace(User, &id, &body, None).await.unwrap().unwrap();
    assert_eq!(again, put, "the same body changes nothing");
    fake.answer_patches_with(PatchAnswer::NoContent);
    assert_eq!(fake.replace(User, &id, &body, Some("*")).await.unwrap(), None);
    let error = fake.replace(User, "nobody", &body, None).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::NotFound);
    let asked: Vec<Option<String>> = fake.calls().into_iter().map(|call| call.if_match).collect();
    let version = Some(version.to_owned());
    assert_eq!(asked, [version.clone(), version, None, Some("*".to_owned()), None]);
}

#[tokio::test]
async fn the_server_in_memory_keeps_user_names_unique_and_fails_when_told_to() {
    let fake = Fake::new();
    fake.insert(User, json!({"userName": "alice"}));
    let bob = fake.insert(User, json!({"userName": "bob"}));
    let mut body = fake.resource(User, &bob).unwrap();
    body.set(&AttributePath::core("userName"), "ALICE".into());
    assert_eq!(fake.replace(User, &bob, &body, None).await.unwrap_err().kind, ErrorKind::Conflict);
    fake.fail_always(Matcher::method(Method::Replace), ErrorKind::Unsupported);
    assert_eq!(fake.replace(User, &bob, &body, None).await.unwrap_err().kind, ErrorKind::Unsupported);
    assert!(fake.calls().iter().all(|call| call.method.writes()));
}
