//! The one way to change an identity that is there: by PATCH, or by PUT where
//! the server has no PATCH.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::time::Instant;

use super::{fault::Fault, identity::Identity, pass::Pass, sessions::Session};
use crate::{
    scim::{
        capabilities::Capabilities,
        error::{Error, ErrorKind},
        patch::PatchRequest,
        path::AttributePath,
        port::{Port, ResourceType},
        profile::UpdateMethod,
        resource::Resource,
    },
    sync::{address::Reading, diff::Change, plan, put},
};

/// How often an identity is read again because somebody else changed it in
/// between, before it is left for later.
const REPEATS: u32 = 3;

/// What was read this shortly before is taken to be so still.
const PROMPT: Duration = Duration::from_secs(1);

/// Whether users and groups are changed by PUT.
#[derive(Debug, Default)]
pub(super) struct ByPut {
    users: AtomicBool,
    groups: AtomicBool,
}

impl ByPut {
    /// As the profile says.
    pub(super) fn new(capabilities: &Capabilities) -> Self {
        let by_put = Self::default();
        for resource_type in ResourceType::ALL {
            by_put.set(resource_type, capabilities.kind(resource_type).update == Some(UpdateMethod::Put));
        }
        by_put
    }

    /// Takes a server at its word that says it has no PATCH. That it has one
    /// is not believed once it refused.
    pub(super) fn heed(&self, capabilities: &Capabilities) {
        for resource_type in ResourceType::ALL {
            if capabilities.kind(resource_type).update == Some(UpdateMethod::Put) {
                self.set(resource_type, true);
            }
        }
    }

    /// Whether this kind of resource is changed by PUT.
    pub(super) fn is_set(&self, resource_type: ResourceType) -> bool {
        self.of(resource_type).load(Ordering::Relaxed)
    }

    fn set(&self, resource_type: ResourceType, by_put: bool) {
        self.of(resource_type).store(by_put, Ordering::Relaxed);
    }

    fn of(&self, resource_type: ResourceType) -> &AtomicBool {
        match resource_type {
            ResourceType::User => &self.users,
            ResourceType::Group => &self.groups,
        }
    }
}

impl<T: Identity> Pass<'_, T> {
    /// Changes an identity that was read as `observed`; answers it as it is
    /// now, where the server shows it.
    pub(super) async fn change(
        &self,
        id: &str,
        changes: &[Change],
        observed: &Resource,
    ) -> Result<Option<Resource>, Fault> {
        let Some(patch) = plan::patch(changes) else { return Ok(None) };
        let whole = || put::body(observed, changes);
        Ok(self.send_either(id, &patch, observed, whole).await?)
    }

    /// Sends this PATCH, or puts the whole in the place of what was read.
    pub(super) async fn send_either(
        &self,
        id: &str,
        patch: &PatchRequest,
        observed: &Resource,
        whole: impl FnOnce() -> Resource,
    ) -> Result<Option<Resource>, Error> {
        let patch = Patching { request: patch, if_match: None };
        self.send_one(id, patch, observed, whole).await
    }

    /// The same where the PATCH, too, was worked out from the version that was
    /// read.
    pub(super) async fn send_for_version(
        &self,
        id: &str,
        patch: &PatchRequest,
        observed: &Resource,
        whole: impl FnOnce() -> Resource,
    ) -> Result<Option<Resource>, Error> {
        self.send_one(id, Patching { request: patch, if_match: observed.version() }, observed, whole).await
    }

    async fn send_one(
        &self,
        id: &str,
        patch: Patching<'_>,
        observed: &Resource,
        whole: impl FnOnce() -> Resource,
    ) -> Result<Option<Resource>, Error> {
        let Some(session) = &self.session else { return Ok(None) };
        let answer = send(session, T::RESOURCE_TYPE, id, patch, observed, whole).await;
        T::memory(self.context).changed(&self.object);
        answer
    }

    /// What was learnt of an identity without reading it by its id: whole
    /// enough for PATCH, and for PUT nothing at all.
    pub(super) fn reading_of(&self, shown: Resource) -> Reading {
        let by_put = self.session.as_ref().is_some_and(|session| session.by_put.is_set(T::RESOURCE_TYPE));
        if by_put { Reading::NotYet } else { Reading::Present(shown) }
    }

    /// Whether a step failed because somebody else changed the identity in
    /// between, or because it has to be put whole: then it is to be read and
    /// planned again.
    pub(super) fn was_overtaken(&mut self, fault: &Fault) -> bool {
        let Fault::Server(Error { kind: ErrorKind::PreconditionFailed, .. }) = fault else { return false };
        self.overtaken += 1;
        self.overtaken <= REPEATS
    }

    /// Whether somebody else was faster each time.
    pub(super) fn was_outrun(&self) -> bool {
        self.overtaken > REPEATS
    }
}

/// A PATCH, and the version that it is for.
struct Patching<'a> {
    request: &'a PatchRequest,
    if_match: Option<&'a str>,
}

async fn send(
    session: &Session,
    resource_type: ResourceType,
    id: &str,
    patch: Patching<'_>,
    observed: &Resource,
    whole: impl FnOnce() -> Resource,
) -> Result<Option<Resource>, Error> {
    let port = &session.port;
    if !session.by_put.is_set(resource_type) {
        let answer = match patch.if_match {
            Some(version) => port.patch_if_match(resource_type, id, patch.request, version).await,
            None => port.patch(resource_type, id, patch.request).await,
        };
        match answer {
            Err(error) if error.kind == ErrorKind::Unsupported && session.may_turn(resource_type) => {
                session.by_put.set(resource_type, true);
                // What is known may be no more than a creation's answer, and
                // what a PUT leaves out is lost: it is read first.
                return Err(Error { kind: ErrorKind::PreconditionFailed, ..error });
            }
            answer => return answer,
        }
    }
    let door = match observed.version() {
        None if resource_type == ResourceType::User => turn_to_put(session, id, observed).await?,
        _ => Arc::clone(port),
    };
    match door.replace(resource_type, id, &whole(), observed.version()).await {
        // Whoever sends the next change needs the version that there is now.
        Ok(None) => port.get(resource_type, id).await,
        Err(error) if error.kind == ErrorKind::Unsupported && session.may_turn(resource_type) => {
            session.by_put.set(resource_type, false);
            Err(error)
        }
        answer => answer,
    }
}

/// The door for a PUT of a user without a version: nothing keeps it from
/// undoing what somebody else did in the meantime, such as disabling the
/// account. Where it had to wait for its turn, the user is read once more,
/// right before.
async fn turn_to_put(session: &Session, id: &str, observed: &Resource) -> Result<Arc<dyn Port>, Error> {
    let operation = format!("PUT {}", ResourceType::User.endpoint());
    let asked = Instant::now();
    let door = session.turn_to_write(&operation).await?;
    if asked.elapsed() >= PROMPT {
        let now = session.port.get(ResourceType::User, id).await?;
        if !now.is_some_and(|now| is_same(&now, observed)) {
            return Err(Error::new(ErrorKind::PreconditionFailed, operation));
        }
    }
    Ok(door)
}

/// Whether two readings show the same, but for what the server notes about
/// them.
fn is_same(one: &Resource, other: &Resource) -> bool {
    let bare = |resource: &Resource| {
        let mut bare = resource.clone();
        bare.remove(&AttributePath::core("meta"));
        bare
    };
    bare(one) == bare(other)
}
