//! How many identities may leave one server before a person is asked.
//!
//! Deletions and deactivations are gathered until a burst has settled, and
//! then judged as a whole: either all of them are within what is left of the
//! window, and that is written down before anything is sent, or all of them
//! are held. Time releases nothing, and nothing that cannot be read counts as
//! free.

use std::collections::BTreeSet;

use crate::{
    api::{HeldAction, HeldEntry},
    scim::{path::AttributePath, resource::Resource},
    sync::{diff::Change, presence::is_inactive},
};

pub use self::{
    batch::{Judgement, Settling, judge},
    budget::{Budget, Removals, removals},
    ledger::{Ledger, LedgerError, ledger_name},
    remembered::{Remembered, Whose},
    returning::returning,
    seal::{HoldSeal, split},
    settings::Settings,
    words::{Cause, held, rejected},
};

mod batch;
mod budget;
mod ledger;
mod remembered;
mod returning;
mod seal;
mod settings;
mod words;

#[cfg(test)]
mod tests;

/// Something that would be lost, as it is counted: once for each object and
/// each thing that is done to it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Claim {
    /// The UID of the object.
    pub uid: String,
    /// What would be done.
    pub action: HeldAction,
    /// The generation of the manifest that asks for it; `None` where the
    /// object is being deleted, which nobody can take back.
    pub generation: Option<i64>,
}

/// Claims in any number.
pub type Claims = BTreeSet<Claim>;

impl Claim {
    /// What a hold lists.
    pub fn of(entry: &HeldEntry) -> Self {
        Self { uid: entry.uid.clone(), action: entry.action, generation: entry.generation }
    }

    /// The same, as a text that tells it from all others.
    pub fn key(&self) -> String {
        let action = match self.action {
            HeldAction::Delete => 'D',
            HeldAction::Deactivate => 'A',
            HeldAction::RemoveMembers => 'M',
        };
        match self.generation {
            Some(generation) => format!("{action}/{}/{generation}", self.uid),
            None => format!("{action}/{}", self.uid),
        }
    }
}

/// How the guard stands to one claim.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Leave {
    /// Nobody has asked yet.
    #[default]
    NotAsked,
    /// It is waited for others, so that all are judged together.
    Settling,
    /// A person has to decide.
    Held,
    /// It may be done.
    Granted,
    /// A person has decided that nothing is done.
    Rejected,
}

/// Whether these changes make an active user inactive. One that does not say
/// is active.
pub fn deactivates(changes: &[Change], observed: &Resource) -> bool {
    let active = AttributePath::core("active");
    let is_off = |change: &Change| change.path == active && change.value == Some(false.into());
    changes.iter().any(is_off) && !is_inactive(observed)
}
