//! idaas.nl, as its page about users shows it.

use serde_json::{Value, json};

use super::{Caller, golden, with};
use crate::support::strict::{
    StrictServer,
    idaas_nl::{self, BASE},
};

const CORE: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const JOHN: &str = "/Users/8624242";

async fn start() -> (StrictServer, Caller) {
    let server = idaas_nl::start("a-token").await;
    let caller =
        Caller::new(format!("http://127.0.0.1:{}{BASE}", server.port()), "a-token", "application/scim+json");
    (server, caller)
}

/// The user of the example.
async fn with_john() -> (StrictServer, Caller) {
    let (server, caller) = start().await;
    caller.post("/Users", &john()).await.with_status(201);
    (server, caller)
}

fn john() -> Value {
    golden("idaas-nl/post-user.request")
}

fn core(attribute: &str) -> String {
    format!("/{CORE}/{attribute}")
}

fn patch(operations: &Value) -> Value {
    json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": operations})
}

fn replace(attribute: &str, value: impl Into<Value>) -> Value {
    patch(&json!([{"op": "replace", "path": format!("{CORE}:{attribute}"), "value": value.into()}]))
}

#[tokio::test]
async fn the_examples_create_and_activate_a_user() {
    let (server, caller) = start().await;
    let created = caller.post("/Users", &john()).await;
    assert!(created.has_date && created.media_type.as_deref() == Some("application/scim+json"));
    let created = created.with_status(201);
    let expected =
        json!({"userName": "johndoe", "active": false, "emails": [{"value": "johndoe@example.com"}]});
    assert_eq!((&created[CORE], &created["id"]), (&expected, &json!("8624242")));
    assert_eq!(created.as_object().unwrap().keys().collect::<Vec<_>>(), ["id", "meta", "schemas", CORE]);
    let changed = caller.put(JOHN, &golden("idaas-nl/put-user.request")).await.with_status(200);
    assert_eq!(changed[CORE]["active"], true);
    assert_eq!(caller.get(JOHN).await.with_status(200), changed);
    assert_eq!(server.password("8624242").as_deref(), Some("password123"));
    let inside = server.get("/Users", "8624242").unwrap();
    assert_eq!((&inside["userName"], &inside["password"]), (&json!("johndoe"), &Value::Null));
    assert_eq!(server.refusals(), Vec::<String>::new());
}

#[tokio::test]
async fn a_new_user_takes_all_that_the_text_lists_and_nothing_else() {
    let (server, caller) = start().await;
    let listed = json!({
        "userName": "ada", "displayName": "Ada", "phoneNumbers": [{"value": "+4755555555", "type": "work"}],
        "userMetadata": {"floor": 2}, "preferredLanguage": "nl", "roles": [{"value": "admin"}],
        "multiFactorAuthentication": true, "groups": [{"value": "7"}], "password": "a password",
    });
    let ada = json!({"schemas": [CORE], CORE: listed, "externalId": "701984"});
    let created = caller.post("/Users", &ada).await.with_status(201);
    let expected = with(&with(&ada, &core("password"), Value::Null), &core("active"), true);
    assert_eq!((&created[CORE], &created["externalId"]), (&expected[CORE], &json!("701984")));
    let bob = with(&with(&ada, &core("userName"), "bob"), "/externalId", Value::Null);
    for (attribute, value) in [
        ("name", json!({"givenName": "Bob"})),
        ("title", json!("Boss")),
        ("externalId", json!("1")),
        ("username", json!("bob")),
        ("active", json!("true")),
        ("roles", json!("admin")),
        ("roles", json!(["admin"])),
        ("emails", json!([{"display": "Bob"}])),
        ("phoneNumbers", json!([{"value": "1", "primary": true}, {"value": "2", "primary": true}])),
        ("password", json!("")),
        ("userName", Value::Null),
    ] {
        caller.post("/Users", &with(&bob, &core(attribute), value)).await.with_status(400);
    }
    assert_eq!(server.all("/Users").len(), 1);
}

#[tokio::test]
async fn core_attributes_are_nowhere_but_under_their_urn() {
    let (server, caller) = start().await;
    let flat = json!({"schemas": [CORE], "userName": "ada"});
    caller.post("/Users", &flat).await.refused(400, "has no userName");
    for (key, value) in [
        ("userName", json!("johndoe")),
        ("id", json!("1")),
        ("meta", json!({})),
        ("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User", json!({"department": "Engines"})),
    ] {
        caller.post("/Users", &with(&john(), &format!("/{key}"), value)).await.refused(400, key);
    }
    for schemas in [Value::Null, json!([]), json!([CORE, "urn:example:other"])] {
        caller.post("/Users", &with(&john(), "/schemas", schemas)).await.with_status(400);
    }
    caller.post("/Users", &json!({"schemas": [CORE]})).await.refused(400, CORE);
    assert_eq!((server.all("/Users").len(), server.refusals().len()), (0, 9));
}

