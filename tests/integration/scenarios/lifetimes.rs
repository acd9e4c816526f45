//! Objects that go, or that come back, while something they need is missing:
//! the provider, its Secret, their own status.

use kube::api::{DynamicObject, Patch, PatchParams};
use serde_json::{Value, json};

use super::{Scene, Stand};
use crate::support::{
    objects::{
        Kind, Manifest, PROVIDER, SECRET, condition, group, has, id, message, secret_with, user, user_name,
    },
    proxy::{Answer, Match},
    quirk::QuirkServer,
    site::Site,
    wait,
};

const RETAIN: &str = r#"{"spec": {"deletionPolicy": "Retain"}}"#;

fn password(value: &str) -> Manifest {
    secret_with("ada-password", "127.0.0.1", &[("password", value)])
}

/// With a password that is in a Secret.
fn ada() -> Manifest {
    let password = json!({"name": "ada-password", "key": "password"});
    user("ada").with("title", "Analyst").with("passwordSecretRef", password)
}

impl<S: Stand> Scene<S> {
    /// Sets `deletionPolicy: Retain` on an object that is being deleted.
    async fn let_go(&self, kind: Kind, name: &str) {
        self.merge(kind, name, &serde_json::from_str(RETAIN).unwrap()).await;
        self.gone(kind, name).await;
    }

    /// What a backup has of an object, put back in its place: all but the
    /// status, and as another object.
    async fn restore(&self, kind: Kind, name: &str) {
        let backup = self.get(kind, name).await;
        self.merge(kind, name, &json!({"metadata": {"finalizers": null}})).await;
        self.delete(kind, name).await;
        self.gone(kind, name).await;
        let mut restored = Manifest { kind, value: json!({}) };
        restored.value = json!({
            "apiVersion": backup.types.as_ref().unwrap().api_version,
            "kind": backup.types.as_ref().unwrap().kind,
            "metadata": {
                "name": name,
                "annotations": backup.metadata.annotations,
                "finalizers": backup.metadata.finalizers,
            },
            "spec": backup.data["spec"],
        });
        self.apply(&restored).await;
    }

    /// Takes away all that the operator knows of an object.
    async fn lose_status(&self, kind: Kind, name: &str) {
        let nothing = Patch::Merge(json!({"status": null}));
        Site::api(self, kind).patch_status(name, &PatchParams::default(), &nothing).await.unwrap();
    }

    /// Until an object waits for its provider to be deleted, and says how it
    /// is let go without it.
    async fn waits(&self, name: &str) {
        let is_told = |object: Option<&DynamicObject>| {
            object.is_some_and(|object| {
                object.metadata.deletion_timestamp.is_some()
                    && has(object, "Ready", "False", "ProviderNotReady")
                    && message(object, "Ready").contains("deletionPolicy: Retain")
            })
        };
        self.until(Kind::User, name, "waiting for its provider", is_told).await;
    }
}

impl Scene<QuirkServer> {
    /// A person, as long as there is one.
    fn account(&self, id: &str) -> Option<Value> {
        self.server.get("/Users", id)
    }
}

