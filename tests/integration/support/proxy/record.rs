//! What the proxy saw, and what it is for.

use std::fmt;

use serde_json::Value;

use super::wire::Request;

/// One request. It is recorded when it arrives; the status comes later.
#[derive(Clone)]
pub(crate) struct Recorded {
    pub(crate) method: String,
    /// Below the base of the SCIM endpoints: `/Users/1`.
    pub(crate) path: String,
    /// As sent, still encoded.
    pub(crate) query: Option<String>,
    pub(crate) user_agent: Option<String>,
    /// `Null` without one.
    pub(crate) body: Value,
    /// What the operator got, if it got anything.
    pub(crate) status: Option<u16>,
}

/// Where servers keep what is asked of them.
const COLLECTIONS: [&str; 5] = ["Users", "Groups", "ServiceProviderConfig", "Schemas", "ResourceTypes"];

/// What a request is for, told from its shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Purpose {
    /// `/ServiceProviderConfig`, `/Schemas`, `/ResourceTypes`.
    Discovery,
    /// A listing of at most one resource: does the server let us in?
    Probe,
    /// One page of everything.
    Page,
    /// Resources that match a filter.
    Lookup,
    /// One resource by its id.
    Read,
    Create,
    Patch,
    Replace,
    Delete,
    Other,
}

impl Recorded {
    pub(crate) fn new(request: &Request, base: &str) -> Self {
        let (path, query) = match request.target.split_once('?') {
            Some((path, query)) => (path, Some(query.to_owned())),
            None => (request.target.as_str(), None),
        };
        Self {
            method: request.method.clone(),
            path: path.strip_prefix(base).unwrap_or(path).to_owned(),
            query,
            user_agent: request.headers.get("user-agent").map(str::to_owned),
            body: serde_json::from_slice(&request.body).unwrap_or(Value::Null),
            status: None,
        }
    }

    /// `Users` or `Groups` or another collection, wherever it is in the path and
    /// however it is spelt, and what follows; else whatever the path begins
    /// with.
    fn segments(&self) -> (&str, Option<&str>) {
        let segments: Vec<&str> = self.path.trim_start_matches('/').split('/').collect();
        let named = |segment: &str| COLLECTIONS.into_iter().find(|name| name.eq_ignore_ascii_case(segment));
        let found = segments.iter().enumerate().find_map(|(at, segment)| Some((at, named(segment)?)));
        let (at, collection) = found.unwrap_or((0, segments[0]));
        let begin = segments[..=at].iter().map(|segment| segment.len() + 1).sum();
        (collection, self.path.trim_start_matches('/').get(begin..))
    }

    /// A parameter of the query, or of the body of a POST to `/.search`.
    pub(crate) fn parameter(&self, name: &str) -> Option<String> {
        let pairs = url::form_urlencoded::parse(self.query.as_deref().unwrap_or_default().as_bytes());
        let in_query = pairs.filter(|(key, _)| key == name).map(|(_, value)| value.into_owned()).next();
        in_query.or_else(|| match &self.body[name] {
            Value::Null => None,
            Value::String(text) => Some(text.clone()),
            other => Some(other.to_string()),
        })
    }

    pub(crate) fn purpose(&self) -> Purpose {
        let (collection, rest) = self.segments();
        if matches!(collection, "ServiceProviderConfig" | "Schemas" | "ResourceTypes") {
            return Purpose::Discovery;
        }
        match (self.method.as_str(), rest) {
            ("GET", None) | ("POST", Some(".search")) => self.purpose_of_listing(),
            ("GET", Some(_)) => Purpose::Read,
            ("POST", None) => Purpose::Create,
            ("PATCH", Some(_)) => Purpose::Patch,
            ("PUT", Some(_)) => Purpose::Replace,
            ("DELETE", Some(_)) => Purpose::Delete,
            _ => Purpose::Other,
        }
    }

    fn purpose_of_listing(&self) -> Purpose {
        let count = self.parameter("count").and_then(|count| count.parse::<u64>().ok());
        match (self.parameter("filter"), count) {
            (Some(_), _) => Purpose::Lookup,
            (None, Some(0 | 1)) => Purpose::Probe,
            (None, _) => Purpose::Page,
        }
    }

    /// Would it change something on the server?
    pub(crate) fn writes(&self) -> bool {
        matches!(self.purpose(), Purpose::Create | Purpose::Patch | Purpose::Replace | Purpose::Delete)
    }

    /// The first page of a sweep's listing of this collection.
    pub(crate) fn begins_sweep(&self, collection: &str) -> bool {
        let first = self.parameter("startIndex").is_none_or(|start| start == "1" || start == "0");
        self.purpose() == Purpose::Page && self.segments().0 == collection && first
    }
}

impl fmt::Debug for Recorded {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:?}: {} {}", self.purpose(), self.method, self.path)?;
        if let Some(query) = &self.query {
            write!(formatter, "?{query}")?;
        }
        match self.status {
            Some(status) => write!(formatter, " -> {status}"),
            None => formatter.write_str(" -> nothing"),
        }
    }
}

/// What each of the requests is for.
pub(crate) fn purposes(records: &[Recorded]) -> Vec<Purpose> {
    records.iter().map(Recorded::purpose).collect()
}
