//! Removes single values that must not be there, one in each pass.

use std::{sync::Arc, time::Duration};

use super::{fault::Fault, identity::Identity, pass::Pass};
use crate::{
    api::reasons,
    scim::{
        error::{Error, ErrorKind},
        patch::PatchRequest,
        profile::KindRules,
        resource::Resource,
    },
    sync::{absent::Unwanted, outcome::Because, put},
};

/// How soon the next value goes.
pub(super) const NEXT: Duration = Duration::from_secs(1);

impl<T: Identity> Pass<'_, T> {
    /// Removes the first value that must not be there and is; answers how
    /// many are left. While the server may show what was there before the last
    /// change, nothing is worked out from that.
    pub(super) async fn remove_unwanted(
        &mut self,
        unwanted: &[Unwanted],
        observed: &Resource,
    ) -> Result<usize, Fault> {
        let session = Arc::clone(self.server()?);
        let rules = session.dialect.profile.kind(T::RESOURCE_TYPE);
        if let Some(because) = unwanted.iter().find_map(|unwanted| unwanted.refusal(rules)) {
            return Err(because.into());
        }
        let there: Vec<&Unwanted> = unwanted.iter().filter(|unwanted| unwanted.is_in(observed)).collect();
        let Some((first, others)) = there.split_first() else { return Ok(0) };
        self.shown_late = self.settling();
        if self.shown_late.is_none() {
            self.remove(first, rules).await?;
        }
        Ok(others.len())
    }

    /// What is sent may take the place of all values, so it comes from what is
    /// there at this moment, and counts for that version alone.
    async fn remove(&self, unwanted: &Unwanted, rules: &KindRules) -> Result<(), Fault> {
        let (Some(id), session) = (self.id(), self.server()?) else { return Ok(()) };
        let Some(before) = session.port.get(T::RESOURCE_TYPE, &id).await? else { return Ok(()) };
        let is_ours = self.record.anchor.as_ref().is_some_and(|anchor| anchor.is(&before, T::RESOURCE_TYPE));
        if !is_ours {
            // It is read again, and compared, before anything else is sent.
            return Err(Error::new(ErrorKind::PreconditionFailed, "GET before a removal").into());
        }
        if !unwanted.is_in(&before) {
            return Ok(());
        }
        let patch = PatchRequest { operations: vec![unwanted.removal(&before, rules)] };
        let whole = || put::body(&before, &[unwanted.change(&before)]);
        let shown = self.send_for_version(&id, &patch, &before, whole).await?;
        let is_clean = |shown: &Resource| !unwanted.is_in(shown) && unwanted.taken_along(&before, shown) == 0;
        let may_be_late = self.settling().is_some();
        if !shown.is_some_and(|shown| is_clean(&shown)) && !may_be_late {
            // An answer may show less than there is.
            let after = session.port.get(T::RESOURCE_TYPE, &id).await?;
            self.judge(unwanted, &before, after.as_ref())?;
        }
        let note = format!("removed a value of {}", unwanted.path());
        self.context.events.done(&self.object, "ValueRemoved", note);
        Ok(())
    }

    /// Whether the value is gone, and no other one with it.
    fn judge(&self, unwanted: &Unwanted, before: &Resource, after: Option<&Resource>) -> Result<(), Because> {
        let Some(after) = after else { return Ok(()) };
        let path = unwanted.path();
        if unwanted.is_in(after) {
            let message = format!(
                "the server took the removal of a value of {path} that spec.ensureAbsent names, and still has it. \
                 Remove the value there, or the entry from the manifest."
            );
            return Err(Because::new(reasons::UNSUPPORTED_BY_SERVER, message));
        }
        let lost = unwanted.taken_along(before, after);
        if lost > 0 {
            let message = format!(
                "with the value of {path} that spec.ensureAbsent names, {lost} others went away. Unless somebody \
                 else removed them, give them back there, remove the entry from the manifest, and do not say at the \
                 provider that {path} is removable."
            );
            self.context.events.failed(&self.object, "ValuesLost", &message);
            return Err(Because::new(reasons::UNSUPPORTED_BY_SERVER, message));
        }
        Ok(())
    }
}
