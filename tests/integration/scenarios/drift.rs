//! What somebody else does on the server to what was as it should be.

use kube::api::DynamicObject;
use serde_json::{Value, json};

use super::{Scene, Stand};
use crate::support::{
    objects::{Kind, condition, group, has, id, message, user},
    proxy::{Purpose, Recorded},
    put_server::PatchHabit,
    scim_server::{ScimServer, ServerKind},
};

fn annotation(name: &str, value: &str) -> Value {
    json!({"metadata": {"annotations": {format!("scim-operator.dev/{name}"): value}}})
}

/// Somebody with rights there changes one attribute.
async fn change(server: &ScimServer, id: &str, path: &str, value: Value) {
    server.patch("/Users", id, json!({"op": "replace", "path": path, "value": value})).await;
}

/// Those of the requests that write to this identity.
fn writes_to(requests: Vec<Recorded>, id: &str) -> Vec<Recorded> {
    requests.into_iter().filter(|it| it.writes() && it.path.ends_with(id)).collect()
}

async fn disabled(scene: &Scene<impl Stand>, name: &str) -> DynamicObject {
    scene.not_ready(Kind::User, name, "ExternallyDeactivated").await
}

#[tokio::test]
async fn server_side_disable() {
    let scene = Scene::start("disable").await;
    let ada = id(&scene.settle(&user("ada").with("title", "Analyst").with("active", true)).await);
    // Bob's manifest names no `active`, and the server has shown that he is.
    let bob = id(&scene.settle(&user("bob")).await);
    change(&scene.server, &bob, "active", json!(true)).await;
    scene.settle(&user("bob").with("title", "Analyst")).await;
    let eve = id(&scene.settle(&user("eve").with("active", false)).await);
    let mark = scene.proxy.mark();
    for person in [&ada, &bob] {
        change(&scene.server, person, "active", json!(false)).await;
    }
    let told = message(&disabled(&scene, "ada").await, "Ready");
    assert!(told.contains("scim-operator.dev/reactivate-requested-at"), "{told}");
    disabled(&scene, "bob").await;

    scene.apply(&user("ada").with("title", "Boss").with("active", true)).await;
    disabled(&scene, "ada").await;
    scene.operator.stop().await;
    scene.operator.start().await;
    scene.proxy.sweeps(scene.proxy.mark(), 2).await;
    scene.wrote_nothing(mark);

    change(&scene.server, &bob, "active", json!(true)).await;
    scene.ready(Kind::User, "bob").await;
    scene.merge(Kind::User, "ada", &annotation("reactivate-requested-at", "monday")).await;
    scene.ready(Kind::User, "ada").await;
    let account = scene.server.get("/Users", &ada).await.unwrap();
    assert_eq!((&account["active"], &account["title"]), (&json!(true), &json!("Boss")));
    scene.settle(&user("eve").with("active", true)).await;
    assert_eq!(scene.server.get("/Users", &eve).await.unwrap()["active"], true, "an edit is a word, too");

    let mark = scene.proxy.mark();
    change(&scene.server, &ada, "active", json!(false)).await;
    disabled(&scene, "ada").await;
    scene.wrote_nothing(mark);
    scene.end().await;
}

#[tokio::test]
async fn put_against_concurrent_disable() {
    let scene = Scene::set("put-disable").on_put_server(PatchHabit::NotImplemented).await;
    let ada = id(&scene.settle(&user("ada").with("title", "Analyst").with("active", true)).await);
    scene.server.meddle(1, |account| account["active"] = json!(false));
    scene.apply(&user("ada").with("title", "Boss").with("active", true)).await;
    disabled(&scene, "ada").await;
    assert_eq!(scene.server.puts().iter().map(|put| put.status).collect::<Vec<_>>(), [412]);
    assert_eq!(scene.server.get("/Users", &ada)["active"], false);
    scene.end().await;
}

/// Nothing tells one version from another, and the change has to wait.
#[tokio::test]
async fn put_that_waits_its_turn_against_disable() {
    let setting = Scene::set("put-waits-disable")
        .provider(|provider| provider.with("rateLimit", json!({"writes": {"requests": 1, "per": "4s"}})));
    let scene = setting.on_habits("{users: {patch: {refused: 501}}, groups: {patch: {refused: 501}}}").await;
    let manifest = |name: &str, title: &str| user(name).with("title", title).with("active", true);
    let ada = id(&scene.settle(&manifest("ada", "Analyst")).await);
    scene.settle(&manifest("bob", "Analyst")).await;
    scene.settle(&manifest("bob", "Boss")).await;
    let mark = scene.proxy.mark();
    scene.apply(&manifest("ada", "Boss")).await;
    let reads = |records: &[Recorded]| {
        records.iter().any(|it| it.purpose() == Purpose::Read && it.path.ends_with(&ada))
    };
    scene.proxy.until(mark, "reading of ada", crate::support::wait::DEADLINE, reads).await;
    scene.server.edit("/Users", &ada, |account| account["active"] = json!(false));
    disabled(&scene, "ada").await;
    assert!(writes_to(scene.proxy.since(mark), &ada).is_empty(), "{:#?}", scene.proxy.since(mark));
    assert_eq!(scene.server.get("/Users", &ada).unwrap()["active"], false);
    scene.end().await;
}

