//! The rows of providers that point to another endpoint than before.

use super::*;

const BEFORE: &str = "https://old.example.com/scim/v2";

/// Anchored at the old endpoint, and somebody said that the new one is the same.
fn accepted(reading: Reading) -> State {
    State { anchor: Some(anchor(BEFORE)), move_accepted: true, reading, ..anchored() }
}

fn not_there() -> Step {
    stall(Obstacle::NotThere { id: one("1") })
}

#[test]
fn who_moved_is_read_and_compared_before_anything_is_changed() {
    check(vec![
        ("read first", accepted(Reading::NotYet), Step::Read),
        ("in sync or not", State { settled: true, ..accepted(Reading::NotYet) }, Step::Read),
        ("the same one", accepted(Reading::Present(alice())), Step::Move),
        ("of another time", accepted(Reading::Present(person("1", "2026-05-05T00:00:00Z"))), not_there()),
        ("not there: nobody is created", accepted(Reading::Gone), not_there()),
        (
            "another object's",
            State { claimed: claimed("1"), ..accepted(Reading::Present(alice())) },
            stood_for("1"),
        ),
        ("no server, no step", State { endpoint: None, ..accepted(Reading::NotYet) }, Step::AwaitProvider),
    ]);
}

#[test]
fn a_deletion_compares_who_moved_too() {
    check(vec![
        ("read first", deleted(accepted(Reading::NotYet)), Step::Read),
        ("the same one", deleted(accepted(Reading::Present(alice()))), Step::Move),
        (
            "somebody else",
            deleted(accepted(Reading::Present(person("1", "2026-05-05T00:00:00Z")))),
            not_there(),
        ),
        ("not there: nothing is known of it", deleted(accepted(Reading::Gone)), not_there()),
    ]);
}
