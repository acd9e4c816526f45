//! The rows of identities that are missing.

use super::*;

#[test]
fn an_id_that_finds_nobody_proves_nothing() {
    let gone = |absence| State { reading: Reading::Gone, absence, ..anchored() };
    let why = "the server lists the identity, and has nothing under its id".to_owned();
    check(vec![
        ("no listing yet", gone(Absence::Unknown), Step::AwaitListing),
        ("a listing shows it", gone(Absence::Listed), Step::Retry(why.clone())),
        ("a listing does not show it either", gone(Absence::Proven), Step::Look),
        ("deleted, no listing yet", deleted(gone(Absence::Unknown)), Step::AwaitListing),
        ("deleted, a listing shows it", deleted(gone(Absence::Listed)), Step::Retry(why)),
        ("deleted, and gone", deleted(gone(Absence::Proven)), Step::Release),
    ]);
}

#[test]
fn a_deletion_by_somebody_else_is_told_where_the_provider_says_so() {
    let told = |state| State { tells_deletion: true, reading: Reading::Gone, ..state };
    let missing = stall(Obstacle::Missing { id: one("1") });
    check(vec![
        ("gone", told(anchored()), missing.clone()),
        (
            "not before it is proven",
            State { absence: Absence::Unknown, ..told(anchored()) },
            Step::AwaitListing,
        ),
        ("an old note is of another", State { intent: Some(intent(None)), ..told(anchored()) }, missing),
        (
            "made anew in a pass that was interrupted",
            State { intent: Some(intent(Some("1"))), ..told(anchored()) },
            Step::LookForAnnounced,
        ),
        ("being deleted", deleted(told(anchored())), Step::Release),
    ]);
}

#[test]
fn nothing_is_created_deleted_or_put_right_where_too_many_are_missing() {
    let frozen = |state| State { frozen: true, ..state };
    let present = |state| State { reading: Reading::Present(alice()), ..state };
    check(vec![
        ("a new object", frozen(new()), Step::AwaitProvider),
        ("an adoption", frozen(adopting()), Step::AwaitProvider),
        ("an interrupted creation", frozen(announced()), Step::AwaitProvider),
        (
            "a creation that was just announced",
            frozen(State { just_written: true, fresh: true, ..announced() }),
            Step::AwaitProvider,
        ),
        ("a suspicion", frozen(State { applied: true, ..anchored() }), Step::AwaitProvider),
        ("one who is missing", frozen(State { reading: Reading::Gone, ..anchored() }), Step::AwaitProvider),
        ("a deletion", frozen(present(deleted(anchored()))), Step::AwaitProvider),
        ("in sync", frozen(State { settled: true, applied: true, ..anchored() }), Step::Rest),
        ("an edited manifest of somebody who is there", frozen(present(anchored())), Step::Update),
        (
            "the way out",
            frozen(deleted(State { policy: DeletionPolicy::Retain, ..anchored() })),
            Step::Release,
        ),
        ("who only looks", frozen(State { lookup: found(&[alice()]), ..observing() }), Step::Show(alice())),
    ]);
}
