//! Every row of the lifecycle: one state, one step.

use serde_json::json;

use super::{
    super::{lookup::MatchKeys, rules::testing::users},
    *,
};
use crate::scim::path::AttributePath;

mod claims;
mod inventory;
mod left_behind;
mod moved;
mod profile;
mod protected;
mod removal;
mod takeover;
mod unexpected;

const HERE: &str = "https://idp.example.com/scim/v2";
const CREATED: &str = "2026-01-01T00:00:30Z";

/// A state from which each row tells only how it differs: a new object, seen
/// for the first time, whose server answers.
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own; any combination can be")]
struct State {
    deleting: bool,
    finalizer: bool,
    policy: DeletionPolicy,
    suspended: bool,
    observes: bool,
    takeover: Takeover,
    named_id: Option<&'static str>,
    named: Reading,
    left_behind: Option<Address>,
    found_again: Reading,
    claimed: Vec<Claimed>,
    rival: Option<Rival>,
    has_heir: bool,
    elder: Option<&'static str>,
    settled: bool,
    applied: bool,
    frozen: bool,
    absence: Absence,
    tells_deletion: bool,
    endpoint: Option<&'static str>,
    leave: Leave,
    terms: Terms,
    move_accepted: bool,
    protected: Protected,
    conflicted: bool,
    anchor: Option<Address>,
    intent: Option<Intent>,
    just_written: bool,
    refused: bool,
    fresh: bool,
    reading: Reading,
    announced_lookup: Lookup,
    lookup: Lookup,
    now: &'static str,
    settling: Option<SignedDuration>,
}

fn new() -> State {
    State {
        deleting: false,
        finalizer: false,
        policy: DeletionPolicy::Delete,
        suspended: false,
        observes: false,
        takeover: Takeover::Unasked,
        named_id: None,
        named: Reading::NotYet,
        left_behind: None,
        found_again: Reading::NotYet,
        claimed: Vec::new(),
        rival: None,
        has_heir: false,
        elder: None,
        settled: false,
        applied: false,
        frozen: false,
        absence: Absence::Proven,
        tells_deletion: false,
        endpoint: Some(HERE),
        leave: Leave::Granted,
        terms: Terms { keys: MatchKeys::of(&desired(), &users(&json!({}))), ..Terms::default() },
        move_accepted: false,
        protected: Protected::default(),
        conflicted: false,
        anchor: None,
        intent: None,
        just_written: false,
        refused: false,
        fresh: false,
        reading: Reading::NotYet,
        announced_lookup: Lookup::NotYet,
        lookup: Lookup::NotYet,
        now: "2026-01-01T00:01:00Z",
        settling: None,
    }
}

fn announced() -> State {
    State { finalizer: true, intent: Some(intent(None)), ..new() }
}

fn anchored() -> State {
    State { finalizer: true, anchor: Some(anchor(HERE)), ..new() }
}

fn deleted(state: State) -> State {
    State { deleting: true, fresh: true, ..state }
}

fn anchor(endpoint: &str) -> Address {
    Address {
        endpoint: endpoint.to_owned(),
        id: "1".to_owned(),
        created: Some(CREATED.to_owned()),
        name: Some("alice".to_owned()),
    }
}

fn desired() -> Desired {
    Desired::new(ResourceType::User, [(AttributePath::core("userName"), json!("alice"))])
}

fn digester() -> Digester {
    Digester::new(b"key")
}

fn intent(replaces: Option<&str>) -> Intent {
    Intent {
        uid: "uid".to_owned(),
        endpoint: HERE.to_owned(),
        keys: MatchKeys::of(&desired(), &users(&json!({}))),
        values: Intent::digests(&desired(), &users(&json!({})), &digester()),
        password: None,
        nonce: "n".to_owned(),
        written: "2026-01-01T00:00:00Z".parse().unwrap(),
        server_date: Some("2026-01-01T00:00:00Z".parse().unwrap()),
        replaces: replaces.map(str::to_owned),
        unexpected: None,
    }
}

fn person(id: &str, created: &str) -> Resource {
    let person = json!({"id": id, "userName": "alice", "meta": {"created": created}});
    Resource::from_value(person).unwrap()
}

fn alice() -> Resource {
    person("1", CREATED)
}

fn older() -> Resource {
    person("9", "2020-01-01T00:00:00Z")
}

fn undated() -> Resource {
    Resource::from_value(json!({"id": "8", "userName": "alice"})).unwrap()
}

fn adopting() -> State {
    State { takeover: Takeover::Allowed, ..new() }
}

fn observing() -> State {
    State { observes: true, ..new() }
}

