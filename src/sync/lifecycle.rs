//! What to do next about one identity, from what is known about it. The
//! controller asks again after every step, until the answer ends the pass.
//!
//! The rules, in the order of their weight: an identity is addressed by its
//! anchor only; nothing is created before a look, a note on the object and
//! the proof that the object is what the cache says; nothing is deleted
//! before it was read and compared; what is not proven to be ours is left
//! alone.

use jiff::{SignedDuration, Timestamp};

use super::{
    address::{Address, Reading},
    claims::{Claimed, Rival},
    desired::Desired,
    digest::Digester,
    endpoint,
    guard::{Leave, returning},
    intent::{Intent, Proof},
    lookup::Lookup,
    obstacle::Obstacle,
    plausible::Absence,
    presence::{Takeover, ids, is_inactive, management, observation},
    protected::Protected,
    terms::Terms,
    unsupported::Unsupported,
};
use crate::{
    api::DeletionPolicy,
    scim::{
        port::ResourceType,
        profile::{Deactivation, Deletion},
        resource::Resource,
    },
};

/// The note left before a creation, as it bears on this pass.
#[derive(Clone, Copy, Debug)]
pub struct Announced<'a> {
    /// The note; sealed, for this object and this endpoint.
    pub intent: &'a Intent,
    /// Written in this pass: nothing was posted for it yet.
    pub just_written: bool,
    /// It is known that nothing came of it: the server refused.
    pub refused: bool,
}

/// Everything that decides the next step.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own; any combination can be")]
pub struct Facts<'a> {
    /// The object's deletion was requested.
    pub deleting: bool,
    /// Our finalizer is on the object.
    pub has_finalizer: bool,
    /// What becomes of the identity when the object is deleted.
    pub policy: DeletionPolicy,
    /// Somebody asked for a standstill.
    pub suspended: bool,
    /// The object only shows what is there.
    pub observes: bool,
    /// Whether an identity that is there already may become the object's.
    pub takeover: Takeover,
    /// The id that the manifest names, to take over or to observe.
    pub named_id: Option<&'a str>,
    /// What reading that id found.
    pub named: &'a Reading,
    /// What a rejected deletion of a namesake has left behind for the object.
    pub left_behind: Option<&'a Address>,
    /// What reading that found.
    pub found_again: &'a Reading,
    /// Of the ids that were found, those that other objects stand for.
    pub claimed: &'a [Claimed],
    /// The object that keeps the identity to which both are anchored.
    pub rival: Option<&'a Rival>,
    /// An object asks for the identity of this one, and inherits it should
    /// this one go.
    pub has_heir: bool,
    /// The older object that asks for the same identity.
    pub elder: Option<&'a str>,
    /// Nothing suggests that the server differs from the manifest: the spec
    /// was applied and no sweep has seen a difference since.
    pub settled: bool,
    /// The manifest as it is was made so before; what differs is somebody
    /// else's doing.
    pub applied: bool,
    /// So many are missing on the server that it is not believed.
    pub frozen: bool,
    /// What is known of the identity if its id finds nobody.
    pub absence: Absence,
    /// One that somebody deleted is told of, and not made anew.
    pub tells_deletion: bool,
    /// The server's endpoint key; `None` while it cannot be talked to.
    pub endpoint: Option<&'a str>,
    /// How the guard stands to the loss of the identity that this object asks
    /// for.
    pub leave: Leave,
    /// What the server makes of the manifest.
    pub terms: &'a Terms,
    /// Somebody said that the anchor's endpoint and the one that is talked to
    /// are one server.
    pub move_accepted: bool,
    /// Whose names are protected.
    pub protected: &'a Protected,
    /// The identity's address.
    pub anchor: Option<&'a Address>,
    /// The note of a creation.
    pub announced: Option<Announced<'a>>,
    /// The object was read from the API server, or written with a
    /// precondition, in this pass.
    pub fresh: bool,
    /// What reading the anchored id found.
    pub reading: &'a Reading,
    /// What a look by the announced keys found, over everything there is.
    pub announced_lookup: &'a Lookup,
    /// What a look by the manifest's keys found.
    pub lookup: &'a Lookup,
    /// The server has just refused a creation, because somebody is there.
    pub conflicted: bool,
    /// What is wanted; needed to prove that a found identity is ours.
    pub desired: Option<&'a Desired>,
    /// The operator's clock.
    pub now: Timestamp,
    /// For how long the server is known to show what was there before.
    pub grace: SignedDuration,
    /// How much of that is left since the operator last changed something of
    /// the identity.
    pub settling: Option<SignedDuration>,
}

impl Facts<'_> {
    /// Whether all of these may become the object's, whosever they are, if
    /// only one of them is meant.
    fn may_take_over(&self, hits: &[Resource]) -> bool {
        let allowed = self.takeover == Takeover::Allowed && !self.deleting;
        allowed && hits.iter().all(|hit| self.terms.keys.fit(hit))
    }
}

