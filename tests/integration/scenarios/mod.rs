//! What must never happen to an identity, one scenario each: without the rule
//! that it is about, the harm would happen. Every scenario plays among people
//! and groups whom nobody manages, and ends with a look at whether all of them
//! are as they were and nothing repeats for ever.

mod budgets;
mod claims;
mod crashes;
mod drift;
mod endpoint;
mod every_request;
mod groups;
mod guard;
mod holds;
mod leader;
mod lifetimes;
mod namesakes;
mod normalized;
mod outage;
mod population;
mod protected;
mod references;
mod renames;
mod returning;
mod scene;
mod stale;
mod sweeps;
mod wire;

pub(crate) use self::scene::{Scene, Stand};
