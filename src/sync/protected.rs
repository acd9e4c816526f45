//! Names that nothing is ever done to: the administrators who let a company
//! back in, and the account that the operator itself uses.

use std::collections::BTreeSet;

use super::{address::Address, desired::Desired, lookup::name_attribute, obstacle::Obstacle};
use crate::{
    api::ProtectedNames,
    scim::{path::AttributePath, port::ResourceType, resource::Resource},
};

/// The names that a provider protects, whatever their case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Protected {
    user_names: BTreeSet<String>,
    groups: BTreeSet<String>,
}

impl Protected {
    /// Those that a provider names, and the account of its credentials.
    pub fn new(named: Option<&ProtectedNames>, own_account: Option<&str>) -> Self {
        let folded = |names: Option<&Vec<String>>| -> BTreeSet<String> {
            names.into_iter().flatten().map(|name| fold(name)).collect()
        };
        let mut user_names = folded(named.and_then(|named| named.user_names.as_ref()));
        user_names.extend(own_account.map(fold));
        let mut protected =
            Self { user_names, groups: folded(named.and_then(|named| named.groups.as_ref())) };
        protected.user_names.remove("");
        protected.groups.remove("");
        protected
    }

    /// The protected names of this kind, in small letters.
    pub fn names(&self, resource_type: ResourceType) -> &BTreeSet<String> {
        match resource_type {
            ResourceType::User => &self.user_names,
            ResourceType::Group => &self.groups,
        }
    }

    /// Whether this is the name of somebody who is protected.
    pub fn covers(&self, resource_type: ResourceType, name: &str) -> bool {
        let names = self.names(resource_type);
        !names.is_empty() && names.contains(&fold(name))
    }

    /// Whether a resource is protected, by what the server calls it now.
    pub fn is(&self, resource: &Resource, resource_type: ResourceType) -> bool {
        resource.text(name_attribute(resource_type)).is_some_and(|name| self.covers(resource_type, name))
    }

    /// The obstacle that a manifest would give somebody a protected name.
    pub fn refusal(&self, desired: &Desired) -> Option<Obstacle> {
        let resource_type = desired.resource_type();
        let name = desired.get(&AttributePath::core(name_attribute(resource_type)))?.as_str()?;
        self.covers(resource_type, name).then_some(Obstacle::Protected { id: None })
    }

    /// The obstacle that the identity at an address is protected: by what the
    /// server calls it now, or, where it does not say, by what it was called.
    pub fn refuses(
        &self,
        found: &Resource,
        address: &Address,
        resource_type: ResourceType,
    ) -> Option<Obstacle> {
        let shown = found.text(name_attribute(resource_type));
        let name = shown.or(address.name.as_deref())?;
        let id = Some(address.id.clone());
        self.covers(resource_type, name).then_some(Obstacle::Protected { id })
    }
}

/// Names are compared as most servers compare them.
fn fold(name: &str) -> String {
    name.trim().to_lowercase()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn protected() -> Protected {
        let listed = |texts: &[&str]| Some(texts.iter().map(|text| (*text).to_owned()).collect());
        let named =
            ProtectedNames { user_names: listed(&["Break-Glass", ""]), groups: listed(&["Administrators"]) };
        Protected::new(Some(&named), Some("Robot"))
    }

    fn resource(value: serde_json::Value) -> Resource {
        Resource::from_value(value).unwrap()
    }

    #[test]
    fn names_count_whatever_their_case_and_each_for_its_kind() {
        let is = |name: &str, resource_type| protected().covers(resource_type, name);
        for (name, resource_type, expected) in [
            ("break-glass", ResourceType::User, true),
            ("BREAK-GLASS", ResourceType::User, true),
            ("break-glass2", ResourceType::User, false),
            ("break-glass", ResourceType::Group, false),
            ("administrators", ResourceType::Group, true),
            ("robot", ResourceType::User, true),
            ("", ResourceType::User, false),
        ] {
            assert_eq!(is(name, resource_type), expected, "{name}");
        }
        assert!(!Protected::new(None, Some("")).covers(ResourceType::User, ""));
    }

    #[test]
    fn what_the_server_calls_it_now_counts_and_else_what_it_was_called() {
        let address = |name: &str| Address {
            endpoint: "https://idp.example.com".to_owned(),
            id: "1".to_owned(),
            created: None,
            name: Some(name.to_owned()),
        };
        let refused =
            |found, name| protected().refuses(&resource(found), &address(name), ResourceType::User).is_some();
        assert!(refused(json!({"id": "1", "userName": "break-glass"}), "ada"));
        assert!(!refused(json!({"id": "1", "userName": "ada"}), "break-glass"), "it was renamed since");
        assert!(refused(json!({"id": "1"}), "break-glass"));
        assert!(!refused(json!({"id": "1"}), "ada"));
    }

    #[test]
    fn nobody_is_given_a_protected_name() {
        let named = |name| Desired::new(ResourceType::User, [(AttributePath::core("userName"), json!(name))]);
        assert!(protected().refusal(&named("BREAK-glass")).is_some());
        assert!(protected().refusal(&named("ada")).is_none());
        assert!(protected().refusal(&Desired::new(ResourceType::User, [])).is_none());
    }
}
