//! What the program runs on: time, randomness, logs, metrics, probes, the lease
//! that lets one process work, and an orderly end. Knows nothing of SCIM and nothing of the custom resources.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

pub mod clock;
pub mod entropy;
pub mod http;
pub mod lease;
pub mod metrics;
pub mod readiness;
pub mod shutdown;
pub mod telemetry;

/// What the program's work gets from the program.
#[derive(Clone, Debug)]
pub struct Services {
    /// Tells the time.
    pub clock: Arc<dyn clock::Clock>,
    /// Counts.
    pub metrics: Arc<metrics::Metrics>,
    /// Tells others what is not ready yet.
    pub readiness: readiness::Readiness,
    /// Cancelled when nothing new is to be begun; what is under way has
    /// `shutdown::DRAIN` to finish.
    pub shutdown: CancellationToken,
}
