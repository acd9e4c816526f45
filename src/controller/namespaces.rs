//! The labels of namespaces, read one by one when a grant asks for them.
//! Watching all namespaces would need rights on all of them.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use k8s_openapi::api::core::v1::Namespace;
use kube::{Api, Client, ResourceExt};
use tokio::time::Instant;

use super::objects::{ObjectError, in_time};

/// How long labels are taken to be what they were.
const REREAD: Duration = Duration::from_mins(1);

/// Labels, by key.
pub(super) type Labels = Arc<BTreeMap<String, String>>;

/// What is known of namespaces.
pub(super) struct Namespaces {
    client: Client,
    known: Mutex<HashMap<String, (Instant, Labels)>>,
}

impl Namespaces {
    /// Nothing is known yet.
    pub(super) fn new(client: Client) -> Self {
        Self { client, known: Mutex::default() }
    }

    /// The labels of a namespace, read again after a minute. One that is gone
    /// has none.
    pub(super) async fn labels(&self, namespace: &str) -> Result<Labels, ObjectError> {
        if let Some(labels) = self.known_labels(namespace) {
            return Ok(labels);
        }
        let api: Api<Namespace> = Api::all(self.client.clone());
        let found = in_time(api.get_metadata_opt(namespace)).await?;
        let labels = Arc::new(found.map(|found| found.labels().clone()).unwrap_or_default());
        self.known().insert(namespace.to_owned(), (Instant::now(), Arc::clone(&labels)));
        Ok(labels)
    }

    /// The labels, where they were read not long ago.
    pub(super) fn known_labels(&self, namespace: &str) -> Option<Labels> {
        let known = self.known();
        let (read, labels) = known.get(namespace)?;
        (read.elapsed() < REREAD).then(|| Arc::clone(labels))
    }

    fn known(&self) -> MutexGuard<'_, HashMap<String, (Instant, Labels)>> {
        // A panic elsewhere leaves labels that are as good as any.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