fn inactive(id: &str) -> Resource {
    let person = json!({"id": id, "userName": "alice", "active": false, "meta": {"created": CREATED}});
    Resource::from_value(person).unwrap()
}

fn stall(obstacle: Obstacle) -> Step {
    Step::Stall(obstacle)
}

fn one(id: &str) -> String {
    id.to_owned()
}

fn claimed(id: &str) -> Vec<Claimed> {
    vec![Claimed { id: id.to_owned(), by: "the ScimUser bob".to_owned() }]
}

fn stood_for(id: &str) -> Step {
    stall(Obstacle::StoodFor { id: id.to_owned(), by: "the ScimUser bob".to_owned() })
}

fn step(state: &State) -> Step {
    let desired = desired();
    let facts = Facts {
        deleting: state.deleting,
        has_finalizer: state.finalizer,
        policy: state.policy,
        suspended: state.suspended,
        observes: state.observes,
        takeover: state.takeover,
        named_id: state.named_id,
        named: &state.named,
        left_behind: state.left_behind.as_ref(),
        found_again: &state.found_again,
        claimed: &state.claimed,
        rival: state.rival.as_ref(),
        has_heir: state.has_heir,
        elder: state.elder,
        settled: state.settled,
        applied: state.applied,
        frozen: state.frozen,
        absence: state.absence,
        tells_deletion: state.tells_deletion,
        endpoint: state.endpoint,
        leave: state.leave,
        terms: &state.terms,
        move_accepted: state.move_accepted,
        protected: &state.protected,
        conflicted: state.conflicted,
        anchor: state.anchor.as_ref(),
        announced: state.intent.as_ref().map(|intent| Announced {
            intent,
            just_written: state.just_written,
            refused: state.refused,
        }),
        fresh: state.fresh,
        reading: &state.reading,
        announced_lookup: &state.announced_lookup,
        lookup: &state.lookup,
        desired: Some(&desired),
        now: state.now.parse().unwrap(),
        grace: SignedDuration::ZERO,
        settling: state.settling,
    };
    next(&facts, ResourceType::User, &digester())
}

fn exists(id: &str) -> Step {
    Step::Stall(Obstacle::AlreadyExists { ids: vec![id.to_owned()] })
}

fn ambiguous(ids: &[&str]) -> Step {
    Step::Stall(Obstacle::AmbiguousCreate { ids: ids.iter().map(|id| (*id).to_owned()).collect() })
}

fn found(resources: &[Resource]) -> Lookup {
    Lookup::Found(resources.to_vec())
}

fn check(rows: Vec<(&str, State, Step)>) {
    for (row, state, expected) in rows {
        assert_eq!(step(&state), expected, "{row}");
    }
}

#[test]
fn a_new_object_is_looked_up_announced_and_created() {
    check(vec![
        ("no server, no step", State { endpoint: None, ..new() }, Step::AwaitProvider),
        ("first a look", new(), Step::Look),
        ("nobody there: announce", State { lookup: Lookup::None, ..new() }, Step::Announce),
        (
            "the answer does not tell: look again later",
            State { lookup: Lookup::Unknown("why".to_owned()), ..new() },
            Step::Retry("why".to_owned()),
        ),
        ("somebody is there: stop", State { lookup: found(&[older()]), ..new() }, exists("9")),
        (
            "announced with a precondition: create",
            State { just_written: true, fresh: true, lookup: Lookup::None, ..announced() },
            Step::Create,
        ),
        (
            "announced, but the object is not proven fresh",
            State { just_written: true, lookup: Lookup::None, ..announced() },
            Step::ProveFresh,
        ),
    ]);
}

#[test]
fn after_a_crash_only_what_is_proven_is_taken() {
    let after = |announced_lookup| State { announced_lookup, ..announced() };
    check(vec![
        ("look for what was announced", announced(), Step::LookForAnnounced),
        ("it is there: pair", after(found(&[alice()])), Step::Pair(alice())),
        ("it cannot be proven: stop", after(found(&[undated()])), ambiguous(&["8"])),
        ("two could be it: stop", after(found(&[alice(), undated()])), ambiguous(&["1", "8"])),
        ("two are proven: stop", after(found(&[alice(), person("2", CREATED)])), ambiguous(&["1", "2"])),
        ("only older ones: look by today's keys", after(found(&[older()])), Step::Look),
        (
            "only older ones, found again: somebody else's",
            State { lookup: found(&[older()]), ..after(found(&[older()])) },
            exists("9"),
        ),
        (
            "nothing there yet, and the server may still be settling: wait",
            State { now: "2026-01-01T00:00:05Z", ..after(Lookup::None) },
            Step::Wait(SignedDuration::from_secs(5)),
        ),
        ("nothing there, settled: look by today's keys", after(Lookup::None), Step::Look),
        (
            "nothing there by either: announce anew",
            State { lookup: Lookup::None, ..after(Lookup::None) },
            Step::Announce,
        ),
        ("the answers do not tell", after(Lookup::Unknown("why".to_owned())), Step::Retry("why".to_owned())),
        ("the server refused it: as if never announced", State { refused: true, ..announced() }, Step::Look),
    ]);
}