#[tokio::test]
async fn deactivation_that_destroys() {
    let destroys = json!({"users": {"deactivation": "Destructive"}});
    let setting =
        Scene::set("destroys").provider(move |provider| provider.with("overrides", destroys.clone()));
    let scene = setting.on_habits("{lifecycle: {deactivation: deletes}}").await;
    let ada = id(&scene.settle(&user("ada").with("active", true)).await);
    let mark = scene.proxy.mark();
    for policy in ["Deactivate", "Retain"] {
        scene.apply(&user("ada").with("active", false).with("deletionPolicy", policy)).await;
        let told = message(&scene.not_ready(Kind::User, "ada", "UnsupportedByServer").await, "Ready");
        assert!(told.contains("destroys"), "{told}");
    }
    scene.proxy.sweeps(scene.proxy.mark(), 1).await;
    scene.wrote_nothing(mark);
    assert_eq!(scene.server.get("/Users", &ada).unwrap()["active"], true);
    scene.end().await;
}

#[tokio::test]
async fn drift_is_told_and_left() {
    let setting = Scene::set("told").provider(|provider| provider.with("driftPolicy", "Report"));
    let scene = setting.on(ServerKind::Scim2Server).await;
    let ada = id(&scene.settle(&user("ada").with("title", "Analyst")).await);
    let bob = id(&scene.settle(&user("bob")).await);
    let team = id(&scene.settle(&group("team", ["ada", "bob"])).await);
    let mark = scene.proxy.mark();
    change(&scene.server, &ada, "title", json!("Wizard")).await;
    let removal = json!({"op": "remove", "path": format!("members[value eq {}]", json!(bob))});
    scene.server.patch("/Groups", &team, removal).await;

    let told = message(&scene.not_ready(Kind::User, "ada", "Drifted").await, "Synced");
    assert!(told.contains("title") && !told.contains("Wizard"), "paths, no values: {told}");
    let told = message(&scene.not_ready(Kind::Group, "team", "Drifted").await, "Synced");
    assert!(told.contains("members"), "{told}");
    scene.operator.stop().await;
    scene.operator.start().await;
    scene.proxy.sweeps(scene.proxy.mark(), 2).await;
    scene.wrote_nothing(mark);

    for (kind, name) in [(Kind::User, "ada"), (Kind::Group, "team")] {
        scene.merge(kind, name, &annotation("reconcile-requested-at", "monday")).await;
        scene.ready(kind, name).await;
    }
    assert_eq!(scene.server.get("/Users", &ada).await.unwrap()["title"], "Analyst");
    assert_eq!(scene.server.members(&team).await.len(), 2);

    change(&scene.server, &ada, "title", json!("Wizard")).await;
    scene.not_ready(Kind::User, "ada", "Drifted").await;
    change(&scene.server, &ada, "title", json!("Analyst")).await;
    scene.ready(Kind::User, "ada").await;
    scene.end().await;
}

#[tokio::test]
async fn a_deletion_is_told_and_nothing_made_anew() {
    let setting =
        Scene::set("deletion-told").provider(|provider| provider.with("onExternalDeletion", "Report"));
    let scene = setting.on(ServerKind::Scim2Server).await;
    let ada = id(&scene.settle(&user("ada")).await);
    scene.settle(&user("bob")).await;
    let mark = scene.proxy.mark();
    scene.server.delete("/Users", &ada).await;
    let told = message(&scene.not_ready(Kind::User, "ada", "RemoteMissing").await, "Ready");
    assert!(told.contains(&ada), "{told}");
    scene.operator.stop().await;
    scene.operator.start().await;
    scene.proxy.sweeps(scene.proxy.mark(), 2).await;
    scene.wrote_nothing(mark);
    let missing = scene.get(Kind::User, "ada").await;
    assert!(has(&missing, "Stalled", "True", "RemoteMissing"), "{:?}", condition(&missing, "Stalled"));

    scene.merge(Kind::User, "ada", &annotation("reconcile-requested-at", "monday")).await;
    let anew = scene.ready(Kind::User, "ada").await;
    assert_ne!(id(&anew), ada);
    scene.end().await;
}
