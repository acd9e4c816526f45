//! The `scim-operator` program.

use std::{io::Write as _, process::ExitCode};

use clap::Parser as _;
use scim_operator::{
    cli::{self, Cli, Command},
    controller,
};

fn main() -> ExitCode {
    // The only failure is that another provider was installed before.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let result = match Cli::parse().command {
        Command::Crds(arguments) => arguments.execute().map_err(cli::Error::from),
        Command::Profile(arguments) => arguments.execute().map_err(cli::Error::from),
        Command::Reference(arguments) => arguments.execute().map_err(cli::Error::from),
        Command::Run(settings) => cli::run(settings, controller::run).map_err(cli::Error::from),
    };
    let Err(error) = result else { return ExitCode::SUCCESS };
    // Nobody is left to tell when standard error is gone.
    let _ = writeln!(std::io::stderr(), "scim-operator: {}", error.with_causes());
    ExitCode::FAILURE
}