#[tokio::test]
async fn a_name_or_an_address_that_is_taken_is_a_conflict() {
    let (server, caller) = with_john().await;
    let address = core("emails");
    let same_name = with(&with(&john(), &address, Value::Null), &core("userName"), "JohnDoe");
    let refused = caller.post("/Users", &same_name).await.with_status(409);
    assert_eq!((&refused["status"], &refused["scimType"]), (&json!("409"), &json!("uniqueness")));
    let same_address = with(&john(), &core("userName"), "jane");
    caller.post("/Users", &same_address).await.refused(409, "e-mail");
    caller.post("/Users", &with(&same_address, &address, Value::Null)).await.with_status(201);
    caller.patch("/Users/8624243", &replace("userName", "johndoe")).await.refused(409, "userName");
    assert_eq!(server.all("/Users").len(), 2);
}

#[tokio::test]
async fn a_put_replaces_the_whole_user_but_the_password() {
    let (server, caller) = with_john().await;
    caller.patch(JOHN, &replace("displayName", "John")).await.with_status(200);
    let short = json!({"schemas": [CORE], "id": "8624242", CORE: {"userName": "johndoe"}});
    let changed = caller.put(JOHN, &short).await.with_status(200);
    assert_eq!(changed[CORE], json!({"userName": "johndoe", "active": true}));
    assert_eq!(server.password("8624242").as_deref(), Some("password123"));
    caller.put(JOHN, &with(&short, &core("password"), "another")).await.with_status(200);
    assert_eq!(server.password("8624242").as_deref(), Some("another"));
    for (key, value) in [("id", json!("1")), ("meta", json!({})), ("userName", json!("johndoe"))] {
        caller.put(JOHN, &with(&short, &format!("/{key}"), value)).await.refused(400, key);
    }
    caller.put(JOHN, &with(&short, &core("userName"), Value::Null)).await.refused(400, "userName");
    caller.put("/Users/1", &short).await.with_status(404);
}

#[tokio::test]
async fn a_patch_is_about_one_attribute_by_its_whole_path() {
    let (server, caller) = with_john().await;
    let changed = caller.patch(JOHN, &replace("active", true)).await.with_status(200);
    assert_eq!(changed[CORE]["active"], true);
    caller.patch(JOHN, &replace("password", "another")).await.with_status(200);
    assert_eq!(server.password("8624242").as_deref(), Some("another"));
    let nested = patch(&json!([{"op": "replace", "value": {CORE: {"preferredLanguage": "nl"}}}]));
    caller.patch(JOHN, &nested).await.with_status(200);
    let roles = patch(&json!([
        {"op": "add", "path": format!("{CORE}:roles"), "value": [{"value": "admin"}, {"value": "auditor"}]},
        {"op": "remove", "path": format!("{CORE}:roles[value eq \"admin\"]")},
    ]));
    let changed = caller.patch(JOHN, &roles).await.with_status(200);
    assert_eq!(
        (&changed[CORE]["roles"], &changed[CORE]["preferredLanguage"]),
        (&json!([{"value": "auditor"}]), &json!("nl"))
    );
    let outside = patch(&json!([{"op": "replace", "path": "externalId", "value": "701984"}]));
    assert_eq!(caller.patch(JOHN, &outside).await.with_status(200)["externalId"], "701984");
    let removal = patch(&json!([{"op": "remove", "path": format!("{CORE}:emails")}]));
    assert_eq!(caller.patch(JOHN, &removal).await.with_status(200)[CORE].get("emails"), None);
    assert_eq!(server.refusals(), Vec::<String>::new());
}

#[tokio::test]
async fn a_patch_of_another_form_is_refused() {
    let (server, caller) = with_john().await;
    let before = server.get("/Users", "8624242");
    let path = format!("{CORE}:displayName");
    let operation = json!({"op": "replace", "path": path, "value": "John"});
    for refused in [
        patch(&json!([{"op": "replace", "path": "displayName", "value": "John"}])),
        patch(&json!([{"op": "replace", "value": {"displayName": "John"}}])),
        patch(&json!([{"op": "replace", "value": {CORE: {"title": "Boss"}}}])),
        patch(&json!([operation, {"op": "replace", "path": format!("{CORE}:active"), "value": true}])),
        patch(&json!([{"op": "replace", "value": {CORE: {"displayName": "John", "active": true}}}])),
        patch(&json!([{"op": "replace", "path": format!("{CORE}:name.givenName"), "value": "John"}])),
        patch(&json!([{"op": "replace", "path": format!("{CORE}.displayName"), "value": "John"}])),
        patch(&json!([{"op": "replace", "path": "id", "value": "1"}])),
        patch(&json!([{"op": "remove", "path": format!("{CORE}:userName")}])),
        patch(&json!([{"op": "remove", "path": path, "value": "John"}])),
        patch(&json!([{"op": "Replace", "path": path, "value": "John"}])),
        patch(&json!([{"op": "replace", "path": path}])),
        patch(&json!([])),
        with(&patch(&json!([operation])), "/schemas", Value::Null),
        json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "operations": [operation]}),
        replace("active", "yes"),
    ] {
        caller.patch(JOHN, &refused).await.with_status(400);
    }
    assert_eq!(server.get("/Users", "8624242"), before);
}

