//! Nothing happens when nothing has to.

use crate::{
    scenario::on_every_server,
    support::{
        objects::{Kind, group, user},
        proxy::{Purpose, Recorded},
        scim_server::ServerKind,
        world::World,
    },
};

on_every_server!(
    three_intervals_in_sync_cost_only_the_pages_of_their_lists,
    a_restart_in_sync_writes_nothing_on_either_side,
);

const USERS: usize = 200;
const GROUPS: usize = 20;

/// Two full pages of users. One of groups, and another that is empty: a round
/// number of results may be a cap, so what is behind it is asked for.
const PAGES: usize = 2 + 2;

/// Everything in sync, and the operator at rest.
async fn in_sync(server: ServerKind, name: &str) -> World {
    let world = World::start_on(server, name).await;
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

/// The requests of each sweep that began and ended among these.
fn whole_sweeps(requests: &[Recorded]) -> Vec<&[Recorded]> {
    let begins: Vec<_> = (0..requests.len()).filter(|at| requests[*at].begins_sweep("Users")).collect();
    begins.windows(2).map(|pair| &requests[pair[0]..pair[1]]).collect()
}

async fn three_intervals_in_sync_cost_only_the_pages_of_their_lists(server: ServerKind) {
    let world = in_sync(server, "steady").await;
    let before = world.operator_writes().await.len();
    let mark = world.proxy.mark();
    world.proxy.sweeps(mark, 3).await;

    let requests = world.proxy.since(mark);
    for sweep in whole_sweeps(&requests) {
        assert_eq!(sweep.len(), PAGES, "{sweep:#?}");
    }
    assert!(others_than(requests, &[Purpose::Page]).is_empty(), "{:#?}", world.proxy.since(mark));
    assert_eq!(world.operator_writes().await[before..], []);
}

async fn a_restart_in_sync_writes_nothing_on_either_side(server: ServerKind) {
    let world = in_sync(server, "restart").await;
    let before = world.operator_writes().await.len();
    world.operator.stop().await;
    // What was still to be told about the beginning is told by now.
    let events = world.events().await.len();
    let mark = world.proxy.mark();
    world.operator.start().await;
    world.proxy.sweeps(mark, 2).await;

    let allowed = [Purpose::Page, Purpose::Discovery, Purpose::Probe];
    let others = others_than(world.proxy.since(mark), &allowed);
    assert!(others.is_empty(), "neither writes nor a request for each object: {others:#?}");
    let first = match server {
        ServerKind::Scim2Server | ServerKind::Scimple | ServerKind::DjangoScim2 => [PAGES, PAGES],
        // A GET shows 20, and the next one the same: the sweep goes on by
        // `/.search`, and later ones begin so.
        ServerKind::Scimmy => [2 + PAGES, PAGES],
    };
    let sizes = whole_sweeps(&world.proxy.since(mark)).iter().map(|sweep| sweep.len()).collect::<Vec<_>>();
    assert_eq!(sizes[..2], first, "{:#?}", world.proxy.since(mark));
    assert_eq!(world.operator_writes().await[before..], []);
    assert_eq!(world.events().await.len(), events, "nothing happened, so there is nothing to tell");
}
