//! The members of one group while requests change them.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use crate::{
    controller::{
        kind::Attempt,
        unseen::{Sight, show_members},
    },
    scim::{
        error::{Error, ErrorKind, ScimType},
        resource::Resource,
    },
    sync::members::Batch,
};

/// How often a group is read because somebody else changed it at the same
/// time.
const MOST_READS: usize = 3;

/// The members of a group, as requests change them.
#[derive(Debug, Default)]
pub(super) struct Present {
    /// The group as the server last showed it.
    pub(super) group: Resource,
    pub(super) sight: Sight,
    pub(super) ids: HashSet<String>,
    /// Who is not added before it is known whether he is there already.
    pub(super) unasked: BTreeSet<String>,
    pub(super) added: HashSet<String>,
    pub(super) removed: HashSet<String>,
    /// How often they were read again.
    pub(super) reads: usize,
}

impl Present {
    pub(super) fn of(group: &Resource) -> Self {
        let mut present = Self::default();
        present.read(group.clone());
        present
    }

    /// Where the server does not show them.
    pub(super) fn unseen(
        group: &Resource,
        sight: Sight,
        ids: BTreeSet<String>,
        unasked: BTreeSet<String>,
    ) -> Self {
        Self { group: group.clone(), sight, ids: ids.into_iter().collect(), unasked, ..Self::default() }
    }

    pub(super) fn read(&mut self, group: Resource) {
        if self.sight.is_shown() {
            self.ids = group.member_ids().into_iter().collect();
        }
        self.group = group;
    }

    /// The group with all its members, as far as they are known.
    pub(super) fn whole(&self) -> Resource {
        let mut group = self.group.clone();
        if !self.sight.is_shown() {
            show_members(&mut group, &self.ids.iter().cloned().collect::<BTreeSet<_>>());
        }
        group
    }

    /// Takes in what the server says about single members.
    pub(super) fn correct(&mut self, answered: BTreeMap<String, bool>) {
        for (id, is_member) in answered {
            if is_member {
                self.ids.insert(id);
            } else {
                self.ids.remove(&id);
            }
        }
    }

    pub(super) fn take(&mut self, batch: &Batch) {
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
    pub(super) fn may_have_changed(&self, error: &Error) -> bool {
        let overtaken = matches!(error.kind, ErrorKind::PreconditionFailed | ErrorKind::Conflict);
        overtaken && self.reads < MOST_READS
    }

    /// Whether the server read the request and would take it no more the next
    /// time: somebody in it is not to its liking.
    pub(super) fn is_unwelcome(&self, error: &Error) -> bool {
        match error.kind {
            ErrorKind::Rejected | ErrorKind::NotFound => true,
            ErrorKind::Conflict => self.reads >= MOST_READS,
            _ => false,
        }
    }

    /// Whether the server says that whoever was to be removed is no member,
    /// which could not be seen before.
    pub(super) fn are_gone(&self, batch: &Batch, error: &Error) -> bool {
        let removes_one = batch.add.is_empty() && batch.remove.len() == 1;
        !self.sight.is_shown() && removes_one && error.scim_type == Some(ScimType::NoTarget)
    }

    /// What requests were about that the server took.
    pub(super) fn taken(&self) -> BTreeSet<Attempt> {
        let added = self.added.iter().map(|id| (id.clone(), true));
        added.chain(self.removed.iter().map(|id| (id.clone(), false))).collect()
    }

    /// Of those, who is not as the requests should have made it.
    pub(super) fn unchanged(&self) -> BTreeSet<String> {
        self.added.difference(&self.ids).chain(self.removed.intersection(&self.ids)).cloned().collect()
    }

    pub(super) fn has_changed(&self) -> bool {
        !self.removed.is_empty() || !self.added.is_empty()
    }
}
