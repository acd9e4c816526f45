//! How passes ask the guard, and what they say while they wait.

use std::time::Duration;

use kube::ResourceExt;

use super::{desk::Asker, held_kind, settings};
use crate::{
    api::{Decision, DeletionPolicy, HeldAction},
    controller::{fault::End, identity::Identity, pass::Pass},
    scim::resource::Resource,
    sync::{
        diff::Change,
        guard::{self, Claim, Leave},
        outcome::Outcome,
    },
};

/// A decision that came while the pass went on is acted on so soon.
const SOON: Duration = Duration::from_millis(100);

impl<T: Identity> Pass<'_, T> {
    /// How the guard stands to the loss that the object asks for: the end of
    /// its identity, or, of a user that is not deleted, its being inactive.
    pub(in crate::controller) fn guarded(&self) -> Leave {
        if self.is_deleting() {
            return self.leave_of_guard();
        }
        // Whether it asks at all, shows only when it is compared.
        match self.context.guard.index.stance(&self.claim()) {
            Some(Leave::Held | Leave::Rejected) => Leave::Held,
            _ => Leave::NotAsked,
        }
    }

    fn leave_of_guard(&self) -> Leave {
        let Some(session) = &self.session else { return Leave::NotAsked };
        let settings = || settings(self.context, &session.endpoint);
        let now = self.context.clock.now();
        self.context.guard.leave(settings, &session.endpoint, &self.claim(), now)
    }

    fn claim(&self) -> Claim {
        let is_deleting = self.is_deleting();
        let deletes = is_deleting && self.deletion_policy() == DeletionPolicy::Delete;
        Claim {
            uid: self.object.uid().unwrap_or_default(),
            action: if deletes { HeldAction::Delete } else { HeldAction::Deactivate },
            generation: self.generation.filter(|_| !is_deleting),
        }
    }

    pub(in crate::controller) fn ask_to_leave(&mut self) {
        let Some(session) = &self.session else { return };
        let claim = self.claim();
        let asker = Asker {
            kind: held_kind::<T>(),
            namespace: self.object.namespace().unwrap_or_default(),
            name: self.object.name_any(),
            once_held: self.record.is_held() || self.context.guard.index.is_orphan(&claim),
        };
        self.context.guard.desk(&session.endpoint).ask(self.context, claim, asker);
    }

    /// Whether these changes would make an active user inactive, and may not
    /// yet. Then none of them is sent: who is to lose the account is often to
    /// lose the roles in the same change.
    pub(in crate::controller) fn keeps_active(&mut self, changes: &[Change], observed: &Resource) -> bool {
        if !guard::deactivates(changes, observed) {
            return false;
        }
        let leave = self.leave_of_guard();
        if leave == Leave::NotAsked {
            self.ask_to_leave();
        }
        let is_kept = leave != Leave::Granted;
        self.kept_back = is_kept.then_some(HeldAction::Deactivate);
        is_kept
    }

    /// How a pass ends from which the guard has kept something back.
    pub(in crate::controller) fn kept_back_by_guard(&mut self) -> Option<End> {
        if self.kept_back.take()? == HeldAction::RemoveMembers {
            return Some(self.stay_members_held());
        }
        Some(match self.leave_of_guard() {
            Leave::Held | Leave::Rejected => self.stay_held(),
            Leave::Settling => End::Quiet(None),
            Leave::Granted | Leave::NotAsked => End::Quiet(Some(SOON)),
        })
    }

    /// Says what is held and where. It goes on when somebody has decided.
    pub(in crate::controller) fn stay_held(&mut self) -> End {
        let claim = self.claim();
        let Some(hold) = self.context.guard.index.hold_of(&claim) else { return End::Quiet(Some(SOON)) };
        let (name, namespace) = (hold.name_any(), &self.context.operator_namespace);
        let is_rejected = hold.spec.decision == Some(Decision::Reject) && !self.is_deleting();
        let because = if is_rejected {
            guard::rejected(claim.action, &name, namespace)
        } else {
            guard::held(claim.action, &name, namespace)
        };
        End::Done(Outcome::Stalled(because), None)
    }
}
