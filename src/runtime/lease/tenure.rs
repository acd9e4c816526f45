//! Whether this process may work, for everybody who asks.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use crate::{
    runtime::metrics::Metrics,
    sync::lease::{Claim, Terms},
};

/// The claim that stands, if one does.
#[derive(Debug)]
pub struct Tenure {
    beginning: Instant,
    terms: Terms,
    claim: Mutex<Option<Claim>>,
    metrics: Arc<Metrics>,
}

impl Tenure {
    /// Nothing is claimed yet.
    pub(crate) fn new(terms: Terms, metrics: Arc<Metrics>) -> Self {
        metrics.leads(false);
        Self { beginning: Instant::now(), terms, claim: Mutex::default(), metrics }
    }

    /// Whether anything may be written at all.
    pub fn stands(&self) -> bool {
        self.claim().is_some_and(|claim| claim.stands(self.now()))
    }

    /// Whether something may be begun that is over by this moment.
    pub fn covers(&self, until: Instant) -> bool {
        let until = until.saturating_duration_since(self.beginning);
        self.claim().is_some_and(|claim| claim.covers(self.now(), until))
    }

    /// How long one request to a server may take.
    pub fn longest_request(&self) -> Duration {
        self.terms.longest_request()
    }

    /// What has passed since the beginning. The clock that cannot be set.
    pub(crate) fn now(&self) -> Duration {
        self.beginning.elapsed()
    }

    /// Notes a write of the lease that was sent then.
    pub(crate) fn written(&self, sent: Duration) {
        *self.claim() = Some(Claim::written(sent, self.terms));
        self.metrics.leads(true);
    }

    /// When the claim ends that stands now.
    pub(super) fn ends(&self) -> Instant {
        self.claim().map_or(self.beginning, |claim| self.beginning + claim.ends())
    }

    /// Nothing may be written from now on.
    pub(crate) fn end(&self) {
        *self.claim() = None;
        self.metrics.leads(false);
    }

    fn claim(&self) -> MutexGuard<'_, Option<Claim>> {
        // Every write is one assignment.
        self.claim.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tenure() -> Tenure {
        let [duration, deadline, interval] = [60, 40, 5].map(Duration::from_secs);
        Tenure::new(Terms::new(duration, deadline, interval).unwrap(), Arc::default())
    }

    #[tokio::test(start_paused = true)]
    async fn nothing_is_allowed_before_the_first_write_and_after_the_end() {
        let tenure = tenure();
        assert!(!tenure.stands() && !tenure.covers(Instant::now()));
        tenure.written(tenure.now());
        assert!(tenure.stands() && tenure.covers(Instant::now()));
        tenure.end();
        assert!(!tenure.stands() && !tenure.covers(Instant::now()));
    }

    #[tokio::test(start_paused = true)]
    async fn a_process_that_slept_has_nothing_left() {
        let tenure = tenure();
        tenure.written(tenure.now());
        let longest = tenure.longest_request();
        assert!(tenure.covers(Instant::now() + longest));
        tokio::time::advance(Duration::from_secs(30)).await;
        assert!(tenure.stands());
        assert!(!tenure.covers(Instant::now() + longest), "it could not be over in time");
        tokio::time::advance(Duration::from_mins(10)).await;
        assert!(!tenure.stands() && !tenure.covers(Instant::now()));
    }
}
