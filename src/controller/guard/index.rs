//! The holds as they are now, by what they hold.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    sync::{Arc, Mutex},
};

use kube::{ResourceExt, runtime::watcher::Event};

use super::lock;
use crate::{
    api::{Decision, HeldAction, ScimDeletionHold},
    sync::{
        digest::Digester,
        guard::{Claim, HoldSeal as _, Leave},
    },
};

/// Which hold holds what. Filled by the watch, and at once by whoever makes a
/// hold.
pub(in crate::controller) struct Index {
    digester: Digester,
    held: Mutex<Held>,
}

#[derive(Default)]
struct Held {
    /// The holds that are not done with, by name.
    holds: HashMap<String, Arc<ScimDeletionHold>>,
    /// The hold of each claim.
    claims: HashMap<Claim, String>,
    /// The holds of members of each group, by its UID.
    members: HashMap<String, BTreeSet<String>>,
    /// Those whose objects were told of the decision.
    told: HashSet<String>,
    /// Rejected holds whose identities are remembered.
    remembered: HashSet<String>,
    /// What was held in a hold that is gone without a decision.
    orphans: HashSet<Claim>,
    /// While everything is listed anew: what was seen by now.
    seen: Option<HashSet<String>>,
}

impl Index {
    /// Nothing is known yet.
    pub(in crate::controller) fn new(digester: Digester) -> Self {
        Self { digester, held: Mutex::default() }
    }

    /// Looks at an event of the watch; answers the holds that are gone.
    pub(in crate::controller) fn observe(
        &self,
        event: &Event<ScimDeletionHold>,
    ) -> Vec<Arc<ScimDeletionHold>> {
        match event {
            Event::Apply(hold) => self.take(hold),
            Event::InitApply(hold) => {
                self.take(hold);
                if let Some(seen) = &mut lock(&self.held).seen {
                    seen.insert(hold.name_any());
                }
            }
            Event::Delete(hold) => return lock(&self.held).remove(&hold.name_any()).into_iter().collect(),
            Event::Init => lock(&self.held).seen = Some(HashSet::new()),
            Event::InitDone => {
                let mut known = lock(&self.held);
                let seen = known.seen.take().unwrap_or_default();
                let gone: Vec<String> =
                    known.holds.keys().filter(|name| !seen.contains(*name)).cloned().collect();
                return gone.iter().filter_map(|name| known.remove(name)).collect();
            }
        }
        Vec::new()
    }

    /// Takes in a hold as it is. One that the operator did not make holds
    /// nothing, and one that is done with holds nothing any more.
    pub(in crate::controller) fn take(&self, hold: &ScimDeletionHold) {
        let is_finished = hold.status.as_ref().is_some_and(|status| status.finished_at.is_some());
        let mut known = lock(&self.held);
        if is_finished {
            known.finish(&hold.name_any());
        } else if hold.spec.is_genuine(&self.digester) {
            known.insert(hold);
        } else {
            tracing::warn!(hold = hold.name_any(), "a hold that the operator did not make is ignored");
        }
    }

    /// Whether the operator made a hold.
    pub(in crate::controller) fn is_genuine(&self, hold: &ScimDeletionHold) -> bool {
        hold.spec.is_genuine(&self.digester)
    }

    /// How a claim stands; `None` where no hold is about it. A rejection
    /// counts once the identities are remembered.
    pub(super) fn stance(&self, claim: &Claim) -> Option<Leave> {
        let known = lock(&self.held);
        let name = known.claims.get(claim)?;
        Some(match known.holds.get(name)?.spec.decision {
            Some(Decision::Approve) => Leave::Granted,
            Some(Decision::Reject) if claim.generation.is_some() || known.remembered.contains(name) => {
                Leave::Rejected
            }
            Some(Decision::Reject) | None => Leave::Held,
        })
    }

    /// The hold of a claim.
    pub(in crate::controller) fn hold_of(&self, claim: &Claim) -> Option<Arc<ScimDeletionHold>> {
        let known = lock(&self.held);
        known.holds.get(known.claims.get(claim)?).cloned()
    }

    /// The holds of members of a group, as long as its manifest is the same.
    pub(in crate::controller) fn members_of(
        &self,
        group: &str,
        generation: Option<i64>,
    ) -> Vec<Arc<ScimDeletionHold>> {
        let known = lock(&self.held);
        let names = known.members.get(group).into_iter().flatten();
        let holds = names.filter_map(|name| known.holds.get(name).cloned());
        holds.filter(|hold| hold.spec.entries.iter().any(|entry| entry.generation == generation)).collect()
    }

    /// How many identities of an endpoint wait for a decision.
    pub(in crate::controller) fn waiting(&self, endpoint: &str) -> usize {
        let known = lock(&self.held);
        let undecided = known.holds.values().filter(|hold| {
            hold.spec.endpoint_key == endpoint
                && hold.spec.decision.is_none()
                && hold.spec.member_ids.is_none()
        });
        undecided.map(|hold| hold.spec.entries.len()).sum()
    }

    /// How many objects are held in all.
    pub(in crate::controller) fn len(&self) -> usize {
        let known = lock(&self.held);
        let undecided = known.holds.values().filter(|hold| hold.spec.decision.is_none());
        undecided.map(|hold| hold.spec.entries.len()).sum()
    }

    /// Whether a claim was held, and the hold is gone without a decision.
    pub(in crate::controller) fn is_orphan(&self, claim: &Claim) -> bool {
        lock(&self.held).orphans.contains(claim)
    }

    /// Whether nobody was told of this decision yet; from now on they are.
    /// Whoever fails afterwards has a pause of its own.
    pub(super) fn is_newly_decided(&self, hold: &str) -> bool {
        lock(&self.held).told.insert(hold.to_owned())
    }

    /// The identities of a rejected hold are remembered: its objects may go.
    pub(in crate::controller) fn remembered(&self, hold: &str) {
        lock(&self.held).remembered.insert(hold.to_owned());
    }
}

impl Held {
    fn insert(&mut self, hold: &ScimDeletionHold) {
        let name = hold.name_any();
        for entry in &hold.spec.entries {
            let claim = Claim::of(entry);
            self.orphans.remove(&claim);
            if entry.action == HeldAction::RemoveMembers {
                self.members.entry(entry.uid.clone()).or_default().insert(name.clone());
            } else {
                self.claims.insert(claim, name.clone());
            }
        }
        self.holds.insert(name, Arc::new(hold.clone()));
    }

    fn remove(&mut self, name: &str) -> Option<Arc<ScimDeletionHold>> {
        let hold = self.finish(name)?;
        if hold.spec.decision.is_none() {
            self.orphans.extend(hold.spec.entries.iter().map(Claim::of));
        }
        Some(hold)
    }

    fn finish(&mut self, name: &str) -> Option<Arc<ScimDeletionHold>> {
        let hold = self.holds.remove(name)?;
        self.remembered.remove(name);
        self.told.remove(name);
        for entry in &hold.spec.entries {
            let claim = Claim::of(entry);
            if self.claims.get(&claim).is_some_and(|holder| holder == name) {
                self.claims.remove(&claim);
            }
            if let Some(names) = self.members.get_mut(&entry.uid) {
                names.remove(name);
                if names.is_empty() {
                    self.members.remove(&entry.uid);
                }
            }
        }
        Some(hold)
    }
}
