//! Providers: connect, find out what answers, say so, and tell those who wait.

use std::{
    collections::HashMap,
    convert::Infallible,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube::{
    Api, ResourceExt,
    api::{Patch, PatchParams},
    runtime::{controller::Action, reflector::ObjectRef},
};
use serde_json::json;
use tokio::time::Instant;

use super::{
    connection::{Connection, connect},
    context::Context,
    engine::outcome_name,
    links,
    objects::{ObjectError, in_time},
    sessions::{Session, Standing},
    sweep,
};
use crate::{
    api::{ScimGroup, ScimProvider, ScimProviderStatus, ScimUser, names::IN_USE, reasons},
    runtime::entropy,
    scim::endpoint::Endpoint,
    sync::{
        backoff,
        outcome::{Because, Outcome, provider_conditions},
    },
};

/// How soon to look again at what others are about to change.
const SOON: Duration = Duration::from_secs(5);

/// How often a Secret is read again. Listing and watching Secrets would show
/// every value in the namespace; reading one needs only `get`.
const SECRET_REREAD: Duration = Duration::from_mins(1);

/// What is kept about providers from one pass to the next.
#[derive(Debug, Default)]
pub(super) struct Connections {
    open: Mutex<HashMap<ObjectRef<ScimProvider>, Arc<Connection>>>,
    failures: Mutex<HashMap<ObjectRef<ScimProvider>, u32>>,
    /// The status that was last written; the cache may not show it yet.
    said: Mutex<HashMap<ObjectRef<ScimProvider>, Said>>,
}

/// A status, and the UID of the provider it was written for.
#[derive(Debug)]
struct Said {
    uid: Option<String>,
    status: ScimProviderStatus,
}

/// Brings a provider's standing up to date.
pub(super) async fn reconcile(
    provider: Arc<ScimProvider>,
    context: Arc<Context>,
) -> Result<Action, Infallible> {
    let started = Instant::now();
    tokio::join!(context.users.synced(), context.groups.synced());
    let reference = ObjectRef::from(&*provider);
    let again = match tenure(&context, &provider).await {
        Ok(Tenure::Over) => {
            forget(&context, &reference);
            return Ok(Action::await_change());
        }
        Ok(tenure) => serve(&context, &provider, &reference, tenure, started).await,
        Err(error) => {
            tracing::warn!(%error, provider = reference.name, "the finalizer could not be changed");
            SOON
        }
    };
    Ok(Action::requeue(again))
}

/// How long a provider is needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tenure {
    /// Until somebody deletes it.
    Open,
    /// It is being deleted, and users or groups can be reached only by it.
    Ending,
    /// Nothing needs it.
    Over,
}

/// A provider is kept while anything refers to it: deleted with its namespace,
/// it would leave the users of that namespace with no way to the server.
async fn tenure(context: &Context, provider: &Arc<ScimProvider>) -> Result<Tenure, ObjectError> {
    let is_protected = provider.finalizers().iter().any(|name| name == IN_USE);
    match (provider.metadata.deletion_timestamp.is_some(), is_protected) {
        (false, true) => Ok(Tenure::Open),
        (false, false) => match context.objects.protect(&**provider, IN_USE).await {
            Ok(_) | Err(ObjectError::Stale) => Ok(Tenure::Open),
            Err(ObjectError::Gone) => Ok(Tenure::Over),
            Err(error) => Err(error),
        },
        (true, false) => Ok(Tenure::Over),
        (true, true) if is_in_use(context, provider).await? => Ok(Tenure::Ending),
        (true, true) => match context.objects.release(&**provider, IN_USE).await {
            Err(ObjectError::Stale) => Ok(Tenure::Ending),
            released => released.map(|()| Tenure::Over),
        },
    }
}

