//! Requests as they go out, and answers as they are believed.

use scim_operator::scim::{
    discovery::Discovery,
    error::ErrorKind,
    filter::Filter,
    patch::{Operation, PatchRequest},
    path::{AttributePath, USER_SCHEMA},
    port::{
        Deleted, Page, PageRequest, Port,
        ResourceType::{Group, User},
    },
    resource::Resource,
};
use serde_json::{Value, json};

use crate::raw::{HTML, SCIM, Server, answer};

const FIRST: PageRequest = PageRequest { start_index: 1, count: 10, by_search: false };

fn user() -> Resource {
    let mut user = Resource::new([USER_SCHEMA]);
    user.set(&AttributePath::core("userName"), "alice@example.com".into());
    user
}

fn title() -> PatchRequest {
    let path = AttributePath::core("title");
    PatchRequest { operations: vec![Operation::Replace { path, value: "Captain".into() }] }
}

fn body_of(request: &str) -> Value {
    serde_json::from_str(request.split_once("\r\n\r\n").unwrap().1).unwrap()
}

async fn list(status: &str, body: &str) -> Result<Page, ErrorKind> {
    let server = Server::answering(answer(status, &[SCIM], body)).await;
    server.client().list(User, FIRST).await.map_err(|error| error.kind)
}

