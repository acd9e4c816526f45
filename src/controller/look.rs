//! Looks at the server for whoever has certain keys.

use std::sync::{Arc, atomic::Ordering};

use super::{pass::Fault, sessions::Session};
use crate::{
    scim::{
        error::{Error, ErrorKind, ScimType},
        filter::Filter,
        paging::{self, Listing, WalkOptions},
        port::ResourceType,
        resource::Resource,
    },
    sync::lookup::{Lookup, MatchKeys},
};

/// How a collection of this server is read.
pub(super) fn walk_options(session: &Session, resource_type: ResourceType) -> WalkOptions {
    let capabilities = session.capabilities().kind(resource_type);
    WalkOptions { page_size: capabilities.page_size, by_search: session.by_search.load(Ordering::Relaxed) }
}

/// One request by filter; everything, page by page, where that does not tell.
pub(super) async fn by_filter(
    session: &Arc<Session>,
    resource_type: ResourceType,
    keys: &MatchKeys,
) -> Result<Lookup, Fault> {
    match ask(session, resource_type, keys, &keys.filter(resource_type)).await? {
        Lookup::Unknown(_) => by_listing(session, resource_type, keys).await,
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
    let mut found: Vec<Resource> = Vec::new();
    for filter in keys.filters(resource_type) {
        match ask(session, resource_type, keys, &filter).await? {
            Lookup::Unknown(_) => return by_listing(session, resource_type, keys).await,
            Lookup::Found(hits) => {
                let is_new = |hit: &Resource| found.iter().all(|known| known.id() != hit.id());
                let new: Vec<Resource> = hits.into_iter().filter(is_new).collect();
                found.extend(new);
            }
            Lookup::None | Lookup::NotYet => {}
        }
        if found.iter().any(|hit| keys.fit_wholly(resource_type, hit)) {
            break;
        }
    }
    Ok(if found.is_empty() { Lookup::None } else { Lookup::Found(found) })
}

async fn ask(
    session: &Arc<Session>,
    resource_type: ResourceType,
    keys: &MatchKeys,
    filter: &Filter,
) -> Result<Lookup, Fault> {
    match session.port.search(resource_type, filter).await {
        Ok(page) => Ok(keys.judge(resource_type, page)),
        Err(error) if is_about_the_filter(&error) => Ok(Lookup::Unknown(error.to_string())),
        Err(error) => Err(error.into()),
    }
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
        found.extend(page.into_iter().filter(|resource| keys.fit(resource_type, resource)));
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
