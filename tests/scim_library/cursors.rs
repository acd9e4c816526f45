//! Walks by cursor (RFC 9865), and of answers that are to hold everything.

use std::{collections::HashSet, sync::Mutex};

use async_trait::async_trait;
use jiff::Timestamp;
use proptest::prelude::*;
use scim_operator::scim::{
    discovery::Discovery,
    error::{Error, ErrorKind},
    filter::Filter,
    paging::{Gap, Listing, WalkOptions, Walked, walk},
    patch::PatchRequest,
    port::{CursorPage, Deleted, Page, PageRequest, Port, ResourceType},
    profile::PagingMode,
    resource::Resource,
};
use serde_json::json;

/// A server that pages by cursor, in its own way.
#[derive(Clone, Debug)]
struct Cursors {
    size: u64,
    /// The most that is sent, whatever was asked for.
    cap: u64,
    /// How far each page reaches back into the one before.
    overlap: u64,
    /// Each how many pages one is empty and goes on.
    blank: Option<u64>,
    counts: bool,
    /// Whether it knows cursors at all; else it goes by index.
    has_any: bool,
    /// The page whose cursor leads back to the beginning.
    round: Option<u64>,
}

const PROPER: Cursors =
    Cursors { size: 25, cap: 10, overlap: 0, blank: None, counts: true, has_any: true, round: None };

impl Cursors {
    fn page(&self, from: u64, count: u64) -> Page {
        let most = count.min(self.cap);
        let resources = (from..self.size.min(from + most)).map(|at| json!({"id": format!("id-{at}")}));
        let resources = resources.map(|value| Resource::from_value(value).unwrap()).collect();
        Page { resources, total_results: self.counts.then_some(self.size) }
    }

    fn answer(&self, cursor: &str, count: u64) -> Result<CursorPage, Error> {
        if !self.has_any {
            return Ok(CursorPage { page: self.page(0, count), next: None });
        }
        let position = |text: &str| Some(text.split_once('-')?).map(|(n, at)| (n.parse(), at.parse()));
        let (number, at): (u64, u64) = match position(cursor) {
            Some((Ok(number), Ok(at))) => (number, at),
            _ if cursor.is_empty() => (0, 0),
            _ => return Err(Error::new(ErrorKind::Rejected, "list")),
        };
        if self.blank.is_some_and(|each| number > 0 && number.is_multiple_of(each)) {
            let page = Page { resources: Vec::new(), total_results: self.counts.then_some(self.size) };
            return Ok(CursorPage { page, next: Some(format!("{}-{at}", number + 1)) });
        }
        let most = count.min(self.cap);
        let from = at.saturating_sub(self.overlap.min(most - 1));
        let page = self.page(from, count);
        let next = from + most;
        let goes_round = self.round == Some(number);
        let next = if goes_round {
            Some("0-0".to_owned())
        } else {
            (next < self.size).then(|| format!("{}-{next}", number + 1))
        };
        Ok(CursorPage { page, next })
    }
}

#[derive(Debug)]
struct Asked {
    server: Cursors,
    cursors: Mutex<Vec<String>>,
}

#[async_trait]
impl Port for Asked {
    async fn list(&self, _: ResourceType, page: PageRequest) -> Result<Page, Error> {
        assert!(!page.by_search, "nobody said that there is a search");
        self.cursors.lock().unwrap().push(format!("#{}", page.start_index));
        Ok(self.server.page(page.start_index - 1, page.count))
    }
    async fn list_from(&self, _: ResourceType, cursor: &str, count: u64) -> Result<CursorPage, Error> {
        let mut cursors = self.cursors.lock().unwrap();
        cursors.push(cursor.to_owned());
        assert!(cursors.len() < 1000, "the walk never ends");
        self.server.answer(cursor, count)
    }
    async fn discover(&self) -> Result<Discovery, Error> {
        Ok(Discovery::default())
    }
    async fn search(&self, _: ResourceType, _: &Filter) -> Result<Page, Error> {
        Ok(Page::default())
    }
    async fn get(&self, _: ResourceType, _: &str) -> Result<Option<Resource>, Error> {
        Ok(None)
    }
    async fn create(&self, _: ResourceType, body: &Resource) -> Result<Resource, Error> {
        Ok(body.clone())
    }
    async fn patch(&self, _: ResourceType, _: &str, _: &PatchRequest) -> Result<Option<Resource>, Error> {
        Ok(None)
    }
    async fn patch_if_match(
        &self,
        _: ResourceType,
        _: &str,
        _: &PatchRequest,
        _: &str,
    ) -> Result<Option<Resource>, Error> {
        Ok(None)
    }
    async fn replace(
        &self,
        _: ResourceType,
        _: &str,
        _: &Resource,
        _: Option<&str>,
    ) -> Result<Option<Resource>, Error> {
        Ok(None)
    }
    async fn delete(&self, _: ResourceType, _: &str) -> Result<Deleted, Error> {
        Ok(Deleted::WasAbsent)
    }
    fn server_date(&self) -> Option<Timestamp> {
        None
    }
    fn deadline(&self) -> std::time::Duration {
        std::time::Duration::from_secs(1)
    }
}

