//! Confirmit, as its API description shows it.

mod groups;

use serde_json::{Value, json};

use super::{Caller, golden, same_shape, with};
use crate::support::strict::{
    StrictServer,
    confirmit::{self, BASE, EXPANDED},
};

async fn start() -> (StrictServer, Caller) {
    let server = confirmit::start("a-token").await;
    let caller =
        Caller::new(format!("http://127.0.0.1:{}{BASE}", server.port()), "a-token", "application/json");
    (server, caller)
}

fn person() -> Value {
    golden("confirmit/post-user.request")
}

/// The user of the example, and the path to it.
async fn with_user() -> (StrictServer, Caller, &'static str) {
    let (server, caller) = start().await;
    caller.post("/users", &person()).await.with_status(200);
    (server, caller, "/users/1")
}

/// A group without members, and the user of the example.
async fn with_group() -> (StrictServer, Caller, &'static str) {
    let (server, caller, _) = with_user().await;
    caller.post("/groups", &group("Crew")).await.with_status(200);
    (server, caller, "/groups/1")
}

fn group(name: &str) -> Value {
    json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": name})
}

fn operation(op: &str, path: &str, value: impl Into<Value>) -> Value {
    json!({"operations": [{"op": op, "path": path, "value": value.into()}]})
}

#[tokio::test]
async fn a_user_is_created_as_the_example_shows() {
    let (server, caller) = start().await;
    let created = caller.post("/users", &person()).await;
    assert!(created.has_date && created.media_type.as_deref() == Some("application/json"));
    let created = created.with_status(200);
    same_shape(&created, &golden("confirmit/post-user.response"));
    assert_eq!((&created["id"], &created["userName"]), (&json!(1), &json!("test_example")));
    assert_eq!(created["meta"]["location"], "/v2/Users/1");
    let created_at = created["meta"]["created"].as_str().unwrap();
    assert_eq!(created_at.len(), "2024-06-10T09:04:57.3507499+00:00".len(), "{created_at}");
    assert_eq!(created[EXPANDED], json!({"CompanyId": 1, "LanguageId": 9, "UserType": "professional"}));
    assert_eq!(server.password("1").as_deref(), Some("PublicAccountsApiPassword77375"));
    same_shape(&caller.get("/users/1").await.with_status(200), &golden("confirmit/get-user.response"));
    assert_eq!(server.refusals(), Vec::<String>::new());
}

#[tokio::test]
async fn the_name_given_at_creation_is_the_external_id() {
    let (server, caller) = start().await;
    let created = caller.post("/users", &with(&person(), "/userName", "ada")).await.with_status(200);
    assert_eq!((&created["userName"], &created["externalId"]), (&json!("test_example"), &json!("ada")));
    let other = with(&person(), "/emails", json!([{"value": "test@example.com"}]));
    let created = caller.post("/users", &other).await.with_status(200);
    assert_eq!(created["userName"], "test2_example");
    assert_eq!(created["externalId"], "test@example.com");
    let found = caller.get("/users?filter=externalId%20eq%20%22ADA%22").await.with_status(200);
    assert_eq!(found["totalResults"], 0, "externalId is exact");
    let found = caller.get("/users?filter=externalId%20eq%20%22ada%22").await.with_status(200);
    assert_eq!(found["resources"][0]["id"], 1);
    assert_eq!(server.all("/Users").len(), 2);
}

#[tokio::test]
async fn a_name_or_an_address_that_is_taken_is_a_conflict() {
    let (server, caller) = start().await;
    let ada = with(&person(), "/userName", "ada");
    caller.post("/users", &ada).await.with_status(200);
    let refused = caller.post("/users", &with(&person(), "/userName", "eve")).await.with_status(409);
    assert_eq!((&refused["status"], &refused["scimType"]), (&json!(409), &json!("uniqueness")));
    let same_name = with(&ada, "/emails", json!([{"value": "other@example.com"}]));
    caller.post("/users", &same_name).await.refused(409, "userName");
    assert_eq!(server.all("/Users").len(), 1);
}

#[tokio::test]
async fn a_new_user_needs_both_schemas_and_an_address() {
    let (server, caller) = start().await;
    let refused = caller.post("/users", &with(&person(), "/schemas", Value::Null)).await;
    assert_eq!(refused.with_status(400), golden("confirmit/post-user.response-400"));
    let core = json!(["urn:ietf:params:scim:schemas:core:2.0:User"]);
    caller.post("/users", &with(&person(), "/schemas", core)).await.refused(400, "schema is incorrect");
    for emails in [Value::Null, json!([]), json!([{"value": "nobody"}]), json!([{"primary": true}])] {
        caller.post("/users", &with(&person(), "/emails", emails)).await.with_status(400);
    }
    assert_eq!((server.all("/Users").len(), server.refusals().len()), (0, 6));
}