/// Objects that come back without their status stand for nobody: who is there
/// may have changed since, and is not touched until a person says so. Nor does
/// anybody leave a group because its members are not known yet.
#[tokio::test]
async fn restore_without_status() {
    let scene = Scene::set("restore").on_habits("{}").await;
    scene.apply(&password("first-secret")).await;
    scene.apply(&ada()).await;
    let [bob, eve] = scene.settle_users(["bob", "eve"]).await;
    let ada_id = id(&scene.ready(Kind::User, "ada").await);
    let team = scene.settle(&group("team", ["ada", "bob"])).await;
    scene.has_members(&team, [&ada_id, &bob]).await;
    let stranger = scene.id_of("ada");
    let objects = [(Kind::User, "ada"), (Kind::User, "bob"), (Kind::User, "eve"), (Kind::Group, "team")];
    scene.operator.stop().await;
    let mark = scene.proxy.mark();
    for (kind, name) in objects {
        scene.restore(kind, name).await;
    }
    let team_id = id(&team);
    scene.server.edit("/Groups", &team_id, |group| {
        group["members"].as_array_mut().unwrap().push(json!({"value": stranger}));
    });
    scene.operator.start().await;
    for ((kind, name), id) in objects.into_iter().zip([&ada_id, &bob, &eve, &team_id]) {
        let restored = scene.not_ready(kind, name, "AlreadyExists").await;
        let told = message(&restored, "Ready");
        assert!(told.contains(id) && told.contains("adoptionPolicy: Adopt"), "{told}");
    }
    scene.delete(Kind::User, "eve").await;
    scene.gone(Kind::User, "eve").await;
    assert!(scene.account(&eve).is_some());

    // The group first, of whose members nobody knows anything.
    scene.apply(&group("team", ["ada", "bob"]).with("adoptionPolicy", "Adopt")).await;
    let adopted = scene.ready(Kind::Group, "team").await;
    assert_eq!(id(&adopted), team_id);
    scene.has_members(&adopted, [&ada_id, &bob, &stranger]).await;
    scene.wrote_nothing(mark);
    let adopted = scene.settle(&ada().with("adoptionPolicy", "Adopt")).await;
    assert_eq!(id(&adopted), ada_id);
    scene.proxy.sweeps(scene.proxy.mark(), 1).await;
    scene.wrote_nothing(mark);
    assert_eq!(scene.server.password(&ada_id).as_deref(), Some("first-secret"));
    scene.end().await;
}

/// An object that is the same one, and has lost its status, finds what it
/// created, and does not send the password again: the person may have chosen
/// another one since.
#[tokio::test]
async fn the_same_object_without_its_status_sends_nothing() {
    let scene = Scene::set("status-lost").on_habits("{}").await;
    scene.apply(&password("first-secret")).await;
    let created = scene.settle(&ada()).await;
    let [bob] = scene.settle_users(["bob"]).await;
    let team = scene.settle(&group("team", ["ada", "bob"])).await;
    scene.has_members(&team, [&id(&created), &bob]).await;
    scene.operator.stop().await;
    let mark = scene.proxy.mark();
    for (kind, name) in [(Kind::User, "ada"), (Kind::User, "bob"), (Kind::Group, "team")] {
        scene.lose_status(kind, name).await;
    }
    scene.operator.start().await;
    let again = scene.ready(Kind::User, "ada").await;
    assert_eq!(id(&again), id(&created));
    scene.ready(Kind::User, "bob").await;
    scene.ready(Kind::Group, "team").await;
    scene.proxy.sweeps(scene.proxy.mark(), 1).await;
    scene.wrote_nothing(mark);
    scene.apply(&password("second-secret")).await;
    wait::poll("the next password", wait::DEADLINE, || async {
        let password = scene.server.password(&id(&created)).unwrap_or_default();
        if password == "second-secret" { Ok(()) } else { Err(password) }
    })
    .await;
    scene.end().await;
}

/// Whoever sees a deletion coming can still say that the account stays.
#[tokio::test]
async fn retain_while_deleting() {
    let scene = Scene::set("retain-late").on_habits("{}").await;
    let [ada, bob] = scene.settle_users(["ada", "bob"]).await;
    let deletions =
        scene.proxy.on(Match::new("DELETE", "/Users/")).answer(Answer::scim_error(403, "", "not you"));
    scene.delete(Kind::User, "ada").await;
    deletions.hit().await;
    let waiting = scene.get(Kind::User, "ada").await;
    assert!(waiting.metadata.deletion_timestamp.is_some());
    // That needs no word with the server any more.
    let outage = scene.proxy.on(Match::any()).answer(Answer::new(503, "text/plain", "down"));
    scene.let_go(Kind::User, "ada").await;
    for rule in [deletions, outage] {
        scene.proxy.remove(&rule);
    }
    let mark = scene.proxy.mark();
    scene.proxy.sweeps(mark, 1).await;
    scene.wrote_nothing(mark);
    assert!(scene.account(&ada).is_some() && scene.account(&bob).is_some());
    scene.end().await;
}

