//! The rows of identities that were there before.

use super::*;

fn bob() -> Resource {
    Resource::from_value(json!({"id": "1", "userName": "bob", "meta": {"created": CREATED}})).unwrap()
}

#[test]
fn nobody_is_taken_over_unasked() {
    check(vec![
        ("somebody is there", State { lookup: found(&[older()]), ..new() }, exists("9")),
        (
            "several are there",
            State { lookup: found(&[older(), alice()]), ..new() },
            stall(Obstacle::AlreadyExists { ids: vec![one("9"), one("1")] }),
        ),
        (
            "somebody inactive is there",
            State { lookup: found(&[inactive("9")]), ..new() },
            stall(Obstacle::IdentityInactive { id: one("9") }),
        ),
        (
            "another object's is there",
            State { lookup: found(&[older()]), claimed: claimed("9"), ..new() },
            stood_for("9"),
        ),
        (
            "an id that the manifest names asks for nothing by itself",
            State { named_id: Some("9"), ..new() },
            Step::Look,
        ),
    ]);
}

#[test]
fn who_is_to_be_taken_over_is_the_only_one_with_the_keys() {
    let hits = |hits: &[Resource]| State { lookup: found(hits), ..adopting() };
    check(vec![
        ("no server, no step", State { endpoint: None, ..adopting() }, Step::AwaitProvider),
        ("first a look", adopting(), Step::Look),
        ("nobody there: announce", State { lookup: Lookup::None, ..adopting() }, Step::Announce),
        (
            "the answer does not tell",
            State { lookup: Lookup::Unknown("why".to_owned()), ..adopting() },
            Step::Retry("why".to_owned()),
        ),
        ("one is there", hits(&[older()]), Step::Adopt(older())),
        ("an inactive one is there", hits(&[inactive("9")]), Step::Adopt(inactive("9"))),
        (
            "several are there",
            hits(&[older(), alice()]),
            stall(Obstacle::SeveralMatch { ids: vec![one("9"), one("1")] }),
        ),
        ("another object's is there", State { claimed: claimed("9"), ..hits(&[older()]) }, stood_for("9")),
        (
            "the provider forbids it",
            State { takeover: Takeover::Forbidden, ..hits(&[older()]) },
            stall(Obstacle::AdoptionForbidden { id: one("9") }),
        ),
        (
            "the provider forbids it, and nobody is there",
            State { takeover: Takeover::Forbidden, lookup: Lookup::None, ..new() },
            Step::Announce,
        ),
        (
            "its own is gone: whoever has the keys now",
            State {
                takeover: Takeover::Allowed,
                reading: Reading::Gone,
                lookup: found(&[older()]),
                ..anchored()
            },
            Step::Adopt(older()),
        ),
        (
            "an interrupted creation comes first",
            State { takeover: Takeover::Allowed, ..announced() },
            Step::LookForAnnounced,
        ),
        ("once taken over: read first", State { takeover: Takeover::Allowed, ..anchored() }, Step::Read),
    ]);
}

#[test]
fn an_id_to_take_over_is_read_and_never_made() {
    let named = |named| State { named_id: Some("1"), named, ..adopting() };
    check(vec![
        ("read it", named(Reading::NotYet), Step::ReadNamed(one("1"))),
        ("it is there", named(Reading::Present(alice())), Step::Adopt(alice())),
        ("it is not there", named(Reading::Gone), stall(Obstacle::NoSuchId { id: one("1") })),
        ("it is somebody else", named(Reading::Present(bob())), stall(Obstacle::OtherName { id: one("1") })),
        (
            "it is another object's",
            State { claimed: claimed("1"), ..named(Reading::Present(alice())) },
            stood_for("1"),
        ),
        (
            "the provider forbids it: it is not even read",
            State { takeover: Takeover::Forbidden, ..named(Reading::NotYet) },
            stall(Obstacle::AdoptionForbidden { id: one("1") }),
        ),
        (
            "it was taken over, and is gone: nothing is made in its place",
            State {
                anchor: Some(anchor(HERE)),
                finalizer: true,
                reading: Reading::Gone,
                ..named(Reading::Gone)
            },
            stall(Obstacle::NoSuchId { id: one("1") }),
        ),
    ]);
}

#[test]
fn whoever_only_looks_changes_nothing() {
    let hits = |hits: &[Resource]| State { lookup: found(hits), ..observing() };
    let named = |named| State { named_id: Some("1"), named, ..observing() };
    check(vec![
        ("look", observing(), Step::Look),
        ("no server, no step", State { endpoint: None, ..observing() }, Step::AwaitProvider),
        ("one is there", hits(&[older()]), Step::Show(older())),
        (
            "another object's is there",
            State { claimed: claimed("9"), ..hits(&[older()]) },
            Step::Show(older()),
        ),
        ("an inactive one is there", hits(&[inactive("9")]), Step::Show(inactive("9"))),
        ("nobody is there", State { lookup: Lookup::None, ..observing() }, stall(Obstacle::NobodyThere)),
        (
            "several are there",
            hits(&[older(), alice()]),
            stall(Obstacle::SeveralMatch { ids: vec![one("9"), one("1")] }),
        ),
        ("by id: read it", named(Reading::NotYet), Step::ReadNamed(one("1"))),
        ("by id: it is there", named(Reading::Present(alice())), Step::Show(alice())),
        ("by id: it is not there", named(Reading::Gone), stall(Obstacle::NoSuchId { id: one("1") })),
        ("nothing suggests that it changed", State { settled: true, ..observing() }, Step::Rest),
        ("it managed before", State { observes: true, ..anchored() }, Step::LetGo),
        (
            "it managed before, and the server is gone",
            State { observes: true, endpoint: None, ..anchored() },
            Step::LetGo,
        ),
        ("it announced a creation before", State { observes: true, ..announced() }, Step::LetGo),
        ("its deletion calls nothing", deleted(observing()), Step::Release),
        (
            "its deletion calls nothing, though it managed a moment ago",
            deleted(State { observes: true, ..anchored() }),
            Step::Release,
        ),
    ]);
}

#[test]
fn what_a_crash_left_unproven_is_taken_over_where_that_is_asked_for() {
    let after = |hits: &[Resource]| State {
        announced_lookup: found(hits),
        takeover: Takeover::Allowed,
        ..announced()
    };
    check(vec![
        ("look who it is", after(&[undated()]), Step::Look),
        (
            "take it over",
            State { lookup: found(&[undated()]), ..after(&[undated()]) },
            Step::Adopt(undated()),
        ),
        (
            "another object's",
            State { lookup: found(&[undated()]), claimed: claimed("8"), ..after(&[undated()]) },
            stood_for("8"),
        ),
        ("what is proven is no stranger", after(&[alice()]), Step::Pair(alice())),
        (
            "the provider forbids it",
            State { takeover: Takeover::Forbidden, ..after(&[undated()]) },
            ambiguous(&["8"]),
        ),
        ("its keys are not the manifest's any more: stop", after(&[renamed()]), ambiguous(&["7"])),
        ("on the way out nobody is taken over: stop", deleted(after(&[undated()])), ambiguous(&["8"])),
    ]);
}

/// Somebody with the announced keys, and none of today's.
fn renamed() -> Resource {
    Resource::from_value(json!({"id": "7", "userName": "alicia"})).unwrap()
}
