//! The decisions: what is wanted, what differs, what to do next, what to say
//! about it. No clients, no clocks, nothing asynchronous; the controller only
//! executes what is decided here.

pub mod absent;
pub mod address;
pub mod backoff;
pub mod breaker;
pub mod claims;
pub mod compare;
pub mod deletion;
pub mod desired;
pub mod diff;
pub mod digest;
pub mod endpoint;
pub mod external;
pub mod grants;
pub mod guard;
pub mod handover;
pub mod intent;
pub mod lease;
pub mod lifecycle;
pub mod lookup;
pub mod members;
pub mod obstacle;
pub mod outcome;
pub mod pace;
pub mod password;
pub mod plan;
pub mod plausible;
pub mod presence;
pub mod protected;
pub mod put;
pub mod record;
pub mod rules;
pub mod selector;
pub mod shown;
pub mod terms;
pub mod unsupported;

#[cfg(test)]
mod properties;