/// The next step.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// Nothing to do until something changes.
    Rest,
    /// Stand still, and say so.
    Suspend,
    /// The server is needed and cannot be talked to.
    AwaitProvider,
    /// Read the identity by its id.
    Read,
    /// Look for what the note announced, over everything there is.
    LookForAnnounced,
    /// Look for whoever has the manifest's keys.
    Look,
    /// Read the identity with the id that the manifest names.
    ReadNamed(String),
    /// Read the object from the API server.
    ProveFresh,
    /// Read the objects from the API server that keep this one from its
    /// identity.
    ProveRival,
    /// Put back the finalizer that somebody took off.
    Protect,
    /// Put the finalizer and the note on the object, provided that it is
    /// still as it was read.
    Announce,
    /// Send the creation.
    Create,
    /// Take this identity, which was created for this object, as its own.
    Pair(Resource),
    /// Take this identity, which was there before, as the object's own.
    Adopt(Resource),
    /// Anchor the identity at the endpoint that is talked to, where it was
    /// just read and compared.
    Move,
    /// Read the identity with this id, which was left behind.
    ReadLeftBehind(String),
    /// Take this identity back, which was the object's namesake's.
    TakeBack(Resource),
    /// Anchor the heir to the identity, which then is no longer this object's.
    HandOver,
    /// Compare with the manifest and send what differs.
    Update,
    /// Show this identity, and how it differs from the manifest.
    Show(Resource),
    /// Give up the claim on the identity, which stays as it is: the object
    /// only observes from now on.
    LetGo,
    /// Ask the guard whether the identity may be lost.
    AskToLeave,
    /// The guard has been asked, and calls when it knows.
    AwaitLeave,
    /// The guard holds it until a person has decided.
    StayHeld,
    /// Delete the identity with this id.
    Delete(String),
    /// Make this identity inactive.
    Deactivate(Resource),
    /// Take the finalizer off; nothing of the identity is called.
    Release,
    /// Ask again after this time.
    Wait(SignedDuration),
    /// Have the server listed: an id that finds nobody proves nothing.
    AwaitListing,
    /// Read again after this time: until then the server may show what was
    /// there before the last change.
    Settle(SignedDuration),
    /// Ask again later, further and further apart.
    Retry(String),
    /// Nobody is found who is in the way of a creation: tell what the server
    /// said when it refused.
    Refused,
    /// A person has to decide.
    Stall(Obstacle),
}

/// The next step for an object in this state.
pub fn next(facts: &Facts<'_>, resource_type: ResourceType, digester: &Digester) -> Step {
    if facts.suspended && (facts.has_finalizer || !facts.deleting) {
        return Step::Suspend;
    }
    if facts.deleting {
        return removal(facts, resource_type, digester);
    }
    if facts.observes {
        return watching(facts);
    }
    if let (Some(rival), Some(anchor)) = (facts.rival, facts.anchor) {
        return Step::Stall(Obstacle::KeptBy { id: anchor.id.clone(), by: rival.called.clone() });
    }
    if facts.anchor.is_some() && !facts.has_finalizer {
        return Step::Protect;
    }
    let moved = facts.anchor.zip(facts.endpoint).and_then(|(anchor, endpoint)| anchor.moved_from(endpoint));
    let has_moved = moved.is_some();
    if let Some(obstacle) = moved.filter(|_| !facts.move_accepted) {
        return Step::Stall(obstacle);
    }
    if let Some(obstacle) = facts.terms.refusal() {
        return Step::Stall(obstacle.clone());
    }
    if facts.anchor.is_some() && facts.settled && !has_moved {
        return Step::Rest;
    }
    let Some(endpoint) = facts.endpoint else { return Step::AwaitProvider };
    if facts.frozen && (facts.applied || facts.anchor.is_none()) {
        return Step::AwaitProvider;
    }
    if facts.leave == Leave::Held {
        return Step::StayHeld;
    }
    match facts.anchor {
        Some(anchor) => match read_back(anchor, endpoint, facts, resource_type) {
            ReadBack::Same(_) => Step::Update,
            ReadBack::Gone if facts.tells_deletion && pending(facts).is_none() => {
                Step::Stall(Obstacle::Missing { id: anchor.id.clone() })
            }
            ReadBack::Gone => creation(facts, resource_type, digester),
            ReadBack::Other(step) => step,
        },
        None => returning(facts, resource_type).unwrap_or_else(|| creation(facts, resource_type, digester)),
    }
}