#[tokio::test]
async fn lists_are_read_however_they_are_spelt() {
    for (body, ids, total) in [
        (r#"{"totalResults": 9, "Resources": [{"id": "1"}, {"id": "2"}]}"#, 2, Some(9)),
        (r#"{"TotalResults": "9", "resources": [{"ID": 1}]}"#, 1, Some(9)),
        (r#"[{"id": "1"}, {"id": "2"}]"#, 2, None),
        ("[]", 0, None),
        ("\u{feff}[]", 0, None),
        (r#"{"totalResults": 0}"#, 0, Some(0)),
        (r#"{"totalResults": 0, "Resources": null}"#, 0, Some(0)),
        (r#"{"schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"]}"#, 0, None),
        (r#"{"totalResults": -1, "Resources": [{"id": "1"}]}"#, 1, None),
    ] {
        let page = list("200 OK", body).await.unwrap();
        assert_eq!((page.resources.len(), page.total_results), (ids, total), "{body}");
    }
}

#[tokio::test]
async fn what_is_not_a_list_is_never_an_empty_one() {
    for body in [
        "",
        "null",
        "\"\"",
        "{}",
        r#"{"error": "try later"}"#,
        r#"{"Resources": {}}"#,
        r#"{"totalResults": 1, "Resources": [null]}"#,
        r#"{"totalResults": 2, "Resources": [{"id": "1"}, {"userName": "bob"}]}"#,
        r#"{"totalResults": 1, "Resources": [{"id": ""}]}"#,
        r#"[["id"]]"#,
        r#"{"totalResults": 0"#,
        "<html><body>Sign in</body></html>",
    ] {
        assert_eq!(list("200 OK", body).await.unwrap_err(), ErrorKind::NotScim, "{body}");
    }
    for status in ["201 Created", "202 Accepted", "206 Partial Content"] {
        assert_eq!(list(status, r#"{"totalResults": 0}"#).await.unwrap_err(), ErrorKind::NotScim, "{status}");
    }
    assert_eq!(list("204 No Content", "").await.unwrap_err(), ErrorKind::NotScim);
}

#[tokio::test]
async fn a_web_page_labelled_as_scim_is_told_by_its_facts() {
    let server = Server::answering(answer("200 OK", &[SCIM], "<html>Sign in</html>")).await;
    let error = server.client().list(User, FIRST).await.unwrap_err();
    assert_eq!(error.to_string(), "GET /Users: the answer is not SCIM, HTTP 200, application/scim+json");
    assert_eq!(error.detail.as_deref(), Some("the body is not JSON but a web page, from line 1 column 1"),);
}

#[tokio::test]
async fn pages_are_asked_for_by_get_or_by_search() {
    let server = Server::answering(answer("200 OK", &[SCIM], r#"{"totalResults": 0}"#)).await;
    let client = server.client();
    client.list(User, PageRequest { start_index: 11, ..FIRST }).await.unwrap();
    client.list(Group, PageRequest { start_index: 11, count: 10, by_search: true }).await.unwrap();
    let requests = server.requests();
    assert!(requests[0].starts_with("GET /scim/v2/Users?startIndex=11&count=10 HTTP/1.1\r\n"));
    assert!(requests[1].starts_with("POST /scim/v2/Groups/.search HTTP/1.1\r\n"));
    let search = "urn:ietf:params:scim:api:messages:2.0:SearchRequest";
    assert_eq!(body_of(&requests[1]), json!({"schemas": [search], "startIndex": 11, "count": 10}));
}

#[tokio::test]
async fn a_filter_is_one_encoded_parameter() {
    let server = Server::answering(answer("200 OK", &[SCIM], r#"{"totalResults": 0}"#)).await;
    let filter = Filter::eq(AttributePath::core("userName"), r#"a+b "c"\&count=1#x"#);
    server.client().search(User, &filter).await.unwrap();
    let request = server.requests().remove(0);
    let encoded = "userName%20eq%20%22a%2Bb%20%5C%22c%5C%22%5C%5C%26count%3D1%23x%22";
    assert!(
        request.starts_with(&format!("GET /scim/v2/Users?filter={encoded}&count=50 HTTP/1.1\r\n")),
        "{request}"
    );
}

#[tokio::test]
async fn an_id_is_one_encoded_segment() {
    let server = Server::answering(answer("204 No Content", &[], "")).await;
    let client = server.client();
    for id in ["../Groups/1", "a b", "1?x=y#z", "%2e%2e", "ü+", "...", ";"] {
        client.delete(User, id).await.unwrap();
    }
    let paths: Vec<String> = server
        .requests()
        .iter()
        .map(|request| request.split(' ').nth(1).unwrap().trim_start_matches("/scim/v2/Users/").to_owned())
        .collect();
    assert_eq!(paths, ["..%2FGroups%2F1", "a%20b", "1%3Fx%3Dy%23z", "%252e%252e", "%C3%BC%2B", "...", "%3B"]);
}

#[tokio::test]
async fn an_id_that_would_address_something_else_is_never_sent() {
    let server = Server::answering(answer("204 No Content", &[], "")).await;
    let client = server.client();
    for id in ["", ".", ".."] {
        let error = client.delete(User, id).await.unwrap_err();
        assert_eq!((error.kind, error.sent), (ErrorKind::Rejected, false));
        assert!(client.get(User, id).await.is_err() && client.patch(User, id, &title()).await.is_err());
    }
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn somebody_elses_record_is_not_taken_for_the_one_asked_for() {
    for body in [r#"{"id": "2"}"#, r#"{"id": "A1"}"#, "{}", "[]", r#"{"Resources": [{"id": "a1"}]}"#, ""] {
        let server = Server::answering(answer("200 OK", &[SCIM], body)).await;
        assert_eq!(server.client().get(User, "a1").await.unwrap_err().kind, ErrorKind::NotScim, "{body}");
    }
    let server = Server::answering(answer("200 OK", &[SCIM], r#"{"id": 17}"#)).await;
    assert!(server.client().get(User, "17").await.unwrap().is_some());
}

#[tokio::test]
async fn a_create_answers_the_resource_with_its_id() {
    for (status, header, body) in [
        ("201 Created", "X: y", r#"{"id": "7", "userName": "alice"}"#),
        ("200 OK", "X: y", r#"{"Id": 7}"#),
        ("201 Created", "Location: /scim/v2/Users/7", ""),
        ("201 Created", "Location: Users/7", r#"{"userName": "alice"}"#),
        ("201 Created", "Location: Users/7?version=1", r#"{"id": null}"#),
    ] {
        let server = Server::answering(answer(status, &[header], body)).await;
        let created = server.client().create(User, &user()).await.unwrap();
        assert_eq!(created.id().as_deref(), Some("7"), "{header} {body}");
        assert_eq!(body_of(&server.requests()[0]), Value::Object(user().as_object().clone()));
    }
}

#[tokio::test]
async fn a_create_without_a_believable_id_may_have_taken_effect() {
    for (status, header, body) in [
        ("201 Created", "X: y", ""),
        ("201 Created", "X: y", "{}"),
        ("201 Created", "X: y", r#"{"id": ".."}"#),
        ("201 Created", "X: y", "[]"),
        ("201 Created", "Location: https://elsewhere.example.com/scim/v2/Users/7", ""),
        ("201 Created", "Location: /scim/v2/Groups/7", ""),
        ("201 Created", "Location: /scim/v2/Users/", ""),
        ("201 Created", "Location: /scim/v2/Users/7/more", ""),
        ("201 Created", "Location: /scim/v2/Users/%2e%2e", ""),
        ("201 Created", "Location: Users/7", "<html>"),
        ("202 Accepted", "X: y", r#"{"id": "7"}"#),
        ("204 No Content", "X: y", ""),
    ] {
        let server = Server::answering(answer(status, &[header], body)).await;
        let error = server.client().create(User, &user()).await.unwrap_err();
        assert_eq!(
            (error.kind, error.may_have_taken_effect()),
            (ErrorKind::NotScim, true),
            "{header} {body}"
        );
    }
}

#[tokio::test]
async fn a_patch_answers_the_resource_or_nothing() {
    for (status, body, known) in [
        ("204 No Content", "", false),
        ("200 OK", "", false),
        ("200 OK", r#"{"message": "done"}"#, false),
        ("200 OK", r#"{"id": "7", "title": "Captain"}"#, true),
    ] {
        let server = Server::answering(answer(status, &[SCIM], body)).await;
        let changed = server.client().patch(User, "7", &title()).await.unwrap();
        assert_eq!(changed.is_some(), known, "{status} {body}");
        assert_eq!(body_of(&server.requests()[0]), title().body());
    }
    for body in [r#"{"id": "8"}"#, "<html>", "[]"] {
        let server = Server::answering(answer("200 OK", &[SCIM], body)).await;
        let error = server.client().patch(User, "7", &title()).await.unwrap_err();
        assert_eq!((error.kind, error.may_have_taken_effect()), (ErrorKind::NotScim, true), "{body}");
    }
}

#[tokio::test]
async fn a_delete_is_believed_from_its_status_but_not_from_a_web_page() {
    for (status, headers, body, deleted) in [
        ("204 No Content", &[][..], "", Deleted::Gone),
        // What Django says of no content at all.
        ("204 No Content", &[HTML], "", Deleted::Gone),
        ("200 OK", &[], r#"{"id": "7"}"#, Deleted::Gone),
        ("202 Accepted", &[], "", Deleted::Gone),
        ("404 Not Found", &[], "", Deleted::WasAbsent),
    ] {
        let server = Server::answering(answer(status, headers, body)).await;
        assert_eq!(server.client().delete(User, "7").await.unwrap(), deleted, "{status}");
    }
    let server = Server::answering(answer("200 OK", &[HTML], "<html>Sign in</html>")).await;
    assert_eq!(server.client().delete(User, "7").await.unwrap_err().kind, ErrorKind::NotScim);
}

#[tokio::test]
async fn discovery_is_advice() {
    let document = r#"{"patch": {"supported": true}, "filter": {"supported": true, "maxResults": 200},
                       "ETAG": {"supported": false}, "bulk": {}}"#;
    let read = Discovery {
        patch: Some(true),
        filter: Some(true),
        max_results: Some(200),
        etag: Some(false),
        ..Discovery::default()
    };
    let nothing = Discovery::default();
    for (status, header, body, expected) in [
        ("200 OK", SCIM, document, &read),
        ("200 OK", HTML, "<html>", &nothing),
        ("200 OK", SCIM, "[]", &nothing),
        ("200 OK", SCIM, r#"{"patch": true, "filter": []}"#, &nothing),
        ("404 Not Found", HTML, "<html>", &nothing),
        ("404 Not Found", SCIM, "{}", &nothing),
        ("403 Forbidden", SCIM, "", &nothing),
        ("500 Internal Server Error", SCIM, "", &nothing),
        ("302 Found", "Location: /signin", "", &nothing),
    ] {
        let server = Server::answering(answer(status, &[header], body)).await;
        assert_eq!(&server.client().discover().await.unwrap(), expected, "{status} {body}");
        assert!(server.requests()[0].starts_with("GET /scim/v2/ServiceProviderConfig HTTP/1.1\r\n"));
    }
    for (status, kind) in
        [("401 Unauthorized", ErrorKind::Unauthorized), ("429 Too Many Requests", ErrorKind::Throttled)]
    {
        let server = Server::answering(answer(status, &[HTML], "<html>")).await;
        assert_eq!(server.client().discover().await.unwrap_err().kind, kind);
    }
}
