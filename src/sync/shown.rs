//! What status shows of what the server alone sets: an allow-list out of the
//! profile, and no more of it than status can hold.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::{
    api::bounds,
    scim::{
        path::AttributePath,
        profile::KindRules,
        resource::{Resource, find, is_absent},
    },
};

/// The largest value that is shown, in bytes of JSON.
const LARGEST: usize = 4_096;

/// The values to show, by the path of their attribute.
pub fn shown(observed: &Resource, rules: &KindRules) -> BTreeMap<String, Value> {
    let listed = rules.attributes.iter().filter(|(_, rule)| rule.shown).map(|(path, _)| path.clone());
    let extensions = rules.extensions.iter().filter(|(_, rule)| rule.shown).map(|(urn, _)| urn);
    let of_extensions = extensions.flat_map(|urn| {
        let attributes = find(observed.as_object(), urn).and_then(Value::as_object);
        attributes
            .into_iter()
            .flat_map(|attributes| attributes.keys())
            .map(move |name| format!("{urn}:{name}"))
    });
    let value = |path: String| {
        let value = observed.get(&AttributePath::parse(&path)?)?.clone();
        (!is_absent(&value) && value.to_string().len() <= LARGEST).then_some((path, value))
    };
    listed.chain(of_extensions).filter_map(value).take(bounds::ATTRIBUTES).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::scim::profile::{STANDARD, resolve};

    #[test]
    fn only_what_the_profile_lists_is_shown_and_nothing_huge() {
        let urn = "urn:example:params:logins:User";
        let overrides = json!({"users": {
            "attributes": {"name": {"mutability": "ReadOnly", "shown": true}},
            "extensions": {urn: {"mutability": "ReadOnly", "shown": true}},
        }});
        let rules = resolve(STANDARD, overrides.as_object().unwrap()).unwrap().profile.users;
        let observed = json!({
            "userName": "ada", "title": "Countess", "name": {"givenName": "Ada"},
            urn: {"loginAttempts": 3, "history": "x".repeat(5_000), "lastFailedLogin": null},
        });
        let shown = shown(&Resource::from_value(observed).unwrap(), &rules);
        let expected =
            [("name".to_owned(), json!({"givenName": "Ada"})), (format!("{urn}:loginAttempts"), json!(3))];
        assert_eq!(shown, BTreeMap::from(expected));
    }
}
