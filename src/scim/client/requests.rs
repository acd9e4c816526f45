//! Requests as one server wants them.

use http::{HeaderValue, Method};
use serde_json::{Value, json};

use super::Client;
use crate::scim::{
    codec::Unsendable,
    endpoint::query,
    error::{Error, ErrorKind, ScimType},
    http::Request,
    port::{PageRequest, ResourceType},
    profile::{self, PagingMode, ReadBack},
};

/// The schema of a query by POST (RFC 7644 §3.4.3).
const SEARCH_SCHEMA: &str = "urn:ietf:params:scim:api:messages:2.0:SearchRequest";

/// The most hits that are asked for: one is expected, and a server that
/// ignores the filter would send everybody.
const SEARCH_COUNT: u64 = 50;

/// The attributes of groups in the standard (RFC 7643 §3.1, §4.2).
const GROUP_ATTRIBUTES: [&str; 6] = ["schemas", "id", "externalId", "displayName", "members", "meta"];

/// The media types of requests, ready to be sent.
#[derive(Debug)]
pub(super) struct MediaTypes {
    send: HeaderValue,
    accept: HeaderValue,
}

impl MediaTypes {
    /// Those of a profile. No profile has any that cannot be sent.
    pub(super) fn of(media_types: &profile::MediaTypes) -> Self {
        let sendable = |text: &str| {
            HeaderValue::from_str(text).unwrap_or_else(|_| HeaderValue::from_static("application/scim+json"))
        };
        Self { send: sendable(&media_types.send), accept: sendable(&media_types.accept) }
    }
}

impl Client {
    /// About a collection, or what has this suffix to its path.
    pub(super) fn collection(
        &self,
        method: Method,
        resource_type: ResourceType,
        suffix: &str,
        body: Option<&Value>,
    ) -> Request {
        let template = format!("{}{suffix}", resource_type.endpoint());
        let url = self.endpoint.url(&format!("{}{suffix}", self.path(resource_type)));
        Request { method, template, url, accept: self.accept(), body: self.body(body), if_match: None }
    }

    /// About one resource.
    pub(super) fn resource(
        &self,
        method: Method,
        resource_type: ResourceType,
        id: &str,
        body: Option<&Value>,
    ) -> Result<Request, Error> {
        let template = format!("{}/{{id}}", resource_type.endpoint());
        let url = self.endpoint.resource_url(self.path(resource_type), id).map_err(|unusable| Error {
            detail: Some(unusable.to_string()),
            sent: false,
            ..Error::new(ErrorKind::Rejected, format!("{method} {template}"))
        })?;
        Ok(Request { method, template, url, accept: self.accept(), body: self.body(body), if_match: None })
    }

    /// For a document in which the server describes itself.
    pub(super) fn document(&self, template: &str, path: &str) -> Request {
        let (template, url) = (template.to_owned(), self.endpoint.url(path));
        Request { method: Method::GET, template, url, accept: self.accept(), body: None, if_match: None }
    }

    /// For one page of everything.
    pub(super) fn listing(&self, resource_type: ResourceType, page: PageRequest) -> Request {
        let paging = &self.dialect.profile.kind(resource_type).paging;
        let PageRequest { start_index, count, by_search } = page;
        // Pages are counted from 1 here, and by some servers from 0.
        let first = (start_index + paging.first_index).saturating_sub(1);
        if by_search || paging.mode == Some(PagingMode::Search) {
            let mut body = json!({"schemas": [SEARCH_SCHEMA], "startIndex": first, "count": count});
            if let Some(attributes) = self.attributes(resource_type) {
                body["attributes"] = json!(attributes);
            }
            return self.collection(Method::POST, resource_type, "/.search", Some(&body));
        }
        let parameters = match paging.mode {
            Some(PagingMode::Whole) => Vec::new(),
            _ => vec![("startIndex", first.to_string()), ("count", count.to_string())],
        };
        self.queried(resource_type, parameters)
    }

    /// For one page of everything by cursor.
    pub(super) fn listing_from(&self, resource_type: ResourceType, cursor: &str, count: u64) -> Request {
        let parameters = [("cursor", cursor.to_owned()), ("count", count.to_string())];
        self.queried(resource_type, parameters)
    }

    /// For what the server thinks matches a filter, if it can be written.
    /// Whoever asked then knows no more than from a server that refuses it.
    pub(super) fn filtered(
        &self,
        resource_type: ResourceType,
        filter: Result<String, Unsendable>,
    ) -> Result<Request, Error> {
        let filter = filter.map_err(|unsendable| Error {
            scim_type: Some(ScimType::InvalidFilter),
            detail: Some(unsendable.to_string()),
            sent: false,
            ..Error::new(ErrorKind::Rejected, format!("GET {}", resource_type.endpoint()))
        })?;
        let mode = self.dialect.profile.kind(resource_type).paging.mode;
        let count = (mode != Some(PagingMode::Whole)).then(|| ("count", SEARCH_COUNT.to_string()));
        Ok(self.queried(resource_type, std::iter::once(("filter", filter)).chain(count)))
    }

    fn queried<'a>(
        &self,
        resource_type: ResourceType,
        parameters: impl IntoIterator<Item = (&'a str, String)>,
    ) -> Request {
        let mut request = self.collection(Method::GET, resource_type, "", None);
        let attributes = self.attributes(resource_type).map(|names| ("attributes", names.join(",")));
        let parameters = query(parameters.into_iter().chain(attributes));
        request.url.set_query((!parameters.is_empty()).then_some(&parameters));
        request
    }

    /// For one resource as it is.
    pub(super) fn reading(&self, resource_type: ResourceType, id: &str) -> Result<Request, Error> {
        let mut request = self.resource(Method::GET, resource_type, id, None)?;
        if let Some(names) = self.attributes(resource_type) {
            request.url.set_query(Some(&query([("attributes", names.join(","))])));
        }
        Ok(request)
    }

    /// What has to be asked for by name: the attributes of groups, where the
    /// server shows members only so. The list takes the place of what is shown
    /// by default (RFC 7644 §3.9), so all that is known is in it.
    fn attributes(&self, resource_type: ResourceType) -> Option<Vec<String>> {
        let profile = &self.dialect.profile;
        let is_asked = resource_type == ResourceType::Group && profile.members.read == ReadBack::Requested;
        let listed = profile.groups.attributes.keys().chain(profile.groups.extensions.keys());
        let known = GROUP_ATTRIBUTES.iter().map(ToString::to_string);
        let others =
            listed.filter(|name| !GROUP_ATTRIBUTES.iter().any(|known| known.eq_ignore_ascii_case(name)));
        is_asked.then(|| known.chain(others.cloned()).collect())
    }

    /// Where a resource is, for `$ref`.
    pub(super) fn address(&self, resource_type: ResourceType, id: &str) -> Option<String> {
        self.endpoint.resource_url(self.path(resource_type), id).ok().map(Into::into)
    }

    pub(super) fn path(&self, resource_type: ResourceType) -> &str {
        self.dialect.paths.collection(resource_type)
    }

    fn accept(&self) -> HeaderValue {
        self.media_types.accept.clone()
    }

    fn body(&self, body: Option<&Value>) -> Option<(String, HeaderValue)> {
        body.map(|body| (body.to_string(), self.media_types.send.clone()))
    }
}
