//! How many members a group may lose before somebody has decided.

use kube::api::DynamicObject;
use serde_json::{Value, json};

use super::{Scene, Stand};
use crate::support::objects::{Kind, group, has, id, user};

/// Whoever takes over a group of administrators and forgets most of them
/// throws nobody out: who is named comes in, and the rest waits.
#[tokio::test]
async fn adopt_admin_group_exact() {
    let mut scene = Scene::set("admin-group").on_habits("{}").await;
    let mut members = Vec::new();
    for number in 0..30 {
        members.push(json!({"value": scene.stranger(&format!("admin-{number}@example.net")).await}));
    }
    let schema = "urn:ietf:params:scim:schemas:core:2.0:Group";
    let admins = json!({"schemas": [schema], "displayName": "root", "members": members});
    let admins = scene.server.put_there("/Groups", admins).await;
    let ada = id(&scene.settle(&user("ada")).await);
    scene.apply(&group("root", ["ada"]).with("adoptionPolicy", "Adopt")).await;

    let hold = scene.held(Kind::Group, 1).await.remove(0);
    assert_eq!(hold.data["spec"]["memberIDs"].as_array().unwrap().len(), 30);
    let present = |server_says: Vec<Value>| {
        let group = server_says.into_iter().find(|group| group["id"] == admins).unwrap();
        group["members"].as_array().cloned().unwrap_or_default()
    };
    let there = present(scene.server.everything("/Groups").await);
    assert_eq!(there.len(), 31, "{there:#?}");
    assert!(there.iter().any(|member| member["value"] == ada), "additions go on");

    scene.decide(&hold, "Approve").await;
    scene.finished(&hold).await;
    scene.ready(Kind::Group, "root").await;
    let left = present(scene.server.everything("/Groups").await);
    assert_eq!(left.iter().map(|member| &member["value"]).collect::<Vec<_>>(), [&json!(ada)]);
    scene.end().await;
}

/// A group that loses a few again and again is emptied as surely as one that
/// loses all at once: small steps count together, in another life as well.
#[tokio::test]
async fn small_steps_count_together() {
    let scene = Scene::set("small-steps").on_habits("{}").await;
    let names: Vec<String> = (0..14).map(|number| format!("user-{number}")).collect();
    let team = |from: usize| group("team", names[from..].iter().map(String::as_str));
    scene.apply_all(names.iter().map(|name| user(name))).await;
    scene.ready_count(Kind::User, names.len()).await;
    scene.settle(&team(0)).await;
    scene.settle(&team(6)).await;
    scene.operator.stop().await;
    scene.operator.start().await;
    scene.apply(&team(12)).await;
    scene.held(Kind::Group, 1).await;
    let there = scene.server.everything("/Groups").await;
    let there = there.iter().find(|group| group["displayName"] == "team").unwrap();
    assert_eq!(there["members"].as_array().unwrap().len(), 8);
    // Who means it after all says so in the manifest.
    scene.apply(&team(8)).await;
    let is_ready =
        |group: Option<&DynamicObject>| group.is_some_and(|group| has(group, "Ready", "True", "Succeeded"));
    scene.until(Kind::Group, "team", "without those who may leave", is_ready).await;
    scene.end().await;
}
