//! The door to a server, at which everybody waits for his turn.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use futures::future::BoxFuture;
use jiff::Timestamp;

use super::{
    pace::{Access, Turn},
    traffic::{Sender, Traffic},
};
use crate::scim::{
    discovery::Discovery,
    error::Error,
    filter::Filter,
    patch::PatchRequest,
    port::{CursorPage, Deleted, Page, PageRequest, Port, ResourceType},
    resource::Resource,
};

/// What a request is going to be answered.
pub(super) type Answer<'call, R> = BoxFuture<'call, Result<R, Error>>;

/// A port whose requests are sent as the traffic allows.
pub(super) struct Paced {
    port: Arc<dyn Port>,
    traffic: Arc<Traffic>,
    sender: Sender,
    /// A turn that has come already, for the first request.
    turn: Mutex<Option<Turn>>,
}

impl Paced {
    /// The door as this sender goes through it.
    pub(super) fn new(port: Arc<dyn Port>, traffic: Arc<Traffic>, sender: Sender) -> Self {
        Self { port, traffic, sender, turn: Mutex::new(None) }
    }

    /// The door for whoever keeps a turn: the first request goes through it
    /// without waiting for another.
    pub(super) fn with_turn(self, turn: Turn) -> Self {
        Self { turn: Mutex::new(Some(turn)), ..self }
    }

    async fn send<'call, R: Send>(
        &'call self,
        access: Access,
        method: &'static str,
        path: &str,
        call: impl Fn() -> Answer<'call, R> + Send + Sync,
    ) -> Result<R, Error> {
        let operation = format!("{method} {path}");
        let turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner).take();
        match turn {
            Some(turn) => self.traffic.send_in_turn(turn, self.sender, &operation, call).await,
            None => self.traffic.send(self.sender, access, &operation, call).await,
        }
    }
}

#[async_trait]
impl Port for Paced {
    async fn discover(&self) -> Result<Discovery, Error> {
        self.send(Access::Read, "GET", "/ServiceProviderConfig", || self.port.discover()).await
    }

    async fn search(&self, resource_type: ResourceType, filter: &Filter) -> Result<Page, Error> {
        let search = || self.port.search(resource_type, filter);
        self.send(Access::Read, "GET", resource_type.endpoint(), search).await
    }

    async fn list(&self, resource_type: ResourceType, page: PageRequest) -> Result<Page, Error> {
        let list = || self.port.list(resource_type, page);
        self.send(Access::Read, "GET", resource_type.endpoint(), list).await
    }

    async fn list_from(
        &self,
        resource_type: ResourceType,
        cursor: &str,
        count: u64,
    ) -> Result<CursorPage, Error> {
        let list = || self.port.list_from(resource_type, cursor, count);
        self.send(Access::Read, "GET", resource_type.endpoint(), list).await
    }

    async fn is_member(&self, group: &str, member: &str) -> Result<bool, Error> {
        let ask = || self.port.is_member(group, member);
        self.send(Access::Read, "GET", ResourceType::Group.endpoint(), ask).await
    }

    async fn get(&self, resource_type: ResourceType, id: &str) -> Result<Option<Resource>, Error> {
        let get = || self.port.get(resource_type, id);
        self.send(Access::Read, "GET", resource_type.endpoint(), get).await
    }

    async fn create(&self, resource_type: ResourceType, body: &Resource) -> Result<Resource, Error> {
        let create = || self.port.create(resource_type, body);
        self.send(Access::Write, "POST", resource_type.endpoint(), create).await
    }

    async fn patch(
        &self,
        resource_type: ResourceType,
        id: &str,
        request: &PatchRequest,
    ) -> Result<Option<Resource>, Error> {
        let patch = || self.port.patch(resource_type, id, request);
        self.send(Access::Write, "PATCH", resource_type.endpoint(), patch).await
    }

    async fn patch_if_match(
        &self,
        resource_type: ResourceType,
        id: &str,
        request: &PatchRequest,
        version: &str,
    ) -> Result<Option<Resource>, Error> {
        let patch = || self.port.patch_if_match(resource_type, id, request, version);
        self.send(Access::Write, "PATCH", resource_type.endpoint(), patch).await
    }

    async fn replace(
        &self,
        resource_type: ResourceType,
        id: &str,
        body: &Resource,
        if_match: Option<&str>,
    ) -> Result<Option<Resource>, Error> {
        let replace = || self.port.replace(resource_type, id, body, if_match);
        self.send(Access::Write, "PUT", resource_type.endpoint(), replace).await
    }

    async fn delete(&self, resource_type: ResourceType, id: &str) -> Result<Deleted, Error> {
        let delete = || self.port.delete(resource_type, id);
        self.send(Access::Write, "DELETE", resource_type.endpoint(), delete).await
    }

    fn server_date(&self) -> Option<Timestamp> {
        self.port.server_date()
    }

    fn deadline(&self) -> Duration {
        self.port.deadline()
    }
}

impl fmt::Debug for Paced {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Paced")
            .field("port", &self.port)
            .field("sender", &self.sender)
            .finish_non_exhaustive()
    }
}
