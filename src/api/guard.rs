//! How many identities may leave a server before a person is asked.

#![expect(unreachable_pub, reason = "KubeSchema repeats each struct inside a function")]

use kube::{
    KubeSchema,
    core::{Message, Rule},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// When deletions are held until a person has decided.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeletionGuard {
    /// Enforce: more deletions than the limit are held. Off: none is held,
    /// except those that are held already. Absent: Enforce.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<GuardMode>,

    /// The most identities that are deleted or made inactive in a window
    /// without a decision, from 0 to 10,000. 0: each one is held. Absent: 50.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 10_000))]
    pub max_deletions: Option<i32>,

    /// The same as a part of the identities that were managed when the window
    /// began, in percent; five are always allowed, unless `maxDeletions` is
    /// lower. The lower of both limits counts. Absent: 10.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 100))]
    pub max_percent: Option<i32>,

    /// The time in which deletions count together: a duration such as `24h`,
    /// from `1m` to `720h`. Absent: `24h`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 32))]
    #[x_kube(validation = is_a_window())]
    pub window: Option<String>,

    /// How long nothing more may come before a burst of deletions is looked
    /// at as a whole: a duration such as `15s`, at most `1h`. It waits eight
    /// times as long at most. Absent: `15s`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 32))]
    #[x_kube(validation = is_a_settling_time())]
    pub settle: Option<String>,
}

/// Whether too many deletions are held.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum GuardMode {
    #[default]
    Enforce,
    Off,
}

const DURATION: &str = r"self.matches('^([0-9]+(\\.[0-9]+)?(ns|us|µs|ms|s|m|h))+$')";

fn is_a_window() -> Rule {
    Rule::new(format!("{DURATION} && duration(self) >= duration('1m') && duration(self) <= duration('720h')"))
        .message(Message::Message(
            "deletionGuard.window is a duration such as 24h, from 1m to 720h".to_owned(),
        ))
}

fn is_a_settling_time() -> Rule {
    Rule::new(format!("{DURATION} && duration(self) <= duration('1h')"))
        .message(Message::Message("deletionGuard.settle is a duration such as 15s, at most 1h".to_owned()))
}
