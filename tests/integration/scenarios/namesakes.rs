//! Of the same name, or with the same id, and somebody else all the same.

use serde_json::json;

use super::Scene;
use crate::support::objects::{Kind, id, message, user, user_name};

/// An object of the same name is another one. What the first left behind is
/// not its own.
#[tokio::test]
async fn recreated_object_namesake() {
    let scene = Scene::start("namesake").await;
    let ada = user("ada").with("title", "Analyst");
    let first = scene.settle(&ada).await;
    // Nobody puts the finalizer back meanwhile.
    scene.operator.stop().await;
    scene.merge(Kind::User, "ada", &json!({"metadata": {"finalizers": null}})).await;
    scene.delete(Kind::User, "ada").await;
    scene.gone(Kind::User, "ada").await;
    scene.operator.start().await;
    let left = scene.on_server(&first).await.unwrap();

    let mark = scene.proxy.mark();
    let mut again = ada.with("title", "Boss");
    again.value["metadata"]["annotations"] = json!(first.metadata.annotations);
    scene.apply(&again).await;
    let second = scene.not_ready(Kind::User, "ada", "AlreadyExists").await;
    assert!(message(&second, "Ready").contains(&id(&first)));
    scene.delete(Kind::User, "ada").await;
    scene.gone(Kind::User, "ada").await;
    scene.wrote_nothing(mark);
    assert_eq!(scene.on_server(&first).await, Some(left));
    scene.end().await;
}

/// Somebody else got the id of an account that is gone.
#[tokio::test]
async fn delete_recycled_id() {
    let mut scene = Scene::set("recycled").on_habits("{}").await;
    scene.settle_bystander().await;
    let ada = scene.settle(&user("ada")).await;
    scene.server.remove("/Users", &id(&ada));
    let namesake = json!({"id": id(&ada), "userName": user_name("ada"), "active": true});
    scene.foreigner("/Users", namesake).await;
    let mark = scene.proxy.mark();
    scene.delete(Kind::User, "ada").await;
    let stalled = scene.not_ready(Kind::User, "ada", "IdentityMismatch").await;
    assert!(message(&stalled, "Ready").contains(&id(&ada)));
    scene.merge(Kind::User, "ada", &json!({"spec": {"deletionPolicy": "Retain"}})).await;
    scene.gone(Kind::User, "ada").await;
    scene.wrote_nothing(mark);
    scene.end().await;
}
