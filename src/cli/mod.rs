//! The command line: arguments, environment, and what each command does.

mod crds;
mod settings;

use clap::{Parser, Subcommand};

pub use self::{
    crds::{CrdsArguments, CrdsError, file_name, manifest},
    settings::{EventFilter, LogFormat, RunSettings},
};

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
}
