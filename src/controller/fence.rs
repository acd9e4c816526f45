//! What the lease forbids: a change on a SCIM server that might still be under
//! way when the lease is another's, and any write to the API server without it.

use std::sync::Arc;

use http::{Method, Request};
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

/// A write that was not sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not written: this process does not hold the lease")]
pub(super) struct NotLeading;

/// Lets reads out to the API server, and writes as long as the lease is held.
pub(super) fn lets_out<B>(tenure: &Tenure, request: Request<B>) -> Result<Request<B>, NotLeading> {
    if request.method() == Method::GET || tenure.stands() { Ok(request) } else { Err(NotLeading) }
}
