//! What is let go, what is held, and that neither time nor a restart changes
//! that.

use jiff::{SignedDuration, Timestamp};
use proptest::{collection::vec, prelude::*};

use super::*;
use crate::{
    api::{DeletionGuard, GuardMode, HeldKind, ScimDeletionHoldSpec},
    sync::digest::Digester,
};

const HERE: &str = "https://idp.example.com/scim/v2";
const HOUR: SignedDuration = SignedDuration::from_hours(1);

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + seconds).unwrap()
}

fn claim(number: usize) -> Claim {
    Claim { uid: format!("uid-{number}"), action: HeldAction::Delete, generation: None }
}

fn claims(numbers: std::ops::Range<usize>) -> Claims {
    numbers.map(claim).collect()
}

fn limit_of(max_deletions: usize, max_percent: usize) -> Settings {
    Settings { max_deletions, max_percent, ..Settings::default() }
}

/// Judges with nobody waiting.
fn judged(ledger: &Ledger, batch: &Claims, settings: &Settings, now: Timestamp) -> Judgement {
    judge(ledger, batch, settings, 1_000, 0, false, now)
}

fn reserved(judgement: Judgement) -> Ledger {
    match judgement {
        Judgement::Reserve(ledger) => ledger,
        held @ Judgement::Hold { .. } => panic!("{held:?}"),
    }
}

fn is_held(judgement: &Judgement) -> bool {
    matches!(judgement, Judgement::Hold { .. })
}

#[test]
fn the_limit_is_the_lower_one_and_five_are_always_allowed() {
    for (row, managed, settings, expected) in [
        ("the number", 1_000, limit_of(50, 10), 50),
        ("the part", 200, limit_of(50, 10), 20),
        ("the part is rounded up", 101, limit_of(50, 10), 11),
        ("five in a small tenant", 3, limit_of(50, 10), 5),
        ("fewer if somebody says so", 3, limit_of(2, 10), 2),
        ("none if somebody says so", 1_000, limit_of(0, 100), 0),
    ] {
        assert_eq!(settings.limit(managed), expected, "{row}");
    }
}

#[test]
fn the_strictest_provider_of_an_endpoint_counts() {
    let of = |guard: DeletionGuard| Settings::of(Some(&guard));
    let off = of(DeletionGuard { mode: Some(GuardMode::Off), ..DeletionGuard::default() });
    let few = of(DeletionGuard {
        max_deletions: Some(7),
        window: Some("48h".to_owned()),
        ..DeletionGuard::default()
    });
    let slow =
        of(DeletionGuard { settle: Some("1m".to_owned()), max_percent: Some(3), ..DeletionGuard::default() });
    let strictest = Settings::strictest([off, few, slow]);
    let expected = Settings {
        enforced: true,
        max_deletions: 7,
        max_percent: 3,
        window: HOUR * 48,
        settle: SignedDuration::from_mins(1),
    };
    assert_eq!(strictest, expected);
    assert!(!Settings::strictest([off, off]).enforced);
    assert_eq!(Settings::strictest([]), Settings::default());
}

#[test]
fn a_burst_settles_when_nothing_more_comes_and_never_takes_for_ever() {
    let settle = SignedDuration::from_secs(15);
    let mut burst = Settling::begin(at(0));
    assert_eq!(burst.left(settle, at(5)), Some(SignedDuration::from_secs(10)));
    burst.touch(at(10));
    assert_eq!(burst.left(settle, at(20)), Some(SignedDuration::from_secs(5)));
    assert_eq!(burst.left(settle, at(25)), None);
    burst.touch(at(119));
    assert_eq!(burst.left(settle, at(119)), Some(SignedDuration::from_secs(1)));
    assert_eq!(burst.left(settle, at(120)), None);
    // A clock that was set back makes nobody wait longer.
    assert_eq!(Settling::begin(at(1_000)).left(settle, at(0)), Some(settle));
    assert_eq!(Settling::begin(at(0)).left(SignedDuration::ZERO, at(0)), None);
}

#[test]
fn a_batch_goes_as_a_whole_or_not_at_all() {
    let (ledger, settings) = (Ledger::new(HERE), limit_of(50, 100));
    let ledger = reserved(judged(&ledger, &claims(0..40), &settings, at(0)));
    assert!(ledger.grants(&claim(0), at(1)) && !ledger.grants(&claim(40), at(1)));
    let held = judged(&ledger, &claims(40..51), &settings, at(60));
    assert_eq!(held, Judgement::Hold { used: 40, limit: 50 });
    reserved(judged(&ledger, &claims(40..50), &settings, at(60)));
}

