//! Reading a whole collection page by page (RFC 7644 §3.4.2.4), from servers
//! that count, page and repeat as they like.

use std::fmt;

use tokio::time::Instant;

use self::pager::{Ask, Pager};
use super::{
    error::Error,
    port::{Port, ResourceType},
    profile::PagingMode,
    resource::Resource,
};

mod pager;

/// More pages than any directory has; a server that makes up new identities
/// for ever ends here.
const MAX_PAGES: u64 = 10_000;

/// How a collection is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WalkOptions {
    /// The most resources asked for in one page.
    pub page_size: u64,
    /// Ask by POST to `/.search`, because an earlier walk found that only this
    /// pages.
    pub by_search: bool,
    /// How the server pages, where that is known. `None`: by index, and by
    /// `/.search` where that does not go on.
    pub mode: Option<PagingMode>,
}

/// What a walk found out about the collection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Walked {
    /// Whether everything was seen.
    pub listing: Listing,
    /// Whether the next walk should begin with `/.search`.
    pub by_search: bool,
    /// How many distinct identities were seen.
    pub count: u64,
}

/// Whether a listing held everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listing {
    /// As far as the server's own numbers tell, everything was seen.
    Complete,
    /// What was not seen may still exist.
    Incomplete(Gap),
}

/// Why a listing is not known to be complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gap {
    /// An empty page came before all that the server counts.
    EndedEarly,
    /// The server repeats what it already sent.
    NoProgress,
    /// The server counts less than before: what was removed moved the rest
    /// forward, past the page that was asked for.
    Shrank,
    /// More pages than any directory has.
    TooManyPages,
}

impl fmt::Display for Gap {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::EndedEarly => "the server counts more than it lists",
            Self::NoProgress => "the server repeats pages instead of going on",
            Self::Shrank => "something was removed while it was read",
            Self::TooManyPages => "the server never stops sending pages",
        })
    }
}

/// Reads the collection. `on_page` gets the resources that earlier pages did
/// not hold, and when their page was asked for; memory is one page and eight
/// bytes an identity.
///
/// `Err` is a failed request, after which nothing is known about the rest.
pub async fn walk<F>(
    port: &dyn Port,
    resource_type: ResourceType,
    options: WalkOptions,
    mut on_page: F,
) -> Result<Walked, Error>
where
    F: FnMut(Vec<Resource>, Instant) + Send,
{
    let mut pager = Pager::new(options);
    loop {
        let requested = Instant::now();
        let answer = match pager.ask() {
            Ask::Page(page) => port.list(resource_type, page).await.map(|page| (page, None)),
            Ask::From(cursor, count) => {
                let answer = port.list_from(resource_type, &cursor, count).await;
                answer.map(|answer| (answer.page, answer.next))
            }
        };
        let step = match answer {
            Ok((page, next)) => pager.accept(page, next),
            Err(error) => pager.refused(error)?,
        };
        if !step.fresh.is_empty() {
            on_page(step.fresh, requested);
        }
        if let Some(listing) = step.end {
            return Ok(Walked { listing, by_search: pager.recommends_search(), count: pager.count() });
        }
    }
}
