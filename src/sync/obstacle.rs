//! What a person has to decide, and how they are told.

use super::{
    outcome::{Because, listed},
    rules::Violation,
    unsupported::Unsupported,
};
use crate::{
    api::{
        names::{REACTIVATE_REQUESTED_AT, RECONCILE_REQUESTED_AT},
        reasons,
    },
    scim::port::ResourceType,
};

mod words;

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
    /// Somebody said that the new endpoint is the old server, and under the
    /// anchored id it has nobody, or somebody else.
    NotThere {
        /// The id.
        id: String,
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
    /// The same, and it is inactive, perhaps on purpose.
    IdentityInactive {
        /// Its id.
        id: String,
    },
    /// It could be taken over, and the provider forbids that.
    AdoptionForbidden {
        /// Its id.
        id: String,
    },
    /// Several identities have the manifest's keys, so that none is meant.
    SeveralMatch {
        /// Their ids.
        ids: Vec<String>,
    },
    /// Another object stands for the identity that is meant.
    StoodFor {
        /// Its id.
        id: String,
        /// What people call the other object.
        by: String,
    },
    /// Another object is anchored to the same identity, and keeps it.
    KeptBy {
        /// Its id.
        id: String,
        /// What people call the other object.
        by: String,
    },
    /// An older object asks for the same identity, and goes first.
    Preceded {
        /// What people call the other object.
        by: String,
    },
    /// The identity with the id that the manifest names has another name.
    OtherName {
        /// The id.
        id: String,
    },
    /// The server has nothing under the id that the manifest names.
    NoSuchId {
        /// The id.
        id: String,
    },
    /// Nobody there has the keys of an object that only observes.
    NobodyThere,
    /// An identity was found that may or may not be the one that was
    /// announced.
    AmbiguousCreate {
        /// Their ids.
        ids: Vec<String>,
    },
    /// The server answered a creation with an identity that was there before.
    UnexpectedAdoption {
        /// Its id.
        id: String,
    },
    /// The name is one that the provider protects, in the manifest or on the
    /// server.
    Protected {
        /// The id of the identity that has it now.
        id: Option<String>,
    },
    /// The manifest has something that the server does not take.
    Violation(Violation),
    /// The server cannot do what is asked.
    Unsupported(ResourceType, Unsupported),
    /// Somebody changed these on the server, and that is only told.
    Drifted {
        /// The attributes.
        paths: Vec<String>,
    },
    /// Somebody disabled the account on the server.
    Deactivated,
    /// Somebody deleted the identity on the server, and that is only told.
    Missing {
        /// The id that it had.
        id: String,
    },
    /// These differ, and nobody can change them.
    Immutable {
        /// The attributes.
        paths: Vec<String>,
    },
}

impl Obstacle {
    /// What a person is told about it.
    pub fn because(&self, kind: &str) -> Because {
        Because::new(self.reason(), self.message(kind))
    }

    /// Whether it is somebody else's doing on the server, so that a sweep sees
    /// when it is over.
    pub fn is_outside(&self) -> bool {
        matches!(self, Self::Drifted { .. } | Self::Deactivated | Self::Missing { .. })
    }

