//! Who is to be in a group, and which requests make it so (RFC 7643 §4.2).

use std::collections::{BTreeSet, HashSet};

use serde_json::json;

use crate::scim::{
    patch::{Operation, PatchRequest},
    path::AttributePath,
};

/// The most members that one request adds or removes. AWS IAM Identity
/// Center takes 100 and no more; nobody is known to take fewer.
pub const PER_REQUEST: usize = 100;

/// The members that a manifest names.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Wanted {
    /// The ids of those that are there.
    pub ids: BTreeSet<String>,
    /// The names of objects that exist and have no identity yet.
    pub pending: Vec<String>,
    /// The names that no object has.
    pub unresolved: Vec<String>,
}

/// What has to change in a group.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MemberPlan {
    /// Ids to add.
    pub add: Vec<String>,
    /// Ids to remove.
    pub remove: Vec<String>,
}

impl Wanted {
    /// Whether every name is an identity.
    pub fn is_complete(&self) -> bool {
        self.pending.is_empty() && self.unresolved.is_empty()
    }

    /// How many members the manifest names.
    pub fn count(&self) -> usize {
        self.ids.len() + self.pending.len() + self.unresolved.len()
    }
}

/// What makes the present members the wanted ones.
///
/// While a name is not an identity yet, a member that no object anchors might
/// be the one that is meant, and stays. Who is anchored by an object that the
/// group does not name goes at once: a typo must neither empty a group nor
/// keep a leaver in it.
pub fn plan(wanted: &Wanted, present: &[String], is_anchored: impl Fn(&str) -> bool) -> MemberPlan {
    let there: HashSet<&str> = present.iter().map(String::as_str).collect();
    let leaves = |id: &&str| !wanted.ids.contains(*id) && (wanted.is_complete() || is_anchored(id));
    let mut remove: Vec<String> = there.iter().copied().filter(leaves).map(str::to_owned).collect();
    remove.sort_unstable();
    let add = wanted.ids.iter().filter(|id| !there.contains(id.as_str())).cloned().collect();
    MemberPlan { add, remove }
}

impl MemberPlan {
    /// Whether nothing has to change.
    pub fn is_empty(&self) -> bool {
        self.add.is_empty() && self.remove.is_empty()
    }

    /// The requests, each small enough for every server; removals first, so
    /// that nobody keeps access because an addition is refused.
    pub fn requests(&self) -> Vec<PatchRequest> {
        let members = AttributePath::core("members");
        let removals = self.remove.chunks(PER_REQUEST).map(|ids| PatchRequest {
            operations: ids
                .iter()
                .map(|id| Operation::RemoveValue { path: members.clone(), value: id.clone() })
                .collect(),
        });
        let additions = self.add.chunks(PER_REQUEST).map(|ids| PatchRequest {
            operations: vec![Operation::Add {
                path: members.clone(),
                values: ids.iter().map(|id| json!({"value": id})).collect(),
            }],
        });
        removals.chain(additions).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(ids: &[&str], unresolved: &[&str]) -> Wanted {
        Wanted {
            ids: ids.iter().map(|id| (*id).to_owned()).collect(),
            pending: Vec::new(),
            unresolved: unresolved.iter().map(|name| (*name).to_owned()).collect(),
        }
    }

    fn ids(ids: &[&str]) -> Vec<String> {
        ids.iter().map(|id| (*id).to_owned()).collect()
    }

    #[test]
    fn only_the_difference_is_sent() {
        let plan = plan(&wanted(&["a", "b"], &[]), &ids(&["b", "c"]), |_| false);
        assert_eq!(plan, MemberPlan { add: ids(&["a"]), remove: ids(&["c"]) });
    }

    #[test]
    fn a_duplicated_member_is_neither_added_nor_removed_twice() {
        assert!(plan(&wanted(&["a"], &[]), &ids(&["a", "a"]), |_| false).is_empty());
        let twice = plan(&wanted(&[], &[]), &ids(&["a", "a"]), |_| false);
        assert_eq!(twice.remove, ids(&["a"]));
    }

    #[test]
    fn while_a_name_is_unresolved_only_anchored_members_leave() {
        let plan = plan(&wanted(&["a"], &["typo"]), &ids(&["a", "leaver", "unknown"]), |id| id == "leaver");
        assert_eq!(plan, MemberPlan { add: vec![], remove: ids(&["leaver"]) });
    }

    #[test]
    fn requests_are_cut_to_size_with_removals_first() {
        let many: Vec<String> = (0..250).map(|number| format!("{number}")).collect();
        let plan = MemberPlan { add: many, remove: ids(&["gone"]) };
        let sizes: Vec<usize> = plan
            .requests()
            .iter()
            .map(|request| match &request.operations[0] {
                Operation::Add { values, .. } => values.len(),
                _ => request.operations.len(),
            })
            .collect();
        assert_eq!(sizes, [1, 100, 100, 50]);
    }
}
