//! The narrow door to a SCIM server: what the rest of the program may ask of
//! it. `client` is the real one, `fake` the
//! one in memory.

use std::{fmt, time::Duration};

use async_trait::async_trait;
use jiff::Timestamp;

use super::{
    discovery::Discovery,
    error::{Error, ErrorKind},
    filter::Filter,
    patch::PatchRequest,
    resource::Resource,
};

/// The two kinds of resource that are managed (RFC 7643 §4.1, §4.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ResourceType {
    /// A person.
    User,
    /// A group of people.
    Group,
}

impl ResourceType {
    /// Both, in the order in which a server is listed.
    pub const ALL: [Self; 2] = [Self::User, Self::Group];

    /// The collection's path under the base URL.
    pub fn endpoint(self) -> &'static str {
        match self {
            Self::User => "/Users",
            Self::Group => "/Groups",
        }
    }
}

impl fmt::Display for ResourceType {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::User => "User",
            Self::Group => "Group",
        })
    }
}

/// One page of a listing that is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageRequest {
    /// The first result's number, from 1 (RFC 7644 §3.4.2.4).
    pub start_index: u64,
    /// The most results wanted.
    pub count: u64,
    /// Ask by POST to `/.search` instead of GET (RFC 7644 §3.4.3), for
    /// servers that ignore the paging of a GET.
    pub by_search: bool,
}

/// One page as the server answered it; it may be shorter, longer or another
/// than was asked for.
#[derive(Clone, Debug, Default)]
pub struct Page {
    /// The resources, in the server's order.
    pub resources: Vec<Resource>,
    /// `totalResults`, where the server says it.
    pub total_results: Option<u64>,
}

/// One page of a listing by cursor (RFC 9865).
#[derive(Clone, Debug, Default)]
pub struct CursorPage {
    /// The page.
    pub page: Page,
    /// Where the next one begins; `None` after the last one, and from servers
    /// that know no cursors.
    pub next: Option<String>,
}

/// What a DELETE found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deleted {
    /// It was there and is gone.
    Gone,
    /// It was not there (404).
    WasAbsent,
}

/// Requests to one SCIM server.
///
/// Every call is one request, but for one repeat with fresh credentials after
/// a 401, and for a PATCH that is too large for the server. Nothing is retried
/// here: whoever asks decides.
#[async_trait]
pub trait Port: fmt::Debug + Send + Sync {
    /// What the server says of itself (RFC 7643 §5). Advice, never a
    /// condition: a missing or odd document is `Discovery::default()`.
    async fn discover(&self) -> Result<Discovery, Error>;

    /// The first page of what the server thinks matches. The hits are claims:
    /// servers ignore filters, so whoever asks checks each one.
    async fn search(&self, resource_type: ResourceType, filter: &Filter) -> Result<Page, Error>;

    /// One page of everything.
    async fn list(&self, resource_type: ResourceType, page: PageRequest) -> Result<Page, Error>;

    /// One page of everything by cursor (RFC 9865); the first one begins at
    /// `""`.
    async fn list_from(
        &self,
        resource_type: ResourceType,
        _cursor: &str,
        _count: u64,
    ) -> Result<CursorPage, Error> {
        Err(no_such_door(resource_type, "cursors are not known here"))
    }

    /// Whether a group has this member, by a filter, for servers that do not
    /// show members otherwise. An answer that cannot be told from one to
    /// another question is an error, and never a no.
    async fn is_member(&self, _group: &str, _member: &str) -> Result<bool, Error> {
        Err(no_such_door(ResourceType::Group, "members cannot be asked for here"))
    }

    /// One resource by its id; `None` where there is none (404).
    async fn get(&self, resource_type: ResourceType, id: &str) -> Result<Option<Resource>, Error>;

    /// Creates, and answers the resource as created, with its id.
    async fn create(&self, resource_type: ResourceType, body: &Resource) -> Result<Resource, Error>;

    /// Changes; `None` where the server answered without a body (204).
    ///
    /// Where the profile limits the size of a request, this may be several,
    /// in the order of the operations. A failure on the way leaves those
    /// before it in effect and those behind it unsent; whoever asked reads
    /// again and finds what is missing.
    async fn patch(
        &self,
        resource_type: ResourceType,
        id: &str,
        request: &PatchRequest,
    ) -> Result<Option<Resource>, Error>;

    /// The same, and only while the resource is still at this version (RFC
    /// 7644 §3.14), else `PreconditionFailed`: for values that were worked out
    /// from what was read. Of several requests the first one says so.
    async fn patch_if_match(
        &self,
        resource_type: ResourceType,
        id: &str,
        request: &PatchRequest,
        version: &str,
    ) -> Result<Option<Resource>, Error>;

    /// Puts the whole resource in the place of the one with this id (RFC 7644
    /// §3.5.1): what the body leaves out is cleared. With `if_match`, only
    /// while the resource is still at this version (RFC 7644 §3.14), else
    /// `PreconditionFailed`. `None` where the server answered without a body
    /// (204).
    async fn replace(
        &self,
        resource_type: ResourceType,
        id: &str,
        body: &Resource,
        if_match: Option<&str>,
    ) -> Result<Option<Resource>, Error>;

    /// Deletes by id.
    async fn delete(&self, resource_type: ResourceType, id: &str) -> Result<Deleted, Error>;

    /// The server's clock as its last answer showed it (`Date`), if any did.
    fn server_date(&self) -> Option<Timestamp>;

    /// The most time one request may take, so that nothing is begun that
    /// cannot end in time.
    fn deadline(&self) -> Duration;
}

fn no_such_door(resource_type: ResourceType, detail: &str) -> Error {
    Error {
        detail: Some(detail.to_owned()),
        sent: false,
        ..Error::new(ErrorKind::Unsupported, format!("GET {}", resource_type.endpoint()))
    }
}
