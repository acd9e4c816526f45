//! What to say about an object after a pass: its conditions, recomputed from
//! nothing but the outcome, so that no old complaint outlives its cause.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};

pub use self::{
    manager::ManagerRemark,
    members::MemberRemarks,
    refusal::{Request, explained, refusal},
};
use crate::{
    api::{conditions, reasons},
    scim::path::AttributePath,
};

mod manager;
mod members;
mod refusal;

/// How a pass ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The server says what the manifest says.
    InSync,
    /// The object only shows the identity, and these attributes differ from
    /// the manifest.
    Observed(Vec<AttributePath>),
    /// Nothing is looked at, because somebody asked for a standstill.
    Suspended(Because),
    /// It goes on by itself.
    Waiting(Because),
    /// It goes on when a person has changed something.
    Stalled(Because),
}

/// Why something is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Because {
    /// One of [`reasons`].
    pub reason: &'static str,
    /// What is wrong and what to do, for a person.
    pub message: String,
    /// The same without the server's own words, which may quote values: for
    /// events, which others may read.
    pub summary: String,
}

/// What is left to say beside the outcome.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Remarks {
    /// Attributes that the server ignores or rewrites.
    pub rewritten: Vec<AttributePath>,
    /// What whoever deletes the object is to know.
    pub warning: Option<String>,
    /// Attributes that went from the manifest and stay on the server, because
    /// nobody can change them there.
    pub kept: Vec<AttributePath>,
    /// References; `None` for kinds that have none.
    pub members: Option<MemberRemarks>,
    /// The manager; `None` where none is named.
    pub manager: Option<ManagerRemark>,
}

/// The longest message; the API server takes 32,768.
const LONGEST_MESSAGE: usize = 2_000;

impl Because {
    /// A reason with its message.
    pub fn new(reason: &'static str, message: impl Into<String>) -> Self {
        let message = shortened(message.into(), LONGEST_MESSAGE);
        Self { reason, summary: message.clone(), message }
    }

    /// A reason with a message that has the server's own words, and one that
    /// has not.
    pub fn quoting(reason: &'static str, message: impl Into<String>, summary: impl Into<String>) -> Self {
        Self { summary: summary.into(), ..Self::new(reason, message) }
    }
}

/// The conditions after a pass. `lastTransitionTime` moves only where the
/// status flips.
pub fn conditions(
    previous: &[Condition],
    generation: Option<i64>,
    now: Time,
    outcome: &Outcome,
    remarks: &Remarks,
) -> Vec<Condition> {
    let mut writer = Writer { previous, generation, now, conditions: Vec::new() };
    let (ready, synced, because) = match outcome {
        Outcome::InSync => {
            ("True", "True", Because::new(reasons::SUCCEEDED, "the server says what the manifest says"))
        }
        Outcome::Observed(differing) => {
            ("True", if differing.is_empty() { "True" } else { "False" }, observed(differing))
        }
        Outcome::Suspended(because) => ("Unknown", "Unknown", because.clone()),
        Outcome::Waiting(because) | Outcome::Stalled(because) => ("False", "False", because.clone()),
    };
    writer.set(conditions::READY, ready, &warned(&because, outcome, remarks));
    writer.set(conditions::SYNCED, synced, &because);
    if because.reason == reasons::DELETION_HELD {
        writer.set(conditions::DELETION_HELD, "True", &because);
    }
    if let Some(members) = &remarks.members {
        for (type_, status, because) in members.conditions() {
            writer.set(type_, status, &because);
        }
    }
    if let Some(manager) = &remarks.manager {
        let (status, because) = manager.condition();
        writer.set(conditions::REFERENCES_RESOLVED, status, &because);
    }
    writer.set_progress(outcome);
    if !remarks.rewritten.is_empty() {
        let paths: Vec<String> = remarks.rewritten.iter().map(ToString::to_string).collect();
        let message = format!(
            "the server ignores or rewrites {}; these are not sent again until either side changes",
            paths.join(", ")
        );
        writer.set(conditions::SERVER_NORMALIZED, "True", &Because::new(reasons::SUCCEEDED, message));
    }
    writer.conditions
}

