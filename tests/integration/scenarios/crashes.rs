//! Killed between a creation and its record.

use super::{Scene, Stand};
use crate::support::{
    objects::{Kind, id, user, user_name},
    proxy::Match,
    put_server::PatchHabit,
    scim_server::ServerKind,
};

/// Killed when the server has made the account and nobody has written down its
/// id: the next life finds it by its note, and makes no second one.
#[tokio::test]
async fn crash_post_unique() {
    async fn on(scene: Scene<impl Stand>) {
        let post = scene.proxy.on(Match::creation("/Users").nth(1));
        let made = post.close_after(scene.operator.killer());
        scene.apply(&user("ada").with("title", "Analyst")).await;
        made.hit().await;
        let made = scene.users_named(&user_name("ada")).await;
        scene.restart().await;
        let ada = scene.ready(Kind::User, "ada").await;
        assert_eq!(scene.users_named(&user_name("ada")).await, made, "one account, and the same");
        assert_eq!(made[0]["id"], id(&ada));
        assert_eq!(scene.creations(), 1);
        scene.end().await;
    }
    on(Scene::start("crash-post").await).await;
    on(Scene::set("crash-post-scimmy").on(ServerKind::Scimmy).await).await;
    on(Scene::set("crash-post-put").on_put_server(PatchHabit::NotImplemented).await).await;
}
