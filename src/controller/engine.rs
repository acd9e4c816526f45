//! One pass over one object: ask the lifecycle what to do next, do it, ask
//! again; then one write that says how it went.

use std::{convert::Infallible, sync::Arc, time::Duration};

use futures::{FutureExt as _, future::BoxFuture};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube::{ResourceExt, runtime::controller::Action};
use serde_json::{Map, Value};

use super::{
    context::Context,
    fault::{End, Fault},
    identity::Identity,
    objects::ObjectError,
    pass::Pass,
    providers::ProviderKey,
    sessions::Standing,
};
use crate::{
    api::reasons,
    runtime::entropy,
    scim::error,
    sync::{
        backoff,
        obstacle::Obstacle,
        outcome::{Because, Outcome, conditions, refusal},
        record::Record,
    },
};

/// Failures in a row before a passing trouble is worth a word in status: a
/// hiccup of the server must not rewrite a thousand objects.
const WORTH_A_WORD: u32 = 3;

/// A Secret that was mended is read again after no longer than this.
const LONGEST_UNMET: Duration = Duration::from_mins(1);

/// No pass takes a place for longer than this.
const LONGEST_PASS: Duration = Duration::from_mins(5);

/// Brings one identity and its object together.
pub(super) async fn reconcile<T: Identity>(
    cached: Arc<T>,
    context: Arc<Context>,
) -> Result<Action, Infallible> {
    // One after the other takes less room than all at once.
    context.users.synced().await;
    context.groups.synced().await;
    context.providers.synced().await;
    context.guard.synced().await;
    match begin(&cached, context) {
        Ok(pass) => Ok(pass.await),
        Err(later) => Ok(later),
    }
}

/// The pass, or when to come back instead. It is put aside, so that as many
/// objects as there are can be on their way to it at the same time.
fn begin<T: Identity>(cached: &Arc<T>, context: Arc<Context>) -> Result<BoxFuture<'static, Action>, Action> {
    let kind = T::memory(&context);
    let object = kind.newest(cached);
    let Some(left) = kind.paused(&object) else { return Ok(work(context, object).boxed()) };
    // Somebody may have called it, and waits for nothing.
    context.objects.desk().pass_on();
    if let Standing::Open(session) = context.sessions.of(&ProviderKey::of(&object)) {
        session.traffic.pass_on();
    }
    Err(Action::requeue(left))
}

async fn work<T: Identity>(context: Arc<Context>, object: T) -> Action {
    let mut pass = Pass::new(&context, object);
    let ran = tokio::time::timeout(LONGEST_PASS, pass.run()).await;
    let end = match ran.unwrap_or_else(|_| Err(Fault::Undecided("the server took too long".to_owned()))) {
        Ok(end) => end,
        Err(fault) => judge(&mut pass, fault),
    };
    let action = conclude(&mut pass, end).await;
    pass.leave();
    action
}

/// What a failed step means for the pass.
fn judge<T: Identity>(pass: &mut Pass<'_, T>, fault: Fault) -> End {
    // What the provider says of itself need not be written on each object.
    if let Fault::Server(error) = &fault
        && pass.park(error)
    {
        return End::Quiet(None);
    }
    let failures = T::memory(pass.context).failed(&pass.object);
    let pause = backoff::delay(failures, entropy::factor(0.0..=1.0));
    match fault {
        Fault::Object(ObjectError::Gone) => End::Gone,
        Fault::Object(error @ (ObjectError::Stale | ObjectError::NoProvider)) => {
            tracing::debug!(%error, kind = T::KIND, object = pass.object.name_any(), "not written");
            End::Quiet(Some(pause))
        }
        Fault::Object(error) => {
            tracing::warn!(%error, kind = T::KIND, object = pass.object.name_any(), "not written");
            let message = format!("the API server does not take a write to this object: {error}");
            quiet_at_first(failures, Because::new(reasons::PROGRESSING, message), pause)
        }
        Fault::ForeignResult { id } => {
            let because = Obstacle::UnexpectedAdoption { id }.because(&T::RESOURCE_TYPE.to_string());
            let pause = backoff::stalled(failures, entropy::factor(0.0..=1.0));
            End::Done(Outcome::Stalled(because), Some(pause))
        }
        Fault::Server(error) => refused(pass, &error, failures, pause),
        Fault::Unmet(because) if because.reason == reasons::PROGRESSING => {
            quiet_at_first(failures, because, pause)
        }
        Fault::Unmet(because) => End::Done(Outcome::Stalled(because), Some(pause.min(LONGEST_UNMET))),
        Fault::Undecided(why) => {
            let because = Because::new(reasons::PROGRESSING, format!("it cannot be told yet: {why}"));
            quiet_at_first(failures, because, pause)
        }
    }
}

