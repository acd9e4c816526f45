//! People who were there before, and whom a server brings in by a creation.

use kube::api::DynamicObject;
use serde_json::{Value, json};

use super::Scene;
use crate::support::{
    objects::{Kind, condition, id, status, user, user_name},
    quirk::QuirkServer,
};

/// Somebody who was there long before; answers the id.
fn somebody(scene: &Scene<QuirkServer>, active: bool) -> String {
    let schemas = ["urn:ietf:params:scim:schemas:core:2.0:User"];
    let created = json!({"created": "2020-01-01T00:00:00Z"});
    let name = user_name("ada");
    let person = json!({"schemas": schemas, "userName": name, "active": active, "meta": created});
    scene.server.insert("/Users", person)
}

async fn restart(scene: &Scene<QuirkServer>) {
    scene.operator.stop().await;
    scene.operator.start().await;
}

/// Until ada is told about this for the manifest as it is now.
async fn is_told(scene: &Scene<QuirkServer>, reason: &str) {
    let told = |object: Option<&DynamicObject>| {
        object.and_then(|it| condition(it, "Ready")).is_some_and(|ready| ready["reason"] == reason)
    };
    scene.until(Kind::User, "ada", reason, told).await;
}

/// A server that answers a creation with whoever has the name, and changes
/// them: that happens once. Nobody is taken, nothing is sent again, neither
/// after a restart nor for another manifest of the same name, and the
/// object's end calls nothing.
#[tokio::test]
async fn upsert_answers_201() {
    let setting = Scene::set("upsert-201");
    let strict = json!({"users": {"creation": "Strict"}});
    let setting = setting.provider(move |it| it.with("overrides", strict.clone()));
    let scene = setting.on_habits("{creation: {upserts: 201}}").await;
    let victim = somebody(&scene, true);
    scene.apply(&user("ada").with("title", "Countess")).await;
    let stalled = scene.not_ready(Kind::User, "ada", "UnexpectedAdoption").await;
    assert_eq!(status(&stalled, "/anchor"), Value::Null);
    let after = scene.server.get("/Users", &victim);

    let mark = scene.proxy.mark();
    restart(&scene).await;
    scene.apply(&user("ada").with("title", "President")).await;
    is_told(&scene, "UnexpectedAdoption").await;
    scene.delete(Kind::User, "ada").await;
    scene.gone(Kind::User, "ada").await;
    scene.wrote_nothing(mark);
    assert_eq!(scene.server.get("/Users", &victim), after);
    scene.end().await;
}

/// A server that enables an account again when somebody creates one of its
/// name, and hides it before: once it is known, it stays disabled.
#[tokio::test]
async fn post_that_enables_a_hidden_account_is_not_repeated() {
    let habits = "{lifecycle: {inactive: {hidden: true, recreation: reactivates}}}";
    let scene = Scene::set("post-enables").on_habits(habits).await;
    let victim = somebody(&scene, false);
    scene.apply(&user("ada")).await;
    scene.not_ready(Kind::User, "ada", "UnexpectedAdoption").await;
    scene.server.edit("/Users", &victim, |ada| ada["active"] = json!(false));

    let mark = scene.proxy.mark();
    restart(&scene).await;
    scene.apply(&user("ada").with("title", "Countess")).await;
    is_told(&scene, "UnexpectedAdoption").await;
    scene.apply(&user("ada").with("adoptionPolicy", "Adopt")).await;
    is_told(&scene, "UnexpectedAdoption").await;
    scene.wrote_nothing(mark);
    assert_eq!(scene.server.get("/Users", &victim).unwrap()["active"], false, "it stays disabled");
    scene.delete(Kind::User, "ada").await;
    scene.gone(Kind::User, "ada").await;
    scene.end().await;
}

/// Whoever was deactivated with their object is not enabled again by a
/// manifest of the same name, unless it asks for that.
#[tokio::test]
async fn deactivated_then_reapplied() {
    let scene = Scene::set("reapplied").on_habits("{}").await;
    let manifest = user("ada").with("deletionPolicy", "Deactivate").with("active", true);
    let ada = id(&scene.settle(&manifest).await);
    scene.delete(Kind::User, "ada").await;
    scene.gone(Kind::User, "ada").await;
    let inactive = scene.server.get("/Users", &ada).unwrap();
    assert_eq!(inactive["active"], false);

    let mark = scene.proxy.mark();
    scene.apply(&manifest).await;
    scene.not_ready(Kind::User, "ada", "IdentityInactive").await;
    restart(&scene).await;
    scene.apply(&manifest.clone().with("title", "Countess")).await;
    is_told(&scene, "IdentityInactive").await;
    scene.wrote_nothing(mark);
    assert_eq!(scene.server.get("/Users", &ada), Some(inactive));

    let back = scene.settle(&manifest.with("adoptionPolicy", "Adopt")).await;
    assert_eq!(id(&back), ada);
    assert_eq!(scene.server.get("/Users", &ada).unwrap()["active"], true);
    scene.end().await;
}
