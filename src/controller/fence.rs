//! What the lease forbids: a change on a SCIM server that might still be under
//! way when the lease is another's.

use std::sync::Arc;

use tokio::time::Instant;

use crate::{runtime::lease::Tenure, scim::fence::Fence};

/// Lets changes out to SCIM servers as long as the lease covers them.
#[derive(Debug)]
pub(super) struct LeaseFence(pub(super) Arc<Tenure>);

impl Fence for LeaseFence {
    fn allows(&self, until: Instant) -> bool {
        self.0.covers(until)
    }
}
