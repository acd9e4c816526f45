//! Confirmit (Forsta).

use scim_operator::scim::{
    discovery::Discovery,
    error::ErrorKind,
    patch::{Operation, PatchRequest},
    path::{AttributePath, GROUP_SCHEMA, USER_SCHEMA},
    port::{
        Deleted, PageRequest, Port,
        ResourceType::{Group, User},
    },
};
use serde_json::{Value, json};

use super::{Example, all_are_used, json as example, path, resource, text};

const EXPANDED: &str = "urn:ietf:params:scim:schemas:expanded:2.0:User";

const FIRST: PageRequest = PageRequest { start_index: 1, count: 100, by_search: false };

async fn answering(status: &str, name: &str) -> Example {
    Example::of("confirmit", "/v2", status, &text(&format!("confirmit/{name}.json"))).await
}

fn language() -> String {
    format!("{EXPANDED}:languageId")
}

/// The user of the examples, as the rest of the program sees it.
fn understood(user: &scim_operator::scim::resource::Resource, id: &str, external_id: &str) {
    assert_eq!(user.id().as_deref(), Some(id));
    // What the server makes is not the name that was sent.
    assert_eq!(user.text("userName"), Some(external_id));
    assert_eq!(user.text("externalId"), Some(external_id));
    assert_eq!(user.get(&path("active")), Some(&json!(true)));
    assert_eq!(user.get(&path("emails")).unwrap()[0]["primary"], json!(true));
    let extension = json!({"companyId": 1, "languageId": 9, "userType": "professional"});
    assert_eq!(user.as_object()[EXPANDED], extension);
    assert_eq!(user.created_at().unwrap().to_string(), format!("{}Z", &user.created().unwrap()[..27]));
}

#[test]
fn every_example_is_used() {
    all_are_used(
        "confirmit",
        &[
            "get-group.response",
            "get-groups.response",
            "get-resource-types.response",
            // Nobody asks for the schemas: the profile knows them.
            "get-schemas.response",
            "get-service-provider-config.response",
            "get-user.response",
            "get-users.response",
            "patch-group.request",
            "patch-group.response",
            "patch-group.response-400",
            "patch-group.response-404",
            // A user is changed by PUT.
            "patch-user.response",
            "post-group.response",
            "post-group.response-400",
            "post-group.response-404",
            "post-user.request",
            "post-user.response",
            "post-user.response-400",
            "post-user.response-404",
            "put-user.request",
            "put-user.response",
            "put-user.response-400",
        ],
    );
}

#[tokio::test]
async fn a_user_is_created_as_shown() {
    let server = answering("200 OK", "post-user.response").await;
    let sent = example("confirmit/post-user.request");
    let intent = resource(
        USER_SCHEMA,
        &[
            ("name.givenName", sent["name"]["givenName"].clone()),
            ("name.familyName", sent["name"]["familyName"].clone()),
            ("emails", sent["emails"].clone()),
            ("password", sent["password"].clone()),
            (&language(), json!(9)),
        ],
    );
    let created = server.client.create(User, &intent).await.unwrap();
    assert_eq!((server.line().as_str(), server.body()), ("POST /v2/users HTTP/1.1", sent));
    assert_eq!(server.header("content-type").as_deref(), Some("application/json"));
    understood(&created, "1", "test@externalId.com");
}

#[tokio::test]
async fn the_name_of_a_new_user_is_sent_and_every_user_names_the_extension() {
    let server = answering("200 OK", "post-user.response").await;
    server.client.create(User, &resource(USER_SCHEMA, &[("userName", json!("ada"))])).await.unwrap();
    assert_eq!(server.body(), json!({"schemas": [USER_SCHEMA, EXPANDED], "userName": "ada"}));
}

