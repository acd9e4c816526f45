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
    objects::in_time,
    sessions::{Session, Standing},
    sweep,
};
use crate::{
    api::{ScimProvider, ScimProviderStatus, reasons},
    runtime::entropy,
    scim::endpoint::Endpoint,
    sync::{
        backoff,
        outcome::{Because, Outcome, provider_conditions},
    },
};

/// How often a Secret is read again. Listing and watching Secrets would show
/// every value in the namespace; reading one needs only `get`.
const SECRET_REREAD: Duration = Duration::from_mins(1);

/// What is kept about providers from one pass to the next.
#[derive(Debug, Default)]
pub(super) struct Connections {
    open: Mutex<HashMap<ObjectRef<ScimProvider>, Arc<Connection>>>,
    failures: Mutex<HashMap<ObjectRef<ScimProvider>, u32>>,
}

/// Brings a provider's standing up to date.
pub(super) async fn reconcile(
    provider: Arc<ScimProvider>,
    context: Arc<Context>,
) -> Result<Action, Infallible> {
    let started = Instant::now();
    let reference = ObjectRef::from(&*provider);
    if provider.metadata.deletion_timestamp.is_some() {
        forget(&context, &reference);
        return Ok(Action::await_change());
    }
    let attempt = match context.connections.known(&reference, &provider) {
        Some(connection) => keep(connection).await,
        None => connect(&context, &provider).await,
    };
    let (outcome, news) = match attempt {
        Ok(connection) => (Outcome::InSync, opened(&context, &reference, &connection)),
        Err(because) => {
            context.connections.close(&reference);
            let news = context.sessions.set(&reference, Standing::Failing);
            let is_up_to_a_person = because.reason == reasons::INVALID_SPEC;
            let outcome =
                if is_up_to_a_person { Outcome::Stalled(because) } else { Outcome::Waiting(because) };
            (outcome, news)
        }
    };
    context.metrics.reconciled("ScimProvider", outcome_name(&outcome), started.elapsed());
    say(&context, &provider, &outcome).await;
    if news {
        // Whoever waits is told of a failure too: an object that is new says
        // once that it waits.
        links::resume(&context, &reference);
    }
    Ok(Action::requeue(context.connections.pause(&reference, &outcome)))
}

/// Forgets a provider that is gone or going.
pub(super) fn forget(context: &Context, provider: &ObjectRef<ScimProvider>) {
    context.connections.close(provider);
    context.sessions.forget(provider);
    links::resume(context, provider);
}

/// A connection that stands: is the token still the one in the Secret, and
/// does anybody doubt that the server answers?
async fn keep(connection: Arc<Connection>) -> Result<Arc<Connection>, Because> {
    let renewed = connection.credentials.refresh().await?;
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
    let before = provider.status.clone().unwrap_or_default();
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
            context.events.failed(provider, because.reason, because.message.clone());
        }
    }
    let api: Api<ScimProvider> =
        Api::namespaced(context.client.clone(), &provider.namespace().unwrap_or_default());
    let precondition = json!({"uid": provider.uid()});
    let patch = Patch::Merge(json!({"metadata": precondition, "status": status}));
    let name = provider.name_any();
    if let Err(error) = in_time(api.patch_status(&name, &PatchParams::default(), &patch)).await {
        tracing::warn!(%error, provider = provider.name_any(), "status could not be written");
    }
}

impl Connections {
    /// The open connection, if it was made for this very spec.
    fn known(&self, reference: &ObjectRef<ScimProvider>, provider: &ScimProvider) -> Option<Arc<Connection>> {
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let connection = open.get(reference)?;
        let is_current =
            connection.uid == provider.uid() && connection.generation == provider.metadata.generation;
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
