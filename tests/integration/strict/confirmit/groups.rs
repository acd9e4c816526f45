//! Groups, which only PATCH changes.

use serde_json::{Value, json};

use super::{group, operation, with_group, with_user};
use crate::strict::{golden, same_shape, with};

#[tokio::test]
async fn a_deleted_user_is_gone_from_the_groups_too() {
    let (server, caller, _) = with_group().await;
    caller.patch("/groups/1", &operation("add", "members", json!({"value": "1"}))).await.with_status(200);
    assert_eq!(caller.delete("/users/1").await.with_status(200), Value::Null);
    caller.delete("/users/1").await.refused(404, "Specified User could not be found.");
    assert_eq!(server.get("/Groups", "1").unwrap()["members"], json!([]));
}

#[tokio::test]
async fn groups_are_a_bare_array_without_schemas_that_takes_no_parameters() {
    let (server, caller, _) = with_user().await;
    let new = with(&group("Crew"), "/members", json!([{"value": "1"}]));
    let created = caller.post("/groups", &new).await.with_status(200);
    same_shape(&created, &golden("confirmit/post-group.response"));
    same_shape(&caller.get("/groups/1").await.with_status(200), &golden("confirmit/get-group.response"));
    same_shape(&caller.get("/groups").await.with_status(200), &golden("confirmit/get-groups.response"));
    for query in ["filter=displayName%20eq%20%22Crew%22", "count=1", "startIndex=1", "attributes=members"] {
        caller.get(&format!("/groups?{query}")).await.with_status(400);
    }
    assert_eq!(caller.delete("/groups/1").await.with_status(204), Value::Null);
    caller.get("/groups/1").await.with_status(404);
    assert_eq!(server.all("/Groups"), Vec::<Value>::new());
}

#[tokio::test]
async fn a_new_group_has_a_name_of_its_own_and_users_as_members() {
    let (server, caller, _) = with_group().await;
    caller.post("/groups", &group("crew")).await.refused(409, "displayName");
    for (pointer, value) in [
        ("/externalId", json!("g")),
        ("/schemas", Value::Null),
        ("/displayName", Value::Null),
        ("/displayName", json!("")),
        ("/members", json!([{"value": 1}])),
        ("/members", json!([{"value": "1", "type": "Group"}])),
        ("/members", json!({"value": "1"})),
    ] {
        caller.post("/groups", &with(&group("Other"), pointer, value)).await.with_status(400);
    }
    let stranger = with(&group("Other"), "/members", json!([{"value": "99"}]));
    let missing = caller.post("/groups", &stranger).await.with_status(404);
    assert_eq!(missing, golden("confirmit/post-group.response-404"));
    assert_eq!(server.all("/Groups").len(), 1);
}

#[tokio::test]
async fn a_group_changes_as_the_example_shows() {
    let (server, caller, _) = with_group().await;
    // The example is about user 123 and group 1.
    let text = golden("confirmit/patch-group.request").to_string().replace("123", "1");
    let example: Value = serde_json::from_str(&text).unwrap();
    let changed = caller.patch("/groups/1", &example).await.with_status(200);
    assert_eq!(
        (&changed["displayName"], &changed["members"]),
        (&json!("Updated Scim Group Name"), &json!([]))
    );
    let add = json!({"operations": [example["operations"][0]]});
    let changed = caller.patch("/groups/1", &add).await.with_status(200);
    same_shape(&changed, &golden("confirmit/patch-group.response"));
    caller.patch("/groups/1", &add).await.with_status(200);
    assert_eq!(
        server.get("/Groups", "1").unwrap()["members"].as_array().unwrap().len(),
        1,
        "nobody is in twice"
    );
    assert_eq!(server.refusals(), Vec::<String>::new());
}

#[tokio::test]
async fn a_group_changes_in_no_other_way() {
    let (server, caller, crew) = with_group().await;
    caller.post("/groups", &group("Taken")).await.with_status(200);
    caller.patch(crew, &operation("add", "members", json!({"value": "1"}))).await.with_status(200);
    let before = server.get("/Groups", "1");
    caller.put(crew, &group("Other")).await.with_status(405);
    let member = json!({"value": "1"});
    for patch in [
        json!({"Operations": [{"op": "add", "path": "members", "value": member}]}),
        operation("add", "members", json!([member])),
        operation("add", "members", json!({"value": 1})),
        operation("add", "", json!({"members": [member]})),
        operation("replace", "members", json!([])),
        operation("replace", "displayName", "Other"),
        operation("replace", "", json!({"id": 1, "displayName": "Other"})),
        operation("replace", "", json!({"id": "2", "displayName": "Other"})),
        operation("replace", "", json!({"displayName": "Other", "members": []})),
        json!({"operations": [{"op": "replace", "value": {"displayName": "Other"}}]}),
        json!({"operations": [{"op": "remove", "path": "members"}]}),
        operation("remove", "members", json!([member])),
        operation("remove", "members[value eq 1]", json!({})),
        operation("remove", "members[value eq \"99\"]", json!({})),
        operation("remove", "members[value eq \"1\"]", json!([member])),
    ] {
        caller.patch(crew, &patch).await.with_status(400);
    }
    caller.patch(crew, &operation("replace", "", json!({"displayName": "Taken"}))).await.with_status(409);
    caller.patch(crew, &operation("add", "members", json!({"value": "99"}))).await.with_status(404);
    assert_eq!(server.get("/Groups", "1"), before);
}
