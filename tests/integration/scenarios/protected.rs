//! Those to whom nothing is ever done.

use serde_json::json;

use super::{Scene, Stand as _};
use crate::support::{
    objects::{Kind, Manifest, group, id, user, user_name},
    scim_server::ServerKind,
    wait,
};

const ADMIN: &str = "break-glass";
const ROOT: &str = "root@example.com";

async fn is_refused(scene: &Scene, manifest: Manifest) {
    scene.apply(&manifest).await;
    scene.not_ready(manifest.kind, manifest.name(), "Protected").await;
}

async fn until_members(scene: &Scene, team: &str, mut expected: Vec<String>) {
    expected.sort();
    wait::poll("the members", wait::DEADLINE, || async {
        let members = scene.server.members(team).await;
        if members == expected { Ok(()) } else { Err(format!("{members:?}")) }
    })
    .await;
}

/// Never adopted, changed or deleted, never removed from a group, and nobody
/// else is given the name: by what the server calls people now.
#[tokio::test]
async fn protected_admin() {
    let names =
        json!({"userNames": ["Break-Glass", ROOT, "ROOT.of.all@example.com"], "groups": ["ADMINISTRATORS"]});
    let setting = Scene::set("protected").provider(move |it| it.with("protected", names.clone()));
    let mut scene = setting.on(ServerKind::Scim2Server).await;
    let root = json!({"userName": "root.of.all@example.com", "externalId": "r-1", "active": true});
    scene.foreigner("/Users", root).await;
    let adopts = |manifest: Manifest| manifest.with("adoptionPolicy", "Adopt");

    is_refused(&scene, adopts(user("admin")).with("userName", ADMIN).with("title", "Nobody")).await;
    is_refused(&scene, adopts(user("by-id")).with("userName", ADMIN).with("adoptID", scene.id_of(ADMIN)))
        .await;
    is_refused(&scene, adopts(user("by-key")).with("externalId", "r-1").with("active", false)).await;
    is_refused(&scene, user("namesake").with("userName", "BREAK-GLASS")).await;
    is_refused(&scene, adopts(group("admins", [])).with("displayName", "Administrators")).await;
    assert_eq!(scene.creations(), 0);

    let ada = id(&scene.settle(&user("ada")).await);
    let team = id(&scene.settle(&group("team", ["ada"])).await);
    let others = json!([{"value": scene.id_of(ADMIN)}, {"value": scene.id_of("ada@example.co")}]);
    scene.server.patch("/Groups", &team, json!({"op": "add", "path": "members", "value": others})).await;
    until_members(&scene, &team, vec![ada, scene.id_of(ADMIN)]).await;

    let eve = id(&scene.settle(&user("eve")).await);
    is_refused(&scene, user("eve").with("userName", ADMIN)).await;
    scene.settle(&user("eve")).await;
    let rename = json!({"op": "replace", "path": "userName", "value": "Root@Example.com"});
    scene.server.patch("/Users", &eve, rename).await;
    scene.not_ready(Kind::User, "eve", "Protected").await;
    let mark = scene.proxy.mark();
    scene.delete(Kind::User, "eve").await;
    scene.not_ready(Kind::User, "eve", "Protected").await;
    scene.merge(Kind::User, "eve", &json!({"spec": {"deletionPolicy": "Retain"}})).await;
    scene.gone(Kind::User, "eve").await;
    scene.wrote_nothing(mark);
    assert!(scene.users_named(&user_name("eve")).await.is_empty(), "eve has the other name");
    assert!(scene.server.everything("/Users").await.iter().any(|it| it["id"] == eve.as_str()));
    scene.end().await;
}
