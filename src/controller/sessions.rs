//! The servers that are talked to: one session for each provider, shared by
//! all its objects.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock, atomic::AtomicBool},
    time::Duration,
};

use tokio_util::sync::CancellationToken;

use super::{
    change::ByPut,
    inventory::Inventory,
    names::Names,
    pace::Access,
    paced::Paced,
    providers::ProviderKey,
    traffic::{Sender, Traffic},
};
use crate::{
    scim::{
        capabilities::Capabilities,
        discovery::Discovery,
        error::Error,
        port::{Port, ResourceType},
        profile::Dialect,
    },
    sync::protected::Protected,
};

/// One provider's server, once it was found to answer.
#[derive(Debug)]
pub(super) struct Session {
    /// The endpoint key that anchors carry.
    pub(super) endpoint: String,
    /// The door to the server, for passes.
    pub(super) port: Arc<dyn Port>,
    /// The door for sweeps.
    pub(super) sweeping: Arc<dyn Port>,
    /// The door for whoever finds out whether the server answers.
    pub(super) probing: Arc<dyn Port>,
    /// What goes through these doors, and how fast.
    pub(super) traffic: Arc<Traffic>,
    /// How often the whole server is swept.
    pub(super) resync: Duration,
    /// Paging works by POST to `/.search` only.
    pub(super) by_search: AtomicBool,
    /// How the server is spoken to.
    pub(super) dialect: Arc<Dialect>,
    /// Which resources are changed by PUT.
    pub(super) by_put: ByPut,
    /// Whom userNames mean there.
    pub(super) names: Names,
    /// Whom the server is found to miss.
    pub(super) inventory: Arc<Inventory>,
    capabilities: RwLock<Arc<Capabilities>>,
    protected: RwLock<Arc<Protected>>,
    bare: Arc<dyn Port>,
    closed: CancellationToken,
}

/// What is known about a provider.
#[derive(Clone, Debug)]
pub(super) enum Standing {
    /// It was not tried yet.
    Unknown,
    /// It answers.
    Open(Arc<Session>),
    /// It does not; its status says why.
    Failing,
}

/// The standing of every provider.
#[derive(Debug, Default)]
pub(super) struct Sessions {
    standings: RwLock<HashMap<ProviderKey, Standing>>,
}

impl Sessions {
    /// How a provider stands.
    pub(super) fn of(&self, provider: &ProviderKey) -> Standing {
        let standings = self.standings.read().unwrap_or_else(PoisonError::into_inner);
        standings.get(provider).cloned().unwrap_or(Standing::Unknown)
    }

    /// Sets how a provider stands; a session that is replaced is closed.
    /// Says whether that is news to whoever waits for the provider.
    pub(super) fn set(&self, provider: &ProviderKey, standing: Standing) -> bool {
        let fails = matches!(standing, Standing::Failing);
        let before = self.replace(provider, Some(standing));
        !(fails && matches!(before, Some(Standing::Failing)))
    }

    /// Forgets a provider that is gone.
    pub(super) fn forget(&self, provider: &ProviderKey) {
        self.replace(provider, None);
    }

    fn replace(&self, provider: &ProviderKey, standing: Option<Standing>) -> Option<Standing> {
        let mut standings = self.standings.write().unwrap_or_else(PoisonError::into_inner);
        let before = match standing {
            Some(standing) => standings.insert(provider.clone(), standing),
            None => standings.remove(provider),
        };
        if let Some(Standing::Open(session)) = &before {
            session.closed.cancel();
        }
        before
    }
}

impl Session {
    /// A session with a server, each request to which is part of this traffic.
    pub(super) fn new(
        endpoint: String,
        dialect: Arc<Dialect>,
        port: impl Port + 'static,
        traffic: Arc<Traffic>,
        inventory: Arc<Inventory>,
        resync: Duration,
    ) -> Self {
        let capabilities = Capabilities::of(&dialect.profile, &Discovery::default());
        let port: Arc<dyn Port> = Arc::new(port);
        let door = |sender| -> Arc<dyn Port> {
            Arc::new(Paced::new(Arc::clone(&port), Arc::clone(&traffic), sender))
        };
        Self {
            endpoint,
            port: door(Sender::Pass),
            sweeping: door(Sender::Sweep),
            probing: door(Sender::Probe),
            bare: port,
            traffic,
            resync,
            by_search: AtomicBool::new(false),
            by_put: ByPut::new(&capabilities),
            capabilities: RwLock::new(Arc::new(capabilities)),
            protected: RwLock::default(),
            dialect,
            names: Names::default(),
            inventory,
            closed: CancellationToken::new(),
        }
    }

    /// What is in force: the profile, and what the server says of itself
    /// where that leaves something open.
    pub(super) fn capabilities(&self) -> Arc<Capabilities> {
        Arc::clone(&self.capabilities.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Whether the other way of changing a resource is worth a try where one
    /// is refused.
    pub(super) fn may_turn(&self, resource_type: ResourceType) -> bool {
        self.capabilities().kind(resource_type).update_may_turn
    }

    /// Takes in what the server says of itself.
    pub(super) fn heed(&self, discovery: &Discovery) {
        let capabilities = Capabilities::of(&self.dialect.profile, discovery);
        self.by_put.heed(&capabilities);
        *self.capabilities.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(capabilities);
    }

    /// Whose names are protected there.
    pub(super) fn protected(&self) -> Arc<Protected> {
        Arc::clone(&self.protected.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Protects these names from now on.
    pub(super) fn protect(&self, protected: Protected) {
        *self.protected.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(protected);
    }

    /// Resolves when the session was replaced.
    pub(super) fn closed(&self) -> CancellationToken {
        self.closed.clone()
    }

    /// Waits for the turn of one write, and answers the door through which it
    /// goes without waiting again: for what must follow at once upon
    /// something else. The turn is nobody else's until that door is dropped.
    pub(super) async fn turn_to_write(&self, operation: &str) -> Result<Arc<dyn Port>, Error> {
        let turn = self.traffic.turn(Sender::Pass, Access::Write, operation).await?;
        let door = Paced::new(Arc::clone(&self.bare), Arc::clone(&self.traffic), Sender::Pass);
        Ok(Arc::new(door.with_turn(turn)))
    }
}