#[test]
fn whoever_asks_again_is_counted_once() {
    let settings = limit_of(5, 100);
    let ledger = reserved(judged(&Ledger::new(HERE), &claims(0..5), &settings, at(0)));
    let later = at(3_600);
    assert!(!ledger.grants(&claim(0), later), "an old leave has to be asked for again");
    let again = reserved(judged(&ledger, &claims(0..5), &settings, later));
    assert!(again.grants(&claim(0), later));
    assert_eq!(again.used(), 5);
    assert!(is_held(&judged(&again, &claims(5..6), &settings, later)));
}

#[test]
fn while_some_wait_for_a_decision_newcomers_wait_too() {
    let settings = limit_of(50, 100);
    let one = claims(0..1);
    let waits = |waiting, once_held| {
        is_held(&judge(&Ledger::new(HERE), &one, &settings, 1_000, waiting, once_held, at(0)))
    };
    assert!(!waits(0, false) && waits(60, false));
    assert!(waits(0, true), "a hold that is gone without a decision releases nothing");
}

#[test]
fn the_part_is_of_those_who_were_managed_when_the_window_began() {
    let settings = limit_of(1_000, 10);
    let ledger = reserved(judge(&Ledger::new(HERE), &claims(0..90), &settings, 1_000, 0, false, at(0)));
    let shrunk = judge(&ledger, &claims(90..101), &settings, 910, 0, false, at(60));
    assert_eq!(shrunk, Judgement::Hold { used: 90, limit: 100 });
}

#[test]
fn a_ledger_is_read_only_as_it_was_written() {
    let (digester, stranger) = (Digester::new(b"key"), Digester::new(b"another"));
    let ledger = reserved(judged(&Ledger::new(HERE), &claims(0..3), &Settings::default(), at(0)));
    let (text, seal) = ledger.sealed(&digester).unwrap();
    assert_eq!(Ledger::open(&text, &seal, HERE, &digester), Ok(ledger.clone()));
    for (row, text, seal, endpoint) in [
        ("garbage", "garbage".to_owned(), seal.clone(), HERE),
        ("nothing", String::new(), String::new(), HERE),
        ("a use taken out", text.replace("uid-0", "uid-9"), seal.clone(), HERE),
        ("another key", text.clone(), ledger.sealed(&stranger).unwrap().1, HERE),
        ("another kind of seal", text.clone(), digester.seal(&text), HERE),
        ("another endpoint", text.clone(), seal.clone(), "https://other.example.com"),
    ] {
        assert!(Ledger::open(&text, &seal, endpoint, &digester).is_err(), "{row}");
    }
}

#[test]
fn only_the_operator_makes_holds_and_a_decision_leaves_the_seal() {
    let digester = Digester::new(b"key");
    let entry = HeldEntry {
        uid: "uid".to_owned(),
        kind: HeldKind::ScimUser,
        namespace: "team".to_owned(),
        name: "ada".to_owned(),
        action: HeldAction::Delete,
        generation: None,
    };
    let mut hold = ScimDeletionHoldSpec {
        endpoint_key: HERE.to_owned(),
        count: 1,
        entries: vec![entry.clone()],
        ..ScimDeletionHoldSpec::default()
    };
    hold.seal = hold.seal_of(&digester);
    let decided = ScimDeletionHoldSpec { decision: Some(crate::api::Decision::Approve), ..hold.clone() };
    assert!(hold.is_genuine(&digester) && decided.is_genuine(&digester));
    let other = HeldEntry { uid: "another".to_owned(), ..entry };
    for forged in [
        ScimDeletionHoldSpec { entries: vec![other], ..hold.clone() },
        ScimDeletionHoldSpec { endpoint_key: "https://other.example.com".to_owned(), ..hold.clone() },
        ScimDeletionHoldSpec { member_ids: Some(vec!["1".to_owned()]), ..hold.clone() },
        ScimDeletionHoldSpec { seal: String::new(), ..hold },
    ] {
        assert!(!forged.is_genuine(&digester), "{forged:?}");
    }
}

