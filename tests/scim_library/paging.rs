//! Walks over servers that page as they like. What is called complete is
//! complete, whatever they do.

use std::{
    collections::{BTreeSet, HashSet},
    time::Duration,
};

use proptest::prelude::*;
use scim_operator::scim::{
    error::{Error, ErrorKind},
    paging::{Gap, Listing, WalkOptions, Walked, walk},
    port::{Page, PageRequest, ResourceType},
    resource::Resource,
};
use serde_json::json;
use tokio::time::Instant;

use crate::odd::{FIRST_TWENTY, Lists, Odd, Only, PROPER, Paging, Total};

async fn seen_by(server: &impl Lists, options: WalkOptions) -> (Walked, HashSet<String>) {
    let mut seen = HashSet::new();
    let port = Only(server);
    let walked = walk(&port, ResourceType::User, options, |page, _| {
        for resource in page {
            assert!(seen.insert(resource.id().unwrap()), "nothing is shown twice");
        }
    });
    let walked = walked.await.unwrap();
    assert_eq!(walked.count, seen.len() as u64);
    (walked, seen)
}

fn options(page_size: u64) -> WalkOptions {
    WalkOptions { page_size, by_search: false, mode: None }
}

async fn expect(
    server: Odd,
    page_size: u64,
    listing: Listing,
    by_search: bool,
    count: u64,
    asked: &[(u64, bool)],
) {
    let (walked, _) = seen_by(&server, options(page_size)).await;
    assert_eq!(walked, Walked { listing, by_search, count }, "{server:?}");
    assert_eq!(server.asked(), asked, "{server:?}");
}

const GET: bool = false;
const SEARCH: bool = true;

#[tokio::test]
async fn a_proper_server_is_asked_for_each_page_once() {
    let proper = |size| Odd::of(size, PROPER, None, Total::True);
    expect(proper(0), 100, Listing::Complete, false, 0, &[(1, GET)]).await;
    expect(proper(3), 100, Listing::Complete, false, 3, &[(1, GET)]).await;
    expect(proper(200), 100, Listing::Complete, false, 200, &[(1, GET), (101, GET)]).await;
    expect(proper(201), 100, Listing::Complete, false, 201, &[(1, GET), (101, GET), (201, GET)]).await;
    // Fewer a page than asked for.
    let short = Odd::of(25, Paging { cap: Some(10), ..PROPER }, None, Total::True);
    expect(short, 100, Listing::Complete, false, 25, &[(1, GET), (11, GET), (21, GET)]).await;
}

#[tokio::test]
async fn a_total_that_is_only_the_pages_length_does_not_end_the_walk() {
    let echo = |size| Odd::of(size, PROPER, None, Total::PageLength);
    expect(echo(23), 100, Listing::Complete, false, 23, &[(1, GET)]).await;
    expect(echo(100), 100, Listing::Complete, false, 100, &[(1, GET), (101, GET)]).await;
    expect(echo(130), 100, Listing::Complete, false, 130, &[(1, GET), (101, GET), (131, GET)]).await;
}

#[tokio::test]
async fn a_listing_cut_off_at_a_round_number_is_not_complete() {
    // better-auth: the first hundred for ever, and that is said to be all.
    let cut = Paging { cap: Some(100), heeds_start: false, heeds_count: false, ..PROPER };
    let gap = Listing::Incomplete(Gap::NoProgress);
    for page_size in [100, 200] {
        for total in [Total::PageLength, Total::Absent, Total::Fixed(100), Total::Fixed(1)] {
            let asked = [(1, GET), (101, GET), (101, SEARCH)];
            expect(Odd::of(500, cut, None, total), page_size, gap, false, 100, &asked).await;
        }
    }
}

#[tokio::test]
async fn search_takes_over_where_get_repeats_its_first_page() {
    let scimmy = |size| Odd::of(size, FIRST_TWENTY, Some(PROPER), Total::True);
    let asked = [(1, GET), (21, GET), (21, SEARCH)];
    expect(scimmy(25), 100, Listing::Complete, true, 25, &asked).await;
    expect(scimmy(20), 100, Listing::Complete, true, 20, &asked).await;
    expect(scimmy(19), 100, Listing::Complete, false, 19, &[(1, GET)]).await;
}

