//! The rows of what a server's profile says.

use super::*;

fn refused() -> Obstacle {
    let what = Unsupported::Kind { says_server: false };
    Obstacle::Unsupported(ResourceType::User, what)
}

fn with(terms: Terms, state: State) -> State {
    State { terms: Terms { keys: state.terms.keys.clone(), ..terms }, ..state }
}

#[test]
fn what_the_server_does_not_take_is_neither_asked_nor_sent() {
    let no_kind = || Terms { kind: Some(refused()), ..Terms::default() };
    let no_manifest = || Terms { manifest: Some(refused()), ..Terms::default() };
    let no_creation = || Terms { creation: Some(refused()), ..Terms::default() };
    let stopped = || Step::Stall(refused());
    check(vec![
        ("no such kind", with(no_kind(), new()), stopped()),
        ("no such kind, and only to look at", with(no_kind(), State { observes: true, ..new() }), stopped()),
        ("no such kind any more", with(no_kind(), State { settled: true, ..anchored() }), stopped()),
        ("no such kind, and the object goes", with(no_kind(), deleted(anchored())), stopped()),
        (
            "no such kind, and it may stay",
            with(no_kind(), State { policy: DeletionPolicy::Retain, ..deleted(anchored()) }),
            Step::Release,
        ),
        ("a manifest that cannot be", with(no_manifest(), new()), stopped()),
        ("which was in sync before", with(no_manifest(), State { settled: true, ..anchored() }), stopped()),
        ("which only looks", with(no_manifest(), State { observes: true, ..new() }), Step::Look),
        ("which is being deleted", with(no_manifest(), deleted(anchored())), Step::Read),
        ("a creation that cannot be", with(no_creation(), new()), stopped()),
        ("for one who is there", with(no_creation(), anchored()), Step::Read),
        (
            "for one who may be there",
            with(no_creation(), State { takeover: Takeover::Allowed, ..new() }),
            Step::Look,
        ),
        (
            "and is not",
            with(no_creation(), State { takeover: Takeover::Allowed, lookup: Lookup::None, ..new() }),
            stopped(),
        ),
        ("after a crash it is looked first", with(no_creation(), announced()), Step::LookForAnnounced),
    ]);
}

#[test]
fn a_strict_server_is_asked_who_is_there_when_it_refuses() {
    let strict = || Terms { is_strict: true, ..Terms::default() };
    check(vec![
        ("nobody looks first", with(strict(), new()), Step::Announce),
        (
            "but for somebody to take over",
            with(strict(), State { takeover: Takeover::Allowed, ..new() }),
            Step::Look,
        ),
        ("or to observe", with(strict(), State { observes: true, ..new() }), Step::Look),
        ("a note is looked into", with(strict(), announced()), Step::LookForAnnounced),
        (
            "refused: who is there?",
            with(strict(), State { refused: true, conflicted: true, ..announced() }),
            Step::Look,
        ),
        (
            "somebody is",
            with(
                strict(),
                State { refused: true, conflicted: true, lookup: found(&[older()]), ..announced() },
            ),
            exists("9"),
        ),
        (
            "nobody is who can be seen: nothing is sent again",
            with(strict(), State { refused: true, conflicted: true, lookup: Lookup::None, ..announced() }),
            Step::Refused,
        ),
        (
            "refused in an earlier pass: a look",
            with(strict(), State { refused: true, ..announced() }),
            Step::Look,
        ),
    ]);
}

#[test]
fn an_object_ends_as_its_server_lets_it() {
    let ends = |deletion, deactivation, policy, person: &Resource| {
        let terms = Terms { deletion, deactivation, ..Terms::default() };
        let reading = Reading::Present(person.clone());
        with(terms, State { policy, reading, ..deleted(anchored()) })
    };
    let mut inactive = alice();
    inactive.set(&AttributePath::core("active"), json!(false));
    let cannot = |what| Step::Stall(Obstacle::Unsupported(ResourceType::User, what));
    let (delete, deactivate) = (DeletionPolicy::Delete, DeletionPolicy::Deactivate);
    let (gone, back) = (Deletion::Gone, Deactivation::Reversible);
    check(vec![
        ("for good", ends(Deletion::Irreversible, back, delete, &alice()), Step::Delete("1".to_owned())),
        (
            "a deletion that makes inactive",
            ends(Deletion::Deactivates, back, delete, &alice()),
            Step::Delete("1".to_owned()),
        ),
        ("it did so before", ends(Deletion::Deactivates, back, delete, &inactive), Step::Release),
        ("elsewhere inactive is not gone", ends(gone, back, delete, &inactive), Step::Delete("1".to_owned())),
        (
            "there is no deletion",
            ends(Deletion::Unsupported, back, delete, &alice()),
            cannot(Unsupported::Deletion { may_deactivate: true }),
        ),
        (
            "nor anything else",
            ends(Deletion::Unsupported, Deactivation::Unsupported, delete, &alice()),
            cannot(Unsupported::Deletion { may_deactivate: false }),
        ),
        (
            "to deactivate would destroy",
            ends(gone, Deactivation::Destructive, deactivate, &alice()),
            cannot(Unsupported::Deactivation(Deactivation::Destructive)),
        ),
        ("inactive already", ends(gone, Deactivation::Destructive, deactivate, &inactive), Step::Release),
    ]);
}

#[test]
fn what_is_not_shown_yet_is_neither_gone_nor_created_again() {
    let left = SignedDuration::from_secs(7);
    let unseen = |state| State { reading: Reading::Gone, settling: Some(left), ..state };
    check(vec![
        ("just created", unseen(anchored()), Step::Settle(left)),
        ("and deleted at once", unseen(deleted(anchored())), Step::Settle(left)),
        (
            "somebody else is somebody else at any time",
            State { reading: Reading::Present(person("1", "2026-05-05T00:00:00Z")), ..unseen(anchored()) },
            Step::Stall(Obstacle::IdentityMismatch { id: "1".to_owned() }),
        ),
        ("it is there", State { reading: Reading::Present(alice()), ..unseen(anchored()) }, Step::Update),
        ("time is up", State { settling: None, ..unseen(anchored()) }, Step::Look),
    ]);
}
