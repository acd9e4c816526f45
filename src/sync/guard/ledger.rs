//! What was let go within the window, as it is written down before anything
//! is sent: in a `ConfigMap` for each endpoint, sealed, because what stands
//! there frees or holds people's accounts.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use aws_lc_rs::digest;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Claim, Claims};
use crate::sync::digest::Digester;

/// How long after it was reserved a claim may be carried out without asking
/// again. Whoever asks again within the window is not counted twice.
const VALID: SignedDuration = SignedDuration::from_mins(15);

/// How long a claim counts beyond its window: it may have been carried out so
/// long after it was reserved, and the pass that does so takes a while.
const SLACK: SignedDuration = SignedDuration::from_mins(20);

/// The most groups whose removals are counted.
const MOST_GROUPS: usize = 5_000;

/// What was let go at one endpoint.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Ledger {
    endpoint: String,
    /// By the time at which they were reserved, the oldest first.
    uses: Vec<Use>,
    /// Removals of members, by the group's UID.
    groups: BTreeMap<String, Vec<GroupUse>>,
}

/// One batch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Use {
    at: Timestamp,
    managed: usize,
    claims: BTreeSet<String>,
}

/// Members who were removed from a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct GroupUse {
    at: Timestamp,
    present: usize,
    removed: usize,
}

/// A ledger that is not one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LedgerError {
    /// Somebody else wrote it, or it was damaged.
    #[error("its seal is not the operator's")]
    Seal,
    /// It is of another endpoint, or of another version.
    #[error("it does not say what a ledger of this endpoint says")]
    Content,
}

/// The name of the `ConfigMap` with the ledger of an endpoint.
pub fn ledger_name(endpoint: &str) -> String {
    let digest = digest::digest(&digest::SHA256, endpoint.as_bytes());
    digest.as_ref().iter().take(10).fold("scim-operator-guard-".to_owned(), |mut name, byte| {
        let _ = write!(name, "{byte:02x}");
        name
    })
}

impl Ledger {
    /// An empty one.
    pub fn new(endpoint: &str) -> Self {
        Self { endpoint: endpoint.to_owned(), ..Self::default() }
    }

    /// The text and its seal.
    pub fn sealed(&self, digester: &Digester) -> Result<(String, String), serde_json::Error> {
        let text = serde_json::to_string(self)?;
        let seal = digester.seal(&sealed_text(&text));
        Ok((text, seal))
    }

    /// Reads what was written. Nothing that is not just that counts.
    pub fn open(text: &str, seal: &str, endpoint: &str, digester: &Digester) -> Result<Self, LedgerError> {
        if !digester.is_sealed(&sealed_text(text), seal) {
            return Err(LedgerError::Seal);
        }
        let ledger: Self = serde_json::from_str(text).map_err(|_| LedgerError::Content)?;
        if ledger.endpoint == endpoint { Ok(ledger) } else { Err(LedgerError::Content) }
    }

    /// Forgets what no longer counts.
    pub fn forget_old(&mut self, window: SignedDuration, now: Timestamp) {
        let counts = |at: Timestamp| now.duration_since(at) < window.saturating_add(SLACK);
        self.uses.retain(|used| counts(used.at));
        for uses in self.groups.values_mut() {
            uses.retain(|used| counts(used.at));
        }
        self.groups.retain(|_, uses| !uses.is_empty());
    }

    /// How many claims count.
    pub fn used(&self) -> usize {
        self.uses.iter().map(|used| used.claims.len()).sum()
    }

    /// How many of these count already.
    pub fn known(&self, claims: &Claims) -> usize {
        claims.iter().filter(|claim| self.counts(&claim.key())).count()
    }

    fn counts(&self, key: &str) -> bool {
        self.uses.iter().any(|used| used.claims.contains(key))
    }

    /// How many identities were managed when what counts began.
    pub fn managed_at_begin(&self) -> Option<usize> {
        self.uses.first().map(|used| used.managed)
    }

    /// Counts these from now on; who counted before does so from now.
    pub fn reserve(&mut self, claims: &Claims, managed: usize, now: Timestamp) {
        let keys: BTreeSet<String> = claims.iter().map(Claim::key).collect();
        let managed_at_begin = self.managed_at_begin().unwrap_or(managed);
        for used in &mut self.uses {
            used.claims.retain(|key| !keys.contains(key));
        }
        self.uses.retain(|used| !used.claims.is_empty());
        // The window began with the first of them, also if that asks again.
        let managed = if self.uses.is_empty() { managed_at_begin } else { managed };
        self.uses.push(Use { at: now, managed, claims: keys });
    }

    /// Whether this may be carried out.
    pub fn grants(&self, claim: &Claim, now: Timestamp) -> bool {
        let key = claim.key();
        let mut valid = self.uses.iter().filter(|used| now.duration_since(used.at) < VALID);
        valid.any(|used| used.claims.contains(&key))
    }

    /// How many members a group has lost, and how many it had when that began.
    pub(super) fn lost(&self, group: &str) -> Option<(usize, usize)> {
        let uses = self.groups.get(group)?;
        let present = uses.first()?.present;
        Some((uses.iter().map(|used| used.removed).sum(), present))
    }

    /// Counts members that a group is about to lose; `false` if there is no
    /// room for one more group.
    pub(super) fn lose(&mut self, group: &str, removed: usize, present: usize, now: Timestamp) -> bool {
        if !self.groups.contains_key(group) && self.groups.len() >= MOST_GROUPS {
            return false;
        }
        let uses = self.groups.entry(group.to_owned()).or_default();
        match uses.last_mut() {
            // Many small steps are one line; the slack covers the last of them.
            Some(last) if now.duration_since(last.at) < VALID => {
                last.removed = last.removed.saturating_add(removed);
            }
            _ => uses.push(GroupUse { at: now, present, removed }),
        }
        true
    }
}

/// What is sealed is told apart from all else that is.
fn sealed_text(text: &str) -> String {
    format!("ledger\0{text}")
}
