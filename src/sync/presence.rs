//! Who on the server is meant by an object that has no identity yet: the one
//! with the id that its manifest names, or whoever has its keys.

use super::{
    address::Reading,
    lifecycle::{Facts, Step, unexpected},
    lookup::Lookup,
    obstacle::Obstacle,
};
use crate::scim::{path::AttributePath, port::ResourceType, resource::Resource};

/// Whether an identity that is there already may become the object's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Takeover {
    /// The object does not ask for it.
    #[default]
    Unasked,
    /// The object asks for it, and its provider forbids it.
    Forbidden,
    /// The object asks for it, and may.
    Allowed,
}

/// Who is meant.
enum Presence<'a> {
    /// Something has to be asked or waited for first.
    Undecided(Step),
    /// Certainly nobody.
    Nobody,
    /// This one, with this id.
    One(&'a Resource, String),
    /// It cannot be one, for this reason.
    None(Obstacle),
}

/// Who is meant, as far as it was looked into.
fn presence<'a>(facts: &Facts<'a>) -> Presence<'a> {
    match facts.named_id.filter(|_| facts.observes || facts.takeover != Takeover::Unasked) {
        Some(id) => by_id(facts, id),
        None => by_keys(facts),
    }
}

/// What becomes of an object that is to manage the one who is meant.
pub(super) fn management(facts: &Facts<'_>, resource_type: ResourceType) -> Step {
    if let (Takeover::Forbidden, Some(id)) = (facts.takeover, facts.named_id) {
        return Step::Stall(Obstacle::AdoptionForbidden { id: id.to_owned() });
    }
    if let (Takeover::Unasked, Some(obstacle)) = (facts.takeover, &facts.terms.creation) {
        return Step::Stall(obstacle.clone());
    }
    if let (Takeover::Unasked, Some(obstacle)) = (facts.takeover, unexpected(facts)) {
        return Step::Stall(obstacle);
    }
    let (found, id) = match presence(facts) {
        Presence::Undecided(step) => return step,
        Presence::Nobody if facts.conflicted => return Step::Refused,
        Presence::Nobody => {
            let obstacle = unexpected(facts).or_else(|| facts.terms.creation.clone());
            let obstacle = obstacle.or_else(|| preceded(facts));
            return obstacle.map_or(Step::Announce, Step::Stall);
        }
        Presence::None(obstacle) => return Step::Stall(obstacle),
        Presence::One(found, id) => (found, id),
    };
    match facts.takeover {
        Takeover::Allowed if facts.protected.is(found, resource_type) => {
            Step::Stall(Obstacle::Protected { id: Some(id) })
        }
        Takeover::Allowed => preceded(facts).map_or_else(|| Step::Adopt(found.clone()), Step::Stall),
        Takeover::Forbidden => Step::Stall(Obstacle::AdoptionForbidden { id }),
        Takeover::Unasked if is_inactive(found) => Step::Stall(Obstacle::IdentityInactive { id }),
        Takeover::Unasked => Step::Stall(Obstacle::AlreadyExists { ids: vec![id] }),
    }
}

/// While nobody is anchored to the identity, the oldest goes first who asks
/// for it.
fn preceded(facts: &Facts<'_>) -> Option<Obstacle> {
    facts.elder.map(|by| Obstacle::Preceded { by: by.to_owned() })
}

/// What an object shows that only observes.
pub(super) fn observation(facts: &Facts<'_>) -> Step {
    match presence(facts) {
        Presence::Undecided(step) => step,
        Presence::Nobody => Step::Stall(Obstacle::NobodyThere),
        Presence::None(obstacle) => Step::Stall(obstacle),
        Presence::One(found, _) => Step::Show(found.clone()),
    }
}

fn by_id<'a>(facts: &Facts<'a>, id: &str) -> Presence<'a> {
    let found = match facts.named {
        Reading::NotYet => return Presence::Undecided(Step::ReadNamed(id.to_owned())),
        Reading::Gone => return Presence::None(Obstacle::NoSuchId { id: id.to_owned() }),
        Reading::Present(found) => found,
    };
    if facts.terms.keys.name(found) {
        unclaimed(facts, found, id.to_owned())
    } else {
        Presence::None(Obstacle::OtherName { id: id.to_owned() })
    }
}

fn by_keys<'a>(facts: &Facts<'a>) -> Presence<'a> {
    let hits = match facts.lookup {
        Lookup::NotYet if may_go_unseen(facts) => return Presence::Nobody,
        Lookup::NotYet => return Presence::Undecided(Step::Look),
        Lookup::None => return Presence::Nobody,
        Lookup::Unknown(why) => return Presence::Undecided(Step::Retry(why.clone())),
        Lookup::Found(hits) => hits,
    };
    match hits.as_slice() {
        [found] => match found.id() {
            Some(id) => unclaimed(facts, found, id),
            None => Presence::None(Obstacle::AlreadyExists { ids: Vec::new() }),
        },
        several if facts.takeover == Takeover::Unasked && !facts.observes => {
            Presence::None(Obstacle::AlreadyExists { ids: ids(several) })
        }
        several => Presence::None(Obstacle::SeveralMatch { ids: ids(several) }),
    }
}

/// Whether nobody has to look before a creation: the server refuses it where
/// somebody is there. A note says that there was a creation before, and then
/// it is looked who came of it, or who was in its way.
fn may_go_unseen(facts: &Facts<'_>) -> bool {
    let is_first = facts.announced.is_none() && facts.takeover == Takeover::Unasked;
    facts.terms.is_strict && is_first && !facts.observes
}

/// Whoever only looks may look at an identity that another object stands for.
fn unclaimed<'a>(facts: &Facts<'a>, found: &'a Resource, id: String) -> Presence<'a> {
    match facts.claimed.iter().find(|claimed| claimed.id == id) {
        Some(claimed) if !facts.observes => Presence::None(Obstacle::StoodFor { id, by: claimed.by.clone() }),
        _ => Presence::One(found, id),
    }
}

/// Whether a user may not sign in. One that does not say is active.
pub(super) fn is_inactive(resource: &Resource) -> bool {
    resource.get(&AttributePath::core("active")).and_then(serde_json::Value::as_bool) == Some(false)
}

pub(super) fn ids(hits: &[Resource]) -> Vec<String> {
    hits.iter().filter_map(Resource::id).collect()
}
