use std::{cmp::Reverse, collections::BinaryHeap};

use proptest::prelude::*;

use super::*;

const MINUTE: Duration = Duration::from_mins(1);

/// What becomes of one turn; each time begins with the one before.
#[derive(Clone, Copy, Debug)]
struct Course {
    /// How long after the turn before this one is wanted.
    pause: Duration,
    /// How long it takes until the request leaves, or the turn is given
    /// back.
    delay: Duration,
    leaves: bool,
    /// How long the request takes to the server, and its answer from it.
    way: Duration,
    back: Duration,
}

const AT_ONCE: Course = Course {
    pause: Duration::ZERO,
    delay: Duration::ZERO,
    leaves: true,
    way: Duration::ZERO,
    back: Duration::ZERO,
};

/// When the requests of these turns arrive.
fn arrivals(rate: Rate, courses: &[Course]) -> Vec<Duration> {
    let mut meter = Meter::new(rate);
    // What comes next: when, of which turn, and whether that is its answer.
    let mut events: BinaryHeap<Reverse<(Duration, usize, bool)>> = BinaryHeap::new();
    let mut sent: Vec<Option<Sent>> = courses.iter().map(|_| None).collect();
    let mut arrivals = Vec::new();
    let mut now = Duration::ZERO;
    for (number, course) in courses.iter().enumerate() {
        let wanted = now + course.pause;
        loop {
            let next = events.peek().map(|Reverse((at, ..))| *at);
            let turn = wanted.max(now).saturating_add(meter.wait(wanted.max(now)));
            if next.is_none_or(|at| at > turn) {
                now = turn;
                break;
            }
            let Reverse((at, number, is_answer)) = events.pop().unwrap();
            let course = &courses[number];
            now = now.max(at);
            match (is_answer, course.leaves) {
                (true, _) => meter.answered(sent[number].as_ref().unwrap(), at),
                (false, false) => meter.take_back(),
                (false, true) => {
                    sent[number] = Some(meter.sent(at));
                    arrivals.push(at + course.way);
                    events.push(Reverse((at + course.way + course.back, number, true)));
                }
            }
        }
        meter.give(now);
        events.push(Reverse((now + course.delay, number, false)));
    }
    while let Some(Reverse((at, number, is_answer))) = events.pop() {
        if !is_answer && courses[number].leaves {
            arrivals.push(at + courses[number].way);
        }
    }
    arrivals.sort();
    arrivals
}

fn most_in_a_window(arrivals: &[Duration], window: Duration) -> usize {
    let within = |(first, from): (usize, &Duration)| {
        arrivals[first..].iter().take_while(|at| **at < *from + window).count()
    };
    arrivals.iter().enumerate().map(within).max().unwrap_or_default()
}

#[test]
fn a_limit_of_one_is_kept() {
    for requests in [0, 1] {
        let arrivals = arrivals(Rate { requests, per: MINUTE }, &[AT_ONCE; 3]);
        assert_eq!(arrivals[0], Duration::ZERO);
        assert!(arrivals[1] >= MINUTE && arrivals[2] >= 2 * MINUTE);
    }
}

#[test]
fn a_turn_that_is_not_used_keeps_its_place_until_it_is_given_back() {
    let mut meter = Meter::new(Rate { requests: 1, per: MINUTE });
    meter.give(Duration::ZERO);
    assert_eq!(meter.wait(10 * MINUTE), Duration::MAX, "it may leave any moment");
    assert_eq!(meter.wait_behind(0, 10 * MINUTE), MINUTE, "as if it left now");
    meter.take_back();
    assert_eq!(meter.wait(10 * MINUTE), Duration::ZERO);
}

