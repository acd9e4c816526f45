//! Decided on what the cache says while the world has moved on.

use kube::ResourceExt;
use serde_json::json;

use super::Scene;
use crate::support::{
    objects::{Kind, group, id, status, user, user_name},
    proxy::{Gate, Match, Purpose},
    scim_server::ServerKind,
    wait,
};

const FINALIZER: &str = "scim-operator.dev/identity";

async fn set(name: &str) -> Scene {
    Scene::set(name).with_api_proxy().on(ServerKind::Scim2Server).await
}

/// The cache shows no sign of the account that was made a moment ago, and the
/// object is looked at again.
#[tokio::test]
async fn stale_cache_after_create() {
    let scene = set("stale-create").await;
    scene.settle_bystander().await;
    let gate = Gate::new();
    scene.api().on(Match::object("PATCH", Kind::User, "ada").nth(1)).hold(&gate);
    scene.apply(&user("ada")).await;
    gate.reached().await;
    scene.api().freeze(Kind::User);
    gate.open();
    let ada = scene.ready(Kind::User, "ada").await;

    let mark = scene.proxy.mark();
    scene.apply(&group("team", ["ada", "bystander"])).await;
    scene.settle(&scene.provider().with("rateLimit", json!({"maxConcurrent": 3}))).await;
    scene.proxy.sweeps(mark, 2).await;
    let still = scene.ready(Kind::User, "ada").await;
    assert_eq!(status(&still, "/anchor"), status(&ada, "/anchor"), "the anchor is kept");
    scene.api().thaw(Kind::User);

    let team = scene.ready(Kind::Group, "team").await;
    wait::poll("ada in the team", wait::DEADLINE, || async {
        let members = scene.server.members(&id(&team)).await;
        if members.contains(&id(&ada)) { Ok(()) } else { Err(format!("{members:?}")) }
    })
    .await;
    let posts = scene.proxy.since(0).into_iter().filter(|it| it.body["userName"] == user_name("ada"));
    assert_eq!(posts.filter(|it| it.purpose() == Purpose::Create).count(), 1);
    assert_eq!(scene.users_named(&user_name("ada")).await.len(), 1);
    scene.end().await;
}

/// The finalizer was about to be taken off when somebody else did so, and an
/// object of the same name came.
#[tokio::test]
async fn stale_cache_recreated_object() {
    let scene = set("stale-recreated").await;
    scene.settle_bystander().await;
    let first = scene.settle(&user("ada")).await;
    let gate = Gate::new();
    let release = scene.api().on(Match::object("PATCH", Kind::User, "ada").nth(1)).hold(&gate);
    scene.delete(Kind::User, "ada").await;
    gate.reached().await;
    scene.api().freeze(Kind::User);
    scene.merge(Kind::User, "ada", &json!({"metadata": {"finalizers": null}})).await;
    scene.gone(Kind::User, "ada").await;
    let mut again = user("ada");
    again.value["metadata"]["finalizers"] = json!([FINALIZER]);
    let second = scene.apply(&again).await;
    assert_ne!(first.uid(), second.uid());

    gate.open();
    release.hit().await;
    let now = scene.get(Kind::User, "ada").await;
    assert_eq!(now.uid(), second.uid());
    assert_eq!(now.finalizers(), [FINALIZER], "the new object's finalizer stays");
    scene.api().thaw(Kind::User);
    let ada = scene.ready(Kind::User, "ada").await;
    let on_server = scene.users_named(&user_name("ada")).await;
    assert_eq!(on_server.len(), 1);
    assert_eq!(on_server[0]["id"], id(&ada));
    scene.end().await;
}
