//! The rows of objects for which a rejected deletion has left an identity
//! behind.

use super::*;

fn expecting() -> State {
    State { left_behind: Some(anchor(HERE)), ..new() }
}

#[test]
fn the_very_identity_is_taken_back_and_no_other() {
    let found = |found_again| State { found_again, ..expecting() };
    check(vec![
        ("read first", expecting(), Step::ReadLeftBehind("1".to_owned())),
        ("it is the one", found(Reading::Present(alice())), Step::TakeBack(alice())),
        ("it is gone", found(Reading::Gone), Step::Look),
        (
            "the id is somebody else's now",
            found(Reading::Present(person("1", "2026-05-05T00:00:00Z"))),
            Step::Look,
        ),
        (
            "another object stands for it",
            State { claimed: claimed("1"), ..found(Reading::Present(alice())) },
            Step::Look,
        ),
        ("no server, no step", State { endpoint: None, ..expecting() }, Step::AwaitProvider),
    ]);
}
