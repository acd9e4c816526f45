use super::*;

const KIND: ResourceType = ResourceType::User;
const NOON: &str = "2026-05-13T12:00:00Z";

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// A whole listing of others, in which so many are missing of so many.
fn whole(anchored: usize, missing: usize) -> Taken {
    let absent = (0..missing).map(|number| (format!("uid-{number}"), number.to_string())).collect();
    Taken { listed: Some(7), anchored, missing, absent }
}

fn part(anchored: usize, missing: usize) -> Taken {
    Taken { listed: None, ..whole(anchored, missing) }
}

fn empty(anchored: usize, missing: usize) -> Taken {
    Taken { listed: Some(0), ..whole(anchored, missing) }
}

fn conclude(inventory: &mut Inventory, taken: Taken) -> bool {
    let number = inventory.begin(KIND);
    inventory.conclude(KIND, taken, number, at(NOON))
}

#[test]
fn a_few_may_be_gone_at_once_and_one_in_a_hundred() {
    let rows = [
        (whole(5, 0), true),
        (whole(5, 3), true),
        (whole(5, 4), false),
        (whole(400, 4), true),
        (whole(400, 5), false),
        (whole(100_000, 1_000), true),
        (whole(100_000, 1_001), false),
        (part(400, 4), true),
        (part(400, 5), false),
        // Nobody was there, and nobody is.
        (empty(0, 0), true),
        (empty(1, 1), false),
        (empty(5, 5), false),
        // All that are there were made just now, and show later.
        (empty(5, 0), true),
    ];
    for (taken, believed) in rows {
        let told = format!("{taken:?}");
        assert_eq!(conclude(&mut Inventory::default(), taken), believed, "{told}");
    }
}

#[test]
fn it_ends_with_a_whole_listing_that_shows_them_again() {
    let mut inventory = Inventory::default();
    assert!(!conclude(&mut inventory, whole(50, 20)));
    assert!(inventory.is_frozen());
    assert!(!conclude(&mut inventory, part(50, 0)), "a part of a listing shows nothing of the others");
    let told = inventory.because().unwrap();
    assert_eq!(told.reason, reasons::INVENTORY_IMPLAUSIBLE);
    assert!(told.message.starts_with("20 of 50 users"), "{}", told.message);
    assert!(conclude(&mut inventory, whole(50, 0)));
    assert_eq!((inventory.is_frozen(), inventory.to_remember()), (false, None));
}

#[test]
fn a_plausible_listing_of_groups_does_not_speak_for_the_users() {
    let mut inventory = Inventory::default();
    assert!(!conclude(&mut inventory, whole(50, 20)));
    let number = inventory.begin(ResourceType::Group);
    assert!(!inventory.conclude(ResourceType::Group, whole(9, 1), number, at(NOON)));
    assert_eq!(inventory.absence(ResourceType::Group, "uid-0", "0"), Absence::Unknown);
}

#[test]
fn a_restart_forgets_nothing() {
    let mut before = Inventory::default();
    conclude(&mut before, whole(50, 20));
    let after = Inventory::remembered(before.to_remember().as_ref());
    assert!(after.is_frozen());
    assert_eq!(after.to_remember(), before.to_remember());
}

#[test]
fn a_person_accepts_so_many_at_that_time_and_no_more() {
    let rows = [
        (None, true),
        (Some("20 since 2026-05-13T12:00:00Z"), false),
        (Some("21 since 2026-05-13T12:00:00Z"), false),
        (Some("19 since 2026-05-13T12:00:00Z"), true),
        (Some("20 since 2026-05-13T11:59:59Z"), true),
        (Some("20"), true),
        (Some("yes"), true),
        (Some("-1 since 2026-05-13T12:00:00Z"), true),
    ];
    for (word, frozen) in rows {
        let mut inventory = Inventory::default();
        conclude(&mut inventory, whole(50, 20));
        inventory.accept(word);
        assert_eq!(inventory.is_frozen(), frozen, "{word:?}");
        assert_eq!(conclude(&mut inventory, whole(50, 20)), !frozen, "{word:?}");
    }
}

#[test]
fn what_the_message_asks_for_is_what_is_accepted_and_only_once() {
    let mut inventory = Inventory::default();
    conclude(&mut inventory, whole(50, 20));
    let told = inventory.because().unwrap().message;
    let word = told.split('"').nth(1).unwrap().to_owned();
    inventory.accept(Some(&word));
    assert!(conclude(&mut inventory, whole(50, 20)));
    assert_eq!(inventory.absence(KIND, "uid-3", "3"), Absence::Proven);
    assert!(conclude(&mut inventory, whole(50, 8)), "while they are dealt with");
    assert!(!conclude(&mut inventory, whole(50, 21)), "others, too");
    assert!(conclude(&mut inventory, whole(50, 0)));
    let number = inventory.begin(KIND);
    assert!(!inventory.conclude(KIND, whole(50, 20), number, at("2026-05-13T13:00:00Z")), "another time");
}

#[test]
fn an_id_that_finds_nobody_proves_an_absence_only_with_a_listing() {
    let mut inventory = Inventory::default();
    let running = inventory.begin(KIND);
    assert!(inventory.found_gone(KIND, "uid-0", "0"), "a listing is wanted");
    inventory.conclude(KIND, whole(9, 0), running, at(NOON));
    assert_eq!(inventory.absence(KIND, "uid-0", "0"), Absence::Unknown, "it began before");
    conclude(&mut inventory, whole(9, 0));
    assert_eq!(inventory.absence(KIND, "uid-0", "0"), Absence::Listed);
    assert!(!inventory.found_gone(KIND, "uid-0", "0"), "and no other listing is asked for");
    conclude(&mut inventory, whole(9, 1));
    assert_eq!(inventory.absence(KIND, "uid-0", "0"), Absence::Proven);
    assert_eq!(inventory.absence(KIND, "uid-0", "another"), Absence::Unknown);
    inventory.found(KIND, "uid-0");
    assert!(inventory.gone(KIND).is_empty());
}

#[test]
fn nobody_is_absent_while_the_server_is_not_believed() {
    let mut inventory = Inventory::default();
    conclude(&mut inventory, whole(9, 5));
    assert_eq!(inventory.absence(KIND, "uid-0", "0"), Absence::Unknown);
}
