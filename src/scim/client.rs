//! The real door to a SCIM server: requests and answers over HTTP (RFC 7644
//! §3), in the server's dialect.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use http::{HeaderValue, Method};
use jiff::Timestamp;
use serde_json::Value;

use self::{
    reading::{identified, is_only, not_scim, page, same_identity, versioned},
    requests::MediaTypes,
};
use super::{
    codec::{Codec, Verb},
    discovery::Discovery,
    endpoint::Endpoint,
    error::{Error, ErrorKind, ScimType},
    filter::Filter,
    http::{Answer, Http, Request},
    patch::PatchRequest,
    port::{CursorPage, Deleted, Page, PageRequest, Port, ResourceType},
    profile::{Dialect, DiscoveryMode},
    resource::Resource,
};

mod reading;
mod requests;

/// A client of one SCIM server.
#[derive(Debug)]
pub struct Client {
    endpoint: Endpoint,
    dialect: Arc<Dialect>,
    codec: Codec,
    media_types: MediaTypes,
    http: Http,
}

impl Client {
    /// A client of the server at this endpoint, that speaks as this dialect
    /// says.
    pub fn new(endpoint: Endpoint, dialect: Arc<Dialect>, http: Http) -> Self {
        let codec = Codec::new(Arc::clone(&dialect));
        let media_types = MediaTypes::of(&dialect.profile.media_types);
        Self { endpoint, dialect, codec, media_types, http }
    }

    /// Where the server is.
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// Sends; `Ok` is an answer with a status that means success here.
    async fn send(&self, request: &Request, verb: Verb) -> Result<Answer, Error> {
        let profile = &self.dialect.profile;
        let answer = self.http.send(request).await.map_err(|error| verb.weighed(profile, error))?;
        if verb.succeeded(profile, answer.status) {
            return Ok(answer);
        }
        Err(not_scim(request, &answer, "this status is none that SCIM knows here"))
    }

    async fn page(&self, resource_type: ResourceType, request: &Request) -> Result<CursorPage, Error> {
        let answer = self.send(request, Verb::List).await?;
        let body = answer.json().map_err(|detail| not_scim(request, &answer, detail))?;
        let read = |element| self.codec.read(resource_type, element);
        page(body, read).map_err(|detail| not_scim(request, &answer, detail))
    }

    /// One document in which the server describes itself, if it has it.
    async fn describe(&self, template: &str, path: &str) -> Result<Option<Value>, Error> {
        match self.http.send(&self.document(template, path)).await {
            Ok(answer) => Ok(answer.json().ok()),
            // Any answer but these says no more than that this server keeps
            // its document elsewhere, or has none.
            Err(error) if error.status.is_none() => Err(error),
            Err(error) if matches!(error.kind, ErrorKind::Unauthorized | ErrorKind::Throttled) => Err(error),
            Err(_) => Ok(None),
        }
    }

    /// Sends a PATCH, where a version is given only while the resource has it.
    async fn patch_at(
        &self,
        resource_type: ResourceType,
        id: &str,
        patch: &PatchRequest,
        version: Option<&str>,
    ) -> Result<Option<Resource>, Error> {
        let (mut changed, mut version) = (None, version);
        let address = |kind, id: &str| self.address(kind, id);
        for body in self.codec.patches(resource_type, id, patch, &address) {
            let mut request = self.resource(Method::PATCH, resource_type, id, Some(&body))?;
            request.if_match = self.if_match(&request, version.take())?;
            changed = self.change(resource_type, &request, id).await?;
        }
        Ok(changed)
    }

    /// The header that names a version, where the server has versions.
    fn if_match(&self, request: &Request, version: Option<&str>) -> Result<Option<HeaderValue>, Error> {
        let version = version.filter(|_| self.dialect.profile.etags != Some(false));
        version.map(HeaderValue::try_from).transpose().map_err(|_| Error {
            detail: Some("the version of the resource cannot be sent in a header".to_owned()),
            sent: false,
            ..Error::new(ErrorKind::Rejected, request.operation())
        })
    }

    /// Sends what changes one resource; the resource as it is now, if the
    /// answer tells.
    async fn change(
        &self,
        resource_type: ResourceType,
        request: &Request,
        id: &str,
    ) -> Result<Option<Resource>, Error> {
        let answer = self.send(request, Verb::Update).await?;
        if answer.is_empty() {
            return Ok(None);
        }
        let resource = self.read(resource_type, request, &answer)?;
        if resource.id().is_none() {
            // Some message of the server's own; whoever asked reads again.
            return Ok(None);
        }
        same_identity(&resource, id).map_err(|detail| not_scim(request, &answer, detail))?;
        Ok(Some(resource))
    }

