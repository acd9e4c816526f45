//! The step that takes over an identity that was there before, and who else
//! may stand for it.

use std::sync::Arc;

use kube::ResourceExt;

use super::{engine, fault::Fault, identity::Identity, pass::Pass};
use crate::{
    api::{
        Adoption, Origin,
        names::{CREATE_INTENT, FINALIZER},
    },
    scim::{port::ResourceType, resource::Resource},
    sync::{
        address::Reading,
        claims::Claimed,
        intent::{Intent, Proof},
        presence::Takeover,
    },
};

impl<T: Identity> Pass<'_, T> {
    /// Whether an identity that is there already may become the object's.
    pub(super) fn takeover(&self) -> Takeover {
        match (self.object.handling().adopts, self.provider_adoption) {
            (false, _) => Takeover::Unasked,
            (true, Some(Adoption::Forbidden)) => Takeover::Forbidden,
            (true, Some(Adoption::Allowed) | None) => Takeover::Allowed,
        }
    }

    /// Makes the identity the object's own, and has that recorded before
    /// anything of it is changed. The finalizer's precondition proves that the
    /// object is what the cache says.
    pub(super) async fn adopt(&mut self, resource: Resource) -> Result<(), Fault> {
        let (Some(id), Ok(desired)) = (resource.id(), &self.desired) else { return Ok(()) };
        let paths = desired.path_set();
        let endpoint = &self.server()?.endpoint;
        let kind = T::memory(self.context);
        let Some(_reserved) = kind.reserve(endpoint, &id) else {
            return Err(Fault::Undecided("another object is about to take this identity over".to_owned()));
        };
        self.claimed = self.claimed_of(std::slice::from_ref(&resource));
        if !self.claimed.is_empty() {
            return Ok(());
        }
        let protected = self.context.objects.protect(&self.object, FINALIZER).await?;
        self.replace_object(protected);
        self.take(&resource, None, Origin::Adopted);
        self.record.known.managed = paths;
        engine::write(self, None).await?;
        let note = format!("took over the {} that was there", T::RESOURCE_TYPE);
        self.context.events.done(&self.object, "Adopted", note);
        // What a search shows of a group may lack its members.
        self.reading = match T::RESOURCE_TYPE {
            ResourceType::User => self.reading_of(resource),
            ResourceType::Group => Reading::NotYet,
        };
        Ok(())
    }

    /// Of these, the ids that other objects stand for, or may be about to:
    /// they announced a creation whose result these can be.
    pub(super) fn claimed_of(&self, hits: &[Resource]) -> Vec<Claimed> {
        let claimed = hits.iter().filter_map(|hit| {
            let by = match self.holder(hit) {
                Some(holder) => self.called(&holder),
                None => self.called(&*self.announced_by_another(hit)?),
            };
            Some(Claimed { id: hit.id()?, by })
        });
        claimed.collect()
    }

    /// Whether another object stands for this identity.
    pub(super) fn is_claimed(&self, resource: &Resource) -> bool {
        self.holder(resource).is_some()
    }

    fn announced_by_another(&self, resource: &Resource) -> Option<Arc<T>> {
        T::memory(self.context)
            .first(|other| other.uid() != self.object.uid() && self.may_have_created(other, resource))
    }

    fn may_have_created(&self, other: &T, resource: &Resource) -> bool {
        let (Some(session), Some(note)) = (&self.session, other.annotations().get(CREATE_INTENT)) else {
            return false;
        };
        let anchored = other.id_at(&session.endpoint);
        // Most notes are of creations that were recorded: they need no reading.
        if anchored.is_some() && !note.contains("\"replaces\"") {
            return false;
        }
        let (digester, uid) = (&self.context.digester, other.uid().unwrap_or_default());
        Intent::open(note, digester, &uid, Some(&session.endpoint)).is_some_and(|intent| {
            intent.replaces.as_deref() == anchored
                && intent.keys.fit(resource)
                && !T::memory(self.context).was_refused(other, &intent.nonce)
                && other
                    .desired()
                    .is_ok_and(|desired| intent.proof(resource, &desired, digester) != Proof::Foreign)
        })
    }
}