/// An object that only observes has no claim on anybody, and needs no last
/// word before it is deleted.
fn watching(facts: &Facts<'_>) -> Step {
    if facts.has_finalizer || facts.anchor.is_some() {
        Step::LetGo
    } else if let Some(obstacle) = &facts.terms.kind {
        Step::Stall(obstacle.clone())
    } else if facts.settled {
        Step::Rest
    } else if facts.endpoint.is_none() {
        Step::AwaitProvider
    } else {
        observation(facts)
    }
}

fn creation(facts: &Facts<'_>, resource_type: ResourceType, digester: &Digester) -> Step {
    if let Some(announced) = pending(facts) {
        if announced.just_written {
            return if facts.fresh { Step::Create } else { Step::ProveFresh };
        }
        match aftermath(announced, facts, digester) {
            Aftermath::Ours(resource) => return Step::Pair(resource),
            Aftermath::Undecided(step) => return step,
            // What is foreign has our keys, so the look by the manifest's keys
            // comes upon it, or the keys have changed since.
            Aftermath::Nothing | Aftermath::Foreign => {}
        }
    }
    management(facts, resource_type)
}

fn removal(facts: &Facts<'_>, resource_type: ResourceType, digester: &Digester) -> Step {
    let announced = pending(facts);
    let nothing_of_ours = facts.anchor.is_none() && announced.is_none();
    let stays = facts.policy == DeletionPolicy::Retain || facts.observes;
    if !facts.has_finalizer || stays || nothing_of_ours {
        return Step::Release;
    }
    // The identity is another object's; one that is only cached may be gone.
    match facts.rival {
        Some(rival) if rival.proven => return Step::Release,
        Some(_) => return Step::ProveRival,
        None => {}
    }
    let Some(endpoint) = facts.endpoint else { return Step::AwaitProvider };
    if let Some(obstacle) = &facts.terms.kind {
        return Step::Stall(obstacle.clone());
    }
    if facts.frozen {
        return Step::AwaitProvider;
    }
    let moved = facts.anchor.and_then(|anchor| anchor.moved_from(endpoint));
    if let Some(obstacle) = moved.filter(|_| !facts.move_accepted) {
        return Step::Stall(obstacle);
    }
    // Nobody loses what goes on under another name, so the guard has no say.
    let is_inherited = facts.anchor.is_some() && facts.has_heir;
    if let Some(step) = guarded(facts).filter(|_| !is_inherited) {
        return step;
    }
    if !facts.fresh {
        return Step::ProveFresh;
    }
    if is_inherited {
        return Step::HandOver;
    }
    if let Some(anchor) = facts.anchor {
        match read_back(anchor, endpoint, facts, resource_type) {
            ReadBack::Same(resource) => return ending(facts, resource, resource_type),
            ReadBack::Other(step) => return step,
            ReadBack::Gone => {}
        }
    }
    let Some(announced) = announced else { return Step::Release };
    match aftermath(announced, facts, digester) {
        Aftermath::Ours(resource) => ending(facts, &resource, resource_type),
        Aftermath::Undecided(step) => step,
        Aftermath::Nothing | Aftermath::Foreign => Step::Release,
    }
}

/// What comes before anything is even read of an identity that would be lost:
/// nothing else leads to a deletion. What the server cannot do needs no leave.
fn guarded(facts: &Facts<'_>) -> Option<Step> {
    let calls_something = match facts.policy {
        DeletionPolicy::Retain => false,
        DeletionPolicy::Deactivate => facts.terms.deactivation == Deactivation::Reversible,
        DeletionPolicy::Delete => facts.terms.deletion != Deletion::Unsupported,
    };
    match facts.leave {
        _ if !calls_something => None,
        Leave::Granted => None,
        Leave::NotAsked => Some(Step::AskToLeave),
        Leave::Settling => Some(Step::AwaitLeave),
        Leave::Held => Some(Step::StayHeld),
        Leave::Rejected => Some(Step::Release),
    }
}

/// The end of an identity that was found to be the object's.
fn ending(facts: &Facts<'_>, resource: &Resource, resource_type: ResourceType) -> Step {
    let unsupported = |what| Step::Stall(Obstacle::Unsupported(resource_type, what));
    let Terms { deletion, deactivation, .. } = *facts.terms;
    match (facts.policy, resource.id()) {
        (DeletionPolicy::Retain, _) => Step::Release,
        (_, id) if facts.protected.is(resource, resource_type) => Step::Stall(Obstacle::Protected { id }),
        (DeletionPolicy::Deactivate, _) if is_inactive(resource) => Step::Release,
        (DeletionPolicy::Deactivate, _) if deactivation != Deactivation::Reversible => {
            unsupported(Unsupported::Deactivation(deactivation))
        }
        (DeletionPolicy::Deactivate, Some(_)) => Step::Deactivate(resource.clone()),
        // What a deletion only makes inactive is as good as gone when it is so.
        (DeletionPolicy::Delete, _) if deletion == Deletion::Deactivates && is_inactive(resource) => {
            Step::Release
        }
        (DeletionPolicy::Delete, _) if deletion == Deletion::Unsupported => {
            let may_deactivate =
                resource_type == ResourceType::User && deactivation == Deactivation::Reversible;
            unsupported(Unsupported::Deletion { may_deactivate })
        }
        (DeletionPolicy::Delete, Some(id)) => Step::Delete(id),
        (_, None) => Step::Stall(Obstacle::AmbiguousCreate { ids: Vec::new() }),
    }
}

