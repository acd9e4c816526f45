//! The real door to a SCIM server: requests and answers over HTTP (RFC 7644
//! §3).

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use http::{HeaderValue, Method};
use jiff::Timestamp;
use serde_json::{Value, json};

use self::reading::{identified, page, same_identity, versioned};
use super::{
    discovery::Discovery,
    endpoint::{Endpoint, query},
    error::{Error, ErrorKind},
    filter::Filter,
    http::{Answer, Http, Request},
    patch::PatchRequest,
    port::{Deleted, Page, PageRequest, Port, ResourceType},
    profile::{Dialect, DiscoveryMode},
    resource::Resource,
};

mod reading;

/// The schema of a query by POST (RFC 7644 §3.4.3).
const SEARCH_SCHEMA: &str = "urn:ietf:params:scim:api:messages:2.0:SearchRequest";

/// The most hits that are asked for: one is expected, and a server that
/// ignores the filter would send everybody.
const SEARCH_COUNT: u64 = 50;

/// A client of one SCIM server.
#[derive(Debug)]
pub struct Client {
    endpoint: Endpoint,
    dialect: Arc<Dialect>,
    http: Http,
}

impl Client {
    /// A client of the server at this endpoint, that speaks as this dialect
    /// says.
    pub fn new(endpoint: Endpoint, dialect: Arc<Dialect>, http: Http) -> Self {
        Self { endpoint, dialect, http }
    }

    /// Where the server is.
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    fn collection(
        &self,
        method: Method,
        resource_type: ResourceType,
        suffix: &str,
        body: Option<&Value>,
    ) -> Request {
        let template = format!("{}{suffix}", resource_type.endpoint());
        let url = self.endpoint.url(&format!("{}{suffix}", self.path(resource_type)));
        Request { method, template, url, body: body.map(Value::to_string), if_match: None }
    }

    fn resource(
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
        Ok(Request { method, template, url, body: body.map(Value::to_string), if_match: None })
    }

    fn path(&self, resource_type: ResourceType) -> &str {
        self.dialect.paths.collection(resource_type)
    }

    async fn page(&self, request: &Request) -> Result<Page, Error> {
        let answer = self.http.send(request).await?;
        expect(request, &answer, &[200])?;
        let body = answer.json().map_err(|detail| not_scim(request, &answer, detail))?;
        page(body).map_err(|detail| not_scim(request, &answer, detail.to_owned()))
    }

    /// One document in which the server describes itself, if it has it.
    async fn describe(&self, template: &str, path: &str) -> Result<Option<Value>, Error> {
        let (template, url) = (template.to_owned(), self.endpoint.url(path));
        let request = Request { method: Method::GET, template, url, body: None, if_match: None };
        match self.http.send(&request).await {
            Ok(answer) => Ok(answer.json().ok()),
            // Any answer but these says no more than that this server keeps
            // its document elsewhere, or has none.
            Err(error) if error.status.is_none() => Err(error),
            Err(error) if matches!(error.kind, ErrorKind::Unauthorized | ErrorKind::Throttled) => Err(error),
            Err(_) => Ok(None),
        }
    }

    /// Sends what changes one resource; the resource as it is now, if the
    /// answer tells.
    async fn change(&self, request: &Request, id: &str) -> Result<Option<Resource>, Error> {
        let answer = self.http.send(request).await?;
        expect(request, &answer, &[200, 204])?;
        if answer.is_empty() {
            return Ok(None);
        }
        let resource = read(request, &answer)?;
        if resource.id().is_none() {
            // Some message of the server's own; whoever asked reads again.
            return Ok(None);
        }
        same_identity(&resource, id).map_err(|detail| not_scim(request, &answer, detail.to_owned()))?;
        Ok(Some(resource))
    }
}

#[async_trait]
impl Port for Client {
    async fn discover(&self) -> Result<Discovery, Error> {
        if self.dialect.profile.discovery.mode == DiscoveryMode::Off {
            return Ok(Discovery::default());
        }
        let paths = &self.dialect.paths;
        let configuration = self.describe("/ServiceProviderConfig", &paths.service_provider_config).await?;
        let configuration = configuration.and_then(Resource::from_value);
        let mut discovery = configuration.map(|document| Discovery::read(&document)).unwrap_or_default();
        let types = self.describe("/ResourceTypes", &paths.resource_types).await?;
        discovery.resource_types = types.as_ref().and_then(Discovery::resource_types);
        Ok(discovery)
    }

    async fn search(&self, resource_type: ResourceType, filter: &Filter) -> Result<Page, Error> {
        let mut request = self.collection(Method::GET, resource_type, "", None);
        let parameters = query([("filter", filter.to_string()), ("count", SEARCH_COUNT.to_string())]);
        request.url.set_query(Some(&parameters));
        self.page(&request).await
    }

