//! What a profile says of a server decides what is asked and sent, and what is
//! wrong with a profile is said by its provider.

use kube::ResourceExt as _;
use serde_json::{Value, json};

use crate::support::{
    objects::{Kind, Manifest, PROVIDER, group, has, id, message, status, user, user_name},
    proxy::{Answer, Match, Purpose, Recorded, purposes},
    world::World,
};

/// Everything runs, with a server that is as the overrides say.
async fn world_with(name: &str, overrides: &Value) -> World {
    let world = World::with_operator(name).await;
    world.apply(&world.secret()).await;
    world.settle(&provider_with(&world, overrides)).await;
    world
}

fn provider_with(world: &World, overrides: &Value) -> Manifest {
    world.provider().with("overrides", overrides.clone())
}

fn writes(world: &World, mark: usize) -> Vec<Recorded> {
    world.proxy.since(mark).into_iter().filter(Recorded::writes).collect()
}

async fn told(world: &World, kind: Kind, name: &str, reason: &str) -> String {
    message(&world.not_ready(kind, name, reason).await, "Ready")
}

#[tokio::test]
async fn what_is_wrong_with_a_profile_is_named_and_mended_without_a_restart() {
    let world = World::with_operator("wrong-profile").await;
    world.apply(&world.secret()).await;
    world.apply(&user("ada")).await;
    let plain = || world.provider();
    for (wrong, field) in [
        (plain().with("profile", "acme"), "spec.profile"),
        (
            plain().with("overrides", json!({"users": {"filter": {"quotting": "None"}}})),
            "spec.overrides.users.filter",
        ),
        (plain().with("overrides", json!({"patch": {"shapes": 1}})), "spec.overrides.patch"),
        (
            plain().with(
                "overrides",
                json!({"users": {"attributes": {"nin": {"required": true, "mutability": "ReadOnly"}}}}),
            ),
            "spec.overrides.users.attributes.nin",
        ),
        (
            plain().with(
                "overrides",
                json!({"members": {"remove": "Put"}, "groups": {"operations": {"put": false}}}),
            ),
            "spec.overrides.members.remove",
        ),
        (
            plain().with("overrides", json!({"users": {"path": "/Tenants/{tenant}/Users"}})),
            "spec.parameters.tenant",
        ),
        (plain().with("parameters", json!({"tenant": "t1"})), "spec.parameters.tenant"),
    ] {
        world.apply(&wrong).await;
        let says = |message: &str| message.contains(field);
        world
            .until(Kind::Provider, PROVIDER, &format!("telling of {field}"), |object| {
                object.is_some_and(|object| {
                    has(object, "Stalled", "True", "InvalidSpec") && says(&message(object, "Ready"))
                })
            })
            .await;
    }
    assert!(world.proxy.since(0).is_empty(), "nothing is sent in a dialect that is not known");
    world.apply(&plain()).await;
    world.ready(Kind::User, "ada").await;
}

#[tokio::test]
async fn on_a_strict_server_a_user_is_created_by_one_request() {
    let world = world_with("strict-create", &json!({"users": {"creation": "Strict"}})).await;
    world.settle_bystander().await;
    let mark = world.proxy.mark();
    let ada = world.settle(&user("ada").with("title", "Analyst")).await;
    world.proxy.sweeps(world.proxy.mark(), 1).await;
    assert_eq!(purposes(&world.proxy.work_since(mark)), [Purpose::Create]);
    assert_eq!(world.writes_of(Kind::User, "ada").await.len(), 2);
    assert_eq!(world.server.get("/Users", &id(&ada)).await.unwrap()["title"], "Analyst");
}

