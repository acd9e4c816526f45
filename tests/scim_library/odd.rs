//! Servers that page as they like.

use std::{collections::BTreeSet, fmt, sync::Mutex, time::Duration};

use async_trait::async_trait;
use jiff::Timestamp;
use scim_operator::scim::{
    discovery::Discovery,
    error::{Error, ErrorKind},
    filter::Filter,
    patch::PatchRequest,
    port::{Deleted, Page, PageRequest, Port, ResourceType},
    resource::Resource,
};
use serde_json::json;

/// What `totalResults` says.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Total {
    True,
    Absent,
    /// The length of the page (better-auth, WSO2).
    PageLength,
    /// What is left from here on (WSO2).
    Remaining,
    /// Always the same number.
    Fixed(u64),
    /// Nothing beyond the end (`SCIMple`).
    NothingBeyondEnd,
}

/// What a list does with `startIndex` and `count`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Paging {
    /// The most that is ever sent.
    pub(crate) cap: Option<u64>,
    pub(crate) heeds_start: bool,
    pub(crate) heeds_count: bool,
    /// How far each page reaches back into the one before.
    pub(crate) overlap: u64,
    /// Whether a page beyond the end is refused.
    pub(crate) refuses_beyond: bool,
}

pub(crate) const PROPER: Paging =
    Paging { cap: None, heeds_start: true, heeds_count: true, overlap: 0, refuses_beyond: false };
/// Page 1 for ever.
pub(crate) const FIRST_TWENTY: Paging =
    Paging { cap: Some(20), heeds_start: false, heeds_count: false, ..PROPER };

#[derive(Debug)]
pub(crate) struct Odd {
    pub(crate) size: u64,
    pub(crate) get: Paging,
    /// `None`: there is no `/.search`.
    pub(crate) search: Option<Paging>,
    pub(crate) total: Total,
    /// Counted, but never sent.
    pub(crate) hidden: BTreeSet<u64>,
    /// Those that somebody deletes after the first page.
    pub(crate) deleted_on_the_way: u64,
    requests: Mutex<Vec<PageRequest>>,
}

impl Odd {
    pub(crate) fn of(size: u64, get: Paging, search: Option<Paging>, total: Total) -> Self {
        let (hidden, requests) = (BTreeSet::new(), Mutex::default());
        Self { size, get, search, total, hidden, deleted_on_the_way: 0, requests }
    }

    pub(crate) fn visible(&self) -> u64 {
        self.size - self.hidden.iter().filter(|at| **at < self.size).count() as u64
    }

    pub(crate) fn asked(&self) -> Vec<(u64, bool)> {
        let requests = self.requests.lock().unwrap();
        requests.iter().map(|page| (page.start_index, page.by_search)).collect()
    }

    fn page(&self, paging: Paging, request: PageRequest, before: usize) -> Option<Page> {
        let first = if before > 0 { self.deleted_on_the_way } else { 0 };
        let there = first..self.size;
        let counted = self.size.saturating_sub(first);
        let start = if paging.heeds_start { request.start_index - 1 } else { 0 };
        if paging.refuses_beyond && start > 0 && start >= counted {
            return None;
        }
        let start = start.saturating_sub(if start > 0 { paging.overlap } else { 0 });
        let most = if paging.heeds_count { request.count } else { u64::MAX };
        let most = most.min(paging.cap.unwrap_or(u64::MAX));
        let from = there.filter(|at| *at >= first + start);
        let window: Vec<u64> = from.take_while(|at| *at - first - start < most).collect();
        let resources: Vec<Resource> = window
            .into_iter()
            .filter(|at| !self.hidden.contains(at))
            .map(|at| Resource::from_value(json!({"id": format!("id-{at}")})).unwrap())
            .collect();
        let total_results = match self.total {
            Total::Absent => None,
            Total::PageLength => Some(resources.len() as u64),
            Total::Remaining => Some(counted.saturating_sub(start)),
            Total::Fixed(number) => Some(number),
            Total::NothingBeyondEnd if resources.is_empty() => Some(0),
            Total::True | Total::NothingBeyondEnd => Some(counted),
        };
        Some(Page { resources, total_results })
    }
}

impl Lists for Odd {
    fn list(&self, page: PageRequest) -> Result<Page, Error> {
        let before = {
            let mut requests = self.requests.lock().unwrap();
            requests.push(page);
            requests.len() - 1
        };
        assert!(before < 1000, "the walk never ends");
        let paging = if page.by_search { self.search } else { Some(self.get) };
        let refused = |kind| Error::new(kind, "list");
        let paging = paging.ok_or_else(|| refused(ErrorKind::NotFound))?;
        self.page(paging, page, before).ok_or_else(|| refused(ErrorKind::Rejected))
    }
}

/// All that a walk needs of a server.
pub(crate) trait Lists: fmt::Debug + Send + Sync {
    fn list(&self, page: PageRequest) -> Result<Page, Error>;

    /// How long an answer takes.
    fn latency(&self) -> Duration {
        Duration::ZERO
    }
}

#[derive(Debug)]
pub(crate) struct Only<'a, L>(pub(crate) &'a L);

#[async_trait]
impl<L: Lists> Port for Only<'_, L> {
    async fn list(&self, _: ResourceType, page: PageRequest) -> Result<Page, Error> {
        if !self.0.latency().is_zero() {
            tokio::time::sleep(self.0.latency()).await;
        }
        self.0.list(page)
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
    fn deadline(&self) -> Duration {
        Duration::from_secs(1)
    }
}
