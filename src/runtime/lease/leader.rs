//! Holding the lease, losing it, and giving it back.

use std::sync::Arc;

use k8s_openapi::api::coordination::v1 as coordination;
use tokio::{
    select,
    time::{sleep, sleep_until, timeout_at},
};
use tracing::{info, warn};

use super::{
    Tenure,
    store::{Store, StoreError, seen},
};
use crate::sync::lease::{Loss, still_held};

/// The process that works.
#[derive(Debug)]
pub struct Leader {
    store: Store,
    tenure: Arc<Tenure>,
    /// As it was written or read last.
    lease: coordination::Lease,
}

impl Leader {
    pub(super) fn new(store: Store, tenure: Arc<Tenure>, lease: coordination::Lease) -> Self {
        Self { store, tenure, lease }
    }

    /// What tells everybody whether the lease is still held.
    pub fn tenure(&self) -> Arc<Tenure> {
        Arc::clone(&self.tenure)
    }

    /// Renews the lease until it is lost. Then nothing may be written any more,
    /// and nothing more is.
    pub async fn until_lost(&mut self) -> Loss {
        loop {
            select! {
                // After a long sleep both are over, and the claim with them.
                biased;
                () = sleep_until(self.tenure.ends()) => return self.lost(Loss::RanOut),
                () = sleep(self.store.terms().renew_interval()) => {}
            }
            match timeout_at(self.tenure.ends(), self.renew()).await {
                Ok(Ok(())) => {}
                Ok(Err(loss)) => return self.lost(loss),
                Err(_) => return self.lost(Loss::RanOut),
            }
        }
    }

    async fn renew(&mut self) -> Result<(), Loss> {
        let sent = self.tenure.now();
        match self.store.renew(&self.lease).await {
            Ok(lease) => {
                self.lease = lease;
                self.tenure.written(sent);
            }
            Err(StoreError::Outrun) => self.look_again().await?,
            Err(error) => warn!(%error, "the lease was not renewed; it is tried again"),
        }
        Ok(())
    }

    /// Somebody has changed it; perhaps we, by a write whose answer was lost.
    async fn look_again(&mut self) -> Result<(), Loss> {
        match self.store.read().await {
            Ok(found) => {
                still_held(self.store.identity(), found.as_ref().map(seen).as_ref())?;
                self.lease = found.unwrap_or_default();
            }
            Err(error) => warn!(%error, "the lease was changed, and could not be read; it is tried again"),
        }
        Ok(())
    }

    fn lost(&self, loss: Loss) -> Loss {
        self.tenure.end();
        loss
    }

    /// Gives the lease back, once all work has ended: the next one need not
    /// wait. What fails here costs the others the time that it lasts.
    pub async fn give_back(self) {
        self.tenure.end();
        let emptied = async {
            let found = self.store.read().await?;
            let held = still_held(self.store.identity(), found.as_ref().map(seen).as_ref());
            match (found, held) {
                (Some(lease), Ok(())) => self.store.empty(lease).await,
                _ => Err(StoreError::Outrun),
            }
        };
        match emptied.await {
            Ok(()) => info!("gave the Lease {} back", self.store.place()),
            Err(error) => warn!(%error, "the lease could not be given back; others wait until it runs out"),
        }
    }
}
