//! The steps by which an object gets back the identity that a rejected
//! deletion of its namesake has left behind.

use super::{held_kind, holds::whose};
use crate::{
    api::{Origin, names::FINALIZER},
    controller::{engine, fault::Fault, identity::Identity, pass::Pass},
    scim::{port::ResourceType, resource::Resource},
    sync::{
        address::{Address, Reading},
        guard::Remembered,
    },
};

impl<T: Identity> Pass<'_, T> {
    /// What was left behind for this object, while it has no identity.
    fn remembered(&self) -> Option<Remembered> {
        if self.context.guard.left_behind.is_empty() {
            return None;
        }
        let session =
            self.session.as_ref().filter(|_| self.record.anchor.is_none() && !self.is_deleting())?;
        let whose = whose(&self.object, held_kind::<T>());
        self.context.guard.left_behind.of(&whose, &session.endpoint, self.context.clock.now())
    }

    /// Where that is.
    pub(in crate::controller) fn left_behind(&self) -> Option<Address> {
        self.remembered().map(|remembered| remembered.address())
    }

    pub(in crate::controller) async fn read_left_behind(&mut self, id: &str) -> Result<(), Fault> {
        let found = self.server()?.port.get(T::RESOURCE_TYPE, id).await?;
        self.claimed = self.claimed_of(found.as_slice());
        self.found_again = found.map_or(Reading::Gone, Reading::Present);
        Ok(())
    }

    /// Makes the identity the object's own again, as it was before, and has
    /// that recorded before anything of it is changed.
    pub(in crate::controller) async fn take_back(&mut self, resource: Resource) -> Result<(), Fault> {
        let (Some(id), Some(remembered), Ok(desired)) = (resource.id(), self.remembered(), &self.desired)
        else {
            return Ok(());
        };
        let paths = desired.path_set();
        let endpoint = &self.server()?.endpoint;
        let Some(_reserved) = T::memory(self.context).reserve(endpoint, &id) else {
            return Err(Fault::Undecided("another object is about to take this identity".to_owned()));
        };
        self.claimed = self.claimed_of(std::slice::from_ref(&resource));
        if !self.claimed.is_empty() {
            return Ok(());
        }
        let protected = self.context.objects.protect(&self.object, FINALIZER).await?;
        self.replace_object(protected);
        self.take(&resource, None, remembered.origin.unwrap_or(Origin::Created));
        self.record.known.managed = paths;
        engine::write(self, None).await?;
        self.context.guard.left_behind.returned(&remembered.whose);
        let note = format!("got back the {} that a rejected deletion had left behind", T::RESOURCE_TYPE);
        self.context.events.done(&self.object, "Paired", note);
        self.reading = match T::RESOURCE_TYPE {
            ResourceType::User => self.reading_of(resource),
            ResourceType::Group => Reading::NotYet,
        };
        Ok(())
    }
}
