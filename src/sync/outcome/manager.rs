//! What to say about the manager whom a person's object names by object.

use super::Because;
use crate::api::reasons;

/// How far the reference to a manager is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ManagerRemark {
    /// The object has an identity.
    Resolved,
    /// No object of this name has an identity yet.
    NotReady(String),
    /// The object of this name belongs to another provider.
    Refused(String),
}

impl ManagerRemark {
    /// The condition that says it: status and why.
    pub(super) fn condition(&self) -> (&'static str, Because) {
        match self {
            Self::Resolved => ("True", Because::new(reasons::SUCCEEDED, "the manager has an identity")),
            Self::NotReady(name) => {
                let message = format!(
                    "no ScimUser {name} of this provider in this namespace has an identity yet. Everything else is \
                     applied, and the manager follows by itself."
                );
                ("False", Because::new(reasons::REFERENCE_NOT_READY, message))
            }
            Self::Refused(name) => {
                let message = format!(
                    "the ScimUser {name} belongs to another provider, so it is nobody's manager here. Everything \
                     else is applied. Name a ScimUser with the same providerRef."
                );
                ("False", Because::new(reasons::REFERENCE_REFUSED, message))
            }
        }
    }
}
