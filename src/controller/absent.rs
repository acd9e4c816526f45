//! Removes single values that must not be there, one in each pass.

use std::time::Duration;

use super::{fault::Fault, identity::Identity, pass::Pass};
use crate::{
    api::reasons,
    scim::{patch::PatchRequest, resource::Resource},
    sync::{absent::Unwanted, outcome::Because, put},
};

/// How soon the next value goes.
pub(super) const NEXT: Duration = Duration::from_secs(1);

impl<T: Identity> Pass<'_, T> {
    /// Removes the first value that must not be there and is; answers how
    /// many are left.
    pub(super) async fn remove_unwanted(
        &self,
        unwanted: &[Unwanted],
        observed: &Resource,
    ) -> Result<usize, Fault> {
        let rules = self.server()?.dialect.profile.kind(T::RESOURCE_TYPE);
        if let Some(because) = unwanted.iter().find_map(|unwanted| unwanted.refusal(rules)) {
            return Err(because.into());
        }
        let there: Vec<&Unwanted> = unwanted.iter().filter(|unwanted| unwanted.is_in(observed)).collect();
        let Some((first, others)) = there.split_first() else { return Ok(0) };
        self.remove(first, observed).await?;
        Ok(others.len())
    }

    async fn remove(&self, unwanted: &Unwanted, observed: &Resource) -> Result<(), Fault> {
        let Some(id) = self.id() else { return Ok(()) };
        let patch = PatchRequest { operations: vec![unwanted.removal()] };
        let whole = || put::body(observed, &[unwanted.change(observed)]);
        let shown = self.send_either(&id, &patch, observed, whole).await?;
        let shown = match shown {
            Some(shown) => Some(shown),
            None => self.server()?.port.get(T::RESOURCE_TYPE, &id).await?,
        };
        if shown.is_some_and(|shown| unwanted.is_in(&shown)) {
            let message = format!(
                "the server took the removal of a value of {} that spec.ensureAbsent names, and still has it. \
                 Remove the value there, or the entry from the manifest.",
                unwanted.path()
            );
            return Err(Because::new(reasons::UNSUPPORTED_BY_SERVER, message).into());
        }
        let note = format!("removed a value of {}", unwanted.path());
        self.context.events.done(&self.object, "ValueRemoved", note);
        Ok(())
    }
}
