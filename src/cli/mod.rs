//! The command line: arguments, environment, and what each command does.

mod crds;
mod profile;
mod reference;
mod run;
mod settings;

use std::error::Error as _;

use clap::{Parser, Subcommand};

pub use self::{
    crds::{CrdsArguments, CrdsError, file_name, manifest},
    profile::{ProfileArguments, ProfileCommand, ProfileCommandError, ShowArguments},
    reference::{ReferenceArguments, ReferenceError},
    run::{RunError, run},
    settings::{EventFilter, RunSettings},
};
pub use crate::runtime::telemetry::LogFormat;

/// Keeps the people and groups of any SCIM 2.0 service equal to Kubernetes
/// custom resources.
#[derive(Debug, Parser)]
#[command(name = "scim-operator", version)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the operator.
    ///
    /// In a cluster it uses its service account; elsewhere the current context
    /// of KUBECONFIG. It ends on SIGTERM or SIGINT after finishing the requests
    /// under way.
    Run(RunSettings),

    /// Print the custom resource definitions as YAML.
    ///
    /// For example `scim-operator crds | kubectl apply --server-side -f -`.
    Crds(CrdsArguments),

    /// Show the profiles: how servers deviate from the standard.
    Profile(ProfileArguments),

    /// Write the pages about every field of every kind, in Markdown.
    #[command(hide = true)]
    Reference(ReferenceArguments),
}

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The definitions could not be written.
    #[error(transparent)]
    Crds(#[from] CrdsError),
    /// A profile could not be shown.
    #[error(transparent)]
    Profile(#[from] ProfileCommandError),
    /// The pages could not be written.
    #[error(transparent)]
    Reference(#[from] ReferenceError),
    /// The operator could not run.
    #[error(transparent)]
    Run(#[from] RunError),
}

impl Error {
    /// The error and what caused it, on one line.
    pub fn with_causes(&self) -> String {
        let mut text = self.to_string();
        let mut cause = self.source();
        while let Some(error) = cause {
            text = format!("{text}: {error}");
            cause = error.source();
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use std::{io, path::PathBuf};

    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn an_error_is_told_with_its_causes() {
        let source = io::Error::other("no space");
        let error = Error::from(CrdsError::File { path: PathBuf::from("crds/a.yaml"), source });
        assert_eq!(error.with_causes(), "cannot write crds/a.yaml: no space");
    }
}
