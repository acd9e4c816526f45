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
    desired::Desired,
    digest::Digester,
    intent::{Intent, Proof},
    lookup::Lookup,
};
use crate::scim::{port::ResourceType, resource::Resource};

/// Where an identity is: the address that all its requests go to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// The endpoint key of the server it was created at.
    pub endpoint: String,
    /// The server's id.
    pub id: String,
    /// `meta.created` as the server told it, where it did.
    pub created: Option<String>,
    /// Its name when it was last seen, to tell it from a stranger with the
    /// same id where servers tell no creation time.
    pub name: Option<String>,
}

/// What reading the anchored identity found.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Reading {
    /// It has not been read in this pass.
    #[default]
    NotYet,
    /// The server has nothing under this id.
    Gone,
    /// This is there under the id.
    Present(Resource),
}

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
    /// The policy in force says that the identity outlives the object.
    pub retain: bool,
    /// Nothing suggests that the server differs from the manifest: the spec
    /// was applied and no sweep has seen a difference since.
    pub settled: bool,
    /// The server's endpoint key; `None` while it cannot be talked to.
    pub endpoint: Option<&'a str>,
    /// The identity's address.
    pub anchor: Option<&'a Address>,
    /// The note of a creation.
    pub announced: Option<Announced<'a>>,
    /// The object was read from the API server, or written with a
    /// precondition, in this pass.
    pub fresh: bool,
    /// What reading by id found.
    pub reading: &'a Reading,
    /// What a look by the announced keys found, over everything there is.
    pub announced_lookup: &'a Lookup,
    /// What a look by the manifest's keys found.
    pub lookup: &'a Lookup,
    /// What is wanted; needed to prove that a found identity is ours.
    pub desired: Option<&'a Desired>,
    /// The operator's clock.
    pub now: Timestamp,
}

/// The next step.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// Nothing to do until something changes.
    Rest,
    /// The server is needed and cannot be talked to.
    AwaitProvider,
    /// Read the identity by its id.
    Read,
    /// Look for what the note announced, over everything there is.
    LookForAnnounced,
    /// Look for whoever has the manifest's keys.
    Look,
    /// Read the object from the API server.
    ProveFresh,
    /// Put back the finalizer that somebody took off.
    Protect,
    /// Put the finalizer and the note on the object, provided that it is
    /// still as it was read.
    Announce,
    /// Send the creation.
    Create,
    /// Take this identity, which was created for this object, as its own.
    Pair(Resource),
    /// Compare with the manifest and send what differs.
    Update,
    /// Delete the identity with this id.
    Delete(String),
    /// Take the finalizer off; nothing of the identity is called.
    Release,
    /// Ask again after this time.
    Wait(SignedDuration),
    /// Ask again later, further and further apart.
    Retry(String),
    /// A person has to decide.
    Stall(Obstacle),
}

/// Why nothing goes on by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// The provider points to another endpoint than the anchor.
    EndpointChanged {
        /// The anchor's endpoint key.
        anchored: String,
        /// The provider's endpoint key.
        current: String,
    },
    /// Under the anchored id the server has somebody else.
    IdentityMismatch {
        /// The id.
        id: String,
    },
    /// Somebody else's identity has the manifest's keys.
    AlreadyExists {
        /// Their ids.
        ids: Vec<String>,
    },
    /// An identity was found that may or may not be the one that was
    /// announced.
    AmbiguousCreate {
        /// Their ids.
        ids: Vec<String>,
    },
}

/// The next step for an object in this state.
pub fn next(facts: &Facts<'_>, resource_type: ResourceType, digester: &Digester) -> Step {
    if facts.deleting {
        return removal(facts, resource_type, digester);
    }
    if facts.anchor.is_some() && !facts.has_finalizer {
        return Step::Protect;
    }
    if let (Some(anchor), Some(endpoint)) = (facts.anchor, facts.endpoint)
        && let Some(obstacle) = anchor.moved_from(endpoint)
    {
        return Step::Stall(obstacle);
    }
    if facts.anchor.is_some() && facts.settled {
        return Step::Rest;
    }
    let Some(endpoint) = facts.endpoint else { return Step::AwaitProvider };
    match facts.anchor {
        Some(anchor) => match read_back(anchor, endpoint, facts.reading, resource_type) {
            ReadBack::Same => Step::Update,
            ReadBack::Gone => creation(facts, digester),
            ReadBack::Other(step) => step,
        },
        None => creation(facts, digester),
    }
}

