//! A profile out of its layers: what it extends, itself, and what a provider
//! overrides. An object is laid over an object member by member; anything
//! else takes the place of what was there.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{
    Profile, STANDARD,
    builtin::{builtin, names},
    check::check,
};

/// More layers than profiles have.
const MOST_LAYERS: usize = 8;

/// A profile, and which layer each of its values is from.
#[derive(Clone, Debug, PartialEq)]
pub struct Resolved {
    /// The profile's name.
    pub name: String,
    /// The profile.
    pub profile: Profile,
    /// Where each value is from, by its path, such as `users.path`.
    pub sources: BTreeMap<String, Source>,
}

/// Which layer a value is from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// The shipped profile of this name.
    Profile(String),
    /// What the provider overrides.
    Overrides,
}

/// Why there is no profile.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProfileError {
    /// There is none of this name.
    #[error("spec.profile: there is no profile {name:?}; there are {}", names().collect::<Vec<_>>().join(", "))]
    Unknown {
        /// The name.
        name: String,
    },
    /// A field has a value that it cannot have, or there is no such field.
    #[error("spec.overrides.{field}: {problem}")]
    Override {
        /// The field's path.
        field: String,
        /// What is wrong.
        problem: String,
    },
    /// A path needs a parameter that the provider does not have.
    #[error("spec.parameters.{parameter} is missing: the path {path} needs it")]
    MissingParameter {
        /// The parameter's name.
        parameter: String,
        /// The path.
        path: String,
    },
    /// A parameter that cannot be one segment of a path, or that no path
    /// uses.
    #[error("spec.parameters.{parameter}: {problem}")]
    Parameter {
        /// The parameter's name.
        parameter: String,
        /// What is wrong.
        problem: String,
    },
}

impl ProfileError {
    pub(super) fn field(field: impl Into<String>, problem: impl Into<String>) -> Self {
        Self::Override { field: field.into(), problem: problem.into() }
    }
}

/// The profile of this name with these overrides.
pub fn resolve(name: &str, overrides: &Map<String, Value>) -> Result<Resolved, ProfileError> {
    let mut merged = Value::Object(Map::new());
    let mut sources = BTreeMap::new();
    for (layer, content) in chain(name)? {
        lay(&mut merged, content, "", &Source::Profile(layer), &mut sources);
    }
    lay(&mut merged, Value::Object(overrides.clone()), "", &Source::Overrides, &mut sources);
    let profile: Profile = serde_path_to_error::deserialize(&merged).map_err(|error| {
        let field = error.path().to_string();
        ProfileError::field(field, error.into_inner().to_string())
    })?;
    check(&profile)?;
    Ok(Resolved { name: name.to_owned(), profile, sources })
}

/// The layers of a shipped profile, the lowest first.
fn chain(name: &str) -> Result<Vec<(String, Value)>, ProfileError> {
    let mut layers = Vec::new();
    let mut next = Some(name.to_owned());
    while let Some(name) = next.take().filter(|_| layers.len() < MOST_LAYERS) {
        let text = builtin(&name).ok_or_else(|| ProfileError::Unknown { name: name.clone() })?;
        let mut content: Map<String, Value> =
            serde_saphyr::from_str(text).map_err(|error| ProfileError::field("", error.to_string()))?;
        let below = content.remove("extends").and_then(|below| below.as_str().map(str::to_owned));
        next = below.or_else(|| (name != STANDARD).then(|| STANDARD.to_owned()));
        layers.push((name, Value::Object(content)));
    }
    layers.reverse();
    Ok(layers)
}

fn lay(lower: &mut Value, upper: Value, path: &str, source: &Source, sources: &mut BTreeMap<String, Source>) {
    match (lower, upper) {
        (Value::Object(lower), Value::Object(upper)) => {
            for (name, value) in upper {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                lay(lower.entry(name).or_insert(Value::Null), value, &path, source, sources);
            }
        }
        (lower, upper) => {
            sources.retain(|known, _| !is_within(known, path));
            note(&upper, path, source, sources);
            *lower = upper;
        }
    }
}