#[tokio::test]
async fn users_are_counted_from_zero() {
    let (server, caller) = start().await;
    for number in 0..25 {
        server.insert("/Users", json!({"userName": format!("user{number}"), "emails": [{"value": format!("{number}@example.com")}]}));
    }
    let first = caller.get("/Users?startIndex=0&count=2").await.with_status(200);
    assert_eq!((&first["totalResults"], &first["startIndex"]), (&json!(25), &json!(0)));
    assert_eq!(first["Resources"][0][CORE]["userName"], "user0");
    let second = caller.get("/Users?startIndex=1&count=1").await.with_status(200);
    assert_eq!(second["Resources"][0][CORE]["userName"], "user1");
    let rest = caller.get("/Users?startIndex=20").await.with_status(200);
    assert_eq!((&rest["itemsPerPage"], &rest["totalResults"]), (&json!(5), &json!(25)));
    assert_eq!(caller.get("/Users").await.with_status(200)["itemsPerPage"], 20);
    caller.get("/Users?startIndex=-1").await.refused(400, "startIndex");
}

#[tokio::test]
async fn the_example_of_a_search_is_answered() {
    let (server, caller) = start().await;
    for name in ["marie", "erica", "bob"] {
        server.insert(
            "/Users",
            json!({"userName": name, "emails": [{"value": format!("{name}@example.com")}]}),
        );
    }
    let example = include_str!("../../golden/idaas-nl/get-users.request.http");
    let target = example.split(' ').nth(1).unwrap().strip_prefix(BASE).unwrap();
    let found = caller.get(target).await.with_status(200);
    let names: Vec<_> =
        found["Resources"].as_array().unwrap().iter().map(|it| it[CORE]["userName"].clone()).collect();
    assert_eq!(names, ["erica", "marie"], "both have `ri` in their address; the newest comes first");
    for path in ["userName", &format!("{CORE}:userName")] {
        let found = caller.get(&format!("/Users?filter={path}%20eq%20%22BOB%22")).await.with_status(200);
        assert_eq!((&found["totalResults"], &found["Resources"][0]["id"]), (&json!(1), &json!("8624244")));
    }
    for query in [
        "filter=userName%20sw%20%22b%22",
        "filter=userName%20pr",
        "filter=title%20eq%20%22b%22",
        "filter=userName%20eq%20%22a%22%20and%20active%20eq%20true",
        "attributes=userName",
        "sortBy=active",
    ] {
        caller.get(&format!("/Users?{query}")).await.with_status(400);
    }
}

#[tokio::test]
async fn who_is_deleted_never_comes_back() {
    let (server, caller) = with_john().await;
    assert_eq!(caller.delete(JOHN).await.with_status(204), Value::Null);
    caller.delete(JOHN).await.with_status(404);
    caller.get(JOHN).await.with_status(404);
    let created = caller.post("/Users", &john()).await.with_status(201);
    assert_eq!(created["id"], "8624243", "the same name is another user");
    server.remove("/Users", "8624243");
    caller.put("/Users/8624243", &john()).await.with_status(404);
    assert_eq!(server.refusals(), Vec::<String>::new());
}

#[tokio::test]
async fn there_are_users_and_nothing_else() {
    let (server, mut caller) = with_john().await;
    for path in ["/Groups", "/ServiceProviderConfig", "/Schemas", "/ResourceTypes", "/users", "/Users/"] {
        caller.get(path).await.with_status(404);
    }
    caller.post("/Users/.search", &json!({})).await.with_status(405);
    caller.media_type = "application/json";
    caller.post("/Users", &john()).await.with_status(415);
    caller.accept = Some("application/json");
    caller.get("/Users").await.with_status(406);
    caller.accept = None;
    caller.token = Some("another".to_owned());
    caller.get("/Users").await.refused(401, "token");
    assert_eq!(server.refusals().len(), 8, "{:?}", server.refusals());
}
