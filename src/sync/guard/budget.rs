//! How many members one group may lose before a person is asked.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::{Ledger, Settings};

/// So many may always leave a group.
const ALWAYS_ALLOWED: usize = 10;

/// What became of the members who are to leave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Budget {
    /// Nothing has to be written down.
    Free,
    /// All of them may leave, once this is written down.
    Reserve(Ledger),
    /// None of them may: so many have left, and this is the limit.
    Hold {
        /// How many have left within the window.
        used: usize,
        /// How many may.
        limit: usize,
    },
}

/// Who is to leave a group, and what is known about it.
#[derive(Clone, Copy, Debug)]
pub struct Removals<'a> {
    /// The group's UID.
    pub group: &'a str,
    /// Their ids, without those that are decided on.
    pub leaving: &'a BTreeSet<String>,
    /// How many members there are now.
    pub present: usize,
    /// How many wait for a decision already.
    pub waiting: usize,
}

/// Judges removals from one group as a whole. Small steps count together: of
/// those who were there when the window began, half may leave.
pub fn removals(ledger: &Ledger, removals: Removals<'_>, settings: &Settings, now: Timestamp) -> Budget {
    let Removals { group, leaving, present, waiting } = removals;
    if leaving.is_empty() || !settings.enforced {
        return Budget::Free;
    }
    let mut ledger = ledger.clone();
    ledger.forget_old(settings.window, now);
    let (used, present) = ledger.lost(group).unwrap_or((0, present));
    let limit = (present / 2).max(ALWAYS_ALLOWED);
    let is_free = used + waiting + leaving.len() <= limit;
    if is_free && ledger.lose(group, leaving.len(), present, now) {
        Budget::Reserve(ledger)
    } else {
        Budget::Hold { used, limit }
    }
}