#[tokio::test]
async fn on_a_strict_server_whoever_is_in_the_way_is_named_and_left_alone() {
    let world = world_with("strict-taken", &json!({"users": {"creation": "Strict"}})).await;
    world.settle_bystander().await;
    let stranger = world.server.create("/Users", &json!({"userName": user_name("ada")})).await;
    let mark = world.proxy.mark();
    world.apply(&user("ada").with("externalId", "7").with("title", "Analyst")).await;
    let told = told(&world, Kind::User, "ada", "AlreadyExists").await;
    assert!(told.contains(stranger["id"].as_str().unwrap()), "which one: {told}");
    let work = purposes(&world.proxy.work_since(mark));
    assert_eq!(work, [Purpose::Create, Purpose::Lookup, Purpose::Lookup], "by both keys");
    assert_eq!(
        world.server.users_named(&user_name("ada")).await,
        std::slice::from_ref(&stranger),
        "exactly as it was"
    );

    world.settle(&user("ada").with("title", "Analyst").with("adoptionPolicy", "Adopt")).await;
    let [ada] = &world.server.users_named(&user_name("ada")).await[..] else { panic!("there is one") };
    assert_eq!((&ada["id"], &ada["title"]), (&stranger["id"], &json!("Analyst")));
}

#[tokio::test]
async fn what_the_server_does_not_take_is_told_before_anything_is_sent() {
    let overrides = |title: &str| {
        json!({"users": {"attributes": {
            "title": {"mutability": title},
            "emails": {"maxValues": 1, "format": "Email"},
            "externalId": {"required": true},
        }}})
    };
    let world = world_with("not-taken", &overrides("ReadOnly")).await;
    world.settle(&user("bystander").with("externalId", "0")).await;
    let mark = world.proxy.mark();
    let two = json!([{"value": "a@example.com"}, {"value": "b@example.com"}]);
    world.apply(&user("ada").with("externalId", "1").with("title", "Analyst")).await;
    world.apply(&user("bob").with("externalId", "2").with("emails", two)).await;
    world.apply(&user("eve").with("externalId", "3").with("emails", json!([{"value": "nobody"}]))).await;
    world.apply(&user("pip")).await;
    for (name, reason, field) in [
        ("ada", "UnsupportedByServer", "spec.title "),
        ("bob", "UnsupportedByServer", "spec.emails "),
        ("eve", "InvalidSpec", "spec.emails "),
        ("pip", "InvalidSpec", "spec.externalId "),
    ] {
        let told = told(&world, Kind::User, name, reason).await;
        assert!(told.contains(field) && !told.contains("nobody"), "{name}: {told}");
        assert!(world.get(Kind::User, name).await.finalizers().is_empty(), "{name} has nothing to lose");
    }
    world.proxy.sweeps(world.proxy.mark(), 2).await;
    assert!(world.proxy.work_since(mark).is_empty(), "{:#?}", world.proxy.work_since(mark));

    // The provider corrects its profile, and its objects go on by themselves.
    world.settle(&provider_with(&world, &overrides("ReadWrite"))).await;
    world.ready(Kind::User, "ada").await;
    world.not_ready(Kind::User, "bob", "UnsupportedByServer").await;
}

#[tokio::test]
async fn who_was_in_sync_says_so_when_the_profile_no_longer_allows_it() {
    let world = world_with("narrowed", &json!({})).await;
    world.settle(&user("ada").with("title", "Analyst")).await;
    let mark = world.proxy.mark();
    world
        .settle(&provider_with(
            &world,
            &json!({"users": {"attributes": {"title": {"mutability": "ReadOnly"}}}}),
        ))
        .await;
    let told = told(&world, Kind::User, "ada", "UnsupportedByServer").await;
    assert!(told.contains("spec.title "), "{told}");
    assert!(writes(&world, mark).is_empty());
    world.settle(&user("ada")).await;
    let [ada] = &world.server.users_named(&user_name("ada")).await[..] else { panic!("there is one") };
    assert_eq!(ada["title"], "Analyst", "only the server sets it now");
}

#[tokio::test]
async fn a_server_without_groups_is_never_asked_for_any() {
    let world = world_with("no-groups", &json!({"groups": {"supported": false}})).await;
    world.settle(&user("ada")).await;
    world.apply(&group("crew", ["ada"])).await;
    let told = told(&world, Kind::Group, "crew", "UnsupportedByServer").await;
    assert!(told.contains("spec.overrides.groups.supported: true"), "{told}");
    world.proxy.sweeps(world.proxy.mark(), 2).await;
    let asked: Vec<_> =
        world.proxy.since(0).into_iter().filter(|it| it.path.starts_with("/Groups")).collect();
    assert!(asked.is_empty(), "{asked:#?}");
    assert!(world.get(Kind::Group, "crew").await.finalizers().is_empty());

    world.settle(&provider_with(&world, &json!({"groups": {"supported": true}}))).await;
    world.ready(Kind::Group, "crew").await;
}

