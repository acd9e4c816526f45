//! An orderly end: on the first signal nothing new is begun and what is under
//! way is finished; after a deadline, or on the second signal, it is left.

use std::{future::Future, io, time::Duration};

use tokio::{
    select,
    signal::unix::{Signal, SignalKind, signal},
    time::sleep,
};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

/// The most time that work under way gets. Kubernetes kills after 30 s; the
/// difference is for what ends after the work.
pub const DRAIN: Duration = Duration::from_secs(20);

/// The wish to end, and how urgent it is.
#[derive(Clone, Debug, Default)]
pub struct Shutdown {
    begun: CancellationToken,
    urgent: CancellationToken,
}

impl Shutdown {
    /// Listens for SIGTERM and SIGINT from now on.
    pub fn on_signals() -> io::Result<Self> {
        let shutdown = Self::default();
        let terminate = signal(SignalKind::terminate())?;
        let interrupt = signal(SignalKind::interrupt())?;
        tokio::spawn(shutdown.clone().listen(terminate, interrupt));
        Ok(shutdown)
    }

    /// Cancelled when nothing new is to be begun.
    pub fn token(&self) -> CancellationToken {
        self.begun.clone()
    }

    /// Begins the end, as the first signal does. A second call makes it
    /// urgent, as the second signal does.
    pub fn request(&self) {
        if self.begun.is_cancelled() {
            warn!("asked to end again: leaving what is under way");
            self.urgent.cancel();
        } else {
            info!("asked to end: finishing what is under way");
            self.begun.cancel();
        }
    }

    /// Lets the work run, and once the end has begun, for the deadline more.
    /// `None`: it was left unfinished.
    pub async fn drain<Work: Future>(&self, deadline: Duration, work: Work) -> Option<Work::Output> {
        select! {
            biased;
            output = work => Some(output),
            () = self.patience(deadline) => {
                warn!("not everything under way could be finished");
                None
            }
        }
    }

    async fn patience(&self, deadline: Duration) {
        self.begun.cancelled().await;
        select! {
            () = sleep(deadline) => {}
            () = self.urgent.cancelled() => {}
        }
    }

    async fn listen(self, mut terminate: Signal, mut interrupt: Signal) {
        while !self.urgent.is_cancelled() {
            select! {
                _ = terminate.recv() => self.request(),
                _ = interrupt.recv() => self.request(),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use tokio::time::Instant;

    use super::*;

    #[tokio::test]
    async fn work_that_ends_by_itself_is_done() {
        assert_eq!(Shutdown::default().drain(DRAIN, async { 17 }).await, Some(17));
    }

    #[tokio::test]
    async fn work_that_heeds_the_token_is_done() {
        let shutdown = Shutdown::default();
        let token = shutdown.token();
        shutdown.request();
        assert_eq!(shutdown.drain(DRAIN, token.cancelled()).await, Some(()));
    }

    #[tokio::test(start_paused = true)]
    async fn work_that_does_not_end_is_left_after_the_deadline() {
        let shutdown = Shutdown::default();
        let start = Instant::now();
        shutdown.request();
        assert_eq!(shutdown.drain(DRAIN, pending::<()>()).await, None);
        assert_eq!(start.elapsed().as_secs(), DRAIN.as_secs());
    }

    #[tokio::test(start_paused = true)]
    async fn a_second_request_leaves_at_once() {
        let shutdown = Shutdown::default();
        let start = Instant::now();
        shutdown.request();
        shutdown.request();
        assert_eq!(shutdown.drain(DRAIN, pending::<()>()).await, None);
        assert_eq!(start.elapsed(), Duration::ZERO);
    }
}
