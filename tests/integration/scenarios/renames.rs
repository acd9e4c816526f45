//! People who are called otherwise than before, here or there.

use serde_json::Value;

use super::{Scene, Stand};
use crate::support::{
    objects::{Kind, Manifest, group, id, message, status, user, user_name},
    proxy::{Match, Purpose},
    scim_server::ServerKind,
    wait,
};

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

/// A manifest that was renamed leaves one object and brings another: the
/// account stays, and so does what is known of it.
#[tokio::test]
async fn renamed_manifest() {
    let scene = Scene::start("renamed-manifest").await;
    let ada = scene.settle(&user("ada").with("title", "Analyst").with("nickName", "Countess")).await;
    let team = id(&scene.settle(&group("team", ["ada"])).await);

    let heir = named("ada-lovelace", "ada").with("title", "Analyst");
    scene.apply(&heir).await;
    scene.not_ready(Kind::User, "ada-lovelace", "Conflict").await;
    scene.apply(&group("team", ["ada-lovelace"])).await;
    scene.delete(Kind::User, "ada").await;
    scene.gone(Kind::User, "ada").await;
    let heir = scene.ready(Kind::User, "ada-lovelace").await;
    assert_eq!(id(&heir), id(&ada));
    assert_eq!(status(&heir, "/origin"), "Created");
    wait::poll("the heir in the team", wait::DEADLINE, || async {
        let members = scene.server.members(&team).await;
        if members == [id(&ada)] { Ok(()) } else { Err(format!("{members:?}")) }
    })
    .await;

    let requests = scene.proxy.since(0);
    let of = |purpose| requests.iter().filter(|it| it.purpose() == purpose).count();
    assert_eq!((of(Purpose::Delete), of(Purpose::Create)), (0, 2), "nobody but ada and the team");
    let on_server = scene.server.get("/Users", &id(&ada)).await.unwrap();
    assert_eq!(on_server.get("nickName"), None, "it is still known that this was ours");

    scene.delete(Kind::User, "ada-lovelace").await;
    scene.gone(Kind::User, "ada-lovelace").await;
    assert_eq!(scene.server.get("/Users", &id(&ada)).await, None, "the heir's own end is one");
    scene.end().await;
}

/// Killed between the heir's anchor and the giver's end, the next life deletes
/// nobody.
#[tokio::test]
async fn an_interrupted_hand_over_is_finished() {
    let scene = Scene::set("handed-over-half").with_api_proxy().on(ServerKind::Scim2Server).await;
    let ada = scene.settle(&user("ada")).await;
    scene.apply(&named("heir", "ada")).await;
    scene.not_ready(Kind::User, "heir", "Conflict").await;
    let release = scene.api().on(Match::object("PATCH", Kind::User, "ada").nth(1));
    let killed = release.close_before(scene.operator.killer());
    let mark = scene.proxy.mark();
    scene.delete(Kind::User, "ada").await;
    killed.hit().await;
    let half_done = scene.get(Kind::User, "heir").await;
    assert_eq!(status(&half_done, "/anchor/id"), id(&ada));
    scene.restart().await;
    scene.gone(Kind::User, "ada").await;
    assert_eq!(id(&scene.ready(Kind::User, "heir").await), id(&ada));
    scene.wrote_nothing(mark);
    scene.end().await;
}