#[test]
fn half_of_a_group_may_leave_and_ten_always() {
    let settings = Settings::default();
    let ask = |ledger: &Ledger, leaving: usize, present, waiting| {
        let leaving = (0..leaving).map(|id| id.to_string()).collect();
        removals(ledger, Removals { group: "group", leaving: &leaving, present, waiting }, &settings, at(0))
    };
    let new = Ledger::new(HERE);
    assert_eq!(ask(&new, 0, 5, 0), Budget::Free);
    for (leaving, present, waiting, goes) in
        [(10, 10, 0, true), (11, 11, 0, false), (50, 100, 0, true), (51, 100, 0, false), (1, 100, 60, false)]
    {
        let budget = ask(&new, leaving, present, waiting);
        assert_eq!(matches!(budget, Budget::Reserve(_)), goes, "{leaving} of {present}");
    }
    // Small steps count together, by those who were there at first.
    let Budget::Reserve(ledger) = ask(&new, 40, 100, 0) else { panic!("within the budget") };
    assert_eq!(ask(&ledger, 11, 60, 0), Budget::Hold { used: 40, limit: 50 });
    assert!(matches!(ask(&ledger, 10, 60, 0), Budget::Reserve(_)));
}

#[test]
fn ids_are_split_into_as_many_holds_as_they_need() {
    let ids = |count: usize, length: usize| (0..count).map(move |id| format!("{id:0length$}"));
    assert_eq!(split(ids(10_001, 36)).iter().map(Vec::len).collect::<Vec<_>>(), [10_000, 1]);
    let long = split(ids(1_000, 2_000));
    assert!(long.iter().all(|part| part.iter().map(String::len).sum::<usize>() <= 600_000));
    assert_eq!(long.concat(), ids(1_000, 2_000).collect::<Vec<_>>());
    assert!(split(ids(0, 1)).is_empty());
}

#[test]
fn what_was_left_behind_is_read_only_as_it_was_written_and_not_for_ever() {
    let digester = Digester::new(b"key");
    let one = Remembered {
        whose: Whose {
            kind: HeldKind::ScimUser,
            namespace: "team".to_owned(),
            name: "ada".to_owned(),
            provider_kind: "ScimProvider".to_owned(),
            provider: "idp".to_owned(),
        },
        uid: "uid".to_owned(),
        endpoint: HERE.to_owned(),
        id: "1".to_owned(),
        created: None,
        identity: Some("ada".to_owned()),
        origin: None,
        at: at(0),
    };
    let (text, seal) = Remembered::sealed(std::slice::from_ref(&one), &digester).unwrap();
    assert_eq!(Remembered::open(&text, &seal, &digester), vec![one.clone()]);
    assert!(Remembered::open(&text.replace("\"1\"", "\"2\""), &seal, &digester).is_empty());
    assert!(!one.is_over(at(29 * 86_400)) && one.is_over(at(30 * 86_400)));
    assert_eq!(Remembered::split(vec![one; 5_000]).concat().len(), 5_000);
}

/// A settled batch: how many seconds after the one before, who is in it, and
/// whether the operator was started anew before it.
fn batches() -> impl Strategy<Value = Vec<(i64, Vec<usize>, bool)>> {
    vec((0i64..7_200, vec(0usize..60, 1..12), any::<bool>()), 1..40)
}

proptest! {
    #[test]
    fn no_window_has_more_than_the_limit_and_a_restart_forgets_nothing(batches in batches(), limit in 0usize..20) {
        let digester = Digester::new(b"key");
        let settings = Settings { window: HOUR * 3, ..limit_of(limit, 100) };
        let (mut ledger, mut now) = (Ledger::new(HERE), 0);
        let mut released: Vec<(i64, Claim)> = Vec::new();
        for (pause, numbers, restarts) in batches {
            now += pause;
            if restarts {
                let (text, seal) = ledger.sealed(&digester).unwrap();
                ledger = Ledger::open(&text, &seal, HERE, &digester).unwrap();
            }
            let batch: Claims = numbers.into_iter().map(claim).collect();
            if let Judgement::Reserve(after) = judged(&ledger, &batch, &settings, at(now)) {
                ledger = after;
                prop_assert!(batch.iter().all(|claim| ledger.grants(claim, at(now))), "as a whole");
                // At the last moment at which it may be carried out.
                released.extend(batch.into_iter().map(|claim| (now + 15 * 60, claim)));
            }
            for (end, _) in &released {
                let within = released.iter().filter(|(sent, _)| sent <= end && end - sent < 3 * 3_600);
                let identities: Claims = within.map(|(_, claim)| claim.clone()).collect();
                prop_assert!(identities.len() <= limit, "{} within one window", identities.len());
            }
        }
    }

    #[test]
    fn no_text_makes_a_ledger(text in ".{0,200}", seal in "[A-Za-z0-9_-]{0,60}") {
        prop_assert!(Ledger::open(&text, &seal, HERE, &Digester::new(b"key")).is_err());
    }
}
