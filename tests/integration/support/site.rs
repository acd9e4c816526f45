//! The Kubernetes side of a test: a namespace, an operator that watches it, and
//! eyes and hands on what is in it.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use futures::StreamExt;
use kube::{
    Api, Client, Config,
    api::{DeleteParams, DynamicObject, Patch, PatchParams},
    config::{KubeConfigOptions, Kubeconfig},
    runtime::watcher::{self, watcher},
};
use serde_json::{Value, json};
use tokio_util::task::AbortOnDropHandle;

use super::{
    audit::{Audit, Write},
    control_plane::{OPERATOR_NAMESPACE, control_plane},
    objects::{self, Kind, Manifest},
    operator::Operator,
    wait,
};

pub(crate) struct Site {
    pub(crate) namespace: String,
    pub(crate) operator: Operator,
    client: Client,
    audit: Audit,
}

impl Site {
    /// A new namespace, and an operator that is not started yet.
    pub(crate) async fn new(name: &str) -> Self {
        static SITES: AtomicU32 = AtomicU32::new(1);
        let namespace = format!("{name}-{}", SITES.fetch_add(1, Ordering::Relaxed));
        control_plane().kubectl(&["create", "namespace", &namespace]).unwrap();
        Self {
            operator: Operator::new(&namespace),
            client: admin_client().await,
            audit: Audit::from_now(control_plane().audit_log.clone()),
            namespace,
        }
    }

    pub(crate) fn api(&self, kind: Kind) -> Api<DynamicObject> {
        match kind {
            Kind::Namespace | Kind::ClusterProvider => Api::all_with(self.client.clone(), &kind.resource()),
            Kind::Hold => Api::namespaced_with(self.client.clone(), OPERATOR_NAMESPACE, &kind.resource()),
            _ => Api::namespaced_with(self.client.clone(), &self.namespace, &kind.resource()),
        }
    }

    /// Applies in the operator's namespace, where cluster providers find their
    /// Secrets.
    pub(crate) async fn apply_for_operator(&self, manifest: &Manifest) {
        let api = Api::<DynamicObject>::namespaced_with(
            self.client.clone(),
            OPERATOR_NAMESPACE,
            &manifest.kind.resource(),
        );
        let parameters = PatchParams::apply("git").force();
        api.patch(manifest.name(), &parameters, &Patch::Apply(&manifest.value)).await.unwrap();
    }

    /// Applies on the server's side, as Argo CD does: what is left out of the
    /// manifest goes.
    pub(crate) async fn apply(&self, manifest: &Manifest) -> DynamicObject {
        self.try_apply(manifest).await.unwrap_or_else(|error| panic!("{manifest:?}: {error}"))
    }

    /// The same, for manifests that ought to be refused.
    pub(crate) async fn try_apply(&self, manifest: &Manifest) -> kube::Result<DynamicObject> {
        let parameters = PatchParams::apply("git").force();
        self.api(manifest.kind).patch(manifest.name(), &parameters, &Patch::Apply(&manifest.value)).await
    }

    /// Applies many, several at once.
    pub(crate) async fn apply_all(&self, manifests: impl IntoIterator<Item = Manifest>) {
        futures::stream::iter(manifests)
            .for_each_concurrent(16, |manifest| async move {
                self.apply(&manifest).await;
            })
            .await;
    }

    /// Changes an object as somebody with `kubectl patch` does.
    pub(crate) async fn merge(&self, kind: Kind, name: &str, patch: &Value) {
        self.api(kind).patch(name, &PatchParams::default(), &Patch::Merge(patch)).await.unwrap();
    }

    pub(crate) async fn get(&self, kind: Kind, name: &str) -> DynamicObject {
        self.api(kind).get(name).await.unwrap()
    }

    /// Somebody in sync: a provider without anybody has nothing to sweep.
    pub(crate) async fn settle_bystander(&self) {
        self.settle(&objects::user("bystander")).await;
    }

    /// Asks for the deletion of an object, and does not wait.
    pub(crate) async fn delete(&self, kind: Kind, name: &str) {
        self.api(kind).delete(name, &DeleteParams::default()).await.unwrap();
    }

    /// Deletes the namespace, and waits until it is gone.
    pub(crate) async fn delete_namespace(&self) {
        let api = self.api(Kind::Namespace);
        api.delete(&self.namespace, &DeleteParams::default()).await.unwrap();
        wait::until(&api, &self.namespace, "gone", wait::DEADLINE, |object| object.is_none()).await;
    }

    /// Until an object is gone.
    pub(crate) async fn gone(&self, kind: Kind, name: &str) {
        self.until(kind, name, "gone", |object| object.is_none()).await;
    }

    /// Until an object is Ready as it stands now.
    pub(crate) async fn ready(&self, kind: Kind, name: &str) -> DynamicObject {
        self.until(kind, name, "Ready", |object| object.is_some_and(objects::is_ready)).await.unwrap()
    }

