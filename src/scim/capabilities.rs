//! What is in force with one server: its profile, and what the server says of
//! itself where the profile leaves something open.

use super::{
    discovery::Discovery,
    port::ResourceType,
    profile::{DiscoveryMode, KindRules, PagingMode, Profile, UpdateMethod},
};

/// What one server can do, as far as anybody knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capabilities {
    /// Users.
    pub users: KindCapabilities,
    /// Groups.
    pub groups: KindCapabilities,
    /// Whether versions of resources are used. `None`: where the server sends
    /// them.
    pub etags: Option<bool>,
}

/// What can be done with one kind of resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own; any combination can be")]
pub struct KindCapabilities {
    /// Whether the server has it at all.
    pub supported: bool,
    /// Whether the server itself, and not the profile, decided that.
    pub supported_by_discovery: bool,
    /// How an existing resource is changed; `None` where it cannot be.
    pub update: Option<UpdateMethod>,
    /// Whether the other way is worth trying where this one is refused: the
    /// profile neither promises this one nor denies that one.
    pub update_may_turn: bool,
    /// Whether filters are worth a try.
    pub filter: bool,
    /// How pages are asked for. `None`: by index, and as it turns out.
    pub paging: Option<PagingMode>,
    /// The most resources asked for in one page.
    pub page_size: u64,
}

impl Capabilities {
    /// The profile, filled with what the server says of itself.
    pub fn of(profile: &Profile, discovery: &Discovery) -> Self {
        let nothing = Discovery::default();
        let discovery = if profile.discovery.mode == DiscoveryMode::Auto { discovery } else { &nothing };
        Self {
            users: kind(&profile.users, ResourceType::User, discovery),
            groups: kind(&profile.groups, ResourceType::Group, discovery),
            etags: profile.etags.or(discovery.etag.filter(|etag| !etag)),
        }
    }

    /// Those of one kind of resource.
    pub fn kind(&self, resource_type: ResourceType) -> KindCapabilities {
        match resource_type {
            ResourceType::User => self.users,
            ResourceType::Group => self.groups,
        }
    }
}

fn kind(rules: &KindRules, resource_type: ResourceType, discovery: &Discovery) -> KindCapabilities {
    let (patch, put) = (rules.operations.patch, rules.operations.put);
    let has_patch = patch.or(discovery.patch) != Some(false);
    let update = match rules.update {
        _ if patch == Some(false) && put == Some(false) => None,
        UpdateMethod::Patch if has_patch || put == Some(false) => Some(UpdateMethod::Patch),
        UpdateMethod::Put if put == Some(false) => Some(UpdateMethod::Patch),
        UpdateMethod::Patch | UpdateMethod::Put => Some(UpdateMethod::Put),
    };
    let (own, other) = if update == Some(UpdateMethod::Put) { (put, patch) } else { (patch, put) };
    let told = discovery.max_results.filter(|most| *most > 0);
    let page_size = [rules.paging.max_page_size, told].into_iter().flatten();
    KindCapabilities {
        supported: rules.supported.or(discovery.has(resource_type)).unwrap_or(true),
        supported_by_discovery: rules.supported.is_none() && discovery.has(resource_type).is_some(),
        update,
        update_may_turn: own != Some(true) && other != Some(false),
        filter: rules.filter.supported.or(discovery.filter).unwrap_or(true),
        paging: rules.paging.mode.or((discovery.cursor == Some(true)).then_some(PagingMode::Cursor)),
        page_size: page_size.fold(rules.paging.page_size, u64::min),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::scim::profile::{STANDARD, resolve};

    fn of(overrides: &Value, discovery: &Discovery) -> Capabilities {
        let resolved = resolve(STANDARD, overrides.as_object().unwrap()).unwrap();
        Capabilities::of(&resolved.profile, discovery)
    }

    #[test]
    fn what_the_server_says_fills_what_the_profile_leaves_open() {
        let says = Discovery {
            patch: Some(false),
            filter: Some(false),
            max_results: Some(20),
            resource_types: Some(vec!["User".to_owned()]),
            ..Discovery::default()
        };
        let open = of(&json!({}), &says);
        assert_eq!(open.users.update, Some(UpdateMethod::Put));
        assert!(!open.users.filter && !open.groups.supported && open.groups.supported_by_discovery);
        assert_eq!(open.users.page_size, 20);
        assert_eq!(
            of(&json!({"discovery": {"mode": "Advisory"}}), &says),
            of(&json!({}), &Discovery::default())
        );
    }

    #[test]
    fn what_the_server_says_overrides_nothing() {
        let says = Discovery {
            patch: Some(false),
            filter: Some(true),
            resource_types: Some(vec!["User".to_owned()]),
            ..Discovery::default()
        };
        let overrides = json!({
            "users": {"operations": {"patch": true}, "filter": {"supported": false}},
            "groups": {"supported": true},
        });
        let settled = of(&overrides, &says);
        assert_eq!(settled.users.update, Some(UpdateMethod::Patch));
        assert!(!settled.users.filter && settled.groups.supported);
    }

    #[test]
    fn a_kind_that_knows_neither_way_of_changing_is_never_changed() {
        let neither = json!({"groups": {"operations": {"patch": false, "put": false}}});
        assert_eq!(of(&neither, &Discovery::default()).groups.update, None);
        let no_put = json!({"groups": {"operations": {"put": false}, "update": "Put"}});
        assert_eq!(of(&no_put, &Discovery::default()).groups.update, Some(UpdateMethod::Patch));
    }
}
