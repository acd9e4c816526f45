//! Plans for groups, carried out by the reference interpreter of RFC 7644
//! §3.5.2 and by servers that refuse.

use std::collections::BTreeSet;

use proptest::{collection::btree_set, prelude::*};
use serde_json::{Value, json};

use super::{Batches, Cut, MemberPlan, Named, Reference, Wanted, plan};
use crate::{
    api::Membership,
    scim::{
        interpreter,
        path::{AttributePath, GROUP_SCHEMA},
        resource::Resource,
    },
};

fn group(members: &BTreeSet<String>) -> Resource {
    let mut group = Resource::new([GROUP_SCHEMA]);
    let values = members.iter().map(|id| json!({"value": id})).collect();
    group.set(&AttributePath::core("members"), Value::Array(values));
    group
}

fn carried_out(plan: MemberPlan, group: &mut Resource) {
    let mut batches = Batches::of(plan, &BTreeSet::new(), Cut::Parts(100));
    while let Some(batch) = batches.next_batch() {
        interpreter::apply(group, &batch.request().body()).expect("the server takes the plan");
    }
}

fn wanted(membership: Membership, ids: &BTreeSet<String>, doubt: bool) -> Wanted {
    let mut wanted = Wanted::new(membership);
    for id in ids {
        wanted.add(Named::Id(id.clone()), Reference::Ready(id.clone()));
    }
    if doubt {
        wanted.add(Named::User("typo".to_owned()), Reference::Missing);
    }
    wanted
}

fn ids() -> impl Strategy<Value = BTreeSet<String>> {
    btree_set("[a-h]", 0..8)
}

fn is_anchored(id: &str) -> bool {
    id < "d"
}

proptest! {
    #[test]
    fn an_exact_group_becomes_what_its_manifest_says(
        (named, present, doubt) in (ids(), ids(), any::<bool>())
    ) {
        let wanted = wanted(Membership::Exact, &named, doubt);
        let mut group = group(&present);
        let nobody = BTreeSet::new();
        carried_out(plan(&wanted, &group.member_ids(), &nobody, is_anchored), &mut group);
        let after: BTreeSet<String> = group.member_ids().into_iter().collect();
        prop_assert!(named.is_subset(&after));
        for id in after.difference(&named) {
            prop_assert!(doubt && !is_anchored(id), "{id} stayed");
        }
        prop_assert!(plan(&wanted, &group.member_ids(), &nobody, is_anchored).is_empty());
    }

    #[test]
    fn a_typo_never_removes_somebody_whom_nobody_here_knows((named, present) in (ids(), ids())) {
        for membership in [Membership::Exact, Membership::Additive] {
            let wanted = wanted(membership, &named, true);
            let there: Vec<String> = present.iter().cloned().collect();
            let plan = plan(&wanted, &there, &present, is_anchored);
            prop_assert!(plan.remove.iter().all(|id| is_anchored(id)));
        }
    }

    #[test]
    fn an_additive_group_never_loses_whom_it_did_not_add(
        (present, manifests) in (ids(), proptest::collection::vec((ids(), any::<bool>()), 1..6))
    ) {
        let mut group = group(&present);
        let mut added = BTreeSet::new();
        for (named, doubt) in manifests {
            let wanted = wanted(Membership::Additive, &named, doubt);
            let plan = plan(&wanted, &group.member_ids(), &added, is_anchored);
            added.extend(plan.add.iter().map(|addition| addition.id.clone()));
            carried_out(plan, &mut group);
            let after: BTreeSet<String> = group.member_ids().into_iter().collect();
            added.retain(|id| after.contains(id));
            prop_assert!(named.is_subset(&after));
            prop_assert!(present.is_subset(&after), "{present:?} {after:?}");
            prop_assert!(added.is_disjoint(&present));
        }
    }
}
