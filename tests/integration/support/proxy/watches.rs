//! Watches of the API server: they stream for as long as somebody listens,
//! and may be frozen, one kind at a time. What happens meanwhile comes when
//! they thaw.

use std::{collections::BTreeSet, io};

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    sync::watch,
};

use super::{
    upstream::Upstream,
    wire::{self, Request},
};

/// The plurals whose watches stand still.
#[derive(Clone)]
pub(super) struct Watches(watch::Sender<BTreeSet<&'static str>>);

impl Watches {
    pub(super) fn new() -> Self {
        Self(watch::Sender::new(BTreeSet::new()))
    }

    pub(super) fn freeze(&self, plural: &'static str) {
        self.0.send_modify(|frozen| {
            frozen.insert(plural);
        });
    }

    pub(super) fn thaw(&self, plural: &'static str) {
        self.0.send_modify(|frozen| {
            frozen.remove(plural);
        });
    }

    /// Whether a request is a watch.
    pub(super) fn is_one(request: &Request) -> bool {
        let query = request.target.split_once('?').map_or("", |(_, query)| query);
        query.split('&').any(|pair| matches!(pair, "watch=true" | "watch=1"))
    }

    /// Streams a watch until either side ends it.
    pub(super) async fn stream(
        &self,
        request: &Request,
        upstream: &Upstream,
        client: &mut (impl AsyncRead + AsyncWrite + Unpin),
    ) -> io::Result<()> {
        let path = request.target.split('?').next().unwrap_or_default();
        let plural = path.rsplit('/').next().unwrap_or_default();
        let mut server = upstream.connect().await?;
        wire::send(request, &mut server).await?;
        let mut events = vec![0; 1 << 16];
        let mut heard = [0];
        loop {
            let length = tokio::select! {
                length = server.read(&mut events) => length?,
                // A watch has nothing more to say to the server.
                _ = client.read(&mut heard) => return Ok(()),
            };
            let _ = self.0.subscribe().wait_for(|frozen| !frozen.contains(plural)).await;
            if length == 0 {
                return Ok(());
            }
            client.write_all(&events[..length]).await?;
            client.flush().await?;
        }
    }
}
