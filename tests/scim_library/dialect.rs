//! Requests and answers as a profile has them.

use scim_operator::scim::{
    error::{ErrorKind, ScimType},
    filter::Filter,
    patch::{Operation, PatchRequest},
    path::{AttributePath, GROUP_SCHEMA, USER_SCHEMA},
    port::{
        Deleted, PageRequest, Port,
        ResourceType::{Group, User},
    },
    resource::Resource,
};
use serde_json::{Value, json};

use crate::raw::{HTML, Reply, SCIM, Server, answer};

const FIRST: PageRequest = PageRequest { start_index: 1, count: 10, by_search: false };

const NOBODY: &str = r#"{"totalResults": 0}"#;

async fn ok(body: &str) -> Server {
    Server::answering(answer("200 OK", &[SCIM], body)).await
}

fn line(server: &Server) -> String {
    let requests = server.requests();
    assert_eq!(requests.len(), 1, "{requests:?}");
    requests[0].lines().next().unwrap().trim_end_matches(" HTTP/1.1").to_owned()
}

fn body_of(request: &str) -> Value {
    serde_json::from_str(request.split_once("\r\n\r\n").unwrap().1).unwrap()
}

fn user() -> Resource {
    let mut user = Resource::new([USER_SCHEMA]);
    user.set(&AttributePath::core("userName"), "ada".into());
    user
}

fn name_is(name: &str) -> Filter {
    Filter::eq(AttributePath::core("userName"), name)
}

