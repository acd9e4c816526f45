//! The paths of a server, with a provider's parameters in them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::{Profile, Resolved, STANDARD, layers::ProfileError, resolve};
use crate::scim::{endpoint::encoded, port::ResourceType};

/// How one server is spoken to: its profile, with a provider's parameters in
/// the paths.
#[derive(Clone, Debug, PartialEq)]
pub struct Dialect {
    /// The profile's name.
    pub name: String,
    /// The profile.
    pub profile: Profile,
    /// Where everything is.
    pub paths: Paths,
}

/// Values for the path templates, by name.
pub type Parameters = BTreeMap<String, String>;

/// Where everything is, under the base URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paths {
    /// The collection of users.
    pub users: String,
    /// The collection of groups.
    pub groups: String,
    /// The server's configuration.
    pub service_provider_config: String,
    /// The server's resource types.
    pub resource_types: String,
}

impl Paths {
    /// The collection's path.
    pub fn collection(&self, resource_type: ResourceType) -> &str {
        match resource_type {
            ResourceType::User => &self.users,
            ResourceType::Group => &self.groups,
        }
    }

    /// What stands before the collection of users, such as `/Tenants/t1`:
    /// users under another one are others, whatever their ids.
    pub fn prefix(&self) -> &str {
        self.users.rsplit_once('/').map_or("", |(prefix, _)| prefix)
    }
}

impl Dialect {
    /// A profile with these parameters.
    pub fn new(resolved: Resolved, parameters: &Parameters) -> Result<Self, ProfileError> {
        let paths = resolved.profile.paths(parameters)?;
        Ok(Self { name: resolved.name, profile: resolved.profile, paths })
    }

    /// The standard with these overrides, and without parameters.
    pub fn standard(overrides: &Map<String, Value>) -> Result<Self, ProfileError> {
        Self::new(resolve(STANDARD, overrides)?, &Parameters::new())
    }
}

impl Profile {
    /// The paths with these parameters in them. Each parameter is one segment
    /// or a part of one.
    pub fn paths(&self, parameters: &Parameters) -> Result<Paths, ProfileError> {
        let mut used = BTreeSet::new();
        let mut fill = |template: &str| filled(template, parameters, &mut used);
        let paths = Paths {
            users: fill(&self.users.path)?,
            groups: fill(&self.groups.path)?,
            service_provider_config: fill(&self.discovery.service_provider_config)?,
            resource_types: fill(&self.discovery.resource_types)?,
        };
        if let Some(unused) = parameters.keys().find(|name| !used.contains(*name)) {
            let problem = "no path of the profile has a parameter of this name".to_owned();
            return Err(ProfileError::Parameter { parameter: unused.clone(), problem });
        }
        Ok(paths)
    }
}

fn filled(
    template: &str,
    parameters: &Parameters,
    used: &mut BTreeSet<String>,
) -> Result<String, ProfileError> {
    let mut path = String::new();
    let mut rest = template;
    while let Some((before, parameter, after)) = next_parameter(rest) {
        let value = parameters.get(parameter).ok_or_else(|| ProfileError::MissingParameter {
            parameter: parameter.to_owned(),
            path: template.to_owned(),
        })?;
        if matches!(value.as_str(), "" | "." | "..") {
            let problem = "it is empty or a dot segment, which would address something else".to_owned();
            return Err(ProfileError::Parameter { parameter: parameter.to_owned(), problem });
        }
        used.insert(parameter.to_owned());
        path.push_str(before);
        path.push_str(&encoded(value));
        rest = after;
    }
    path.push_str(rest);
    Ok(path)
}

fn next_parameter(template: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = template.split_once('{')?;
    let (parameter, after) = rest.split_once('}')?;
    Some((before, parameter, after))
}

/// Whether a text can be the template of a path: absolute, without dot
/// segments, query and fragment, and so without a way to another host.
pub(super) fn is_template(text: &str) -> bool {
    let is_segment = |segment: &str| !matches!(segment, "" | "." | "..");
    let mut bare = text;
    let mut shape = String::new();
    while let Some((before, parameter, after)) = next_parameter(bare) {
        let is_name = !parameter.is_empty() && parameter.chars().all(|letter| letter.is_ascii_alphanumeric());
        if !is_name {
            return false;
        }
        shape.push_str(before);
        shape.push('x');
        bare = after;
    }
    shape.push_str(bare);
    let legal = |letter: char| letter.is_ascii_alphanumeric() || "-._~/".contains(letter);
    shape.chars().all(legal) && shape.strip_prefix('/').is_some_and(|rest| rest.split('/').all(is_segment))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn tenants() -> Profile {
        let overrides = json!({"users": {"path": "/Tenants/{tenant}/Users"}});
        resolve(STANDARD, overrides.as_object().unwrap()).unwrap().profile
    }

    fn parameters(value: &str) -> Parameters {
        Parameters::from([("tenant".to_owned(), value.to_owned())])
    }

    #[test]
    fn a_parameter_is_one_segment_whatever_is_in_it() {
        let paths = tenants().paths(&parameters("a/../b?c#d")).unwrap();
        assert_eq!(paths.users, "/Tenants/a%2F..%2Fb%3Fc%23d/Users");
        assert_eq!(paths.prefix(), "/Tenants/a%2F..%2Fb%3Fc%23d");
        for dots in ["", ".", ".."] {
            assert!(tenants().paths(&parameters(dots)).is_err(), "{dots:?}");
        }
    }

    #[test]
    fn a_parameter_that_is_missing_or_too_much_is_named() {
        let missing = tenants().paths(&Parameters::new()).unwrap_err().to_string();
        assert!(missing.starts_with("spec.parameters.tenant is missing"), "{missing}");
        let standard = resolve(STANDARD, &Map::new()).unwrap().profile;
        let unused = standard.paths(&parameters("t1")).unwrap_err().to_string();
        assert!(unused.starts_with("spec.parameters.tenant: "), "{unused}");
        assert_eq!(standard.paths(&Parameters::new()).unwrap().prefix(), "");
    }

    #[test]
    fn no_template_leads_elsewhere() {
        for text in ["/Users", "/Tenants/{tenant}/Users", "/v2/users-{t}"] {
            assert!(is_template(text), "{text:?}");
        }
        for text in [
            "",
            "Users",
            "//host/Users",
            "/../Users",
            "/a//b",
            "/Users?x",
            "/Users#x",
            "/a{",
            "/{}",
            "/a:b",
            "/a/",
        ] {
            assert!(!is_template(text), "{text:?}");
        }
    }
}
