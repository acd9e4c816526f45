//! Start, run, drain.

use std::{convert::Infallible, sync::Arc, time::Duration};

use futures::{StreamExt as _, future::join_all, stream};
use kube::{
    Client, Config, ResourceExt,
    runtime::{
        Controller,
        controller::{self, Action},
        watcher::Event,
    },
};
use tokio::{sync::mpsc, task::JoinHandle};
use tokio_util::sync::CancellationToken;

use super::{
    addresses::Addresses,
    claims::Claims,
    client,
    connections::Connections,
    context::Context,
    engine,
    events::Events,
    guard::{Guard, holds, index::Index, left_behind::LeftBehind},
    key,
    kind::Kind,
    links,
    namespaces::Namespaces,
    objects::Objects,
    provider,
    providers::{ProviderKey, ProviderObject as _, Providers},
    sessions::Sessions,
    startup::definitions_served,
    watches::{Parts, Watchable, Watched},
};
use crate::{
    api::{ClusterScimProvider, ScimDeletionHold, ScimGroup, ScimProvider, ScimUser},
    cli::{EventFilter, RunSettings},
    runtime::{
        Services,
        entropy::{self, EntropyError},
        lease::{Election, LeaseSettings, Tenure},
        readiness::Gate,
    },
    sync::{
        digest::Digester,
        lease::{Loss, UnfitTerms},
    },
};

