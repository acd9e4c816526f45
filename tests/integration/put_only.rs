//! A server without PATCH that insists on `If-Match`: changes are PUTs of
//! everything that was read, at the version that was read.

use serde_json::{Value, json};

use crate::support::{
    objects::{Kind, Manifest, group, id, message, user},
    proxy::{Proxy, Purpose, purposes},
    put_server::{BASE, PatchHabit, PutServer},
    wait,
    world::World,
};

/// An extension that the operator has never heard of.
const BADGES: &str = "urn:example:params:scim:schemas:extension:badges:2.0:User";

/// A world with this server in the place of its own.
async fn world_with(name: &str, habit: PatchHabit) -> (World, PutServer) {
    let mut world = World::with_operator(name).await;
    let server = PutServer::start(world.server.token(), habit).await;
    world.proxy = Proxy::before(server.port(), BASE).await;
    world.apply_provider().await;
    world.ready(Kind::Provider, "idp").await;
    (world, server)
}

/// What somebody else put on a user: known attributes, an unknown one, and an
/// unknown extension.
fn foreign() -> Value {
    json!({
        "nickName": "Countess",
        "phoneNumbers": [{"value": "tel:+1-201-555-0123", "type": "work"}],
        "costBadge": {"colour": "green"},
        BADGES: {"badges": ["founder"]},
    })
}

fn add(resource: &mut Value, attributes: &Value) {
    for (name, value) in attributes.as_object().unwrap() {
        resource[name] = value.clone();
    }
    if let Some(schemas) = resource["schemas"].as_array_mut() {
        schemas.push(json!(BADGES));
    }
}

fn holds(found: &Value, wanted: &Value) -> bool {
    wanted.as_object().unwrap().iter().all(|(name, value)| &found[name] == value)
}

/// Applies a change, and answers what it took.
async fn cost_of(world: &World, manifest: &Manifest) -> Vec<Purpose> {
    let mark = world.proxy.mark();
    world.settle(manifest).await;
    world.proxy.sweeps(world.proxy.mark(), 1).await;
    purposes(&world.proxy.work_since(mark))
}

#[tokio::test]
async fn a_change_takes_a_get_and_a_put_that_keeps_what_others_set() {
    let (world, server) = world_with("put-merge", PatchHabit::NotImplemented).await;
    let ada = id(&world.settle(&user("ada").with("title", "Analyst").with("active", true)).await);
    server.edit("/Users", &ada, |resource| add(resource, &foreign()));

    let change = user("ada").with("title", "Countess").with("active", true);
    assert_eq!(cost_of(&world, &change).await, [Purpose::Read, Purpose::Replace]);
    let on_server = server.get("/Users", &ada);
    assert_eq!((&on_server["title"], &on_server["active"]), (&json!("Countess"), &json!(true)));
    assert!(holds(&on_server, &foreign()), "{on_server:#}");
    let schemas = on_server["schemas"].as_array().unwrap();
    assert!(schemas.contains(&json!(BADGES)), "{on_server:#}");
    let [put] = server.puts().try_into().unwrap();
    assert_eq!(put.if_match.as_deref(), Some("W/\"2\""), "the version that was read");
    assert_eq!(put.status, 200);

    world.proxy.sweeps(world.proxy.mark(), 2).await;
    assert_eq!(server.puts().len(), 1, "and no more");
}

#[tokio::test]
async fn what_goes_from_the_manifest_is_left_out_of_the_put() {
    let (world, server) = world_with("put-removal", PatchHabit::NotImplemented).await;
    let enterprise = json!({"department": "Programs", "costCenter": "4130"});
    let ada = world.settle(&user("ada").with("title", "Analyst").with("enterprise", enterprise)).await;
    server.edit("/Users", &id(&ada), |resource| add(resource, &foreign()));

    let change = user("ada").with("enterprise", json!({"department": "Programs"}));
    assert_eq!(cost_of(&world, &change).await, [Purpose::Read, Purpose::Replace]);
    let on_server = server.get("/Users", &id(&ada));
    assert_eq!(on_server.get("title"), None, "{on_server:#}");
    let extension = &on_server["urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"];
    assert_eq!(*extension, json!({"department": "Programs"}));
    assert!(holds(&on_server, &foreign()), "{on_server:#}");
}