#[tokio::test]
async fn what_nobody_can_change_is_named_and_the_rest_is_sent() {
    let overrides = json!({"users": {"attributes": {"title": {"mutability": "Immutable"}}}});
    let world = world_with("immutable", &overrides).await;
    let ada = world.settle(&user("ada").with("title", "Analyst").with("nickName", "Ada")).await;
    world.apply(&user("ada").with("title", "Countess").with("nickName", "Lady")).await;
    let told = told(&world, Kind::User, "ada", "ImmutableAttribute").await;
    assert!(told.contains("title") && !told.contains("Countess"), "{told}");
    let on_server = world.server.get("/Users", &id(&ada)).await.unwrap();
    assert_eq!((&on_server["title"], &on_server["nickName"]), (&json!("Analyst"), &json!("Lady")));
    let again = world.settle(&user("ada").with("title", "Analyst").with("nickName", "Lady")).await;
    assert_eq!(id(&ada), id(&again));
    let mark = world.proxy.mark();
    world.settle(&user("ada").with("nickName", "Lady")).await;
    assert!(writes(&world, mark).is_empty(), "nor can it be removed: it is let go");
}

#[tokio::test]
async fn what_nobody_can_read_is_sent_when_the_manifest_changes() {
    let overrides = json!({"users": {"attributes": {"title": {"returned": "Never"}}}});
    let world = world_with("never-returned", &overrides).await;
    let ada = world.settle(&user("ada").with("title", "Analyst")).await;
    let path = "/Users";
    assert_eq!(world.server.get(path, &id(&ada)).await.unwrap()["title"], "Analyst");
    let mark = world.proxy.mark();
    world.server.patch(path, &id(&ada), json!({"op": "replace", "path": "title", "value": "Other"})).await;
    world.merge(Kind::User, "ada", &asked_to_compare("1")).await;
    compared(&world, "ada", "1").await;
    assert!(writes(&world, mark).is_empty(), "what it is cannot be told");

    let ada = world.settle(&user("ada").with("title", "Countess")).await;
    assert_eq!(world.server.get(path, &id(&ada)).await.unwrap()["title"], "Countess");
    assert!(!has(&ada, "ServerNormalized", "True", "Succeeded"), "it is hidden, and not ignored");
    let mark = world.proxy.mark();
    world.operator.stop().await;
    world.operator.start().await;
    world.proxy.sweeps(mark, 2).await;
    assert!(writes(&world, mark).is_empty(), "it was sent, restart or not");
    world.settle(&user("ada")).await;
    assert_eq!(world.server.get(path, &id(&ada)).await.unwrap().get("title"), None, "and is removed once");
    assert_eq!(writes(&world, mark).len(), 1);
}

#[tokio::test]
async fn what_is_sent_once_or_later_is_sent_then() {
    let overrides = json!({"users": {"attributes": {
        "nickName": {"sent": "AtCreation"},
        "title": {"sent": "AfterCreation"},
    }}});
    let world = world_with("sent-when", &overrides).await;
    world.settle_bystander().await;
    let mark = world.proxy.mark();
    let ada = world.settle(&user("ada").with("nickName", "Ada").with("title", "Analyst")).await;
    let sent = writes(&world, mark);
    assert_eq!(purposes(&sent), [Purpose::Create, Purpose::Patch]);
    assert_eq!((&sent[0].body["nickName"], &sent[0].body["title"]), (&json!("Ada"), &Value::Null));
    let mark = world.proxy.mark();
    world.settle(&user("ada").with("nickName", "Lady").with("title", "Analyst")).await;
    assert!(writes(&world, mark).is_empty(), "it was for the creation alone");
    assert_eq!(world.server.get("/Users", &id(&ada)).await.unwrap()["nickName"], "Ada");
}

