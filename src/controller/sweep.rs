//! Drift: one paged listing of everything, compared with the objects page by
//! page. What differs is queued and read again before anything is done.

use std::{
    collections::HashMap,
    sync::{Arc, atomic::Ordering},
};

use kube::ResourceExt;
use tokio::time::Instant;

use super::{
    context::Context, identity::Identity, look::PAGE_SIZE, providers::ProviderKey, sessions::Session,
};
use crate::{
    api::{ScimGroup, ScimUser},
    runtime::entropy,
    scim::{
        error::Error,
        paging::{self, Listing, WalkOptions},
        resource::Resource,
    },
    sync::{diff::diff, members},
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
        tokio::time::sleep(session.resync.mul_f64(entropy::factor(0.9..=1.1))).await;
    }
}

/// One listing of one kind.
async fn sweep<T: Identity>(
    context: &Context,
    provider: &ProviderKey,
    session: &Session,
) -> Result<(), Error> {
    let started = Instant::now();
    let mut unseen = anchored::<T>(context, provider, &session.endpoint);
    let options = WalkOptions { page_size: PAGE_SIZE, by_search: session.by_search.load(Ordering::Relaxed) };
    let walked = paging::walk(&*session.sweeping, T::RESOURCE_TYPE, options, |page, requested| {
        for resource in page {
            let object = resource.id().and_then(|id| unseen.remove(&id));
            if let Some(object) = object {
                compare(context, session, &*object, &resource, requested);
            }
        }
    })
    .await?;
    session.by_search.store(walked.by_search, Ordering::Relaxed);
    match walked.listing {
        Listing::Complete => suspect_missing(context, unseen.into_values(), started),
        Listing::Incomplete(why) => {
            tracing::info!(%why, %provider, kind = T::KIND, "a listing was incomplete: it proves no absence");
        }
    }
    Ok(())
}

/// The provider's objects by the id that they are anchored to. What is being
/// deleted, or was never in sync, is on its way anyway.
fn anchored<T: Identity>(
    context: &Context,
    provider: &ProviderKey,
    endpoint: &str,
) -> HashMap<String, Arc<T>> {
    let objects = T::memory(context).of_provider(provider).into_iter();
    let live = objects.filter(|object| object.meta().deletion_timestamp.is_none());
    live.filter_map(|object| {
        let record = object.record();
        let synced = record.is_synced(object.meta().generation);
        let anchor = record.anchor.filter(|anchor| anchor.endpoint == endpoint && synced)?;
        Some((anchor.id, object))
    })
    .collect()
}

/// A page that was asked for before our last write tells nothing about it.
fn compare<T: Identity>(
    context: &Context,
    session: &Session,
    object: &T,
    resource: &Resource,
    requested: Instant,
) {
    let kind = T::memory(context);
    if kind.changed_since(object, requested) {
        return;
    }
    if differs(context, session, object, resource) {
        kind.suspect(object);
    } else {
        kind.seen_as_wanted(object);
    }
}

fn differs<T: Identity>(context: &Context, session: &Session, object: &T, resource: &Resource) -> bool {
    let Ok(desired) = object.desired() else { return false };
    let known = object.record().known;
    if !diff(&desired, &known, resource, &context.digester).is_empty() {
        return true;
    }
    object
        .wanted_members(context, &session.endpoint)
        .is_some_and(|wanted| !members::plan(&wanted, &resource.member_ids(), |_| false).is_empty())
}

fn suspect_missing<T: Identity>(context: &Context, missing: impl Iterator<Item = Arc<T>>, started: Instant) {
    let kind = T::memory(context);
    for object in missing.filter(|object| !kind.changed_since(&**object, started)) {
        tracing::info!(kind = T::KIND, object = object.name_any(), "not in the listing; it is read next");
        kind.suspect(&*object);
    }
}
