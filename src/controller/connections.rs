//! What is kept about providers from one pass to the next.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use kube::ResourceExt;

use super::{
    connection::Connection,
    providers::{ProviderKey, ProviderObject},
};
use crate::{
    api::ScimProviderStatus,
    runtime::entropy,
    sync::{backoff, outcome::Outcome},
};

/// How often a Secret is read again. Listing and watching Secrets would show
/// every value in the namespace; reading one needs only `get`.
const SECRET_REREAD: Duration = Duration::from_mins(1);

/// The connections that stand, and what was said about each provider.
#[derive(Debug, Default)]
pub(super) struct Connections {
    notes: Mutex<HashMap<ProviderKey, Notes>>,
}

#[derive(Debug, Default)]
struct Notes {
    open: Option<Arc<Connection>>,
    /// Failures in a row.
    failures: u32,
    /// The status that was last written, and the UID of the provider that it
    /// was written for; the cache may not show it yet.
    said: Option<(Option<String>, ScimProviderStatus)>,
}

impl Connections {
    /// The open connection, if it was made for this very provider as it is.
    pub(super) fn known(&self, provider: &impl ProviderObject) -> Option<Arc<Connection>> {
        let notes = self.notes();
        let connection = notes.get(&provider.key())?.open.as_ref()?;
        // A deletion is a new generation too, of the same spec.
        connection.is_for(provider).then(|| Arc::clone(connection))
    }

    /// Keeps a connection; true if it is a new one.
    pub(super) fn open(&self, provider: &ProviderKey, connection: &Arc<Connection>) -> bool {
        let mut notes = self.notes();
        let before = notes.entry(provider.clone()).or_default().open.replace(Arc::clone(connection));
        before.is_none_or(|before| !Arc::ptr_eq(&before, connection))
    }

    /// Lets a connection go.
    pub(super) fn close(&self, provider: &ProviderKey) {
        if let Some(note) = self.notes().get_mut(provider) {
            note.open = None;
        }
    }

    /// What the provider's status says by now.
    pub(super) fn said(&self, provider: &impl ProviderObject) -> ScimProviderStatus {
        let notes = self.notes();
        let said = notes.get(&provider.key()).and_then(|note| note.said.as_ref());
        let ours = said.filter(|(uid, _)| *uid == provider.uid()).map(|(_, status)| status);
        ours.or(provider.status()).cloned().unwrap_or_default()
    }

    /// Notes what the provider's status was made to say.
    pub(super) fn say(&self, provider: &impl ProviderObject, status: ScimProviderStatus) {
        self.notes().entry(provider.key()).or_default().said = Some((provider.uid(), status));
    }

    /// Forgets a provider that is gone.
    pub(super) fn forget(&self, provider: &ProviderKey) {
        self.notes().remove(provider);
    }

    /// When to look again: soon after a failure, then further and further
    /// apart, but never so far that a mended Secret waits longer than one
    /// that was rotated.
    pub(super) fn pause(&self, provider: &ProviderKey, outcome: &Outcome) -> Duration {
        let mut notes = self.notes();
        let note = notes.entry(provider.clone()).or_default();
        if *outcome == Outcome::InSync {
            note.failures = 0;
            return SECRET_REREAD;
        }
        note.failures = note.failures.saturating_add(1);
        backoff::delay(note.failures, entropy::factor(0.0..=1.0)).min(SECRET_REREAD)
    }

    fn notes(&self) -> MutexGuard<'_, HashMap<ProviderKey, Notes>> {
        // A panic elsewhere leaves notes that are as good as any.
        self.notes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