#[tokio::test]
async fn an_account_is_not_destroyed_by_the_way() {
    let overrides = json!({"users": {"deactivation": "Destructive", "deletion": "Irreversible"}});
    let world = world_with("destructive", &overrides).await;
    let ada = world.settle(&user("ada").with("active", true)).await;
    let ready = message(&ada, "Ready");
    assert!(ready.contains("for good") && ready.contains("deletionPolicy: Retain"), "{ready}");
    let mark = world.proxy.mark();
    world.apply(&user("ada").with("active", false)).await;
    let told = told(&world, Kind::User, "ada", "UnsupportedByServer").await;
    assert!(told.contains("spec.active: false") && told.contains("deletionPolicy: Delete"), "{told}");
    world.apply(&user("bob").with("deletionPolicy", "Deactivate")).await;
    world.not_ready(Kind::User, "bob", "UnsupportedByServer").await;
    assert!(writes(&world, mark).is_empty());
    world.settle(&user("ada").with("active", false).with("deletionPolicy", "Delete")).await;
    assert_eq!(world.server.get("/Users", &id(&ada)).await.unwrap()["active"], false);
}

#[tokio::test]
async fn a_server_that_deletes_nobody_is_not_asked_to() {
    let world = world_with("no-delete", &json!({"users": {"deletion": "Unsupported"}})).await;
    let ada = world.settle(&user("ada")).await;
    let mark = world.proxy.mark();
    world.delete(Kind::User, "ada").await;
    let told = told(&world, Kind::User, "ada", "UnsupportedByServer").await;
    assert!(told.contains("deletionPolicy: Retain") && told.contains("Deactivate"), "{told}");
    world.merge(Kind::User, "ada", &json!({"spec": {"deletionPolicy": "Deactivate"}})).await;
    world.gone(Kind::User, "ada").await;
    assert_eq!(purposes(&writes(&world, mark)), [Purpose::Patch]);
    assert_eq!(world.server.get("/Users", &id(&ada)).await.unwrap()["active"], false);
}

/// Longer than a busy machine takes from a change to the second sweep after it.
const GRACE: &str = "20s";

fn asked_to_compare(when: &str) -> Value {
    json!({"metadata": {"annotations": {"scim-operator.dev/reconcile-requested-at": when}}})
}

async fn compared(world: &World, name: &str, when: &str) {
    world
        .until(Kind::User, name, "compared", |object| {
            object.is_some_and(|object| status(object, "/lastHandledReconcileAt") == when)
        })
        .await;
}

#[tokio::test]
async fn what_a_server_does_not_show_yet_is_not_created_again() {
    let world = world_with("shown-late", &json!({"consistency": {"grace": GRACE}})).await;
    let missing = world.proxy.on(Match::new("GET", "/Users/").nth(1));
    missing.answer(Answer::scim_error(404, "", "no such user"));
    let mark = world.proxy.mark();
    world.settle(&user("ada")).await;
    world.merge(Kind::User, "ada", &asked_to_compare("1")).await;
    compared(&world, "ada", "1").await;
    let read: Vec<_> =
        world.proxy.work_since(mark).into_iter().filter(|it| it.purpose() != Purpose::Lookup).collect();
    assert_eq!(
        purposes(&read),
        [Purpose::Create, Purpose::Read, Purpose::Read],
        "it was there the second time"
    );
    assert_eq!(world.server.users_named(&user_name("ada")).await.len(), 1);
}

#[tokio::test]
async fn an_old_value_is_no_drift_until_the_server_should_show_the_new_one() {
    let world = world_with("old-value", &json!({"consistency": {"grace": GRACE}})).await;
    let ada = world.settle(&user("ada").with("title", "Analyst")).await;
    let mark = world.proxy.mark();
    world.server.patch("/Users", &id(&ada), json!({"op": "replace", "path": "title", "value": "Old"})).await;
    world.merge(Kind::User, "ada", &asked_to_compare("1")).await;
    world.proxy.sweeps(world.proxy.mark(), 2).await;
    assert!(writes(&world, mark).is_empty(), "it may be shown late");
    compared(&world, "ada", "1").await;
    let on_server = world.server.get("/Users", &id(&ada)).await.unwrap();
    assert_eq!(on_server["title"], "Analyst", "it was no old answer, and is mended");
}
