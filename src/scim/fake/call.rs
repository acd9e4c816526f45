//! What was asked of the server in memory, and which of it is to fail.

use serde_json::Value;

use crate::scim::port::ResourceType;

/// One request as the server got it.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// What was asked.
    pub method: Method,
    /// Of which kind; `None` for discovery.
    pub resource_type: Option<ResourceType>,
    /// About which identity.
    pub id: Option<String>,
    /// The body of a create, a patch or a replacement as it goes over the
    /// wire, the text of a filter, the numbers of a page.
    pub body: Option<Value>,
    /// The version that a replacement is for.
    pub if_match: Option<String>,
}

/// The operations of [`Port`](crate::scim::port::Port).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Method {
    /// `discover`
    Discover,
    /// `search`
    Search,
    /// `list`
    List,
    /// `is_member`
    IsMember,
    /// `get`
    Get,
    /// `create`
    Create,
    /// `patch`
    Patch,
    /// `replace`
    Replace,
    /// `delete`
    Delete,
}

impl Method {
    /// Whether it changes the server.
    pub fn writes(self) -> bool {
        matches!(self, Self::Create | Self::Patch | Self::Replace | Self::Delete)
    }
}

impl Call {
    pub(super) fn new(method: Method, resource_type: ResourceType) -> Self {
        Self { method, resource_type: Some(resource_type), id: None, body: None, if_match: None }
    }

    pub(super) fn about(self, id: &str) -> Self {
        Self { id: Some(id.to_owned()), ..self }
    }

    pub(super) fn with(self, body: Value) -> Self {
        Self { body: Some(body), ..self }
    }
}

/// Which call a fault is for; what is `None` fits every call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Matcher {
    /// The operation.
    pub method: Option<Method>,
    /// The kind of resource.
    pub resource_type: Option<ResourceType>,
    /// The identity.
    pub id: Option<String>,
}

impl Matcher {
    /// Every call of this operation.
    pub fn method(method: Method) -> Self {
        Self { method: Some(method), ..Self::default() }
    }

    /// Those for this kind of resource.
    #[must_use]
    pub fn of(self, resource_type: ResourceType) -> Self {
        Self { resource_type: Some(resource_type), ..self }
    }

    /// Those about this identity.
    #[must_use]
    pub fn id(self, id: impl Into<String>) -> Self {
        Self { id: Some(id.into()), ..self }
    }

    pub(super) fn fits(&self, call: &Call) -> bool {
        self.method.is_none_or(|method| method == call.method)
            && (self.resource_type.is_none() || self.resource_type == call.resource_type)
            && (self.id.is_none() || self.id == call.id)
    }
}
