//! How a server behaves, as data. What a file leaves out is what RFC 7643 and
//! RFC 7644 say, so that it names only what is odd.

mod kind;
mod lifecycle;
mod listing;
mod members;
mod wire;
mod writing;

use std::{fs, path::Path};

use serde::Deserialize;

pub(crate) use self::{
    kind::{Answered, Attribute, Derived, Kind, Mutability, Operation, Returned, TooMany, Unknown},
    lifecycle::{Deactivation, Deletion, Edits, Lifecycle, Recreation},
    listing::{Beyond, CountHabit, Filtering, Paging, Quotes, Search, Style, Total, UnknownFilter},
    members::{InPut, Members, OtherRemoval, Readded, Removal, Replacing, Shown, Stranger, Taken},
    wire::{
        Booleans, Discovery, EntityTags, ErrorBody, ErrorStatus, Errors, Fault, FaultBody, Form, Ids,
        IfMatch, Keys, Limit, Locations, Meta, Shape, Wire,
    },
    writing::{
        AbsentActive, Creation, ExtensionPath, Lag, OperationsKey, Patching, Pathless, Putting, Selections,
    },
};
use super::ResourceType;

/// One file for each server that is known by its documents.
const SERVERS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/servers");

/// Everything that can be odd about a server.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct Habits {
    /// The path under which everything is.
    pub(crate) base: String,
    /// What it says of itself.
    pub(crate) discovery: Discovery,
    /// Headers, media types, how often one may write.
    pub(crate) wire: Wire,
    /// What errors look like.
    pub(crate) errors: Errors,
    /// What resources look like.
    pub(crate) shape: Shape,
    /// Versions of resources.
    pub(crate) entity_tags: EntityTags,
    /// Users: their endpoint, operations and attributes.
    pub(crate) users: Kind,
    /// Groups, likewise.
    pub(crate) groups: Kind,
    /// Lists and their pages.
    pub(crate) paging: Paging,
    /// Filters.
    pub(crate) filter: Filtering,
    /// What a creation does.
    pub(crate) creation: Creation,
    /// How late reads see what was written.
    pub(crate) lag: Lag,
    /// The dialect of PATCH.
    pub(crate) patch: Patching,
    /// What a PUT does.
    pub(crate) put: Putting,
    /// The members of groups.
    pub(crate) members: Members,
    /// Deactivation and deletion.
    pub(crate) lifecycle: Lifecycle,
    /// Answers that are none.
    pub(crate) faults: Vec<Fault>,
}

impl Default for Habits {
    fn default() -> Self {
        Self {
            base: "/scim/v2".to_owned(),
            discovery: Discovery::default(),
            wire: Wire::default(),
            errors: Errors::default(),
            shape: Shape::default(),
            entity_tags: EntityTags::default(),
            users: Kind::default(),
            groups: Kind::default(),
            paging: Paging::default(),
            filter: Filtering::default(),
            creation: Creation::default(),
            lag: Lag::default(),
            patch: Patching::default(),
            put: Putting::default(),
            members: Members::default(),
            lifecycle: Lifecycle::default(),
            faults: Vec::new(),
        }
    }
}

impl Habits {
    /// The habits in `tests/servers/{name}.yaml`.
    pub(crate) fn of_server(name: &str) -> Self {
        let path = Path::new(SERVERS).join(name).with_extension("yaml");
        let yaml = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        Self::read(&yaml)
    }

    /// The servers whose habits are in `tests/servers`.
    pub(crate) fn servers() -> Vec<String> {
        let files = fs::read_dir(SERVERS).unwrap().map(|file| file.unwrap().path());
        let mut names: Vec<String> =
            files.map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned()).collect();
        names.sort();
        names
    }

    /// Reads a file of habits; a name that is none of these is refused.
    pub(crate) fn read(yaml: &str) -> Self {
        serde_saphyr::from_str(yaml).unwrap_or_else(|error| panic!("these are no habits: {error}\n{yaml}"))
    }

    pub(crate) fn of(&self, resource_type: ResourceType) -> &Kind {
        match resource_type {
            ResourceType::User => &self.users,
            ResourceType::Group => &self.groups,
        }
    }

    /// Where resources of this type are, below the base.
    pub(crate) fn path(&self, resource_type: ResourceType) -> &str {
        self.of(resource_type).path.as_deref().unwrap_or(resource_type.endpoint())
    }

    /// The attributes that no two resources have alike.
    pub(crate) fn unique(&self, resource_type: ResourceType) -> Vec<String> {
        let by_default = match resource_type {
            ResourceType::User => vec!["userName".to_owned()],
            ResourceType::Group => Vec::new(),
        };
        self.of(resource_type).unique.clone().unwrap_or(by_default)
    }
}
