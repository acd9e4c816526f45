//! What is kept about providers from one pass to the next.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use jiff::Timestamp;
use kube::ResourceExt;

use super::{
    circuit::Circuit,
    connection::Connection,
    inventory::Inventory,
    pace::Pace,
    providers::{ProviderKey, ProviderObject},
};
use crate::{
    api::ScimProviderStatus,
    sync::{pace::Limits, plausible},
};

/// The connections that stand, and what was said about each provider.
#[derive(Debug, Default)]
pub(super) struct Connections {
    notes: Mutex<HashMap<ProviderKey, Notes>>,
}

#[derive(Debug, Default)]
struct Notes {
    open: Option<Arc<Connection>>,
    /// How the server at this URL bears requests.
    circuit: Option<(String, Arc<Circuit>)>,
    /// The turns at the server at this URL.
    pace: Option<(String, Arc<Pace>)>,
    /// Whom the server at this endpoint is found to miss.
    inventory: Option<(String, Arc<Inventory>)>,
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

    /// What is known about how the provider's server bears requests. Another
    /// server has nothing to do with it.
    pub(super) fn circuit(&self, provider: &impl ProviderObject, now: Timestamp) -> Arc<Circuit> {
        let url = &provider.common().url;
        let mut notes = self.notes();
        let note = notes.entry(provider.key()).or_default();
        match &note.circuit {
            Some((known, circuit)) if known == url => Arc::clone(circuit),
            _ => {
                let circuit = Arc::new(Circuit::new(now));
                note.circuit = Some((url.clone(), Arc::clone(&circuit)));
                circuit
            }
        }
    }

    /// The turns at the provider's server. A new connection goes on with them:
    /// the server does not begin a new window either.
    pub(super) fn pace(&self, provider: &impl ProviderObject, limits: Limits) -> Arc<Pace> {
        let url = &provider.common().url;
        let mut notes = self.notes();
        let note = notes.entry(provider.key()).or_default();
        match &note.pace {
            Some((known, pace)) if known == url && pace.keeps(limits) => Arc::clone(pace),
            _ => {
                let pace = Arc::new(Pace::new(limits));
                note.pace = Some((url.clone(), Arc::clone(&pace)));
                pace
            }
        }
    }

    /// Whom the provider's server is found to miss. After a start its status
    /// tells; of another endpoint that says nothing.
    pub(super) fn inventory(&self, provider: &impl ProviderObject, endpoint: &str) -> Arc<Inventory> {
        let said = self.said(provider);
        let mut notes = self.notes();
        let note = notes.entry(provider.key()).or_default();
        match &note.inventory {
            Some((known, inventory)) if known == endpoint => Arc::clone(inventory),
            _ => {
                let is_of_it = said.endpoint_key.as_deref() == Some(endpoint);
                let remembered = plausible::Inventory::remembered(said.missing.as_ref().filter(|_| is_of_it));
                let inventory = Arc::new(Inventory::new(remembered, is_of_it && said.users.is_some()));
                note.inventory = Some((endpoint.to_owned(), Arc::clone(&inventory)));
                inventory
            }
        }
    }

    fn notes(&self) -> MutexGuard<'_, HashMap<ProviderKey, Notes>> {
        // A panic elsewhere leaves notes that are as good as any.
        self.notes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
