//! The door to a server, with a count of who goes through it.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use jiff::Timestamp;
use tokio::time::Instant;

use crate::{
    runtime::metrics::{Metrics, ScimRequest},
    scim::{
        discovery::Discovery,
        error::{Error, ErrorKind},
        filter::Filter,
        patch::PatchRequest,
        port::{CursorPage, Deleted, Page, PageRequest, Port, ResourceType},
        resource::Resource,
    },
};

/// A port whose requests are counted and timed.
#[derive(Debug)]
pub(super) struct Metered<P> {
    port: P,
    metrics: Arc<Metrics>,
}

impl<P: Port> Metered<P> {
    /// Counts what goes through this port.
    pub(super) fn new(port: P, metrics: Arc<Metrics>) -> Self {
        Self { port, metrics }
    }

    async fn count<R>(
        &self,
        method: &'static str,
        resource: &'static str,
        call: impl Future<Output = Result<R, Error>>,
    ) -> Result<R, Error> {
        let begun = Instant::now();
        let answer = call.await;
        let outcome = answer.as_ref().map_or_else(|error| failure(error.kind), |_| "success");
        self.metrics.scim_request(ScimRequest { method, resource, outcome }, begun.elapsed());
        answer
    }
}

#[async_trait]
impl<P: Port> Port for Metered<P> {
    async fn discover(&self) -> Result<Discovery, Error> {
        self.count("GET", "ServiceProviderConfig", self.port.discover()).await
    }

    async fn search(&self, resource_type: ResourceType, filter: &Filter) -> Result<Page, Error> {
        self.count("GET", name(resource_type), self.port.search(resource_type, filter)).await
    }

    async fn list(&self, resource_type: ResourceType, page: PageRequest) -> Result<Page, Error> {
        let method = if page.by_search { "POST" } else { "GET" };
        self.count(method, name(resource_type), self.port.list(resource_type, page)).await
    }

    async fn list_from(
        &self,
        resource_type: ResourceType,
        cursor: &str,
        count: u64,
    ) -> Result<CursorPage, Error> {
        self.count("GET", name(resource_type), self.port.list_from(resource_type, cursor, count)).await
    }

    async fn is_member(&self, group: &str, member: &str) -> Result<bool, Error> {
        self.count("GET", name(ResourceType::Group), self.port.is_member(group, member)).await
    }

    async fn get(&self, resource_type: ResourceType, id: &str) -> Result<Option<Resource>, Error> {
        self.count("GET", name(resource_type), self.port.get(resource_type, id)).await
    }

    async fn create(&self, resource_type: ResourceType, body: &Resource) -> Result<Resource, Error> {
        self.count("POST", name(resource_type), self.port.create(resource_type, body)).await
    }

    async fn patch(
        &self,
        resource_type: ResourceType,
        id: &str,
        request: &PatchRequest,
    ) -> Result<Option<Resource>, Error> {
        self.count("PATCH", name(resource_type), self.port.patch(resource_type, id, request)).await
    }

    async fn patch_if_match(
        &self,
        resource_type: ResourceType,
        id: &str,
        request: &PatchRequest,
        version: &str,
    ) -> Result<Option<Resource>, Error> {
        let call = self.port.patch_if_match(resource_type, id, request, version);
        self.count("PATCH", name(resource_type), call).await
    }

    async fn replace(
        &self,
        resource_type: ResourceType,
        id: &str,
        body: &Resource,
        if_match: Option<&str>,
    ) -> Result<Option<Resource>, Error> {
        let call = self.port.replace(resource_type, id, body, if_match);
        self.count("PUT", name(resource_type), call).await
    }

    async fn delete(&self, resource_type: ResourceType, id: &str) -> Result<Deleted, Error> {
        self.count("DELETE", name(resource_type), self.port.delete(resource_type, id)).await
    }

    fn server_date(&self) -> Option<Timestamp> {
        self.port.server_date()
    }

    fn deadline(&self) -> Duration {
        self.port.deadline()
    }
}

fn name(resource_type: ResourceType) -> &'static str {
    match resource_type {
        ResourceType::User => "User",
        ResourceType::Group => "Group",
    }
}

fn failure(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::Unreachable | ErrorKind::AddressRefused => "unreachable",
        ErrorKind::Timeout => "timeout",
        ErrorKind::Tls => "tls",
        ErrorKind::Redirected => "redirected",
        ErrorKind::NotScim | ErrorKind::TooLarge => "not_scim",
        ErrorKind::Unauthorized | ErrorKind::Forbidden => "unauthorized",
        ErrorKind::TokenRefused => "token_refused",
        ErrorKind::Withheld => "withheld",
        ErrorKind::Throttled => "throttled",
        ErrorKind::ServerFault | ErrorKind::Unsupported => "server_fault",
        ErrorKind::NotFound => "not_found",
        ErrorKind::Conflict | ErrorKind::PreconditionFailed => "conflict",
        ErrorKind::Rejected => "rejected",
    }
}