#[tokio::test]
async fn what_is_known_of_search_saves_the_detour() {
    let server = Odd::of(25, FIRST_TWENTY, Some(PROPER), Total::True);
    let (walked, _) = seen_by(&server, WalkOptions { page_size: 10, by_search: true, mode: None }).await;
    assert_eq!(walked, Walked { listing: Listing::Complete, by_search: true, count: 25 });
    assert_eq!(server.asked(), [(1, SEARCH), (11, SEARCH), (21, SEARCH)]);
}

#[tokio::test]
async fn a_search_that_is_no_longer_there_falls_back_to_get() {
    let server = Odd::of(23, PROPER, None, Total::True);
    let (walked, _) = seen_by(&server, WalkOptions { page_size: 100, by_search: true, mode: None }).await;
    assert_eq!(walked, Walked { listing: Listing::Complete, by_search: false, count: 23 });
    assert_eq!(server.asked(), [(1, SEARCH), (1, GET)]);
}

#[tokio::test]
async fn a_search_that_repeats_too_is_not_remembered() {
    let server = Odd::of(25, FIRST_TWENTY, Some(FIRST_TWENTY), Total::True);
    let asked = [(1, GET), (21, GET), (21, SEARCH)];
    expect(server, 100, Listing::Incomplete(Gap::NoProgress), false, 20, &asked).await;
}

#[tokio::test]
async fn more_counted_than_listed_is_incomplete() {
    let mut server = Odd::of(25, PROPER, None, Total::True);
    server.hidden = BTreeSet::from([7]);
    let asked = [(1, GET), (25, GET), (25, SEARCH)];
    expect(server, 100, Listing::Incomplete(Gap::NoProgress), false, 24, &asked).await;
    let fixed = Odd::of(25, PROPER, None, Total::Fixed(26));
    let asked = [(1, GET), (26, GET), (26, SEARCH)];
    expect(fixed, 100, Listing::Incomplete(Gap::EndedEarly), false, 25, &asked).await;
    let mut all_hidden = Odd::of(5, PROPER, None, Total::True);
    all_hidden.hidden = (0..5).collect();
    expect(all_hidden, 100, Listing::Incomplete(Gap::EndedEarly), false, 0, &[(1, GET), (1, SEARCH)]).await;
}

#[tokio::test]
async fn what_is_deleted_on_the_way_leaves_a_gap() {
    let mut server = Odd::of(250, PROPER, None, Total::True);
    server.deleted_on_the_way = 5;
    let (walked, seen) = seen_by(&server, options(100)).await;
    assert!(!seen.contains("id-100"), "it moved to the page before");
    assert_eq!(walked.listing, Listing::Incomplete(Gap::Shrank));
}

#[tokio::test]
async fn a_server_without_totals_or_pages_sends_everything_each_time() {
    let dump = Paging { heeds_start: false, heeds_count: false, ..PROPER };
    let asked = [(1, GET), (38, GET)];
    expect(Odd::of(37, dump, None, Total::Absent), 10, Listing::Complete, false, 37, &asked).await;
    expect(Odd::of(37, dump, None, Total::Absent), 100, Listing::Complete, false, 37, &asked).await;
    expect(Odd::of(37, dump, None, Total::True), 10, Listing::Complete, false, 37, &[(1, GET)]).await;
}

#[tokio::test]
async fn the_end_may_be_a_refusal_or_a_forgotten_total() {
    let refuses = Paging { refuses_beyond: true, ..PROPER };
    let asked = [(1, GET), (21, GET)];
    expect(Odd::of(20, refuses, None, Total::True), 10, Listing::Complete, false, 20, &[(1, GET), (11, GET)])
        .await;
    expect(Odd::of(20, refuses, None, Total::True), 100, Listing::Complete, false, 20, &asked).await;
    expect(Odd::of(20, PROPER, None, Total::NothingBeyondEnd), 100, Listing::Complete, false, 20, &asked)
        .await;
    let untold = Odd::of(20, refuses, None, Total::Absent);
    let asked = [(1, GET), (21, GET), (21, SEARCH)];
    expect(untold, 100, Listing::Incomplete(Gap::EndedEarly), false, 20, &asked).await;
}

#[tokio::test]
async fn a_failure_on_the_way_is_an_error_and_no_listing() {
    #[derive(Debug)]
    struct Failing(Odd, ErrorKind);
    impl Lists for Failing {
        fn list(&self, page: PageRequest) -> Result<Page, Error> {
            if page.start_index > 1 { Err(Error::new(self.1, "list")) } else { self.0.list(page) }
        }
    }
    for kind in [ErrorKind::Timeout, ErrorKind::Unauthorized, ErrorKind::ServerFault, ErrorKind::NotScim] {
        let server = Failing(Odd::of(250, PROPER, None, Total::True), kind);
        let error = walk(&Only(&server), ResourceType::User, options(100), |_, _| ()).await.unwrap_err();
        assert_eq!(error.kind, kind);
    }
}

