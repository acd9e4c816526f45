//! The step by which an object that is being deleted hands its identity over
//! to another one of the same name.

use kube::ResourceExt;

use super::{claims, fault::Fault, identity::Identity, objects::ObjectError, pass::Pass};
use crate::{
    api::names::{CREATE_INTENT, FINALIZER},
    sync::{
        handover::{self, Sibling},
        intent::Intent,
        record::Record,
    },
};

impl<T: Identity> Pass<'_, T> {
    /// The object that inherits the identity of this one, which is being
    /// deleted.
    pub(super) fn heir(&self) -> Option<T> {
        if !self.is_deleting() || self.record.anchor.is_none() {
            return None;
        }
        let mut others = T::memory(self.context).others_asking(&self.object);
        others.retain(|other| other.namespace() == self.object.namespace() && self.provider.is_of(other));
        let siblings: Vec<Sibling> = others.iter().map(|other| self.sibling(other)).collect();
        let uid = &handover::heir(&siblings)?.claimant.uid;
        others.into_iter().find(|other| other.uid().as_ref() == Some(uid))
    }

    fn sibling(&self, other: &T) -> Sibling {
        let handling = other.handling();
        Sibling {
            claimant: self.claimant(other),
            anchored: other.anchor().is_some(),
            observes: handling.observes,
            suspended: handling.suspended,
            may_have_created: !self.terms.is_strict && self.has_open_note(other),
        }
    }

    /// Whether an object announced a creation of which it is not known that
    /// nothing came of it. Where creation is strict, nothing can have come of
    /// it while the identity of this object has the name.
    fn has_open_note(&self, other: &T) -> bool {
        let Some(note) = other.annotations().get(CREATE_INTENT) else { return false };
        let uid = other.uid().unwrap_or_default();
        Intent::open(note, &self.context.digester, &uid, None).is_some_and(|intent| {
            intent.unexpected.is_none() && !T::memory(self.context).was_refused(other, &intent.nonce)
        })
    }

    /// Anchors the heir, as it is now, to the identity. Only then this object
    /// may go: killed in between, two are anchored, and the one that is to
    /// stay keeps it.
    pub(super) async fn hand_over(&mut self) -> Result<(), Fault> {
        let Some(heir) = self.heir() else { return Ok(()) };
        let written = self.anchor_heir(&heir).await.map_err(|error| match error {
            // That is said of the heir, and not of this object.
            ObjectError::Gone | ObjectError::Stale => {
                Fault::Undecided("the object that inherits the identity has changed".to_owned())
            }
            error => error.into(),
        })?;
        let kind = T::memory(self.context);
        kind.wrote(&written);
        kind.wake(&written);
        self.proven_rivals.extend(written.uid());
        self.consider_rivals();
        let note = format!("handed the {} over to {}", T::RESOURCE_TYPE, self.called(&written));
        self.context.events.done(&self.object, "HandedOver", note);
        Ok(())
    }

    async fn anchor_heir(&self, heir: &T) -> Result<T, ObjectError> {
        let objects = &self.context.objects;
        let live = objects.live(heir).await?;
        let is_the_same = live.anchor().is_none()
            && live.name_there() == heir.name_there()
            && handover::heir(&[self.sibling(&live)]).is_some();
        let Some(anchor) = self.record.anchor.as_ref().filter(|_| is_the_same) else {
            return Err(ObjectError::Stale);
        };
        let heir = objects.protect(&live, FINALIZER).await?;
        T::memory(self.context).wrote(&heir);
        let before = heir.record();
        let inherited = Record {
            seal: Some(claims::seal(&heir, &anchor.endpoint, &anchor.id, &self.context.digester)),
            shown: None,
            observed_generation: before.observed_generation,
            conditions: before.conditions.clone(),
            last_handled_reconcile_at: before.last_handled_reconcile_at.clone(),
            ..self.record.clone()
        };
        let before = T::status_of(before).map_err(ObjectError::Unsayable)?;
        let status = T::status_of(inherited).map_err(ObjectError::Unsayable)?;
        objects.write_status(&heir, &before, &status).await
    }
}