fn creation(facts: &Facts<'_>, digester: &Digester) -> Step {
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
    match facts.lookup {
        Lookup::NotYet => Step::Look,
        Lookup::None => Step::Announce,
        Lookup::Found(hits) => Step::Stall(Obstacle::AlreadyExists { ids: ids(hits) }),
        Lookup::Unknown(why) => Step::Retry(why.clone()),
    }
}

fn removal(facts: &Facts<'_>, resource_type: ResourceType, digester: &Digester) -> Step {
    let announced = pending(facts);
    let nothing_of_ours = facts.anchor.is_none() && announced.is_none();
    if !facts.has_finalizer || facts.retain || nothing_of_ours {
        return Step::Release;
    }
    let Some(endpoint) = facts.endpoint else { return Step::AwaitProvider };
    if !facts.fresh {
        return Step::ProveFresh;
    }
    if let Some(anchor) = facts.anchor {
        match read_back(anchor, endpoint, facts.reading, resource_type) {
            ReadBack::Same => return Step::Delete(anchor.id.clone()),
            ReadBack::Other(step) => return step,
            ReadBack::Gone => {}
        }
    }
    let Some(announced) = announced else { return Step::Release };
    match aftermath(announced, facts, digester) {
        Aftermath::Ours(resource) => match resource.id() {
            Some(id) => Step::Delete(id),
            None => Step::Stall(Obstacle::AmbiguousCreate { ids: Vec::new() }),
        },
        Aftermath::Undecided(step) => step,
        Aftermath::Nothing | Aftermath::Foreign => Step::Release,
    }
}

/// The note that may have led to a creation nobody recorded: there is no
/// anchor, or the note is about replacing exactly what the anchor names.
fn pending<'a>(facts: &Facts<'a>) -> Option<Announced<'a>> {
    let replaces = facts.anchor.map(|anchor| anchor.id.as_str());
    facts.announced.filter(|announced| !announced.refused && announced.intent.replaces.as_deref() == replaces)
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
            let left = announced.intent.unsettled(facts.now);
            return left.map_or(Aftermath::Nothing, |left| Aftermath::Undecided(Step::Wait(left)));
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
        _ => Aftermath::Undecided(Step::Stall(Obstacle::AmbiguousCreate { ids: ids(hits) })),
    }
}

enum ReadBack {
    Same,
    Gone,
    Other(Step),
}

fn read_back(anchor: &Address, endpoint: &str, reading: &Reading, resource_type: ResourceType) -> ReadBack {
    if let Some(obstacle) = anchor.moved_from(endpoint) {
        return ReadBack::Other(Step::Stall(obstacle));
    }
    match reading {
        Reading::NotYet => ReadBack::Other(Step::Read),
        Reading::Gone => ReadBack::Gone,
        Reading::Present(resource) if anchor.is(resource, resource_type) => ReadBack::Same,
        Reading::Present(_) => {
            ReadBack::Other(Step::Stall(Obstacle::IdentityMismatch { id: anchor.id.clone() }))
        }
    }
}

impl Address {
    /// The obstacle that this address is at another server than the one that
    /// is talked to: ids of one are strangers at the other.
    fn moved_from(&self, endpoint: &str) -> Option<Obstacle> {
        (self.endpoint != endpoint).then(|| Obstacle::EndpointChanged {
            anchored: self.endpoint.clone(),
            current: endpoint.to_owned(),
        })
    }

    /// Whether a resource is the identity of this address and not a stranger
    /// that was given the same id. The creation time decides where both sides
    /// know it; else the name does.
    pub fn is(&self, resource: &Resource, resource_type: ResourceType) -> bool {
        if resource.id().as_deref() != Some(self.id.as_str()) {
            return false;
        }
        match (self.created.as_deref(), resource.created()) {
            (Some(known), Some(read)) => same_time(known, read),
            _ => match (&self.name, resource.text(super::lookup::name_attribute(resource_type))) {
                (Some(known), Some(read)) => known.to_lowercase() == read.to_lowercase(),
                _ => false,
            },
        }
    }
}

fn same_time(known: &str, read: &str) -> bool {
    match (known.parse::<Timestamp>(), read.parse::<Timestamp>()) {
        (Ok(known), Ok(read)) => known == read,
        _ => known == read,
    }
}

fn ids(hits: &[Resource]) -> Vec<String> {
    hits.iter().filter_map(Resource::id).collect()
}

#[cfg(test)]
#[path = "lifecycle_tests.rs"]
mod tests;
