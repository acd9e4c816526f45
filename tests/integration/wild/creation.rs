//! What a creation does besides, or instead.

use super::*;
use crate::support::proxy::Purpose;

#[tokio::test]
async fn creation_answers_200() {
    let wild = Wild::start("created-200", "{users: {create: {status: 200}}}").await;
    wild.settle(&user("ada")).await;
    wild.stays_quiet().await;
    wild.only("ada");
}

#[tokio::test]
async fn a_creation_that_took_effect_is_said_to_have_failed() {
    let habits = "{faults: [{on: POST /Users, times: 1, status: 502, takesEffect: true, body: html}]}";
    let wild = Wild::start("post-502", habits).await;
    wild.settle(&user("ada").with("title", "Countess")).await;
    wild.stays_quiet().await;
    assert_eq!(wild.only("ada")["title"], json!("Countess"));
}

#[tokio::test]
async fn what_was_just_created_answers_404() {
    let overrides = json!({"consistency": {"grace": "30s"}});
    let wild = Wild::start_with("lag", "{lag: {unseen: 3}}", overrides).await;
    wild.settle(&user("ada")).await;
    wild.proxy.sweeps(wild.proxy.mark(), 3).await;
    wild.ready(Kind::User, "ada").await;
    let creations = wild.proxy.since(0).into_iter().filter(|it| it.purpose() == Purpose::Create).count();
    assert_eq!((creations, wild.server.all("/Users").len()), (1, 1));
}

#[tokio::test]
async fn a_change_is_seen_late() {
    let overrides = json!({"consistency": {"grace": "30s"}});
    let wild = Wild::start_with("stale", "{lag: {stale: 2}}", overrides).await;
    wild.settle(&user("ada").with("title", "Analyst")).await;
    let mark = wild.proxy.mark();
    wild.settle(&user("ada").with("title", "Countess")).await;
    wild.proxy.sweeps(wild.proxy.mark(), 3).await;
    assert_eq!(wild.writes(mark).len(), 1, "{:#?}", wild.writes(mark));
    assert_eq!(wild.only("ada")["title"], json!("Countess"));
}

#[tokio::test]
async fn a_duplicate_is_refused_with_400_or_without_a_type() {
    for (habits, overrides) in [
        ("{creation: {duplicateType: null}}", json!({})),
        ("{creation: {duplicate: 400}}", json!({"statuses": {"create": {"conflict": [400, 409]}}})),
    ] {
        let wild = Wild::start_with("duplicate", habits, overrides).await;
        wild.server.insert("/Users", stranger("ada"));
        wild.apply(&user("ada").with("title", "Countess")).await;
        wild.not_ready(Kind::User, "ada", "AlreadyExists").await;
        assert_eq!(wild.only("ada").get("title"), None, "{habits}");
    }
}

#[tokio::test]
async fn a_creation_changes_the_one_that_is_there() {
    let wild = Wild::start("upsert", "{creation: {upserts: 200}}").await;
    wild.server.insert("/Users", stranger("ada"));
    wild.apply(&user("ada").with("title", "Countess")).await;
    wild.not_ready(Kind::User, "ada", "AlreadyExists").await;
    assert_eq!(wild.only("ada").get("title"), None, "it is looked for first");
}

#[tokio::test]
async fn creation_echoes_what_is_not_stored() {
    let habits = "{users: {echo: true, attributes: {title: {mutability: readOnly}}}}";
    let wild = Wild::start("echo", habits).await;
    wild.apply(&user("ada").with("title", "Countess")).await;
    wild.proxy
        .until(0, "creation", crate::support::wait::DEADLINE, |records| {
            records.iter().any(|record| record.purpose() == Purpose::Create)
        })
        .await;
    let mark = wild.proxy.mark();
    wild.proxy.sweeps(mark, 4).await;
    assert!(wild.writes(mark).len() <= 3, "no endless update: {:#?}", wild.writes(mark));
    wild.only("ada");
}

#[tokio::test]
async fn creation_without_active_gives_an_inactive_user() {
    let wild = Wild::start("inactive", "{lifecycle: {activeByDefault: false}}").await;
    wild.settle(&user("ada").with("active", true)).await;
    assert_eq!(wild.only("ada")["active"], json!(true));
    wild.stays_quiet().await;
}

#[tokio::test]
async fn display_name_is_derived_from_the_name() {
    let habits = "{users: {attributes: {displayName: {derivedFrom: name}}}}";
    let wild = Wild::start("derived", habits).await;
    let name = json!({"givenName": "Ada", "familyName": "Example"});
    wild.apply(&user("ada").with("name", name).with("displayName", "Countess")).await;
    wild.proxy.sweeps(wild.proxy.mark(), 2).await;
    let mark = wild.proxy.mark();
    wild.proxy.sweeps(mark, 3).await;
    assert!(wild.writes(mark).len() <= 2, "no drift for ever: {:#?}", wild.writes(mark));
}