/// As the caches say; where they say no, as the API server says.
async fn is_in_use(context: &Context, provider: &ScimProvider) -> Result<bool, ObjectError> {
    let (namespace, name) = (provider.namespace().unwrap_or_default(), provider.name_any());
    let cached = !context.users.of_provider(&namespace, &name).is_empty()
        || !context.groups.of_provider(&namespace, &name).is_empty();
    Ok(cached
        || context.objects.refers_to::<ScimUser>(provider).await?
        || context.objects.refers_to::<ScimGroup>(provider).await?)
}

/// Connects or stays connected, and says so; answers when to look again.
async fn serve(
    context: &Arc<Context>,
    provider: &ScimProvider,
    reference: &ObjectRef<ScimProvider>,
    tenure: Tenure,
    started: Instant,
) -> Duration {
    let attempt = match context.connections.known(reference, provider) {
        Some(connection) => keep(connection, tenure).await,
        None => connect(context, provider).await,
    };
    let (outcome, news) = match attempt {
        Ok(connection) => (serving(tenure), opened(context, reference, &connection)),
        Err(because) => {
            context.connections.close(reference);
            let news = context.sessions.set(reference, Standing::Failing);
            let is_up_to_a_person = because.reason == reasons::INVALID_SPEC;
            let outcome =
                if is_up_to_a_person { Outcome::Stalled(because) } else { Outcome::Waiting(because) };
            (outcome, news)
        }
    };
    context.metrics.reconciled("ScimProvider", outcome_name(&outcome), started.elapsed());
    say(context, provider, &outcome).await;
    if news {
        // Whoever waits is told of a failure too: an object that is new says
        // once that it waits.
        links::resume(context, reference);
    }
    let pause = context.connections.pause(reference, &outcome);
    if tenure == Tenure::Ending { pause.min(SOON) } else { pause }
}

fn serving(tenure: Tenure) -> Outcome {
    if tenure != Tenure::Ending {
        return Outcome::InSync;
    }
    let message = "it is being deleted, and serves on until no ScimUser and no ScimGroup refers to it. Delete those, \
                   or set their deletionPolicy: Retain to let them go without a call to the server.";
    Outcome::Waiting(Because::new(reasons::PROGRESSING, message))
}

/// Forgets a provider that is gone or going.
pub(super) fn forget(context: &Context, provider: &ObjectRef<ScimProvider>) {
    context.connections.forget(provider);
    context.sessions.forget(provider);
    links::resume(context, provider);
}

/// An object of the provider is gone: it takes no place any more, and a
/// provider that is being deleted may be free.
pub(super) fn left(context: &Context, provider: &ObjectRef<ScimProvider>) {
    if let Standing::Open(session) = context.sessions.of(provider) {
        session.pass_on();
    }
    let is_ending = context
        .providers
        .get(provider)
        .is_some_and(|provider| provider.metadata.deletion_timestamp.is_some());
    if is_ending {
        context.providers.trigger(provider.clone());
    }
}

/// A connection that stands: is the token still the one in the Secret, and
/// does anybody doubt that the server answers?
/// While a provider is being deleted its Secret may go first, and the token
/// that is known is kept.
async fn keep(connection: Arc<Connection>, tenure: Tenure) -> Result<Arc<Connection>, Because> {
    let renewed = match connection.credentials.refresh().await {
        Err(_) if tenure == Tenure::Ending => false,
        renewed => renewed?,
    };
    if renewed || connection.session.is_doubtful() {
        super::connection::probe(&connection).await?;
    }
    Ok(connection)
}

/// Lets the objects have the connection; true if it is a new one.
fn opened(context: &Arc<Context>, reference: &ObjectRef<ScimProvider>, connection: &Arc<Connection>) -> bool {
    connection.session.trust();
    let session = Arc::clone(&connection.session);
    let is_new = context.connections.open(reference, connection);
    if is_new {
        context.sessions.set(reference, Standing::Open(Arc::clone(&session)));
        start_sweeps(context, reference, session);
    }
    is_new
}

