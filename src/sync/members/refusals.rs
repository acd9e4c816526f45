//! Members that the server refused, and when they are tried again: a refused
//! member must neither be forgotten nor asked for again and again.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

/// The first wait; it doubles each time.
const FIRST: SignedDuration = SignedDuration::from_secs(30);
/// How often it doubles at most: then it is about four hours.
const MOST_DOUBLINGS: u32 = 9;

/// Whom the server refused to add to one group or to remove from it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Refusals {
    ids: BTreeSet<String>,
    words: Option<String>,
    generation: Option<i64>,
    times: u32,
    due: Option<Timestamp>,
}

impl Refusals {
    /// Whom it refused.
    pub fn ids(&self) -> &BTreeSet<String> {
        &self.ids
    }

    /// What it said about the first of them.
    pub fn words(&self) -> Option<&str> {
        self.words.as_deref()
    }

    /// Those who are not tried now. A manifest that has changed is tried as a
    /// whole.
    pub fn held(&self, generation: Option<i64>, now: Timestamp) -> BTreeSet<String> {
        let waits = self.generation == generation && self.due.is_some_and(|due| now < due);
        if waits { self.ids.clone() } else { BTreeSet::new() }
    }

    /// Learns what came of an attempt: whom the plan was `concerned` with, the
    /// held ones included, whom of those the server refused, and what it said.
    pub fn learn(
        &mut self,
        generation: Option<i64>,
        now: Timestamp,
        concerned: &BTreeSet<String>,
        refused: &BTreeSet<String>,
        words: Option<String>,
    ) {
        let held = self.held(generation, now);
        if self.generation != generation {
            self.times = 0;
        }
        self.ids = held.intersection(concerned).chain(refused).cloned().collect();
        if self.ids.is_empty() {
            *self = Self::default();
        } else if !refused.is_empty() {
            self.words = words.or_else(|| self.words.take());
            self.generation = generation;
            self.due = now.checked_add(FIRST * (1 << self.times.min(MOST_DOUBLINGS))).ok();
            self.times = self.times.saturating_add(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + seconds).unwrap()
    }

    fn ids(ids: &[&str]) -> BTreeSet<String> {
        ids.iter().map(|id| (*id).to_owned()).collect()
    }

    fn refused(refusals: &mut Refusals, seconds: i64, ids_refused: &[&str]) {
        let concerned = ids(&["1", "2", "3"]);
        refusals.learn(Some(1), at(seconds), &concerned, &ids(ids_refused), Some("no".to_owned()));
    }

    #[test]
    fn whoever_was_refused_is_held_back_longer_each_time() {
        let mut refusals = Refusals::default();
        refused(&mut refusals, 0, &["1"]);
        assert_eq!(refusals.held(Some(1), at(29)), ids(&["1"]));
        assert_eq!(refusals.held(Some(1), at(30)), ids(&[]));
        refused(&mut refusals, 30, &["1"]);
        assert_eq!(refusals.held(Some(1), at(89)), ids(&["1"]));
        assert_eq!(refusals.held(Some(1), at(90)), ids(&[]));
        assert_eq!(refusals.words(), Some("no"));
    }

    #[test]
    fn a_changed_manifest_is_tried_as_a_whole_and_at_once() {
        let mut refusals = Refusals::default();
        refused(&mut refusals, 0, &["1"]);
        assert_eq!(refusals.held(Some(2), at(1)), ids(&[]));
    }

    #[test]
    fn whoever_is_taken_or_no_longer_concerned_is_forgotten() {
        let mut refusals = Refusals::default();
        refused(&mut refusals, 0, &["1", "2"]);
        refusals.learn(Some(1), at(1), &ids(&["2"]), &ids(&[]), None);
        assert_eq!(refusals.ids(), &ids(&["2"]));
        refused(&mut refusals, 60, &[]);
        assert_eq!(refusals, Refusals::default());
    }
}