/// The note that may have led to a creation nobody recorded: there is no
/// anchor, or the note is about replacing exactly what the anchor names.
fn pending<'a>(facts: &Facts<'a>) -> Option<Announced<'a>> {
    let replaces = facts.anchor.map(|anchor| anchor.id.as_str());
    facts.announced.filter(|announced| {
        let came_to_nothing = announced.refused || announced.intent.unexpected.is_some();
        !came_to_nothing && announced.intent.replaces.as_deref() == replaces
    })
}

/// The obstacle that the server answered the creation of what the manifest
/// still asks for with somebody else's identity, and changed it, or enabled it
/// again: so would the next one.
pub(super) fn unexpected(facts: &Facts<'_>) -> Option<Obstacle> {
    let Intent { unexpected, keys, .. } = facts.announced?.intent;
    let id = unexpected.clone().filter(|_| *keys == facts.terms.keys)?;
    Some(Obstacle::UnexpectedAdoption { id })
}

enum Aftermath {
    Ours(Resource),
    Foreign,
    Nothing,
    Undecided(Step),
}

fn aftermath(announced: Announced<'_>, facts: &Facts<'_>, digester: &Digester) -> Aftermath {
    let hits = match facts.announced_lookup {
        Lookup::NotYet => return Aftermath::Undecided(Step::LookForAnnounced),
        Lookup::Unknown(why) => return Aftermath::Undecided(Step::Retry(why.clone())),
        Lookup::None => {
            let next = announced.intent.next_look(facts.now, facts.grace);
            return next.map_or(Aftermath::Nothing, |next| Aftermath::Undecided(Step::Wait(next)));
        }
        Lookup::Found(hits) => hits,
    };
    let Some(desired) = facts.desired else {
        return Aftermath::Undecided(Step::Stall(Obstacle::AmbiguousCreate { ids: ids(hits) }));
    };
    let proofs: Vec<Proof> = hits.iter().map(|hit| announced.intent.proof(hit, desired, digester)).collect();
    match (proofs.as_slice(), hits.as_slice()) {
        ([Proof::Ours], [ours]) => Aftermath::Ours(ours.clone()),
        (proofs, _) if proofs.iter().all(|proof| *proof == Proof::Foreign) => Aftermath::Foreign,
        // Whoever says that it may be taken over wants it in either case.
        (_, hits) if facts.may_take_over(hits) => Aftermath::Foreign,
        _ => Aftermath::Undecided(Step::Stall(Obstacle::AmbiguousCreate { ids: ids(hits) })),
    }
}

enum ReadBack<'a> {
    Same(&'a Resource),
    Gone,
    Other(Step),
}

fn read_back<'a>(
    anchor: &Address,
    endpoint: &str,
    facts: &Facts<'a>,
    resource_type: ResourceType,
) -> ReadBack<'a> {
    if let Some(obstacle) = anchor.moved_from(endpoint) {
        return ReadBack::Other(endpoint::moved(anchor, obstacle, facts, resource_type));
    }
    match (facts.reading, facts.settling) {
        (Reading::NotYet, _) => ReadBack::Other(Step::Read),
        (Reading::Gone, Some(left)) => ReadBack::Other(Step::Settle(left)),
        (Reading::Gone, None) => missing(facts),
        (Reading::Present(resource), _) if anchor.is(resource, resource_type) => {
            match facts.protected.refuses(resource, anchor, resource_type) {
                Some(obstacle) => ReadBack::Other(Step::Stall(obstacle)),
                None => ReadBack::Same(resource),
            }
        }
        (Reading::Present(_), _) => {
            ReadBack::Other(Step::Stall(Obstacle::IdentityMismatch { id: anchor.id.clone() }))
        }
    }
}

/// A wrong tenant finds nobody under any id: who is gone is missing in a
/// listing, too, and in one that can be believed.
fn missing<'a>(facts: &Facts<'a>) -> ReadBack<'a> {
    match facts.absence {
        _ if facts.frozen => ReadBack::Other(Step::AwaitProvider),
        Absence::Proven => ReadBack::Gone,
        Absence::Unknown => ReadBack::Other(Step::AwaitListing),
        Absence::Listed => {
            let why = "the server lists the identity, and has nothing under its id".to_owned();
            ReadBack::Other(Step::Retry(why))
        }
    }
}

#[cfg(test)]
mod tests;
