//! What a listing does not show, or shows too late.

use std::sync::Arc;

use kube::api::DynamicObject;
use serde_json::{Value, json};

use super::{Scene, Stand};
use crate::support::{
    objects::{Kind, PROVIDER, group, has, id, message, status, user, user_name},
    proxy::{Answer, Ending, Gate, Match, Proxy, Purpose, Rule, purposes},
    scim_server::ServerKind,
};

const PEOPLE: [&str; 5] = ["ada", "bob", "eve", "kim", "max"];

/// Everybody is in sync.
async fn settle(scene: &Scene) {
    scene.apply_all(PEOPLE.map(|person| user(person).with("title", "Analyst"))).await;
    scene.ready_count(Kind::User, PEOPLE.len()).await;
    scene.settle(&group("team", PEOPLE)).await;
    scene.proxy.sweeps(scene.proxy.mark(), 1).await;
}

/// From now on the server answers as another tenant does: with success, and
/// nobody.
fn another_tenant(proxy: &Proxy) -> Arc<Rule> {
    proxy.on(Match::new("GET", "/Users")).handle(|exchange| async move {
        let path = exchange.request.target.split('?').next().unwrap_or_default();
        if !path.ends_with("/Users") {
            return Ending::Answer(Answer::scim_error(404, "", "nobody has this id"));
        }
        let mut answer = exchange.forward().await;
        answer.edit(|list| {
            list["totalResults"] = json!(0);
            list["Resources"] = json!([]);
        });
        Ending::Answer(answer)
    })
}

async fn implausible(scene: &Scene) -> DynamicObject {
    scene.not_ready(Kind::Provider, PROVIDER, "InventoryImplausible").await
}

#[tokio::test]
async fn sweep_empty_200() {
    let scene = Scene::start("sweep-empty").await;
    settle(&scene).await;
    let before = scene.writes_of(Kind::User, "bob").await.len();
    let mark = scene.proxy.mark();
    let blind = another_tenant(&scene.proxy);
    let told = message(&implausible(&scene).await, "Ready");
    assert!(told.starts_with("5 of 5 users"), "{told}");

    scene.apply(&user("new")).await;
    scene.not_ready(Kind::User, "new", "ProviderNotReady").await;
    scene.delete(Kind::User, "eve").await;
    scene.not_ready(Kind::User, "eve", "ProviderNotReady").await;
    scene.operator.stop().await;
    scene.operator.start().await;
    ask_for_a_comparison(&scene, Kind::User, "kim").await;
    scene.proxy.sweeps(scene.proxy.mark(), 2).await;
    implausible(&scene).await;
    scene.wrote_nothing(mark);
    assert_eq!(scene.writes_of(Kind::User, "bob").await.len(), before, "the users are left in peace");

    scene.proxy.remove(&blind);
    scene.ready(Kind::Provider, PROVIDER).await;
    scene.ready(Kind::User, "new").await;
    scene.gone(Kind::User, "eve").await;
    for name in ["ada", "bob", "kim", "max"] {
        assert_eq!(scene.users_named(&user_name(name)).await.len(), 1);
    }
    scene.end().await;
}

fn annotation(name: &str, value: &str) -> Value {
    json!({"metadata": {"annotations": {format!("scim-operator.dev/{name}"): value}}})
}

async fn ask_for_a_comparison(scene: &Scene, kind: Kind, name: &str) {
    scene.merge(kind, name, &annotation("reconcile-requested-at", "now")).await;
}

/// No sweep comes upon it: each pass finds its own identity gone.
#[tokio::test]
async fn vanished_one_by_one() {
    let setting = Scene::set("sweep-one-by-one").provider(|provider| provider.with("resyncInterval", "1h"));
    let scene = setting.on(ServerKind::Scim2Server).await;
    scene.apply_all(PEOPLE.map(user)).await;
    scene.ready_count(Kind::User, PEOPLE.len()).await;
    let mark = scene.proxy.mark();
    let blind = another_tenant(&scene.proxy);
    ask_for_a_comparison(&scene, Kind::User, "ada").await;
    implausible(&scene).await;
    for person in PEOPLE {
        ask_for_a_comparison(&scene, Kind::User, person).await;
    }
    scene.wrote_nothing(mark);
    scene.proxy.remove(&blind);
    ask_for_a_comparison(&scene, Kind::Provider, PROVIDER).await;
    scene.ready(Kind::Provider, PROVIDER).await;
    scene.wrote_nothing(mark);
    scene.end().await;
}

