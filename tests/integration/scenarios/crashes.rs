//! Killed between a creation and its record.

use kube::ResourceExt;
use serde_json::{Value, json};

use super::{Scene, Stand};
use crate::support::{
    objects::{Kind, Manifest, group, id, message, status, user, user_name},
    proxy::{Gate, Match},
    put_server::PatchHabit,
    scim_server::ServerKind,
};

const INTENT: &str = "scim-operator.dev/create-intent";

/// A name that has to be quoted in a filter and encoded in a URL.
const AWKWARD: &str = r#"o"neill\+ada@example.com"#;

impl<S: Stand> Scene<S> {
    /// Applies something, and kills the operator when the server has made it.
    async fn crash_at_creation(&self, endpoint: &str, manifest: &Manifest) {
        let post = self.proxy.on(Match::creation(endpoint).nth(1));
        let made = post.close_after(self.operator.killer());
        self.apply(manifest).await;
        made.hit().await;
    }
}

/// Killed when the server has made the account and nobody has written down its
/// id: the next life finds it by its note, and makes no second one.
#[tokio::test]
async fn crash_post_unique() {
    async fn on(scene: Scene<impl Stand>) {
        scene
            .crash_at_creation("/Users", &user("ada").with("userName", AWKWARD).with("title", "Analyst"))
            .await;
        let made = scene.users_named(AWKWARD).await;
        scene.restart().await;
        let ada = scene.ready(Kind::User, "ada").await;
        assert_eq!(scene.users_named(AWKWARD).await, made, "one account, and the same");
        assert_eq!(made[0]["id"], id(&ada));
        assert_eq!(scene.creations(), 1);
        scene.end().await;
    }
    on(Scene::start("crash-post").await).await;
    on(Scene::set("crash-post-scimmy").on(ServerKind::Scimmy).await).await;
    on(Scene::set("crash-post-put").on_put_server(PatchHabit::NotImplemented).await).await;
}

/// Groups may have the same name twice, and this server shows a new one late:
/// what is not seen is given time, and not made again.
#[tokio::test]
async fn crash_post_group_slow_lookup() {
    let scene = Scene::set("crash-group").on_habits("{lag: {unseen: 4}}").await;
    scene.crash_at_creation("/Groups", &group("team", [])).await;
    let mark = scene.proxy.mark();
    scene.restart().await;
    let team = scene.ready(Kind::Group, "team").await;
    let looks = scene.proxy.since(mark).into_iter().filter(|it| it.path == "/Groups").count();
    assert!(looks > 4, "it was not seen at first: {looks} looks");
    let named: Vec<Value> =
        scene.server.all("/Groups").into_iter().filter(|group| group["displayName"] == "team").collect();
    assert_eq!(named.len(), 1, "one group: {named:#?}");
    assert_eq!(named[0]["id"], id(&team));
    assert_eq!(scene.creations(), 1);
    scene.end().await;
}

/// The server calls the account otherwise than the manifest. Where it shows
/// what was sent and when, that proves whose it is.
#[tokio::test]
async fn crash_post_readonly_keys() {
    let scene = Scene::set("crash-made-name").on_confirmit().await;
    let eve =
        user("eve").with("emails", json!([{"value": user_name("eve"), "type": "work", "primary": true}]));
    scene.crash_at_creation("/Users", &eve).await;
    scene.restart().await;
    let paired = scene.ready(Kind::User, "eve").await;
    let on_server = scene.on_server(&paired).await.unwrap();
    assert_eq!(
        (&on_server["userName"], &on_server["externalId"]),
        (&json!("eve_example"), &json!(user_name("eve")))
    );
    assert_eq!(status(&paired, "/origin"), "Created");
    assert_eq!(scene.creations(), 1);
    scene.end().await;
}

/// Where the server does not tell when, nothing proves it, and a person has to
/// say so.
#[tokio::test]
async fn crash_post_without_proof() {
    let scene = Scene::set("crash-undated").on_habits("{shape: {meta: type}}").await;
    let ada = user("ada").with("title", "Analyst");
    scene.crash_at_creation("/Users", &ada).await;
    scene.restart().await;
    let unsure = scene.not_ready(Kind::User, "ada", "AmbiguousCreate").await;
    let made = scene.users_named(&user_name("ada")).await;
    let told = message(&unsure, "Ready");
    assert!(
        told.contains(made[0]["id"].as_str().unwrap()) && told.contains("adoptionPolicy: Adopt"),
        "{told}"
    );
    assert_eq!(scene.creations(), 1);
    let taken = scene.settle(&ada.with("adoptionPolicy", "Adopt")).await;
    assert_eq!(made, scene.users_named(&user_name("ada")).await);
    assert_eq!(made[0]["id"], id(&taken));
    scene.end().await;
}

/// Tenants can write annotations. Only the operator's own note about this very
/// object proves anything.
#[tokio::test]
async fn forged_intent() {
    let mut scene = Scene::set("forged").on_habits("{}").await;
    let bob = scene.settle(&user("bob").with("userName", user_name("eve"))).await;
    let genuine = bob.annotations()[INTENT].clone();
    scene.delete(Kind::User, "bob").await;
    scene.gone(Kind::User, "bob").await;
    let victim = scene.stranger(&user_name("eve")).await;
    let mark = scene.proxy.mark();
    let (seal, note) = genuine.split_once('.').unwrap();
    let unsealed = format!("{}.{note}", "0".repeat(seal.len()));
    for forged in [genuine.clone(), unsealed, note.to_owned(), String::new()] {
        let mut eve = user("eve").with("deletionPolicy", "Delete");
        eve.value["metadata"]["annotations"] = json!({INTENT: forged});
        let uid = scene.apply(&eve).await.uid().unwrap();
        let own = genuine.replace(&bob.uid().unwrap(), &uid);
        scene.merge(Kind::User, "eve", &json!({"metadata": {"annotations": {INTENT: own}}})).await;
        let stalled = scene.not_ready(Kind::User, "eve", "AlreadyExists").await;
        assert!(message(&stalled, "Ready").contains(&victim), "{forged}");
        scene.delete(Kind::User, "eve").await;
        scene.gone(Kind::User, "eve").await;
    }
    scene.wrote_nothing(mark);
    scene.end().await;
}

/// Somebody else makes the account after it was looked for.
#[tokio::test]
async fn jit_user_between_lookup_and_post() {
    let mut scene = Scene::start("just-in-time").await;
    let gate = Gate::new();
    scene.proxy.on(Match::creation("/Users").nth(1)).hold(&gate);
    scene.apply(&user("eve").with("title", "Boss")).await;
    gate.reached().await;
    scene.stranger(&user_name("eve")).await;
    gate.open();
    scene.not_ready(Kind::User, "eve", "AlreadyExists").await;
    scene.delete(Kind::User, "eve").await;
    scene.gone(Kind::User, "eve").await;
    assert_eq!(scene.writes(0).len(), 1, "nothing but the creation that was refused");
    scene.end().await;
}
