//! Answers that do not tell what they seem to tell.

use super::Scene;
use crate::support::objects::{Kind, Manifest, has, message, user, user_name};

/// A server that ignores filters answers one with its first page. Whoever is
/// on the last is there all the same.
#[tokio::test]
async fn filter_ignored_match_on_last_page() {
    let mut scene =
        Scene::set("filter-ignored").on_habits("{filter: {ignored: true}, paging: {most: 3}}").await;
    let last = scene.stranger(&user_name("eve")).await;
    scene.apply(&user("eve").with("title", "Analyst")).await;
    let eve = scene.not_ready(Kind::User, "eve", "AlreadyExists").await;
    assert!(message(&eve, "Ready").contains(&last), "{}", message(&eve, "Ready"));
    scene.wrote_nothing(0);
    scene.end().await;
}

/// What names somebody else's account as one's own does not make it so.
#[tokio::test]
async fn foreign_external_id_claim() {
    let forbidding = |provider: Manifest| provider.with("adoption", "Forbidden");
    let scene = Scene::set("external-id").provider(forbidding).on_habits("{}").await;
    let other = scene.id_of("xada@example.com");
    let claim = user("ada").with("externalId", "ada").with("title", "Boss");
    scene.apply(&claim).await;
    let ada = scene.not_ready(Kind::User, "ada", "AlreadyExists").await;
    assert!(message(&ada, "Ready").contains(&other), "{}", message(&ada, "Ready"));
    scene.apply(&claim.with("adoptionPolicy", "Adopt")).await;
    let ada = scene.not_ready(Kind::User, "ada", "AdoptionForbidden").await;
    assert!(has(&ada, "Stalled", "True", "AdoptionForbidden"));
    scene.delete(Kind::User, "ada").await;
    scene.gone(Kind::User, "ada").await;
    scene.wrote_nothing(0);
    scene.end().await;
}
