//! What the scenarios come to on one server, and what they are expected to.

use std::{collections::BTreeMap, fs, panic::AssertUnwindSafe, path::PathBuf, sync::Mutex};

use futures::FutureExt;
use serde::{Deserialize, Serialize};

use crate::support::control_plane::repository;

/// What a user is told of something that does not work with a server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Unsupported {
    pub(super) reason: String,
    /// The first sentence of the message.
    pub(super) message: String,
}

impl Unsupported {
    pub(super) fn new(reason: &str, message: &str) -> Self {
        let end = message.find(". ").unwrap_or(message.len());
        Self { reason: reason.to_owned(), message: message[..end].trim_end_matches('.').to_owned() }
    }
}

/// What one scenario comes to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Outcome {
    Pass,
    Unsupported(Unsupported),
    Failed(String),
}

/// What a step of a scenario answers, if it does not fail by a panic.
pub(super) type Verdict<T = ()> = Result<T, Unsupported>;

/// The cells of one server so far.
pub(super) struct Report {
    server: &'static str,
    cells: Mutex<BTreeMap<String, Outcome>>,
}

impl Report {
    pub(super) fn new(server: &'static str) -> Self {
        Self { server, cells: Mutex::default() }
    }

    /// Runs the scenario of one cell. What hangs on it and cannot be run
    /// without it, has the same outcome.
    pub(super) async fn cell<T>(
        &self,
        title: &str,
        scenario: impl Future<Output = Verdict<T>>,
    ) -> Result<T, Outcome> {
        let ended = AssertUnwindSafe(scenario).catch_unwind().await;
        let (outcome, value) = match ended {
            Ok(Ok(value)) => (Outcome::Pass, Some(value)),
            Ok(Err(unsupported)) => (Outcome::Unsupported(unsupported), None),
            Err(panic) => {
                let text = panic.downcast_ref::<String>().cloned();
                let text = text.or_else(|| panic.downcast_ref::<&str>().map(|&text| text.to_owned()));
                (Outcome::Failed(text.unwrap_or_default()), None)
            }
        };
        self.put(title, outcome.clone());
        value.ok_or(outcome)
    }

    /// Gives a cell its outcome. Each has one.
    pub(super) fn put(&self, title: &str, outcome: Outcome) {
        let before = self.cells.lock().unwrap().insert(title.to_owned(), outcome);
        assert_eq!(before, None, "{title} has two outcomes");
    }

    /// That nothing failed, and that what passes and what does not is what is
    /// written down for the server.
    ///
    /// With `MATRIX_RESULTS=folder` the outcomes are written there, too; with
    /// `MATRIX_RENEW` set they become what is expected.
    pub(super) fn check(self) {
        let cells = self.cells.into_inner().unwrap();
        let file = format!("{}.json", self.server);
        let text = serde_json::to_string_pretty(&cells).unwrap() + "\n";
        if let Some(folder) = std::env::var_os("MATRIX_RESULTS") {
            fs::write(PathBuf::from(folder).join(&file), &text).unwrap();
        }
        let failed: Vec<_> =
            cells.iter().filter(|(_, outcome)| matches!(outcome, Outcome::Failed(_))).collect();
        assert!(failed.is_empty(), "{}: {failed:#?}", self.server);

        let expected = repository().join("tests/integration/matrix/expected").join(&file);
        if std::env::var_os("MATRIX_RENEW").is_some() {
            fs::write(&expected, &text).unwrap();
        }
        let expected = fs::read_to_string(&expected).expect("make matrix-renew writes what is expected");
        let expected: BTreeMap<String, Outcome> = serde_json::from_str(&expected).unwrap();
        let differing: Vec<_> = cells
            .keys()
            .chain(expected.keys())
            .filter(|title| cells.get(*title) != expected.get(*title))
            .map(|title| (title, cells.get(title), expected.get(title)))
            .collect();
        assert!(
            differing.is_empty(),
            "{}: not as expected (what is, what was); if it is meant so, run make matrix-renew: {differing:#?}",
            self.server
        );
    }
}
