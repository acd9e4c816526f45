//! Three-way field ownership: what the manifest names is made equal, what it
//! named before and no longer names is removed, everything else is not ours.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{
    compare::{clears, laid_over, says_the_same},
    desired::Desired,
    digest::Digester,
};
use crate::scim::{path::AttributePath, port::ResourceType, resource::Resource};

/// One attribute that has to change on the server.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// The leaf that changes.
    pub path: AttributePath,
    /// Its whole new value; `None` removes it.
    pub value: Option<Value>,
}

/// What the server was found to make of a value: it ignores or rewrites it.
/// Sending it again would change nothing, so it is not sent again until
/// either side changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rewritten {
    /// Digest of the value that was sent.
    pub sent: String,
    /// Digest of the value that the server then had.
    pub observed: String,
}

/// What is known about an identity from before.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// The leaf paths that were set for an earlier manifest.
    pub managed: BTreeSet<AttributePath>,
    /// What the server makes of values it does not take as they are.
    pub rewritten: BTreeMap<AttributePath, Rewritten>,
}

/// Attributes that are let go instead of removed when a manifest no longer
/// names them: without them an identity is another one, or none, or locked.
fn released(resource_type: ResourceType) -> &'static [&'static str] {
    match resource_type {
        ResourceType::User => &["active", "userName", "externalId"],
        ResourceType::Group => &["displayName", "externalId"],
    }
}

/// What has to change so that the server says what the manifest says.
pub fn diff(desired: &Desired, known: &Known, observed: &Resource, digester: &Digester) -> Vec<Change> {
    let settled = |path: &AttributePath, value: &Value| {
        known.rewritten.get(path).is_some_and(|rewritten| {
            rewritten.sent == digester.value(value)
                && rewritten.observed == digester.value(observed.get(path).unwrap_or(&Value::Null))
        })
    };
    let wanted = desired.iter().filter_map(|(path, value)| {
        let present = observed.get(path);
        if says_the_same(path, value, present) || settled(path, value) {
            return None;
        }
        let value = (!clears(value)).then(|| laid_over(value, present));
        Some(Change { path: path.clone(), value })
    });
    let removed = dropped(desired, known, observed)
        .filter(|path| !settled(path, &Value::Null))
        .map(|path| Change { path: path.clone(), value: None });
    wanted.chain(removed).collect()
}

/// Of what was managed, the paths that stay so: those the manifest names, and
/// those it dropped but the server still shows (their removal is under way).
/// What is named and not known yet stays what it was.
pub fn still_managed(desired: &Desired, known: &Known, observed: &Resource) -> BTreeSet<AttributePath> {
    let held = known.managed.iter().filter(|path| desired.holds(path));
    desired.paths().chain(dropped(desired, known, observed)).chain(held).cloned().collect()
}

/// The paths that the server was found not to take as they were sent.
pub fn rewritten(
    sent: &[Change],
    desired: &Desired,
    observed: &Resource,
    digester: &Digester,
) -> BTreeMap<AttributePath, Rewritten> {
    let ignored = sent.iter().filter_map(|change| {
        let wanted = desired.get(&change.path).unwrap_or(&Value::Null);
        let present = observed.get(&change.path);
        if says_the_same(&change.path, wanted, present) {
            return None;
        }
        let digests = Rewritten {
            sent: digester.value(wanted),
            observed: digester.value(present.unwrap_or(&Value::Null)),
        };
        Some((change.path.clone(), digests))
    });
    ignored.collect()
}

/// What an earlier manifest named, this one does not, and the server has.
fn dropped<'a>(
    desired: &'a Desired,
    known: &'a Known,
    observed: &'a Resource,
) -> impl Iterator<Item = &'a AttributePath> {
    let is_released = |path: &AttributePath| {
        let names = released(desired.resource_type());
        path.sub_attribute().is_none() && names.iter().any(|name| path.is_core(name))
    };
    known
        .managed
        .iter()
        .filter(move |path| !desired.touches(path) && !is_released(path) && observed.get(path).is_some())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_manager_who_is_not_known_yet_stays_and_stays_managed() {
        let spec = json!({
            "providerRef": {"kind": "ScimProvider", "name": "idp"},
            "userName": "ada", "enterprise": {"managerRef": {"name": "grace"}},
        });
        let desired = Desired::user(&serde_json::from_value(spec).unwrap()).unwrap();
        let urn = crate::scim::path::ENTERPRISE_SCHEMA;
        let manager = AttributePath::extension(urn, "manager").sub("value");
        let observed = json!({"userName": "ada", urn: {"manager": {"value": "7"}}});
        let observed = Resource::from_value(observed).unwrap();
        let known = Known { managed: [manager.clone()].into(), ..Known::default() };
        assert_eq!(diff(&desired, &known, &observed, &Digester::new(b"key")), []);
        assert!(still_managed(&desired, &known, &observed).contains(&manager));
        assert!(!still_managed(&desired, &Known::default(), &observed).contains(&manager), "nobody's yet");
    }
}
