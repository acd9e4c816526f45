//! The decisions of a walk, without any I/O: what to ask next, and whether
//! everything was seen. Servers get all of this wrong in their own ways, so
//! each claim of theirs is held against what they sent.

use std::{
    collections::HashSet,
    hash::{BuildHasher, RandomState},
};

use super::{Gap, Listing, MAX_PAGES, WalkOptions};
use crate::scim::{
    error::{Error, ErrorKind},
    port::{Page, PageRequest},
    profile::PagingMode,
    resource::Resource,
};

/// What is asked next.
#[derive(Debug)]
pub(super) enum Ask {
    /// A page by its number.
    Page(PageRequest),
    /// A page by its cursor, and of at most so many.
    From(String, u64),
}

/// What follows from one answer.
#[derive(Debug)]
pub(super) struct Step {
    /// The resources that no earlier page held.
    pub(super) fresh: Vec<Resource>,
    /// `None`: ask for the next page.
    pub(super) end: Option<Listing>,
}

impl Step {
    fn on() -> Self {
        Self { fresh: Vec::new(), end: None }
    }

    fn end(listing: Listing) -> Self {
        Self { fresh: Vec::new(), end: Some(listing) }
    }
}

/// How the walk asks, and how it came to that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Means {
    /// By GET; `/.search` may still be tried.
    Get,
    /// By GET, after `/.search` was refused.
    GetOnly,
    /// By `/.search` from the beginning.
    Search,
    /// By `/.search`, since GET went no further for this reason.
    SearchInstead(Gap),
    /// By cursor.
    Cursor,
    /// One answer that is to hold everything.
    Whole,
}

/// A walk over one collection.
#[derive(Debug)]
pub(super) struct Pager {
    page_size: u64,
    means: Means,
    pages: u64,
    /// Hashes of the ids, by keys that no server knows. Two ids with one hash
    /// would make the count too small: incomplete, never falsely complete.
    seen: HashSet<u64>,
    hasher: RandomState,
    /// Where the next page begins, by cursor.
    cursor: String,
    /// Hashes of the cursors so far: one that comes again leads round.
    cursors: HashSet<u64>,
    total: Total,
    shrank: bool,
    search_answered: bool,
    search_helped: bool,
}

/// What `totalResults` is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Total {
    /// Never told.
    Unknown,
    /// Told, and nothing speaks against it.
    Told(u64),
    /// More was seen than it told: it counts something else.
    Disproved,
}

impl Pager {
    pub(super) fn new(options: WalkOptions) -> Self {
        Self {
            page_size: options.page_size.max(1),
            means: match options.mode {
                Some(PagingMode::Cursor) => Means::Cursor,
                Some(PagingMode::Whole) => Means::Whole,
                Some(PagingMode::Search) => Means::Search,
                Some(PagingMode::Index) => Means::GetOnly,
                None if options.by_search => Means::Search,
                None => Means::Get,
            },
            pages: 0,
            seen: HashSet::new(),
            cursor: String::new(),
            cursors: HashSet::new(),
            hasher: RandomState::new(),
            total: Total::Unknown,
            shrank: false,
            search_answered: false,
            search_helped: false,
        }
    }

    pub(super) fn ask(&self) -> Ask {
        if self.means == Means::Cursor {
            return Ask::From(self.cursor.clone(), self.page_size);
        }
        // Behind what was seen, not behind what was sent: where pages overlap,
        // the latter would leave out as many at the end.
        let (start_index, by_search) = (self.count() + 1, self.searches());
        Ask::Page(PageRequest { start_index, count: self.page_size, by_search })
    }

    pub(super) fn count(&self) -> u64 {
        self.seen.len() as u64
    }

    /// Whether `/.search` got further than GET, or was asked from the
    /// beginning and answered.
    pub(super) fn recommends_search(&self) -> bool {
        self.search_helped && self.searches()
    }

    pub(super) fn accept(&mut self, page: Page, next: Option<String>) -> Step {
        self.pages += 1;
        let length = page.resources.len() as u64;
        let fresh: Vec<Resource> =
            page.resources.into_iter().filter(|resource| self.is_new(resource)).collect();
        self.weigh(page.total_results, length);
        let end = match self.means {
            Means::Cursor => self.follow(next, length),
            Means::Whole => Some(self.all_there_is()),
            _ => self.judge(length, fresh.len() as u64),
        };
        if self.searches() && self.search_answered {
            self.search_helped |=
                self.means == Means::Search || !fresh.is_empty() || end == Some(Listing::Complete);
        }
        Step { fresh, end }
    }

