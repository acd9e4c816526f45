//! Makes the members of a group those that its object names.

use std::collections::{BTreeSet, HashSet};

use super::{
    identity::Identity,
    kind::{Attempt, Kind},
    names,
    pass::{Fault, Pass},
    roster::Roster,
};
use crate::{
    api::{MemberCounts, Membership},
    scim::{
        error::{Error, ErrorKind},
        resource::Resource,
    },
    sync::{
        members::{self, Batch, Batches, Cut, MemberPlan, Named, PER_REQUEST, Wanted},
        outcome::MemberRemarks,
        put,
    },
};

/// How often a group is read because somebody else changed it at the same
/// time.
const MOST_READS: usize = 3;

/// The members of a group, as requests change them.
#[derive(Debug, Default)]
struct Present {
    /// The group as the server last showed it.
    group: Resource,
    ids: HashSet<String>,
    added: HashSet<String>,
    removed: HashSet<String>,
    /// How often they were read again.
    reads: usize,
}

impl Present {
    fn of(group: &Resource) -> Self {
        let mut present = Self::default();
        present.read(group.clone());
        present
    }

    fn read(&mut self, group: Resource) {
        self.ids = group.member_ids().into_iter().collect();
        self.group = group;
    }

    fn take(&mut self, batch: &Batch) {
        for id in &batch.remove {
            self.ids.remove(id);
            self.removed.insert(id.clone());
        }
        for addition in &batch.add {
            self.ids.insert(addition.id.clone());
            self.added.insert(addition.id.clone());
        }
    }

    /// Whether somebody else may have changed the group meanwhile, so that it
    /// is to be read again.
    fn may_have_changed(&self, error: &Error) -> bool {
        let overtaken = matches!(error.kind, ErrorKind::PreconditionFailed | ErrorKind::Conflict);
        overtaken && self.reads < MOST_READS
    }

    /// Whether the server read the request and would take it no more the next
    /// time: somebody in it is not to its liking.
    fn is_unwelcome(&self, error: &Error) -> bool {
        match error.kind {
            ErrorKind::Rejected | ErrorKind::NotFound => true,
            ErrorKind::Conflict => self.reads >= MOST_READS,
            _ => false,
        }
    }

    /// What requests were about that the server took.
    fn taken(&self) -> BTreeSet<Attempt> {
        let added = self.added.iter().map(|id| (id.clone(), true));
        added.chain(self.removed.iter().map(|id| (id.clone(), false))).collect()
    }

    /// Of those, who is not as the requests should have made it.
    fn unchanged(&self) -> BTreeSet<String> {
        self.added.difference(&self.ids).chain(self.removed.intersection(&self.ids)).cloned().collect()
    }

    fn has_changed(&self) -> bool {
        !self.removed.is_empty() || !self.added.is_empty()
    }
}

