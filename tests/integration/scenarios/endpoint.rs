//! Providers that lead somewhere else than before.

use kube::api::DynamicObject;
use serde_json::{Value, json};

use super::{Scene, Stand};
use crate::support::{
    objects::{Kind, PROVIDER, group, id, message, provider, status, user, user_name},
    proxy::{Match, Proxy},
    quirk::{Habits, QuirkServer},
};

const INTEGER_IDS: &str = "{shape: {ids: integer}}";

/// A scene on a server with ids 1, 2, 3, and another server where these are
/// strangers'.
struct TwoTenants {
    scene: Scene<QuirkServer>,
    other: QuirkServer,
    door: Proxy,
    strangers: Vec<Value>,
}

impl TwoTenants {
    /// With ada and a team, who are in sync.
    async fn with_people(name: &str) -> Self {
        let scene = Scene::set(name).on_habits(INTEGER_IDS).await;
        let ada = id(&scene.settle(&user("ada").with("title", "Analyst")).await);
        let team = id(&scene.settle(&group("team", ["ada"])).await);
        let token = scene.secret().value["stringData"]["token"].as_str().unwrap().to_owned();
        let other = QuirkServer::start(&token, Habits::read(INTEGER_IDS)).await;
        other.insert("/Users", json!({"id": ada, "userName": "president@example.org", "active": true}));
        other.insert("/Groups", json!({"id": team, "displayName": "Board", "members": [{"value": ada}]}));
        let door = Proxy::before(other.port(), other.base()).await;
        let strangers = everybody(&other).await;
        Self { scene, other, door, strangers }
    }

    /// Everybody who had an identity stalls, whatever is done to the object,
    /// and the other tenant hears nothing of it.
    async fn nobody_goes_along(&self) {
        let scene = &self.scene;
        scene.ready(Kind::Provider, PROVIDER).await;
        scene.apply(&user("ada").with("title", "Countess")).await;
        scene.apply(&group("team", [])).await;
        scene.not_ready(Kind::User, "ada", "EndpointChanged").await;
        scene.not_ready(Kind::Group, "team", "EndpointChanged").await;
        scene.delete(Kind::Group, "team").await;
        scene.not_ready(Kind::Group, "team", "EndpointChanged").await;
        self.door.sweeps(self.door.mark(), 1).await;
        assert!(self.door.work_since(0).is_empty(), "{:#?}", self.door.work_since(0));
        assert_eq!(everybody(&self.other).await, self.strangers);
    }
}

async fn everybody(server: &QuirkServer) -> Vec<Value> {
    [server.everything("/Users").await, server.everything("/Groups").await].concat()
}

/// Ids of one tenant are strangers at another: an edited URL takes nobody
/// along.
#[tokio::test]
async fn provider_url_edited_integer_ids() {
    let tenants = TwoTenants::with_people("url-edited").await;
    tenants.scene.apply(&provider(&tenants.door.url())).await;
    tenants.nobody_goes_along().await;

    let scene = tenants.scene;
    scene.apply(&scene.provider()).await;
    scene.gone(Kind::Group, "team").await;
    scene.ready(Kind::User, "ada").await;
    assert_eq!(scene.users_named(&user_name("ada")).await[0]["title"], "Countess");
    assert_eq!(everybody(&tenants.other).await, tenants.strangers);
    scene.end().await;
}

/// The same, where the provider is another object of the same name.
#[tokio::test]
async fn provider_recreated_for_other_tenant() {
    let tenants = TwoTenants::with_people("recreated").await;
    let scene = &tenants.scene;
    scene.delete(Kind::Provider, PROVIDER).await;
    scene.merge(Kind::Provider, PROVIDER, &json!({"metadata": {"finalizers": null}})).await;
    scene.gone(Kind::Provider, PROVIDER).await;
    scene.apply(&provider(&tenants.door.url())).await;
    tenants.nobody_goes_along().await;
    scene.merge(Kind::Group, "team", &json!({"spec": {"deletionPolicy": "Retain"}})).await;
    scene.gone(Kind::Group, "team").await;
    assert_eq!(everybody(&tenants.other).await, tenants.strangers);
    tenants.scene.end().await;
}

/// A server that moved: who has the same id, name and time of creation there
/// is taken along once somebody said that it is the same server, in so many
/// words; a stranger is not.
#[tokio::test]
async fn a_moved_server_takes_along_who_is_found_there() {
    let scene = Scene::start("moved-along").await;
    let ada = scene.settle(&user("ada")).await;
    let bob = scene.settle(&user("bob")).await;
    let door = Proxy::before(scene.server.port(), scene.server.kind().base()).await;
    let somebody_else = door.on(Match::new("GET", &format!("/Users/{}", id(&bob)))).alter(|answer| {
        answer.edit(|body| body["meta"]["created"] = json!("2001-01-01T00:00:00Z"));
    });
    scene.apply(&provider(&door.url())).await;
    let stalled = scene.not_ready(Kind::User, "ada", "EndpointChanged").await;
    scene.not_ready(Kind::User, "bob", "EndpointChanged").await;

    let old = status(&ada, "/anchor/endpointKey").as_str().unwrap().to_owned();
    let new = status(&scene.get(Kind::Provider, PROVIDER).await, "/endpointKey").as_str().unwrap().to_owned();
    assert!(message(&stalled, "Ready").contains(&format!("\"{old} -> {new}\"")), "the way on is told");
    let acknowledge = async |text: String| {
        let annotation = json!({"metadata": {"annotations": {"scim-operator.dev/accept-endpoint": text}}});
        scene.merge(Kind::Provider, PROVIDER, &annotation).await;
    };
    acknowledge(format!("{new} -> {old}")).await;
    door.sweeps(door.mark(), 1).await;
    assert!(door.work_since(0).is_empty(), "the wrong words: {:#?}", door.work_since(0));

    acknowledge(format!("{old} -> {new}")).await;
    let moved = |object: Option<&DynamicObject>| {
        object.is_some_and(|object| status(object, "/anchor/endpointKey") == new.as_str())
    };
    scene.until(Kind::User, "ada", "at the new address", moved).await;
    let ada_there = scene.ready(Kind::User, "ada").await;
    assert_eq!(id(&ada_there), id(&ada));
    let stranger = scene.not_ready(Kind::User, "bob", "IdentityMismatch").await;
    assert_eq!(status(&stranger, "/anchor"), status(&bob, "/anchor"));
    assert!(!door.since(0).iter().any(crate::support::proxy::Recorded::writes), "{:#?}", door.work_since(0));

    door.remove(&somebody_else);
    scene.ready(Kind::User, "bob").await;
    scene.is_unharmed(&door).await;
    scene.end().await;
}
