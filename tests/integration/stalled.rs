//! One object that cannot go on: it says why and what to do, touches nothing,
//! and does not stand in the way of others.

use serde_json::json;

use crate::support::{
    children::run_directory,
    control_plane::control_plane,
    objects::{Kind, PROVIDER, has, id, message, provider, status, user, user_name},
    proxy::{Answer, Match, Proxy, Recorded},
    scim_server::ScimServer,
    world::World,
};

fn writes(world: &World, mark: usize) -> Vec<Recorded> {
    world.proxy.since(mark).into_iter().filter(Recorded::writes).collect()
}

#[tokio::test]
async fn a_name_taken_by_somebody_else_is_left_alone() {
    let world = World::start("taken").await;
    world.settle_bystander().await;
    let stranger = json!({"userName": user_name("ada"), "title": "Somebody else"});
    let stranger = world.server.create("/Users", &stranger).await;
    let mark = world.proxy.mark();
    world.apply(&user("ada").with("title", "Analyst")).await;
    let stalled = world.not_ready(Kind::User, "ada", "AlreadyExists").await;
    assert!(has(&stalled, "Stalled", "True", "AlreadyExists"), "{stalled:#?}");
    let told = message(&stalled, "Ready");
    assert!(told.contains(stranger["id"].as_str().unwrap()), "which one: {told}");
    world.proxy.sweeps(world.proxy.mark(), 2).await;
    assert_eq!(world.writes_of(Kind::User, "ada").await.len(), 1);

    let before_deletion = world.proxy.mark();
    world.delete(Kind::User, "ada").await;
    world.gone(Kind::User, "ada").await;
    assert!(world.proxy.work_since(before_deletion).is_empty(), "its deletion calls nothing");
    assert!(writes(&world, mark).is_empty());
    assert_eq!(world.server.users_named(&user_name("ada")).await, [stranger], "exactly as it was");
}

#[tokio::test]
async fn a_user_that_the_server_refuses_stalls_with_its_words_and_others_go_on() {
    let world = World::start("refused-user").await;
    let detail = "title must be one of the corporate titles";
    let refusal = Answer::scim_error(400, "invalidValue", detail);
    world.proxy.on(Match::new("POST", "/Users").with_body(&user_name("bob"))).answer(refusal);
    let mark = world.proxy.mark();
    world.apply_all(["ada", "bob", "eve"].map(user)).await;
    let bob = world.not_ready(Kind::User, "bob", "RejectedByServer").await;
    assert!(has(&bob, "Stalled", "True", "RejectedByServer"), "{bob:#?}");
    let told = message(&bob, "Ready");
    assert!(told.contains(detail) && told.contains("400"), "{told}");
    for name in ["ada", "eve"] {
        world.ready(Kind::User, name).await;
    }
    world.proxy.sweeps(world.proxy.mark(), 2).await;
    let for_bob = writes(&world, mark).iter().filter(|it| it.body["userName"] == user_name("bob")).count();
    assert_eq!(for_bob, 1, "refused is refused, until the manifest changes");

    world.delete(Kind::User, "bob").await;
    world.gone(Kind::User, "bob").await;
    assert_eq!(world.server.all("/Users").await.len(), 2);
}

#[tokio::test]
async fn a_refused_change_stalls_and_a_better_one_goes_through() {
    let world = World::start("refused-change").await;
    world.settle(&user("ada").with("title", "Analyst")).await;
    let refusal = Answer::scim_error(400, "invalidValue", "no such title");
    world.proxy.on(Match::new("PATCH", "/Users").with_body("Wizard")).answer(refusal);
    world.apply(&user("ada").with("title", "Wizard")).await;
    world.not_ready(Kind::User, "ada", "RejectedByServer").await;
    world.settle(&user("ada").with("title", "Countess")).await;
    assert_eq!(world.server.users_named(&user_name("ada")).await[0]["title"], "Countess");
}

#[tokio::test]
async fn two_objects_for_one_person_do_not_fight() {
    let world = World::start("conflict").await;
    let ada = world.settle(&user("ada").with("title", "Analyst")).await;
    let mark = world.proxy.mark();
    world.apply(&user("ada-again").with("userName", user_name("ada")).with("title", "Boss")).await;
    let loser = world.not_ready(Kind::User, "ada-again", "Conflict").await;
    assert!(message(&loser, "Ready").contains(&id(&ada)), "which one: {}", message(&loser, "Ready"));
    world.delete(Kind::User, "ada-again").await;
    world.gone(Kind::User, "ada-again").await;
    assert!(writes(&world, mark).is_empty());
    assert_eq!(world.server.get("/Users", &id(&ada)).await.unwrap()["title"], "Analyst");
    world.ready(Kind::User, "ada").await;
}

