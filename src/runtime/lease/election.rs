//! Standing by until the lease can be had.

use std::{sync::Arc, time::Duration};

use kube::Client;
use tokio::time::sleep;
use tracing::{info, warn};

use super::{
    Leader, LeaseSettings, Tenure,
    store::{Store, StoreError, seen},
};
use crate::{
    runtime::{Services, readiness::Gate},
    sync::lease::{Candidate, Step},
};

/// How often those who stand by look: whoever gives the lease back is not
/// missed for longer.
const LOOK: Duration = Duration::from_secs(1);

/// A process that would like to work.
#[derive(Debug)]
pub struct Election {
    store: Store,
    candidate: Candidate,
    tenure: Arc<Tenure>,
    gate: Gate,
    /// What was said last, so that it is said once.
    said: Option<String>,
}

impl Election {
    /// Nobody has looked at the lease yet.
    pub fn new(client: Client, settings: LeaseSettings, services: &Services) -> Self {
        let gate = services.readiness.gate("lease", "the Lease was not read yet");
        Self {
            candidate: Candidate::new(settings.identity.clone(), settings.terms),
            tenure: Arc::new(Tenure::new(settings.terms, Arc::clone(&services.metrics))),
            store: Store::new(client, settings, Arc::clone(&services.clock)),
            gate,
            said: None,
        }
    }

    /// Waits until the lease is ours. `standing_by` is called while another
    /// one holds it.
    pub async fn won(mut self, standing_by: impl Fn()) -> Leader {
        let terms = self.store.terms();
        loop {
            let pause = match self.attempt(&standing_by).await {
                Ok(Ok(leader)) => return leader,
                Ok(Err(left)) => left.min(LOOK).min(terms.renew_interval()),
                Err(StoreError::Outrun) => LOOK.min(terms.renew_interval()),
                Err(error) => {
                    let waits_for =
                        format!("the Lease {} can be neither read nor written: {error}", self.store.place());
                    self.say(&waits_for, |text| warn!("{text}"));
                    self.gate.close(waits_for);
                    terms.renew_interval()
                }
            };
            sleep(pause).await;
        }
    }

    /// One look, and what follows from it; or how long it is another's.
    async fn attempt(&mut self, standing_by: &impl Fn()) -> Result<Result<Leader, Duration>, StoreError> {
        let found = self.store.read().await?;
        let lease = found.as_ref().map(seen);
        match self.candidate.look(lease.as_ref(), self.tenure.now()) {
            Step::StandBy { holder, left } => {
                let holder = holder.unwrap_or_else(|| "somebody whose Lease was deleted".to_owned());
                let place = self.store.place();
                self.say(&format!("standing by: {holder} holds the Lease {place}"), |text| info!("{text}"));
                self.gate.open();
                standing_by();
                Ok(Err(left))
            }
            Step::Create | Step::Take => {
                let sent = self.tenure.now();
                let lease = self.store.take(found).await?;
                self.tenure.written(sent);
                self.gate.open();
                info!(
                    "leading: this process holds the Lease {} as {}",
                    self.store.place(),
                    self.store.identity()
                );
                Ok(Ok(Leader::new(self.store.clone(), Arc::clone(&self.tenure), lease)))
            }
        }
    }

    fn say(&mut self, text: &str, log: impl FnOnce(&str)) {
        if self.said.as_deref() != Some(text) {
            log(text);
            self.said = Some(text.to_owned());
        }
    }
}