#[tokio::test]
async fn a_user_is_replaced_as_shown() {
    let server = answering("200 OK", "put-user.response").await;
    let sent = example("confirmit/put-user.request");
    let mut intent = resource(
        USER_SCHEMA,
        &[("name", sent["name"].clone()), ("emails", sent["emails"].clone()), (&language(), json!(10))],
    );
    intent.set(&path("id"), json!(1));
    let replaced = server.client.replace(User, "1", &intent, None).await.unwrap().unwrap();
    assert_eq!((server.line().as_str(), server.body()), ("PUT /v2/users/1 HTTP/1.1", sent));
    understood(&replaced, "1", "test@externalId.com");
}

#[tokio::test]
async fn a_user_that_was_read_is_put_back_without_what_the_server_makes() {
    let server = answering("200 OK", "get-user.response").await;
    let user = server.client.get(User, "1").await.unwrap().unwrap();
    assert_eq!(server.line(), "GET /v2/users/1 HTTP/1.1");
    understood(&user, "1", "test@externalId.com");
    let mut user = user;
    user.remove(&path("meta"));
    let server = answering("200 OK", "patch-user.response").await;
    let replaced = server.client.replace(User, "1", &user, Some("W/\"1\"")).await.unwrap().unwrap();
    understood(&replaced, "1", "test@externalId.com");
    // The example leaves `active` and the company out; what is left out of a
    // PUT is cleared elsewhere, so they are put back as they are.
    let shown = example("confirmit/get-user.response");
    let sent = json!({
        "schemas": [USER_SCHEMA, EXPANDED], "name": shown["name"], "emails": shown["emails"], "active": true,
        EXPANDED: {"companyId": 1, "languageId": 9},
    });
    assert_eq!(server.body(), sent);
    assert_eq!(server.header("if-match"), None);
}

#[tokio::test]
async fn users_are_listed_and_found_as_shown() {
    let server = answering("200 OK", "get-users.response").await;
    let page = server.client.list(User, FIRST).await.unwrap();
    assert_eq!(server.line(), "GET /v2/users?startIndex=1&count=100 HTTP/1.1");
    assert_eq!((page.resources.len(), page.total_results), (2, Some(2)));
    understood(&page.resources[0], "1", "test1@externalId.com");
    understood(&page.resources[1], "2", "test2@externalId.com");
    let server = answering("200 OK", "get-users.response").await;
    let filter = scim_operator::scim::filter::Filter::eq(AttributePath::core("userName"), "ada");
    server.client.search(User, &filter).await.unwrap();
    assert_eq!(server.line(), "GET /v2/users?filter=externalId%20eq%20%22ada%22&count=50 HTTP/1.1");
}

#[tokio::test]
async fn groups_are_a_bare_array_that_takes_no_questions() {
    let server = answering("200 OK", "get-groups.response").await;
    let page = server.client.list(Group, FIRST).await.unwrap();
    assert_eq!(server.line(), "GET /v2/groups HTTP/1.1");
    let names: Vec<_> = page.resources.iter().filter_map(|group| group.text("displayName")).collect();
    assert_eq!(names, ["Scim Group", "Scim Group 2"]);
    assert_eq!(page.resources[1].get(&path("members")).unwrap()[0]["value"], "1233");
    let server = answering("200 OK", "get-groups.response").await;
    let filter = scim_operator::scim::filter::Filter::eq(AttributePath::core("displayName"), "x");
    let refused = server.client.search(Group, &filter).await.unwrap_err();
    assert_eq!((refused.kind, refused.sent), (ErrorKind::Rejected, false));
    assert!(server.server.requests().is_empty());
}

#[tokio::test]
async fn a_group_is_created_and_read_as_shown() {
    let server = answering("200 OK", "post-group.response").await;
    let intent = resource(GROUP_SCHEMA, &[("displayName", json!("Scim Group"))]);
    let created = server.client.create(Group, &intent).await.unwrap();
    assert_eq!(server.line(), "POST /v2/groups HTTP/1.1");
    assert_eq!(server.body(), json!({"schemas": [GROUP_SCHEMA], "displayName": "Scim Group"}));
    assert_eq!(created.id().as_deref(), Some("1"));
    let server = answering("200 OK", "get-group.response").await;
    let group = server.client.get(Group, "1").await.unwrap().unwrap();
    assert_eq!(server.line(), "GET /v2/groups/1 HTTP/1.1");
    assert_eq!(group.get(&path("members")), Some(&json!([{"value": "123", "display": "TestUser"}])));
}

