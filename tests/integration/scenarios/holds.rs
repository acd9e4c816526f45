//! What scenarios see of holds, and how people decide.

use kube::api::{DynamicObject, ListParams};
use serde_json::{Value, json};

use super::{Scene, Stand};
use crate::support::{
    objects::{self, Kind},
    site::Site,
    wait,
};

/// A provider's guard with which a third deletion is one too many.
pub(super) fn two_at_most() -> Value {
    json!({"maxDeletions": 2, "settle": "1s"})
}

/// The UIDs that a hold lists.
pub(super) fn uids(hold: &DynamicObject) -> Vec<String> {
    let entries = hold.data["spec"]["entries"].as_array().unwrap();
    let mut uids: Vec<String> =
        entries.iter().map(|entry| entry["uid"].as_str().unwrap().to_owned()).collect();
    uids.sort();
    uids
}

impl<S: Stand> Scene<S> {
    /// The Kubernetes side.
    pub(super) fn site(&self) -> &Site {
        self
    }

    /// The holds about objects of this scene that are not done with.
    pub(super) async fn holds(&self) -> Vec<DynamicObject> {
        let all = self.site().api(Kind::Hold).list(&ListParams::default()).await.unwrap();
        let is_ours = |hold: &DynamicObject| {
            let entries = hold.data["spec"]["entries"].as_array();
            let is_done = !objects::status(hold, "/finishedAt").is_null();
            !is_done && entries.is_some_and(|all| all.iter().any(|it| it["namespace"] == *self.namespace))
        };
        all.items.into_iter().filter(is_ours).collect()
    }

    /// Until so many objects are held; answers the holds.
    pub(super) async fn held(&self, kind: Kind, count: usize) -> Vec<DynamicObject> {
        let is_held = |object: &DynamicObject| {
            objects::has(object, "DeletionHeld", "True", "DeletionHeld")
                && objects::has(object, "Ready", "False", "DeletionHeld")
        };
        wait::until_count(&self.site().api(kind), count, "held", wait::DEADLINE * 2, is_held).await;
        self.holds().await
    }

    /// What somebody does who may decide.
    pub(super) async fn decide(&self, hold: &DynamicObject, decision: &str) {
        let name = hold.metadata.name.as_deref().unwrap();
        self.merge(Kind::Hold, name, &json!({"spec": {"decision": decision}})).await;
    }

    /// Until all that a hold held is done with; answers its status.
    pub(super) async fn finished(&self, hold: &DynamicObject) -> Value {
        let name = hold.metadata.name.as_deref().unwrap();
        let is_done = |hold: Option<&DynamicObject>| {
            hold.is_some_and(|hold| !objects::status(hold, "/finishedAt").is_null())
        };
        let hold = self.until(Kind::Hold, name, "done with", is_done).await.unwrap();
        objects::status(&hold, "")
    }
}
