//! Several objects, one identity: one of them keeps it.

use kube::{
    ResourceExt as _,
    api::{DynamicObject, Patch, PatchParams},
};
use serde_json::{Value, json};

use super::{Scene, Stand};
use crate::support::{
    objects::{Kind, condition, has, id, message, status, user, user_name},
    operator::Operator,
    site::Site,
    wait,
};

/// A status of somebody's making, which says of an object what another's says
/// rightly, the mark on its anchor too; and a request to look at it now.
async fn forge(site: &Site, name: &str, original: &DynamicObject) {
    let anchor = status(original, "/anchor");
    let stolen = json!({"status": {"id": anchor["id"], "anchor": anchor, "origin": "Created"}});
    let patch = Patch::Merge(&stolen);
    site.api(Kind::User).patch_status(name, &PatchParams::default(), &patch).await.unwrap();
    let now = json!({"metadata": {"annotations": {"scim-operator.dev/reconcile-requested-at": "now"}}});
    site.merge(Kind::User, name, &now).await;
}

async fn stands_still(site: &Site, name: &str) {
    let suspended =
        |object: Option<&DynamicObject>| object.is_some_and(|it| has(it, "Ready", "Unknown", "Suspended"));
    site.until(Kind::User, name, "suspended", suspended).await;
}

/// Until an object is told that another one keeps its identity.
async fn gives_way(site: &Site, name: &str, to: &str) {
    let what = format!("Conflict, because of {to}");
    let told = |object: Option<&DynamicObject>| {
        let Some(object) = object else { return false };
        let ready = condition(object, "Ready").unwrap_or_default();
        ready["reason"] == "Conflict" && ready["message"].as_str().is_some_and(|told| told.contains(to))
    };
    site.until(Kind::User, name, &what, told).await;
}

/// Until whatever is created is younger than an object.
async fn is_older(object: &DynamicObject) {
    #[expect(clippy::disallowed_methods, reason = "the API server tells the time of this machine")]
    let now = || jiff::Timestamp::now().as_second();
    let since = object.creation_timestamp().unwrap().0.as_second();
    wait::poll("another second", wait::DEADLINE, || async {
        let now = now();
        if now > since { Ok(()) } else { Err(now.to_string()) }
    })
    .await;
}

/// The same provider in another namespace.
async fn same_provider<S: Stand>(scene: &Scene<S>, site: &Site) {
    site.apply(&scene.secret()).await;
    site.apply(&scene.provider()).await;
}

/// An older object that claims the account of a younger one, by name or by a
/// status of somebody's making, does not get it.
#[tokio::test]
async fn older_object_claims_id() {
    let scene = Scene::start("claims-older").await;
    let claimant = scene.apply(&user("claimant").with("suspend", true)).await;
    stands_still(&scene, "claimant").await;
    is_older(&claimant).await;
    let ada = scene.settle(&user("ada")).await;
    let before = scene.users_named(&user_name("ada")).await;

    let mark = scene.proxy.mark();
    let claims = user("claimant").with("userName", user_name("ada")).with("title", "Boss");
    scene.apply(&claims.clone().with("adoptionPolicy", "Adopt").with("adoptID", id(&ada))).await;
    gives_way(&scene, "claimant", "ScimUser ada").await;
    scene.apply(&claims).await;
    gives_way(&scene, "claimant", "ScimUser ada").await;
    forge(&scene, "claimant", &ada).await;
    gives_way(&scene, "claimant", "and keeps it").await;

    scene.operator.stop().await;
    scene.operator.start().await;
    scene.merge(Kind::User, "claimant", &json!({"spec": {"title": "President"}})).await;
    gives_way(&scene, "claimant", "and keeps it").await;
    scene.ready(Kind::User, "ada").await;
    scene.wrote_nothing(mark);
    assert_eq!(scene.users_named(&user_name("ada")).await, before);
    scene.end().await;
}

/// Deleting the object that has to give way calls nothing, though its status
/// names the account, in another namespace and by another provider object.
#[tokio::test]
async fn conflict_loser_deleted() {
    let scene = Scene::start("claims-loser").await;
    let ada = scene.settle(&user("ada")).await;
    scene.operator.stop().await;
    let other = Site::new("claims-loser-other").await;
    let both = Operator::new(&format!("{},{}", scene.namespace, other.namespace));
    both.start().await;
    same_provider(&scene, &other).await;
    other.apply(&user("thief").with("suspend", true).with("deletionPolicy", "Delete")).await;
    stands_still(&other, "thief").await;
    forge(&other, "thief", &ada).await;
    other.apply(&user("thief").with("deletionPolicy", "Delete")).await;
    gives_way(&other, "thief", &format!("ScimUser ada in the namespace {}", scene.namespace)).await;

    let mark = scene.proxy.mark();
    other.delete(Kind::User, "thief").await;
    other.gone(Kind::User, "thief").await;
    scene.wrote_nothing(mark);
    scene.ready(Kind::User, "ada").await;
    assert_eq!(scene.users_named(&user_name("ada")).await.len(), 1);
    both.stop().await;
    scene.operator.start().await;
    scene.end().await;
}

/// Who sees nothing of the other cluster finds somebody else's account there,
/// and the end of its namespace does not concern that.
#[tokio::test]
async fn two_clusters_same_names() {
    let scene = Scene::start("clusters-first").await;
    scene.settle(&user("ada")).await;
    let before = scene.users_named(&user_name("ada")).await;

    let second = Site::new("clusters-second").await;
    second.operator.start().await;
    same_provider(&scene, &second).await;
    let mark = scene.proxy.mark();
    second.apply(&user("ada").with("title", "Boss")).await;
    let stalled = second.not_ready(Kind::User, "ada", "AlreadyExists").await;
    assert_eq!(status(&stalled, "/anchor"), Value::Null, "{}", message(&stalled, "Ready"));
    second.delete_namespace().await;
    scene.wrote_nothing(mark);
    assert_eq!(scene.users_named(&user_name("ada")).await, before);
    second.operator.stop().await;
    scene.end().await;
}

/// Of two new objects that ask for the same account the older one gets it,
/// whichever is looked at first.
#[tokio::test]
async fn the_older_of_two_new_objects_goes_first() {
    let scene = Scene::start("claims-age").await;
    scene.operator.stop().await;
    let elder = scene.apply(&user("elder").with("userName", user_name("ada"))).await;
    is_older(&elder).await;
    scene.apply(&user("a-younger").with("userName", user_name("ADA"))).await;
    scene.operator.start().await;
    scene.ready(Kind::User, "elder").await;
    gives_way(&scene, "a-younger", "ScimUser elder").await;
    assert_eq!(scene.creations(), 1);
    scene.end().await;
}
