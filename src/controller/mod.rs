//! The only place that touches both sides: it watches the objects, talks to
//! the servers, and carries out what `sync` decides.

mod addresses;
mod adoption;
mod change;
mod circuit;
mod connection;
mod connections;
mod context;
mod creation;
mod credentials;
mod ending;
mod engine;
mod events;
mod finding;
mod gate;
mod identity;
mod key;
mod kind;
mod links;
mod look;
mod members;
mod metered;
mod names;
mod namespaces;
mod objects;
mod observe;
mod pace;
mod paced;
mod pass;
mod permission;
mod provider;
mod providers;
mod roster;
mod run;
mod scopes;
mod secrets;
mod sessions;
mod shallow;
mod startup;
mod sweep;
mod traffic;
mod update;
mod watches;
mod windows;

pub use self::run::{RunError, run};
