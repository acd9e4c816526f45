//! Objects that only look, objects that stand still, and users that are
//! deactivated instead of deleted.

use serde_json::json;

use crate::support::{
    objects::{Kind, Manifest, condition, has, id, message, status, user, user_name},
    proxy::{Purpose, Recorded, purposes},
    world::World,
};

fn observer(name: &str) -> Manifest {
    user(name).with("mode", "Observe")
}

fn writes(world: &World, mark: usize) -> Vec<Recorded> {
    world.proxy.since(mark).into_iter().filter(Recorded::writes).collect()
}

#[tokio::test]
async fn an_observer_shows_who_is_there_and_what_differs_and_writes_only_news() {
    let world = World::start("observe").await;
    let ada = json!({"userName": user_name("ada"), "title": "Analyst"});
    let ada = world.server.create("/Users", &ada).await["id"].as_str().unwrap().to_owned();
    let mark = world.proxy.mark();
    let seen = world.settle(&observer("ada").with("title", "Boss")).await;
    assert_eq!(purposes(&world.proxy.work_since(mark)), [Purpose::Lookup]);
    assert_eq!(id(&seen), ada);
    assert_eq!(status(&seen, "/anchor"), json!(null));
    assert!(has(&seen, "Ready", "True", "Observing"), "{seen:#?}");
    assert!(has(&seen, "Synced", "False", "Observing"), "{seen:#?}");
    let told = message(&seen, "Ready");
    assert!(told.contains("title") && !told.contains("Analyst"), "paths, no values: {told}");
    assert_eq!(seen.metadata.finalizers, None);

    world.proxy.sweeps(world.proxy.mark(), 2).await;
    assert_eq!(purposes(&world.proxy.work_since(mark)), [Purpose::Lookup], "as long as nothing changes");
    assert_eq!(world.writes_of(Kind::User, "ada").await.len(), 1);

    world.server.patch("/Users", &ada, json!({"op": "replace", "path": "title", "value": "Boss"})).await;
    let is_equal = |object: Option<&kube::api::DynamicObject>| {
        object.is_some_and(|object| has(object, "Synced", "True", "Observing"))
    };
    world.until(Kind::User, "ada", "an observation of the change", is_equal).await;

    world.delete(Kind::User, "ada").await;
    world.gone(Kind::User, "ada").await;
    assert!(writes(&world, mark).is_empty());
    assert!(world.server.get("/Users", &ada).await.is_some());
}

#[tokio::test]
async fn an_observer_waits_for_somebody_and_notices_that_they_are_gone() {
    let world = World::start("observe-nobody").await;
    let mark = world.proxy.mark();
    world.apply(&observer("ada")).await;
    world.not_ready(Kind::User, "ada", "RemoteMissing").await;
    let ada = world.server.create("/Users", &json!({"userName": user_name("ada")})).await;
    let seen = world.ready(Kind::User, "ada").await;
    assert_eq!(id(&seen), ada["id"].as_str().unwrap());
    world.server.delete("/Users", &id(&seen)).await;
    let missing = world.not_ready(Kind::User, "ada", "RemoteMissing").await;
    assert_eq!(status(&missing, "/id"), json!(null));
    assert!(writes(&world, mark).is_empty());
}

#[tokio::test]
async fn an_observer_does_not_keep_others_from_managing() {
    let world = World::start("observe-claim").await;
    let managed = world.settle(&user("ada").with("title", "Analyst")).await;
    let seen = world.settle(&observer("watcher").with("userName", user_name("ada"))).await;
    assert_eq!(id(&seen), id(&managed));
    world.settle(&user("ada").with("title", "Boss")).await;
    world.delete(Kind::User, "ada").await;
    world.gone(Kind::User, "ada").await;
    assert_eq!(world.server.get("/Users", &id(&managed)).await, None);
}

#[tokio::test]
async fn who_stops_managing_gives_up_the_claim_and_starts_like_anew() {
    let world = World::start("observe-switch").await;
    let ada = world.settle(&user("ada").with("title", "Analyst")).await;
    let mark = world.proxy.mark();
    let seen = world.settle(&observer("ada").with("title", "Analyst")).await;
    assert_eq!((id(&seen), status(&seen, "/anchor")), (id(&ada), json!(null)));
    assert_eq!(seen.metadata.finalizers.as_deref().unwrap_or_default(), [] as [String; 0]);
    assert!(has(&seen, "Ready", "True", "Observing"), "{seen:#?}");

    world.apply(&user("ada").with("title", "Boss")).await;
    world.not_ready(Kind::User, "ada", "AlreadyExists").await;
    assert!(writes(&world, mark).is_empty());
    let adopted = world.settle(&user("ada").with("title", "Boss").with("adoptionPolicy", "Adopt")).await;
    assert_eq!((id(&adopted), status(&adopted, "/origin")), (id(&ada), json!("Adopted")));
}

