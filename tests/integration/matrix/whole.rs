//! What concerns more than one object.

use futures::future::join_all;
use kube::api::{DynamicObject, ListParams};
use serde_json::Value;

use super::{
    report::{Report, Verdict},
    stage::Stage,
};
use crate::support::{
    objects::{Kind, condition, id, is_ready},
    wait,
};

/// Two objects with one name: exactly one identity, and the other object says
/// why it has none.
pub(super) async fn conflict(stage: &Stage, report: &Report) {
    let _ = report.cell("two objects, one name", two_objects(stage)).await;
}

async fn two_objects(stage: &Stage) -> Verdict {
    let names = ["twin-one", "twin-two"];
    let manifests = names.map(|name| {
        let mut manifest = stage.user("twin");
        manifest.value["metadata"]["name"] = name.into();
        manifest
    });
    stage.site.apply_all(manifests).await;
    let stalled = |object: &DynamicObject| {
        condition(object, "Stalled").is_some_and(|stalled| stalled["status"] == "True")
    };
    let [one, two] = wait::poll("one Ready and one stalled", wait::DEADLINE, || async {
        let objects = join_all(names.map(|name| stage.site.get(Kind::User, name))).await;
        let [one, two]: [DynamicObject; 2] = objects.try_into().expect("two");
        if (is_ready(&one) && stalled(&two)) || (is_ready(&two) && stalled(&one)) {
            Ok([one, two])
        } else {
            Err(format!("{}\n{}", wait::pretty(Some(&one)), wait::pretty(Some(&two))))
        }
    })
    .await;
    let owner = if is_ready(&one) { one } else { two };
    // What there is to say of either is said by the next sweep.
    stage.sweeps(1).await;
    let versions = async || {
        let objects = join_all(names.map(|name| stage.site.get(Kind::User, name))).await;
        objects.into_iter().map(|object| object.metadata.resource_version).collect::<Vec<_>>()
    };
    let before = versions().await;
    stage.sweeps(2).await;
    assert_eq!(versions().await, before, "neither is written again and again");
    assert!(stage.subject.get("/Users", &id(&owner)).await.is_some());
    let stranger = stage.subject.stranger("twin");
    let same = |user: &Value, key: &str| !stranger[key].is_null() && user[key] == stranger[key];
    let is_twin = |user: &Value| same(user, "userName") || same(user, "externalId");
    let twins = stage.subject.all("/Users").await.into_iter().filter(is_twin).count();
    assert_eq!(twins, 1);
    Ok(())
}

/// The operator is killed and started again: nothing is sent that changes
/// anything, and no status is written. What is not Ready goes first, because
/// it may be tried once more.
pub(super) async fn restart(stage: &Stage, report: &Report) {
    let restarted = report.cell("restart in between", async {
        for kind in [Kind::Group, Kind::User] {
            let objects = stage.site.api(kind).list(&ListParams::default()).await.unwrap();
            for object in objects.iter().filter(|object| !is_ready(object)) {
                let name = object.metadata.name.as_deref().unwrap();
                stage.site.delete(kind, name).await;
                stage.site.gone(kind, name).await;
            }
        }
        stage.sweeps(2).await;
        stage.site.operator.killer()();
        stage.site.operator.forget();
        let writes = stage.site.operator_writes().await.len();
        let mark = stage.mark();
        stage.site.operator.start().await;
        stage.sweeps(2).await;
        let changes = stage.changes(mark);
        assert!(changes.is_empty(), "{changes:#?}");
        let since = stage.site.operator_writes().await.split_off(writes);
        assert_eq!(since, []);
        Ok(())
    });
    let _ = restarted.await;
}
