//! Of several processes one works, whatever happens to it.

use std::time::{Duration, Instant};

use serde_json::json;

use super::Scene;
use crate::support::{
    control_plane::{OPERATOR_NAMESPACE, control_plane},
    objects::{Kind, Manifest, id, user},
    operator::Operator,
    proxy::{Ending, Match},
    scim_server::ServerKind,
    wait,
};

/// Terms on which a leader that is away is replaced within seconds.
const SHORT: [&str; 3] = ["--lease-duration=6s", "--lease-renew-deadline=4s", "--lease-renew-interval=500ms"];

/// Terms with half of which a leader keeps everything back before it ends.
const PATIENT: [&str; 3] =
    ["--lease-duration=20s", "--lease-renew-deadline=19s", "--lease-renew-interval=500ms"];

/// A scene whose operator keeps its Lease on these terms and tells what it
/// sends.
async fn scene_with(name: &str, flags: &[&'static str]) -> Scene {
    let mut scene = Scene::set(name).with_api_proxy().on(ServerKind::Scim2Server).await;
    scene.operator.stop().await;
    scene.operator.with_flags(flags);
    scene.operator.tell_requests();
    scene.operator.start().await;
    scene
}

/// A second process of the same installation, which stands by.
async fn stand_by(scene: &Scene) -> Operator {
    let replica = scene.operator.replica();
    replica.start().await;
    assert!(replica.log().contains("standing by: "), "{}", replica.log_tail());
    replica
}

fn people(names: impl IntoIterator<Item = u32>, title: &str) -> Vec<Manifest> {
    names.into_iter().map(|number| user(&format!("user-{number}")).with("title", title)).collect()
}

async fn settle(scene: &Scene, people: &[Manifest]) {
    scene.apply_all(people.to_vec()).await;
    for person in people {
        scene.ready(Kind::User, person.name()).await;
    }
}

/// How the log says that a request did not leave.
const KEPT_BACK: &str = "kind=Withheld";

/// When a process got the answers to what it sent, and what that was, as its
/// log has it.
fn sent(operator: &Operator, whose: char) -> Vec<(String, char, String)> {
    let log = operator.log();
    let is_sent = |line: &&str| line.contains("scim request{method=") && !line.contains(KEPT_BACK);
    let lines = log.lines().filter(is_sent);
    lines
        .filter_map(|line| {
            let method = line.split("scim request{method=").nth(1)?.split(' ').next()?;
            Some((line.split(' ').next()?.to_owned(), whose, method.to_owned()))
        })
        .collect()
}

fn changes_of(operator: &Operator, whose: char) -> Vec<(String, char, String)> {
    let mut changes = sent(operator, whose);
    changes.retain(|(_, _, method)| method != "GET");
    changes
}

/// Whose changes were under way, one letter for each time that it was another.
fn terms_of(operators: [(&Operator, char); 2]) -> String {
    let mut changes: Vec<_> =
        operators.into_iter().flat_map(|(operator, whose)| changes_of(operator, whose)).collect();
    changes.sort();
    let mut terms: Vec<char> = changes.into_iter().map(|(_, whose, _)| whose).collect();
    terms.dedup();
    terms.into_iter().collect()
}

fn lease(scene: &Scene, arguments: &[&str]) {
    let namespace = format!("--namespace={OPERATOR_NAMESPACE}");
    let (verb, more) = arguments.split_first().unwrap();
    let arguments = [&[*verb, "lease", scene.operator.lease(), &namespace], more].concat();
    control_plane().kubectl(&arguments).unwrap();
}

/// Frozen while what it has planned waits for its turn, it wakes when another
/// has long done that, and more: it must not put back what it had planned.
#[tokio::test]
async fn old_leader_wakes() {
    let scene = scene_with("old-leader", &SHORT).await;
    settle(&scene, &people(0..3, "at first")).await;
    let slowly = json!({"requests": 1000, "per": "1s", "writes": {"requests": 1, "per": "3s"}});
    scene.settle(&scene.provider().with("rateLimit", slowly)).await;
    let second = stand_by(&scene).await;

    let freeze = scene.operator.freezer();
    let frozen = scene.proxy.on(Match::new("PATCH", "/Users/").nth(1)).handle(move |exchange| {
        freeze();
        async move { Ending::Answer(exchange.forward().await) }
    });
    scene.apply_all(people(0..3, "planned by the old one")).await;
    frozen.hit().await;
    wait::poll("takeover", wait::DEADLINE, || async {
        second.log().contains("leading: ").then_some(()).ok_or_else(|| second.log_tail())
    })
    .await;
    settle(&scene, &people(0..3, "done by the new one")).await;

    let (mark, writes) = (scene.proxy.mark(), scene.operator_writes().await.len());
    scene.operator.wake();
    let status = scene.operator.ended().await;
    assert!(!status.success(), "it ends at once and says so: {status}");
    assert!(scene.operator.log().contains("the Lease is lost"), "{}", scene.operator.log_tail());
    scene.wrote_nothing(mark);
    assert_eq!(scene.operator_writes().await.len(), writes, "nothing was written to Kubernetes");
    for person in scene.server.all("/Users").await {
        assert_ne!(person["title"], "planned by the old one", "{person}");
    }
    scene.end().await;
}

/// Its renewals get lost, and all else goes on. It sends no change that might
/// be under way when its time is over, long before it ends.
#[tokio::test]
async fn cut_off_leader_sends_nothing() {
    let scene = scene_with("cut-off", &PATIENT).await;
    let second = stand_by(&scene).await;
    settle(&scene, &people(0..1, "before")).await;
    scene.api().on(Match::new("PUT", "/apis/coordination.k8s.io/")).close_before(|| ());
    let mut changes = 0..;
    wait::poll("change that is kept back", wait::DEADLINE, || {
        let change = people(0..1, &format!("change {}", changes.next().unwrap()));
        let scene = &scene;
        async move {
            scene.apply_all(change).await;
            tokio::time::sleep(Duration::from_millis(300)).await;
            let log = scene.operator.log();
            log.contains(KEPT_BACK).then_some(()).ok_or_else(|| scene.operator.log_tail())
        }
    })
    .await;
    let sent_before = changes_of(&scene.operator, 'a').len();
    scene.apply_all(people(0..1, "at last")).await;
    assert!(!scene.operator.ended().await.success());
    assert!(
        scene.operator.log().contains("it could not be renewed in time"),
        "{}",
        scene.operator.log_tail()
    );
    scene.ready(Kind::User, "user-0").await;
    assert_eq!(
        changes_of(&scene.operator, 'a').len(),
        sent_before,
        "it kept back one change and sent another: {}",
        scene.operator.log()
    );
    assert_eq!(terms_of([(&scene.operator, 'a'), (&second, 'b')]), "ab");
    scene.end().await;
}

/// One is asked to end, the next one is killed in the midst of its work: the
/// changes of two never mix, and who stands by sends nothing at all.
#[tokio::test]
async fn two_processes_one_lease() {
    let scene = scene_with("two-processes", &SHORT).await;
    let second = stand_by(&scene).await;
    settle(&scene, &people(0..10, "of the first")).await;
    scene.apply_all(people(10..30, "on the way")).await;
    assert!(sent(&second, 'b').is_empty(), "it sent something while it stood by: {}", second.log_tail());
    scene.operator.stop().await;
    settle(&scene, &people(10..30, "of the second")).await;
    assert_eq!(terms_of([(&scene.operator, 'a'), (&second, 'b')]), "ab");

    scene.operator.start().await;
    let kill = second.killer();
    scene.proxy.on(Match::creation("/Users").nth(5)).close_after(kill);
    scene.apply_all(people(30..50, "on the way")).await;
    settle(&scene, &people(30..50, "of the first again")).await;
    assert_eq!(terms_of([(&scene.operator, 'a'), (&second, 'b')]), "aba");
    let users = scene.server.all("/Users").await;
    let ours = users.iter().filter(|user| user["userName"].as_str().unwrap().starts_with("user-"));
    assert_eq!(ours.count(), 50, "each is there once");
    scene.end().await;
}

/// Whoever is asked to end gives the Lease back, so that nobody waits until it
/// runs out.
#[tokio::test]
async fn lease_given_back_on_sigterm() {
    let scene = scene_with("given-back", &["--lease-duration=10m"]).await;
    let second = stand_by(&scene).await;
    let before = id(&scene.settle(&user("ada")).await);
    let asked = Instant::now();
    scene.operator.stop().await;
    scene.settle(&user("bob")).await;
    assert!(asked.elapsed() < Duration::from_secs(30), "it took {:?}", asked.elapsed());
    assert_eq!(id(&scene.get(Kind::User, "ada").await), before);
    second.stop().await;
    scene.operator.start().await;
    scene.end().await;
}

/// Somebody deletes the Lease, or writes himself into it: its holder ends, and
/// nobody takes its place before what it counted on is over.
#[tokio::test]
async fn lease_deleted_or_taken() {
    let scene = scene_with("lease-lost", &SHORT).await;
    let second = stand_by(&scene).await;
    scene.settle(&user("ada")).await;
    let deleted = Instant::now();
    lease(&scene, &["delete"]);
    assert!(!scene.operator.ended().await.success());
    assert!(scene.operator.log().contains("somebody deleted it"), "{}", scene.operator.log_tail());
    scene.settle(&user("bob")).await;
    assert!(deleted.elapsed() >= Duration::from_secs(5), "the other waited only {:?}", deleted.elapsed());

    lease(&scene, &["patch", "--type=merge", r#"--patch={"spec": {"holderIdentity": "somebody else"}}"#]);
    assert!(!second.ended().await.success());
    assert!(second.log().contains("somebody else holds it now"), "{}", second.log_tail());
    scene.operator.start().await;
    scene.settle(&user("eve")).await;
    scene.end().await;
}
