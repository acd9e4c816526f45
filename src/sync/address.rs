//! The address of an identity, and whether who is found there is still the
//! same one.

use jiff::Timestamp;

use super::{lookup::name_attribute, obstacle::Obstacle};
use crate::scim::{port::ResourceType, resource::Resource};

/// Where an identity is: the address that all its requests go to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// The endpoint key of the server it was created at.
    pub endpoint: String,
    /// The server's id.
    pub id: String,
    /// `meta.created` as the server told it, where it did.
    pub created: Option<String>,
    /// Its name when it was last seen, to tell it from a stranger with the
    /// same id where servers tell no creation time.
    pub name: Option<String>,
}

/// What reading the anchored identity found.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Reading {
    /// It has not been read in this pass.
    #[default]
    NotYet,
    /// The server has nothing under this id.
    Gone,
    /// This is there under the id.
    Present(Resource),
}

impl Address {
    /// The obstacle that this address is at another server than the one that
    /// is talked to: ids of one are strangers at the other.
    pub fn moved_from(&self, endpoint: &str) -> Option<Obstacle> {
        (self.endpoint != endpoint).then(|| Obstacle::EndpointChanged {
            anchored: self.endpoint.clone(),
            current: endpoint.to_owned(),
        })
    }

    /// Whether a resource is the identity of this address and not a stranger
    /// that was given the same id. The creation time decides where both sides
    /// know it; else the name does.
    pub fn is(&self, resource: &Resource, resource_type: ResourceType) -> bool {
        if resource.id().as_deref() != Some(self.id.as_str()) {
            return false;
        }
        match (self.created.as_deref(), resource.created()) {
            (Some(known), Some(read)) => same_time(known, read),
            _ => match (&self.name, resource.text(name_attribute(resource_type))) {
                (Some(known), Some(read)) => known.to_lowercase() == read.to_lowercase(),
                _ => false,
            },
        }
    }
}

/// Whether two spellings are of the same time.
pub(super) fn same_time(known: &str, read: &str) -> bool {
    match (known.parse::<Timestamp>(), read.parse::<Timestamp>()) {
        (Ok(known), Ok(read)) => known == read,
        _ => known == read,
    }
}
