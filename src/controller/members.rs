//! Makes the members of a group those that its object names.

use std::collections::{BTreeSet, HashSet};

use kube::ResourceExt as _;

use self::present::Present;
use super::{
    context::Context, fault::Fault, identity::Identity, kind::Kind, names, pass::Pass, protection,
    roster::Roster, unseen::Sight,
};
use crate::{
    api::{MemberCounts, Membership},
    scim::{
        error::{Error, ErrorKind},
        profile::{AtCreation, RemoveForm},
        resource::Resource,
    },
    sync::{
        members::{self, Addition, Batch, Batches, Cut, MemberPlan, Named, Wanted, plan_unseen},
        outcome::MemberRemarks,
        put,
    },
};

mod present;

impl<T: Identity> Pass<'_, T> {
    /// Makes the group's members those that the manifest names.
    pub(super) async fn update_members(&mut self, observed: &Resource) -> Result<(), Fault> {
        let Some(wanted) = self.wanted_members().await? else {
            self.record.members = None;
            self.record.applied_members.clear();
            return Ok(());
        };
        let sight = Sight::of(self.server()?);
        let mut present = if sight.is_shown() {
            Present::of(observed)
        } else {
            let (ids, unasked) = self.unseen_members(&wanted, sight).await?;
            Present::unseen(observed, sight, ids, unasked)
        };
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
        let plan = self.plan_members(wanted, present)?;
        let (left_out, concerned) = (plan.left_out, plan.ids().cloned().collect());
        let plan = plan.without(&refusals.held(self.generation, now)).without(&present.unasked);
        let protected = self.protected_among(&plan).await?;
        let plan = plan.without(&protected);
        let mut plan = self.within_budget(plan, present.ids.len()).await?;
        self.remember_additions(wanted, &plan, present.sight).await?;
        self.name_additions(wanted, &mut plan)?;
        let cut = Cut::of(&self.server()?.dialect.profile.members, self.puts_members()?);
        let mut batches = Batches::of(plan, refusals.ids(), cut);
        let words = self.send_members(&mut batches, present).await?;
        let ignored = self.ignored_members(refusals.ids(), present).await?;
        let refused: BTreeSet<String> =
            batches.refused_ids().union(&ignored).chain(&protected).cloned().collect();
        let words = words.or_else(|| (!protected.is_empty()).then(|| protection::WORDS.to_owned()));
        refusals.learn(self.generation, now, &concerned, &refused, words);
        kind.refuse_members(&self.object, refusals);
        let is_unfinished = batches.is_undecided() || !present.unasked.is_empty();
        if is_unfinished && present.has_changed() {
            kind.suspect(&self.object);
        }
        Ok(left_out)
    }

    fn plan_members(&self, wanted: &Wanted, present: &Present) -> Result<MemberPlan, Fault> {
        let anchored = self.anchored_ids(wanted)?;
        let is_anchored = |id: &str| anchored.contains(id);
        let recorded = &self.record.applied_members;
        if present.sight.is_shown() {
            let there: Vec<String> = present.ids.iter().cloned().collect();
            return Ok(members::plan(wanted, &there, recorded, is_anchored));
        }
        let there = present.ids.iter().cloned().collect();
        Ok(plan_unseen(wanted, &there, recorded, is_anchored))
    }

    /// Whether members change by a PUT of the whole group.
    fn puts_members(&self) -> Result<bool, Fault> {
        let session = self.server()?;
        Ok(session.by_put.is_set(T::RESOURCE_TYPE) && session.dialect.profile.members.in_put)
    }

    /// Whom the body of a creation names: those who are known without asking
    /// anybody, because the turn for the creation has come.
    pub(super) fn members_at_creation(&self) -> Result<Vec<Addition>, Fault> {
        let session = self.server()?;
        let rules = &session.dialect.profile.members;
        if rules.at_creation != AtCreation::Inline {
            return Ok(Vec::new());
        }
        let wanted = self.object.wanted_members(&Roster::new(self.context, &self.provider, session));
        let Some(wanted) = wanted.filter(|wanted| wanted.membership == Membership::Exact) else {
            return Ok(Vec::new());
        };
        let mut plan = plan_unseen(&wanted, &BTreeSet::new(), &BTreeSet::new(), |_| false);
        plan.add.truncate(usize::try_from(rules.max_per_request).unwrap_or(usize::MAX));
        self.name_additions(&wanted, &mut plan)?;
        Ok(plan.add)
    }

    /// Gives those who are added their names, where the server wants them.
    fn name_additions(&self, wanted: &Wanted, plan: &mut MemberPlan) -> Result<(), Fault> {
        if !self.server()?.dialect.profile.members.display {
            return Ok(());
        }
        let namespace = self.object.namespace().unwrap_or_default();
        for addition in &mut plan.add {
            let named = wanted.ids.get(&addition.id);
            addition.display = named.and_then(|named| display(self.context, &namespace, named));
        }
        Ok(())
    }

    /// Additions to an Additive group are recorded before the request that
    /// makes them: after a crash, what we added must not look like somebody
    /// else's doing. Where the server shows nobody, the same goes for every
    /// group; until the counts are written again, such a record says who may
    /// have been added and not who was.
    async fn remember_additions(
        &mut self,
        wanted: &Wanted,
        plan: &MemberPlan,
        sight: Sight,
    ) -> Result<(), Fault> {
        if plan.add.is_empty() || (wanted.membership == Membership::Exact && sight.is_shown()) {
            return Ok(());
        }
        self.record.applied_members.extend(plan.add.iter().map(|addition| addition.id.clone()));
        let loses_counts = !sight.is_shown() && self.record.members.take().is_some();
        let written = self.object.record().applied_members;
        if loses_counts || !self.record.applied_members.is_subset(&written) {
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
                Err(error) if present.are_gone(&batch, &error) => {
                    present.ids.retain(|id| !batch.remove.contains(id));
                }
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
        if present.sight == Sight::Hidden {
            return Ok(BTreeSet::new());
        }
        let taken = present.taken();
        let ids: Vec<String> = taken.iter().map(|(id, _)| id.clone()).collect();
        let suspected = taken.iter().any(|(id, _)| suspects.contains(id));
        if !T::memory(self.context).attempt_members(&self.object, taken) && !suspected {
            return Ok(BTreeSet::new());
        }
        if present.sight == Sight::Asked {
            present.correct(self.ask_about(&ids).await?);
        } else if let Some(group) = self.read_group().await? {
            present.read(group);
        }
        Ok(present.unchanged())
    }

    async fn send_batch(&self, batch: &Batch, present: &mut Present) -> Result<(), Error> {
        let (Some(id), Some(session)) = (self.id(), &self.session) else { return Ok(()) };
        let rules = &session.dialect.profile.members;
        let by_put = session.by_put.is_set(T::RESOURCE_TYPE);
        let shown = if !by_put && rules.remove == RemoveForm::Put && !batch.remove.is_empty() {
            self.put_those_who_stay(&id, batch).await?
        } else if by_put && !rules.in_put {
            let changed = session.port.patch(T::RESOURCE_TYPE, &id, &batch.request()).await;
            T::memory(self.context).changed(&self.object);
            changed?
        } else {
            let group = present.whole();
            let whole = || put::body(&group, &[batch.change(&group, rules)]);
            self.send_either(&id, &batch.request(), &group, whole).await?
        };
        if let Some(group) = shown {
            present.group = group;
        }
        Ok(())
    }

    /// Removes by a PUT of the group as it is this moment: what was known of
    /// it before may be no more than a line of a listing.
    async fn put_those_who_stay(&self, id: &str, batch: &Batch) -> Result<Option<Resource>, Error> {
        let Some(session) = &self.session else { return Ok(None) };
        let Some(group) = session.port.get(T::RESOURCE_TYPE, id).await? else {
            return Err(Error::new(ErrorKind::NotFound, format!("GET {}", T::RESOURCE_TYPE.endpoint())));
        };
        let body = put::body(&group, &[batch.change(&group, &session.dialect.profile.members)]);
        let put = session.port.replace(T::RESOURCE_TYPE, id, &body, group.version()).await;
        T::memory(self.context).changed(&self.object);
        put
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
            Membership::Exact if present.sight.is_shown() => self.record.applied_members.clear(),
            Membership::Exact | Membership::Additive => {
                self.record.applied_members.retain(|id| present.ids.contains(id));
            }
        }
        kind.made_members(&self.object, &wanted);
        self.record.members = Some(counts(&wanted, present));
        let refusals = kind.member_refusals(&self.object);
        let named = |id: &String| wanted.ids.get(id).cloned().unwrap_or_else(|| Named::Id(id.clone()));
        let rejected: BTreeSet<Named> = refusals.ids().iter().map(named).collect();
        let rejection = refusals.words().map(str::to_owned);
        let unseen = !present.sight.is_shown();
        self.members = Some(MemberRemarks { wanted, rejected, rejection, left_out, unseen });
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

/// The name of a member, as far as an object tells it.
fn display(context: &Context, namespace: &str, named: &Named) -> Option<String> {
    match named {
        Named::User(name) => {
            let user = context.users.get(namespace, name)?;
            let shown = user.status.as_ref().and_then(|status| status.user_name.clone());
            shown.or_else(|| user.spec.user_name.clone())
        }
        Named::Group(name) => {
            let group = context.groups.get(namespace, name)?;
            let shown = group.status.as_ref().and_then(|status| status.display_name.clone());
            shown.or_else(|| group.spec.display_name.clone())
        }
        Named::UserName(name) => Some(name.clone()),
        Named::Id(_) => None,
    }
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