#[tokio::test]
async fn media_types_are_the_profiles() {
    let server = ok(r#"{"id": "1"}"#).await;
    let types = json!({"mediaTypes": {"send": "application/json", "accept": "text/json"}});
    server.client_speaking(&types).create(User, &user()).await.unwrap();
    let request = server.requests().remove(0).to_lowercase();
    assert!(request.contains("content-type: application/json\r\n"), "{request}");
    assert!(request.contains("accept: text/json\r\n"), "{request}");
}

#[tokio::test]
async fn statuses_mean_what_the_profile_says() {
    let statuses = json!({"statuses": {
        "create": {"success": [202], "conflict": [400]},
        "read": {"notFound": [400]},
        "update": {"success": [201]},
        "delete": {"success": [205], "notFound": [422]},
    }});
    let server = Server::answering(answer("202 Accepted", &[SCIM], r#"{"id": "1"}"#)).await;
    assert!(server.client_speaking(&statuses).create(User, &user()).await.is_ok());
    let server = ok(r#"{"id": "1"}"#).await;
    let error = server.client_speaking(&statuses).create(User, &user()).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::NotScim);
    let server = Server::answering(answer("400 Bad Request", &[SCIM], "{}")).await;
    let client = server.client_speaking(&statuses);
    assert_eq!(client.create(User, &user()).await.unwrap_err().kind, ErrorKind::Conflict);
    assert!(client.get(User, "1").await.unwrap().is_none());
    assert_eq!(client.list(User, FIRST).await.unwrap_err().kind, ErrorKind::Rejected);
    let server = Server::answering(answer("201 Created", &[SCIM], r#"{"id": "1"}"#)).await;
    assert!(server.client_speaking(&statuses).replace(User, "1", &user(), None).await.is_ok());
    let server = Server::answering(answer("422 Unprocessable", &[SCIM], "{}")).await;
    assert_eq!(server.client_speaking(&statuses).delete(User, "1").await.unwrap(), Deleted::WasAbsent);
}

#[tokio::test]
async fn an_error_is_weighed_by_its_whole_detail() {
    let errors =
        json!({"errors": [{"status": 400, "detailContains": "at the very end", "means": "Conflict"}]});
    let body = json!({"detail": format!("{}at the very end", "x".repeat(3_000))}).to_string();
    let server = Server::answering(answer("400 Bad Request", &[SCIM], &body)).await;
    let error = server.client_speaking(&errors).create(User, &user()).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Conflict);
    assert!(error.said.is_none() && error.detail.unwrap().len() < 600);
}

#[tokio::test]
async fn a_web_page_that_says_404_is_no_missing_user() {
    let read =
        json!({"statuses": {"read": {"notFound": [404]}}, "errors": [{"status": 404, "means": "NotFound"}]});
    let server = Server::answering(answer("404 Not Found", &[HTML], "<html>Nothing here</html>")).await;
    assert_eq!(server.client_speaking(&read).get(User, "1").await.unwrap_err().kind, ErrorKind::NotScim);
}

#[tokio::test]
async fn pages_are_asked_for_as_the_profile_says() {
    for (paging, request) in [
        (json!({}), "GET /scim/v2/Users?startIndex=1&count=10"),
        (json!({"firstIndex": 0}), "GET /scim/v2/Users?startIndex=0&count=10"),
        (json!({"mode": "Whole"}), "GET /scim/v2/Users"),
        (json!({"mode": "Search"}), "POST /scim/v2/Users/.search"),
    ] {
        let server = ok(NOBODY).await;
        server.client_speaking(&json!({"users": {"paging": paging}})).list(User, FIRST).await.unwrap();
        assert_eq!(line(&server), request, "{paging}");
    }
    let server = ok(NOBODY).await;
    let from_zero = json!({"users": {"paging": {"firstIndex": 0, "mode": "Search"}}});
    server.client_speaking(&from_zero).list(User, PageRequest { start_index: 11, ..FIRST }).await.unwrap();
    assert_eq!(body_of(&server.requests()[0])["startIndex"], 10);
}

#[tokio::test]
async fn a_cursor_is_one_encoded_parameter_and_read_from_the_answer() {
    let server = ok(r#"{"Resources": [{"id": "1"}], "nextCursor": "a=b&c"}"#).await;
    let client = server.client();
    let page = client.list_from(User, "", 10).await.unwrap();
    assert_eq!((page.page.resources.len(), page.next.as_deref()), (1, Some("a=b&c")));
    assert_eq!(line(&server), "GET /scim/v2/Users?cursor=&count=10");
    client.list_from(User, "a=b&c", 10).await.unwrap();
    assert!(server.requests()[1].starts_with("GET /scim/v2/Users?cursor=a%3Db%26c&count=10 "));
    for last in [r#"{"Resources": [], "nextCursor": ""}"#, r#"{"Resources": [], "nextCursor": null}"#, "[]"] {
        assert_eq!(ok(last).await.client().list_from(User, "x", 10).await.unwrap().next, None, "{last}");
    }
}

#[tokio::test]
async fn a_filter_that_cannot_be_written_is_not_sent_and_looks_like_a_refused_one() {
    let server = ok(NOBODY).await;
    let client = server.client_speaking(&json!({"users": {"filter": {"escapes": false}}}));
    let error = client.search(User, &name_is("a\"b")).await.unwrap_err();
    assert_eq!((error.kind, error.scim_type), (ErrorKind::Rejected, Some(ScimType::InvalidFilter)));
    assert!(!error.sent && server.requests().is_empty());
    client.search(User, &name_is("ada")).await.unwrap();
    assert_eq!(line(&server), "GET /scim/v2/Users?filter=userName%20eq%20%22ada%22&count=50");
}

#[tokio::test]
async fn a_membership_is_only_what_answers_the_question() {
    let group =
        |ids: &[&str]| json!({"Resources": ids.iter().map(|id| json!({"id": id})).collect::<Vec<_>>()});
    for (body, expected) in [
        (group(&["g1"]), Some(true)),
        (group(&[]), Some(false)),
        (json!({"totalResults": 0}), Some(false)),
        (json!({"totalResults": 3, "Resources": []}), None),
        (group(&["g1", "g2"]), None),
        (group(&["g2"]), None),
    ] {
        let server = ok(&body.to_string()).await;
        let answer = server.client().is_member("g1", "u1").await;
        assert_eq!(answer.as_ref().ok().copied(), expected, "{body}");
        if let Err(error) = answer {
            assert_eq!(error.scim_type, Some(ScimType::InvalidFilter));
        }
        let filter = "id%20eq%20%22g1%22%20and%20members%20eq%20%22u1%22";
        assert_eq!(line(&server), format!("GET /scim/v2/Groups?filter={filter}&count=50"));
    }
}

#[tokio::test]
async fn members_are_asked_for_by_name_without_losing_the_rest() {
    let profile = json!({"members": {"read": "Requested"}, "groups": {"attributes": {"description": {}}}});
    let names = "schemas%2Cid%2CexternalId%2CdisplayName%2Cmembers%2Cmeta%2Cdescription";
    let server = ok(r#"{"id": "7"}"#).await;
    server.client_speaking(&profile).get(Group, "7").await.unwrap();
    assert_eq!(line(&server), format!("GET /scim/v2/Groups/7?attributes={names}"));
    let server = ok(NOBODY).await;
    server.client_speaking(&profile).list(Group, FIRST).await.unwrap();
    assert_eq!(line(&server), format!("GET /scim/v2/Groups?startIndex=1&count=10&attributes={names}"));
    let server = ok(NOBODY).await;
    server.client_speaking(&profile).list(Group, PageRequest { by_search: true, ..FIRST }).await.unwrap();
    assert_eq!(body_of(&server.requests()[0])["attributes"][4], "members");
    let server = ok(r#"{"id": "7"}"#).await;
    server.client_speaking(&profile).get(User, "7").await.unwrap();
    assert_eq!(line(&server), "GET /scim/v2/Users/7");
}

#[tokio::test]
async fn versions_are_not_used_where_the_profile_says_so() {
    for (etags, sent) in [(json!(null), true), (json!(true), true), (json!(false), false)] {
        let server = ok("").await;
        let client = server.client_speaking(&json!({"etags": etags}));
        client.replace(User, "1", &user(), Some("W/\"1\"")).await.unwrap();
        assert_eq!(server.requests()[0].to_lowercase().contains("if-match"), sent, "{etags}");
    }
}

#[tokio::test]
async fn a_patch_that_is_too_large_is_several_and_ends_at_the_first_failure() {
    let values = |ids: std::ops::Range<usize>| ids.map(|id| json!({"value": id.to_string()})).collect();
    let add = |ids| Operation::Add { path: AttributePath::core("members"), values: values(ids) };
    let request = PatchRequest { operations: vec![add(0..1), add(1..2), add(2..3)] };
    let two = json!({"patch": {"maxOperations": 1}});
    let last = answer("200 OK", &[SCIM], r#"{"id": "7", "displayName": "last"}"#);
    let replies = vec![Reply::Bytes(answer("204 No Content", &[], "")), Reply::Bytes(last)];
    let server = Server::start(replies).await;
    let changed = server.client_speaking(&two).patch(Group, "7", &request).await.unwrap().unwrap();
    assert_eq!(changed.text("displayName"), Some("last"));
    let sent: Vec<Value> = server.requests().iter().map(|request| body_of(request)).collect();
    let added: Vec<&Value> = sent.iter().map(|body| &body["Operations"][0]["value"][0]["value"]).collect();
    assert_eq!(added, ["0", "1", "2"]);
    let refused = answer("400 Bad Request", &[SCIM], "{}");
    let replies = vec![Reply::Bytes(answer("204 No Content", &[], "")), Reply::Bytes(refused)];
    let server = Server::start(replies).await;
    let error = server.client_speaking(&two).patch(Group, "7", &request).await.unwrap_err();
    assert_eq!((error.kind, server.requests().len()), (ErrorKind::Rejected, 2));
}

#[tokio::test]
async fn a_members_address_is_where_it_is_on_this_server() {
    let profile = json!({
        "members": {"ref": true, "atCreation": "Inline"}, "users": {"path": "/v2/people"},
    });
    let server = ok(r#"{"id": "7"}"#).await;
    let mut group = Resource::new([GROUP_SCHEMA]);
    group.set(&AttributePath::core("members"), json!([{"value": "a/b"}]));
    server.client_speaking(&profile).create(Group, &group).await.unwrap();
    let member = json!({"value": "a/b", "$ref": format!("{}/v2/people/a%2Fb", server.url())});
    assert_eq!(body_of(&server.requests()[0])["members"], json!([member]));
}

#[tokio::test]
async fn a_record_with_two_ids_is_believed_by_nobody() {
    let two = r#"{"id": "1", "ID": "2", "userName": "ada"}"#;
    let client = ok(two).await.client();
    assert_eq!(client.get(User, "1").await.unwrap_err().kind, ErrorKind::NotScim);
    let client = ok(&format!(r#"{{"Resources": [{two}]}}"#)).await.client();
    assert_eq!(client.list(User, FIRST).await.unwrap_err().kind, ErrorKind::NotScim);
    let client = ok(two).await.client();
    let error = client.create(User, &user()).await.unwrap_err();
    assert_eq!((error.kind, error.may_have_taken_effect()), (ErrorKind::NotScim, true));
}