#[tokio::test]
async fn an_extension_that_comes_in_by_put_is_among_its_schemas() {
    let (world, server) = world_with("put-schemas", PatchHabit::NotImplemented).await;
    let ada = id(&world.settle(&user("ada")).await);
    let department = json!({"department": "Programs"});
    world.settle(&user("ada").with("enterprise", department.clone())).await;
    let on_server = server.get("/Users", &ada);
    let urn = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
    assert_eq!(on_server[urn], department);
    assert!(on_server["schemas"].as_array().unwrap().contains(&json!(urn)), "{on_server:#}");
}

#[tokio::test]
async fn drift_is_healed_by_put() {
    let (world, server) = world_with("put-drift", PatchHabit::NotImplemented).await;
    let ada = id(&world.settle(&user("ada").with("title", "Analyst")).await);
    server.edit("/Users", &ada, |resource| {
        add(resource, &foreign());
        resource["title"] = json!("Boss");
    });
    wait::poll("old title", wait::DEADLINE, || async {
        let on_server = server.get("/Users", &ada);
        (on_server["title"] == "Analyst").then_some(()).ok_or_else(|| format!("{on_server:#}"))
    })
    .await;
    assert!(holds(&server.get("/Users", &ada), &foreign()));
}

/// The server says that it can, and cannot: that costs one request, once.
#[tokio::test]
async fn a_promise_of_patch_that_is_not_kept_is_tried_once() {
    let (world, server) = world_with("put-promise", PatchHabit::Promised).await;
    let ada = id(&world.settle(&user("ada").with("title", "Analyst")).await);
    let first = cost_of(&world, &user("ada").with("title", "Boss")).await;
    assert_eq!(first.iter().filter(|it| **it == Purpose::Patch).count(), 1, "{first:?}");
    assert_eq!(first.last(), Some(&Purpose::Replace), "{first:?}");
    let second = cost_of(&world, &user("ada").with("title", "Countess")).await;
    assert_eq!(second, [Purpose::Read, Purpose::Replace]);
    assert_eq!(server.get("/Users", &ada)["title"], "Countess");
}

#[tokio::test]
async fn a_server_that_does_not_allow_patch_gets_none() {
    let (world, server) = world_with("put-405", PatchHabit::NotAllowed).await;
    let ada = id(&world.settle(&user("ada").with("title", "Analyst")).await);
    let change = user("ada").with("title", "Countess");
    assert_eq!(cost_of(&world, &change).await, [Purpose::Read, Purpose::Replace]);
    assert_eq!(server.get("/Users", &ada)["title"], "Countess");
}

#[tokio::test]
async fn somebody_elses_change_between_get_and_put_is_read_and_kept() {
    let (world, server) = world_with("put-race", PatchHabit::NotImplemented).await;
    let ada = id(&world.settle(&user("ada").with("title", "Analyst")).await);
    server.meddle(1, |resource| resource["nickName"] = json!("Countess"));

    let cost = cost_of(&world, &user("ada").with("title", "Boss")).await;
    assert_eq!(cost, [Purpose::Read, Purpose::Replace, Purpose::Read, Purpose::Replace]);
    let statuses: Vec<_> = server.puts().iter().map(|put| put.status).collect();
    assert_eq!(statuses, [412, 200]);
    let on_server = server.get("/Users", &ada);
    assert_eq!((&on_server["title"], &on_server["nickName"]), (&json!("Boss"), &json!("Countess")));
}

/// Read and planned again three times, and then later: the version is never
/// forced. Whoever looks sees why it waits.
#[tokio::test]
async fn somebody_who_is_always_faster_makes_it_wait() {
    const FASTER: usize = 9;
    let (world, server) = world_with("put-races", PatchHabit::NotImplemented).await;
    let ada = id(&world.settle(&user("ada").with("title", "Analyst")).await);
    let mut times = 0;
    server.meddle(FASTER, move |resource| {
        times += 1;
        resource["nickName"] = json!(format!("changed {times} times"));
    });
    let mark = world.proxy.mark();
    world.apply(&user("ada").with("title", "Boss")).await;
    let waits = world.not_ready(Kind::User, "ada", "Progressing").await;
    let told = message(&waits, "Ready");
    assert!(told.contains("changed by somebody else in between, HTTP 412"), "{told}");
    world.ready(Kind::User, "ada").await;
    let statuses: Vec<_> = server.puts().iter().map(|put| put.status).collect();
    assert_eq!(statuses, [&[412; FASTER][..], &[200]].concat());
    let requests = purposes(&world.proxy.work_since(mark));
    let reads = requests.iter().filter(|it| **it == Purpose::Read).count();
    assert!(reads > FASTER, "each PUT has a GET of its own: {requests:?}");
    let on_server = server.get("/Users", &ada);
    assert_eq!(on_server["title"], "Boss");
    assert_eq!(on_server["nickName"], format!("changed {FASTER} times"));
}

