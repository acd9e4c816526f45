//! The members of groups.

use serde_json::{Value, json};

use super::{Desk, GROUP};

/// A server with a group of three, and their ids.
async fn three(habits: &str) -> (Desk, String, [String; 3]) {
    let desk = Desk::with(habits).await;
    let ids = [desk.user("ada").await, desk.user("bob").await, desk.user("cy").await];
    let members: Vec<Value> = ids.iter().map(|id| json!({"value": id, "type": "User"})).collect();
    let group =
        desk.server.insert("/Groups", json!({"schemas": [GROUP], "displayName": "all", "members": members}));
    (desk, group, ids)
}

fn by_path(id: &str) -> Value {
    json!([{"op": "remove", "path": format!("members[value eq \"{id}\"]")}])
}

fn by_value(id: &str) -> Value {
    json!([{"op": "remove", "path": "members", "value": [{"value": id}]}])
}

#[tokio::test]
async fn a_member_is_removed_in_the_form_that_is_known() {
    for (habits, known, other) in [
        ("{}", by_path as fn(&str) -> Value, by_value as fn(&str) -> Value),
        ("{members: {removal: [valueArray]}}", by_value, by_path),
    ] {
        let (desk, group, [ada, bob, cy]) = three(habits).await;
        let path = format!("/Groups/{group}");
        assert_eq!(desk.patch(&path, other(&ada)).await.status, 400, "{habits}");
        assert_eq!(desk.members(&group), [&*ada, &bob, &cy]);
        assert_eq!(desk.patch(&path, known(&ada)).await.status, 200, "{habits}");
        assert_eq!(desk.members(&group), [bob, cy]);
    }
}

#[tokio::test]
async fn the_wrong_form_empties_the_group_or_does_nothing() {
    for (other, left) in [("empties", 0), ("ignored", 3)] {
        let (desk, group, [ada, ..]) = three(&format!("{{members: {{otherRemoval: {other}}}}}")).await;
        assert_eq!(desk.patch(&format!("/Groups/{group}"), by_value(&ada)).await.status, 200);
        assert_eq!(desk.members(&group).len(), left, "{other}");
    }
}

#[tokio::test]
async fn no_removal_removes() {
    let (desk, group, [ada, ..]) = three("{members: {removal: [], otherRemoval: ignored}}").await;
    for removal in [by_path(&ada), by_value(&ada), json!([{"op": "remove", "path": "members"}])] {
        assert_eq!(desk.patch(&format!("/Groups/{group}"), removal).await.status, 200);
    }
    assert_eq!(desk.members(&group).len(), 3);
}

#[tokio::test]
async fn removing_all_is_a_form_of_its_own() {
    let all = json!([{"op": "remove", "path": "members"}]);
    for (habits, status, left) in [("{}", 400, 3), ("{members: {removal: [filterPath, all]}}", 200, 0)] {
        let (desk, group, _) = three(habits).await;
        assert_eq!(desk.patch(&format!("/Groups/{group}"), all.clone()).await.status, status);
        assert_eq!(desk.members(&group).len(), left, "{habits}");
    }
}

#[tokio::test]
async fn replacing_replaces_merges_or_is_refused() {
    for (replacing, status, left) in [("replaces", 200, 1), ("merges", 200, 3), ("refused", 400, 3)] {
        let (desk, group, [ada, ..]) = three(&format!("{{members: {{replacing: {replacing}}}}}")).await;
        let replace = json!([{"op": "replace", "path": "members", "value": [{"value": ada}]}]);
        assert_eq!(desk.patch(&format!("/Groups/{group}"), replace).await.status, status);
        assert_eq!(desk.members(&group).len(), left, "{replacing}");
    }
}

#[tokio::test]
async fn members_at_creation_are_taken_ignored_or_refused() {
    for (taken, status, members) in [("stored", 201, 1), ("ignored", 201, 0), ("refused", 400, 0)] {
        let desk = Desk::with(&format!("{{members: {{atCreation: {taken}}}}}")).await;
        let ada = desk.user("ada").await;
        let group = json!({"schemas": [GROUP], "displayName": "all", "members": [{"value": ada}]});
        let created = desk.post("/Groups", group).await;
        assert_eq!(created.status, status, "{taken}");
        if status == 201 {
            assert_eq!(desk.members(&created.id()).len(), members, "{taken}");
        }
    }
}

#[tokio::test]
async fn members_in_a_put() {
    let without = json!({"schemas": [GROUP], "displayName": "some"});
    for (in_put, status, left) in [
        ("stored", 200, [1, 0]),
        ("keptWithout", 200, [1, 1]),
        ("ignored", 200, [3, 3]),
        ("refused", 400, [3, 3]),
        ("notImplemented", 501, [3, 3]),
    ] {
        let (desk, group, [ada, ..]) = three(&format!("{{members: {{inPut: {in_put}}}}}")).await;
        let path = format!("/Groups/{group}");
        let with = json!({"schemas": [GROUP], "displayName": "some", "members": [{"value": ada}]});
        assert_eq!(desk.put(&path, with).await.status, status, "{in_put}");
        assert_eq!(desk.members(&group).len(), left[0], "{in_put}");
        assert_eq!(desk.put(&path, without.clone()).await.status, 200, "{in_put}");
        assert_eq!(desk.members(&group).len(), left[1], "{in_put}");
    }
}

