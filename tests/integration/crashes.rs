//! Killed at the worst moments: nothing is lost, and nothing is there twice.

use crate::{
    scenario::on_every_server,
    support::{
        objects::{Kind, group, id, user},
        proxy::{Gate, Match, Purpose},
        scim_server::ServerKind,
        world::World,
    },
};

on_every_server!(
    killed_after_the_server_created_a_user_it_finds_its_own_creation,
    killed_after_the_server_created_a_group_it_finds_its_own_creation,
    killed_before_the_server_heard_of_a_user_it_creates_it_once,
    an_answer_lost_on_the_way_does_not_create_a_second_user,
    an_answer_cut_in_its_middle_does_not_create_a_second_user,
    killed_after_the_server_deleted_a_user_it_lets_the_object_go,
    asked_to_end_it_finishes_what_it_began,
);

/// A name that has to be quoted in a filter and encoded in a URL.
const AWKWARD: &str = r#"o"neill\+ada@example.com"#;

fn creations(world: &World) -> usize {
    world.proxy.since(0).iter().filter(|record| record.purpose() == Purpose::Create).count()
}

async fn killed_after_the_server_created_a_user_it_finds_its_own_creation(server: ServerKind) {
    let world = World::start_on(server, "kill-after-post").await;
    let rule = world.proxy.on(Match::new("POST", "/Users").nth(1)).close_after(world.operator.killer());
    world.apply(&user("ada").with("userName", AWKWARD).with("title", "Analyst")).await;
    rule.hit().await;
    world.operator.forget();
    assert_eq!(world.get(Kind::User, "ada").await.data.pointer("/status/id"), None, "killed before it wrote");

    world.operator.start().await;
    let ada = world.ready(Kind::User, "ada").await;
    let users = world.server.all("/Users").await;
    assert_eq!(users.len(), 1, "{users:#?}");
    assert_eq!(users[0]["id"], id(&ada));
    assert_eq!(users[0]["userName"], AWKWARD);
    assert_eq!(creations(&world), 1);
}

async fn killed_after_the_server_created_a_group_it_finds_its_own_creation(server: ServerKind) {
    let world = World::start_on(server, "kill-after-group").await;
    world.settle(&user("ada")).await;
    let rule = world.proxy.on(Match::new("POST", "/Groups").nth(1)).close_after(world.operator.killer());
    world.apply(&group("team", ["ada"])).await;
    rule.hit().await;
    world.operator.forget();

    world.operator.start().await;
    let team = world.ready(Kind::Group, "team").await;
    let groups = world.server.all("/Groups").await;
    assert_eq!(groups.len(), 1, "{groups:#?}");
    assert_eq!(groups[0]["id"], id(&team));
    assert_eq!(world.server.members(&id(&team)).await, [id(&world.get(Kind::User, "ada").await)]);
}

async fn killed_before_the_server_heard_of_a_user_it_creates_it_once(server: ServerKind) {
    let world = World::start_on(server, "kill-before-post").await;
    let rule = world.proxy.on(Match::new("POST", "/Users").nth(1)).close_before(world.operator.killer());
    world.apply(&user("ada")).await;
    rule.hit().await;
    world.operator.forget();
    assert!(world.server.all("/Users").await.is_empty());

    world.operator.start().await;
    let ada = world.ready(Kind::User, "ada").await;
    let users = world.server.all("/Users").await;
    assert_eq!(users.len(), 1, "{users:#?}");
    assert_eq!(users[0]["id"], id(&ada));
}

async fn an_answer_lost_on_the_way_does_not_create_a_second_user(server: ServerKind) {
    let world = World::start_on(server, "lost-answer").await;
    world.proxy.on(Match::new("POST", "/Users").nth(1)).close_after(|| ());
    let ada = world.settle(&user("ada")).await;
    let users = world.server.all("/Users").await;
    assert_eq!(users.len(), 1, "{users:#?}");
    assert_eq!(users[0]["id"], id(&ada));
    assert_eq!(creations(&world), 1);
}

async fn an_answer_cut_in_its_middle_does_not_create_a_second_user(server: ServerKind) {
    let world = World::start_on(server, "cut-answer").await;
    world.proxy.on(Match::new("POST", "/Users").nth(1)).cut_answer();
    let ada = world.settle(&user("ada")).await;
    let users = world.server.all("/Users").await;
    assert_eq!(users.len(), 1, "{users:#?}");
    assert_eq!(users[0]["id"], id(&ada));
}

async fn killed_after_the_server_deleted_a_user_it_lets_the_object_go(server: ServerKind) {
    let world = World::start_on(server, "kill-after-delete").await;
    // A server that holds nothing any more would be implausible.
    for name in ["ada", "bob", "eve"] {
        world.settle(&user(name)).await;
    }
    let rule = world.proxy.on(Match::new("DELETE", "/Users").nth(1)).close_after(world.operator.killer());
    world.delete(Kind::User, "ada").await;
    rule.hit().await;
    world.operator.forget();

    world.operator.start().await;
    world.gone(Kind::User, "ada").await;
    assert_eq!(world.server.all("/Users").await.len(), 2);
}

async fn asked_to_end_it_finishes_what_it_began(server: ServerKind) {
    let world = World::start_on(server, "drain").await;
    let gate = Gate::new();
    world.proxy.on(Match::new("POST", "/Users").nth(1)).hold_answer(&gate);
    world.apply(&user("ada")).await;
    gate.reached().await;
    world.operator.terminate();
    gate.open();
    assert!(world.operator.ended().await.success());

    let ada = world.get(Kind::User, "ada").await;
    let users = world.server.all("/Users").await;
    assert_eq!(users.len(), 1);
    assert_eq!(users[0]["id"], id(&ada), "its id was written before the end");
}
