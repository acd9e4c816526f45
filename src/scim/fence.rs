//! Whether a change may go out. Whoever shares a server with others who do the
//! same work knows until when it is certainly nobody else's turn; a change that
//! might be under way after that is not sent.

use std::fmt;

use tokio::time::Instant;

/// Lets changes out, or keeps them back.
pub trait Fence: fmt::Debug + Send + Sync {
    /// Whether a change may be sent now that may be under way until then.
    fn allows(&self, until: Instant) -> bool;
}

/// For whoever works alone.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unfenced;

impl Fence for Unfenced {
    fn allows(&self, _until: Instant) -> bool {
        true
    }
}
