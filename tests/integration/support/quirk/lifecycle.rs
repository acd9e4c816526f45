//! What a change means for a user who is, was or becomes inactive.

use serde_json::{Value, json};

use super::{
    habits::{Deactivation, Edits, Lifecycle},
    refusal::Refusal,
    store::{Object, Stored},
};

/// What becomes of the user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    Changed,
    Untouched,
    Gone,
}

pub(super) fn judge(habits: &Lifecycle, before: &Stored, content: &mut Object) -> Result<Fate, Refusal> {
    let becomes_inactive = content.get("active") == Some(&Value::Bool(false));
    match (before.is_inactive(), becomes_inactive) {
        (_, false) => Ok(Fate::Changed),
        (false, true) => match habits.deactivation {
            Deactivation::Reversible => {
                scramble(habits, &before.id, content);
                Ok(Fate::Changed)
            }
            Deactivation::Deletes => Ok(Fate::Gone),
            Deactivation::Ignored => {
                content.insert("active".to_owned(), json!(true));
                Ok(Fate::Changed)
            }
            Deactivation::Refused => Err(Refusal::bad("invalidValue", "users cannot be deactivated")),
        },
        (true, true) if *content == before.content => Ok(Fate::Untouched),
        (true, true) => match habits.inactive.edits {
            Edits::Allowed => Ok(Fate::Changed),
            Edits::Ignored => Ok(Fate::Untouched),
            Edits::Refused => Err(Refusal::bad("mutability", "an inactive user cannot be changed")),
        },
    }
}

/// Makes a user inactive whom a request deletes.
pub(super) fn deactivate(habits: &Lifecycle, id: &str, content: &mut Object) {
    content.insert("active".to_owned(), json!(false));
    scramble(habits, id, content);
}

fn scramble(habits: &Lifecycle, id: &str, content: &mut Object) {
    for name in &habits.inactive.scrambles {
        match content.get_mut(name) {
            Some(Value::Array(values)) => {
                for value in values.iter_mut().filter_map(|value| value.get_mut("value")) {
                    *value = json!(format!("scrambled-{id}"));
                }
            }
            Some(value) => *value = json!(format!("scrambled-{id}")),
            None => {}
        }
    }
}
