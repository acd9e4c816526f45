//! `scim-operator profile`: the profiles that there are, and what one says
//! together with what a provider overrides.

mod listing;

use std::{
    fmt::Write as _,
    fs,
    io::{self, Write as _},
    path::PathBuf,
};

use clap::{Args, Subcommand};
use serde_json::{Map, Value};

use self::listing::listing;
use crate::{
    api::ScimProviderSpec,
    scim::profile::{self, Dialect, ProfileError, Resolved, STANDARD},
};

/// The arguments of `scim-operator profile`.
#[derive(Debug, Args)]
pub struct ProfileArguments {
    /// What to do.
    #[command(subcommand)]
    pub command: ProfileCommand,
}

/// What can be done with profiles.
#[derive(Debug, Subcommand)]
pub enum ProfileCommand {
    /// Print the names of all profiles, and what they are for.
    List,

    /// Print a profile as YAML, with where each value comes from.
    ///
    /// With `-f`, together with what the provider in that file overrides; the
    /// same errors show as would in its status.
    Show(ShowArguments),
}

/// The arguments of `scim-operator profile show`.
#[derive(Debug, Args)]
pub struct ShowArguments {
    /// The profile. Absent: the one that the provider names.
    #[arg(required_unless_present = "file")]
    pub name: Option<String>,

    /// A file with a `ScimProvider` or `ClusterScimProvider`.
    #[arg(short, long, value_name = "FILE")]
    pub file: Option<PathBuf>,
}

/// Why a profile could not be shown.
#[derive(Debug, thiserror::Error)]
pub enum ProfileCommandError {
    /// There is no such profile, or what is overridden cannot be.
    #[error(transparent)]
    Profile(#[from] ProfileError),
    /// The file cannot be read.
    #[error("cannot read {}", .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file is not what it should be.
    #[error("{} {problem}", .path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        problem: String,
    },
    /// Standard output is gone.
    #[error("cannot write to standard output")]
    Output(#[source] io::Error),
}

impl ProfileArguments {
    /// Prints what is asked for.
    pub fn execute(&self) -> Result<(), ProfileCommandError> {
        let text = match &self.command {
            ProfileCommand::List => list()?,
            ProfileCommand::Show(arguments) => arguments.text()?,
        };
        io::stdout().write_all(text.as_bytes()).map_err(ProfileCommandError::Output)
    }
}

fn list() -> Result<String, ProfileCommandError> {
    let mut text = String::new();
    for name in profile::names() {
        let title = profile::resolve(name, &Map::new())?.profile.title;
        let _ = writeln!(text, "{name:<22} {title}");
    }
    Ok(text)
}

impl ShowArguments {
    fn text(&self) -> Result<String, ProfileCommandError> {
        let provider = self.file.as_ref().map(read).transpose()?;
        let named = provider.as_ref().and_then(|provider| provider.profile.clone());
        let name = self.name.clone().or(named).unwrap_or_else(|| STANDARD.to_owned());
        let overrides = provider.as_ref().and_then(|provider| provider.overrides.clone()).unwrap_or_default();
        let resolved = profile::resolve(&name, &overrides)?;
        let mut text = listing(&resolved);
        if let Some(provider) = provider {
            text.push_str(&places(resolved, &provider)?);
        }
        Ok(text)
    }
}

/// Where users and groups are, with the provider's URL and parameters.
fn places(resolved: Resolved, provider: &ScimProviderSpec) -> Result<String, ProfileCommandError> {
    let parameters = provider.parameters.clone().unwrap_or_default();
    let has_groups = resolved.profile.groups.supported != Some(false);
    let paths = Dialect::new(resolved, &parameters)?.paths;
    let base = provider.url.trim_end_matches('/');
    let mut text = format!("# users are at {base}{}\n", paths.users);
    if has_groups {
        let _ = writeln!(text, "# groups are at {base}{}", paths.groups);
    }
    Ok(text)
}

fn read(path: &PathBuf) -> Result<ScimProviderSpec, ProfileCommandError> {
    let text = fs::read_to_string(path)
        .map_err(|source| ProfileCommandError::File { path: path.clone(), source })?;
    let content = |problem: String| ProfileCommandError::Content { path: path.clone(), problem };
    let documents: Vec<Value> =
        serde_saphyr::from_multiple(&text).map_err(|error| content(format!("is not YAML: {error}")))?;
    let is_provider =
        |document: &&Value| matches!(document["kind"].as_str(), Some("ScimProvider" | "ClusterScimProvider"));
    let provider = documents.iter().find(is_provider);
    let provider =
        provider.ok_or_else(|| content("has neither a ScimProvider nor a ClusterScimProvider".to_owned()))?;
    serde_json::from_value(provider["spec"].clone())
        .map_err(|error| content(format!("has a provider that cannot be read: spec: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn show(name: Option<&str>, file: Option<&str>) -> Result<String, ProfileCommandError> {
        let directory = tempfile::tempdir().unwrap();
        let file = file.map(|content| {
            let path = directory.path().join("provider.yaml");
            fs::write(&path, content).unwrap();
            path
        });
        ShowArguments { name: name.map(str::to_owned), file }.text()
    }

    fn provider(spec: &str) -> String {
        format!(
            "kind: Secret\n---\nkind: ScimProvider\nspec:\n  url: https://scim.example.com/v2/\n  auth: {{type: None}}\n{spec}"
        )
    }

    #[test]
    fn a_profile_is_shown_with_where_each_value_comes_from() {
        let text = show(Some(STANDARD), None).unwrap();
        assert!(text.contains("  clear: Remove  # rfc7644\n"), "{text}");
        assert!(!text.contains("overrides"), "{text}");
    }

    #[test]
    fn what_is_shown_is_a_profile_again() {
        let text = show(Some(STANDARD), None).unwrap();
        let again: Map<String, Value> = serde_saphyr::from_str(&text).unwrap();
        let standard = profile::resolve(STANDARD, &Map::new()).unwrap();
        assert_eq!(profile::resolve(STANDARD, &again).unwrap().profile, standard.profile);
    }

    #[test]
    fn a_provider_shows_what_it_overrides_and_where_its_users_are() {
        let spec = "  overrides:\n    users: {path: '/Tenants/{tenant}/Users', update: Put}\n  parameters: {tenant: t1}\n";
        let text = show(None, Some(&provider(spec))).unwrap();
        assert!(text.contains("  update: Put  # overrides\n"), "{text}");
        assert!(text.contains("  update: Patch  # rfc7644\n"), "the groups': {text}");
        assert!(text.contains("# users are at https://scim.example.com/v2/Tenants/t1/Users\n"), "{text}");
    }

    #[test]
    fn mistakes_are_told_as_the_status_would() {
        let unknown = show(Some("acme"), None).unwrap_err().to_string();
        assert!(unknown.starts_with("spec.profile: there is no profile \"acme\""), "{unknown}");
        let misspelt = show(None, Some(&provider("  overrides: {patch: {claer: Remove}}\n")));
        assert!(misspelt.unwrap_err().to_string().starts_with("spec.overrides.patch"));
        let missing = show(None, Some(&provider("  overrides: {users: {path: '/{t}/Users'}}\n")));
        assert!(missing.unwrap_err().to_string().starts_with("spec.parameters.t is missing"));
        let no_provider = show(None, Some("kind: Secret\n")).unwrap_err().to_string();
        assert!(
            no_provider.ends_with("has neither a ScimProvider nor a ClusterScimProvider"),
            "{no_provider}"
        );
    }

    #[test]
    fn the_list_has_every_profile() {
        assert_eq!(list().unwrap().lines().count(), profile::names().count());
    }
}
