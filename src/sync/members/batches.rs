//! A plan in requests that every server takes, and what becomes of those that
//! it refuses: one bad member must not keep the others out.

use std::collections::{BTreeSet, VecDeque};

use serde_json::{Value, json};

use super::{
    cut::Cut,
    plan::{Addition, MemberPlan},
};
use crate::{
    scim::{
        patch::{Operation, PatchRequest},
        path::AttributePath,
        profile::{MemberRules, MemberType},
        resource::{Resource, member_id},
    },
    sync::diff::Change,
};

/// How many more requests than the plan needs are spent in one pass on
/// finding those whom the server refuses: enough for eight among hundreds.
const MOST_REPEATS: usize = 128;

/// One request's worth of a plan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Batch {
    /// Whom to remove, by id.
    pub remove: Vec<String>,
    /// Whom to add.
    pub add: Vec<Addition>,
}

/// The requests of a plan, one after the other.
#[derive(Clone, Debug)]
pub struct Batches {
    queue: VecDeque<Batch>,
    repeats_left: usize,
    suspects: BTreeSet<String>,
    refused: BTreeSet<String>,
    undecided: bool,
}

impl Batch {
    fn removing(remove: Vec<String>) -> Self {
        Self { remove, add: Vec::new() }
    }

    fn adding(add: Vec<Addition>) -> Self {
        Self { remove: Vec::new(), add }
    }

    /// The request for it. A group says that it is one; a user is what a
    /// member is anyway (RFC 7643 §4.2).
    pub fn request(&self) -> PatchRequest {
        let path = AttributePath::core("members");
        let removal = |id: &String| Operation::RemoveValue { path: path.clone(), value: id.clone() };
        let mut operations: Vec<Operation> = self.remove.iter().map(removal).collect();
        if !self.add.is_empty() {
            let values = self.add.iter().map(Addition::value).collect();
            operations.push(Operation::Add { path, values });
        }
        PatchRequest { operations }
    }

    /// The same for servers that only take whole groups: all members of the
    /// group as it was read, with this carried out.
    pub fn change(&self, group: &Resource, rules: &MemberRules) -> Change {
        let path = AttributePath::core("members");
        let there = group.get(&path).and_then(Value::as_array).cloned().unwrap_or_default();
        let stays = |member: &Value| member_id(member).is_none_or(|id| !self.remove.contains(&id));
        let staying = there.into_iter().filter(stays);
        let members = staying.chain(self.add.iter().map(|addition| addition.whole(rules))).collect();
        Change { path, value: Some(Value::Array(members)) }
    }

    /// Whom it is about.
    pub fn ids(&self) -> Vec<&String> {
        self.remove.iter().chain(self.add.iter().map(|addition| &addition.id)).collect()
    }

    /// The removals and the additions; if there is only one of these, half of
    /// it and the other half.
    fn halves(mut self) -> [Self; 2] {
        if self.remove.is_empty() {
            let second = self.add.split_off(self.add.len() / 2);
            [self, Self::adding(second)]
        } else if self.add.is_empty() {
            let second = self.remove.split_off(self.remove.len() / 2);
            [self, Self::removing(second)]
        } else {
            [Self::removing(self.remove), Self::adding(self.add)]
        }
    }
}

impl Addition {
    /// The value of `members` that adds it.
    pub fn value(&self) -> Value {
        let mut value = json!({"value": self.id});
        if self.is_group {
            value["type"] = "Group".into();
        }
        if let Some(name) = &self.display {
            value["display"] = name.as_str().into();
        }
        value
    }

    /// The same beside those who stay, in whose values nothing is translated
    /// any more.
    fn whole(&self, rules: &MemberRules) -> Value {
        let mut value = json!({"value": self.id});
        match (rules.member_type, self.is_group) {
            (MemberType::Always | MemberType::Groups, true) => value["type"] = "Group".into(),
            (MemberType::Always, false) => value["type"] = "User".into(),
            (MemberType::Groups, false) | (MemberType::Never, _) => {}
        }
        if let Some(name) = self.display.as_ref().filter(|_| rules.display) {
            value["display"] = name.as_str().into();
        }
        value
    }
}