/// Why the operator did not start or run on.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// No cluster is configured.
    #[error("no cluster is configured: {0}")]
    Config(#[from] kube::config::InferConfigError),
    /// The configuration does not make a client.
    #[error("the cluster's configuration cannot be used: {0}")]
    Client(#[from] kube::Error),
    /// What the operator left for itself cannot be read.
    #[error("the ConfigMaps of the operator's namespace cannot be listed: {0}")]
    Memory(Box<dyn std::error::Error + Send + Sync>),
    /// The operator has no key of its own.
    #[error("the operator has no key of its own: {0}")]
    Key(Box<dyn std::error::Error + Send + Sync>),
    /// The lease cannot be kept as it is asked for.
    #[error("--lease-duration, --lease-renew-deadline, --lease-renew-interval: {0}")]
    Terms(#[from] UnfitTerms),
    /// The system gives no randomness, so that this process has no name of
    /// its own.
    #[error(transparent)]
    Entropy(#[from] EntropyError),
    /// Another process may be at work.
    #[error("the Lease is lost: {0}. This process ends at once, and stands by when it is started again")]
    Lost(Loss),
}

/// Where the watches tell that an object is gone.
enum Gone {
    User(String, ProviderKey),
    Group(String, ProviderKey),
    Provider(ProviderKey),
    Hold(Arc<ScimDeletionHold>),
}

/// Stands by until the lease can be had, and works until the shutdown is asked
/// for and the passes under way have ended, or until the lease is lost.
pub async fn run(settings: RunSettings, services: Services) -> Result<(), RunError> {
    let terms = settings.lease_terms()?;
    let Services { readiness, shutdown: stop, .. } = &services;
    let definitions = readiness.gate("definitions", "the API server does not serve the custom resources yet");
    let key_gate = readiness.gate("key", "the operator's own key was not read yet");
    let caches = readiness.gate("caches", "the objects were not read yet");
    let config = Config::infer().await?;
    let own_namespace =
        settings.operator_namespace.clone().unwrap_or_else(|| config.default_namespace.clone());
    let api_server = config.cluster_url.clone();
    let client = client::plain(&config)?;
    tokio::select! {
        () = definitions_served(&client, &settings.watch_namespaces, &own_namespace) => definitions.open(),
        () = stop.cancelled() => return Ok(()),
    }
    let digester =
        key::digester(&client, &own_namespace).await.map_err(|error| RunError::Key(Box::new(error)))?;
    key_gate.open();
    let lease = LeaseSettings {
        namespace: own_namespace.clone(),
        name: settings.lease_name.clone(),
        identity: format!("{}_{}", settings.lease_holder, entropy::nonce()?),
        terms,
    };
    let mut leader = tokio::select! {
        // Whoever stands by is ready: to take over is all that is asked of it.
        leader = Election::new(client.clone(), lease, &services).won(|| caches.open()) => leader,
        () = stop.cancelled() => return Ok(()),
    };
    caches.close("the objects were not read yet");
    let tenure = leader.tenure();
    let working = client::working(&config, Arc::clone(&tenure))?;
    let addresses =
        Addresses::learn(&client, &api_server, &settings.allow_hosts, &settings.refuse_networks).await;

    let left_behind = LeftBehind::load(&client, &own_namespace, &digester)
        .await
        .map_err(|error| RunError::Memory(Box::new(error)))?;
    let own = Own { namespace: own_namespace, digester, addresses, left_behind, tenure };
    tokio::select! {
        // First, because whoever may not work must not go on.
        biased;
        loss = leader.until_lost() => {
            tracing::error!(%loss, "the lease is lost; ending at once");
            return Err(RunError::Lost(loss));
        }
        () = work(settings, services.clone(), working, own, caches) => {}
    }
    leader.give_back().await;
    Ok(())
}

/// What the operator learnt before it began.
struct Own {
    namespace: String,
    digester: Digester,
    addresses: Addresses,
    left_behind: LeftBehind,
    tenure: Arc<Tenure>,
}

/// Works until the shutdown is asked for and the passes under way have ended.
async fn work(settings: RunSettings, services: Services, client: Client, own: Own, caches: Gate) {
    let Services { clock, metrics, shutdown: stop, .. } = services;
    let (gone, gone_objects) = mpsc::unbounded_channel();
    let (user_watch, group_watch, linked_changes) = links::watches();
    let namespaces = scopes(&settings.watch_namespaces);
    let (user_claims, group_claims) = (Arc::<Claims>::default(), Arc::<Claims>::default());
    let users = Watched::start(&client, &namespaces, {
        let (gone, claims) = (gone.clone(), Arc::clone(&user_claims));
        move |event| {
            claims.observe(event);
            user_watch.observe(event);
            tell_gone(&gone, event, |user: &ScimUser| {
                Gone::User(user.uid().unwrap_or_default(), ProviderKey::of(user))
            });
        }
    });
    let groups = Watched::start(&client, &namespaces, {
        let (gone, claims) = (gone.clone(), Arc::clone(&group_claims));
        move |event| {
            claims.observe(event);
            group_watch.observe(event);
            tell_gone(&gone, event, |group: &ScimGroup| {
                Gone::Group(group.uid().unwrap_or_default(), ProviderKey::of(group))
            });
        }
    });
    let providers = Watched::start(&client, &namespaces, {
        let gone = gone.clone();
        move |event| tell_gone(&gone, event, |provider: &ScimProvider| Gone::Provider(provider.key()))
    });
    let cluster_providers = Watched::start(&client, &[None], {
        let gone = gone.clone();
        move |event| tell_gone(&gone, event, |provider: &ClusterScimProvider| Gone::Provider(provider.key()))
    });
    let held = Arc::new(Index::new(own.digester.clone()));
    let holds = Watched::start(&client, &[Some(own.namespace.clone())], {
        let held = Arc::clone(&held);
        move |event| {
            for hold in held.observe(event) {
                // Nobody listens any more only while the process is stopping.
                let _ = gone.send(Gone::Hold(hold));
            }
        }
    });
    let context = Arc::new(Context {
        objects: Objects::new(client.clone(), settings.concurrency),
        namespaces: Namespaces::new(client.clone()),
        users: Kind::new(users.scopes, user_claims),
        groups: Kind::new(groups.scopes, group_claims),
        providers: Providers { namespaced: providers.scopes, cluster: cluster_providers.scopes },
        sessions: Sessions::default(),
        guard: Guard::new(holds.scopes, held, own.left_behind),
        connections: Connections::default(),
        events: Events::start(client.clone(), settings.events == EventFilter::Warnings),
        metrics,
        clock,
        digester: own.digester,
        operator_namespace: own.namespace,
        addresses: own.addresses,
        tenure: own.tenure,
        client,
    });
    let followers = [
        tokio::spawn(links::follow(Arc::clone(&context), linked_changes)),
        tokio::spawn(follow_gone(Arc::clone(&context), gone_objects)),
        tokio::spawn(open_when_synced(Arc::clone(&context), caches)),
        tokio::spawn(count_objects(Arc::clone(&context))),
        tokio::spawn(LeftBehind::tidy(Arc::clone(&context))),
    ];
    let start = Start { context: &context, stop: &stop };
    let mut controllers = start.all(providers.parts, provider::reconcile::<ScimProvider>);
    controllers.extend(start.all(cluster_providers.parts, provider::reconcile::<ClusterScimProvider>));
    controllers.extend(start.all(holds.parts, holds::reconcile));
    controllers.extend(start.all(users.parts, engine::reconcile::<ScimUser>));
    controllers.extend(start.all(groups.parts, engine::reconcile::<ScimGroup>));
    stop.cancelled().await;
    join_all(controllers).await;
    followers.iter().for_each(JoinHandle::abort);
}

fn scopes(namespaces: &[String]) -> Vec<Option<String>> {
    if namespaces.is_empty() { vec![None] } else { namespaces.iter().cloned().map(Some).collect() }
}

fn tell_gone<K>(gone: &mpsc::UnboundedSender<Gone>, event: &Event<K>, name: impl FnOnce(&K) -> Gone) {
    if let Event::Delete(object) = event {
        // Nobody listens any more only while the process is stopping.
        let _ = gone.send(name(object));
    }
}

async fn follow_gone(context: Arc<Context>, mut gone: mpsc::UnboundedReceiver<Gone>) {
    while let Some(object) = gone.recv().await {
        match object {
            Gone::User(uid, provider) => {
                context.users.forget(&uid);
                provider::left(&context, &provider);
            }
            Gone::Group(uid, provider) => {
                context.groups.forget(&uid);
                provider::left(&context, &provider);
            }
            Gone::Provider(provider) => provider::forget(&context, &provider),
            Gone::Hold(hold) => holds::gone(&context, &hold),
        }
    }
}

async fn open_when_synced(context: Arc<Context>, caches: Gate) {
    tokio::join!(
        context.users.synced(),
        context.groups.synced(),
        context.providers.synced(),
        context.guard.synced()
    );
    caches.open();
    tracing::info!("everything was read once; working");
}

/// Counts the objects now and then, for metrics.
async fn count_objects(context: Arc<Context>) {
    const BETWEEN_COUNTS: Duration = Duration::from_secs(15);
    loop {
        context.metrics.held(context.guard.index.len());
        context.metrics.objects("ScimUser", context.users.len());
        context.metrics.objects("ScimGroup", context.groups.len());
        context.metrics.objects("ScimProvider", context.providers.namespaced.len());
        context.metrics.objects("ClusterScimProvider", context.providers.cluster.len());
        tokio::time::sleep(BETWEEN_COUNTS).await;
    }
}

/// Starts controllers.
struct Start<'a> {
    context: &'a Arc<Context>,
    stop: &'a CancellationToken,
}

impl Start<'_> {
    fn all<K, F>(
        &self,
        parts: Vec<Parts<K>>,
        reconcile: impl Fn(Arc<K>, Arc<Context>) -> F + Clone + Send + 'static,
    ) -> Vec<JoinHandle<()>>
    where
        K: Watchable,
        F: Future<Output = Result<Action, Infallible>> + Send + 'static,
    {
        parts.into_iter().map(|parts| self.one(parts, reconcile.clone())).collect()
    }

    fn one<K, F>(
        &self,
        parts: Parts<K>,
        reconcile: impl Fn(Arc<K>, Arc<Context>) -> F + Send + 'static,
    ) -> JoinHandle<()>
    where
        K: Watchable,
        F: Future<Output = Result<Action, Infallible>> + Send + 'static,
    {
        let triggers = stream::unfold(parts.triggers, async |mut triggers| {
            triggers.recv().await.map(|next| (next, triggers))
        });
        // No pass waits for another: each holds only what is its provider's,
        // and those who hold nothing are as good as done.
        let controller = Controller::for_stream(parts.changes, parts.cache)
            .with_config(controller::Config::default().concurrency(0))
            .reconcile_on(triggers)
            .graceful_shutdown_on(self.stop.clone().cancelled_owned())
            .run(reconcile, |_, never: &Infallible, _| match *never {}, Arc::clone(self.context));
        tokio::spawn(controller.for_each(async |ended| {
            if let Err(error) = ended {
                tracing::debug!(%error, "not reconciled");
            }
        }))
    }
}