fn note(value: &Value, path: &str, source: &Source, sources: &mut BTreeMap<String, Source>) {
    match value {
        Value::Object(members) if !members.is_empty() => {
            for (name, value) in members {
                note(value, &format!("{path}.{name}"), source, sources);
            }
        }
        _ => {
            sources.insert(path.to_owned(), source.clone());
        }
    }
}

fn is_within(known: &str, path: &str) -> bool {
    known.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::scim::profile::{Clear, Mutability, UpdateMethod};

    fn overrides(value: &Value) -> Map<String, Value> {
        value.as_object().unwrap().clone()
    }

    fn refused(value: &Value) -> String {
        resolve(STANDARD, &overrides(value)).unwrap_err().to_string()
    }

    #[test]
    fn every_shipped_profile_is_whole_and_free_of_contradictions() {
        for name in names() {
            resolve(name, &Map::new()).unwrap_or_else(|error| panic!("{name}: {error}"));
        }
    }

    #[test]
    fn the_standard_names_every_field_and_every_value_says_where_it_is_from() {
        let standard = resolve(STANDARD, &Map::new()).unwrap();
        let written = serde_json::to_value(&standard.profile).unwrap();
        let mut all = BTreeMap::new();
        lay(&mut Value::Object(Map::new()), written, "", &Source::Overrides, &mut all);
        let rules = |path: &&String| !path.contains(".attributes.");
        let known: Vec<&String> = standard.sources.keys().filter(rules).collect();
        assert_eq!(known, all.keys().filter(rules).collect::<Vec<_>>());
        let from = Source::Profile(STANDARD.to_owned());
        assert!(standard.sources.values().all(|source| *source == from));
    }

    #[test]
    fn an_override_takes_the_place_of_one_value_alone() {
        let changed = overrides(&json!({
            "patch": {"clear": "ReplaceByEmpty"},
            "users": {"update": "Put", "attributes": {"title": {"mutability": "Immutable"}}},
        }));
        let resolved = resolve(STANDARD, &changed).unwrap();
        assert_eq!(resolved.profile.patch.clear, Clear::ReplaceByEmpty);
        assert_eq!(resolved.profile.users.update, UpdateMethod::Put);
        assert_eq!(resolved.profile.users.attributes["title"].mutability, Mutability::Immutable);
        assert!(resolved.profile.users.attributes["userName"].required, "others stay");
        assert_eq!(resolved.sources["patch.clear"], Source::Overrides);
        assert_eq!(resolved.sources["patch.shape"], Source::Profile(STANDARD.to_owned()));
        assert_eq!(resolved.sources["users.attributes.title.mutability"], Source::Overrides);
    }

    #[test]
    fn a_misspelt_override_is_named() {
        let message = refused(&json!({"users": {"filter": {"quotting": "None"}}}));
        assert!(message.starts_with("spec.overrides.users.filter"), "{message}");
        assert!(message.contains("quotting"), "{message}");
        let message = refused(&json!({"patch": {"clear": "Erase"}}));
        assert!(message.starts_with("spec.overrides.patch.clear: "), "{message}");
        assert!(message.contains("Erase") && message.contains("ReplaceByEmpty"), "{message}");
        let message = refused(&json!({"users": {"attributes": {"title": {"requird": true}}}}));
        assert!(message.starts_with("spec.overrides.users.attributes.title"), "{message}");
    }

    #[test]
    fn what_keeps_identities_safe_is_no_field_of_a_profile() {
        for name in ["tls", "redirects", "url", "host", "deletionGuard", "limits", "allowInsecureHTTP"] {
            assert!(refused(&json!({name: {}})).contains("unknown field"), "{name}");
        }
    }

    #[test]
    fn an_unknown_profile_is_answered_with_those_that_there_are() {
        let message = resolve("acme", &Map::new()).unwrap_err().to_string();
        assert!(message.contains("\"acme\"") && message.contains(STANDARD), "{message}");
    }
}