async fn accept_missing(scene: &Scene, word: &str) {
    scene.merge(Kind::Provider, PROVIDER, &annotation("accept-missing", word)).await;
}

#[tokio::test]
async fn sweep_accepted_by_a_person() {
    let scene = Scene::start("sweep-accepted").await;
    settle(&scene).await;
    let mark = scene.proxy.mark();
    let mut gone = Vec::new();
    for person in PEOPLE {
        gone.push(id(&scene.get(Kind::User, person).await));
        scene.server.delete("/Users", gone.last().unwrap()).await;
    }
    let provider = implausible(&scene).await;
    scene.wrote_nothing(mark);
    let word = format!("5 since {}", status(&provider, "/missing/since").as_str().unwrap());
    assert!(message(&provider, "Ready").contains(&word), "{}", message(&provider, "Ready"));
    accept_missing(&scene, "5 since 2026-01-01T00:00:00Z").await;
    scene.proxy.sweeps(scene.proxy.mark(), 1).await;
    scene.wrote_nothing(mark);
    accept_missing(&scene, &word).await;
    scene.ready(Kind::Provider, PROVIDER).await;
    for person in PEOPLE {
        let is_back = |user: Option<&DynamicObject>| user.is_some_and(|user| !gone.contains(&id(user)));
        scene.until(Kind::User, person, "there again", is_back).await;
        assert_eq!(scene.users_named(&user_name(person)).await.len(), 1);
    }
    scene.end().await;
}

#[tokio::test]
async fn sweep_partial_pages() {
    let scene = Scene::start("sweep-partial").await;
    settle(&scene).await;
    let mark = scene.proxy.mark();
    let partial = scene.proxy.on(Match::new("GET", "/Users")).alter(|answer| {
        answer.edit(|list| list["Resources"].as_array_mut().unwrap().truncate(1));
    });
    scene.proxy.sweeps(scene.proxy.mark(), 2).await;
    assert_eq!(purposes(&scene.proxy.work_since(mark)), [], "no absence is inferred");
    assert!(has(&scene.get(Kind::Provider, PROVIDER).await, "Ready", "True", "Succeeded"));
    scene.proxy.remove(&partial);
    scene.end().await;
}

#[tokio::test]
async fn sweep_page_older_than_write() {
    let scene = Scene::start("sweep-older").await;
    let ada = id(&scene.settle(&user("ada").with("title", "Analyst")).await);
    scene.proxy.sweeps(scene.proxy.mark(), 1).await;
    let mark = scene.proxy.mark();
    let door = Gate::new();
    scene.proxy.on(Match::new("GET", "/Users").nth(1)).hold_answer(&door);
    door.reached().await;
    scene.settle(&user("ada").with("title", "Boss")).await;
    door.open();
    scene.proxy.sweeps(scene.proxy.mark(), 2).await;
    assert_eq!(purposes(&scene.proxy.work_since(mark)), [Purpose::Read, Purpose::Patch]);
    assert_eq!(scene.server.get("/Users", &ada).await.unwrap()["title"], "Boss");
    scene.end().await;
}

#[tokio::test]
async fn a_provider_counts_whom_nobody_manages() {
    let scene = Scene::start("counts").await;
    let counted = |provider: Option<&DynamicObject>| {
        provider.is_some_and(|provider| status(provider, "/users") != json!(null))
    };
    let provider = scene.until(Kind::Provider, PROVIDER, "counted", counted).await.unwrap();
    for (endpoint, counts) in [("/Users", "/users"), ("/Groups", "/groups")] {
        let there = scene.server.everything(endpoint).await.len();
        let expected = json!({"managed": 0, "drifted": 0, "unmanaged": there});
        assert_eq!(status(&provider, counts), expected);
    }
    scene.end().await;
}
