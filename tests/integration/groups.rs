//! Groups: few requests for many members, in any order of arrival.

use std::time::{Duration, Instant};

use kube::api::DynamicObject;

use crate::{
    scenario::on_every_server,
    support::{
        objects::{Kind, condition, group, id, status, user},
        proxy::{Purpose, Recorded, purposes},
        scim_server::ServerKind,
        world::World,
    },
};

on_every_server!(
    a_group_of_two_hundred_takes_a_handful_of_requests_and_one_removal_two,
    a_group_comes_before_its_members_and_takes_them_in_as_they_come,
    creating_and_deleting_a_group_costs_what_a_user_costs,
);

fn names(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("user-{number}")).collect()
}

fn patches(records: &[Recorded]) -> usize {
    records.iter().filter(|record| record.purpose() == Purpose::Patch).count()
}

async fn a_group_of_two_hundred_takes_a_handful_of_requests_and_one_removal_two(server: ServerKind) {
    const MEMBERS: usize = 200;
    let world = World::start_on(server, "big-group").await;
    let names = names(MEMBERS);
    world.apply_all(names.iter().map(|name| user(name))).await;
    world.ready_count(Kind::User, MEMBERS).await;

    let mark = world.proxy.mark();
    let everyone = world.settle(&group("everyone", names.iter().map(String::as_str))).await;
    world.proxy.sweeps(world.proxy.mark(), 1).await;
    let requests = world.proxy.work_since(mark);
    assert!(patches(&requests) <= MEMBERS.div_ceil(100) + 1, "{requests:#?}");
    assert!(requests.len() <= 6, "{requests:#?}");
    assert_eq!(
        status(&everyone, "/members"),
        serde_json::json!({"desired": 200, "applied": 200, "pending": 0})
    );
    let members = world.server.members(&id(&everyone)).await;
    let mut ids: Vec<_> =
        world.api(Kind::User).list(&kube::api::ListParams::default()).await.unwrap().iter().map(id).collect();
    ids.sort();
    assert_eq!(members, ids);

    let mark = world.proxy.mark();
    let before = world.writes_of(Kind::Group, "everyone").await.len();
    let removed = id(&world.get(Kind::User, "user-7").await);
    let others = names.iter().map(String::as_str).filter(|name| *name != "user-7");
    world.settle(&group("everyone", others)).await;
    world.proxy.sweeps(world.proxy.mark(), 1).await;
    let requests = world.proxy.work_since(mark);
    assert!((1..=2).contains(&requests.len()) && patches(&requests) == 1, "{requests:#?}");
    assert_eq!(world.writes_of(Kind::Group, "everyone").await.len() - before, 1);
    ids.retain(|id| *id != removed);
    assert_eq!(world.server.members(&id(&everyone)).await, ids);
}

async fn a_group_comes_before_its_members_and_takes_them_in_as_they_come(server: ServerKind) {
    const MEMBERS: usize = 50;
    let world = World::start_on(server, "group-first").await;
    let names = names(MEMBERS);
    let team = world.settle(&group("team", names.iter().map(String::as_str))).await;
    let members_ready = condition(&team, "MembersReady").unwrap();
    assert_eq!(members_ready["status"], "False");
    assert_eq!(members_ready["reason"], "ReferenceNotReady");
    assert_eq!(world.server.members(&id(&team)).await, Vec::<String>::new());

    let mark = world.proxy.mark();
    world.apply_all(names.iter().map(|name| user(name))).await;
    let team = world
        .until(Kind::Group, "team", "with all its members", |object| {
            object
                .is_some_and(|team| condition(team, "MembersReady").is_some_and(|it| it["status"] == "True"))
        })
        .await
        .unwrap();
    assert_eq!(world.server.members(&id(&team)).await.len(), MEMBERS);
    let of_group: Vec<_> = world
        .proxy
        .work_since(mark)
        .into_iter()
        .filter(|record| record.path.starts_with("/Groups"))
        .collect();
    assert!(patches(&of_group) <= MEMBERS / 4, "a burst is a few requests, not one each: {of_group:#?}");
}

async fn creating_and_deleting_a_group_costs_what_a_user_costs(server: ServerKind) {
    let world = World::start_on(server, "group-costs").await;
    world.settle(&user("ada")).await;
    let mark = world.proxy.mark();
    let team = world.settle(&group("team", ["ada"])).await;
    world.proxy.sweeps(world.proxy.mark(), 1).await;
    let requests = world.proxy.work_since(mark);
    assert_eq!(purposes(&requests)[..2], [Purpose::Lookup, Purpose::Create]);
    // Its members may be news to a cache that is late: that is one look more.
    assert!(patches(&requests) <= 1 && requests.len() <= 4, "{requests:#?}");
    assert_eq!(world.server.members(&id(&team)).await.len(), 1);

    let mark = world.proxy.mark();
    world.delete(Kind::Group, "team").await;
    world.gone(Kind::Group, "team").await;
    assert_eq!(purposes(&world.proxy.work_since(mark)), [Purpose::Read, Purpose::Delete]);
    assert_eq!(world.server.all("/Groups").await.len(), 0);
    assert_eq!(world.server.all("/Users").await.len(), 1, "members outlive their group");
}

#[tokio::test]
async fn a_thousand_users_becoming_ready_are_as_many_requests_as_chunks_and_windows() {
    const MEMBERS: usize = 1_000;
    const PER_REQUEST: usize = 100;
    /// How long the operator gathers at most (`controller::windows`).
    const WINDOW: Duration = Duration::from_secs(5);
    let world = World::with_operator("thousand-members").await;
    world.apply(&world.secret()).await;
    // Sweeps look at groups too, and are not what this counts.
    world.apply(&world.provider().with("resyncInterval", "1h")).await;
    let names = names(MEMBERS);
    let everyone = world.settle(&group("everyone", names.iter().map(String::as_str))).await;

    let mark = world.proxy.mark();
    let started = Instant::now();
    world.apply_all(names.iter().map(|name| user(name))).await;
    world.ready_count(Kind::User, MEMBERS).await;
    let has_everyone = |object: &DynamicObject| status(object, "/members/applied") == MEMBERS;
    world
        .until(Kind::Group, "everyone", "with all its members", |object| object.is_some_and(has_everyone))
        .await;
    let windows = usize::try_from(started.elapsed().as_millis().div_ceil(WINDOW.as_millis())).unwrap();
    assert_eq!(world.server.members(&id(&everyone)).await.len(), MEMBERS);
    let of_group: Vec<_> = world
        .proxy
        .work_since(mark)
        .into_iter()
        .filter(|record| record.path.starts_with("/Groups") && record.purpose() == Purpose::Patch)
        .map(|record| record.body["Operations"][0]["value"].as_array().map_or(0, Vec::len))
        .collect();
    // Where the machine hesitates for as long as it is quiet, a window ends early.
    let hesitations = 2;
    let most = MEMBERS / PER_REQUEST + windows + hesitations;
    assert!(of_group.len() <= most, "{} requests in {windows} windows: {of_group:?}", of_group.len());
}
