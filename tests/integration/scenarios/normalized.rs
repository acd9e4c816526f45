//! Servers that keep other values than they are sent, and other versions than
//! they told.

use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::json;

use super::Scene;
use crate::support::{
    objects::{Kind, has, id, message, status, user},
    proxy::{Match, Purpose},
    put_server::PatchHabit,
    scim_server::ServerKind,
};

/// The server keeps every title in capitals.
#[tokio::test]
async fn restart_with_normalized_values() {
    let scene = Scene::set("normalized").on(ServerKind::Scim2Server).await;
    scene.proxy.on(Match::new("GET", "/Users")).alter(|answer| answer.edit(in_capitals));
    scene.proxy.on(Match::creation("/Users")).alter(|answer| answer.edit(in_capitals));
    scene.settle(&user("ada").with("title", "Analyst")).await;
    let told = scene
        .until(Kind::User, "ada", "told of", |object| {
            object.is_some_and(|object| has(object, "ServerNormalized", "True", "Succeeded"))
        })
        .await
        .unwrap();
    assert_eq!(status(&told, "/normalized/0/path"), "title");
    assert!(message(&told, "ServerNormalized").contains("title"));

    scene.operator.stop().await;
    let (mark, writes) = (scene.proxy.mark(), scene.writes_of(Kind::User, "ada").await.len());
    scene.operator.start().await;
    scene.proxy.sweeps(scene.proxy.mark(), 2).await;
    scene
        .merge(
            Kind::User,
            "ada",
            &json!({"metadata": {"annotations": {
        "scim-operator.dev/reconcile-requested-at": "monday"}}}),
        )
        .await;
    scene
        .until(Kind::User, "ada", "compared anew", |object| {
            object.is_some_and(|object| status(object, "/lastHandledReconcileAt") == "monday")
        })
        .await;
    scene.wrote_nothing(mark);
    let written = scene.writes_of(Kind::User, "ada").await.len();
    assert_eq!(written, writes + 1, "what was asked for was noted");
    scene.end().await;
}

fn in_capitals(answer: &mut serde_json::Value) {
    let listed = answer.get("Resources").is_some();
    let resources =
        if listed { answer["Resources"].as_array_mut().unwrap().iter_mut().collect() } else { vec![answer] };
    for resource in resources {
        if let Some(title) = resource["title"].as_str().map(str::to_uppercase) {
            resource["title"] = json!(title);
        }
    }
}

/// Each reading has another version, so that no change is ever in time.
#[tokio::test]
async fn etag_changes_always() {
    let scene = Scene::set("etag").on_put_server(PatchHabit::NotImplemented).await;
    let ada = id(&scene.settle(&user("ada").with("title", "Analyst")).await);
    let versions = AtomicUsize::new(1_000);
    let restless = scene.proxy.on(Match::new("GET", "/Users/")).alter(move |answer| {
        let version = format!("W/\"{}\"", versions.fetch_add(1, Ordering::SeqCst));
        answer.edit(|user| user["meta"]["version"] = json!(version));
        answer.headers.0.retain(|(name, _)| !name.eq_ignore_ascii_case("etag"));
    });
    let mark = scene.proxy.mark();
    scene.apply(&user("ada").with("title", "Boss")).await;
    let waits = scene.not_ready(Kind::User, "ada", "Progressing").await;
    assert!(message(&waits, "Ready").contains("changed by somebody else"), "{}", message(&waits, "Ready"));
    assert!(has(&waits, "Reconciling", "True", "Progressing"));
    scene.proxy.sweeps(scene.proxy.mark(), 2).await;
    let puts = scene.proxy.since(mark).iter().filter(|it| it.purpose() == Purpose::Replace).count();
    assert!(puts <= 4 * 5, "further and further apart: {puts}");
    assert_eq!(scene.server.get("/Users", &ada)["title"], "Analyst", "the version is never forced");
    scene.proxy.remove(&restless);
    scene.ready(Kind::User, "ada").await;
    scene.end().await;
}
