//! What somebody changes on the server is put right by the sweep.

use serde_json::json;

use crate::{
    scenario::on_every_server,
    support::{
        objects::{Kind, group, has, id, status, user},
        scim_server::ServerKind,
        world::World,
    },
};

on_every_server!(
    a_changed_attribute_is_changed_back,
    a_deleted_user_is_created_again_and_is_back_in_its_groups,
    members_that_somebody_removed_come_back_and_added_ones_go,
);

const PEOPLE: [&str; 5] = ["ada", "bob", "eve", "kim", "max"];

async fn with_people(server: ServerKind, name: &str) -> World {
    let world = World::start_on(server, name).await;
    world.apply_all(PEOPLE.map(|person| user(person).with("title", "Analyst").with("active", true))).await;
    world.ready_count(Kind::User, PEOPLE.len()).await;
    world
}

async fn a_changed_attribute_is_changed_back(server: ServerKind) {
    let world = with_people(server, "drift-attribute").await;
    let ada = id(&world.get(Kind::User, "ada").await);
    world.server.patch("/Users", &ada, json!({"op": "replace", "path": "title", "value": "Boss"})).await;
    world
        .server_until("/Users", "old title", |users| {
            users.iter().all(|user| user["title"] == "Analyst") && users.len() == PEOPLE.len()
        })
        .await;
    world.ready(Kind::User, "ada").await;
}

async fn a_deleted_user_is_created_again_and_is_back_in_its_groups(server: ServerKind) {
    let world = with_people(server, "drift-deleted").await;
    let team = id(&world.settle(&group("team", PEOPLE)).await);
    let before = id(&world.get(Kind::User, "ada").await);
    world.server.delete("/Users", &before).await;
    let ada = world
        .until(Kind::User, "ada", "Ready with another id", |object| {
            object.is_some_and(|ada| status(ada, "/id") != before && has(ada, "Ready", "True", "Succeeded"))
        })
        .await
        .unwrap();
    let users = world.server.all("/Users").await;
    assert_eq!(users.len(), PEOPLE.len());
    assert!(users.iter().any(|user| user["id"] == id(&ada)));
    world
        .server_until("/Groups", "group with the new id", |groups| {
            groups[0]["members"].as_array().is_some_and(|members| {
                members.iter().any(|member| member["value"] == id(&ada))
                    && members.iter().all(|member| member["value"] != before)
            })
        })
        .await;
    assert_eq!(world.server.members(&team).await.len(), PEOPLE.len());
}

async fn members_that_somebody_removed_come_back_and_added_ones_go(server: ServerKind) {
    let world = with_people(server, "drift-members").await;
    let team = id(&world.settle(&group("team", ["ada", "bob"])).await);
    let wanted = world.server.members(&team).await;
    let stranger = world.server.create("/Users", &json!({"userName": "stranger@example.com"})).await;

    let removal = json!({"op": "remove", "path": format!("members[value eq {}]", json!(wanted[0]))});
    world.server.patch("/Groups", &team, removal).await;
    let eve = id(&world.get(Kind::User, "eve").await);
    let added = json!([{"value": eve}, {"value": stranger["id"]}]);
    world.server.patch("/Groups", &team, json!({"op": "add", "path": "members", "value": added})).await;

    world
        .server_until("/Groups", "members as before", |groups| {
            let members = groups[0]["members"].as_array();
            let mut ids: Vec<_> =
                members.into_iter().flatten().map(|member| member["value"].as_str().unwrap()).collect();
            ids.sort_unstable();
            ids == wanted
        })
        .await;
    world.ready(Kind::Group, "team").await;
}