#[tokio::test]
async fn a_request_names_so_many_members_at_most() {
    let (desk, group, [ada, bob, cy]) =
        three("{members: {most: 2, removal: [filterPath, valueArray]}}").await;
    let path = format!("/Groups/{group}");
    let each: Vec<Value> = [&ada, &bob, &cy].iter().map(|id| by_path(id)[0].clone()).collect();
    let at_once = json!([{"op": "remove", "path": "members", "value": [{"value": ada}, {"value": bob}, {"value": cy}]}]);
    for too_many in [json!(each), at_once] {
        assert_eq!(desk.patch(&path, too_many).await.body["scimType"], json!("tooMany"));
    }
    assert_eq!(desk.members(&group).len(), 3);
    assert_eq!(desk.patch(&path, json!(each[..2])).await.status, 200);
    assert_eq!(desk.members(&group), [cy]);
}

#[tokio::test]
async fn members_are_shown_to_those_who_ask() {
    // Plainly, in a list, and by name.
    for (shown, where_shown) in [
        ("always", [Some(3), Some(3), Some(3)]),
        ("singly", [Some(3), None, Some(3)]),
        ("request", [None, None, Some(3)]),
        ("empty", [Some(0), Some(0), Some(0)]),
        ("never", [None, None, None]),
    ] {
        let (desk, group, _) = three(&format!("{{members: {{shown: {shown}}}}}")).await;
        let count = |resource: &Value| resource["members"].as_array().map(Vec::len);
        let alone = desk.get(&format!("/Groups/{group}")).await;
        let list = desk.get("/Groups").await;
        let named = desk.get(&format!("/Groups/{group}?attributes=members")).await;
        let counts = [count(&alone.body), count(&list.body["Resources"][0]), count(&named.body)];
        assert_eq!(counts, where_shown, "{shown}");
    }
}

#[tokio::test]
async fn answers_to_writes_leave_members_out() {
    let (desk, group, [ada, ..]) = three("{members: {shown: reads}}").await;
    let path = format!("/Groups/{group}");
    let put = json!({"schemas": [GROUP], "displayName": "one", "members": [{"value": ada}]});
    assert_eq!(desk.put(&path, put).await.body.get("members"), None);
    assert_eq!(desk.get(&path).await.body["members"][0]["value"], json!(ada));
}

#[tokio::test]
async fn a_member_is_shown_under_another_name_than_its_id() {
    let habits = "{members: {valueIs: userName, shows: [value, display, $ref]}}";
    let (desk, group, [ada, ..]) = three(habits).await;
    let shown = desk.get(&format!("/Groups/{group}")).await.body["members"][0].clone();
    assert_eq!(shown, json!({"value": "ada", "display": "ada", "$ref": desk.url(&format!("/Users/{ada}"))}));
    assert_eq!(desk.members(&group)[0], ada);
}

#[tokio::test]
async fn what_a_member_that_is_sent_has() {
    let (desk, group, _) = three("{members: {needs: [type], takes: [value, type]}}").await;
    let dan = desk.user("dan").await;
    let path = format!("/Groups/{group}");
    for (member, status) in [
        (json!({"value": dan}), 400),
        (json!({"value": dan, "type": "User", "display": "Dan"}), 400),
        (json!({"value": dan, "type": "User"}), 200),
    ] {
        let add = json!([{"op": "add", "path": "members", "value": [member]}]);
        assert_eq!(desk.patch(&path, add).await.status, status, "{member}");
    }
    assert_eq!(desk.members(&group).len(), 4);
}

#[tokio::test]
async fn strangers_groups_and_members_that_are_there_already() {
    for (habits, stranger, members) in [
        ("{}", 400, 3),
        ("{members: {stranger: ignored, readded: twice}}", 200, 4),
        ("{members: {stranger: taken}}", 200, 4),
    ] {
        let (desk, group, [ada, ..]) = three(habits).await;
        let path = format!("/Groups/{group}");
        let add = |id: &str| json!([{"op": "add", "path": "members", "value": [{"value": id}]}]);
        assert_eq!(desk.patch(&path, add("nobody")).await.status, stranger, "{habits}");
        assert_eq!(desk.patch(&path, add(&ada)).await.status, 200, "{habits}");
        assert_eq!(desk.members(&group).len(), members, "{habits}");
    }
    for (habits, status) in [("{}", 200), ("{members: {groups: false}}", 400)] {
        let (desk, group, _) = three(habits).await;
        let inner = desk.group("inner", &[]).await;
        let add = json!([{"op": "add", "value": {"members": [{"value": inner}]}}]);
        assert_eq!(desk.patch(&format!("/Groups/{group}"), add).await.status, status, "{habits}");
    }
}

#[tokio::test]
async fn a_deleted_user_is_a_member_no_more_or_still() {
    for (habits, left) in [("{}", 2), ("{members: {outlive: true}}", 3)] {
        let (desk, group, [ada, ..]) = three(habits).await;
        assert_eq!(desk.delete(&format!("/Users/{ada}")).await.status, 204);
        assert_eq!(desk.members(&group).len(), left, "{habits}");
    }
}

#[tokio::test]
async fn groups_are_found_by_member() {
    let (desk, _, [ada, ..]) = three("{members: {shown: never}}").await;
    desk.group("others", &[]).await;
    let found = desk.get(&format!("/Groups?filter=members%20eq%20%22{ada}%22")).await;
    assert_eq!(found.names(), ["all"]);
}
