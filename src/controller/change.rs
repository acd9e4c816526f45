//! The one way to change an identity that is there.

use super::{
    identity::Identity,
    pass::{Fault, Pass},
};
use crate::{
    scim::{
        error::{Error, ErrorKind},
        resource::Resource,
    },
    sync::{diff::Change, plan},
};

/// How often an identity is read again because somebody else changed it in
/// between, before it is left for later.
const REPEATS: u32 = 3;

impl<T: Identity> Pass<'_, T> {
    /// Changes an identity; answers it as it is now, where the server shows
    /// it.
    pub(super) async fn change(&self, id: &str, changes: &[Change]) -> Result<Option<Resource>, Fault> {
        let Some(request) = plan::patch(changes) else { return Ok(None) };
        let answer = self.server()?.port.patch(T::RESOURCE_TYPE, id, &request).await;
        T::memory(self.context).changed(&self.object);
        Ok(answer?)
    }

    /// Whether a step failed because somebody else changed the identity in
    /// between, so that it is to be read and planned again.
    pub(super) fn was_overtaken(&mut self, fault: &Fault) -> bool {
        let Fault::Server(Error { kind: ErrorKind::PreconditionFailed, .. }) = fault else { return false };
        self.overtaken += 1;
        self.overtaken <= REPEATS
    }
}
