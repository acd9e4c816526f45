//! Passwords from Secrets: sent with the creation and when they change, never
//! otherwise, and never told to anybody.

use kube::api::{DynamicObject, ListParams};
use serde_json::{Value, json};

use crate::support::{
    objects::{Kind, Manifest, has, id, message, secret, secret_without_hosts, status, user, user_name},
    proxy::{Answer, Match, Purpose, Recorded, purposes},
    wait,
    world::World,
};

const HOST: &str = "127.0.0.1";

fn named(mut secret: Manifest, password: &str) -> Manifest {
    secret.value["metadata"]["name"] = json!("ada-password");
    secret.value["stringData"] = json!({"password": password});
    secret
}

fn password(password: &str) -> Manifest {
    named(secret("", HOST), password)
}

fn ada() -> Manifest {
    user("ada").with("passwordSecretRef", json!({"name": "ada-password", "key": "password"}))
}

/// The passwords that were sent by PATCH since a mark.
fn sent_since(world: &World, mark: usize) -> Vec<Value> {
    let records = world.proxy.since(mark);
    let operations = records.iter().filter(|it| it.purpose() == Purpose::Patch).flat_map(operations);
    operations.filter(|operation| operation["path"] == "password").map(|it| it["value"].clone()).collect()
}

fn operations(record: &Recorded) -> Vec<Value> {
    record.body["Operations"].as_array().cloned().unwrap_or_default()
}

async fn until_sent(world: &World, mark: usize, value: &str) {
    let deadline = wait::DEADLINE;
    world
        .proxy
        .until(mark, "PATCH with the password", deadline, |records| {
            records.iter().flat_map(operations).any(|operation| operation["value"] == value)
        })
        .await;
    world.ready(Kind::User, "ada").await;
}

#[tokio::test]
async fn a_password_goes_out_with_the_creation_and_then_only_when_it_changes() {
    let world = World::start("password").await;
    world.apply(&password("first-secret")).await;
    let mark = world.proxy.mark();
    let created = world.settle(&ada()).await;
    let requests = world.proxy.work_since(mark);
    assert_eq!(purposes(&requests), [Purpose::Lookup, Purpose::Create]);
    assert_eq!(requests[1].body["password"], "first-secret");
    let digest = status(&created, "/passwordDigest");
    assert!(!digest.as_str().unwrap().contains("first-secret"));
    let text = serde_json::to_string(&world.get(Kind::User, "ada").await).unwrap();
    assert!(!text.contains("first-secret"), "neither status nor annotations tell it: {text}");

    let relabelled = json!({"metadata": {"labels": {"team": "platform"}}});
    world.merge(Kind::Secret, "ada-password", &relabelled).await;
    world.proxy.sweeps(world.proxy.mark(), 2).await;
    assert_eq!(world.proxy.work_since(mark).len(), 2, "a label is no password");

    let before = world.writes_of(Kind::User, "ada").await.len();
    let changed = world.proxy.mark();
    world.apply(&password("second-secret")).await;
    until_sent(&world, changed, "second-secret").await;
    world.proxy.sweeps(world.proxy.mark(), 2).await;
    assert_eq!(purposes(&world.proxy.work_since(changed)), [Purpose::Read, Purpose::Patch]);
    assert_eq!(world.writes_of(Kind::User, "ada").await.len(), before + 1);
    assert!(!world.operator.log().contains("second-secret"));
}

#[tokio::test]
async fn nobody_is_created_without_their_password() {
    let world = World::start("password-first").await;
    let mark = world.proxy.mark();
    world.apply(&ada()).await;
    world.not_ready(Kind::User, "ada", "SecretNotFound").await;
    world.apply(&named(secret_without_hosts(""), "first-secret")).await;
    let refused = world.not_ready(Kind::User, "ada", "SecretNotAllowed").await;
    assert!(message(&refused, "Ready").contains(HOST), "{}", message(&refused, "Ready"));
    assert!(!world.proxy.since(mark).iter().any(Recorded::writes));
    assert_eq!(refused.metadata.finalizers, None);

    world.apply(&password("first-secret")).await;
    world.ready(Kind::User, "ada").await;
}

#[tokio::test]
async fn a_password_edited_while_the_server_is_down_is_sent_once_the_latest() {
    let world = World::start("password-outage").await;
    world.apply(&password("first-secret")).await;
    world.settle(&ada()).await;
    let outage = world.proxy.on(Match::any()).answer(Answer::new(503, "text/plain", "down"));
    let mark = world.proxy.mark();
    world.apply(&password("second-secret")).await;
    world
        .until(Kind::Provider, "idp", "not Ready", |it| !it.is_some_and(crate::support::objects::is_ready))
        .await;
    world.apply(&password("third-secret")).await;
    world.proxy.remove(&outage);
    until_sent(&world, mark, "third-secret").await;
    world.proxy.sweeps(world.proxy.mark(), 2).await;
    assert_eq!(sent_since(&world, mark), ["third-secret"]);
}

