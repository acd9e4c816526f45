//! The step that takes an identity along to another address of its server.

use super::{claims, engine, fault::Fault, identity::Identity, pass::Pass};
use crate::sync::endpoint;

impl<T: Identity> Pass<'_, T> {
    /// Whether somebody said that the anchor's endpoint and the one that is
    /// talked to are one server.
    pub(super) fn is_move_accepted(&self) -> bool {
        let (Some(anchor), Some(session)) = (&self.record.anchor, &self.session) else { return false };
        let said = self.acknowledgement.as_deref();
        said.is_some_and(|said| endpoint::accepts(said, &anchor.endpoint, &session.endpoint))
    }

    /// Has the new address recorded before anything is sent there.
    pub(super) async fn move_anchor(&mut self) -> Result<(), Fault> {
        let endpoint = self.server()?.endpoint.clone();
        let Some(anchor) = &mut self.record.anchor else { return Ok(()) };
        self.record.seal = Some(claims::seal(&self.object, &endpoint, &anchor.id, &self.context.digester));
        anchor.endpoint = endpoint;
        engine::write(self, None).await?;
        self.consider_rivals();
        let note = format!("found the {} at the provider's new address", T::RESOURCE_TYPE);
        self.context.events.done(&self.object, "Moved", note);
        Ok(())
    }
}
