//! When the provider of an identity points to another endpoint than before:
//! whether somebody said that it is the same server under another address,
//! and whether who is found there is the same one.

use super::{
    address::{Address, Reading, same_time},
    desired::Desired,
    lifecycle::{Facts, Step},
    lookup::name_attribute,
    obstacle::Obstacle,
};
use crate::{
    api::names::ACCEPT_ENDPOINT,
    scim::{path::AttributePath, port::ResourceType, resource::Resource},
};

/// Whether an acknowledgement is for this move: it names both endpoint keys,
/// and neither more nor less.
pub fn accepts(acknowledgement: &str, from: &str, to: &str) -> bool {
    acknowledgement.split_once(" -> ").is_some_and(|(old, new)| old.trim() == from && new.trim() == to)
}

/// The acknowledgement of a move.
pub(super) fn acknowledgement(from: &str, to: &str) -> String {
    format!("{ACCEPT_ENDPOINT}: \"{from} -> {to}\"")
}

/// What becomes of an identity whose address is at another endpoint than the
/// one that is talked to. Without an acknowledgement nothing is even read:
/// ids of one server are strangers at another.
pub(super) fn moved(
    address: &Address,
    obstacle: Obstacle,
    facts: &Facts<'_>,
    resource_type: ResourceType,
) -> Step {
    if !facts.move_accepted {
        return Step::Stall(obstacle);
    }
    match facts.reading {
        Reading::NotYet => Step::Read,
        Reading::Present(found) if is_same(address, found, facts.desired, resource_type) => {
            match facts.claimed.iter().find(|claimed| claimed.id == address.id) {
                Some(claimed) => {
                    Step::Stall(Obstacle::StoodFor { id: claimed.id.clone(), by: claimed.by.clone() })
                }
                None => Step::Move,
            }
        }
        Reading::Present(_) | Reading::Gone => Step::Stall(Obstacle::NotThere { id: address.id.clone() }),
    }
}

/// Whether who has the id at the new endpoint is the same one. More than the
/// id has to fit: the name, and the time of creation; where either side does
/// not know that, the externalId.
fn is_same(
    address: &Address,
    found: &Resource,
    desired: Option<&Desired>,
    resource_type: ResourceType,
) -> bool {
    let same_name = match (&address.name, found.text(name_attribute(resource_type))) {
        (Some(known), Some(read)) => known.to_lowercase() == read.to_lowercase(),
        _ => false,
    };
    let same_external_id = || {
        let known = desired.and_then(|desired| desired.get(&AttributePath::core("externalId"))?.as_str());
        known.is_some_and(|known| !known.is_empty() && found.text("externalId") == Some(known))
    };
    let same_origin = match (address.created.as_deref(), found.created()) {
        (Some(known), Some(read)) => same_time(known, read),
        _ => same_external_id(),
    };
    found.id().as_deref() == Some(address.id.as_str()) && same_name && same_origin
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const OLD: &str = "https://old.example.com/scim/v2";
    const NEW: &str = "https://new.example.com/scim/v2";

    #[test]
    fn an_acknowledgement_names_both_endpoints_and_nothing_else() {
        for (row, text, expected) in [
            ("both", format!("{OLD} -> {NEW}"), true),
            ("with space around", format!(" {OLD}  ->  {NEW} "), true),
            ("the other way round", format!("{NEW} -> {OLD}"), false),
            ("the new one alone", NEW.to_owned(), false),
            ("any old one", format!("* -> {NEW}"), false),
            ("a part of it", format!("{OLD} -> {NEW}/tenant"), false),
            ("three", format!("{OLD} -> {NEW} -> {NEW}"), false),
            ("none", String::new(), false),
        ] {
            assert_eq!(accepts(&text, OLD, NEW), expected, "{row}");
        }
    }

    #[test]
    fn who_is_there_is_the_same_one_only_by_name_and_time_or_external_id() {
        let created = "2026-01-01T00:00:00Z";
        let address = |created: Option<&str>| Address {
            endpoint: OLD.to_owned(),
            id: "1".to_owned(),
            created: created.map(str::to_owned),
            name: Some("ada".to_owned()),
        };
        let external =
            |id: &str| Desired::new(ResourceType::User, [(AttributePath::core("externalId"), json!(id))]);
        let person = |name: &str, more: Value| {
            let mut person = json!({"id": "1", "userName": name});
            person.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            Resource::from_value(person).unwrap()
        };
        let dated = json!({"meta": {"created": created}});
        let numbered = json!({"externalId": "7"});
        for (row, address, found, desired, expected) in [
            ("name and time", address(Some(created)), person("Ada", dated.clone()), external(""), true),
            ("another name", address(Some(created)), person("bob", dated.clone()), external(""), false),
            (
                "another time",
                address(Some("2020-01-01T00:00:00Z")),
                person("ada", dated.clone()),
                external(""),
                false,
            ),
            ("no time, the externalId", address(None), person("ada", numbered.clone()), external("7"), true),
            ("no time, another", address(None), person("ada", numbered.clone()), external("8"), false),
            ("no time and nothing else", address(None), person("ada", json!({})), external(""), false),
            (
                "no time, an empty one",
                address(None),
                person("ada", json!({"externalId": ""})),
                external(""),
                false,
            ),
            (
                "no name",
                address(Some(created)),
                {
                    let mut nameless = dated.clone();
                    nameless["id"] = json!("1");
                    Resource::from_value(nameless).unwrap()
                },
                external("7"),
                false,
            ),
        ] {
            assert_eq!(is_same(&address, &found, Some(&desired), ResourceType::User), expected, "{row}");
        }
    }
}