fn start_sweeps(context: &Arc<Context>, reference: &ObjectRef<ScimProvider>, session: Arc<Session>) {
    let (context, reference) = (Arc::clone(context), reference.clone());
    let closed = session.closed();
    tokio::spawn(async move {
        tokio::select! {
            () = closed.cancelled() => {}
            () = sweep::repeat(&context, &reference, &session) => {}
        }
    });
}

/// Writes the provider's status if it says anything new.
async fn say(context: &Context, provider: &ScimProvider, outcome: &Outcome) {
    let reference = ObjectRef::from(provider);
    let before = context.connections.said(&reference, provider);
    let previous = before.conditions.clone().unwrap_or_default();
    let now = Time(context.clock.now());
    let status = ScimProviderStatus {
        observed_generation: provider.metadata.generation,
        endpoint_key: Endpoint::parse(&provider.spec.url, true).ok().map(|endpoint| endpoint.endpoint_key()),
        conditions: Some(provider_conditions(&previous, provider.metadata.generation, now, outcome)),
    };
    if status == before {
        return;
    }
    if let Outcome::Waiting(because) | Outcome::Stalled(because) = outcome {
        let known = previous.iter().any(|condition| condition.reason == because.reason);
        if !known {
            context.events.failed(provider, because.reason, because.summary.clone());
        }
    }
    let api: Api<ScimProvider> =
        Api::namespaced(context.client.clone(), &provider.namespace().unwrap_or_default());
    let precondition = json!({"uid": provider.uid()});
    let patch = Patch::Merge(json!({"metadata": precondition, "status": status}));
    let name = provider.name_any();
    match in_time(api.patch_status(&name, &PatchParams::default(), &patch)).await {
        Ok(_) => context.connections.say(reference, provider.uid(), status),
        Err(error) => tracing::warn!(%error, provider = name, "status could not be written"),
    }
}

impl Connections {
    /// The open connection, if it was made for this very spec.
    fn known(&self, reference: &ObjectRef<ScimProvider>, provider: &ScimProvider) -> Option<Arc<Connection>> {
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let connection = open.get(reference)?;
        // A deletion is a new generation too, of the same spec.
        let is_current = connection.uid == provider.uid() && connection.spec == provider.spec;
        is_current.then(|| Arc::clone(connection))
    }

    /// Keeps a connection; true if it is a new one.
    fn open(&self, reference: &ObjectRef<ScimProvider>, connection: &Arc<Connection>) -> bool {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let before = open.insert(reference.clone(), Arc::clone(connection));
        before.is_none_or(|before| !Arc::ptr_eq(&before, connection))
    }

    fn close(&self, reference: &ObjectRef<ScimProvider>) {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).remove(reference);
    }

    /// What the provider's status says by now.
    fn said(&self, reference: &ObjectRef<ScimProvider>, provider: &ScimProvider) -> ScimProviderStatus {
        let said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        let ours = said.get(reference).filter(|said| said.uid == provider.uid());
        ours.map(|said| said.status.clone()).or_else(|| provider.status.clone()).unwrap_or_default()
    }

    fn say(&self, reference: ObjectRef<ScimProvider>, uid: Option<String>, status: ScimProviderStatus) {
        self.said.lock().unwrap_or_else(PoisonError::into_inner).insert(reference, Said { uid, status });
    }

    fn forget(&self, reference: &ObjectRef<ScimProvider>) {
        self.close(reference);
        self.said.lock().unwrap_or_else(PoisonError::into_inner).remove(reference);
        self.failures.lock().unwrap_or_else(PoisonError::into_inner).remove(reference);
    }

    /// When to look again: soon after a failure, then further and further
    /// apart, but never so far that a mended Secret waits longer than one
    /// that was rotated.
    fn pause(&self, reference: &ObjectRef<ScimProvider>, outcome: &Outcome) -> Duration {
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        if *outcome == Outcome::InSync {
            failures.remove(reference);
            return SECRET_REREAD;
        }
        let count = failures.entry(reference.clone()).or_default();
        *count = count.saturating_add(1);
        backoff::delay(*count, entropy::factor(0.0..=1.0)).min(SECRET_REREAD)
    }
}