fn refused<T: Identity>(pass: &Pass<'_, T>, error: &error::Error, failures: u32, pause: Duration) -> End {
    let because = refusal(error, pass.request);
    match error.action() {
        // Whoever has the name may be about to give it up.
        error::Action::Stall if because.reason == reasons::NAME_TAKEN => {
            End::Done(Outcome::Stalled(because), Some(pause))
        }
        error::Action::Stall => {
            let pause = backoff::stalled(failures, entropy::factor(0.0..=1.0));
            End::Done(Outcome::Stalled(because), Some(pause))
        }
        // It was repeated at once, more than once, and is no hiccup.
        _ if pass.was_outrun() => End::Done(Outcome::Waiting(because), Some(pause)),
        error::Action::Retry | error::Action::Wait(_) => quiet_at_first(failures, because, pause),
    }
}

fn quiet_at_first(failures: u32, because: Because, pause: Duration) -> End {
    if failures < WORTH_A_WORD {
        End::Quiet(Some(pause))
    } else {
        End::Done(Outcome::Waiting(because), Some(pause))
    }
}

/// Says how the pass went, and when to come back.
async fn conclude<T: Identity>(pass: &mut Pass<'_, T>, end: End) -> Action {
    let (outcome, again) = match end {
        End::Rest => return Action::await_change(),
        End::Gone => {
            if let Some(uid) = pass.object.uid() {
                T::memory(pass.context).forget(&uid);
            }
            return Action::await_change();
        }
        End::Quiet(again) => (None, again),
        End::Done(outcome, again) => (Some(outcome), again),
        End::AwaitProvider => (awaiting(pass), None),
    };
    if let Some(outcome) = &outcome {
        tell(pass, outcome);
        if is_compared(outcome) {
            pass.record.last_handled_reconcile_at.clone_from(&pass.requested_at);
        }
        if matches!(outcome, Outcome::InSync | Outcome::Observed(_)) {
            pass.record.last_handled_reactivate_at = pass.object.reactivation_requested_at();
        }
        if *outcome == Outcome::InSync {
            pass.record.applied_generation = pass.generation;
        }
    }
    let again = match write(pass, outcome.as_ref()).await {
        Ok(()) => again,
        Err(ObjectError::Gone) => None,
        Err(error) => {
            tracing::warn!(%error, kind = T::KIND, object = pass.object.name_any(), "status could not be written");
            let failures = T::memory(pass.context).failed(&pass.object);
            Some(backoff::delay(failures, entropy::factor(0.0..=1.0)))
        }
    };
    match again {
        Some(again) => {
            T::memory(pass.context).pause(&pass.object, again);
            Action::requeue(again)
        }
        None => Action::await_change(),
    }
}

/// What to say while the provider cannot be used. Its own status says why;
/// the object says it once.
fn awaiting<T: Identity>(pass: &Pass<'_, T>) -> Option<Outcome> {
    let provider = &pass.provider;
    let record = pass.object.record();
    let deleting = pass.object.meta().deletion_timestamp.is_some();
    let waits_already =
        matches!(record.reason(), Some(reasons::PROVIDER_NOT_FOUND | reasons::PROVIDER_NOT_READY));
    if record.observed_generation == pass.generation && !deleting && !waits_already {
        return None;
    }
    let escape = if deleting {
        " To let the object go without a call to the server, set its deletionPolicy: Retain."
    } else {
        ""
    };
    if pass.context.providers.get(provider).is_none() {
        let place = if provider.namespace.is_some() { " in this namespace" } else { "" };
        let message = format!(
            "there is no {provider}{place}. Create it, and this object goes on by itself; or delete this \
             object and create it with another providerRef.{escape}"
        );
        return Some(Outcome::Waiting(Because::new(reasons::PROVIDER_NOT_FOUND, message)));
    }
    match pass.context.sessions.of(provider) {
        Standing::Open(_) if !pass.is_frozen() => None,
        Standing::Failing | Standing::Open(_) => {
            let message = format!(
                "the {provider} is not Ready; its conditions say why. This object goes on by itself once \
                 it is.{escape}"
            );
            Some(Outcome::Waiting(Because::new(reasons::PROVIDER_NOT_READY, message)))
        }
        Standing::Unknown => None,
    }
}

