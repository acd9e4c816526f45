//! The end of objects: what is called on the server, and what they wait for.

use serde_json::json;

use crate::{
    scenario::on_every_server,
    support::{
        objects::{Kind, PROVIDER, group, id, message, user},
        proxy::Purpose,
        scim_server::ServerKind,
        world::World,
    },
};

on_every_server!(
    what_is_retained_outlives_its_object_and_nothing_is_called,
    a_namespace_takes_its_users_along_and_ends,
    what_is_gone_on_the_server_already_is_done,
);

/// What a user's deletion costs when nothing may be called.
async fn deletes_in_silence(world: &World, name: &str) {
    let mark = world.proxy.mark();
    world.delete(Kind::User, name).await;
    world.gone(Kind::User, name).await;
    world.proxy.sweeps(world.proxy.mark(), 1).await;
    let requests = world.proxy.work_since(mark);
    assert!(requests.is_empty(), "{requests:#?}");
}

async fn what_is_retained_outlives_its_object_and_nothing_is_called(server: ServerKind) {
    let world = World::start_on(server, "retain").await;
    world.settle_bystander().await;
    let ada = world.settle(&user("ada").with("deletionPolicy", "Retain")).await;
    deletes_in_silence(&world, "ada").await;
    assert!(world.server.get("/Users", &id(&ada)).await.is_some());
}

#[tokio::test]
async fn the_providers_policy_holds_for_objects_without_one() {
    let world = World::with_operator("retain-all").await;
    world.apply(&world.secret()).await;
    world.settle(&world.provider().with("deletionPolicy", "Retain")).await;
    let ada = world.settle(&user("ada")).await;
    let bob = world.settle(&user("bob").with("deletionPolicy", "Delete")).await;
    deletes_in_silence(&world, "ada").await;
    assert!(world.server.get("/Users", &id(&ada)).await.is_some());
    world.delete(Kind::User, "bob").await;
    world.gone(Kind::User, "bob").await;
    assert!(world.server.get("/Users", &id(&bob)).await.is_none());
}

async fn a_namespace_takes_its_users_along_and_ends(server: ServerKind) {
    let world = World::start_on(server, "teardown").await;
    world.apply_all(["ada", "bob", "eve"].map(user)).await;
    world.ready_count(Kind::User, 3).await;
    world.settle(&group("team", ["ada", "bob"])).await;
    world.delete_namespace().await;
    assert!(world.server.all("/Users").await.is_empty());
    assert!(world.server.all("/Groups").await.is_empty());
}

#[tokio::test]
async fn a_deletion_without_its_provider_waits_until_it_is_let_go() {
    let world = World::start("provider-gone").await;
    let ada = world.settle(&user("ada")).await;
    world.delete(Kind::Provider, PROVIDER).await;
    let force = json!({"metadata": {"finalizers": null}});
    world.merge(Kind::Provider, PROVIDER, &force).await;
    world.gone(Kind::Provider, PROVIDER).await;
    // Until the operator knows.
    world.apply(&user("bob")).await;
    world.not_ready(Kind::User, "bob", "ProviderNotFound").await;
    world.delete(Kind::User, "ada").await;
    let waiting = world.not_ready(Kind::User, "ada", "ProviderNotFound").await;
    assert!(waiting.metadata.deletion_timestamp.is_some());
    let told = message(&waiting, "Ready");
    assert!(told.contains("Retain"), "the way out is told: {told}");

    let mark = world.proxy.mark();
    world.merge(Kind::User, "ada", &json!({"spec": {"deletionPolicy": "Retain"}})).await;
    world.gone(Kind::User, "ada").await;
    assert!(world.proxy.since(mark).is_empty());
    assert!(world.server.get("/Users", &id(&ada)).await.is_some());
}

#[tokio::test]
async fn what_was_never_created_is_deleted_at_once() {
    let world = World::with_operator("never-created").await;
    world.apply(&user("ada")).await;
    world.apply(&group("team", ["ada"])).await;
    for (kind, name) in [(Kind::User, "ada"), (Kind::Group, "team")] {
        world.not_ready(kind, name, "ProviderNotFound").await;
        world.delete(kind, name).await;
        world.gone(kind, name).await;
    }
    assert_eq!(world.proxy.mark(), 0);
}

async fn what_is_gone_on_the_server_already_is_done(server: ServerKind) {
    let world = World::start_on(server, "gone-already").await;
    for name in ["ada", "bob", "eve"] {
        world.settle(&user(name)).await;
    }
    // The operator is down, so that it does not heal the loss first.
    world.operator.stop().await;
    let ada = id(&world.get(Kind::User, "ada").await);
    world.server.delete("/Users", &ada).await;
    world.delete(Kind::User, "ada").await;
    let mark = world.proxy.mark();
    world.operator.start().await;
    world.gone(Kind::User, "ada").await;
    let created = world.proxy.since(mark).iter().any(|record| record.purpose() == Purpose::Create);
    assert!(!created, "not created again on the way out");
    assert_eq!(world.server.all("/Users").await.len(), 2);
}
