//! The steps that find out how things are.

use super::{fault::Fault, identity::Identity, look, pass::Pass};
use crate::{
    scim::port::PageRequest,
    sync::{address::Reading, lookup::Lookup, presence::Takeover},
};

impl<T: Identity> Pass<'_, T> {
    pub(super) async fn read(&mut self) -> Result<(), Fault> {
        let Some(anchor) = &self.record.anchor else { return Ok(()) };
        let port = &self.server()?.port;
        let found = port.get(T::RESOURCE_TYPE, &anchor.id).await?;
        if found.is_none() && self.is_deleting() {
            // A gateway that lost its route answers 404 too. Only a server
            // that lists can say that somebody is gone.
            port.list(T::RESOURCE_TYPE, PageRequest { start_index: 1, count: 1, by_search: false }).await?;
        }
        if self.is_move_accepted() {
            self.claimed = self.claimed_of(found.as_slice());
        }
        self.reading = found.map_or(Reading::Gone, Reading::Present);
        self.note_reading();
        Ok(())
    }

    pub(super) async fn look(&mut self) -> Result<(), Fault> {
        let (session, keys) = (self.server()?, &self.terms.keys);
        let needs_all = self.takeover() != Takeover::Unasked
            || self.object.handling().observes
            || self.conflict.is_some();
        self.lookup = if needs_all {
            look::by_filters(session, T::RESOURCE_TYPE, keys).await?
        } else {
            look::by_filter(session, T::RESOURCE_TYPE, keys).await?
        };
        if let Lookup::Found(hits) = &self.lookup {
            self.claimed = self.claimed_of(hits);
        }
        Ok(())
    }

    /// Reads the identity that the manifest names by its id.
    pub(super) async fn read_named(&mut self, id: &str) -> Result<(), Fault> {
        let found = self.server()?.port.get(T::RESOURCE_TYPE, id).await?;
        self.claimed = self.claimed_of(found.as_slice());
        self.named = found.map_or(Reading::Gone, Reading::Present);
        Ok(())
    }

    /// After a crash one answer is not enough: a filter that finds nothing
    /// may be one that the server does not support.
    pub(super) async fn look_for_announced(&mut self) -> Result<(), Fault> {
        let Some(intent) = &self.intent else { return Ok(()) };
        let keys = intent.keys.clone();
        let found = look::by_listing(self.server()?, T::RESOURCE_TYPE, &keys).await?;
        self.announced_lookup = match found {
            Lookup::Found(mut hits) => {
                hits.retain(|hit| !self.is_claimed(hit));
                if hits.is_empty() { Lookup::None } else { Lookup::Found(hits) }
            }
            found => found,
        };
        Ok(())
    }

    pub(super) async fn prove_fresh(&mut self) -> Result<(), Fault> {
        self.object = self.context.objects.live(&self.object).await?;
        self.consider_object();
        self.ask_permission().await?;
        if self.is_deleting() && self.object.deletion_policy().is_none() {
            let provider = self.context.objects.provider(&self.provider).await?;
            self.provider_policy = provider.spec.deletion_policy;
        }
        self.fresh = true;
        Ok(())
    }
}
