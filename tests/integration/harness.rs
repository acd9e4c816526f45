//! Does what the tests stand on hold?

use http::Method;
use serde_json::json;

use crate::support::{
    children::reaper_with,
    control_plane::control_plane,
    http::Http,
    objects::user,
    proxy::{Answer, Gate, Match, Purpose, purposes},
    wait,
    world::World,
};

#[tokio::test]
async fn the_audit_log_tells_who_wrote_what() {
    let world = World::without_operator("audit").await;
    world.apply(&user("ada")).await;
    assert_eq!(world.operator_writes().await, [], "the administrator's writes are not the operator's");

    let namespace = format!("--namespace={}", world.namespace);
    control_plane().kubectl_as_operator(&["annotate", &namespace, "scimuser", "ada", "note=seen"]).unwrap();
    let writes = world.operator_writes().await;
    let told: Vec<_> = writes.iter().map(|write| (&*write.verb, &*write.resource, &*write.name)).collect();
    assert_eq!(told, [("patch", "scimusers", "ada")]);
}

#[tokio::test]
async fn the_proxy_passes_on_and_records() {
    let world = World::without_operator("proxy-records").await;
    let (status, body) =
        through_proxy(&world, Method::POST, "/Users", Some(json!({"userName": "ada@example.com"})))
            .await
            .unwrap();
    assert_eq!((status, &body["userName"]), (201, &json!("ada@example.com")));
    let (status, _) =
        through_proxy(&world, Method::GET, "/Users?filter=userName%20eq%20%22x%22", None).await.unwrap();
    assert_eq!(status, 200);
    let records = world.proxy.since(0);
    assert_eq!(purposes(&records), [Purpose::Create, Purpose::Lookup]);
    assert_eq!(records[0].status, Some(201));
    assert_eq!(records[1].parameter("filter").as_deref(), Some("userName eq \"x\""));
    assert_eq!(world.server.users_named("ada@example.com").await.len(), 1);
}

#[tokio::test]
async fn the_proxy_cuts_alters_and_holds_single_requests() {
    let world = World::without_operator("proxy-rules").await;
    let cut = world.proxy.on(Match::new("POST", "/Users").nth(1)).close_before(|| ());
    through_proxy(&world, Method::POST, "/Users", Some(json!({"userName": "a@example.com"})))
        .await
        .unwrap_err();
    cut.hit().await;
    assert_eq!(world.server.all("/Users").await.len(), 0, "the server never heard of it");

    world.proxy.on(Match::new("POST", "/Users").nth(1)).close_after(|| ());
    through_proxy(&world, Method::POST, "/Users", Some(json!({"userName": "a@example.com"})))
        .await
        .unwrap_err();
    assert_eq!(world.server.all("/Users").await.len(), 1, "the server heard of it");

    let replaced = world.proxy.on(Match::new("GET", "/Users")).answer(Answer::scim_error(503, "", "busy"));
    let (status, body) = through_proxy(&world, Method::GET, "/Users", None).await.unwrap();
    assert_eq!((status, &body["detail"]), (503, &json!("busy")));
    world.proxy.remove(&replaced);
    assert_eq!(replaced.hits(), 1);

    let gate = Gate::new();
    world.proxy.on(Match::new("GET", "/Users")).hold_answer(&gate);
    let held = through_proxy(&world, Method::GET, "/Users", None);
    let opened = async {
        gate.reached().await;
        gate.open();
    };
    let (answer, ()) = tokio::join!(held, opened);
    assert_eq!(answer.unwrap().0, 200);
}

#[tokio::test]
async fn what_a_killed_test_process_leaves_is_ended() {
    let world = World::without_operator("reaper").await;
    let mut reaper = reaper_with(&[world.server.process_id()]);
    drop(reaper.stdin.take());
    assert!(reaper.wait().unwrap().success());
    wait::poll("end of the server", wait::DEADLINE, || async {
        world.server.ended().then_some(()).ok_or_else(|| "it still runs".to_owned())
    })
    .await;
}

async fn through_proxy(
    world: &World,
    method: Method,
    path: &str,
    body: Option<serde_json::Value>,
) -> Result<(u16, serde_json::Value), reqwest::Error> {
    let http = Http::new(Some(world.server.token()));
    let url = format!("{}{path}", world.proxy.url());
    let response = http.try_request(method, &url, body.as_ref()).await?;
    Ok((response.status, response.body))
}

#[tokio::test]
async fn the_proxy_delays_and_doubles_single_requests() {
    let world = World::without_operator("proxy-doubles").await;
    let ada = world.server.create("/Users", &json!({"userName": "ada@example.com"})).await;
    let path = format!("/Users/{}", ada["id"].as_str().unwrap());
    world.proxy.on(Match::new("DELETE", &path)).duplicate();
    let (status, _) = through_proxy(&world, Method::DELETE, &path, None).await.unwrap();
    assert_eq!(status, 404, "the server has heard of it twice");

    let pause = std::time::Duration::from_millis(200);
    world.proxy.on(Match::new("GET", "/Users").nth(1)).delay(pause);
    let began = std::time::Instant::now();
    through_proxy(&world, Method::GET, "/Users", None).await.unwrap();
    assert!(began.elapsed() >= pause);
}
