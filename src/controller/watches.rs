//! The watches: caches that hold slim objects, and streams of what changed.

use std::fmt::Debug;

use futures::{Stream, StreamExt as _, stream::BoxStream};
use k8s_openapi::NamespaceResourceScope;
use kube::{
    Api, Client, Resource, ResourceExt,
    runtime::{
        WatchStreamExt, predicates,
        reflector::{self, ObjectRef, Store},
        utils::PredicateConfig,
        watcher::{self, Config, Event, watcher},
    },
};
use serde::de::DeserializeOwned;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::{
    kind::fingerprint,
    scopes::{Scope, Scopes},
};
use crate::api::{
    ClusterScimProvider, ScimDeletionHold, ScimGroup, ScimProvider, ScimUser,
    names::{ACCEPT_ENDPOINT, ACCEPT_MISSING, REACTIVATE_REQUESTED_AT, RECONCILE_REQUESTED_AT},
};

/// Small pages keep the peak low while everything is read for the first time.
const PAGE_SIZE: u32 = 200;

/// Our own kinds.
pub(super) trait Watchable:
    Resource<DynamicType = ()> + Clone + Debug + DeserializeOwned + Send + Sync + 'static
{
    /// Calls about objects of one namespace, or of all.
    fn api(client: &Client, namespace: Option<&str>) -> Api<Self>;
}

impl Watchable for ScimUser {
    fn api(client: &Client, namespace: Option<&str>) -> Api<Self> {
        of_namespace(client, namespace)
    }
}

impl Watchable for ScimGroup {
    fn api(client: &Client, namespace: Option<&str>) -> Api<Self> {
        of_namespace(client, namespace)
    }
}

impl Watchable for ScimProvider {
    fn api(client: &Client, namespace: Option<&str>) -> Api<Self> {
        of_namespace(client, namespace)
    }
}

impl Watchable for ClusterScimProvider {
    fn api(client: &Client, _namespace: Option<&str>) -> Api<Self> {
        Api::all(client.clone())
    }
}

impl Watchable for ScimDeletionHold {
    fn api(client: &Client, namespace: Option<&str>) -> Api<Self> {
        of_namespace(client, namespace)
    }
}

fn of_namespace<K>(client: &Client, namespace: Option<&str>) -> Api<K>
where
    K: Resource<DynamicType = (), Scope = NamespaceResourceScope>,
{
    match namespace {
        Some(namespace) => Api::namespaced(client.clone(), namespace),
        None => Api::all(client.clone()),
    }
}

/// The watches of one kind.
pub(super) struct Watched<K: Watchable> {
    /// The caches.
    pub(super) scopes: Scopes<K>,
    /// What a controller for each of them needs.
    pub(super) parts: Vec<Parts<K>>,
}

/// What one controller is made of.
pub(super) struct Parts<K: Watchable> {
    /// Where objects are looked up.
    pub(super) cache: Store<K>,
    /// What changed in it.
    pub(super) changes: BoxStream<'static, Result<K, watcher::Error>>,
    /// What else is to be reconciled.
    pub(super) triggers: mpsc::UnboundedReceiver<ObjectRef<K>>,
}

impl<K: Watchable> Watched<K> {
    /// Watches in these namespaces, `None` being all of them. `observe` sees
    /// every event.
    pub(super) fn start(
        client: &Client,
        namespaces: &[Option<String>],
        observe: impl Fn(&Event<K>) + Clone + Send + 'static,
    ) -> Self {
        let watch = |namespace: &Option<String>| {
            let synced = CancellationToken::new();
            let (cache, changes) = watch(client, namespace.as_deref(), observe.clone(), synced.clone());
            let (trigger, triggers) = mpsc::unbounded_channel();
            let scope = Scope { namespace: namespace.clone(), cache: cache.clone(), trigger, synced };
            (scope, Parts { cache, changes: changes.boxed(), triggers })
        };
        let (scopes, parts) = namespaces.iter().map(watch).unzip();
        Self { scopes: Scopes::new(scopes), parts }
    }
}

/// A cache, and the stream that fills it. The stream has what may need a
/// pass: a new generation, which a deletion is too, or other finalizers. Our
/// own status writes do not.
fn watch<K: Watchable>(
    client: &Client,
    namespace: Option<&str>,
    observe: impl Fn(&Event<K>) + Send + 'static,
    synced: CancellationToken,
) -> (Store<K>, impl Stream<Item = Result<K, watcher::Error>> + Send + 'static) {
    let (cache, writer) = reflector::store();
    let changes = watcher(K::api(client, namespace), Config::default().page_size(PAGE_SIZE))
        .default_backoff()
        .modify(|object| object.managed_fields_mut().clear())
        .inspect(move |event| {
            if let Ok(event) = event {
                observe(event);
            }
        })
        .reflect(writer)
        .inspect(move |event| {
            if matches!(event, Ok(Event::InitDone)) {
                synced.cancel();
            }
        })
        .applied_objects()
        .predicate_filter(reasons_to_act, PredicateConfig::default());
    (cache, changes)
}

/// A new generation, other finalizers, another request to compare, or another
/// word about a move to another endpoint. All or
/// none: an object without a generation is always news.
fn reasons_to_act<K: Resource>(object: &K) -> Option<u64> {
    let generation = predicates::generation(object)?;
    let finalizers = predicates::finalizers(object)?;
    let asked = [RECONCILE_REQUESTED_AT, REACTIVATE_REQUESTED_AT, ACCEPT_ENDPOINT, ACCEPT_MISSING]
        .map(|name| object.annotations().get(name));
    Some(fingerprint(&(generation, finalizers, asked)))
}
