//! A server that is away for a while is nobody's business but its provider's.

use std::time::Duration;

use super::Scene;
use crate::support::{
    objects::{Kind, PROVIDER, user},
    proxy::{Match, Purpose, Recorded},
    wait,
};

const PEOPLE: usize = 1_000;

fn probes(records: &[Recorded]) -> usize {
    records.iter().filter(|record| record.purpose() == Purpose::Discovery).count()
}

/// A thousand people in sync, and their server goes away; meanwhile the
/// operator starts anew and looks at everybody. Nothing is written about any of
/// them, the server is asked now and then by one probe, and when it is back it
/// is asked for its lists, and not for each of them.
#[tokio::test]
async fn provider_outage_1000_users() {
    let scene =
        Scene::set("outage").provider(|provider| provider.with("resyncInterval", "5s")).on_habits("{}").await;
    scene.apply_all((0..PEOPLE).map(|number| user(&format!("user-{number}")))).await;
    scene.ready_count(Kind::User, PEOPLE).await;
    scene.proxy.sweeps(scene.proxy.mark(), 1).await;
    let written = scene.writes_to(Kind::User).await.len();

    let gone = scene.proxy.mark();
    let outage = scene.proxy.on(Match::any()).close_before(|| ());
    scene.not_ready(Kind::Provider, PROVIDER, "Unreachable").await;
    scene.operator.stop().await;
    scene.operator.start().await;
    let restarted = scene.proxy.mark();
    let deadline = wait::DEADLINE + Duration::from_secs(30);
    scene.proxy.until(restarted, "three probes", deadline, |records| probes(records) >= 3).await;
    let asked = scene.proxy.since(gone);
    assert!(asked.len() <= 40, "a server that is away is asked {} times: {asked:#?}", asked.len());
    assert!(asked.iter().all(|record| !record.writes()), "{asked:#?}");
    assert_eq!(scene.writes_to(Kind::User).await.len(), written, "nothing is written about people");

    let back = scene.proxy.mark();
    scene.proxy.remove(&outage);
    scene.ready(Kind::Provider, PROVIDER).await;
    scene.proxy.sweeps(back, 2).await;
    let asked = scene.proxy.work_since(back);
    assert!(asked.is_empty(), "a server that is back is asked for one after the other: {asked:#?}");
    assert_eq!(scene.writes_to(Kind::User).await.len(), written, "nothing is written about people");
    scene.end().await;
}