/// What all is well about, and what whoever deletes the object is to know.
fn warned(because: &Because, outcome: &Outcome, remarks: &Remarks) -> Because {
    if *outcome != Outcome::InSync {
        return because.clone();
    }
    let kept = (!remarks.kept.is_empty()).then(|| {
        let paths = listed(&remarks.kept);
        format!("The server keeps {paths}, which the manifest no longer names: nobody can change that there")
    });
    let told = [Some(because.message.clone()), kept, remarks.warning.clone()];
    Because::new(because.reason, told.into_iter().flatten().collect::<Vec<_>>().join(". "))
}

/// What an object says that only observes: which attributes differ, never
/// their values.
pub fn observed(differing: &[AttributePath]) -> Because {
    let paths: Vec<String> = differing.iter().map(ToString::to_string).collect();
    let message = match paths.as_slice() {
        [] => "only observed: the server says what the manifest says".to_owned(),
        paths => format!("only observed: the server differs from the manifest in {}", listed(paths)),
    };
    Because::new(reasons::OBSERVING, message)
}

/// What an object says that somebody asked to stand still.
pub fn suspended(is_deleting: bool) -> Because {
    let message = if is_deleting {
        "suspended: its deletion waits, and nothing is called on the server. Set suspend: false, and it goes on."
    } else {
        "suspended: nothing is read or changed on the server. Set suspend: false, and it goes on."
    };
    Because::new(reasons::SUSPENDED, message)
}

/// The conditions of a provider.
pub fn provider_conditions(
    previous: &[Condition],
    generation: Option<i64>,
    now: Time,
    outcome: &Outcome,
) -> Vec<Condition> {
    let mut writer = Writer { previous, generation, now, conditions: Vec::new() };
    match outcome {
        Outcome::InSync | Outcome::Observed(_) => {
            let answers = "the server answers, and accepts the credentials";
            writer.set(conditions::READY, "True", &Because::new(reasons::SUCCEEDED, answers));
        }
        Outcome::Suspended(because) => writer.set(conditions::READY, "Unknown", because),
        Outcome::Waiting(because) | Outcome::Stalled(because) => {
            writer.set(conditions::READY, "False", because);
        }
    }
    writer.set_progress(outcome);
    writer.conditions
}

struct Writer<'a> {
    previous: &'a [Condition],
    generation: Option<i64>,
    now: Time,
    conditions: Vec<Condition>,
}

impl Writer<'_> {
    fn set(&mut self, type_: &str, status: &str, because: &Because) {
        let before = self.previous.iter().find(|before| before.type_ == type_ && before.status == status);
        self.conditions.push(Condition {
            type_: type_.to_owned(),
            status: status.to_owned(),
            reason: because.reason.to_owned(),
            message: because.message.clone(),
            observed_generation: self.generation,
            last_transition_time: before
                .map_or_else(|| self.now.clone(), |before| before.last_transition_time.clone()),
        });
    }

    fn set_progress(&mut self, outcome: &Outcome) {
        match outcome {
            Outcome::Waiting(because) => self.set(conditions::RECONCILING, "True", because),
            Outcome::Stalled(because) => self.set(conditions::STALLED, "True", because),
            Outcome::InSync | Outcome::Observed(_) | Outcome::Suspended(_) => {}
        }
    }
}

/// The first few of a list, and how many more there are.
pub(super) fn listed<T: ToString>(names: &[T]) -> String {
    const SHOWN: usize = 10;
    let shown = names.iter().take(SHOWN).map(T::to_string).collect::<Vec<_>>().join(", ");
    match names.len().checked_sub(SHOWN) {
        Some(more) if more > 0 => format!("{shown} and {more} more"),
        _ => shown,
    }
}