    async fn list(&self, resource_type: ResourceType, page: PageRequest) -> Result<Page, Error> {
        let PageRequest { start_index, count, by_search } = page;
        let request = if by_search {
            let body = json!({"schemas": [SEARCH_SCHEMA], "startIndex": start_index, "count": count});
            self.collection(Method::POST, resource_type, "/.search", Some(&body))
        } else {
            let mut request = self.collection(Method::GET, resource_type, "", None);
            let parameters = query([("startIndex", start_index.to_string()), ("count", count.to_string())]);
            request.url.set_query(Some(&parameters));
            request
        };
        self.page(&request).await
    }

    async fn get(&self, resource_type: ResourceType, id: &str) -> Result<Option<Resource>, Error> {
        let request = self.resource(Method::GET, resource_type, id, None)?;
        let answer = match self.http.send(&request).await {
            Err(error) if error.kind == ErrorKind::NotFound => return Ok(None),
            answer => answer?,
        };
        expect(&request, &answer, &[200])?;
        let resource = read(&request, &answer)?;
        same_identity(&resource, id).map_err(|detail| not_scim(&request, &answer, detail.to_owned()))?;
        Ok(Some(resource))
    }

    async fn create(&self, resource_type: ResourceType, body: &Resource) -> Result<Resource, Error> {
        let body = Value::Object(body.as_object().clone());
        let request = self.collection(Method::POST, resource_type, "", Some(&body));
        let answer = self.http.send(&request).await?;
        expect(&request, &answer, &[200, 201])?;
        let located = answer
            .location
            .as_deref()
            .and_then(|location| self.endpoint.id_of_location(self.path(resource_type), location));
        let resource = match (&located, answer.is_empty()) {
            // The server tells where it is instead of what it is.
            (Some(_), true) => versioned(Resource::default(), answer.entity_tag.as_deref()),
            _ => read(&request, &answer)?,
        };
        identified(resource, located).map_err(|detail| not_scim(&request, &answer, detail.to_owned()))
    }

    async fn patch(
        &self,
        resource_type: ResourceType,
        id: &str,
        patch: &PatchRequest,
    ) -> Result<Option<Resource>, Error> {
        let request = self.resource(Method::PATCH, resource_type, id, Some(&patch.body()))?;
        self.change(&request, id).await
    }

    async fn replace(
        &self,
        resource_type: ResourceType,
        id: &str,
        body: &Resource,
        if_match: Option<&str>,
    ) -> Result<Option<Resource>, Error> {
        let body = Value::Object(body.as_object().clone());
        let mut request = self.resource(Method::PUT, resource_type, id, Some(&body))?;
        request.if_match = if_match.map(HeaderValue::try_from).transpose().map_err(|_| Error {
            detail: Some("the version of the resource cannot be sent in a header".to_owned()),
            sent: false,
            ..Error::new(ErrorKind::Rejected, request.operation())
        })?;
        self.change(&request, id).await
    }

    async fn delete(&self, resource_type: ResourceType, id: &str) -> Result<Deleted, Error> {
        let request = self.resource(Method::DELETE, resource_type, id, None)?;
        let answer = match self.http.send(&request).await {
            Err(error) if error.kind == ErrorKind::NotFound => return Ok(Deleted::WasAbsent),
            answer => answer?,
        };
        expect(&request, &answer, &[200, 202, 204])?;
        if answer.is_page() {
            // A login page answers 200 to everything; nothing was deleted.
            return Err(not_scim(&request, &answer, "a web page answers".to_owned()));
        }
        Ok(Deleted::Gone)
    }

    fn server_date(&self) -> Option<Timestamp> {
        self.http.server_date()
    }

    fn deadline(&self) -> Duration {
        self.http.limits().deadline
    }
}

fn expect(request: &Request, answer: &Answer, statuses: &[u16]) -> Result<(), Error> {
    if statuses.contains(&answer.status) {
        return Ok(());
    }
    Err(not_scim(request, answer, "this status is none that SCIM knows here".to_owned()))
}

fn read(request: &Request, answer: &Answer) -> Result<Resource, Error> {
    let body = answer.json().map_err(|detail| not_scim(request, answer, detail))?;
    let resource = Resource::from_value(body)
        .ok_or_else(|| not_scim(request, answer, "the body is not one resource".to_owned()))?;
    Ok(versioned(resource, answer.entity_tag.as_deref()))
}

fn not_scim(request: &Request, answer: &Answer, detail: String) -> Error {
    Error {
        status: Some(answer.status),
        media_type: answer.media_type.clone(),
        detail: Some(detail),
        ..Error::new(ErrorKind::NotScim, request.operation())
    }
}
