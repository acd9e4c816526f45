//! What makes the present members the wanted ones.

use std::collections::{BTreeSet, HashSet};

use super::wanted::{Named, Wanted};
use crate::api::{Membership, bounds};

/// What has to change in a group.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MemberPlan {
    /// Who is to be added.
    pub add: Vec<Addition>,
    /// Ids to remove.
    pub remove: Vec<String>,
    /// How many are left out because their addition could not be remembered.
    pub left_out: usize,
}

/// Somebody to add.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Addition {
    /// The id.
    pub id: String,
    /// It is a group.
    pub is_group: bool,
    /// Its name, for servers that want to be told.
    pub display: Option<String>,
}

/// What makes the present members the wanted ones.
///
/// While it is not known who everybody is that the manifest names, a member
/// that no object anchors might be the one that is meant, and stays. Who is
/// anchored by an object that the group does not name goes at once: a typo
/// must neither empty a group nor keep a leaver in it.
///
/// Of an Additive group only those leave whom the operator `added`.
pub fn plan(
    wanted: &Wanted,
    present: &[String],
    added: &BTreeSet<String>,
    is_anchored: impl Fn(&str) -> bool,
) -> MemberPlan {
    let mut plan = difference(wanted, present, added, is_anchored);
    if wanted.membership == Membership::Additive {
        plan.leave_out_what_cannot_be_remembered(added, bounds::APPLIED_MEMBERS);
    }
    plan
}

/// The same where the server does not show who is in the group: only those
/// leave who are known to be in it, so all that is added has to be recorded.
pub fn plan_unseen(
    wanted: &Wanted,
    present: &BTreeSet<String>,
    recorded: &BTreeSet<String>,
    is_anchored: impl Fn(&str) -> bool,
) -> MemberPlan {
    let present: Vec<String> = present.iter().cloned().collect();
    let mut plan = difference(wanted, &present, recorded, is_anchored);
    plan.leave_out_what_cannot_be_remembered(recorded, bounds::APPLIED_MEMBERS);
    plan
}

fn difference(
    wanted: &Wanted,
    present: &[String],
    added: &BTreeSet<String>,
    is_anchored: impl Fn(&str) -> bool,
) -> MemberPlan {
    let there: HashSet<&str> = present.iter().map(String::as_str).collect();
    let is_ours = |id: &str| match wanted.membership {
        Membership::Exact => true,
        Membership::Additive => added.contains(id),
    };
    let leaves =
        |id: &&str| !wanted.ids.contains_key(*id) && is_ours(id) && (wanted.is_complete() || is_anchored(id));
    let mut remove: Vec<String> = there.iter().copied().filter(leaves).map(str::to_owned).collect();
    remove.sort_unstable();
    let absent = wanted.ids.iter().filter(|(id, _)| !there.contains(id.as_str()));
    let add = absent.map(|(id, named)| Addition::new(id, matches!(named, Named::Group(_)))).collect();
    MemberPlan { add, remove, left_out: 0 }
}

impl Addition {
    /// The addition of whoever has this id.
    pub fn new(id: impl Into<String>, is_group: bool) -> Self {
        Self { id: id.into(), is_group, display: None }
    }
}

impl MemberPlan {
    /// Whether nothing has to change.
    pub fn is_empty(&self) -> bool {
        self.add.is_empty() && self.remove.is_empty()
    }

    /// The plan without these, which the server is known to refuse.
    #[must_use]
    pub fn without(mut self, refused: &BTreeSet<String>) -> Self {
        self.add.retain(|addition| !refused.contains(&addition.id));
        self.remove.retain(|id| !refused.contains(id));
        self
    }

    /// Everybody that it is about.
    pub fn ids(&self) -> impl Iterator<Item = &String> {
        self.remove.iter().chain(self.add.iter().map(|addition| &addition.id))
    }