#[tokio::test]
async fn a_suspended_user_stands_still_until_it_goes_on() {
    let world = World::start("suspend").await;
    world.settle_bystander().await;
    let ada = world.settle(&user("ada").with("title", "Analyst")).await;
    let mark = world.proxy.mark();
    let before = world.writes_of(Kind::User, "ada").await.len();
    world.apply(&user("ada").with("title", "Boss").with("suspend", true)).await;
    let is_still = |object: Option<&kube::api::DynamicObject>| {
        object.is_some_and(|object| has(object, "Ready", "Unknown", "Suspended"))
    };
    let still = world.until(Kind::User, "ada", "Suspended", is_still).await.unwrap();
    assert_eq!(condition(&still, "Stalled"), None);
    let drift = json!({"op": "replace", "path": "title", "value": "Wizard"});
    world.server.patch("/Users", &id(&ada), drift).await;
    world.proxy.sweeps(world.proxy.mark(), 2).await;
    assert!(world.proxy.work_since(mark).is_empty(), "{:#?}", world.proxy.work_since(mark));
    assert_eq!(world.writes_of(Kind::User, "ada").await.len(), before + 1, "it says so once");

    world.delete(Kind::User, "ada").await;
    let waits = |object: Option<&kube::api::DynamicObject>| {
        object.is_some_and(|object| {
            object.metadata.deletion_timestamp.is_some()
                && condition(object, "Ready").is_some()
                && message(object, "Ready").contains("deletion waits")
        })
    };
    world.until(Kind::User, "ada", "a deletion that waits", waits).await;
    assert!(world.proxy.work_since(mark).is_empty());
    world.merge(Kind::User, "ada", &json!({"spec": {"suspend": false}})).await;
    world.gone(Kind::User, "ada").await;
    assert_eq!(world.server.get("/Users", &id(&ada)).await, None);
}

#[tokio::test]
async fn deactivating_a_user_takes_two_requests_and_one_write() {
    let world = World::start("deactivate").await;
    world.settle_bystander().await;
    let ada = world.settle(&user("ada").with("title", "Analyst").with("deletionPolicy", "Deactivate")).await;
    let mark = world.proxy.mark();
    let before = world.writes_of(Kind::User, "ada").await.len();
    world.delete(Kind::User, "ada").await;
    world.gone(Kind::User, "ada").await;
    world.proxy.sweeps(world.proxy.mark(), 1).await;
    assert_eq!(purposes(&world.proxy.work_since(mark)), [Purpose::Read, Purpose::Patch]);
    assert_eq!(world.writes_of(Kind::User, "ada").await.len(), before + 1);
    let on_server = world.server.get("/Users", &id(&ada)).await.unwrap();
    assert_eq!((&on_server["active"], &on_server["title"]), (&json!(false), &json!("Analyst")));
}

#[tokio::test]
async fn a_user_that_is_inactive_already_is_only_read() {
    let world = World::start("deactivated").await;
    let off = user("ada").with("active", false).with("deletionPolicy", "Deactivate");
    let ada = world.settle(&off).await;
    let mark = world.proxy.mark();
    world.delete(Kind::User, "ada").await;
    world.gone(Kind::User, "ada").await;
    assert_eq!(purposes(&world.proxy.work_since(mark)), [Purpose::Read]);
    assert!(world.server.get("/Users", &id(&ada)).await.is_some());
}

#[tokio::test]
async fn the_providers_deactivation_is_for_users_and_groups_stay() {
    let world = World::with_operator("deactivate-all").await;
    world.apply(&world.secret()).await;
    world.settle(&world.provider().with("deletionPolicy", "Deactivate")).await;
    let ada = world.settle(&user("ada")).await;
    let team = world.settle(&crate::support::objects::group("team", ["ada"])).await;
    for (kind, name) in [(Kind::Group, "team"), (Kind::User, "ada")] {
        world.delete(kind, name).await;
        world.gone(kind, name).await;
    }
    assert_eq!(world.server.get("/Users", &id(&ada)).await.unwrap()["active"], json!(false));
    assert!(world.server.get("/Groups", &id(&team)).await.is_some());
}
