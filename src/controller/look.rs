//! Looks at the server for whoever has certain keys.

use std::sync::{Arc, atomic::Ordering};

use super::{pass::Fault, sessions::Session};
use crate::{
    scim::{
        error::{Error, ErrorKind, ScimType},
        paging::{self, Listing, WalkOptions},
        port::ResourceType,
        resource::Resource,
    },
    sync::lookup::{Lookup, MatchKeys},
};

/// How many resources a page of a listing is asked to have.
pub(super) const PAGE_SIZE: u64 = 100;

/// One request by filter; everything, page by page, where that does not tell.
pub(super) async fn by_filter(
    session: &Arc<Session>,
    resource_type: ResourceType,
    keys: &MatchKeys,
) -> Result<Lookup, Fault> {
    let answer = match session.port.search(resource_type, &keys.filter(resource_type)).await {
        Ok(page) => keys.judge(resource_type, page),
        Err(error) if is_about_the_filter(&error) => Lookup::Unknown(error.to_string()),
        Err(error) => return Err(error.into()),
    };
    match answer {
        Lookup::Unknown(_) => by_listing(session, resource_type, keys).await,
        answer => Ok(answer),
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
    let options = WalkOptions { page_size: PAGE_SIZE, by_search: session.by_search.load(Ordering::Relaxed) };
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
