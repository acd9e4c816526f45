//! Answers that are lost or cut on the way, and an end that was asked for:
//! nothing is lost, and nothing is there twice.

use crate::{
    scenario::on_every_server,
    support::{
        objects::{Kind, id, user},
        proxy::{Gate, Match, Purpose},
        scim_server::ServerKind,
        world::World,
    },
};

on_every_server!(
    an_answer_lost_on_the_way_does_not_create_a_second_user,
    an_answer_cut_in_its_middle_does_not_create_a_second_user,
    asked_to_end_it_finishes_what_it_began,
);

fn creations(world: &World) -> usize {
    world.proxy.since(0).iter().filter(|record| record.purpose() == Purpose::Create).count()
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
