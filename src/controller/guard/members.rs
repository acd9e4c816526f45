//! The members that a group would lose, and whether it may.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use kube::ResourceExt;

use super::{book::BookError, held_kind, make, settings};
use crate::{
    api::{Decision, HeldAction, HeldEntry},
    controller::{
        fault::{End, Fault},
        identity::Identity,
        pass::Pass,
    },
    sync::{
        guard::{self, Budget, Cause, Claim, Removals},
        members::MemberPlan,
        outcome::Outcome,
    },
};

/// What is decided about members of a group.
type Decisions = HashMap<String, Option<Decision>>;

impl<T: Identity> Pass<'_, T> {
    /// The plan without the removals that the guard keeps back: either all
    /// that are new are within the group's budget, and that is written down
    /// before any is sent, or all of them are held. Additions go on.
    pub(in crate::controller) async fn within_budget(
        &mut self,
        mut plan: MemberPlan,
        present: usize,
    ) -> Result<MemberPlan, Fault> {
        if plan.remove.is_empty() {
            return Ok(plan);
        }
        let decisions = self.member_decisions();
        let (held, new): (Vec<String>, Vec<String>) =
            plan.remove.into_iter().partition(|id| decisions.contains_key(id));
        let (approved, kept): (Vec<String>, Vec<String>) =
            held.into_iter().partition(|id| decisions.get(id) == Some(&Some(Decision::Approve)));
        let waiting = kept.iter().filter(|id| decisions.get(*id) == Some(&None)).count();
        let may_leave = self.may_leave(&new, present, waiting).await?;
        if !kept.is_empty() || !may_leave {
            self.kept_back = Some(HeldAction::RemoveMembers);
        }
        plan.remove = approved;
        if may_leave {
            plan.remove.extend(new);
        }
        plan.remove.sort_unstable();
        Ok(plan)
    }

    /// Which members are held, or were, and what was decided.
    fn member_decisions(&self) -> Decisions {
        let uid = self.object.uid().unwrap_or_default();
        let mut decisions = Decisions::new();
        for hold in self.context.guard.index.members_of(&uid, self.generation) {
            for id in hold.spec.member_ids.iter().flatten() {
                let known = decisions.entry(id.clone()).or_insert(hold.spec.decision);
                // Whoever is approved anywhere may leave.
                if hold.spec.decision == Some(Decision::Approve) {
                    *known = hold.spec.decision;
                }
            }
        }
        decisions
    }

    /// Whether all of these may leave the group; else they are held.
    async fn may_leave(&self, new: &[String], present: usize, waiting: usize) -> Result<bool, Fault> {
        let session = Arc::clone(self.server()?);
        let endpoint = &session.endpoint;
        let settings = settings(self.context, endpoint);
        if new.is_empty() || !settings.enforced {
            return Ok(true);
        }
        let uid = self.object.uid().unwrap_or_default();
        let claim =
            Claim { uid: uid.clone(), action: HeldAction::RemoveMembers, generation: self.generation };
        let desk = self.context.guard.desk(endpoint);
        let leaving: BTreeSet<String> = desk.uncounted(&uid, new).into_iter().collect();
        let now = self.context.clock.now();
        let (count, window) = (new.len(), settings.window);
        let cause = if self.context.guard.index.is_orphan(&claim) || self.were_members_held(&uid) {
            Cause::Again
        } else {
            let judged = desk.change(self.context, |ledger| {
                let asked = Removals { group: &uid, leaving: &leaving, present, waiting };
                match guard::removals(ledger, asked, &settings, now) {
                    Budget::Free => (None, None),
                    Budget::Reserve(ledger) => (Some(ledger), None),
                    Budget::Hold { used, limit } => (None, Some((used, limit))),
                }
            });
            match judged.await {
                Ok(None) => {
                    let oldest = now.checked_sub(window).unwrap_or(now);
                    desk.counted(&uid, leaving, oldest, now);
                    return Ok(true);
                }
                Ok(Some((used, limit))) => Cause::TooManyMembers { count, used, limit, window },
                Err(BookError::Unreadable(_)) => Cause::Unreadable,
                Err(BookError::Object(error)) => return Err(error.into()),
            }
        };
        self.hold_members(endpoint, new, cause).await?;
        Ok(false)
    }

    /// Whether members of the group were held for this very manifest, and the
    /// hold is gone.
    fn were_members_held(&self, uid: &str) -> bool {
        let is_same = self.record.observed_generation == self.generation;
        self.record.is_held()
            && is_same
            && self.context.guard.index.members_of(uid, self.generation).is_empty()
    }

    async fn hold_members(&self, endpoint: &str, ids: &[String], cause: Cause) -> Result<(), Fault> {
        let entry = HeldEntry {
            uid: self.object.uid().unwrap_or_default(),
            kind: held_kind::<T>(),
            namespace: self.object.namespace().unwrap_or_default(),
            name: self.object.name_any(),
            action: HeldAction::RemoveMembers,
            generation: self.generation,
        };
        for part in guard::split(ids.iter().cloned()) {
            make::hold(self.context, endpoint, vec![entry.clone()], Some(part), cause).await?;
        }
        Ok(())
    }

    /// Says which removals are held and where.
    pub(super) fn stay_members_held(&self) -> End {
        let uid = self.object.uid().unwrap_or_default();
        let holds = self.context.guard.index.members_of(&uid, self.generation);
        let undecided = holds.iter().find(|hold| hold.spec.decision.is_none());
        let Some(hold) = undecided.or_else(|| holds.first()) else { return End::Quiet(None) };
        let (name, namespace) = (hold.name_any(), &self.context.operator_namespace);
        let because = if hold.spec.decision == Some(Decision::Reject) {
            guard::rejected(HeldAction::RemoveMembers, &name, namespace)
        } else {
            guard::held(HeldAction::RemoveMembers, &name, namespace)
        };
        End::Done(Outcome::Stalled(because), None)
    }
}
