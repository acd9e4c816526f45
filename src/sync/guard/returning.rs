//! Whether an object gets back the identity that a rejected deletion of its
//! namesake has left behind.

use crate::{
    scim::port::ResourceType,
    sync::{
        address::Reading,
        lifecycle::{Facts, Step},
    },
};

/// What comes first for a new object for which an identity was left behind.
/// It has to be the very one, with the keys of this manifest, and nobody
/// else's; else the object is like any other new one.
pub fn returning(facts: &Facts<'_>, resource_type: ResourceType) -> Option<Step> {
    let left_behind = facts.left_behind.filter(|_| facts.announced.is_none())?;
    match facts.found_again {
        Reading::NotYet => Some(Step::ReadLeftBehind(left_behind.id.clone())),
        Reading::Gone => None,
        Reading::Present(found) => {
            let is_the_one = left_behind.is(found, resource_type) && facts.terms.keys.fit_wholly(found);
            let is_free = !facts.claimed.iter().any(|claimed| claimed.id == left_behind.id);
            (is_the_one && is_free).then(|| Step::TakeBack(found.clone()))
        }
    }
}
