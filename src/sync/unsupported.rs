//! What a server cannot do, and how a person is told.

use crate::{
    api::reasons,
    scim::{port::ResourceType, profile::Deactivation},
    sync::outcome::listed,
};

/// What a server, as its profile describes it, cannot do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unsupported {
    /// It has no such resources.
    Kind {
        /// It says so itself, and not the profile.
        says_server: bool,
    },
    /// Nobody can create one.
    Creation,
    /// Nobody can change one that is there.
    Update {
        /// What differs.
        paths: Vec<String>,
    },
    /// The manifest says `active: false`.
    Inactive(Deactivation),
    /// The object is to be deactivated in the end.
    Deactivation(Deactivation),
    /// Nobody can delete one.
    Deletion {
        /// Whether it can be made inactive instead.
        may_deactivate: bool,
    },
    /// A password is taken at the creation alone.
    Password,
}

impl Unsupported {
    /// What people and alerts know it by.
    pub fn reason(&self) -> &'static str {
        reasons::UNSUPPORTED_BY_SERVER
    }

    /// What a person is told.
    pub fn message(&self, resource_type: ResourceType) -> String {
        let kinds = match resource_type {
            ResourceType::User => "users",
            ResourceType::Group => "groups",
        };
        let overrides = format!("spec.overrides.{kinds}");
        match self {
            Self::Kind { says_server } => {
                let who = if *says_server {
                    "its own list of resource types does not name them"
                } else {
                    "its provider's profile says so"
                };
                format!(
                    "this server has no {kinds}: {who}. Nothing is asked of it or sent. Delete this object, or, if \
                     the server has them after all, set {overrides}.supported: true at the provider."
                )
            }
            Self::Creation => format!(
                "this server lets nobody create {kinds}, as its provider's profile says. Create this one there and \
                 take it over with adoptionPolicy: Adopt; or, if the server does create them, set \
                 {overrides}.operations.create: true at the provider."
            ),
            Self::Update { paths } => format!(
                "the server differs in {}, and it has neither PATCH nor PUT for {kinds}, as its provider's profile \
                 says. Make the manifest and the server say the same; or, if it has one of them, say which in \
                 {overrides}.operations at the provider.",
                listed(paths)
            ),
            Self::Inactive(Deactivation::Destructive) => {
                "spec.active: false destroys the account on this server: active: true does not bring it back. \
                 Nothing is sent. If that is meant, set deletionPolicy: Delete beside it; else remove active."
                    .to_owned()
            }
            Self::Inactive(_) => format!(
                "this server does nothing about spec.active: false, or refuses it, as its provider's profile says. \
                 Remove active; or, if it does work, set {overrides}.deactivation: Reversible at the provider."
            ),
            Self::Deactivation(deactivation) => {
                let why = match deactivation {
                    Deactivation::Destructive => "destroys the account on this server",
                    _ => "does nothing on this server, or is refused",
                };
                format!(
                    "deletionPolicy: Deactivate {why}, as its provider's profile says. Set deletionPolicy: Retain to \
                     leave the account as it is, or Delete."
                )
            }
            Self::Deletion { may_deactivate } => {
                let or = if *may_deactivate { ", or Deactivate to make it inactive there" } else { "" };
                format!(
                    "this server deletes no {kinds}, as its provider's profile says. Set deletionPolicy: Retain to let \
                     the object go and leave the {resource_type} on the server{or}."
                )
            }
            Self::Password => "this server takes a password only when it creates the account, so the other one that \
                               the Secret has now was not sent. Set it on the server by hand; this object goes on \
                               when the Secret has the old one again, or none is named in passwordSecretRef."
                .to_owned(),
        }
    }
}
