//! Deletions that are too many at once: nothing of them happens until somebody
//! has decided, and then just what was decided.

use kube::api::{DeleteParams, ListParams, Patch, PatchParams};
use serde_json::json;

use super::{
    Scene, Stand,
    holds::{two_at_most, uids},
};
use crate::support::{
    objects::{self, Kind, id, user, user_name},
    proxy::Purpose,
    quirk::QuirkServer,
    wait,
};

const THREE: [&str; 3] = ["ada", "bob", "eve"];

/// Three users, of whom two may go at once.
async fn three(name: &str) -> Scene<QuirkServer> {
    let guard = |provider: objects::Manifest| provider.with("deletionGuard", two_at_most());
    let scene = Scene::set(name).provider(guard).on_habits("{}").await;
    scene.apply_all(THREE.map(user)).await;
    scene.ready_count(Kind::User, 3).await;
    scene
}

async fn delete_all<S: Stand>(scene: &Scene<S>) {
    let all = ListParams::default();
    scene.site().api(Kind::User).delete_collection(&DeleteParams::default(), &all).await.unwrap();
}

fn deletions<S: Stand>(scene: &Scene<S>, mark: usize) -> usize {
    scene.proxy.since(mark).iter().filter(|record| record.purpose() == Purpose::Delete).count()
}

/// A wrong prune: a thousand objects are deleted, and nobody.
#[tokio::test]
async fn prune_1000() {
    let guard = json!({"settle": "2s"});
    let guarded = move |provider: objects::Manifest| provider.with("deletionGuard", guard.clone());
    let scene = Scene::set("prune").provider(guarded).on_habits("{}").await;
    scene.apply_all((0..1_000).map(|number| user(&format!("user-{number}")))).await;
    scene.ready_count(Kind::User, 1_000).await;
    let people = scene.server.everything("/Users").await.len();

    let mark = scene.proxy.mark();
    delete_all(&scene).await;
    let holds = scene.held(Kind::User, 1_000).await;
    let mut held: Vec<String> = holds.iter().flat_map(uids).collect();
    held.sort();
    held.dedup();
    assert_eq!(held.len(), 1_000, "each is in a hold");
    scene.wrote_nothing(mark);
    assert_eq!(scene.server.everything("/Users").await.len(), people);
    scene.end().await;
}

/// One leaver of a small tenant is no mass deletion.
#[tokio::test]
async fn small_tenant_deletes_one() {
    let scene = three("small-tenant").await;
    let mark = scene.proxy.mark();
    scene.delete(Kind::User, "ada").await;
    scene.gone(Kind::User, "ada").await;
    assert_eq!(deletions(&scene, mark), 1);
    assert!(scene.users_named(&user_name("ada")).await.is_empty());
    assert!(scene.holds().await.is_empty());
    scene.end().await;
}

/// Neither time nor another life of the operator lets go of what is held.
#[tokio::test]
async fn hold_survives_restart_and_time() {
    let scene = three("hold-restart").await;
    let mark = scene.proxy.mark();
    delete_all(&scene).await;
    let held = scene.held(Kind::User, 3).await;
    let writes = scene.writes_to(Kind::User).await.len();
    scene.operator.stop().await;
    scene.operator.start().await;
    scene.proxy.sweeps(scene.proxy.mark(), 1).await;
    let still = scene.held(Kind::User, 3).await;
    assert_eq!(still.iter().map(uids).collect::<Vec<_>>(), held.iter().map(uids).collect::<Vec<_>>());
    scene.wrote_nothing(mark);
    assert_eq!(scene.writes_to(Kind::User).await.len(), writes, "nothing new is said");
    scene.end().await;
}

/// An approval is about those who were held then, however often and late it is
/// given: who is deleted afterwards is in another hold.
#[tokio::test]
async fn hold_approved_twice_or_late() {
    let scene = three("hold-approved").await;
    delete_all(&scene).await;
    let first = scene.held(Kind::User, 3).await.remove(0);
    scene.apply(&user("late")).await;
    scene.ready(Kind::User, "late").await;
    scene.delete(Kind::User, "late").await;
    let both = scene.held(Kind::User, 4).await;
    assert_eq!(both.len(), 2, "whoever comes late is in the next one");
    // One of the first is let go meanwhile.
    scene.merge(Kind::User, "eve", &json!({"spec": {"deletionPolicy": "Retain"}})).await;
    scene.gone(Kind::User, "eve").await;

    let mark = scene.proxy.mark();
    scene.decide(&first, "Approve").await;
    scene.decide(&first, "Approve").await;
    let status = scene.finished(&first).await;
    assert_eq!((&status["left"], &status["done"]), (&json!(0), &json!(3)));
    assert_eq!(deletions(&scene, mark), 2);
    for (name, left) in [("ada", 0), ("bob", 0), ("eve", 1), ("late", 1)] {
        assert_eq!(scene.users_named(&user_name(name)).await.len(), left, "{name}");
    }
    assert_eq!(scene.held(Kind::User, 1).await.len(), 1);
    let taken_back = json!({"spec": {"decision": "Reject"}});
    let taken_back = Patch::Merge(&taken_back);
    let holds = scene.site().api(Kind::Hold);
    let name = first.metadata.name.as_deref().unwrap();
    let refused = holds.patch(name, &PatchParams::default(), &taken_back).await;
    assert!(refused.is_err(), "a decision is final");
    scene.end().await;
}