    /// Until `count` objects of a kind are Ready.
    pub(crate) async fn ready_count(&self, kind: Kind, count: usize) {
        let deadline = wait::DEADLINE * 2;
        wait::until_count(&self.api(kind), count, "Ready", deadline, objects::is_ready).await;
    }

    /// Applies one object and waits until it is Ready.
    pub(crate) async fn settle(&self, manifest: &Manifest) -> DynamicObject {
        self.apply(manifest).await;
        self.ready(manifest.kind, manifest.name()).await
    }

    /// Until `Ready` is false for this reason.
    pub(crate) async fn not_ready(&self, kind: Kind, name: &str, reason: &str) -> DynamicObject {
        let what = format!("Ready=False with reason {reason}");
        let matches = |object: Option<&DynamicObject>| {
            object.is_some_and(|object| objects::has(object, "Ready", "False", reason))
        };
        self.until(kind, name, &what, matches).await.unwrap()
    }

    /// Until an object is as wanted.
    pub(crate) async fn until(
        &self,
        kind: Kind,
        name: &str,
        what: &str,
        matches: impl Fn(Option<&DynamicObject>) -> bool + Send + Sync,
    ) -> Option<DynamicObject> {
        // A Secret is read again after at most 60 seconds.
        wait::until(&self.api(kind), name, what, wait::DEADLINE + Duration::from_secs(20), matches).await
    }

    /// Watches users and providers from now on for any that are not Ready. What
    /// was changed and not looked at yet is not meant.
    pub(crate) async fn watch_unready(&self) -> Unready {
        let seen = Arc::<Mutex<Vec<String>>>::default();
        let mut watches = Vec::new();
        for kind in [Kind::User, Kind::Provider] {
            let mut events = watcher(self.api(kind), watcher::Config::default()).boxed();
            loop {
                let event = events.next().await.expect("a watch never ends").expect("the API server answers");
                if matches!(event, watcher::Event::InitDone) {
                    break;
                }
            }
            let seen = Arc::clone(&seen);
            watches.push(AbortOnDropHandle::new(tokio::spawn(async move {
                while let Some(Ok(event)) = events.next().await {
                    let (watcher::Event::Apply(object) | watcher::Event::InitApply(object)) = event else {
                        continue;
                    };
                    let ready = objects::condition(&object, "Ready");
                    if let Some(ready) = ready.filter(|ready| ready["status"] != "True") {
                        let name = object.metadata.name.unwrap_or_default();
                        seen.lock().unwrap().push(format!("{name}: {ready}"));
                    }
                }
            })));
        }
        Unready { seen, _watches: watches }
    }

    /// The operator's writes since the world began, events apart.
    pub(crate) async fn operator_writes(&self) -> Vec<Write> {
        self.barrier().await;
        let ours = |write: &Write| {
            write.namespace == self.namespace
                && write.user == control_plane().operator_user
                && write.resource != "events"
        };
        self.audit.writes().into_iter().filter(ours).collect()
    }

    /// The operator's writes to one kind, `plural` and `plural/status`.
    pub(crate) async fn writes_to(&self, kind: Kind) -> Vec<Write> {
        let plural = kind.plural();
        let of_kind = |write: &Write| write.resource.split('/').next() == Some(plural);
        self.operator_writes().await.into_iter().filter(of_kind).collect()
    }

    /// The operator's writes to one object since the world began.
    pub(crate) async fn writes_of(&self, kind: Kind, name: &str) -> Vec<Write> {
        self.writes_to(kind).await.into_iter().filter(|write| write.name == name).collect()
    }

    /// The events about objects of this world.
    pub(crate) async fn events(&self) -> Vec<Write> {
        self.barrier().await;
        let ours = |write: &Write| write.namespace == self.namespace && write.resource == "events";
        self.audit.writes().into_iter().filter(ours).collect()
    }

    /// Until the audit log shows everything that was written before now: until
    /// it shows one more write, of our own.
    async fn barrier(&self) {
        static BARRIERS: AtomicU32 = AtomicU32::new(1);
        let name = format!("barrier-{}", BARRIERS.fetch_add(1, Ordering::Relaxed));
        let barrier = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}});
        let parameters = PatchParams::apply("tests");
        self.api(Kind::Secret).patch(&name, &parameters, &Patch::Apply(&barrier)).await.unwrap();
        wait::poll("line of the barrier in the audit log", wait::DEADLINE, || async {
            let seen = self.audit.writes().iter().any(|write| write.name == name);
            seen.then_some(()).ok_or_else(|| "the line is not there".to_owned())
        })
        .await;
    }
}

/// Who was seen not to be Ready.
pub(crate) struct Unready {
    seen: Arc<Mutex<Vec<String>>>,
    _watches: Vec<AbortOnDropHandle<()>>,
}

impl Unready {
    pub(crate) fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }
}

async fn admin_client() -> Client {
    // Whoever comes first installs it for all.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let kubeconfig = Kubeconfig::read_from(&control_plane().admin_kubeconfig).unwrap();
    let config = Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await.unwrap();
    Client::try_from(config).unwrap()
}
