//! How a pass ends, and why a step of it fails.

use std::time::Duration;

use super::objects::ObjectError;
use crate::{
    scim::error,
    sync::outcome::{Because, Outcome},
};

/// How a pass ended.
#[derive(Debug)]
pub(super) enum End {
    /// Nothing was to be done.
    Rest,
    /// The object is gone, or no longer ours.
    Gone,
    /// Nothing worth a word; perhaps come back after this time.
    Quiet(Option<Duration>),
    /// The provider has to answer first.
    AwaitProvider,
    /// This is to be said; perhaps come back after this time.
    Done(Outcome, Option<Duration>),
}

/// Why a step failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum Fault {
    /// A request to the SCIM server.
    #[error(transparent)]
    Server(#[from] error::Error),
    /// A call to the API server.
    #[error(transparent)]
    Object(#[from] ObjectError),
    /// The server answered a creation with somebody else's identity.
    #[error("the server answered the creation with an identity that was there before")]
    ForeignResult {
        /// Its id.
        id: String,
    },
    /// The server's answers do not tell what is there.
    #[error("{0}")]
    Undecided(String),
    /// Something that is not on the server is missing.
    #[error("{}", .0.message)]
    Unmet(Because),
}

impl From<Because> for Fault {
    fn from(because: Because) -> Self {
        Self::Unmet(because)
    }
}
