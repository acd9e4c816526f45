//! Who is to be in a group, and which requests make it so (RFC 7643 §4.2).

pub use self::{
    batches::{Batch, Batches},
    cut::Cut,
    names::{Answer, Census, folded},
    plan::{Addition, MemberPlan, plan, plan_unseen},
    refusals::Refusals,
    unseen::{questions, remembered},
    wanted::{Named, Reference, Selection, Wanted},
};

mod batches;
mod cut;
mod names;
mod plan;
mod refusals;
mod unseen;
mod wanted;

#[cfg(test)]
mod properties;
