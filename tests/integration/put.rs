//! A server without PATCH gets whole resources, and loses nothing by it. The
//! proxy takes PATCH away from scim2-server, which checks If-Match itself.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use serde_json::{Value, json};

use crate::support::{
    objects::{Kind, Manifest, id, user, user_name},
    proxy::{Answer, Match, Purpose, Rule, purposes, rule::Ending, upstream::Upstream, wire},
    world::World,
};

fn ada(title: &str) -> Manifest {
    user("ada").with("title", title).with("enterprise", json!({"department": "Engines"}))
}

fn without_patch(world: &World) -> Arc<Rule> {
    world.proxy.on(Match::new("PATCH", "/")).answer(Answer::scim_error(501, "", "no PATCH here"))
}

/// What somebody else keeps about Ada there, which no manifest names.
async fn annotate(world: &World, id: &str, value: &str) {
    world.server.patch("/Users", id, json!({"op": "replace", "path": "nickName", "value": value})).await;
}

#[tokio::test]
async fn a_server_that_says_it_has_no_patch_is_never_sent_one() {
    let world = World::without_operator("put").await;
    world.proxy.on(Match::new("GET", "/ServiceProviderConfig")).alter(|answer| {
        answer.edit(|body| body["patch"]["supported"] = json!(false));
    });
    without_patch(&world);
    world.apply_provider().await;
    world.operator.start().await;
    let created = world.settle(&ada("Analyst")).await;
    annotate(&world, &id(&created), "Countess").await;
    let mark = world.proxy.mark();
    world.settle(&ada("Boss").with("active", true)).await;
    world.settle(&ada("Boss").without("enterprise")).await;
    let expected = [Purpose::Read, Purpose::Replace, Purpose::Read, Purpose::Replace];
    assert_eq!(purposes(&world.proxy.work_since(mark)), expected);
    let on_server = world.server.get("/Users", &id(&created)).await.unwrap();
    assert_eq!((&on_server["title"], &on_server["nickName"]), (&json!("Boss"), &json!("Countess")));
    let enterprise = &on_server["urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"];
    assert_eq!(enterprise["department"], Value::Null, "{on_server:#}");
}

#[tokio::test]
async fn a_server_that_refuses_patch_is_asked_once() {
    let world = World::start("put-learnt").await;
    let created = world.settle(&ada("Analyst")).await;
    let other = world.settle(&user("bob").with("title", "Analyst")).await;
    without_patch(&world);
    let mark = world.proxy.mark();
    world.settle(&ada("Boss")).await;
    world.settle(&user("bob").with("title", "Boss")).await;
    let expected =
        [Purpose::Read, Purpose::Patch, Purpose::Read, Purpose::Replace, Purpose::Read, Purpose::Replace];
    assert_eq!(purposes(&world.proxy.work_since(mark)), expected);
    for person in [&created, &other] {
        assert_eq!(world.server.get("/Users", &id(person)).await.unwrap()["title"], "Boss");
    }
}

/// Somebody who changes what a PUT is about just before it arrives.
async fn interfere(put: &wire::Request, server: &Upstream, value: &str) {
    let operation = json!({"op": "replace", "path": "nickName", "value": value});
    let body =
        json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [operation]});
    let mut other = put.clone();
    "PATCH".clone_into(&mut other.method);
    other.body = body.to_string().into_bytes();
    other.headers.0.retain(|(name, _)| {
        !["if-match", "content-length"].iter().any(|unfit| name.eq_ignore_ascii_case(unfit))
    });
    other.headers.0.push(("Content-Length".to_owned(), other.body.len().to_string()));
    let changed = wire::forward(&other, server).await.unwrap();
    assert!(changed.status < 300, "{changed:?}");
}

#[tokio::test]
async fn whoever_was_faster_is_not_overwritten() {
    let world = World::start("put-412").await;
    let created = world.settle(&ada("Analyst")).await;
    without_patch(&world);
    let turns = Arc::new(AtomicUsize::new(0));
    world.proxy.on(Match::new("PUT", "/Users")).handle(move |exchange| {
        let turn = turns.fetch_add(1, Ordering::SeqCst) + 1;
        async move {
            if turn <= 2 {
                interfere(&exchange.request, &exchange.server, &format!("turn {turn}")).await;
            }
            Ending::Answer(exchange.forward().await)
        }
    });
    let mark = world.proxy.mark();
    world.settle(&ada("Boss")).await;
    let requests = world.proxy.work_since(mark);
    let expected = [
        Purpose::Read,
        Purpose::Patch,
        Purpose::Read,
        Purpose::Replace,
        Purpose::Read,
        Purpose::Replace,
        Purpose::Read,
        Purpose::Replace,
    ];
    assert_eq!(purposes(&requests), expected, "{requests:#?}");
    let statuses: Vec<_> = requests.iter().filter(|it| it.purpose() == Purpose::Replace).collect();
    assert_eq!(statuses.iter().map(|it| it.status).collect::<Vec<_>>(), [Some(412), Some(412), Some(200)]);
    let on_server = world.server.get("/Users", &id(&created)).await.unwrap();
    assert_eq!((&on_server["title"], &on_server["nickName"]), (&json!("Boss"), &json!("turn 2")));
}

#[tokio::test]
async fn a_deactivation_goes_by_put_too() {
    let world = World::start("put-deactivate").await;
    without_patch(&world);
    let created = world.settle(&ada("Analyst").with("deletionPolicy", "Deactivate")).await;
    annotate(&world, &id(&created), "Countess").await;
    world.delete(Kind::User, "ada").await;
    world.gone(Kind::User, "ada").await;
    let on_server = world.server.get("/Users", &id(&created)).await.unwrap();
    assert_eq!((&on_server["active"], &on_server["nickName"]), (&json!(false), &json!("Countess")));
    assert_eq!(world.server.users_named(&user_name("ada")).await.len(), 1);
}