#[tokio::test]
async fn members_come_and_go_by_put_and_others_attributes_stay() {
    let (world, server) = world_with("put-members", PatchHabit::NotImplemented).await;
    world.apply_all(["ada", "bob", "eve"].map(user)).await;
    world.ready_count(Kind::User, 3).await;
    let mut wanted = [id(&world.get(Kind::User, "bob").await), id(&world.get(Kind::User, "eve").await)];
    wanted.sort();
    let team = id(&world.settle(&group("team", ["ada", "bob"])).await);
    let badge = json!({"colour": "green"});
    server.edit("/Groups", &team, |resource| resource["badge"] = badge.clone());

    let cost = cost_of(&world, &group("team", ["bob", "eve"])).await;
    assert_eq!(cost, [Purpose::Read, Purpose::Replace], "who goes and who comes at once");
    let on_server = server.get("/Groups", &team);
    let mut members: Vec<_> =
        on_server["members"].as_array().unwrap().iter().map(|it| it["value"].as_str().unwrap()).collect();
    members.sort_unstable();
    assert_eq!(members, wanted);
    assert_eq!(on_server["badge"], badge);

    world.settle(&group("team", [])).await;
    let on_server = server.get("/Groups", &team);
    assert!(on_server["members"].as_array().is_none_or(Vec::is_empty), "{on_server:#}");
    assert_eq!(on_server["badge"], badge);
    assert_eq!(server.all("/Users").len(), 3);
}

#[tokio::test]
async fn a_change_of_a_user_leaves_its_groups_alone_and_a_group_keeps_strangers_members() {
    let (world, server) = world_with("put-others", PatchHabit::NotImplemented).await;
    world.settle(&user("ada")).await;
    let team = id(&world.settle(&group("team", ["ada"]).without("members")).await);
    server.edit("/Groups", &team, |resource| resource["members"] = json!([{"value": "somebody"}]));
    world.settle(&group("team", ["ada"]).without("members").with("externalId", "team-17")).await;
    let on_server = server.get("/Groups", &team);
    assert_eq!(on_server["members"], json!([{"value": "somebody"}]), "membership is not ours here");
    assert_eq!(on_server["externalId"], "team-17");
}

#[tokio::test]
async fn a_password_is_in_no_put_but_the_one_that_sets_it() {
    let (world, server) = world_with("put-password", PatchHabit::NotImplemented).await;
    let secret = |value: &str| {
        let mut secret = world.secret();
        secret.value["metadata"]["name"] = json!("ada-password");
        secret.value["stringData"] = json!({"password": value});
        secret
    };
    let ada = |title: &str| {
        user("ada")
            .with("title", title)
            .with("passwordSecretRef", json!({"name": "ada-password", "key": "password"}))
    };
    world.apply(&secret("first-Passphrase-1")).await;
    let ada_id = id(&world.settle(&ada("Analyst")).await);
    assert_eq!(server.password(&ada_id).as_deref(), Some("first-Passphrase-1"));

    world.settle(&ada("Countess")).await;
    let [put] = server.puts().try_into().unwrap();
    assert_eq!(put.body.get("password"), None);
    assert_eq!(server.password(&ada_id).as_deref(), Some("first-Passphrase-1"));

    world.apply(&secret("second-Passphrase-2")).await;
    wait::poll("new password", wait::DEADLINE * 2, || async {
        let password = server.password(&ada_id);
        (password.as_deref() == Some("second-Passphrase-2"))
            .then_some(())
            .ok_or_else(|| format!("{password:?}"))
    })
    .await;
    let sent = server.puts().iter().filter(|put| put.body.get("password").is_some()).count();
    assert_eq!(sent, 1);
    assert_eq!(server.get("/Users", &ada_id)["title"], "Countess");
}