impl Batches {
    /// The requests of a plan: removals first, so that nobody keeps access
    /// because an addition is refused. Those whom the server refused before
    /// come last, apart from the others.
    pub fn of(plan: MemberPlan, suspects: &BTreeSet<String>, cut: Cut) -> Self {
        let (odd_removals, removals): (Vec<_>, Vec<_>) =
            plan.remove.into_iter().partition(|id| suspects.contains(id));
        let (odd_additions, additions): (Vec<_>, Vec<_>) =
            plan.add.into_iter().partition(|addition| suspects.contains(&addition.id));
        let mut queue = VecDeque::new();
        for (remove, add) in [(removals, additions), (odd_removals, odd_additions)] {
            match cut.most() {
                Some((most_removals, most_additions)) => {
                    queue.extend(remove.chunks(most_removals).map(|ids| Batch::removing(ids.to_vec())));
                    queue.extend(add.chunks(most_additions).map(|some| Batch::adding(some.to_vec())));
                }
                None if remove.is_empty() && add.is_empty() => {}
                None => queue.push_back(Batch { remove, add }),
            }
        }
        let suspects = suspects.clone();
        Self { queue, repeats_left: MOST_REPEATS, suspects, refused: BTreeSet::new(), undecided: false }
    }

    /// The next one to send.
    pub fn next_batch(&mut self) -> Option<Batch> {
        self.queue.pop_front()
    }

    /// The server refused this one: whoever is alone in it is the reason,
    /// else each half is tried by itself.
    pub fn refused(&mut self, batch: Batch) {
        let ids = batch.ids();
        if let [alone] = ids.as_slice() {
            self.refused.insert((*alone).clone());
        } else if let Some(left) = self.repeats_left.checked_sub(2) {
            self.repeats_left = left;
            for half in batch.halves().into_iter().rev() {
                self.queue.push_front(half);
            }
        } else if ids.iter().all(|id| self.suspects.contains(*id)) {
            self.refused.extend(ids.into_iter().cloned());
        } else {
            self.undecided = true;
        }
    }

    /// Whom the server refuses.
    pub fn refused_ids(&self) -> &BTreeSet<String> {
        &self.refused
    }

    /// Whether some were neither taken nor found to be refused: there is more
    /// to do when those that were found are left out.
    pub fn is_undecided(&self) -> bool {
        self.undecided
    }
}

#[cfg(test)]
mod tests {
    use proptest::{collection::btree_set, prelude::*};

    use super::*;
    use crate::scim::profile;

    fn plan(add: impl IntoIterator<Item = usize>, remove: &[&str]) -> MemberPlan {
        let add = add.into_iter().map(|id| Addition::new(id.to_string(), false)).collect();
        MemberPlan { add, remove: remove.iter().map(|id| (*id).to_owned()).collect(), left_out: 0 }
    }

    fn rules(overrides: &Value) -> MemberRules {
        let overrides = json!({"members": overrides});
        let overrides = overrides.as_object().unwrap();
        profile::resolve(profile::STANDARD, overrides).unwrap().profile.members
    }

    fn cut(plan: MemberPlan) -> Batches {
        Batches::of(plan, &BTreeSet::new(), Cut::Parts(100))
    }

    /// A server that refuses a request with one of these in it. What it took,
    /// and how many requests that needed.
    fn carry_out(batches: &mut Batches, bad: &BTreeSet<String>) -> (BTreeSet<String>, usize) {
        let (mut taken, mut requests) = (BTreeSet::new(), 0);
        while let Some(batch) = batches.next_batch() {
            requests += 1;
            if batch.ids().iter().any(|id| bad.contains(*id)) {
                batches.refused(batch);
            } else {
                taken.extend(batch.ids().into_iter().cloned());
            }
        }
        (taken, requests)
    }

    #[test]
    fn requests_are_cut_to_size_with_removals_first() {
        let mut batches = cut(plan(0..250, &["gone"]));
        let sizes: Vec<usize> =
            std::iter::from_fn(|| batches.next_batch()).map(|batch| batch.ids().len()).collect();
        assert_eq!(sizes, [1, 100, 100, 50]);
    }

    #[test]
    fn whole_groups_take_one_request_and_removals_go_alone_if_that_is_refused() {
        let mut batches = Batches::of(plan(0..250, &["gone"]), &BTreeSet::new(), Cut::Whole);
        let whole = batches.next_batch().unwrap();
        assert_eq!((whole.remove.len(), whole.add.len()), (1, 250));
        assert_eq!(batches.next_batch(), None);
        batches.refused(whole);
        let [first, second] = [batches.next_batch().unwrap(), batches.next_batch().unwrap()];
        assert_eq!((first.remove.len(), first.add.len()), (1, 0));
        assert_eq!((second.remove.len(), second.add.len()), (0, 250));
        assert_eq!(Batches::of(plan(0..0, &[]), &BTreeSet::new(), Cut::Whole).next_batch(), None);
    }

