//! Carries out what people decide about holds, says how far that is, and
//! removes the holds that are done with.

use std::{convert::Infallible, sync::Arc, time::Duration};

use jiff::{SignedDuration, Timestamp};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ManagedFieldsEntry;
use kube::{
    Api, ResourceExt,
    api::{DeleteParams, Preconditions},
    runtime::controller::Action,
};

use super::wake;
use crate::{
    api::{Decision, HeldEntry, HeldKind, Origin, ScimDeletionHold, ScimDeletionHoldStatus},
    controller::{
        context::Context,
        identity::Identity,
        objects::{ObjectError, in_time},
        providers::ProviderKey,
    },
    sync::guard::{Remembered, Whose},
};

/// How soon it is looked again how far a decision has come.
const SOON: Duration = Duration::from_secs(3);

/// So long after a decision most of it is done.
const UNDER_WAY: SignedDuration = SignedDuration::from_mins(5);

/// How often a hold is looked at of which nothing is expected.
const NOW_AND_THEN: Duration = Duration::from_mins(1);

/// After so long the objects of a hold say that they are held.
const TOLD: SignedDuration = SignedDuration::from_mins(1);

/// After so long the objects of a hold have heard of a decision.
const ACTED_ON: SignedDuration = SignedDuration::from_secs(5);

/// How long a hold is kept that is done with.
const KEPT: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Brings a hold up to date.
pub(in crate::controller) async fn reconcile(
    hold: Arc<ScimDeletionHold>,
    context: Arc<Context>,
) -> Result<Action, Infallible> {
    tokio::join!(context.users.synced(), context.groups.synced(), context.guard.synced());
    if !context.guard.index.is_genuine(&hold) || !is_ours(&context, &hold) {
        return Ok(Action::await_change());
    }
    Ok(match look_after(&context, &hold).await {
        Ok(again) => Action::requeue(again),
        Err(ObjectError::Gone) => Action::await_change(),
        Err(error) => {
            tracing::debug!(%error, hold = hold.name_any(), "not brought up to date");
            Action::requeue(SOON)
        }
    })
}

/// A hold is gone: whatever it held asks anew, and is held anew.
pub(in crate::controller) fn gone(context: &Context, hold: &ScimDeletionHold) {
    wake_all(context, hold);
}

/// Only who sees all of its objects can say what became of them.
fn is_ours(context: &Context, hold: &ScimDeletionHold) -> bool {
    hold.spec.entries.iter().all(|entry| match entry.kind {
        HeldKind::ScimUser => context.users.sees(&entry.namespace),
        HeldKind::ScimGroup => context.groups.sees(&entry.namespace),
    })
}

async fn look_after(context: &Arc<Context>, cached: &ScimDeletionHold) -> Result<Duration, ObjectError> {
    let hold = &context.objects.live(cached).await?;
    let now = context.clock.now();
    let before = hold.status.clone().unwrap_or_default();
    if let Some(finished) = before.finished_at.as_deref().and_then(|at| at.parse::<Timestamp>().ok()) {
        let left = KEPT - now.duration_since(finished);
        return match Duration::try_from(left) {
            Ok(left) if !left.is_zero() => Ok(left),
            _ => remove(context, hold).await,
        };
    }
    let is_news = before.decided_at.is_none();
    match hold.spec.decision {
        Some(Decision::Reject) => remember(context, hold).await?,
        Some(Decision::Approve) | None => {}
    }
    context.guard.index.take(hold);
    if hold.spec.decision.is_some() && context.guard.index.is_newly_decided(&hold.name_any()) {
        wake_all(context, hold);
    }
    let status = status(context, hold, before.clone(), now);
    if status != before {
        let (said, saying) = (value(&before)?, value(&status)?);
        let written = context.objects.write_status(hold, &said, &saying).await?;
        context.guard.index.take(&written);
        if let (true, Some(decision)) = (is_news, hold.spec.decision) {
            tell(context, hold, decision);
        }
    }
    let decided = status.decided_at.as_deref().and_then(|at| at.parse::<Timestamp>().ok());
    let is_under_way = decided.is_some_and(|decided| now.duration_since(decided) < UNDER_WAY);
    Ok(if is_under_way && status.finished_at.is_none() { SOON } else { NOW_AND_THEN })
}

fn value(status: &ScimDeletionHoldStatus) -> Result<serde_json::Value, ObjectError> {
    serde_json::to_value(status).map_err(ObjectError::Unsayable)
}

