//! What is known in a pass, put together for the lifecycle to decide on.

use jiff::SignedDuration;

use super::{identity::Identity, pass::Pass};
use crate::sync::lifecycle::{self, Announced, Facts, Step};

impl<T: Identity> Pass<'_, T> {
    /// What the lifecycle says is to be done next.
    pub(super) fn next(&self) -> Step {
        let kind = T::memory(self.context);
        let handling = self.object.handling();
        let announced = self.intent.as_ref().map(|intent| Announced {
            intent,
            just_written: self.just_written,
            refused: kind.was_refused(&self.object, &intent.nonce),
        });
        let elder = self.elder();
        let protected = self.session.as_ref().map(|session| session.protected()).unwrap_or_default();
        let left_behind = self.left_behind();
        let facts = Facts {
            deleting: self.is_deleting(),
            has_finalizer: self.has_finalizer(),
            policy: self.deletion_policy(),
            suspended: handling.suspended,
            observes: handling.observes,
            takeover: self.takeover(),
            named_id: handling.named_id,
            named: &self.named,
            left_behind: left_behind.as_ref(),
            found_again: &self.found_again,
            claimed: &self.claimed,
            rival: self.rival.as_ref(),
            has_heir: self.heir().is_some(),
            elder: elder.as_deref(),
            settled: self.is_settled(),
            applied: self.is_applied(),
            frozen: self.is_frozen(),
            absence: self.absence(),
            tells_deletion: self.tells_deletion(),
            endpoint: self.session.as_ref().map(|session| session.endpoint.as_str()),
            leave: self.guarded(),
            terms: &self.terms,
            move_accepted: self.is_move_accepted(),
            protected: &protected,
            conflicted: self.conflict.is_some(),
            anchor: self.record.anchor.as_ref(),
            announced,
            fresh: self.fresh,
            reading: &self.reading,
            announced_lookup: &self.announced_lookup,
            lookup: &self.lookup,
            desired: self.desired.as_ref().ok(),
            now: self.context.clock.now(),
            grace: self.grace(),
            settling: self.settling().and_then(|left| SignedDuration::try_from(left).ok()),
        };
        lifecycle::next(&facts, T::RESOURCE_TYPE, &self.context.digester)
    }

    /// Whether the manifest as it is was made so before, and nobody asks to
    /// have that done again.
    pub(super) fn is_applied(&self) -> bool {
        self.record.is_applied(self.generation) && !self.is_requested()
    }

    /// Whether somebody asks for a comparison who has not got one.
    pub(super) fn is_requested(&self) -> bool {
        self.requested_at.is_some() && self.requested_at != self.record.last_handled_reconcile_at
    }

    /// Members that were not ready are followed up by whoever sees them
    /// become so; only after a start nobody has.
    fn is_settled(&self) -> bool {
        let kind = T::memory(self.context);
        let handled = if self.object.handling().observes {
            self.record.is_observed(self.generation)
        } else {
            self.record.is_synced(self.generation)
        };
        handled
            && self.record.last_handled_reconcile_at == self.requested_at
            && self.record.last_handled_reactivate_at == self.object.reactivation_requested_at()
            && self.refusal.is_none()
            && !kind.is_suspect(&self.object)
            && (self.record.is_complete() || kind.is_known(&self.object))
    }
}
