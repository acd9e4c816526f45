//! Between the JSON of the standard, which the rest of the program speaks,
//! and the JSON of one server, as its profile describes it. Nothing here does
//! any I/O.

use std::sync::Arc;

use serde_json::Value;

use self::spelling::Names;
use super::{
    filter::Filter,
    patch::PatchRequest,
    port::ResourceType,
    profile::{Dialect, KindRules, Profile},
    resource::Resource,
};

pub use self::{filter::Unsendable, verb::Verb};

mod filter;
mod members;
mod patch;
mod read;
mod shape;
mod spelling;
mod values;
mod verb;
mod write;

/// Writes and reads as one server does.
#[derive(Debug)]
pub struct Codec {
    dialect: Arc<Dialect>,
    users: Spellings,
    groups: Spellings,
}

/// How names are spelt.
#[derive(Debug)]
struct Spellings {
    /// Those of the profile.
    listed: Names,
    /// Those of the standard, too.
    known: Names,
}

/// One kind of resource of one server.
#[derive(Clone, Copy, Debug)]
struct Kind<'a> {
    profile: &'a Profile,
    resource_type: ResourceType,
    spellings: &'a Spellings,
}

/// The address of a resource for `$ref`, by its kind and id.
pub type Addresses<'a> = &'a dyn Fn(ResourceType, &str) -> Option<String>;

impl Codec {
    /// Speaks as this dialect says.
    pub fn new(dialect: Arc<Dialect>) -> Self {
        let [users, groups] = [ResourceType::User, ResourceType::Group].map(|resource_type| {
            let listed = Names::listed(dialect.profile.kind(resource_type));
            let known = listed.clone().with_standard(resource_type);
            Spellings { listed, known }
        });
        Self { dialect, users, groups }
    }

    /// The profile.
    pub fn profile(&self) -> &Profile {
        &self.dialect.profile
    }

    /// A resource out of what the server sent.
    pub fn read(&self, resource_type: ResourceType, body: Value) -> Result<Resource, &'static str> {
        read::resource(self.kind(resource_type), body)
    }

    /// The body of a POST.
    pub fn creation(&self, resource_type: ResourceType, body: &Resource, addresses: Addresses<'_>) -> Value {
        write::creation(self.kind(resource_type), body, addresses)
    }

    /// The body of a PUT.
    pub fn replacement(&self, resource_type: ResourceType, body: &Resource) -> Value {
        write::replacement(self.kind(resource_type), body)
    }

    /// The bodies of the requests that together are this one, to be sent one
    /// after the other. There are several where the profile limits their
    /// size, and none where there is nothing to do.
    pub fn patches(
        &self,
        resource_type: ResourceType,
        id: &str,
        request: &PatchRequest,
        addresses: Addresses<'_>,
    ) -> Vec<Value> {
        patch::bodies(self.kind(resource_type), id, request, addresses)
    }

    /// A filter as the server reads it.
    pub fn filter(&self, resource_type: ResourceType, filter: &Filter) -> Result<String, Unsendable> {
        filter::written(self.profile().kind(resource_type), filter)
    }

    /// The filter over groups that finds this one, and only if this member is
    /// in it.
    pub fn membership(&self, group: &str, member: &str) -> Result<String, Unsendable> {
        filter::membership(&self.profile().groups, group, member)
    }

    fn kind(&self, resource_type: ResourceType) -> Kind<'_> {
        let spellings = match resource_type {
            ResourceType::User => &self.users,
            ResourceType::Group => &self.groups,
        };
        Kind { profile: self.profile(), resource_type, spellings }
    }
}

impl<'a> Kind<'a> {
    fn rules(self) -> &'a KindRules {
        self.profile.kind(self.resource_type)
    }
}

#[cfg(test)]
mod fixtures {
    //! Codecs of the standard with overrides.

    use serde_json::{Map, Value};

    use super::*;

    /// The standard with these overrides, whether or not they make sense.
    pub(super) fn codec(overrides: &Value) -> Codec {
        let overrides = overrides.as_object().cloned().unwrap_or_else(Map::new);
        Codec::new(Arc::new(Dialect::standard(&overrides).unwrap()))
    }

    /// No resource has an address.
    pub(super) fn nowhere(_: ResourceType, _: &str) -> Option<String> {
        None
    }

    /// A resource of this JSON.
    pub(super) fn resource(value: Value) -> Resource {
        Resource::from_value(value).unwrap()
    }
}
