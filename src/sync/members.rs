//! Who is to be in a group, and which requests make it so (RFC 7643 §4.2).

pub use self::{
    batches::{Batch, Batches, Cut, PER_REQUEST},
    names::{Answer, Census, folded},
    plan::{Addition, MemberPlan, plan},
    refusals::Refusals,
    wanted::{Named, Reference, Selection, Wanted},
};

mod batches;
mod names;
mod plan;
mod refusals;
mod wanted;

#[cfg(test)]
mod properties;
