//! Nothing happens when nothing has to.

use crate::support::{
    objects::{Kind, group, user},
    proxy::{Purpose, Recorded},
    world::World,
};

const USERS: usize = 200;
const GROUPS: usize = 20;

/// Everything in sync, and the operator at rest.
async fn in_sync(name: &str) -> World {
    let world = World::start(name).await;
    let names: Vec<_> = (0..USERS).map(|number| format!("user-{number}")).collect();
    world.apply_all(names.iter().map(|name| user(name).with("active", true))).await;
    world.ready_count(Kind::User, USERS).await;
    let groups = (0..GROUPS).map(|number| {
        group(&format!("group-{number}"), names.iter().skip(number).step_by(GROUPS).map(String::as_str))
    });
    world.apply_all(groups).await;
    world.ready_count(Kind::Group, GROUPS).await;
    world.proxy.sweeps(world.proxy.mark(), 1).await;
    world
}

fn others_than(records: Vec<Recorded>, allowed: &[Purpose]) -> Vec<Recorded> {
    records.into_iter().filter(|record| !allowed.contains(&record.purpose())).collect()
}

#[tokio::test]
async fn three_intervals_in_sync_cost_only_the_pages_of_their_lists() {
    let world = in_sync("steady").await;
    let before = world.operator_writes().await.len();
    let mark = world.proxy.mark();
    world.proxy.sweeps(mark, 3).await;

    let requests = world.proxy.since(mark);
    let pages = requests.iter().filter(|record| record.purpose() == Purpose::Page).count();
    let size = requests.iter().find_map(|record| record.parameter("count")?.parse::<usize>().ok()).unwrap();
    // A round number of results may be a cap: one more page is asked for to see
    // that it is not. Two full pages of users have that behind them.
    let groups = GROUPS.div_ceil(size) + 1;
    // One sweep may have been under way at the start and another at the end.
    assert!(pages <= 5 * (USERS.div_ceil(size) + groups), "pages of {size}: {requests:#?}");
    assert!(others_than(requests, &[Purpose::Page]).is_empty(), "{:#?}", world.proxy.since(mark));
    assert_eq!(world.operator_writes().await[before..], []);
}

#[tokio::test]
async fn a_restart_in_sync_writes_nothing_on_either_side() {
    let world = in_sync("restart").await;
    let before = world.operator_writes().await.len();
    let events = world.events().await.len();
    world.operator.stop().await;
    let mark = world.proxy.mark();
    world.operator.start().await;
    world.proxy.sweeps(mark, 2).await;

    let allowed = [Purpose::Page, Purpose::Discovery, Purpose::Probe];
    let others = others_than(world.proxy.since(mark), &allowed);
    assert!(others.is_empty(), "neither writes nor a request for each object: {others:#?}");
    assert_eq!(world.operator_writes().await[before..], []);
    assert_eq!(world.events().await.len(), events, "nothing happened, so there is nothing to tell");
}