#[tokio::test]
async fn a_server_that_makes_up_identities_for_ever_comes_to_an_end() {
    #[derive(Debug)]
    struct Endless;
    impl Lists for Endless {
        fn list(&self, page: PageRequest) -> Result<Page, Error> {
            let resource = Resource::from_value(json!({"id": page.start_index})).unwrap();
            Ok(Page { resources: vec![resource], total_results: None })
        }
    }
    let (walked, _) = seen_by(&Endless, options(1)).await;
    assert_eq!(walked.listing, Listing::Incomplete(Gap::TooManyPages));
}

#[tokio::test(start_paused = true)]
async fn each_page_comes_with_the_time_before_its_request() {
    #[derive(Debug)]
    struct Slow(Odd);
    impl Lists for Slow {
        fn list(&self, page: PageRequest) -> Result<Page, Error> {
            self.0.list(page)
        }
        fn latency(&self) -> Duration {
            Duration::from_secs(1)
        }
    }
    let server = Slow(Odd::of(25, PROPER, None, Total::True));
    let begin = Instant::now();
    let mut times = Vec::new();
    let port = Only(&server);
    walk(&port, ResourceType::User, options(10), |_, requested| times.push((requested - begin).as_secs()))
        .await
        .unwrap();
    assert_eq!(times, [0, 1, 2]);
}

fn paging(caps: &'static [u64]) -> impl Strategy<Value = Paging> {
    let cap = prop::option::of(prop::sample::select(caps));
    (cap, any::<bool>(), any::<bool>(), 0..4_u64, any::<bool>()).prop_map(
        |(cap, heeds_start, heeds_count, overlap, refuses_beyond)| Paging {
            cap,
            heeds_start,
            heeds_count,
            overlap,
            refuses_beyond,
        },
    )
}

fn total() -> impl Strategy<Value = Total> {
    prop_oneof![
        Just(Total::True),
        Just(Total::Absent),
        Just(Total::PageLength),
        Just(Total::Remaining),
        Just(Total::NothingBeyondEnd),
        (0..150_u64).prop_map(Total::Fixed),
    ]
}

/// Servers cut off at round numbers; an odd one with a lying total cannot be
/// told from a small directory by anybody.
const CAPS: &[u64] = &[10, 20, 25, 50, 100];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn what_is_called_complete_is_complete(
        size in 0..130_u64,
        get in paging(CAPS),
        search in prop::option::of(paging(CAPS)),
        total in total(),
        page_size in 1..120_u64,
        by_search: bool,
        hidden in prop::collection::btree_set(0..130_u64, 0..3),
    ) {
        // Where nothing counts the hidden ones, nobody can know of them, nor
        // where a constant below the truth claims to count them.
        let hidden = if matches!(total, Total::True) { hidden } else { BTreeSet::new() };
        let total = if let Total::Fixed(number) = total { Total::Fixed(number.max(size)) } else { total };
        let mut server = Odd::of(size, get, search, total);
        server.hidden = hidden;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let (walked, seen) = runtime.block_on(seen_by(&server, WalkOptions { page_size, by_search, mode: None }));
        if walked.listing == Listing::Complete {
            prop_assert_eq!(seen.len() as u64, server.visible(), "{:?}", server);
            prop_assert!(server.hidden.iter().all(|at| *at >= size), "{:?}", server);
        }
        if walked.by_search {
            prop_assert!(search.is_some());
        }
    }

    #[test]
    fn a_correct_server_is_always_listed_completely(
        size in 0..130_u64,
        cap in prop::option::of(1..60_u64),
        refuses_beyond: bool,
        page_size in 1..120_u64,
        forgets: bool,
    ) {
        let total = if forgets { Total::NothingBeyondEnd } else { Total::True };
        let server = Odd::of(size, Paging { cap, refuses_beyond, ..PROPER }, None, total);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let (walked, seen) = runtime.block_on(seen_by(&server, options(page_size)));
        prop_assert_eq!(walked.listing, Listing::Complete);
        prop_assert_eq!(seen.len() as u64, size);
        // One request more than pages, at most.
        let pages = size.div_ceil(page_size.min(cap.unwrap_or(u64::MAX))).max(1);
        prop_assert!(server.asked().len() as u64 <= pages + 1);
    }
}
