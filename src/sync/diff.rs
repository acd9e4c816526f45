//! Three-way field ownership: what the manifest names is made equal, what it
//! named before and no longer names is removed, everything else is not ours.
//! How an attribute is dealt with is a matter of its [`Treatment`].

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{
    compare::{clears, laid_over, says_the_same_in_case},
    desired::Desired,
    digest::Digester,
    rules::{Treatment, is_case_exact, is_required, shown_at},
};
use crate::scim::{path::AttributePath, port::ResourceType, profile::KindRules, resource::Resource};

/// One attribute that has to change on the server.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// The leaf that changes.
    pub path: AttributePath,
    /// Its whole new value; `None` removes it.
    pub value: Option<Value>,
}

/// What the server was found to make of a value: it ignores, rewrites or
/// hides it. Sending it again would change nothing, so it is not sent again
/// until either side changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rewritten {
    /// Digest of the value that was sent.
    pub sent: String,
    /// Digest of the value that the server then had; empty where it never
    /// shows it.
    pub observed: String,
}

impl Rewritten {
    /// A value that nobody can read back.
    fn unseen(value: &Value, digester: &Digester) -> Self {
        Self { sent: digester.value(value), observed: String::new() }
    }

    /// Whether it is only known what was sent.
    pub fn is_unseen(&self) -> bool {
        self.observed.is_empty()
    }
}

/// What is known about an identity from before.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// The leaf paths that were set for an earlier manifest.
    pub managed: BTreeSet<AttributePath>,
    /// What the server makes of values it does not take as they are.
    pub rewritten: BTreeMap<AttributePath, Rewritten>,
}

impl Known {
    /// The paths of values that the server was seen not to take as they are.
    pub fn rewritten_paths(&self) -> impl Iterator<Item = &AttributePath> {
        self.rewritten.iter().filter(|(_, digests)| !digests.is_unseen()).map(|(path, _)| path)
    }
}

/// Attributes that are let go instead of removed when a manifest no longer
/// names them: without them an identity is another one, or none, or locked.
fn released(resource_type: ResourceType) -> &'static [&'static str] {
    match resource_type {
        ResourceType::User => &["active", "userName", "externalId"],
        ResourceType::Group => &["displayName", "externalId"],
    }
}

/// How one manifest is compared with its identity.
#[derive(Clone, Copy, Debug)]
pub struct Comparison<'a> {
    /// What is wanted.
    pub desired: &'a Desired,
    /// What holds for the attributes.
    pub rules: &'a KindRules,
    /// Makes the digests of values.
    pub digester: &'a Digester,
}