#[test]
fn a_request_counts_until_a_window_after_its_answer_or_half_a_window_without_one() {
    let mut meter = Meter::new(Rate { requests: 1, per: MINUTE });
    meter.give(Duration::ZERO);
    let sent = meter.sent(MINUTE);
    assert_eq!(meter.wait(MINUTE), MINUTE + MINUTE / 2);
    assert_eq!(meter.wait_behind(0, MINUTE), MINUTE, "as if it were answered now");
    meter.answered(&sent, MINUTE + MINUTE / 4);
    assert_eq!(meter.wait(MINUTE), MINUTE + MINUTE / 4);
    assert_eq!(meter.wait(2 * MINUTE + MINUTE / 4), Duration::ZERO);

    meter.give(3 * MINUTE);
    let sent = meter.sent(3 * MINUTE);
    assert_eq!(meter.wait(5 * MINUTE), Duration::ZERO);
    meter.answered(&sent, 5 * MINUTE);
    assert_eq!(meter.wait(5 * MINUTE), Duration::ZERO);
}

#[test]
fn a_large_limit_takes_no_more_room_than_a_small_one() {
    let mut meter = Meter::new(Rate { requests: 1_000_000, per: MINUTE });
    for number in 0..50_000 {
        let now = Duration::from_millis(number);
        let _ = meter.wait(now);
        meter.give(now);
        let sent = meter.sent(now);
        meter.answered(&sent, now);
    }
    assert!(meter.arrivals.len() <= 1_000);
    assert_eq!(meter.counted, 50_000);
}

#[test]
fn absurd_limits_are_kept_too() {
    for rate in [
        Rate { requests: u32::MAX, per: Duration::from_nanos(1) },
        Rate { requests: 1, per: Duration::MAX },
        Rate { requests: 5, per: Duration::ZERO },
    ] {
        let mut meter = Meter::new(rate);
        for _ in 0..3 {
            meter.give(MINUTE);
            let sent = meter.sent(MINUTE);
            meter.answered(&sent, Duration::MAX);
        }
        assert!(meter.wait(MINUTE) <= meter.wait_behind(1, MINUTE));
        assert!(meter.wait_behind(usize::MAX, MINUTE) >= meter.wait_behind(1, MINUTE));
    }
}

fn courses(per: Duration) -> impl Strategy<Value = Vec<Course>> {
    let mostly_none = |most: Duration| {
        let most = u64::try_from(most.as_nanos()).unwrap();
        prop_oneof![2 => Just(0), 1 => 0..=most].prop_map(Duration::from_nanos)
    };
    let course = (mostly_none(per), mostly_none(2 * per), 0..10, mostly_none(per / 2), mostly_none(per));
    let course = course.prop_map(|(pause, delay, chance, way, back)| Course {
        pause,
        delay,
        leaves: chance > 0,
        way,
        back,
    });
    prop::collection::vec(course, 1..200)
}

proptest! {
    #[test]
    fn no_window_has_more_than_the_limit_however_late_turns_are_used_and_answered(
        (requests, per, courses) in (1_u32..60, 1_u64..20_000).prop_flat_map(|(requests, per)| {
            let per = Duration::from_millis(per);
            (Just(requests), Just(per), courses(per))
        }),
    ) {
        let arrivals = arrivals(Rate { requests, per }, &courses);
        prop_assert_eq!(arrivals.len(), courses.iter().filter(|course| course.leaves).count());
        prop_assert!(most_in_a_window(&arrivals, per) <= requests as usize);
    }

    #[test]
    fn who_always_has_something_to_send_gets_most_of_the_limit(
        requests in 1_u32..300,
        delay in 0_u32..6,
        way in 0_u32..6,
    ) {
        let windows = 5;
        let course = Course { delay: delay * MINUTE / 100, way: way * MINUTE / 100, ..AT_ONCE };
        let many = vec![course; (requests * windows) as usize];
        let took = *arrivals(Rate { requests, per: MINUTE }, &many).last().unwrap();
        prop_assert!(took <= MINUTE * windows * 12 / 10, "{took:?} for {windows} minutes' worth");
    }

    #[test]
    fn a_server_that_takes_its_time_still_gets_two_thirds(requests in 1_u32..300) {
        let windows = 5;
        let course = Course { back: 10 * MINUTE, ..AT_ONCE };
        let many = vec![course; (requests * windows) as usize];
        let took = *arrivals(Rate { requests, per: MINUTE }, &many).last().unwrap();
        prop_assert!(took <= MINUTE * windows * 151 / 100, "{took:?} for {windows} minutes' worth");
    }
}