/// After a rejection the objects go and nobody is called; the reverted manifest
/// gets the very same people back.
#[tokio::test]
async fn hold_rejected_then_reapplied() {
    let scene = three("hold-rejected").await;
    let mut before = Vec::new();
    for name in THREE {
        before.push(id(&scene.get(Kind::User, name).await));
    }
    let mark = scene.proxy.mark();
    delete_all(&scene).await;
    let hold = scene.held(Kind::User, 3).await.remove(0);
    scene.decide(&hold, "Reject").await;
    for name in THREE {
        scene.gone(Kind::User, name).await;
    }
    scene.finished(&hold).await;
    scene.wrote_nothing(mark);
    // What is remembered outlives the process.
    scene.operator.stop().await;
    scene.operator.start().await;
    scene.apply_all(THREE.map(user)).await;
    for (name, before) in THREE.into_iter().zip(before) {
        assert_eq!(id(&scene.ready(Kind::User, name).await), before, "{name}");
    }
    scene.wrote_nothing(mark);
    scene.end().await;
}

/// A hold that is removed is no decision.
#[tokio::test]
async fn hold_deleted_undecided() {
    let scene = three("hold-deleted").await;
    let mark = scene.proxy.mark();
    delete_all(&scene).await;
    let hold = scene.held(Kind::User, 3).await.remove(0);
    scene.delete(Kind::Hold, hold.metadata.name.as_deref().unwrap()).await;
    let again = wait::poll("hold in the place of the one removed", wait::DEADLINE, || async {
        let holds = scene.holds().await;
        if holds.len() == 1 && holds[0].metadata.uid != hold.metadata.uid {
            Ok(holds)
        } else {
            Err(format!("{holds:?}"))
        }
    });
    assert_eq!(uids(&again.await[0]), uids(&hold));
    scene.held(Kind::User, 3).await;
    scene.wrote_nothing(mark);
    scene.end().await;
}

/// To make everybody inactive is as bad as to delete them; nothing else of the
/// same change is sent either.
#[tokio::test]
async fn mass_deactivation() {
    let scene = three("mass-off").await;
    let mark = scene.proxy.mark();
    scene.apply_all(THREE.map(|name| user(name).with("active", false).with("title", "Left"))).await;
    let hold = scene.held(Kind::User, 3).await.remove(0);
    scene.wrote_nothing(mark);
    scene.decide(&hold, "Reject").await;
    scene
        .until(Kind::User, "ada", "told of it", |user| {
            user.is_some_and(|user| objects::message(user, "DeletionHeld").contains("rejected"))
        })
        .await;
    scene.wrote_nothing(mark);
    // Another manifest asks anew.
    scene.apply_all(THREE.map(|name| user(name).with("active", false).with("title", "Gone"))).await;
    let undecided = wait::poll("hold of the other manifests", wait::DEADLINE, || async {
        let holds = scene.holds().await;
        let undecided = holds.into_iter().find(|hold| hold.data["spec"]["decision"].is_null());
        undecided.ok_or_else(|| "none".to_owned())
    })
    .await;
    scene.wrote_nothing(mark);
    scene.decide(&undecided, "Approve").await;
    scene.ready_count(Kind::User, 3).await;
    for name in THREE {
        let found = scene.users_named(&user_name(name)).await;
        assert_eq!((&found[0]["active"], &found[0]["title"]), (&json!(false), &json!("Gone")));
    }
    scene.end().await;
}

/// A namespace ends by itself as long as its users are few enough, and else
/// when somebody has decided.
#[tokio::test]
async fn namespace_deleted_whole() {
    let few = Scene::set("namespace-few").on_habits("{}").await;
    few.apply_all(THREE.map(user)).await;
    few.ready_count(Kind::User, 3).await;
    few.delete_namespace().await;
    few.is_unharmed(&few.proxy).await;

    let many = three("namespace-many").await;
    let mark = many.proxy.mark();
    many.delete(Kind::Namespace, &many.namespace).await;
    let hold = many.held(Kind::User, 3).await.remove(0);
    many.wrote_nothing(mark);
    many.decide(&hold, "Approve").await;
    many.gone(Kind::Namespace, &many.namespace).await;
    assert_eq!(deletions(&many, mark), 3);
    many.is_unharmed(&many.proxy).await;
}
