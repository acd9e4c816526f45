//! Groups whose members the server does not show: what was applied last is
//! what is known, and perhaps what the server answers about single members.

use std::collections::{BTreeMap, BTreeSet};

use super::wanted::Wanted;

/// Who counts as a member, out of those `recorded` as applied and what the
/// server `answered` about some of them and of those who are wanted.
///
/// Additions are recorded before they are sent. Where a pass was
/// `interrupted` in between, whoever is wanted does not count and is sent
/// again, and whoever is wanted no more counts and is removed: neither is
/// lost.
pub fn remembered(
    wanted: &Wanted,
    recorded: &BTreeSet<String>,
    answered: &BTreeMap<String, bool>,
    interrupted: bool,
) -> BTreeSet<String> {
    let counts = |id: &String| !interrupted || !wanted.ids.contains_key(id);
    let silent = recorded.iter().filter(|id| !answered.contains_key(*id) && counts(id));
    let proven = answered.iter().filter(|(_, is_member)| **is_member).map(|(id, _)| id);
    silent.chain(proven).cloned().collect()
}

/// About whom the server is asked, at most so many: first those whose answer
/// decides about a request, then those who should be there already, where
/// each turn begins after the one before.
pub fn questions(wanted: &Wanted, recorded: &BTreeSet<String>, turn: usize, most: usize) -> Vec<String> {
    let (staying, leaving): (Vec<_>, Vec<_>) =
        recorded.iter().partition(|id| wanted.ids.contains_key(id.as_str()));
    let new: Vec<_> = wanted.ids.keys().filter(|id| !recorded.contains(*id)).collect();
    let mut asked = Vec::new();
    for group in [leaving, new, staying] {
        let room = most.saturating_sub(asked.len()).min(group.len());
        let start = turn.wrapping_mul(room).checked_rem(group.len()).unwrap_or_default();
        asked.extend(group.into_iter().cycle().skip(start).take(room).cloned());
    }
    asked
}

#[cfg(test)]
mod tests {
    use super::{
        super::{
            plan::{MemberPlan, plan_unseen},
            wanted::{Named, Reference},
        },
        *,
    };
    use crate::api::Membership;

    fn wanted(membership: Membership, ids: &[&str]) -> Wanted {
        let mut wanted = Wanted::new(membership);
        for id in ids {
            wanted.add(Named::Id((*id).to_owned()), Reference::Ready((*id).to_owned()));
        }
        wanted
    }

    fn set(ids: &[&str]) -> BTreeSet<String> {
        ids.iter().map(|id| (*id).to_owned()).collect()
    }

    fn planned(
        wanted: &Wanted,
        recorded: &[&str],
        answered: &[(&str, bool)],
        interrupted: bool,
    ) -> (Vec<String>, Vec<String>) {
        let answered = answered.iter().map(|(id, is_member)| ((*id).to_owned(), *is_member)).collect();
        let recorded = set(recorded);
        let present = remembered(wanted, &recorded, &answered, interrupted);
        let MemberPlan { add, remove, .. } = plan_unseen(wanted, &present, &recorded, |_| false);
        (add.into_iter().map(|addition| addition.id).collect(), remove)
    }

    #[test]
    fn what_was_applied_last_decides_where_nothing_is_shown() {
        let (exact, additive) = (Membership::Exact, Membership::Additive);
        for (membership, recorded, answered, interrupted, add, remove) in [
            // Nothing was applied yet, and nobody is known who could go.
            (exact, &[][..], &[][..], false, &["a", "b"][..], &[][..]),
            (exact, &["a", "b"], &[], false, &[], &[]),
            (exact, &["a", "gone"], &[], false, &["b"], &["gone"]),
            (additive, &["a", "gone"], &[], false, &["b"], &["gone"]),
            // It is not known whether the additions were sent.
            (exact, &["a", "b", "gone"], &[], true, &["a", "b"], &["gone"]),
            (exact, &["a", "b"], &[("a", true)], true, &["b"], &[]),
            // The server was asked.
            (exact, &["a", "b"], &[("a", true), ("b", false)], false, &["b"], &[]),
            (exact, &["a", "b", "gone"], &[("gone", false)], false, &[], &[]),
            (additive, &["a"], &[("b", true)], false, &[], &[]),
        ] {
            let plan = planned(&wanted(membership, &["a", "b"]), recorded, answered, interrupted);
            let expected: (Vec<String>, Vec<String>) = (
                add.iter().map(|id| (*id).to_owned()).collect(),
                remove.iter().map(|id| (*id).to_owned()).collect(),
            );
            assert_eq!(plan, expected, "{membership:?} {recorded:?} {answered:?} {interrupted}");
        }
    }

    #[test]
    fn an_additive_group_keeps_whom_others_added() {
        let nobody = wanted(Membership::Additive, &[]);
        assert_eq!(planned(&nobody, &["ours"], &[("theirs", true)], false).1, ["ours"]);
    }

    #[test]
    fn no_more_is_asked_than_allowed_and_each_has_his_turn() {
        let wanted = wanted(Membership::Exact, &["a", "b", "c", "d", "new"]);
        let recorded = set(&["a", "b", "c", "d", "gone"]);
        let asked = |turn, most| questions(&wanted, &recorded, turn, most);
        assert_eq!(asked(0, 4), ["gone", "new", "a", "b"]);
        assert_eq!(asked(1, 4), ["gone", "new", "c", "d"]);
        assert_eq!(asked(2, 4), ["gone", "new", "a", "b"]);
        assert_eq!(asked(7, 1), ["gone"]);
        assert_eq!(asked(1, 100).len(), 6);
        assert_eq!(questions(&Wanted::default(), &BTreeSet::new(), 3, 4), [""; 0]);
    }
}
