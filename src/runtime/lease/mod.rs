//! One process of an installation works; the others stand by. Which one it is
//! says a Lease (coordination.k8s.io) in the operator's namespace. What follows
//! from what it says is decided in `sync::lease`.

mod election;
mod leader;
mod store;
mod tenure;
#[cfg(test)]
mod tests;

pub use self::{election::Election, leader::Leader, tenure::Tenure};

use crate::sync::lease::Terms;

/// Which Lease, and how it is kept.
#[derive(Clone, Debug)]
pub struct LeaseSettings {
    /// Where it is.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Who we are in it: a name that no other process ever has.
    pub identity: String,
    /// How long it lasts.
    pub terms: Terms,
}
