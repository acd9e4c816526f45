//! The rows of objects whose identity another object stands for.

use super::*;

fn rival(proven: bool) -> Rival {
    Rival { called: "the ScimUser bob".to_owned(), proven }
}

fn kept() -> Step {
    stall(Obstacle::KeptBy { id: one("1"), by: "the ScimUser bob".to_owned() })
}

fn preceded() -> Step {
    stall(Obstacle::Preceded { by: "the ScimUser bob".to_owned() })
}

#[test]
fn whoever_has_to_give_way_reads_and_changes_nothing() {
    let loser = State { rival: Some(rival(false)), ..anchored() };
    check(vec![
        ("it stalls", State { rival: Some(rival(false)), ..anchored() }, kept()),
        (
            "in sync or not",
            State { settled: true, ..State { rival: Some(rival(true)), ..anchored() } },
            kept(),
        ),
        (
            "without a server too",
            State { endpoint: None, ..State { rival: Some(rival(false)), ..anchored() } },
            kept(),
        ),
        ("it needs no finalizer", State { finalizer: false, ..loser }, kept()),
        (
            "whoever lets go lets go",
            State { observes: true, rival: Some(rival(false)), ..anchored() },
            Step::LetGo,
        ),
    ]);
}

#[test]
fn the_deletion_of_whoever_has_to_give_way_calls_nothing() {
    let loser = |proven| deleted(State { rival: Some(rival(proven)), ..anchored() });
    check(vec![
        ("what is only cached may be gone", loser(false), Step::ProveRival),
        ("proven", loser(true), Step::Release),
        ("proven, and the server is gone", State { endpoint: None, ..loser(true) }, Step::Release),
        (
            "proven, and it was read",
            State { reading: Reading::Present(alice()), ..loser(true) },
            Step::Release,
        ),
    ]);
}

#[test]
fn whoever_has_an_heir_hands_over_instead_of_deleting() {
    let giver = || deleted(State { has_heir: true, ..anchored() });
    check(vec![
        ("a cached object proves nothing", State { fresh: false, ..giver() }, Step::ProveFresh),
        ("nothing is asked of the server", giver(), Step::HandOver),
        ("without a server it waits", State { endpoint: None, ..giver() }, Step::AwaitProvider),
        ("read or not", State { reading: Reading::Present(alice()), ..giver() }, Step::HandOver),
        ("handed over", State { rival: Some(rival(true)), ..giver() }, Step::Release),
        ("retained: nobody is asked", State { policy: DeletionPolicy::Retain, ..giver() }, Step::Release),
        ("nothing to hand over", deleted(State { has_heir: true, finalizer: true, ..new() }), Step::Release),
        ("it stays", State { has_heir: true, ..anchored() }, Step::Read),
    ]);
}

#[test]
fn while_nobody_is_anchored_the_older_object_goes_first() {
    let young = |state: State| State { elder: Some("the ScimUser bob"), ..state };
    check(vec![
        ("it looks", young(new()), Step::Look),
        ("it does not create", young(State { lookup: Lookup::None, ..new() }), preceded()),
        ("it does not adopt", young(State { lookup: found(&[older()]), ..adopting() }), preceded()),
        ("who is there is told first", young(State { lookup: found(&[older()]), ..new() }), exists("9")),
        (
            "whom another object stands for, too",
            young(State { lookup: found(&[older()]), claimed: claimed("9"), ..new() }),
            stood_for("9"),
        ),
        ("what was announced is looked for", young(announced()), Step::LookForAnnounced),
    ]);
}
