//! The step that makes the server say what the manifest says.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{
    identity::Identity,
    pass::{Fault, Pass, fits},
};
use crate::{
    scim::{path::AttributePath, resource::Resource},
    sync::{
        address::Reading,
        desired::Desired,
        diff::{Change, Rewritten, diff, rewritten, still_managed},
        lookup::name_attribute,
        put,
        shown::shown,
    },
};

impl<T: Identity> Pass<'_, T> {
    /// Sends what differs, and remembers what is managed from now on.
    pub(super) async fn update(&mut self) -> Result<(), Fault> {
        self.resolve();
        let (Reading::Present(observed), Ok(desired)) =
            (std::mem::take(&mut self.reading), self.desired.clone())
        else {
            return Ok(());
        };
        self.forget_old_rewrites(&desired, &observed);
        let changes = diff(&desired, &self.record.known, &observed, &self.context.digester);
        let observed = if changes.is_empty() {
            T::memory(self.context).seen_as_wanted(&self.object);
            observed
        } else {
            self.announce_paths(&desired).await?;
            self.send(&desired, &changes, observed).await?
        };
        self.record.known.managed = still_managed(&desired, &self.record.known, &observed);
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
        self.update_members(&observed).await?;
        self.update_password(&observed).await?;
        self.unwanted_left = self.remove_unwanted(desired.unwanted(), &observed).await?;
        Ok(())
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
    /// same had been sent before: then it is read.
    async fn send(
        &mut self,
        desired: &Desired,
        changes: &[Change],
        observed: Resource,
    ) -> Result<Resource, Fault> {
        let Some(id) = self.id() else { return Ok(observed) };
        let kind = T::memory(self.context);
        let repeated = kind.attempt(&self.object, self.digests(desired, changes, &observed));
        let shown = match self.change(&id, changes, &observed).await? {
            Some(resource) => Some(resource),
            None if repeated => self.server()?.port.get(T::RESOURCE_TYPE, &id).await?,
            None => None,
        };
        let paths: Vec<String> = changes.iter().map(|change| change.path.to_string()).collect();
        self.context.events.done(&self.object, "Updated", format!("changed {}", paths.join(", ")));
        Ok(match shown {
            Some(resource) => {
                let ignored = rewritten(changes, desired, &resource, &self.context.digester);
                self.record.known.rewritten.extend(ignored);
                resource
            }
            None => put::applied(observed, changes),
        })
    }

    fn digests(
        &self,
        desired: &Desired,
        changes: &[Change],
        observed: &Resource,
    ) -> BTreeMap<AttributePath, Rewritten> {
        let digester = &self.context.digester;
        let digests = |change: &Change| Rewritten {
            sent: digester.value(desired.get(&change.path).unwrap_or(&Value::Null)),
            observed: digester.value(observed.get(&change.path).unwrap_or(&Value::Null)),
        };
        changes.iter().map(|change| (change.path.clone(), digests(change))).collect()
    }

    /// What the server made of a value is of no interest once either the
    /// value or what the server has is another.
    fn forget_old_rewrites(&mut self, desired: &Desired, observed: &Resource) {
        let digester = &self.context.digester;
        self.record.known.rewritten.retain(|path, digests| {
            digests.sent == digester.value(desired.get(path).unwrap_or(&Value::Null))
                && digests.observed == digester.value(observed.get(path).unwrap_or(&Value::Null))
        });
    }

    /// The id of the identity, once it has one.
    pub(super) fn id(&self) -> Option<String> {
        self.record.anchor.as_ref().map(|anchor| anchor.id.clone())
    }
}