/// Whether somebody who asked for a comparison has got one, or a reason that
/// waiting will not mend.
fn is_compared(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::InSync | Outcome::Observed(_) | Outcome::Stalled(_))
}

/// Notes the outcome for the next pass, and tells people if it is news.
fn tell<T: Identity>(pass: &Pass<'_, T>, outcome: &Outcome) {
    let kind = T::memory(pass.context);
    pass.context.metrics.reconciled(T::KIND, outcome_name(outcome), pass.started.elapsed());
    match outcome {
        Outcome::InSync | Outcome::Observed(_) => kind.is_in_sync(&pass.object, pass.suspicions),
        Outcome::Suspended(_) => {}
        Outcome::Waiting(because) | Outcome::Stalled(because) => {
            // What is held is told on the hold: there may be thousands.
            let is_news = pass.object.record().reason() != Some(because.reason);
            if is_news && because.reason != reasons::DELETION_HELD {
                pass.context.events.failed(&pass.object, because.reason, because.summary.clone());
            }
        }
    }
}

/// The outcome as a label of metrics.
pub(super) fn outcome_name(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::InSync => "in_sync",
        Outcome::Observed(_) => "observed",
        Outcome::Suspended(_) => "suspended",
        Outcome::Waiting(_) => "waiting",
        Outcome::Stalled(_) => "stalled",
    }
}

/// Writes status if it says anything new. An object that changed meanwhile is
/// read again: what was created must be recorded whatever else happened. Only
/// an anchor that somebody else wrote is not written over.
pub(super) async fn write<T: Identity>(
    pass: &mut Pass<'_, T>,
    outcome: Option<&Outcome>,
) -> Result<(), ObjectError> {
    const TRIES: usize = 5;
    for _ in 0..TRIES {
        let (before, status) = statuses(pass, outcome)?;
        if says_the_same(&before, &status) {
            return Ok(());
        }
        match pass.context.objects.write_status(&pass.object, &before, &status).await {
            Ok(written) => {
                T::memory(pass.context).wrote(&written);
                pass.object = written;
                return Ok(());
            }
            Err(ObjectError::Stale) => {
                let live = pass.context.objects.live(&pass.object).await?;
                if live.anchor() != pass.object.anchor() {
                    // Whoever anchored it meanwhile knew more than this pass.
                    return Err(ObjectError::Stale);
                }
                pass.object = live;
            }
            Err(error) => return Err(error),
        }
    }
    Err(ObjectError::Stale)
}

/// Whether nothing is new. What the server alone sets changes with each
/// login, and is no reason to write.
fn says_the_same(before: &Value, status: &Value) -> bool {
    let but_attributes = |status: &Value| {
        let fields = status.as_object().cloned().unwrap_or_default();
        fields.into_iter().filter(|(name, _)| name != "attributes").collect::<Map<_, _>>()
    };
    before == status || but_attributes(before) == but_attributes(status)
}

/// What status says and what it should say. The generation is the one that
/// this pass acted on, not the one that came in meanwhile.
fn statuses<T: Identity>(
    pass: &Pass<'_, T>,
    outcome: Option<&Outcome>,
) -> Result<(Value, Value), ObjectError> {
    let current = pass.object.record();
    let mut record: Record = pass.record.clone();
    record.conditions.clone_from(&current.conditions);
    record.observed_generation = current.observed_generation;
    if let Some(outcome) = outcome {
        let now = Time(pass.context.clock.now());
        record.observed_generation = pass.generation;
        record.conditions = conditions(&current.conditions, pass.generation, now, outcome, &pass.remarks());
    }
    let said = T::status_of(current).map_err(ObjectError::Unsayable)?;
    let saying = T::status_of(record).map_err(ObjectError::Unsayable)?;
    Ok((said, saying))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::ScimUser;

    fn size<A, B, F>(_: impl FnOnce(A, B) -> F) -> usize {
        size_of::<F>()
    }

    #[test]
    fn what_waits_for_its_turn_to_begin_is_small() {
        // At the start there is one for each object, and there may be many.
        assert!(size(reconcile::<ScimUser>) <= 512);
    }
}