/// What a walk found, whom it saw, each once, and what it asked.
async fn walked(server: &Cursors, mode: PagingMode, page_size: u64) -> (Walked, u64, Vec<String>) {
    let port = Asked { server: server.clone(), cursors: Mutex::default() };
    let options = WalkOptions { page_size, by_search: false, mode: Some(mode) };
    let mut seen = HashSet::new();
    let walked = walk(&port, ResourceType::User, options, |page, _| {
        for resource in page {
            assert!(seen.insert(resource.id().unwrap()), "somebody was shown twice");
        }
    });
    let walked = walked.await.unwrap();
    (walked, seen.len() as u64, port.cursors.into_inner().unwrap())
}

#[tokio::test]
async fn a_list_goes_from_cursor_to_cursor_and_ends_where_there_is_none() {
    for counts in [true, false] {
        let (walked, seen, asked) = walked(&Cursors { counts, ..PROPER }, PagingMode::Cursor, 100).await;
        assert_eq!((walked.listing, seen), (Listing::Complete, 25));
        assert_eq!(asked, ["", "1-10", "2-20"]);
    }
}

#[tokio::test]
async fn an_empty_page_on_the_way_ends_nothing() {
    let server = Cursors { blank: Some(2), ..PROPER };
    let (walked, seen, asked) = walked(&server, PagingMode::Cursor, 100).await;
    assert_eq!((walked.listing, seen), (Listing::Complete, 25));
    assert_eq!(asked, ["", "1-10", "2-20", "3-20"]);
}

#[tokio::test]
async fn a_cursor_that_comes_again_leads_nowhere() {
    let (walked, seen, asked) = walked(&Cursors { round: Some(1), ..PROPER }, PagingMode::Cursor, 100).await;
    assert_eq!((walked.listing, seen), (Listing::Incomplete(Gap::NoProgress), 20));
    assert_eq!(asked, ["", "1-10", "0-0"]);
}

#[tokio::test]
async fn a_server_that_knows_no_cursors_is_asked_on_by_index() {
    let server = Cursors { has_any: false, ..PROPER };
    let (walked, seen, asked) = walked(&server, PagingMode::Cursor, 10).await;
    assert_eq!((walked.listing, seen), (Listing::Complete, 25));
    assert_eq!(asked, ["", "#11", "#21"]);
}

#[tokio::test]
async fn one_answer_holds_everything_unless_it_says_otherwise() {
    for (size, counts, listing) in [
        (10, true, Listing::Complete),
        (10, false, Listing::Complete),
        (0, true, Listing::Complete),
        (11, true, Listing::Incomplete(Gap::EndedEarly)),
    ] {
        let server = Cursors { size, counts, ..PROPER };
        let (walked, seen, asked) = walked(&server, PagingMode::Whole, 100).await;
        assert_eq!((walked.listing, seen), (listing, size.min(10)), "{size}");
        assert_eq!(asked, ["#1"]);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn what_is_called_complete_by_cursor_is_complete(
        size in 0..130_u64,
        cap in 1..60_u64,
        overlap in 0..4_u64,
        blank in prop::option::of(2..5_u64),
        counts: bool,
        has_any: bool,
        round in prop::option::of(0..6_u64),
        page_size in 1..120_u64,
    ) {
        // Where nothing counts, an odd cap looks like the end to everybody.
        let cap = if counts || has_any { cap } else { 50 };
        let server = Cursors { size, cap, overlap, blank, counts, has_any, round };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let (walked, seen, _) = runtime.block_on(walked(&server, PagingMode::Cursor, page_size));
        if walked.listing == Listing::Complete {
            prop_assert_eq!(seen, size, "{:?}", server);
        }
        if round.is_none() && has_any {
            prop_assert_eq!(walked.listing, Listing::Complete, "{:?}", server);
        }
    }
}