    fn read(
        &self,
        resource_type: ResourceType,
        request: &Request,
        answer: &Answer,
    ) -> Result<Resource, Error> {
        let body = answer.json().map_err(|detail| not_scim(request, answer, detail))?;
        let resource = self.codec.read(resource_type, body);
        let resource = resource.map_err(|detail| not_scim(request, answer, detail))?;
        Ok(versioned(resource, answer.entity_tag.as_deref()))
    }
}

#[async_trait]
impl Port for Client {
    async fn discover(&self) -> Result<Discovery, Error> {
        if self.dialect.profile.discovery.mode == DiscoveryMode::Never {
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
        let filter = self.codec.filter(resource_type, filter);
        Ok(self.page(resource_type, &self.filtered(resource_type, filter)?).await?.page)
    }

    async fn list(&self, resource_type: ResourceType, page: PageRequest) -> Result<Page, Error> {
        Ok(self.page(resource_type, &self.listing(resource_type, page)).await?.page)
    }

    async fn list_from(
        &self,
        resource_type: ResourceType,
        cursor: &str,
        count: u64,
    ) -> Result<CursorPage, Error> {
        self.page(resource_type, &self.listing_from(resource_type, cursor, count)).await
    }

    async fn is_member(&self, group: &str, member: &str) -> Result<bool, Error> {
        let request = self.filtered(ResourceType::Group, self.codec.membership(group, member))?;
        let page = self.page(ResourceType::Group, &request).await?.page;
        is_only(&page, group).ok_or_else(|| Error {
            scim_type: Some(ScimType::InvalidFilter),
            detail: Some("the server ignored the filter".to_owned()),
            ..Error::new(ErrorKind::Rejected, request.operation())
        })
    }

    async fn get(&self, resource_type: ResourceType, id: &str) -> Result<Option<Resource>, Error> {
        let request = self.reading(resource_type, id)?;
        let answer = match self.send(&request, Verb::Read).await {
            Err(error) if error.kind == ErrorKind::NotFound => return Ok(None),
            answer => answer?,
        };
        let resource = self.read(resource_type, &request, &answer)?;
        same_identity(&resource, id).map_err(|detail| not_scim(&request, &answer, detail))?;
        Ok(Some(resource))
    }

    async fn create(&self, resource_type: ResourceType, body: &Resource) -> Result<Resource, Error> {
        let body = self.codec.creation(resource_type, body, &|kind, id| self.address(kind, id));
        let request = self.collection(Method::POST, resource_type, "", Some(&body));
        let answer = self.send(&request, Verb::Create).await?;
        let located = answer
            .location
            .as_deref()
            .and_then(|location| self.endpoint.id_of_location(self.path(resource_type), location));
        let resource = match (&located, answer.is_empty()) {
            // The server tells where it is instead of what it is.
            (Some(_), true) => versioned(Resource::default(), answer.entity_tag.as_deref()),
            _ => self.read(resource_type, &request, &answer)?,
        };
        identified(resource, located).map_err(|detail| not_scim(&request, &answer, detail))
    }

    async fn patch(
        &self,
        resource_type: ResourceType,
        id: &str,
        patch: &PatchRequest,
    ) -> Result<Option<Resource>, Error> {
        self.patch_at(resource_type, id, patch, None).await
    }

    async fn patch_if_match(
        &self,
        resource_type: ResourceType,
        id: &str,
        patch: &PatchRequest,
        version: &str,
    ) -> Result<Option<Resource>, Error> {
        self.patch_at(resource_type, id, patch, Some(version)).await
    }

    async fn replace(
        &self,
        resource_type: ResourceType,
        id: &str,
        body: &Resource,
        if_match: Option<&str>,
    ) -> Result<Option<Resource>, Error> {
        let body = self.codec.replacement(resource_type, body);
        let mut request = self.resource(Method::PUT, resource_type, id, Some(&body))?;
        request.if_match = self.if_match(&request, if_match)?;
        self.change(resource_type, &request, id).await
    }

    async fn delete(&self, resource_type: ResourceType, id: &str) -> Result<Deleted, Error> {
        let request = self.resource(Method::DELETE, resource_type, id, None)?;
        let answer = match self.send(&request, Verb::Delete).await {
            Err(error) if error.kind == ErrorKind::NotFound => return Ok(Deleted::WasAbsent),
            answer => answer?,
        };
        if answer.status != 204 && answer.is_page() {
            // A login page answers 200 to everything; nothing was deleted. 204
            // has no body, whatever media type it names.
            return Err(not_scim(&request, &answer, "a web page answers"));
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