    fn reason(&self) -> &'static str {
        match self {
            Self::EndpointChanged { .. } => reasons::ENDPOINT_CHANGED,
            Self::IdentityMismatch { .. } | Self::OtherName { .. } | Self::NotThere { .. } => {
                reasons::IDENTITY_MISMATCH
            }
            Self::AlreadyExists { .. } | Self::SeveralMatch { .. } => reasons::ALREADY_EXISTS,
            Self::StoodFor { .. } | Self::KeptBy { .. } | Self::Preceded { .. } => reasons::CONFLICT,
            Self::IdentityInactive { .. } => reasons::IDENTITY_INACTIVE,
            Self::AdoptionForbidden { .. } => reasons::ADOPTION_FORBIDDEN,
            Self::NoSuchId { .. } | Self::NobodyThere | Self::Missing { .. } => reasons::REMOTE_MISSING,
            Self::Drifted { .. } => reasons::DRIFTED,
            Self::Deactivated => reasons::EXTERNALLY_DEACTIVATED,
            Self::AmbiguousCreate { .. } => reasons::AMBIGUOUS_CREATE,
            Self::UnexpectedAdoption { .. } => reasons::UNEXPECTED_ADOPTION,
            Self::Protected { .. } => reasons::PROTECTED,
            Self::Violation(violation) => violation.reason(),
            Self::Unsupported(_, unsupported) => unsupported.reason(),
            Self::Immutable { .. } => reasons::IMMUTABLE_ATTRIBUTE,
        }
    }

    fn message(&self, kind: &str) -> String {
        match self {
            Self::EndpointChanged { anchored, current } => words::endpoint_changed(kind, anchored, current),
            Self::NotThere { id } => words::not_there(kind, id),
            Self::IdentityMismatch { id } => format!(
                "the server now has somebody else under the id {id}: its creation time or its name is not that of \
                 the {kind} of this object. Nothing is changed or deleted. If that is right, set deletionPolicy: \
                 Retain, delete this object and create it anew."
            ),
            Self::AlreadyExists { ids } => format!(
                "the server already has a {kind} with this name or externalId that this object did not create (id \
                 {}). It is left untouched. To take it over, set adoptionPolicy: Adopt. Else rename one of them, \
                 or remove the one on the server if nobody needs it; this object then goes on by itself.",
                listed(ids)
            ),
            Self::IdentityInactive { id } => format!(
                "the server already has a {kind} with this name or externalId, and it is inactive, perhaps on \
                 purpose (id {id}). It is left untouched. To take it over, set adoptionPolicy: Adopt; to enable \
                 it as well, active: true. Else rename one of them."
            ),
            Self::AdoptionForbidden { id } => format!(
                "this object would take over the {kind} with the id {id}, and its provider forbids that. Set \
                 adoption: Allowed at the provider, or rename this object's {kind}."
            ),
            Self::SeveralMatch { ids } => format!(
                "several {kind}s on the server have this name or externalId (id {}), and only one can be meant. \
                 They are left untouched. Name the right one in adoptID, or make the name and the externalId of \
                 this object those of one {kind}.",
                listed(ids)
            ),
            Self::StoodFor { id, by } => words::stood_for(kind, id, by),
            Self::KeptBy { id, by } => words::kept_by(kind, id, by),
            Self::Preceded { by } => words::preceded(kind, by),
            Self::OtherName { id } => format!(
                "the {kind} with the id {id}, which adoptID names, has another name than this manifest. It is \
                 left untouched. Correct adoptID or the name."
            ),
            Self::NoSuchId { id } => format!(
                "the server has no {kind} with the id {id}, which adoptID names. Nothing is created in its place. \
                 Correct adoptID, or remove it to go by the name."
            ),
            Self::NobodyThere => format!(
                "the server has no {kind} with this name or externalId to observe. This object goes on by itself \
                 once there is one; set mode: Manage to create it."
            ),
            Self::AmbiguousCreate { ids } => format!(
                "a creation was interrupted, and the server has a {kind} that may be the result, without proof \
                 (id {}). Nothing is changed. Look at it on the server: to take it over, whosever it is, set \
                 adoptionPolicy: Adopt. Else remove it there if nobody needs it, and this object creates a new \
                 one; or set deletionPolicy: Retain and delete this object.",
                listed(ids)
            ),
            Self::UnexpectedAdoption { id } => words::unexpected_adoption(kind, id),
            Self::Protected { id: None } => words::protected_name(kind),
            Self::Protected { id: Some(id) } => words::protected_identity(kind, id),
            Self::Violation(violation) => violation.to_string(),
            Self::Unsupported(resource_type, unsupported) => unsupported.message(*resource_type),
            Self::Drifted { paths } => format!(
                "somebody changed {} of this {kind} on the server, and the provider has driftPolicy: Report. It is \
                 left as it is. To have it changed back, give this object's annotation {RECONCILE_REQUESTED_AT} a \
                 new value; else make the manifest say what the server says.",
                listed(paths)
            ),
            Self::Deactivated => format!(
                "somebody disabled this {kind} on the server. It stays disabled, and nothing is sent to it. To \
                 enable it again, give this object's annotation {REACTIVATE_REQUESTED_AT} a new value, such as the \
                 time; if it is to stay so, set active: false."
            ),
            Self::Missing { id } => format!(
                "somebody deleted the {kind} with the id {id} on the server, and the provider has \
                 onExternalDeletion: Report. To have it created anew, give this object's annotation \
                 {RECONCILE_REQUESTED_AT} a new value; else delete this object."
            ),
            Self::Immutable { paths } => format!(
                "the server lets nobody change {} of a {kind} that is there, and it has another value than the \
                 manifest. Nothing of it is sent, the rest is. Give the manifest the old value, or delete this object \
                 and create it anew, with which the {kind} is another one.",
                listed(paths)
            ),
        }
    }
}
