//! How long a thousand users take from YAML to Ready, beside plain clients
//! that POST as many to the same server, and what the operator weighs then.
//!
//! Prints numbers; judges nothing. `make bench` runs it.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a benchmark"
)]
#![expect(dead_code, unused_imports, reason = "the tests' support has more than is used here")]

use std::time::{Duration, Instant};

use futures::{StreamExt, stream};
use kube::api::{Patch, PatchParams};
use serde_json::{Value, json};

#[path = "../tests/integration/support/mod.rs"]
mod support;

use support::{
    objects::{Kind, Manifest, PROVIDER, provider, user},
    scim_server::{ScimServer, ServerKind},
    world::World,
};

const USERS: u32 = 1_000;
const CLIENTS: usize = 16;

#[tokio::main]
async fn main() {
    let plain = plain_clients().await;
    println!("{CLIENTS} plain clients POST {USERS} users: {}", seconds(plain));
    let floor = floor().await;
    println!("{CLIENTS} plain clients patch finalizer and status of {USERS} objects: {}", seconds(floor));
    for at_once in [true, false] {
        let (took, weight) = operator(at_once).await;
        let how =
            if at_once { "applied while the operator runs" } else { "applied before the operator starts" };
        let factor = took.as_secs_f64() / plain.max(floor).as_secs_f64();
        println!("{USERS} users, {how}, until all are Ready: {} ({factor:.2} x)", seconds(took));
        println!("the operator's memory then, idle: {weight:.1} MB");
    }
}

async fn plain_clients() -> Duration {
    let server = ScimServer::start(ServerKind::Scim2Server, "bench-plain", "token-of-bench").await;
    let begun = Instant::now();
    stream::iter(0..USERS)
        .for_each_concurrent(CLIENTS, |number| {
            let server = &server;
            async move {
                server.create("/Users", &person(number)).await;
            }
        })
        .await;
    begun.elapsed()
}

/// What the API server needs for the two writes that each user costs.
async fn floor() -> Duration {
    let world = World::without_operator("bench-floor").await;
    world.apply_all((0..USERS).map(manifest)).await;
    let begun = Instant::now();
    stream::iter(0..USERS)
        .for_each_concurrent(CLIENTS, |number| {
            let users = world.api(Kind::User);
            async move {
                let name = format!("user-{number}");
                let parameters = PatchParams::default();
                let finalizer = json!({"metadata": {"finalizers": ["bench.example.com/floor"]}});
                users.patch(&name, &parameters, &Patch::Merge(finalizer)).await.unwrap();
                let status = json!({"status": {"id": name, "observedGeneration": 1}});
                users.patch_status(&name, &parameters, &Patch::Merge(status)).await.unwrap();
            }
        })
        .await;
    let took = begun.elapsed();
    for number in 0..USERS {
        let patch = json!({"metadata": {"finalizers": null}});
        world.merge(Kind::User, &format!("user-{number}"), &patch).await;
    }
    took
}

fn manifest(number: u32) -> Manifest {
    let person = person(number);
    let attributes = person.as_object().unwrap().iter().filter(|(name, _)| *name != "schemas");
    let named = user(&format!("user-{number}"));
    attributes.fold(named, |manifest, (name, value)| manifest.with(name, value.clone()))
}

/// With the provider pointing at the server itself: the recording proxy of
/// the tests would be measured too.
async fn operator(at_once: bool) -> (Duration, f64) {
    let world = World::without_operator("bench").await;
    world.apply(&world.secret()).await;
    world.apply(&provider(&world.server.url("")).with("resyncInterval", "10m")).await;
    let users = (0..USERS).map(manifest);
    if at_once {
        world.operator.start().await;
        world.ready(Kind::Provider, PROVIDER).await;
    } else {
        world.apply_all(users.clone()).await;
    }
    let begun = Instant::now();
    if at_once {
        world.apply_all(users).await;
    } else {
        world.operator.start().await;
    }
    world.ready_count(Kind::User, USERS as usize).await;
    let took = begun.elapsed();
    // The first sweep has come and gone, and what passes needed is given back.
    tokio::time::sleep(Duration::from_secs(10)).await;
    (took, f64::from(u32::try_from(world.operator.resident_kib()).unwrap()) / 1024.0)
}

fn person(number: u32) -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "userName": format!("user-{number}@example.com"),
        "displayName": format!("User {number}"),
        "name": {"givenName": "User", "familyName": format!("{number}")},
        "emails": [{"value": format!("user-{number}@example.com"), "type": "work", "primary": true}],
        "active": true,
    })
}

fn seconds(time: Duration) -> String {
    format!("{:.1} s, {:.0} a second", time.as_secs_f64(), f64::from(USERS) / time.as_secs_f64())
}
