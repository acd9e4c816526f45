//! Turns for whoever paces what is sent. He lets one request go with each call
//! of the port, and some calls need more: documents are read one by one, and a
//! request is repeated with new credentials. Each of these asks here.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use async_trait::async_trait;

use super::error::Error;

/// Gives a call's requests their turns, from the second on.
#[async_trait]
pub trait Turns: Send + Sync {
    /// Waits for the turn of one more request; the one before was answered.
    async fn another(&self) -> Result<(), Error>;
}

struct Call {
    turns: Arc<dyn Turns>,
    has_begun: AtomicBool,
}

tokio::task_local! {
    // The port's methods are calls, and know nothing of requests.
    static CALL: Call;
}

/// Makes a call whose first request may go at once.
pub async fn within<R>(turns: Arc<dyn Turns>, call: impl Future<Output = R>) -> R {
    CALL.scope(Call { turns, has_begun: AtomicBool::new(false) }, call).await
}

/// Waits for the turn of the call's next request, where somebody gives turns.
pub async fn next() -> Result<(), Error> {
    let turns = CALL.try_with(|call| {
        let is_first = !call.has_begun.swap(true, Ordering::Relaxed);
        (!is_first).then(|| Arc::clone(&call.turns))
    });
    match turns {
        Ok(Some(turns)) => turns.another().await,
        // The first, or nobody gives turns.
        Ok(None) | Err(_) => Ok(()),
    }
}
