//! The places of a pass: among those who talk to the server, and among those
//! who talk only to the API server.

use std::sync::Arc;

use kube::runtime::reflector::ObjectRef;

use super::{identity::Identity, pass::Pass};
use crate::scim::error;

impl<T: Identity> Pass<'_, T> {
    /// Takes a place among those who talk to the server.
    pub(super) fn enter(&mut self) -> bool {
        if self.leave.is_some() {
            return true;
        }
        let Some(session) = &self.session else { return false };
        self.leave = session.traffic.enter(self.call_back());
        self.desk = None;
        self.leave.is_some()
    }

    /// Takes a place among those who talk only to the API server, for whom no
    /// other server matters.
    pub(super) fn enter_desk(&mut self) -> bool {
        if self.leave.is_none() && self.desk.is_none() {
            self.desk = self.context.objects.desk().enter(self.call_back());
        }
        self.leave.is_some() || self.desk.is_some()
    }

    /// Has the object come back once the server bears it, if that is why this
    /// request failed; no timer of its own is needed.
    pub(super) fn park(&self, error: &error::Error) -> bool {
        let Some(session) = self.session.as_ref().filter(|session| session.traffic.excuses(error)) else {
            return false;
        };
        session.traffic.park(self.call_back());
        true
    }

    fn call_back(&self) -> impl FnOnce() -> bool + Send + 'static {
        let (context, object) = (Arc::clone(self.context), ObjectRef::from(&self.object));
        move || T::memory(&context).resume(&object)
    }

    /// Leaves the places to others, whether or not they were taken.
    pub(super) fn leave(mut self) {
        let session = self.session.take();
        if let (None, Some(session)) = (self.leave.take(), session) {
            session.traffic.pass_on();
        }
        if self.desk.take().is_none() {
            self.context.objects.desk().pass_on();
        }
    }
}