#[tokio::test]
async fn a_new_user_has_nothing_that_the_schema_does_not_list() {
    let (server, caller) = start().await;
    for (pointer, value) in [
        ("/displayName", json!("Ada")),
        ("/title", json!("Countess")),
        ("/phoneNumbers", json!([{"value": "+4755555555"}])),
        ("/id", json!(7)),
        ("/externalId", json!("ada")),
        ("/meta", json!({})),
        ("/name/formatted", json!("Ada")),
        ("/name/givenName", json!(1)),
        ("/active", json!("true")),
        ("/urn:ietf:params:scim:schemas:expanded:2.0:User/LanguageId", json!(9)),
        ("/urn:ietf:params:scim:schemas:expanded:2.0:User/languageId", json!("9")),
        ("/urn:ietf:params:scim:schemas:expanded:2.0:User/userType", json!("professional")),
        ("/urn:ietf:params:scim:schemas:extension:enterprise:2.0:User", json!({"department": "Engines"})),
    ] {
        caller.post("/users", &with(&person(), pointer, value)).await.with_status(400);
    }
    let two =
        json!([{"value": "a@example.com", "primary": true}, {"value": "b@example.com", "primary": true}]);
    caller.post("/users", &with(&person(), "/emails", two)).await.refused(400, "primary");
    assert_eq!(server.all("/Users"), Vec::<Value>::new());
}

#[tokio::test]
async fn paths_are_lower_case_and_ids_are_integers() {
    let (server, caller, _) = with_user().await;
    for path in ["/Users", "/Users/1", "/ServiceProviderConfig", "/Groups", "/users/.search", "/schemas/x"] {
        caller.get(path).await.with_status(404);
    }
    for path in ["/users/01", "/users/ada", "/users/2", "/users/99999999999"] {
        caller.get(path).await.refused(404, "Specified User could not be found.");
    }
    let missing = caller.get("/users/2").await.with_status(404);
    assert_eq!(missing, golden("confirmit/post-user.response-404"));
    assert!(server.refusals().iter().all(|why| !why.contains("/v2/users/2")), "a missing user is no refusal");
}

#[tokio::test]
async fn discovery_is_as_the_examples_show() {
    let (_server, caller) = start().await;
    for (path, example) in [
        ("/serviceProviderConfig", "get-service-provider-config"),
        ("/resourceTypes", "get-resource-types"),
        ("/schemas", "get-schemas"),
    ] {
        let answer = caller.get(path).await.with_status(200);
        assert_eq!(answer, golden(&format!("confirmit/{example}.response")));
    }
}

#[tokio::test]
async fn users_are_listed_from_one_in_pages_of_ten() {
    let (server, caller) = start().await;
    for number in 1..=12 {
        server.insert(
            "/Users",
            json!({"emails": [{"value": format!("u{number}@example.com"), "primary": true}],
            "name": {"givenName": "U", "familyName": "Ser"}}),
        );
    }
    let first = caller.get("/users").await.with_status(200);
    same_shape(&first, &golden("confirmit/get-users.response"));
    assert_eq!((&first["totalResults"], &first["itemsPerPage"]), (&json!(12), &json!(10)));
    assert_eq!(first["resources"].as_array().unwrap().len(), 10);
    let second = caller.get("/users?startIndex=11&count=100").await.with_status(200);
    assert_eq!(second["resources"].as_array().unwrap().len(), 2);
    let backwards = caller.get("/users?sortBy=id&sortOrder=descending&count=1").await.with_status(200);
    assert_eq!(backwards["resources"][0]["id"], 12);
    for query in [
        "startIndex=0",
        "startIndex=-1",
        "count=-1",
        "count=many",
        "attributes=id",
        "sortBy=title",
        "sortOrder=up",
        "filter=title%20eq%20%22x%22",
        "filter=userName%20co%20%22x%22",
        "filter=userName%20pr",
        "filter=userName",
    ] {
        caller.get(&format!("/users?{query}")).await.with_status(400);
    }
}

#[tokio::test]
async fn a_put_changes_what_can_change() {
    let (server, caller, ada) = with_user().await;
    let same_address = json!([{"value": "test@user.com", "primary": true}]);
    let put = with(&golden("confirmit/put-user.request"), "/emails", same_address);
    let changed = caller.put(ada, &put).await.with_status(200);
    same_shape(&changed, &golden("confirmit/put-user.response"));
    assert_eq!(changed["name"]["givenName"], "UpdatedGivenName");
    assert_eq!((&changed[EXPANDED]["LanguageId"], &changed["active"]), (&json!(10), &json!(true)));
    let without_name = with(&with(&put, "/name", Value::Null), "/active", false);
    let changed = caller.put(ada, &without_name).await.with_status(200);
    assert_eq!((changed.get("name"), &changed["active"]), (None, &json!(false)));
    assert_eq!(server.refusals(), Vec::<String>::new());
}

