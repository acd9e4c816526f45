//! How many members one request may be about.

use crate::scim::profile::{MemberRules, RemoveForm};

/// How a plan is cut into requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// As PATCH takes it: additions and removals apart, so many at most.
    Parts(usize),
    /// Additions by PATCH, so many at most; all removals by one PUT.
    PutRemovals(usize),
    /// As PUT takes it: the members are sent whole anyway.
    Whole,
}

impl Cut {
    /// As the server takes it; where groups are changed by PUT, `whole`.
    pub fn of(rules: &MemberRules, whole: bool) -> Self {
        let most = usize::try_from(rules.max_per_request).unwrap_or(usize::MAX).max(1);
        match rules.remove {
            _ if whole => Self::Whole,
            RemoveForm::Put => Self::PutRemovals(most),
            RemoveForm::FilterPath | RemoveForm::ValueArray => Self::Parts(most),
        }
    }

    /// How many removals and how many additions one request has at most;
    /// `None` where it has them all.
    pub(super) fn most(self) -> Option<(usize, usize)> {
        match self {
            Self::Parts(most) => Some((most, most)),
            Self::PutRemovals(most) => Some((usize::MAX, most)),
            Self::Whole => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::json;

    use super::{
        super::{Addition, Batches, MemberPlan},
        *,
    };
    use crate::scim::profile::{STANDARD, resolve};

    #[test]
    fn all_removals_go_in_one_put_where_they_go_by_put() {
        let removed: Vec<String> = (0..250).map(|id| format!("gone-{id}")).collect();
        let added: Vec<Addition> = (0..3).map(|id| Addition::new(id.to_string(), false)).collect();
        for (overrides, whole, sizes) in [
            (json!({"remove": "Put", "maxPerRequest": 2}), false, &[250, 2, 1][..]),
            (json!({"remove": "Put", "maxPerRequest": 2}), true, &[253]),
            (json!({"maxPerRequest": 200}), false, &[200, 50, 3]),
        ] {
            let overrides = json!({"members": overrides});
            let rules = resolve(STANDARD, overrides.as_object().unwrap()).unwrap().profile.members;
            let cut = Cut::of(&rules, whole);
            let plan = MemberPlan { add: added.clone(), remove: removed.clone(), left_out: 0 };
            let mut batches = Batches::of(plan, &BTreeSet::new(), cut);
            let sent: Vec<usize> =
                std::iter::from_fn(|| batches.next_batch()).map(|batch| batch.ids().len()).collect();
            assert_eq!(sent, sizes, "{overrides} {whole}");
        }
    }
}