#[test]
fn an_anchored_identity_is_read_compared_and_updated() {
    let read = |reading| State { reading, ..anchored() };
    check(vec![
        ("nothing suggests a difference", State { settled: true, ..anchored() }, Step::Rest),
        ("settled needs no server", State { settled: true, endpoint: None, ..anchored() }, Step::Rest),
        (
            "somebody took the finalizer off",
            State { settled: true, finalizer: false, ..anchored() },
            Step::Protect,
        ),
        ("no server, no step", State { endpoint: None, ..anchored() }, Step::AwaitProvider),
        ("read first", anchored(), Step::Read),
        ("it is the one: update", read(Reading::Present(alice())), Step::Update),
        (
            "the id is somebody else's now",
            read(Reading::Present(person("1", "2026-05-05T00:00:00Z"))),
            Step::Stall(Obstacle::IdentityMismatch { id: "1".to_owned() }),
        ),
        (
            "the provider points elsewhere: nothing is read",
            State { anchor: Some(anchor("https://other.example.com")), ..anchored() },
            Step::Stall(Obstacle::EndpointChanged {
                anchored: "https://other.example.com".to_owned(),
                current: HERE.to_owned(),
            }),
        ),
        (
            "the provider points elsewhere: in sync or not",
            State { settled: true, anchor: Some(anchor("https://other.example.com")), ..anchored() },
            Step::Stall(Obstacle::EndpointChanged {
                anchored: "https://other.example.com".to_owned(),
                current: HERE.to_owned(),
            }),
        ),
        ("it is gone: look before creating anew", read(Reading::Gone), Step::Look),
        (
            "it is gone and somebody else has its name",
            State { lookup: found(&[older()]), ..read(Reading::Gone) },
            exists("9"),
        ),
        ("it is gone: announce anew", State { lookup: Lookup::None, ..read(Reading::Gone) }, Step::Announce),
        (
            "the note of the first creation says nothing about a second",
            State { intent: Some(intent(None)), ..read(Reading::Gone) },
            Step::Look,
        ),
        (
            "a note about replacing it: look for what came of it",
            State { intent: Some(intent(Some("1"))), ..read(Reading::Gone) },
            Step::LookForAnnounced,
        ),
        (
            "the replacement was just announced",
            State { intent: Some(intent(Some("1"))), just_written: true, fresh: true, ..read(Reading::Gone) },
            Step::Create,
        ),
    ]);
}

#[test]
fn without_creation_times_the_name_tells_an_identity_from_a_stranger() {
    let address = Address { created: None, ..anchor(HERE) };
    let named = |name: &str| Resource::from_value(json!({"id": "1", "userName": name})).unwrap();
    assert!(address.is(&named("Alice"), ResourceType::User));
    assert!(!address.is(&named("bob"), ResourceType::User));
    assert!(!address.is(&Resource::from_value(json!({"id": "1"})).unwrap(), ResourceType::User));
    assert!(
        !address
            .is(&Resource::from_value(json!({"id": "2", "userName": "alice"})).unwrap(), ResourceType::User)
    );
}

#[test]
fn one_creation_time_in_two_spellings_is_the_same_time() {
    assert!(anchor(HERE).is(&person("1", "2026-01-01T01:00:30+01:00"), ResourceType::User));
}

#[test]
fn whoever_is_suspended_stands_still() {
    let still = |state: State| State { suspended: true, ..state };
    check(vec![
        ("new", still(new()), Step::Suspend),
        ("in sync", still(State { settled: true, ..anchored() }), Step::Suspend),
        ("to be updated", still(State { reading: Reading::Present(alice()), ..anchored() }), Step::Suspend),
        ("observing", still(observing()), Step::Suspend),
        ("being deleted: it waits", still(deleted(anchored())), Step::Suspend),
        (
            "being deleted and retained: it waits",
            still(deleted(State { policy: DeletionPolicy::Retain, ..anchored() })),
            Step::Suspend,
        ),
        (
            "being deleted without our finalizer: nothing waits for it",
            still(deleted(State { finalizer: false, ..anchored() })),
            Step::Release,
        ),
    ]);
}