    /// Whoever is added and not remembered would stay for ever.
    fn leave_out_what_cannot_be_remembered(&mut self, added: &BTreeSet<String>, most: usize) {
        let mut room = most.saturating_sub(added.len());
        let before = self.add.len();
        self.add.retain(|addition| {
            let remembered = added.contains(&addition.id);
            let fits = remembered || room > 0;
            room -= usize::from(fits && !remembered);
            fits
        });
        self.left_out = before - self.add.len();
    }
}

#[cfg(test)]
mod tests {
    use super::{super::wanted::Reference, *};

    fn wanted(membership: Membership, ids: &[&str], unresolved: &[&str]) -> Wanted {
        let mut wanted = Wanted::new(membership);
        for id in ids {
            wanted.add(Named::User(format!("user-{id}")), Reference::Ready((*id).to_owned()));
        }
        for name in unresolved {
            wanted.add(Named::User((*name).to_owned()), Reference::Missing);
        }
        wanted
    }

    fn exact(ids: &[&str], unresolved: &[&str]) -> Wanted {
        wanted(Membership::Exact, ids, unresolved)
    }

    fn ids(ids: &[&str]) -> Vec<String> {
        ids.iter().map(|id| (*id).to_owned()).collect()
    }

    fn added(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|id| (*id).to_owned()).collect()
    }

    fn of(add: &[&str], remove: &[&str]) -> MemberPlan {
        let add = add.iter().map(|id| Addition::new(*id, false)).collect();
        MemberPlan { add, remove: ids(remove), left_out: 0 }
    }

    #[test]
    fn only_the_difference_is_sent() {
        let plan = plan(&exact(&["a", "b"], &[]), &ids(&["b", "c"]), &added(&[]), |_| false);
        assert_eq!(plan, of(&["a"], &["c"]));
    }

    #[test]
    fn a_duplicated_member_is_neither_added_nor_removed_twice() {
        let plan = |names: &[&str]| plan(&exact(names, &[]), &ids(&["a", "a"]), &added(&[]), |_| false);
        assert!(plan(&["a"]).is_empty());
        assert_eq!(plan(&[]).remove, ids(&["a"]));
    }

    #[test]
    fn while_a_name_is_unresolved_only_anchored_members_leave() {
        let present = ids(&["a", "leaver", "unknown"]);
        let plan = plan(&exact(&["a"], &["typo"]), &present, &added(&[]), |id| id == "leaver");
        assert_eq!(plan, of(&[], &["leaver"]));
    }

    #[test]
    fn an_additive_group_loses_only_whom_the_operator_added() {
        let additive = |names: &[&str], unresolved: &[&str]| {
            let wanted = wanted(Membership::Additive, names, unresolved);
            plan(&wanted, &ids(&["a", "ours", "theirs"]), &added(&["a", "ours"]), |_| false)
        };
        assert_eq!(additive(&["a", "b"], &[]), of(&["b"], &["ours"]));
        assert_eq!(additive(&["a"], &["typo"]), of(&[], &[]));
    }

    #[test]
    fn a_nested_group_is_added_as_one() {
        let mut wanted = exact(&["1"], &[]);
        wanted.add(Named::Group("oncall".to_owned()), Reference::Ready("2".to_owned()));
        let plan = plan(&wanted, &[], &added(&[]), |_| false);
        let groups: Vec<bool> = plan.add.iter().map(|addition| addition.is_group).collect();
        assert_eq!(groups, [false, true]);
    }

    #[test]
    fn nobody_is_added_whose_addition_could_not_be_remembered() {
        let mut plan = of(&["a", "b", "c"], &[]);
        plan.leave_out_what_cannot_be_remembered(&added(&["b", "x"]), 3);
        assert_eq!(plan, MemberPlan { left_out: 1, ..of(&["a", "b"], &[]) });
    }

    #[test]
    fn who_is_known_to_be_refused_is_not_tried() {
        let plan = of(&["a", "b"], &["c", "d"]).without(&added(&["a", "c"]));
        assert_eq!(plan, of(&["b"], &["d"]));
    }
}