/// Without credentials nobody is deleted, and nobody is forgotten: it waits
/// and says why, and there is a way out for those who cannot wait.
#[tokio::test]
async fn credentials_gone_first() {
    let scene = Scene::set("no-credentials").on_habits("{}").await;
    let [ada, bob, eve] = scene.settle_users(["ada", "bob", "eve"]).await;
    scene.operator.stop().await;
    scene.delete(Kind::Secret, SECRET).await;
    scene.operator.start().await;
    scene.not_ready(Kind::Provider, PROVIDER, "SecretNotFound").await;
    let mark = scene.proxy.mark();
    for name in ["ada", "bob"] {
        scene.delete(Kind::User, name).await;
    }
    for name in ["ada", "bob"] {
        scene.waits(name).await;
    }
    scene.let_go(Kind::User, "ada").await;
    assert!(scene.proxy.since(mark).is_empty(), "{:#?}", scene.proxy.since(mark));
    assert!(scene.account(&ada).is_some() && scene.account(&bob).is_some());

    scene.apply(&scene.secret()).await;
    scene.gone(Kind::User, "bob").await;
    assert!(scene.account(&bob).is_none());
    assert!(scene.account(&ada).is_some() && scene.account(&eve).is_some());
    scene.end().await;
}

/// Whoever only looks, from the beginning or by now, has no last word.
#[tokio::test]
async fn observe_deleted() {
    let mut scene = Scene::set("observe-deleted").on_habits("{}").await;
    let observer = |name: &str| user(name).with("mode", "Observe");
    let [bob, _] = scene.settle_users(["bob", "eve"]).await;
    let ada = scene.stranger(&user_name("ada")).await;
    let seen = scene.settle(&observer("ada").with("deletionPolicy", "Delete")).await;
    assert_eq!((id(&seen), seen.metadata.finalizers), (ada.clone(), None));
    scene.settle(&observer("bob").with("deletionPolicy", "Delete")).await;
    let mark = scene.proxy.mark();
    for name in ["ada", "bob"] {
        scene.delete(Kind::User, name).await;
        scene.gone(Kind::User, name).await;
    }
    scene.proxy.sweeps(scene.proxy.mark(), 1).await;
    let asked = scene.proxy.work_since(mark);
    assert!(asked.is_empty(), "{asked:#?}");
    assert!(scene.account(&ada).is_some() && scene.account(&bob).is_some());
    scene.end().await;
}

/// A provider serves until nobody needs it: else its users could neither be
/// deleted nor let go.
#[tokio::test]
async fn provider_deleted_first() {
    let scene = Scene::set("provider-first").on_habits("{}").await;
    let [ada, bob] = scene.settle_users(["ada", "bob"]).await;
    let team = scene.settle(&group("team", ["ada", "bob"])).await;
    scene.delete(Kind::Provider, PROVIDER).await;
    let is_told = |provider: Option<&DynamicObject>| {
        provider.is_some_and(|provider| {
            provider.metadata.deletion_timestamp.is_some()
                && condition(provider, "Ready").is_some_and(|ready| ready.to_string().contains("serves on"))
        })
    };
    scene.until(Kind::Provider, PROVIDER, "waiting for its users", is_told).await;
    // So does one that learns of all this only now.
    scene.operator.stop().await;
    scene.operator.start().await;
    scene.settle(&user("ada").with("title", "Boss")).await;
    assert_eq!(scene.account(&ada).unwrap()["title"], "Boss");

    for (kind, name) in [(Kind::Group, "team"), (Kind::User, "ada")] {
        scene.delete(kind, name).await;
        scene.gone(kind, name).await;
    }
    assert!(scene.account(&ada).is_none() && scene.server.get("/Groups", &id(&team)).is_none());
    assert!(scene.get(Kind::Provider, PROVIDER).await.metadata.deletion_timestamp.is_some());
    assert!(scene.account(&bob).is_some());
    scene.delete(Kind::User, "bob").await;
    scene.gone(Kind::User, "bob").await;
    scene.gone(Kind::Provider, PROVIDER).await;
    assert!(scene.account(&bob).is_none());
    scene.end().await;
}