fn status(
    context: &Context,
    hold: &ScimDeletionHold,
    before: ScimDeletionHoldStatus,
    now: Timestamp,
) -> ScimDeletionHoldStatus {
    let mut status = before;
    if hold.spec.decision.is_some() && status.decided_at.is_none() {
        let writer = decided_by(hold.managed_fields());
        let at = writer.and_then(|writer| writer.time.as_ref()).map_or(now, |time| time.0);
        status.decided_at = Some(at.to_string());
        status.decided_by = writer.and_then(|writer| writer.manager.clone());
    }
    let decided = status.decided_at.as_deref().and_then(|at| at.parse::<Timestamp>().ok());
    let (since, enough) = match decided {
        Some(decided) => (decided, ACTED_ON),
        None => (hold.creation_timestamp().map_or(now, |created| created.0), TOLD),
    };
    let is_young = now.duration_since(since) < enough;
    let left = hold.spec.entries.iter().filter(|entry| is_left(context, entry, is_young)).count();
    let count = |number: usize| i64::try_from(number).ok();
    status.left = count(left);
    status.done = count(hold.spec.entries.len() - left);
    if left == 0 && (decided.is_some() || !is_young) {
        status.finished_at = Some(now.to_string());
    }
    status
}

/// Whose entry among the managed fields the decision is.
fn decided_by(fields: &[ManagedFieldsEntry]) -> Option<&ManagedFieldsEntry> {
    fields.iter().find(|entry| {
        entry.fields_v1.as_ref().is_some_and(|fields| fields.0["f:spec"]["f:decision"].is_object())
    })
}

/// Whether an entry still waits, or is not done yet.
fn is_left(context: &Context, entry: &HeldEntry, is_young: bool) -> bool {
    match entry.kind {
        HeldKind::ScimUser => context
            .users
            .get(&entry.namespace, &entry.name)
            .is_some_and(|user| is_object_left(&*user, entry, is_young)),
        HeldKind::ScimGroup => context
            .groups
            .get(&entry.namespace, &entry.name)
            .is_some_and(|group| is_object_left(&*group, entry, is_young)),
    }
}

fn is_object_left<T: Identity>(object: &T, entry: &HeldEntry, is_young: bool) -> bool {
    if object.meta().uid.as_deref() != Some(entry.uid.as_str()) {
        return false;
    }
    let Some(generation) = entry.generation else { return true };
    let is_meant = object.meta().generation == Some(generation) && object.meta().deletion_timestamp.is_none();
    is_meant && (is_young || object.record().is_held())
}

fn wake_all(context: &Context, hold: &ScimDeletionHold) {
    for entry in &hold.spec.entries {
        wake(context, entry.kind, &entry.namespace, &entry.name);
    }
}

fn tell(context: &Context, hold: &ScimDeletionHold, decision: Decision) {
    let (reason, note) = match decision {
        Decision::Approve => ("Approved", "what is held here is carried out"),
        Decision::Reject => ("Rejected", "nothing of what is held here is called on the server"),
    };
    context.events.done(hold, reason, note);
    tracing::info!(hold = hold.name_any(), reason, "decided");
}

async fn remove(context: &Context, hold: &ScimDeletionHold) -> Result<Duration, ObjectError> {
    let api: Api<ScimDeletionHold> = Api::namespaced(context.client.clone(), &context.operator_namespace);
    let parameters = DeleteParams {
        preconditions: Some(Preconditions { uid: hold.uid(), resource_version: hold.resource_version() }),
        ..DeleteParams::default()
    };
    in_time(api.delete(&hold.name_any(), &parameters)).await?;
    Ok(NOW_AND_THEN)
}

/// Remembers the identities that a rejection leaves behind, before any of
/// their objects may go.
async fn remember(context: &Arc<Context>, hold: &ScimDeletionHold) -> Result<(), ObjectError> {
    let now = context.clock.now();
    let leaving = hold.spec.entries.iter().filter(|entry| entry.generation.is_none());
    let unknown = leaving.filter(|entry| !context.guard.left_behind.knows(&entry.uid));
    let behind = unknown.filter_map(|entry| match entry.kind {
        HeldKind::ScimUser => left_behind(&*context.users.get(&entry.namespace, &entry.name)?, entry, now),
        HeldKind::ScimGroup => left_behind(&*context.groups.get(&entry.namespace, &entry.name)?, entry, now),
    });
    context.guard.left_behind.remember(context, behind.collect()).await?;
    context.guard.index.remembered(&hold.name_any());
    Ok(())
}

fn left_behind<T: Identity>(object: &T, entry: &HeldEntry, now: Timestamp) -> Option<Remembered> {
    let is_meant = object.meta().uid.as_deref() == Some(entry.uid.as_str());
    let record = object.record();
    let anchor = record.anchor.filter(|_| is_meant)?;
    Some(Remembered {
        whose: whose(object, entry.kind),
        uid: entry.uid.clone(),
        endpoint: anchor.endpoint,
        id: anchor.id,
        created: anchor.created,
        identity: anchor.name,
        origin: record.origin.or(Some(Origin::Created)),
        at: now,
    })
}

/// Which object an identity is kept for.
pub(super) fn whose<T: Identity>(object: &T, kind: HeldKind) -> Whose {
    let provider = ProviderKey::of(object);
    Whose {
        kind,
        namespace: object.namespace().unwrap_or_default(),
        name: object.name_any(),
        provider_kind: provider.kind().to_owned(),
        provider: provider.name,
    }
}
