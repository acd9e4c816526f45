//! The rows of objects that are being deleted.

use super::*;

#[test]
fn a_deletion_calls_nothing_unless_something_is_proven_ours() {
    check(vec![
        ("not ours to finish", deleted(State { finalizer: false, ..anchored() }), Step::Release),
        ("retained", deleted(State { policy: DeletionPolicy::Retain, ..anchored() }), Step::Release),
        (
            "retained although the server is gone",
            deleted(State { policy: DeletionPolicy::Retain, endpoint: None, ..anchored() }),
            Step::Release,
        ),
        ("never created", deleted(State { finalizer: true, ..new() }), Step::Release),
        (
            "never created, server gone",
            deleted(State { finalizer: true, endpoint: None, ..new() }),
            Step::Release,
        ),
        ("refused by the server", deleted(State { refused: true, ..announced() }), Step::Release),
        (
            "announced, older namesake",
            deleted(State { announced_lookup: found(&[older()]), ..announced() }),
            Step::Release,
        ),
        (
            "announced, nothing came of it",
            deleted(State { announced_lookup: Lookup::None, ..announced() }),
            Step::Release,
        ),
    ]);
}

#[test]
fn a_deletion_reads_and_compares_before_it_deletes() {
    let read = |reading| deleted(State { reading, ..anchored() });
    check(vec![
        ("the server is gone: wait", deleted(State { endpoint: None, ..anchored() }), Step::AwaitProvider),
        ("a cached object proves nothing", State { fresh: false, ..deleted(anchored()) }, Step::ProveFresh),
        ("read first", deleted(anchored()), Step::Read),
        ("a settled object is read too", deleted(State { settled: true, ..anchored() }), Step::Read),
        ("it is the one", read(Reading::Present(alice())), Step::Delete("1".to_owned())),
        ("it is gone already", read(Reading::Gone), Step::Release),
        (
            "the id is somebody else's now",
            read(Reading::Present(person("1", "2026-05-05T00:00:00Z"))),
            Step::Stall(Obstacle::IdentityMismatch { id: "1".to_owned() }),
        ),
        (
            "the provider points elsewhere",
            deleted(State { anchor: Some(anchor("https://other.example.com")), ..anchored() }),
            Step::Stall(Obstacle::EndpointChanged {
                anchored: "https://other.example.com".to_owned(),
                current: HERE.to_owned(),
            }),
        ),
        (
            "gone, but its replacement was announced",
            State { intent: Some(intent(Some("1"))), ..read(Reading::Gone) },
            Step::LookForAnnounced,
        ),
    ]);
}

#[test]
fn a_deletion_after_a_crash_finds_what_was_created() {
    let after = |announced_lookup| deleted(State { announced_lookup, ..announced() });
    check(vec![
        ("look for it", deleted(announced()), Step::LookForAnnounced),
        ("proven ours", after(found(&[alice()])), Step::Delete("1".to_owned())),
        ("not proven", after(found(&[undated()])), ambiguous(&["8"])),
        (
            "the server may still be settling",
            State { now: "2026-01-01T00:00:05Z", ..after(Lookup::None) },
            Step::Wait(SignedDuration::from_secs(5)),
        ),
    ]);
}

#[test]
fn a_deactivation_reads_and_compares_before_it_changes() {
    let off = |state: State| deleted(State { policy: DeletionPolicy::Deactivate, ..state });
    let read = |reading| off(State { reading, ..anchored() });
    check(vec![
        ("a cached object proves nothing", State { fresh: false, ..off(anchored()) }, Step::ProveFresh),
        ("read first", off(anchored()), Step::Read),
        ("it is the one", read(Reading::Present(alice())), Step::Deactivate(alice())),
        ("it is inactive already", read(Reading::Present(inactive("1"))), Step::Release),
        ("it is gone already", read(Reading::Gone), Step::Release),
        (
            "the id is somebody else's now",
            read(Reading::Present(person("1", "2026-05-05T00:00:00Z"))),
            stall(Obstacle::IdentityMismatch { id: one("1") }),
        ),
        (
            "created and not recorded",
            off(State { announced_lookup: found(&[alice()]), ..announced() }),
            Step::Deactivate(alice()),
        ),
        ("the server is gone: wait", off(State { endpoint: None, ..anchored() }), Step::AwaitProvider),
        ("never created", off(State { finalizer: true, ..new() }), Step::Release),
    ]);
}

#[test]
fn nothing_is_read_or_deleted_without_leave() {
    let asks = |leave| State { leave, ..deleted(anchored()) };
    let off = |leave| State { policy: DeletionPolicy::Deactivate, ..asks(leave) };
    check(vec![
        ("ask first", asks(Leave::NotAsked), Step::AskToLeave),
        ("asked", asks(Leave::Settling), Step::AwaitLeave),
        ("held", asks(Leave::Held), Step::StayHeld),
        (
            "held, and read already",
            State { reading: Reading::Present(alice()), ..asks(Leave::Held) },
            Step::StayHeld,
        ),
        ("rejected: the object goes, and nothing is called", asks(Leave::Rejected), Step::Release),
        ("granted", asks(Leave::Granted), Step::Read),
        ("to make inactive is a loss as well", off(Leave::NotAsked), Step::AskToLeave),
        ("held to stay active", off(Leave::Held), Step::StayHeld),
        (
            "created and not recorded",
            State { leave: Leave::NotAsked, ..deleted(announced()) },
            Step::AskToLeave,
        ),
        (
            "retained takes out what is held",
            State { policy: DeletionPolicy::Retain, ..asks(Leave::Held) },
            Step::Release,
        ),
        (
            "a server that is away is asked for nothing",
            State { endpoint: None, ..asks(Leave::Held) },
            Step::AwaitProvider,
        ),
    ]);
}

#[test]
fn what_is_held_of_a_living_object_keeps_all_of_it() {
    check(vec![
        ("held", State { leave: Leave::Held, ..anchored() }, Step::StayHeld),
        ("in sync again", State { leave: Leave::Held, settled: true, ..anchored() }, Step::Rest),
    ]);
}