#[tokio::test]
async fn what_is_immutable_or_read_only_is_no_part_of_a_change() {
    let (server, caller, ada) = with_user().await;
    let before = server.get("/Users", "1");
    caller.put(ada, &golden("confirmit/put-user.request")).await.refused(400, "emails");
    let put = with(&golden("confirmit/put-user.request"), "/emails", Value::Null);
    for (name, value) in [
        ("userName", json!("test_example")),
        ("externalId", json!("test@user.com")),
        ("id", json!(1)),
        ("meta", json!({})),
        ("password", json!("another one")),
    ] {
        caller.put(ada, &with(&put, &format!("/{name}"), value.clone())).await.refused(400, name);
        caller.patch(ada, &operation("replace", name, value)).await.refused(400, name);
    }
    let company = format!("{EXPANDED}:companyId");
    for patch in [
        operation("replace", &company, 2),
        operation("add", "emails", json!([{"value": "new@example.com"}])),
        operation("replace", "emails[primary eq true].value", "new@example.com"),
        operation("replace", "", json!({"emails": [{"value": "new@example.com"}]})),
        operation("replace", "", json!({"id": 2})),
        json!({"operations": [{"op": "remove", "path": "emails"}]}),
        json!({"operations": [{"op": "remove", "path": "active"}]}),
    ] {
        caller.patch(ada, &patch).await.with_status(400);
    }
    assert_eq!(server.get("/Users", "1"), before);
}

#[tokio::test]
async fn a_patch_changes_a_user_path_by_path_or_as_an_object() {
    let (server, caller, ada) = with_user().await;
    let language = format!("{EXPANDED}:languageId");
    let patch = json!({"operations": [
        {"op": "replace", "path": "name.givenName", "value": "Ada"},
        {"op": "remove", "path": "name.familyName", "value": {}},
        {"op": "replace", "path": language, "value": 10},
        {"op": "replace", "path": "", "value": {"id": 1, "active": false}},
    ]});
    let changed = caller.patch(ada, &patch).await.with_status(200);
    assert_eq!((&changed["name"], &changed["active"]), (&json!({"givenName": "Ada"}), &json!(false)));
    assert_eq!(changed[EXPANDED], json!({"CompanyId": 1, "LanguageId": 10, "UserType": "professional"}));
    let patch = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "operations": [{"op": "add", "path": EXPANDED, "value": {"languageId": 9}}]});
    let changed = caller.patch(ada, &patch).await.with_status(200);
    assert_eq!(changed[EXPANDED]["LanguageId"], 9);
    assert_eq!(server.get("/Users", "1").unwrap()[EXPANDED]["languageId"], 9, "inside it is canonical");
}

#[tokio::test]
async fn a_patch_of_another_form_is_refused() {
    let (server, caller, ada) = with_user().await;
    let before = server.get("/Users", "1");
    let rename = json!({"op": "replace", "path": "name.givenName", "value": "Ada"});
    for patch in [
        json!({"Operations": [rename]}),
        json!({"operations": []}),
        json!({"operations": rename}),
        json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "operations": [rename]}),
        json!({"operations": [with(&rename, "/op", "Replace")]}),
        json!({"operations": [with(&rename, "/path", Value::Null)]}),
        json!({"operations": [with(&rename, "/value", Value::Null)]}),
        json!({"operations": [rename, {"op": "replace", "path": "title", "value": "Countess"}]}),
        json!({"operations": [{"op": "remove", "path": "name.givenName", "value": "Ada"}]}),
        json!({"operations": [{"op": "replace", "path": format!("{EXPANDED}.languageId"), "value": 9}]}),
        json!({"operations": [{"op": "replace", "path": "active", "value": "False"}]}),
    ] {
        caller.patch(ada, &patch).await.with_status(400);
    }
    assert_eq!(server.get("/Users", "1"), before, "all of it or nothing");
}

#[tokio::test]
async fn nobody_is_let_in_without_the_token_or_with_another_media_type() {
    let (server, mut caller, ada) = with_user().await;
    caller.media_type = "text/plain";
    caller.post("/users", &person()).await.with_status(415);
    caller.accept = Some("text/html");
    caller.get(ada).await.with_status(406);
    caller.media_type = "application/json";
    caller.accept = Some("application/scim+json, application/json");
    caller.send("POST", "/users", Some("{".to_owned())).await.with_status(400);
    caller.send("POST", "/users", Some("[]".to_owned())).await.with_status(400);
    caller.get(ada).await.with_status(200);
    caller.token = Some("another".to_owned());
    assert_eq!(caller.get(ada).await.with_status(401), Value::Null);
    caller.token = None;
    assert_eq!(caller.get(ada).await.with_status(401), Value::Null);
    assert_eq!(server.refusals().len(), 4, "{:?}", server.refusals());
}

#[tokio::test]
async fn what_others_do_shows_in_what_is_answered() {
    let (server, caller, _) = with_group().await;
    let id =
        server.insert("/Users", json!({"userName": "eve_example", "emails": [{"value": "eve@example.com"}]}));
    server.insert("/Groups", json!({"displayName": "Others", "members": [{"value": id}]}));
    server.edit("/Users", &id, |user| user["name"] = json!({"givenName": "Eve"}));
    let shown = caller.get("/users/2").await.with_status(200);
    assert_eq!((&shown["id"], &shown["name"]), (&json!(2), &json!({"givenName": "Eve"})));
    let group = caller.get("/groups/2").await.with_status(200);
    assert_eq!(group["members"], json!([{"value": "2", "display": "eve_example"}]));
    server.remove("/Users", &id);
    caller.get("/users/2").await.with_status(404);
}
