//! What somebody else changed on the server, where that is not simply changed
//! back.

use super::{fault::End, identity::Identity, pass::Pass, roster::Roster, unseen::Sight};
use crate::{
    api::{DriftPolicy, ExternalDeletion, MemberCounts},
    scim::{path::AttributePath, resource::Resource},
    sync::{
        absent::Unwanted,
        desired::Desired,
        diff::Change,
        external::{self, Deactivated},
        members,
        obstacle::Obstacle,
        outcome::Outcome,
    },
};

impl<T: Identity> Pass<'_, T> {
    /// What becomes of an account that somebody disabled.
    pub(super) fn deactivated(&self, desired: &Desired, observed: &Resource) -> Deactivated {
        let requested = self.object.reactivation_requested_at();
        let is_new = requested.is_some() && requested != self.record.last_handled_reactivate_at;
        external::deactivated(self.record.active, desired, observed, is_new, self.policies.deactivation)
    }

    /// Takes out of what has to change what is only to be told.
    pub(super) fn keep_drift(&mut self, changes: Vec<Change>) -> Vec<Change> {
        if !self.tells_drift() {
            return changes;
        }
        let (asked, drifted) = external::part(changes, &self.record.known);
        self.drifted.extend(drifted);
        asked
    }

    /// Whether the members are others than the group was given, and that is
    /// only to be told.
    pub(super) fn keeps_members(&mut self, observed: &Resource) -> bool {
        if !self.tells_drift() || !self.have_members_drifted(observed) {
            return false;
        }
        self.drifted.push(AttributePath::core("members"));
        true
    }

    /// Whether values are there that must not be, after they had been removed,
    /// and that is only to be told.
    pub(super) fn keeps_unwanted(&mut self, unwanted: &[Unwanted], observed: &Resource) -> bool {
        let there = unwanted.iter().filter(|unwanted| unwanted.is_in(observed));
        let paths: Vec<AttributePath> = there.map(|unwanted| unwanted.path().clone()).collect();
        let keeps = self.tells_drift() && !paths.is_empty();
        if keeps {
            self.drifted.extend(paths);
        }
        keeps
    }

    /// What there is to be told.
    pub(super) fn drift(&mut self) -> Option<Obstacle> {
        let paths: Vec<String> = std::mem::take(&mut self.drifted).iter().map(ToString::to_string).collect();
        (!paths.is_empty()).then_some(Obstacle::Drifted { paths })
    }

    /// Whether an identity that somebody deleted is told of and not made anew.
    pub(super) fn tells_deletion(&self) -> bool {
        self.policies.deletion == ExternalDeletion::Report && !self.is_requested()
    }

    /// Tells what somebody else did. No timer: the sweep sees when it is over.
    pub(super) fn tell_outside(obstacle: &Obstacle) -> End {
        let because = obstacle.because(&T::RESOURCE_TYPE.to_string());
        End::Done(Outcome::Stalled(because), None)
    }

    fn tells_drift(&self) -> bool {
        self.policies.drift == DriftPolicy::Report && self.is_applied()
    }

    /// References that became ready are nobody's doing. After a restart it is
    /// told by the counts whether all had been there.
    fn have_members_drifted(&self, observed: &Resource) -> bool {
        let Some(session) = self.session.as_ref().filter(|session| Sight::of(session).is_shown()) else {
            return false;
        };
        let Some(wanted) = self.object.wanted_members(&Roster::new(self.context, &self.provider, session))
        else {
            return false;
        };
        let kind = T::memory(self.context);
        let had_all = || {
            let count = i64::try_from(wanted.count()).ok();
            let complete = |it: &MemberCounts| it.pending == 0 && Some(it.desired) == count;
            !kind.had_other_members(&self.object, &wanted)
                && self.record.members.as_ref().is_some_and(complete)
        };
        let is_other =
            !members::plan(&wanted, &observed.member_ids(), &self.record.applied_members, |_| false)
                .is_empty();
        is_other && (kind.has_members(&self.object, &wanted) || had_all())
    }
}
