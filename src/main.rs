//! The `scim-operator` program.

use std::{io::Write as _, process::ExitCode};

use clap::Parser as _;
use scim_operator::cli::{Cli, Command};

fn main() -> ExitCode {
    match Cli::parse().command {
        Command::Crds(arguments) => report(arguments.execute()),
        Command::Run(_) => ExitCode::FAILURE,
    }
}

fn report(result: Result<(), impl std::error::Error>) -> ExitCode {
    let Err(error) = result else { return ExitCode::SUCCESS };
    let mut stderr = std::io::stderr().lock();
    let _ = write!(stderr, "scim-operator: {error}");
    ExitCode::FAILURE
}