impl<T: Identity> Pass<'_, T> {
    /// Makes the group's members those that the manifest names.
    pub(super) async fn update_members(&mut self, observed: &Resource) -> Result<(), Fault> {
        let Some(wanted) = self.wanted_members().await? else {
            self.record.members = None;
            self.record.applied_members.clear();
            return Ok(());
        };
        let mut present = Present::of(observed);
        let left_out = loop {
            let ours = self.record.applied_members.clone();
            match self.change_members(&wanted, &mut present).await {
                Err(Fault::Server(error)) if present.may_have_changed(&error) => {
                    present.reads += 1;
                    // Whoever else is there by now was not added by us.
                    self.record.applied_members.retain(|id| ours.contains(id) || present.added.contains(id));
                    present.read(self.read_group().await?.ok_or(Fault::Server(error))?);
                }
                changed => break changed?,
            }
        };
        self.note_members(wanted, &present, left_out);
        Ok(())
    }

    /// Whom the manifest names. The server is asked for userNames that mean
    /// nobody here.
    async fn wanted_members(&self) -> Result<Option<Wanted>, Fault> {
        let session = self.server()?;
        let wanted = || self.object.wanted_members(&Roster::new(self.context, &self.provider, session));
        match wanted() {
            Some(first) if !first.unasked.is_empty() => {
                names::ask(session, &first.unasked).await?;
                Ok(wanted())
            }
            wanted => Ok(wanted),
        }
    }

    /// Sends what has to change; whoever the server refuses does not keep the
    /// others out. Answers how many could not be added because status cannot
    /// remember more.
    async fn change_members(&mut self, wanted: &Wanted, present: &mut Present) -> Result<usize, Fault> {
        let kind = T::memory(self.context);
        let mut refusals = kind.member_refusals(&self.object);
        let now = self.context.clock.now();
        let there: Vec<String> = present.ids.iter().cloned().collect();
        let anchored = self.anchored_ids(wanted)?;
        let plan = members::plan(wanted, &there, &self.record.applied_members, |id| anchored.contains(id));
        let (left_out, concerned) = (plan.left_out, plan.ids().cloned().collect());
        let plan = plan.without(&refusals.held(self.generation, now));
        self.remember_additions(wanted, &plan).await?;
        let by_put = self.server()?.by_put.is_set(T::RESOURCE_TYPE);
        let cut = if by_put { Cut::Whole } else { Cut::Parts(PER_REQUEST) };
        let mut batches = Batches::of(plan, refusals.ids(), cut);
        let words = self.send_members(&mut batches, present).await?;
        let ignored = self.ignored_members(refusals.ids(), present).await?;
        let refused = batches.refused_ids().union(&ignored).cloned().collect();
        refusals.learn(self.generation, now, &concerned, &refused, words);
        kind.refuse_members(&self.object, refusals);
        if batches.is_undecided() && present.has_changed() {
            kind.suspect(&self.object);
        }
        Ok(left_out)
    }

    /// Additions to an Additive group are recorded before the request that
    /// makes them: after a crash, what we added must not look like somebody
    /// else's doing.
    async fn remember_additions(&mut self, wanted: &Wanted, plan: &MemberPlan) -> Result<(), Fault> {
        if wanted.membership == Membership::Exact {
            return Ok(());
        }
        let before = self.record.applied_members.len();
        self.record.applied_members.extend(plan.add.iter().map(|addition| addition.id.clone()));
        if self.record.applied_members.len() > before {
            super::engine::write(self, None).await?;
        }
        Ok(())
    }

    /// Sends every batch; answers what the server says about the first whom
    /// it refuses.
    async fn send_members(
        &self,
        batches: &mut Batches,
        present: &mut Present,
    ) -> Result<Option<String>, Fault> {
        let mut refusal: Option<Error> = None;
        while let Some(batch) = batches.next_batch() {
            match self.send_batch(&batch, present).await {
                Ok(()) => present.take(&batch),
                Err(error) if present.is_unwelcome(&error) => {
                    let may_be_gone = refusal.is_none() && error.kind == ErrorKind::NotFound;
                    if may_be_gone && self.read_group().await?.is_none() {
                        return Err(error.into());
                    }
                    refusal.get_or_insert(error);
                    batches.refused(batch);
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(refusal.and_then(|error| error.detail))
    }

    /// Whom the server says it took and then shows as before. It is looked at
    /// only where the same was sent before to no effect.
    async fn ignored_members(
        &self,
        suspects: &BTreeSet<String>,
        present: &mut Present,
    ) -> Result<BTreeSet<String>, Fault> {
        let taken = present.taken();
        let suspected = taken.iter().any(|(id, _)| suspects.contains(id));
        if !T::memory(self.context).attempt_members(&self.object, taken) && !suspected {
            return Ok(BTreeSet::new());
        }
        if let Some(group) = self.read_group().await? {
            present.read(group);
        }
        Ok(present.unchanged())
    }

    async fn send_batch(&self, batch: &Batch, present: &mut Present) -> Result<(), Error> {
        let Some(id) = self.id() else { return Ok(()) };
        let group = &present.group;
        let whole = || put::body(group, &[batch.change(group)]);
        if let Some(group) = self.send_either(&id, &batch.request(), group.version(), whole).await? {
            present.group = group;
        }
        Ok(())
    }

    /// The group as it is now; `None` if it is gone.
    async fn read_group(&self) -> Result<Option<Resource>, Fault> {
        let id = self.id().unwrap_or_default();
        Ok(self.server()?.port.get(T::RESOURCE_TYPE, &id).await?)
    }

    fn note_members(&mut self, wanted: Wanted, present: &Present, left_out: usize) {
        let kind = T::memory(self.context);
        if present.has_changed() {
            let note = format!("added {} and removed {} members", present.added.len(), present.removed.len());
            self.context.events.done(&self.object, "MembersChanged", note);
        }
        match wanted.membership {
            Membership::Exact => self.record.applied_members.clear(),
            Membership::Additive => self.record.applied_members.retain(|id| present.ids.contains(id)),
        }
        kind.made_members(&self.object, &wanted);
        self.record.members = Some(counts(&wanted, present));
        let refusals = kind.member_refusals(&self.object);
        let named = |id: &String| wanted.ids.get(id).cloned().unwrap_or_else(|| Named::Id(id.clone()));
        let rejected: BTreeSet<Named> = refusals.ids().iter().map(named).collect();
        let rejection = refusals.words().map(str::to_owned);
        self.members = Some(MemberRemarks { wanted, rejected, rejection, left_out });
    }

    /// The ids that objects stand for at this endpoint. They are of interest
    /// only while it is not known who everybody is that the group names.
    fn anchored_ids(&self, wanted: &Wanted) -> Result<HashSet<String>, Fault> {
        let endpoint = &self.server()?.endpoint;
        if wanted.is_complete() {
            return Ok(HashSet::new());
        }
        let users = ids_at(&self.context.users, endpoint);
        Ok(users.into_iter().chain(ids_at(&self.context.groups, endpoint)).collect())
    }
}

fn ids_at<T: Identity>(kind: &Kind<T>, endpoint: &str) -> Vec<String> {
    let anchored = kind.find(|object| object.id_at(endpoint).is_some());
    anchored.iter().filter_map(|object| object.id_at(endpoint).map(str::to_owned)).collect()
}

fn counts(wanted: &Wanted, present: &Present) -> MemberCounts {
    let count = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
    let applied = wanted.ids.keys().filter(|id| present.ids.contains(*id)).count();
    MemberCounts {
        desired: count(wanted.count()),
        applied: count(applied),
        pending: count(wanted.count() - applied),
    }
}