#[tokio::test]
async fn whoever_is_adopted_keeps_their_password_until_the_next_one() {
    let world = World::start("password-adopt").await;
    world.server.create("/Users", &json!({"userName": user_name("ada")})).await;
    world.apply(&password("first-secret")).await;
    let mark = world.proxy.mark();
    let adopted = world.settle(&ada().with("adoptionPolicy", "Adopt")).await;
    assert!(status(&adopted, "/passwordDigest").is_string());
    world.proxy.sweeps(world.proxy.mark(), 1).await;
    assert!(sent_since(&world, mark).is_empty());
    let told = |event: &DynamicObject| event.data["reason"] == "PasswordNotSent";
    wait::until_count(&world.api(Kind::Event), 1, "PasswordNotSent", wait::DEADLINE, told).await;
    world.apply(&password("second-secret")).await;
    until_sent(&world, mark, "second-secret").await;
    assert_eq!(sent_since(&world, mark), ["second-secret"]);
    let events = world.api(Kind::Event).list(&ListParams::default()).await.unwrap();
    let [event] = events.items.into_iter().filter(told).collect::<Vec<_>>().try_into().unwrap();
    assert_eq!(event.data["type"], "Warning");
    assert_eq!(
        (&event.data["regarding"]["kind"], &event.data["regarding"]["name"]),
        (&json!("ScimUser"), &json!("ada"))
    );
    assert_eq!(event.data["series"], Value::Null, "told once");
    let note = event.data["note"].as_str().unwrap();
    assert!(note.contains("was not sent") && !note.contains("-secret"), "{note}");
}

#[tokio::test]
async fn a_password_that_the_server_refuses_keeps_nothing_else_out() {
    let world = World::start("password-refused").await;
    world.apply(&password("first-secret")).await;
    let created = world.settle(&ada()).await;
    let words = "\"weak\" is no good";
    world.proxy.on(Match::new("PATCH", "/Users").with_body("\"weak\"")).answer(Answer::scim_error(
        400,
        "invalidValue",
        words,
    ));
    world.apply(&password("weak")).await;
    world.apply(&ada().with("title", "Boss")).await;
    let refused = world.not_ready(Kind::User, "ada", "PasswordRejected").await;
    assert!(has(&refused, "Stalled", "True", "PasswordRejected"), "{refused:#?}");
    let told = message(&refused, "Ready");
    assert!(!told.contains("weak") && told.contains("400"), "{told}");
    assert_eq!(world.server.get("/Users", &id(&created)).await.unwrap()["title"], "Boss");

    let mark = world.proxy.mark();
    world.apply(&password("second-secret")).await;
    world.merge(Kind::User, "ada", &requested("now")).await;
    until_sent(&world, mark, "second-secret").await;
}

fn requested(value: &str) -> Value {
    json!({"metadata": {"annotations": {"scim-operator.dev/reconcile-requested-at": value}}})
}

#[tokio::test]
async fn a_request_to_compare_reads_once_and_is_noted() {
    let world = World::start("requested").await;
    world.settle(&user("ada").with("title", "Analyst")).await;
    let mark = world.proxy.mark();
    let before = world.writes_of(Kind::User, "ada").await.len();
    world.merge(Kind::User, "ada", &requested("2026-01-01T00:00:00Z")).await;
    let noted = |object: Option<&kube::api::DynamicObject>| {
        object.is_some_and(|object| status(object, "/lastHandledReconcileAt") == "2026-01-01T00:00:00Z")
    };
    world.until(Kind::User, "ada", "a note of the request", noted).await;
    world.proxy.sweeps(world.proxy.mark(), 1).await;
    assert_eq!(purposes(&world.proxy.work_since(mark)), [Purpose::Read]);
    assert_eq!(world.writes_of(Kind::User, "ada").await.len(), before + 1);
}

#[tokio::test]
async fn killed_before_the_creation_was_recorded_the_password_is_known_to_be_there() {
    let world = World::start("password-kill-post").await;
    world.apply(&password("first-secret")).await;
    let rule = world.proxy.on(Match::new("POST", "/Users").nth(1)).close_after(world.operator.killer());
    world.apply(&ada()).await;
    rule.hit().await;
    world.operator.forget();
    let mark = world.proxy.mark();
    world.operator.start().await;
    world.ready(Kind::User, "ada").await;
    assert_eq!(sent_since(&world, mark), [""; 0], "the creation had it in it");
    assert_eq!(world.server.all("/Users").await.len(), 1);
    world.apply(&password("second-secret")).await;
    until_sent(&world, mark, "second-secret").await;
}

#[tokio::test]
async fn killed_before_a_password_was_recorded_the_latest_one_is_sent() {
    let world = World::start("password-kill-patch").await;
    world.apply(&password("first-secret")).await;
    world.settle(&ada()).await;
    let rule = world.proxy.on(Match::new("PATCH", "/Users").nth(1)).close_after(world.operator.killer());
    world.apply(&password("second-secret")).await;
    rule.hit().await;
    world.operator.forget();
    world.apply(&password("third-secret")).await;
    let mark = world.proxy.mark();
    world.operator.start().await;
    until_sent(&world, mark, "third-secret").await;
    world.proxy.sweeps(world.proxy.mark(), 1).await;
    assert_eq!(sent_since(&world, mark), ["third-secret"]);
}

#[tokio::test]
async fn a_password_that_the_manifest_no_longer_names_is_let_go() {
    let world = World::start("password-gone").await;
    world.apply(&password("first-secret")).await;
    world.settle(&ada()).await;
    let mark = world.proxy.mark();
    let without = world.settle(&user("ada")).await;
    assert_eq!(status(&without, "/passwordDigest"), Value::Null);
    world.apply(&password("second-secret")).await;
    world.proxy.sweeps(world.proxy.mark(), 2).await;
    assert_eq!(purposes(&world.proxy.work_since(mark)), [Purpose::Read]);
}
