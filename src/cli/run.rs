//! `scim-operator run`: puts the program around the work.

use std::{error::Error as StdError, future::Future, io, net::SocketAddr, sync::Arc, time::Duration};

use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tracing::{error, info};

use super::RunSettings;
use crate::runtime::{
    Services,
    clock::SystemClock,
    http::Server,
    metrics::Metrics,
    readiness::Readiness,
    shutdown::{DRAIN, Shutdown},
    telemetry,
};

/// What is left to end after the work gets this long.
const AFTERMATH: Duration = Duration::from_secs(1);

/// Why the operator could not run.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// Two logs cannot be written.
    #[error(transparent)]
    Log(#[from] telemetry::AlreadyStarted),
    /// The system gives no threads.
    #[error("cannot start threads")]
    Threads(#[source] io::Error),
    /// The system tells no signals.
    #[error("cannot listen for signals")]
    Signals(#[source] io::Error),
    /// The address for probes and metrics cannot be had.
    #[error("cannot listen on {address}; --metrics-address names another one")]
    Address {
        /// The address.
        address: SocketAddr,
        /// Why not.
        source: io::Error,
    },
    /// The work failed.
    #[error("cannot go on")]
    Work(#[source] Box<dyn StdError + Send + Sync>),
}

/// Runs the work, with logs, probes and metrics around it, until it ends or
/// until a signal ends it in order.
pub fn run<Work, Running, Failure>(settings: RunSettings, work: Work) -> Result<(), RunError>
where
    Work: FnOnce(RunSettings, Services) -> Running,
    Running: Future<Output = Result<(), Failure>>,
    Failure: Into<Box<dyn StdError + Send + Sync>>,
{
    telemetry::start(settings.log_format)?;
    let threads =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(RunError::Threads)?;
    let result = threads.block_on(surround(settings, work));
    if result.is_err() {
        // What failed may be what permits to work: nothing goes on beside it.
        threads.shutdown_background();
        return result;
    }
    // A name that is still being looked up would hold the process for long.
    threads.shutdown_timeout(AFTERMATH);
    result
}

async fn surround<Work, Running, Failure>(settings: RunSettings, work: Work) -> Result<(), RunError>
where
    Work: FnOnce(RunSettings, Services) -> Running,
    Running: Future<Output = Result<(), Failure>>,
    Failure: Into<Box<dyn StdError + Send + Sync>>,
{
    let shutdown = Shutdown::on_signals().map_err(RunError::Signals)?;
    let address = settings.metrics_address;
    let server = Server::bind(address).await.map_err(|source| RunError::Address { address, source })?;
    info!(version = env!("CARGO_PKG_VERSION"), address = %server.address(), "started");

    let services = Services {
        clock: Arc::new(SystemClock),
        metrics: Arc::new(Metrics::new()),
        readiness: Readiness::new(),
        shutdown: shutdown.token(),
    };
    let end = CancellationToken::new();
    let serving =
        tokio::spawn(server.serve(services.readiness.clone(), services.metrics.clone(), end.clone()));

    let outcome = shutdown.drain(DRAIN, work(settings, services)).await;
    outcome.unwrap_or(Ok(())).map_err(|failure| RunError::Work(failure.into()))?;
    end.cancel();
    if let Ok(Ok(Err(source))) = timeout(AFTERMATH, serving).await {
        error!(%source, "probes and metrics could not be served");
    }
    info!("ended");
    Ok(())
}
