//! Providers: connect, find out what answers, say so, and tell those who wait.

use std::{convert::Infallible, sync::Arc, time::Duration};

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube::{
    ResourceExt,
    api::{Patch, PatchParams},
    runtime::controller::Action,
};
use serde_json::json;
use tokio::time::Instant;

use super::{
    circuit::Circuit,
    connection::{Connection, accepted, connect, endpoint_key_of},
    context::Context,
    engine::outcome_name,
    links,
    objects::{ObjectError, in_time},
    providers::{ProviderKey, ProviderObject},
    sessions::{Session, Standing},
    sweep,
};
use crate::{
    api::{Capabilities, KindCapabilities, ScimGroup, ScimProviderStatus, ScimUser, names::IN_USE, reasons},
    scim::{port::ResourceType, profile::UpdateMethod},
    sync::outcome::{Because, Outcome, provider_conditions, suspended},
};

/// How soon to look again at what others are about to change.
const SOON: Duration = Duration::from_secs(5);

/// How often a Secret is read again. Listing and watching Secrets would show
/// every value in the namespace; reading one needs only `get`.
const SECRET_REREAD: Duration = Duration::from_mins(1);

/// Brings a provider's standing up to date.
pub(super) async fn reconcile<P: ProviderObject>(
    provider: Arc<P>,
    context: Arc<Context>,
) -> Result<Action, Infallible> {
    let started = Instant::now();
    tokio::join!(context.users.synced(), context.groups.synced());
    let key = provider.key();
    let again = match tenure(&context, &*provider).await {
        Ok(Tenure::Over) => {
            forget(&context, &key);
            return Ok(Action::await_change());
        }
        Ok(tenure) => serve(&context, &*provider, tenure, started).await,
        Err(error) => {
            tracing::warn!(%error, provider = %key, "the finalizer could not be changed");
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
async fn tenure(context: &Context, provider: &impl ProviderObject) -> Result<Tenure, ObjectError> {
    let is_protected = provider.finalizers().iter().any(|name| name == IN_USE);
    match (provider.is_ending(), is_protected) {
        (false, true) => Ok(Tenure::Open),
        (false, false) => match context.objects.protect(provider, IN_USE).await {
            Ok(_) | Err(ObjectError::Stale) => Ok(Tenure::Open),
            Err(ObjectError::Gone) => Ok(Tenure::Over),
            Err(error) => Err(error),
        },
        (true, false) => Ok(Tenure::Over),
        (true, true) if is_in_use(context, &provider.key()).await? => Ok(Tenure::Ending),
        (true, true) => match context.objects.release(provider, IN_USE).await {
            Err(ObjectError::Stale) => Ok(Tenure::Ending),
            released => released.map(|()| Tenure::Over),
        },
    }
}

/// As the caches say; where they say no, as the API server says.
async fn is_in_use(context: &Context, provider: &ProviderKey) -> Result<bool, ObjectError> {
    let cached =
        !context.users.of_provider(provider).is_empty() || !context.groups.of_provider(provider).is_empty();
    Ok(cached
        || context.objects.refers_to::<ScimUser>(provider).await?
        || context.objects.refers_to::<ScimGroup>(provider).await?)
}

/// Connects or stays connected, and says so; answers when to look again.
async fn serve<P: ProviderObject>(
    context: &Arc<Context>,
    provider: &P,
    tenure: Tenure,
    started: Instant,
) -> Duration {
    if provider.common().suspend == Some(true) {
        return stand_still(context, provider, tenure, started).await;
    }
    let key = &provider.key();
    let circuit = context.connections.circuit(provider, context.clock.now());
    let known = context.connections.known(provider);
    let attempt = match (spared(&circuit, known.as_ref()), &known) {
        (Some(because), _) => Err(because),
        (None, Some(connection)) => keep(context, provider, connection, &circuit, tenure).await,
        (None, None) => connect(context, provider, Arc::clone(&circuit)).await,
    };
    let (outcome, news) = match (attempt, spared(&circuit, known.as_ref())) {
        (Ok(connection), _) => {
            let news = opened(context, key, &connection);
            connection.session.inventory.accept(accepted(provider));
            let implausible = connection.session.inventory.known().because();
            (implausible.map_or_else(|| serving(tenure), Outcome::Stalled), news)
        }
        // The server was not asked, or asked for peace: what is open stays open.
        (Err(_), Some(because)) if known.is_some() => (Outcome::Waiting(because), false),
        (Err(because), spared) => {
            let because = spared.unwrap_or_else(|| tried(&circuit, because));
            context.connections.close(key);
            let news = context.sessions.set(key, Standing::Failing);
            let is_up_to_a_person = because.reason == reasons::INVALID_SPEC;
            let outcome =
                if is_up_to_a_person { Outcome::Stalled(because) } else { Outcome::Waiting(because) };
            (outcome, news)
        }
    };
    context.metrics.reconciled(P::KIND, outcome_name(&outcome), started.elapsed());
    say(context, provider, &outcome).await;
    if news {
        // Whoever waits is told of a failure too: an object that is new says
        // once that it waits.
        links::resume(context, key);
    }
    let pause = circuit.hold().or_else(|| circuit.rest()).unwrap_or(SECRET_REREAD).min(SECRET_REREAD);
    if tenure == Tenure::Ending { pause.min(SOON) } else { pause }
}

/// Nothing is sent but what is under way, and whoever needs the server waits.
async fn stand_still<P: ProviderObject>(
    context: &Arc<Context>,
    provider: &P,
    tenure: Tenure,
    started: Instant,
) -> Duration {
    let key = &provider.key();
    context.connections.close(key);
    let news = context.sessions.set(key, Standing::Failing);
    let outcome = Outcome::Suspended(suspended(tenure == Tenure::Ending));
    context.metrics.reconciled(P::KIND, outcome_name(&outcome), started.elapsed());
    say(context, provider, &outcome).await;
    if news {
        links::resume(context, key);
    }
    if tenure == Tenure::Ending { SOON } else { SECRET_REREAD }
}

/// Why the server is not even asked how it is. A provider that has nothing to
/// lose is tried whenever its spec changes, though not against the server's
/// wish.
fn spared(circuit: &Circuit, known: Option<&Arc<Connection>>) -> Option<Because> {
    circuit.held().or_else(|| known.and_then(|_| circuit.resting()))
}

/// Counts a failed attempt, and says since when it is tried, where it is the
/// server that fails.
fn tried(circuit: &Circuit, because: Because) -> Because {
    circuit.probe_failed();
    let is_servers = matches!(
        because.reason,
        reasons::UNREACHABLE
            | reasons::TLS_FAILED
            | reasons::REDIRECTED
            | reasons::NOT_SCIM
            | reasons::UNAUTHORIZED
            | reasons::TOKEN_REFUSED
    );
    if is_servers { circuit.with_since(because) } else { because }
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
pub(super) fn forget(context: &Context, provider: &ProviderKey) {
    context.connections.forget(provider);
    context.sessions.forget(provider);
    links::resume(context, provider);
}

/// An object of the provider is gone: it takes no place any more, and a
/// provider that is being deleted may be free.
pub(super) fn left(context: &Context, provider: &ProviderKey) {
    if let Standing::Open(session) = context.sessions.of(provider) {
        session.traffic.pass_on();
    }
    if context.providers.get(provider).is_some_and(|provider| provider.is_ending) {
        context.providers.trigger(provider);
    }
}

/// A connection that stands: are the certificates and credentials still those
/// in the Secrets, and does anybody doubt that the server answers?
/// While a provider is being deleted its Secrets may go first, and what is
/// known is kept.
async fn keep<P: ProviderObject>(
    context: &Arc<Context>,
    provider: &P,
    connection: &Arc<Connection>,
    circuit: &Arc<Circuit>,
    tenure: Tenure,
) -> Result<Arc<Connection>, Because> {
    let is_ending = tenure == Tenure::Ending;
    match connection.has_same_tls(context, provider).await {
        Err(_) if is_ending => {}
        same => {
            if !same? {
                return connect(context, provider, Arc::clone(circuit)).await;
            }
        }
    }
    let renewed = match connection.credentials.refresh().await {
        Err(_) if is_ending => false,
        renewed => renewed?,
    };
    if renewed {
        connection.protect();
    }
    if renewed || connection.session.traffic.is_doubtful() {
        super::connection::probe(connection).await?;
    }
    Ok(Arc::clone(connection))
}

/// Lets the objects have the connection; true if it is a new one.
fn opened(context: &Arc<Context>, provider: &ProviderKey, connection: &Arc<Connection>) -> bool {
    connection.session.traffic.trust();
    let session = Arc::clone(&connection.session);
    let is_new = context.connections.open(provider, connection);
    if is_new {
        context.sessions.set(provider, Standing::Open(Arc::clone(&session)));
        start_sweeps(context, provider, session);
    }
    is_new
}

fn start_sweeps(context: &Arc<Context>, provider: &ProviderKey, session: Arc<Session>) {
    let (context, provider) = (Arc::clone(context), provider.clone());
    let closed = session.closed();
    tokio::spawn(async move {
        tokio::select! {
            () = closed.cancelled() => {}
            () = sweep::repeat(&context, &provider, &session) => {}
        }
    });
}

/// What is in force with the provider's server, while it is talked to.
fn capabilities(context: &Context, provider: &ProviderKey) -> Option<Capabilities> {
    let Standing::Open(session) = context.sessions.of(provider) else { return None };
    let dialect = &session.dialect;
    let known = session.capabilities();
    let kind = |resource_type| {
        let (known, rules) = (known.kind(resource_type), dialect.profile.kind(resource_type));
        KindCapabilities {
            supported: Some(known.supported),
            update: Some(update(known.update, session.by_put.is_set(resource_type)).to_owned()),
            filter: Some(known.filter),
            paging: known.paging.map(|paging| format!("{paging:?}")),
            page_size: i64::try_from(known.page_size).ok(),
            deletion: Some(format!("{:?}", rules.deletion)),
            deactivation: Some(format!("{:?}", rules.deactivation)),
        }
    };
    Some(Capabilities {
        profile: Some(dialect.name.clone()),
        users: Some(kind(ResourceType::User)),
        groups: Some(kind(ResourceType::Group)),
    })
}

/// How a kind of resource is changed, as it turned out.
fn update(known: Option<UpdateMethod>, by_put: bool) -> &'static str {
    match known {
        None => "None",
        Some(_) if by_put => "Put",
        Some(_) => "Patch",
    }
}

/// Writes the provider's status if it says anything new.
async fn say<P: ProviderObject>(context: &Context, provider: &P, outcome: &Outcome) {
    let before = context.connections.said(provider);
    let previous = before.conditions.clone().unwrap_or_default();
    let (generation, now) = (provider.meta().generation, Time(context.clock.now()));
    let (missing, counts) = match context.sessions.of(&provider.key()) {
        Standing::Open(session) => {
            (session.inventory.known().to_remember(), session.inventory.counts_to_tell())
        }
        Standing::Unknown | Standing::Failing => (before.missing.clone(), None),
    };
    let (users, groups) = counts.unwrap_or((before.users, before.groups));
    let status = ScimProviderStatus {
        observed_generation: generation,
        endpoint_key: endpoint_key_of(provider.common()),
        capabilities: capabilities(context, &provider.key()).or_else(|| before.capabilities.clone()),
        users,
        groups,
        missing,
        conditions: Some(provider_conditions(&previous, generation, now, outcome)),
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
    let api = P::api(&context.client, provider.namespace().as_deref());
    let patch = Patch::Merge(json!({"metadata": {"uid": provider.uid()}, "status": status}));
    let name = provider.name_any();
    match in_time(api.patch_status(&name, &PatchParams::default(), &patch)).await {
        Ok(_) => context.connections.say(provider, status),
        Err(error) => tracing::warn!(%error, provider = name, "status could not be written"),
    }
}