#[tokio::test]
async fn a_stranger_under_the_same_id_is_not_deleted() {
    let world = World::start("mismatch").await;
    world.settle_bystander().await;
    let ada = world.settle(&user("ada")).await;
    let path = format!("/Users/{}", id(&ada));
    let stranger = world.proxy.on(Match::new("GET", &path)).alter(|answer| {
        answer.edit(|body| {
            body["meta"]["created"] = json!("2001-01-01T00:00:00Z");
            body["userName"] = json!("stranger@example.com");
        });
    });
    let mark = world.proxy.mark();
    world.delete(Kind::User, "ada").await;
    let stalled = world.not_ready(Kind::User, "ada", "IdentityMismatch").await;
    assert!(has(&stalled, "Stalled", "True", "IdentityMismatch"), "{stalled:#?}");
    world.proxy.sweeps(world.proxy.mark(), 2).await;
    assert!(writes(&world, mark).is_empty());
    assert!(world.server.get("/Users", &id(&ada)).await.is_some());

    world.proxy.remove(&stranger);
    world.merge(Kind::User, "ada", &json!({"spec": {"deletionPolicy": "Retain"}})).await;
    world.gone(Kind::User, "ada").await;
    assert!(writes(&world, mark).is_empty());
}

#[tokio::test]
async fn a_provider_that_moves_to_another_server_takes_nobody_along() {
    let world = World::start("moved").await;
    let ada = world.settle(&user("ada").with("title", "Analyst")).await;
    let other =
        ScimServer::start(world.server.kind(), &format!("{}-other", world.namespace), world.server.token())
            .await;
    let other_proxy = Proxy::start(&other).await;
    world.apply(&provider(&other_proxy.url())).await;
    world.ready(Kind::Provider, PROVIDER).await;
    world.apply(&user("ada").with("title", "Countess")).await;
    let stalled = world.not_ready(Kind::User, "ada", "EndpointChanged").await;
    assert_eq!(status(&stalled, "/anchor"), status(&ada, "/anchor"), "its identity is not forgotten");
    assert!(other_proxy.work_since(0).is_empty(), "nothing is asked of the other server about it");
    assert!(other.all("/Users").await.is_empty());

    world.apply(&world.provider()).await;
    world.ready(Kind::User, "ada").await;
    assert_eq!(world.server.users_named(&user_name("ada")).await[0]["title"], "Countess");
    assert_eq!(id(&world.get(Kind::User, "ada").await), id(&ada));
}

/// The API server takes it, and the JSON readers of its clients do not: a
/// list with it in it cannot be read as it is.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_object_nested_too_deeply_to_be_read_stalls_alone() {
    const LEVELS: usize = 200;
    let world = World::without_operator("deep").await;
    world.apply_provider().await;
    let nested = format!("{}1{}", "{\"a\":".repeat(LEVELS), "}".repeat(LEVELS));
    let manifest = format!(
        r#"{{"apiVersion": "scim-operator.dev/v1alpha1", "kind": "ScimUser", "metadata": {{"name": "deep"}},
            "spec": {{"providerRef": {{"kind": "ScimProvider", "name": "{PROVIDER}"}},
                      "userName": "deep@example.com", "attributes": {{"deep": {nested}}}}}}}"#
    );
    let file = run_directory().join(format!("{}.json", world.namespace));
    std::fs::write(&file, manifest).unwrap();
    let namespace = format!("--namespace={}", world.namespace);
    control_plane().kubectl(&["create", &namespace, "-f", file.to_str().unwrap()]).unwrap();
    world.apply(&user("ada")).await;

    world.operator.start().await;
    world.ready(Kind::User, "ada").await;
    let stalled = r#"--for=jsonpath={.status.conditions[?(@.type=="Stalled")].reason}=InvalidSpec"#;
    let wait = ["wait", &namespace, "scimuser/deep", stalled, "--timeout=60s"];
    control_plane().kubectl(&wait).unwrap();
    assert!(world.server.users_named("deep@example.com").await.is_empty());
    control_plane().kubectl(&["delete", &namespace, "scimuser/deep", "--timeout=60s"]).unwrap();
}
