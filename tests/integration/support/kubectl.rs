//! kubectl and helm, as people use them.

use std::{
    path::Path,
    process::{Command, Output},
};

/// Runs one of the control plane's programs to its end.
pub(crate) fn run(program: &Path, kubeconfig: &Path, arguments: &[&str]) -> Output {
    Command::new(program)
        .args(arguments)
        .env("KUBECONFIG", kubeconfig)
        .output()
        .unwrap_or_else(|error| panic!("{}: {error}", program.display()))
}

/// Its output, or what it complained about.
pub(crate) fn try_run(program: &Path, kubeconfig: &Path, arguments: &[&str]) -> Result<String, String> {
    let output = run(program, kubeconfig, arguments);
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        let complaint = String::from_utf8_lossy(&output.stderr);
        Err(format!("{} {arguments:?}: {complaint}", program.display()))
    }
}