    /// What a refused page means: nothing for a walk that has not begun, the
    /// end of the list for one that asked beyond it.
    pub(super) fn refused(&mut self, error: Error) -> Result<Step, Error> {
        let about_the_request = !matches!(
            error.kind,
            ErrorKind::Unreachable
                | ErrorKind::Timeout
                | ErrorKind::Tls
                | ErrorKind::AddressRefused
                | ErrorKind::Unauthorized
                | ErrorKind::TokenRefused
                | ErrorKind::Throttled
        );
        let beyond_the_end =
            self.pages > 0 && matches!(error.kind, ErrorKind::NotFound | ErrorKind::Rejected);
        match self.means {
            Means::Search if about_the_request && !self.search_answered => {
                self.means = Means::GetOnly;
                Ok(Step::on())
            }
            Means::SearchInstead(gap) if about_the_request && !self.search_answered => {
                self.means = Means::GetOnly;
                Ok(Step::end(Listing::Incomplete(gap)))
            }
            _ if beyond_the_end && self.total == Total::Told(self.count()) => Ok(Step::end(self.complete())),
            _ if beyond_the_end => Ok(Step { fresh: Vec::new(), end: self.stuck(Gap::EndedEarly) }),
            _ => Err(error),
        }
    }

    fn searches(&self) -> bool {
        matches!(self.means, Means::Search | Means::SearchInstead(_))
    }

    fn is_new(&mut self, resource: &Resource) -> bool {
        resource.id().is_some_and(|id| self.seen.insert(self.hasher.hash_one(id)))
    }

    /// Takes in a page's `totalResults`.
    fn weigh(&mut self, told: Option<u64>, length: u64) {
        let Some(told) = told else { return };
        self.total = match self.total {
            Total::Disproved => Total::Disproved,
            // Beyond the end some servers count nothing; that takes nothing back.
            Total::Told(before) if length == 0 => Total::Told(before.max(told)),
            _ if told < self.count() => {
                self.shrank |= matches!(self.total, Total::Told(before) if before > self.count());
                Total::Disproved
            }
            Total::Told(before) => {
                self.shrank |= told < before;
                Total::Told(told)
            }
            Total::Unknown => Total::Told(told),
        };
    }

    fn judge(&mut self, length: u64, gained: u64) -> Option<Listing> {
        self.search_answered |= self.searches();
        let told = match self.total {
            Total::Told(told) => Some(told),
            Total::Unknown | Total::Disproved => None,
        };
        let all_told = told == Some(self.count());
        if length == 0 {
            return if told.is_none() || all_told {
                Some(self.complete())
            } else {
                self.stuck(Gap::EndedEarly)
            };
        }
        // A total equal to the length of a page that some limit may have cut
        // off is perhaps only that: the number of what was sent.
        let total_is_more = told > Some(length) || !self.may_be_cut(length);
        if all_told && total_is_more {
            return Some(self.complete());
        }
        if gained == 0 {
            // A server that knows no pages sends everything each time.
            let sends_everything = length == self.count() && !self.may_be_cut(length);
            let agrees = told.is_none() || all_told;
            return if sends_everything && agrees {
                Some(self.complete())
            } else {
                self.stuck(Gap::NoProgress)
            };
        }
        (self.pages >= MAX_PAGES).then_some(Listing::Incomplete(Gap::TooManyPages))
    }

    /// Only a missing cursor ends a list (RFC 9865 §2): pages on the way may
    /// be empty.
    fn follow(&mut self, next: Option<String>, length: u64) -> Option<Listing> {
        let Some(next) = next else { return self.without_cursor(length) };
        if !self.cursors.insert(self.hasher.hash_one(&next)) {
            return Some(Listing::Incomplete(Gap::NoProgress));
        }
        self.cursor = next;
        (self.pages >= MAX_PAGES).then_some(Listing::Incomplete(Gap::TooManyPages))
    }

    /// The end, unless the first page looks like one of a server that knows no
    /// cursors: that one is asked on by index.
    fn without_cursor(&mut self, length: u64) -> Option<Listing> {
        let is_more = match self.total {
            Total::Told(told) => told > self.count(),
            Total::Unknown => self.pages == 1 && self.may_be_cut(length),
            Total::Disproved => false,
        };
        match (is_more, self.pages) {
            (false, _) => Some(self.complete()),
            (true, 1) => {
                self.means = Means::Get;
                None
            }
            (true, _) => Some(Listing::Incomplete(Gap::EndedEarly)),
        }
    }

    /// Of one answer that is to hold everything.
    fn all_there_is(&self) -> Listing {
        match self.total {
            Total::Told(told) if told > self.count() => Listing::Incomplete(Gap::EndedEarly),
            _ => Listing::Complete,
        }
    }

    /// Whether a page of this length may be the beginning of something longer:
    /// limits are what was asked for, or round numbers.
    fn may_be_cut(&self, length: u64) -> bool {
        let round = length.is_multiple_of(10)
            || length.is_multiple_of(25)
            || (length >= 8 && length.is_power_of_two());
        length == self.page_size || round
    }

    fn complete(&self) -> Listing {
        if self.shrank { Listing::Incomplete(Gap::Shrank) } else { Listing::Complete }
    }

    /// GET goes no further; `/.search` may, from where this stands.
    fn stuck(&mut self, gap: Gap) -> Option<Listing> {
        if self.means == Means::Get {
            self.means = Means::SearchInstead(gap);
            return None;
        }
        Some(Listing::Incomplete(gap))
    }
}
