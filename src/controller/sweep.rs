//! Drift: one paged listing of everything, compared with the objects page by
//! page. What differs is queued and read again before anything is done.

use std::sync::{Arc, atomic::Ordering};

use tokio::time::Instant;

use super::{
    context::Context,
    identity::Identity,
    inventory::Stocktaking,
    look, names,
    observe::Observed,
    password,
    providers::ProviderKey,
    roster::Roster,
    sessions::Session,
    unseen::{self, Sight},
};
use crate::{
    api::{ScimGroup, ScimUser},
    runtime::entropy,
    scim::{
        error::Error,
        paging::{self, Listing},
        port::ResourceType,
        resource::Resource,
    },
    sync::{
        external,
        members::{self, Census},
    },
};

/// Sweeps at once and then once an interval, give or take a tenth, so that
/// many providers do not sweep in step.
pub(super) async fn repeat(context: &Arc<Context>, provider: &ProviderKey, session: &Arc<Session>) {
    tokio::join!(context.users.synced(), context.groups.synced());
    loop {
        let users = sweep::<ScimUser>(context, provider, session).await;
        let groups = sweep::<ScimGroup>(context, provider, session).await;
        for swept in [users, groups] {
            context.metrics.swept(if swept.is_ok() { "complete" } else { "failed" });
            if let Err(error) = swept {
                tracing::warn!(%error, %provider, "a sweep broke off");
            }
        }
        if session.inventory.round_ends() {
            context.providers.trigger(provider);
        }
        password::compare(context, provider, session).await;
        tokio::select! {
            () = tokio::time::sleep(session.resync.mul_f64(entropy::factor(0.9..=1.1))) => {}
            () = session.inventory.asked() => {}
        }
    }
}

/// One listing of one kind.
async fn sweep<T: Identity>(
    context: &Context,
    provider: &ProviderKey,
    session: &Session,
) -> Result<(), Error> {
    let started = Instant::now();
    let mut stock = Stocktaking::<T>::begin(context, provider, session);
    if !session.capabilities().kind(T::RESOURCE_TYPE).supported {
        // They were in sync before anybody said so.
        stock.suspect_all(context);
        return Ok(());
    }
    let mut observed = Observed::<T>::of(context, provider, session);
    let mut census = match T::RESOURCE_TYPE {
        ResourceType::User => names::census(context, provider),
        ResourceType::Group => Census::default(),
    };
    let options = look::walk_options(session, T::RESOURCE_TYPE);
    let walked = paging::walk(&*session.sweeping, T::RESOURCE_TYPE, options, |page, requested| {
        let roster = Roster::new(context, provider, session);
        for resource in page {
            census.see(&resource);
            observed.compare(context, session, &roster, &resource);
            let object = resource.id().and_then(|id| stock.see(&id));
            if let Some(object) = object {
                let differs = compare(context, session, &roster, &*object, &resource, requested);
                stock.count(differs);
            }
        }
    })
    .await;
    stock.conclude(context, provider, session, walked.as_ref().ok());
    let walked = walked?;
    session.by_search.store(walked.by_search, Ordering::Relaxed);
    if T::RESOURCE_TYPE == ResourceType::User {
        session.names.learn(census, walked.listing, started);
    }
    match walked.listing {
        Listing::Complete => observed.conclude(context),
        Listing::Incomplete(why) => {
            tracing::info!(%why, %provider, kind = T::KIND, "a listing was incomplete: it proves no absence");
        }
    }
    Ok(())
}

/// Whether what is listed is not as the object wants it. A page that was asked
/// for before our last write tells nothing about it. Whoever told of somebody
/// else's doing goes on once that is over.
fn compare<T: Identity>(
    context: &Context,
    session: &Session,
    roster: &Roster<'_>,
    object: &T,
    resource: &Resource,
    requested: Instant,
) -> bool {
    let kind = T::memory(context);
    let record = object.record();
    let is_synced = record.is_synced(object.meta().generation);
    if !is_synced && !record.tells_of_others() {
        return false;
    }
    if kind.changed_since(object, before(session, requested)) {
        return false;
    }
    let differs = differs(context, session, roster, object, resource);
    if !is_synced {
        if external::is_over(record.reason(), resource, differs) {
            kind.wake(object);
        }
    } else if differs {
        kind.suspect(object);
    } else {
        kind.listed_as_wanted(object);
    }
    differs
}

/// Who was changed after this moment may still be shown as before to whoever
/// asked at that one.
fn before(session: &Session, asked: Instant) -> Instant {
    asked.checked_sub(session.grace()).unwrap_or(asked)
}

fn differs<T: Identity>(
    context: &Context,
    session: &Session,
    roster: &Roster<'_>,
    object: &T,
    resource: &Resource,
) -> bool {
    let Ok((desired, _)) = object.resolved(context, Some(roster.endpoint())) else { return false };
    let record = object.record();
    let comparison = session.comparison::<T>(&desired, &context.digester);
    let differs =
        !comparison.changes(&record.known, resource).is_empty() || !comparison.fixed(resource).is_empty();
    if differs
        || external::is_deactivated(record.active, &desired, resource)
        || session.terms(object, &desired).refusal().is_some()
    {
        return true;
    }
    if desired.unwanted().iter().any(|unwanted| unwanted.is_in(resource)) {
        return true;
    }
    let Some(wanted) = object.wanted_members(roster) else { return false };
    let kind = T::memory(context);
    if kind.had_other_members(object, &wanted) {
        return true;
    }
    let held = kind.member_refusals(object).held(object.meta().generation, context.clock.now());
    let sight = Sight::of(session);
    let plan = if sight.is_shown() {
        members::plan(&wanted, &resource.member_ids(), &record.applied_members, |_| false)
    } else {
        unseen::plan(&wanted, &record)
    };
    !plan.without(&held).is_empty() || unseen::has_its_turn(context, object, sight)
}
