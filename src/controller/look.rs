//! Looks at the server for whoever has certain keys.

use std::sync::{Arc, atomic::Ordering};

use super::{fault::Fault, sessions::Session};
use crate::{
    scim::{
        error::{Error, ErrorKind, ScimType},
        filter::Filter,
        paging::{self, Listing, WalkOptions},
        port::ResourceType,
        profile::{Fallback, FilterOperator},
        resource::Resource,
    },
    sync::lookup::{Lookup, MatchKeys},
};

/// How a collection of this server is read.
pub(super) fn walk_options(session: &Session, resource_type: ResourceType) -> WalkOptions {
    let capabilities = session.capabilities().kind(resource_type);
    let by_search = session.by_search.load(Ordering::Relaxed);
    WalkOptions { page_size: capabilities.page_size, by_search, mode: capabilities.paging }
}

/// One request by filter; everything, page by page, where that does not tell.
pub(super) async fn by_filter(
    session: &Arc<Session>,
    resource_type: ResourceType,
    keys: &MatchKeys,
) -> Result<Lookup, Fault> {
    let filters = filters(session, resource_type, keys);
    let answer = match filters.first() {
        Some(filter) => ask(session, resource_type, keys, filter).await?,
        None => Lookup::Unknown("the server does not filter by any of the keys".to_owned()),
    };
    match answer {
        Lookup::Unknown(why) => otherwise(session, resource_type, keys, why).await,
        answer => Ok(answer),
    }
}

/// Whoever has any of the keys, by one request for each key until somebody
/// has them all.
pub(super) async fn by_filters(
    session: &Arc<Session>,
    resource_type: ResourceType,
    keys: &MatchKeys,
) -> Result<Lookup, Fault> {
    let filters = filters(session, resource_type, keys);
    if filters.is_empty() || !keys.are_filtered(&session.dialect.profile.kind(resource_type).filter) {
        let why = "the server does not filter by each of the keys".to_owned();
        return otherwise(session, resource_type, keys, why).await;
    }
    let mut found: Vec<Resource> = Vec::new();
    for filter in filters {
        match ask(session, resource_type, keys, &filter).await? {
            Lookup::Unknown(why) => return otherwise(session, resource_type, keys, why).await,
            Lookup::Found(hits) => {
                let is_new = |hit: &Resource| found.iter().all(|known| known.id() != hit.id());
                let new: Vec<Resource> = hits.into_iter().filter(is_new).collect();
                found.extend(new);
            }
            Lookup::None | Lookup::NotYet => {}
        }
        if found.iter().any(|hit| keys.fit_wholly(hit)) {
            break;
        }
    }
    Ok(if found.is_empty() { Lookup::None } else { Lookup::Found(found) })
}

/// The filters that this server takes; none where it has no filters at all.
fn filters(session: &Session, resource_type: ResourceType, keys: &MatchKeys) -> Vec<Filter> {
    let has_filters = session.capabilities().kind(resource_type).filter;
    let filters = || keys.filters(&session.dialect.profile.kind(resource_type).filter);
    if has_filters { filters() } else { Vec::new() }
}

/// What is done where a filter does not tell.
async fn otherwise(
    session: &Arc<Session>,
    resource_type: ResourceType,
    keys: &MatchKeys,
    why: String,
) -> Result<Lookup, Fault> {
    match session.dialect.profile.kind(resource_type).filter.fallback {
        Fallback::List => by_listing(session, resource_type, keys).await,
        Fallback::None => Ok(Lookup::Unknown(why)),
    }
}

async fn ask(
    session: &Arc<Session>,
    resource_type: ResourceType,
    keys: &MatchKeys,
    filter: &Filter,
) -> Result<Lookup, Fault> {
    match session.port.search(resource_type, filter).await {
        Ok(page) => Ok(keys.judge(page, operator(session, resource_type))),
        Err(error) if is_about_the_filter(&error) => Ok(Lookup::Unknown(error.to_string())),
        Err(error) => Err(error.into()),
    }
}

/// The operator that the server's filters have.
fn operator(session: &Session, resource_type: ResourceType) -> FilterOperator {
    let operators = &session.dialect.profile.kind(resource_type).filter.operators;
    operators.first().copied().unwrap_or(FilterOperator::Eq)
}

/// Everything there is, page by page. Only a complete listing proves that
/// nobody has the keys.
pub(super) async fn by_listing(
    session: &Arc<Session>,
    resource_type: ResourceType,
    keys: &MatchKeys,
) -> Result<Lookup, Fault> {
    let mut found: Vec<Resource> = Vec::new();
    let options = walk_options(session, resource_type);
    let walked = paging::walk(&*session.port, resource_type, options, |page, _| {
        found.extend(page.into_iter().filter(|resource| keys.fit(resource)));
    })
    .await?;
    session.by_search.store(walked.by_search, Ordering::Relaxed);
    Ok(match (found.is_empty(), walked.listing) {
        (false, _) => Lookup::Found(found),
        (true, Listing::Complete) => Lookup::None,
        (true, Listing::Incomplete(why)) => Lookup::Unknown(why.to_string()),
    })
}

/// Whether the server refuses the filter and not the question.
pub(super) fn is_about_the_filter(error: &Error) -> bool {
    matches!(error.scim_type, Some(ScimType::InvalidFilter | ScimType::TooMany | ScimType::InvalidPath))
        || matches!(error.kind, ErrorKind::Unsupported | ErrorKind::Rejected)
}
