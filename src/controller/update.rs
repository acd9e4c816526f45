//! The step that makes the server say what the manifest says.

use std::sync::Arc;

use super::{
    fault::Fault,
    identity::Identity,
    pass::{Pass, fits},
};
use crate::{
    scim::{path::AttributePath, resource::Resource},
    sync::{
        address::Reading,
        desired::Desired,
        diff::{Change, Comparison},
        external::{self, Deactivated},
        lookup::name_attribute,
        obstacle::Obstacle,
        outcome::Request,
        put,
        shown::shown,
        unsupported::Unsupported,
    },
};

impl<T: Identity> Pass<'_, T> {
    /// Sends what differs, and remembers what is managed from now on.
    /// Answers what keeps the rest from being so, where a person has to act.
    pub(super) async fn update(&mut self) -> Result<Option<Obstacle>, Fault> {
        self.resolve();
        let session = Arc::clone(self.server()?);
        let (Reading::Present(observed), Ok(desired)) =
            (std::mem::take(&mut self.reading), self.desired.clone())
        else {
            return Ok(None);
        };
        let comparison = session.comparison::<T>(&desired, &self.context.digester);
        comparison.forget_old(&mut self.record.known, &observed);
        let mut changes = comparison.changes(&self.record.known, &observed);
        let settling = self.applied_and_settling();
        let deactivated = self.deactivated(&desired, &observed);
        if settling.is_some() && !(changes.is_empty() && deactivated == Deactivated::No) {
            self.shown_late = settling;
            return Ok(None);
        }
        match deactivated {
            // Any write may enable it again, a password most of all.
            Deactivated::Stays => return Ok(Some(Obstacle::Deactivated)),
            Deactivated::Ends => {
                changes.retain(|change| change.path != external::active());
                changes.push(external::activation());
            }
            Deactivated::No => changes = self.keep_drift(changes),
        }
        if !changes.is_empty() && session.capabilities().kind(T::RESOURCE_TYPE).update.is_none() {
            let paths = changes.iter().map(|change| change.path.to_string()).collect();
            return Ok(Some(Obstacle::Unsupported(T::RESOURCE_TYPE, Unsupported::Update { paths })));
        }
        if self.keeps_active(&changes, &observed) {
            return Ok(None);
        }
        let observed = if changes.is_empty() {
            T::memory(self.context).seen_as_wanted(&self.object);
            observed
        } else {
            self.announce_paths(&desired).await?;
            let observed = self.with_unseen_members(observed);
            self.send(&comparison, &changes, observed).await?
        };
        self.kept = comparison.kept(&self.record.known, &observed).cloned().collect();
        self.record.known.managed = comparison.still_managed(&self.record.known, &observed);
        if let Some(anchor) = &mut self.record.anchor {
            let name =
                observed.text(name_attribute(T::RESOURCE_TYPE)).filter(|name| fits(name)).map(str::to_owned);
            anchor.name = name.or_else(|| anchor.name.take());
            if anchor.created.is_none() {
                anchor.created = observed.created().filter(|time| fits(time)).map(str::to_owned);
            }
        }
        T::memory(self.context).made_manager(&self.object, desired.manager());
        self.show_attributes(&observed);
        self.record.active = shown_active(&observed);
        if settling.is_some() && self.was_given_its_members(&session) {
            self.shown_late = settling;
            return Ok(None);
        }
        if !self.keeps_members(&observed) {
            self.update_members(&observed).await?;
        }
        let password = self.update_password(&observed).await?;
        if !self.keeps_unwanted(desired.unwanted(), &observed) {
            self.unwanted_left = self.remove_unwanted(desired.unwanted(), &observed).await?;
        }
        let fixed: Vec<String> = comparison.fixed(&observed).iter().map(ToString::to_string).collect();
        let immutable = (!fixed.is_empty()).then_some(Obstacle::Immutable { paths: fixed });
        Ok(immutable.or(password).or(self.drift()))
    }

    /// What status shows of what the server alone sets.
    fn show_attributes(&mut self, observed: &Resource) {
        let Some(session) = &self.session else { return };
        self.record.attributes = shown(observed, session.dialect.profile.kind(T::RESOURCE_TYPE));
    }

    /// Paths about to be managed are recorded before the request that sets
    /// them: after a crash, what we granted must not look like somebody
    /// else's grant.
    async fn announce_paths(&mut self, desired: &Desired) -> Result<(), Fault> {
        let new: Vec<AttributePath> =
            desired.paths().filter(|path| !self.record.known.managed.contains(*path)).cloned().collect();
        if new.is_empty() {
            return Ok(());
        }
        self.record.known.managed.extend(new);
        super::engine::write(self, None).await?;
        Ok(())
    }

    /// Sends the changes and answers the resource as it is now. Where the
    /// server does not show it, it is taken to be as asked, unless the very
    /// same had been sent before: then it is read, whatever the answer shows,
    /// because some servers answer with what they were sent and keep what they
    /// had.
    async fn send(
        &mut self,
        comparison: &Comparison<'_>,
        changes: &[Change],
        observed: Resource,
    ) -> Result<Resource, Fault> {
        let Some(id) = self.id() else { return Ok(observed) };
        if changes.iter().any(is_rename) {
            self.request = Request::Rename;
        }
        let answer = self.change(&id, changes, &observed).await?;
        self.request = Request::Other;
        let attempt = changes.iter().map(|it| (it.path.clone(), comparison.digests(&it.path, &observed)));
        let repeated = T::memory(self.context).attempt(&self.object, attempt.collect());
        let shown = match answer {
            _ if repeated => self.server()?.port.get(T::RESOURCE_TYPE, &id).await?,
            shown => shown,
        };
        let paths: Vec<String> = changes.iter().map(|change| change.path.to_string()).collect();
        self.context.events.done(&self.object, "Updated", format!("changed {}", paths.join(", ")));
        comparison.note_unseen(changes.iter().map(|change| &change.path), &mut self.record.known);
        Ok(match shown {
            Some(resource) => {
                let ignored = comparison.rewritten(changes, &resource);
                self.record.known.rewritten.extend(ignored);
                resource
            }
            None => put::applied(observed, changes),
        })
    }

    /// The id of the identity, once it has one.
    pub(super) fn id(&self) -> Option<String> {
        self.record.anchor.as_ref().map(|anchor| anchor.id.clone())
    }
}

/// Whether an account is active, where the server says.
fn shown_active(observed: &Resource) -> Option<bool> {
    observed.get(&external::active()).and_then(serde_json::Value::as_bool)
}

/// Whether a change is of what others know somebody by.
fn is_rename(change: &Change) -> bool {
    ["userName", "displayName", "externalId"].iter().any(|name| change.path.is_core(name))
}
