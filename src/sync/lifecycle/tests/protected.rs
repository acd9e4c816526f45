//! The rows of names that nothing is ever done to.

use super::*;
use crate::api::ProtectedNames;

/// The same, at a provider that protects alice.
fn alice_protected(state: State) -> State {
    let named = ProtectedNames { user_names: Some(vec!["Alice".to_owned()]), groups: None };
    State { protected: Protected::new(Some(&named), None), ..state }
}

fn protected() -> Step {
    stall(Obstacle::Protected { id: Some(one("1")) })
}

#[test]
fn whoever_has_a_protected_name_on_the_server_is_left_alone() {
    let read = |state: State| alice_protected(State { reading: Reading::Present(alice()), ..state });
    let after = |state: State| alice_protected(State { announced_lookup: found(&[alice()]), ..state });
    check(vec![
        ("it is read first", alice_protected(anchored()), Step::Read),
        ("it is not changed", read(anchored()), protected()),
        ("it is not deleted", read(deleted(anchored())), protected()),
        (
            "it is not deactivated",
            read(deleted(State { policy: DeletionPolicy::Deactivate, ..anchored() })),
            protected(),
        ),
        ("found after a crash, it is not deleted", after(deleted(announced())), protected()),
        (
            "it can be let go",
            read(deleted(State { policy: DeletionPolicy::Retain, ..anchored() })),
            Step::Release,
        ),
        (
            "it is not taken over, whatever it was found by",
            alice_protected(State { lookup: found(&[alice()]), ..adopting() }),
            protected(),
        ),
        (
            "whoever only looks may look",
            alice_protected(State { lookup: found(&[alice()]), ..observing() }),
            Step::Show(alice()),
        ),
    ]);
}

#[test]
fn what_the_server_called_it_before_does_not_count() {
    let renamed = json!({"id": "1", "userName": "bob", "meta": {"created": CREATED}});
    let reading = Reading::Present(Resource::from_value(renamed).unwrap());
    let state = State { reading, ..anchored() };
    assert_eq!(step(&alice_protected(state)), Step::Update);
}
