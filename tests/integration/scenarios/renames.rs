//! People who are called otherwise than before, here or there.

use serde_json::Value;

use super::{Scene, Stand};
use crate::support::objects::{Kind, Manifest, id, message, user, user_name};

/// The object of this name, for somebody of that name.
fn named(object: &str, name: &str) -> Manifest {
    user(object).with("userName", user_name(name))
}

async fn name_of<S: Stand>(scene: &Scene<S>, id: &str) -> Value {
    let users = scene.server.everything("/Users").await;
    users.into_iter().find(|user| user["id"] == id).map_or(Value::Null, |user| user["userName"].clone())
}

/// Two who are to have each other's names keep their own, and their accounts:
/// nobody is paired with the other.
#[tokio::test]
async fn rename_swap() {
    let scene = Scene::start("rename-swap").await;
    let ada = id(&scene.settle(&user("ada")).await);
    let bob = id(&scene.settle(&user("bob")).await);
    scene.apply_all([named("ada", "bob"), named("bob", "ada")]).await;
    for (name, own) in [("ada", &ada), ("bob", &bob)] {
        let taken = scene.not_ready(Kind::User, name, "NameTaken").await;
        assert_eq!(&id(&taken), own);
        assert!(message(&taken, "Ready").contains("userName"), "{}", message(&taken, "Ready"));
    }
    assert_eq!(name_of(&scene, &ada).await, user_name("ada"));
    assert_eq!(name_of(&scene, &bob).await, user_name("bob"));

    scene.apply_all(["ada", "bob"].map(user)).await;
    assert_eq!(id(&scene.ready(Kind::User, "ada").await), ada);
    assert_eq!(id(&scene.ready(Kind::User, "bob").await), bob);
    scene.end().await;
}

/// A name that somebody else is giving up is taken once it is free.
#[tokio::test]
async fn rename_chain() {
    let scene = Scene::start("rename-chain").await;
    let ada = id(&scene.settle(&user("ada")).await);
    let bob = id(&scene.settle(&user("bob")).await);
    scene.apply(&named("ada", "bob")).await;
    scene.not_ready(Kind::User, "ada", "NameTaken").await;
    scene.apply(&named("bob", "eve")).await;
    assert_eq!(id(&scene.ready(Kind::User, "bob").await), bob);
    assert_eq!(id(&scene.ready(Kind::User, "ada").await), ada);
    assert_eq!(name_of(&scene, &ada).await, user_name("bob"));
    assert_eq!(name_of(&scene, &bob).await, user_name("eve"));
    scene.end().await;
}