impl Comparison<'_> {
    /// What has to change so that the server says what the manifest says.
    pub fn changes(&self, known: &Known, observed: &Resource) -> Vec<Change> {
        let wanted = self.desired.iter().filter(|(path, _)| self.differs(path, known, observed));
        let wanted = wanted.map(|(path, value)| {
            let value = (!clears(value)).then(|| laid_over(value, observed.get(path)));
            Change { path: path.clone(), value }
        });
        let removed = self
            .dropped(known, observed)
            .filter(|path| !self.is_settled(path, known, observed))
            .map(|path| Change { path: path.clone(), value: None });
        wanted.chain(removed).collect()
    }

    /// What differs of what can be read, for somebody who sends nothing.
    pub fn seen_changes(&self, observed: &Resource) -> Vec<AttributePath> {
        let is_compared = |path: &AttributePath| Treatment::of(path, self.rules) == Treatment::Compared;
        let differing =
            self.desired.paths().filter(|path| is_compared(path) && !self.is_same(path, observed));
        differing.cloned().collect()
    }

    /// What differs and cannot be changed by anybody.
    pub fn fixed(&self, observed: &Resource) -> Vec<AttributePath> {
        let fixed = |path: &AttributePath| Treatment::of(path, self.rules) == Treatment::Fixed;
        let differing = self.desired.iter().filter(|(path, _)| fixed(path) && !self.is_same(path, observed));
        differing.map(|(path, _)| path.clone()).collect()
    }

    /// Of what was managed, the paths that stay so: those the manifest names,
    /// and those it dropped but the server still shows (their removal is under
    /// way, or cannot be). What is named and not known yet stays what it was.
    pub fn still_managed(&self, known: &Known, observed: &Resource) -> BTreeSet<AttributePath> {
        let held = known.managed.iter().filter(|path| self.desired.holds(path));
        let left = self.dropped(known, observed).chain(self.kept(known, observed));
        self.desired.paths().chain(left).chain(held).cloned().collect()
    }

    /// What an earlier manifest named, this one does not, and nobody can remove.
    pub fn kept<'k>(&self, known: &'k Known, observed: &Resource) -> impl Iterator<Item = &'k AttributePath> {
        known.managed.iter().filter(|path| {
            let is_fixed = Treatment::of(path, self.rules) == Treatment::Fixed;
            is_fixed && observed.get(path).is_some() && !self.desired.touches(path) && !self.is_released(path)
        })
    }

    /// The paths that the server was found not to take as they were sent.
    pub fn rewritten(&self, sent: &[Change], observed: &Resource) -> BTreeMap<AttributePath, Rewritten> {
        let is_seen = |change: &&Change| Treatment::of(&change.path, self.rules) != Treatment::Unseen;
        let ignored = sent.iter().filter(is_seen).filter(|change| !self.is_same(&change.path, observed));
        ignored.map(|change| (change.path.clone(), self.digests(&change.path, observed))).collect()
    }

    /// Notes what was just sent and cannot be read back, and forgets what was
    /// just removed.
    pub fn note_unseen<'p>(&self, sent: impl Iterator<Item = &'p AttributePath>, known: &mut Known) {
        for path in sent.filter(|path| Treatment::of(path, self.rules) == Treatment::Unseen) {
            match self.desired.get(path) {
                Some(value) => known.rewritten.insert(path.clone(), Rewritten::unseen(value, self.digester)),
                None => known.rewritten.remove(path),
            };
        }
    }

    /// Forgets what the server made of a value once either the value or what
    /// the server has is another.
    pub fn forget_old(&self, known: &mut Known, observed: &Resource) {
        known.rewritten.retain(|path, digests| {
            digests.is_unseen() == (Treatment::of(path, self.rules) == Treatment::Unseen)
                && (digests.is_unseen() || *digests == self.digests(path, observed))
        });
    }

    /// Digests of what is wanted and of what is there.
    pub fn digests(&self, path: &AttributePath, observed: &Resource) -> Rewritten {
        let digest = |value: Option<&Value>| self.digester.value(value.unwrap_or(&Value::Null));
        Rewritten { sent: digest(self.desired.get(path)), observed: digest(observed.get(path)) }
    }

    /// Whether a named attribute is to be sent.
    fn differs(&self, path: &AttributePath, known: &Known, observed: &Resource) -> bool {
        match Treatment::of(path, self.rules) {
            Treatment::Compared => !self.is_same(path, observed) && !self.is_settled(path, known, observed),
            Treatment::Unseen => {
                let sent = known.rewritten.get(path).filter(|sent| sent.is_unseen());
                sent.is_none_or(|sent| sent.sent != self.digests(path, observed).sent)
            }
            Treatment::Fixed | Treatment::Left => false,
        }
    }

    fn is_same(&self, path: &AttributePath, observed: &Resource) -> bool {
        let wanted = self.desired.get(path).unwrap_or(&Value::Null);
        let shown = observed.get(&shown_at(path, self.rules));
        says_the_same_in_case(path, wanted, shown, is_case_exact(path, self.rules))
    }

    fn is_settled(&self, path: &AttributePath, known: &Known, observed: &Resource) -> bool {
        known.rewritten.get(path).is_some_and(|rewritten| *rewritten == self.digests(path, observed))
    }

    /// What an earlier manifest named, this one does not, and the server has,
    /// or, where nobody can see that, was given.
    fn dropped<'k>(&self, known: &'k Known, observed: &Resource) -> impl Iterator<Item = &'k AttributePath> {
        known.managed.iter().filter(|path| {
            let is_there = match Treatment::of(path, self.rules) {
                Treatment::Compared => observed.get(path).is_some(),
                Treatment::Unseen => known.rewritten.contains_key(*path),
                Treatment::Fixed | Treatment::Left => false,
            };
            is_there && !self.desired.touches(path) && !self.is_released(path)
        })
    }

    fn is_released(&self, path: &AttributePath) -> bool {
        let names = released(self.desired.resource_type());
        let is_name = path.sub_attribute().is_none() && names.iter().any(|name| path.is_core(name));
        is_name || is_required(path, self.rules)
    }
}

#[cfg(test)]
#[path = "diff/tests.rs"]
mod tests;
