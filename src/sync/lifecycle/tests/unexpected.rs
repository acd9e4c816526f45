//! The rows of creations that the server answered with somebody else.

use super::*;

/// Its creation was answered with the one of this id.
fn answered(state: State) -> State {
    State { finalizer: true, intent: Some(Intent { unexpected: Some(one("9")), ..intent(None) }), ..state }
}

fn unexpected() -> Step {
    stall(Obstacle::UnexpectedAdoption { id: one("9") })
}

#[test]
fn nothing_is_created_again_under_keys_that_brought_somebody_else() {
    check(vec![
        ("at once", State { refused: true, ..answered(new()) }, unexpected()),
        ("after a restart", answered(new()), unexpected()),
        ("on a strict server", answered(State { terms: strict(), ..new() }), unexpected()),
        ("found or not", answered(State { lookup: Lookup::None, ..new() }), unexpected()),
        ("who may take it over looks", answered(adopting()), Step::Look),
        ("and takes it", answered(State { lookup: found(&[older()]), ..adopting() }), Step::Adopt(older())),
        (
            "or finds nobody, and creates nobody",
            answered(State { lookup: Lookup::None, ..adopting() }),
            unexpected(),
        ),
        ("under other keys", answered(State { terms: Terms::default(), ..new() }), Step::Look),
    ]);
}

#[test]
fn its_deletion_calls_nothing() {
    check(vec![
        ("with a server", deleted(answered(new())), Step::Release),
        ("without one", deleted(answered(State { endpoint: None, ..new() })), Step::Release),
    ]);
}

fn strict() -> Terms {
    Terms { is_strict: true, ..new().terms }
}