fn shortened(mut message: String, longest: usize) -> String {
    if let Some((cut, _)) = message.char_indices().nth(longest) {
        message.truncate(cut);
        message.push('…');
    }
    message
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Time {
        Time(text.parse().unwrap())
    }

    fn after(previous: &[Condition], outcome: &Outcome, now: &str) -> Vec<Condition> {
        conditions(previous, Some(3), at(now), outcome, &Remarks::default())
    }

    fn stalled(message: &str) -> Outcome {
        Outcome::Stalled(Because::new(reasons::ALREADY_EXISTS, message))
    }

    fn types(conditions: &[Condition]) -> Vec<(&str, &str)> {
        conditions.iter().map(|condition| (condition.type_.as_str(), condition.status.as_str())).collect()
    }

    #[test]
    fn success_leaves_no_old_complaint() {
        let bad = after(&[], &stalled("taken"), "2026-01-01T00:00:00Z");
        assert_eq!(types(&bad), [("Ready", "False"), ("Synced", "False"), ("Stalled", "True")]);
        let good = after(&bad, &Outcome::InSync, "2026-01-01T00:00:09Z");
        assert_eq!(types(&good), [("Ready", "True"), ("Synced", "True")]);
    }

    #[test]
    fn whoever_only_looks_is_ready_and_names_what_differs() {
        let equal = after(&[], &Outcome::Observed(Vec::new()), "2026-01-01T00:00:00Z");
        assert_eq!(types(&equal), [("Ready", "True"), ("Synced", "True")]);
        assert_eq!(equal[0].reason, reasons::OBSERVING);
        let title = vec![AttributePath::core("title")];
        let differs = after(&equal, &Outcome::Observed(title), "2026-01-01T00:00:09Z");
        assert_eq!(types(&differs), [("Ready", "True"), ("Synced", "False")]);
        assert!(differs[0].message.contains("title"), "{}", differs[0].message);
    }

    #[test]
    fn what_a_deletion_cannot_undo_is_said_while_all_is_well() {
        let remarks = Remarks { warning: Some("Deleting is for good".to_owned()), ..Remarks::default() };
        let after = |outcome| conditions(&[], Some(3), at("2026-01-01T00:00:00Z"), &outcome, &remarks);
        let ready = after(Outcome::InSync);
        assert_eq!((ready[0].status.as_str(), ready[0].reason.as_str()), ("True", reasons::SUCCEEDED));
        assert!(ready[0].message.ends_with(". Deleting is for good"), "{}", ready[0].message);
        assert!(!after(stalled("taken"))[0].message.contains("for good"));
    }

    #[test]
    fn what_nobody_can_remove_is_said_while_all_is_well() {
        let remarks = Remarks { kept: vec![AttributePath::core("userType")], ..Remarks::default() };
        let now = at("2026-01-01T00:00:00Z");
        let ready = &conditions(&[], Some(3), now, &Outcome::InSync, &remarks)[0];
        assert!(ready.message.contains(". The server keeps userType, which"), "{}", ready.message);
    }

    #[test]
    fn a_standstill_says_neither_yes_nor_no() {
        let still = after(&[], &Outcome::Suspended(suspended(false)), "2026-01-01T00:00:00Z");
        assert_eq!(types(&still), [("Ready", "Unknown"), ("Synced", "Unknown")]);
    }

    #[test]
    fn the_transition_time_moves_only_with_the_status() {
        let first = after(&[], &stalled("one"), "2026-01-01T00:00:00Z");
        let second = after(&first, &stalled("two"), "2026-01-01T00:00:09Z");
        assert_eq!(second[0].last_transition_time, at("2026-01-01T00:00:00Z"));
        assert_eq!(second[0].message, "two");
        let third = after(&second, &Outcome::InSync, "2026-01-01T00:00:10Z");
        assert_eq!(third[0].last_transition_time, at("2026-01-01T00:00:10Z"));
    }

    #[test]
    fn long_lists_and_messages_are_cut() {
        let names: Vec<String> = (0..12).map(|number| number.to_string()).collect();
        assert!(listed(&names).ends_with("9 and 2 more"));
        assert_eq!(shortened("ä".repeat(5), 3), "äää…");
    }
}