#[tokio::test]
async fn a_group_is_changed_as_shown() {
    let server = answering("200 OK", "patch-group.response").await;
    let members = || AttributePath::core("members");
    let member = json!({"value": "123", "type": "User", "display": "TestUser"});
    let operations = vec![
        Operation::Add { path: members(), values: vec![member] },
        Operation::RemoveValue { path: members(), value: "123".to_owned() },
        Operation::Replace {
            path: AttributePath::core("displayName"),
            value: json!("Updated Scim Group Name"),
        },
    ];
    let changed = server.client.patch(Group, "1", &PatchRequest { operations }).await.unwrap().unwrap();
    let sent = example("confirmit/patch-group.request");
    assert_eq!((server.line().as_str(), server.body()), ("PATCH /v2/groups/1 HTTP/1.1", sent));
    assert_eq!(changed.text("displayName"), Some("Scim Group"));
}

#[tokio::test]
async fn what_is_deleted_answers_as_shown() {
    for (kind, status, line) in [
        (User, "200 OK", "DELETE /v2/users/1 HTTP/1.1"),
        (Group, "204 No Content", "DELETE /v2/groups/1 HTTP/1.1"),
    ] {
        let server = Example::of("confirmit", "/v2", status, "").await;
        assert_eq!(server.client.delete(kind, "1").await.unwrap(), Deleted::Gone);
        assert_eq!(server.line(), line);
    }
}

#[tokio::test]
async fn errors_are_understood_with_their_numbers_and_their_odd_keywords() {
    for (kind, post) in [(User, "post-user"), (Group, "post-group")] {
        let schema = if kind == User { USER_SCHEMA } else { GROUP_SCHEMA };
        let intent = resource(schema, &[("displayName", json!("x"))]);
        let server = answering("400 Bad Request", &format!("{post}.response-400")).await;
        let error = server.client.create(kind, &intent).await.unwrap_err();
        assert_eq!((error.kind, error.status), (ErrorKind::Rejected, Some(400)));
        assert_eq!(error.detail.as_deref(), Some("Specified schema is incorrect."));
        let server = answering("404 Not Found", &format!("{post}.response-404")).await;
        let error = server.client.create(kind, &intent).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::NotFound);
    }
    let server = answering("400 Bad Request", "put-user.response-400").await;
    let error = server.client.replace(User, "1", &resource(USER_SCHEMA, &[]), None).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Rejected);
    for (status, name, kind) in [
        ("400 Bad Request", "patch-group.response-400", ErrorKind::Rejected),
        ("404 Not Found", "patch-group.response-404", ErrorKind::NotFound),
    ] {
        let rename = Operation::Replace { path: path("displayName"), value: json!("x") };
        let server = answering(status, name).await;
        let patch = PatchRequest { operations: vec![rename] };
        assert_eq!(server.client.patch(Group, "1", &patch).await.unwrap_err().kind, kind);
    }
}

#[tokio::test]
async fn the_server_is_understood_of_itself() {
    let server = answering("200 OK", "get-service-provider-config.response").await;
    let known = server.client.discover().await.unwrap();
    let expected = Discovery {
        patch: Some(true),
        filter: Some(true),
        max_results: Some(10_000),
        ..Discovery::default()
    };
    assert_eq!(known, expected);
    let requests = server.server.requests();
    let lines: Vec<&str> = requests.iter().filter_map(|request| request.lines().next()).collect();
    assert_eq!(lines, ["GET /v2/serviceProviderConfig HTTP/1.1", "GET /v2/resourceTypes HTTP/1.1"]);
    let types: Value = example("confirmit/get-resource-types.response");
    assert_eq!(Discovery::resource_types(&types).unwrap(), ["User", "Group"]);
}
