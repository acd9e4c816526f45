//! What has to be there before anything can be watched.

use std::time::Duration;

use kube::{Client, api::ListParams};

use super::watches::Watchable;
use crate::api::{ClusterScimProvider, ScimDeletionHold, ScimGroup, ScimProvider, ScimUser};

/// Waits until the API server knows our kinds, saying so, for as long as it
/// takes: the definitions may be applied after the operator.
pub(super) async fn definitions_served(client: &Client, namespaces: &[String], own_namespace: &str) {
    let namespace = namespaces.first().map(String::as_str);
    let mut told = false;
    loop {
        let served = tokio::try_join!(
            is_served::<ClusterScimProvider>(client, None),
            is_served::<ScimProvider>(client, namespace),
            is_served::<ScimUser>(client, namespace),
            is_served::<ScimGroup>(client, namespace),
            is_served::<ScimDeletionHold>(client, Some(own_namespace)),
        );
        match served {
            Ok(_) => return,
            Err(error) if told => tracing::debug!(%error, "still waiting"),
            Err(error) => {
                tracing::warn!(%error, "waiting until the API server serves the custom resources");
                told = true;
            }
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

async fn is_served<K: Watchable>(client: &Client, namespace: Option<&str>) -> kube::Result<()> {
    K::api(client, namespace).list_metadata(&ListParams::default().limit(1)).await.map(|_| ())
}