    #[test]
    fn a_member_has_its_name_where_that_is_known() {
        let ada = Addition { display: Some("ada".to_owned()), ..Addition::new("1", false) };
        let batch = Batch::adding(vec![ada]);
        let added = batch.request().body()["Operations"][0]["value"].clone();
        assert_eq!(added, json!([{"value": "1", "display": "ada"}]));
        let group = Resource::default();
        for (overrides, sent) in [
            (json!({}), json!([{"value": "1"}])),
            (
                json!({"type": "Always", "display": true}),
                json!([{"value": "1", "type": "User", "display": "ada"}]),
            ),
        ] {
            assert_eq!(batch.change(&group, &rules(&overrides)).value.unwrap(), sent);
        }
    }

    #[test]
    fn a_group_says_that_it_is_one() {
        let of = |is_group| Batch::adding(vec![Addition::new("7", is_group)]).request().body();
        assert_eq!(of(true)["Operations"][0]["value"], json!([{"value": "7", "type": "Group"}]));
        assert_eq!(of(false)["Operations"][0]["value"], json!([{"value": "7"}]));
    }

    #[test]
    fn a_whole_group_keeps_what_the_server_says_of_those_who_stay() {
        let ada = json!({"value": "1", "display": "Ada", "$ref": "https://idp.example.com/Users/1"});
        let group = json!({"members": [ada, {"value": 2}]});
        let group = Resource::from_value(group).unwrap();
        let members = |batch: Batch| batch.change(&group, &rules(&json!({}))).value.unwrap();
        assert_eq!(members(Batch::removing(vec!["2".to_owned()])), json!([ada]));
        let addition = Addition::new("3", true);
        let added = json!({"value": "3", "type": "Group"});
        assert_eq!(members(Batch::adding(vec![addition.clone()])), json!([ada, {"value": 2}, added]));
        let exchange = Batch { remove: vec!["2".to_owned()], add: vec![addition] };
        assert_eq!(members(exchange), json!([ada, added]));
    }

    #[test]
    fn one_bad_member_among_a_hundred_costs_a_dozen_requests_and_nobody_else() {
        let mut batches = cut(plan(0..100, &[]));
        let bad = BTreeSet::from(["42".to_owned()]);
        let (taken, requests) = carry_out(&mut batches, &bad);
        assert_eq!(taken.len(), 99);
        assert_eq!(batches.refused_ids(), &bad);
        assert!(requests <= 15, "{requests}");
    }

    #[test]
    fn whoever_was_refused_before_is_tried_apart() {
        let suspects = BTreeSet::from(["42".to_owned()]);
        let mut batches = Batches::of(plan(0..100, &[]), &suspects, Cut::Parts(100));
        let (taken, requests) = carry_out(&mut batches, &suspects);
        assert_eq!((taken.len(), requests), (99, 2));
    }

    #[test]
    fn a_server_that_refuses_everybody_is_not_asked_for_ever() {
        let everybody: BTreeSet<String> = (0..1_000).map(|id| id.to_string()).collect();
        let mut batches = cut(plan(0..1_000, &[]));
        let (taken, requests) = carry_out(&mut batches, &everybody);
        assert!(taken.is_empty() && batches.is_undecided());
        assert!(requests <= 10 + MOST_REPEATS, "{requests}");
    }

    proptest! {
        #[test]
        fn everybody_is_taken_or_found_to_be_refused(
            bad in btree_set(0usize..250, 0..6),
            cut in prop_oneof![Just(Cut::Parts(100)), Just(Cut::Whole)],
        ) {
            let bad: BTreeSet<String> = bad.iter().map(ToString::to_string).collect();
            let mut batches = Batches::of(plan(0..250, &["gone", "left"]), &BTreeSet::new(), cut);
            let (taken, requests) = carry_out(&mut batches, &bad);
            prop_assert_eq!(taken.len(), 252 - bad.len());
            prop_assert_eq!(batches.refused_ids(), &bad);
            prop_assert!(requests <= 4 + 17 * bad.len());
        }
    }
}
