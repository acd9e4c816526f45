//! Counts the requests of one limit, where they leave and where they arrive.

use std::{collections::BTreeMap, time::Duration};

use super::{Rate, bucket::Bucket};

/// In how many ticks a window is counted: however many requests it has, no
/// more than so many numbers are kept. What falls between two ticks counts for
/// the later one.
const TICKS: u128 = 1_000;

/// A request that is not answered is taken to have arrived once it has been on
/// its way for this share of a window; else a server that takes its time would
/// get few requests.
const LONGEST_WAY: u128 = TICKS / 2;

/// Gives turns, so that no window has more requests than the limit.
///
/// Requests are not where the server counts them when their turn comes: what
/// has to happen first may take long, and they travel. So one whose turn was
/// given counts as long as it has not left, and then from when it arrived at
/// the latest: at its answer.
#[derive(Clone, Debug)]
pub struct Meter {
    requests: u32,
    /// The length of a tick, in nanoseconds.
    tick: u128,
    /// Spreads the turns evenly; the limit is not kept here.
    spread: Bucket,
    /// Turns that were given and not used.
    given: u32,
    /// How many requests arrived at the latest in which tick.
    arrivals: BTreeMap<u128, u32>,
    /// All of these together.
    counted: u32,
}

/// A request that left, by the tick in which it counts as long as there is no
/// answer.
#[derive(Debug)]
pub struct Sent(u128);

impl Meter {
    /// A meter at rest.
    pub fn new(rate: Rate) -> Self {
        Self {
            requests: rate.requests.max(1),
            tick: rate.per.as_nanos().div_ceil(TICKS).max(1),
            spread: Bucket::new(rate),
            given: 0,
            arrivals: BTreeMap::new(),
            counted: 0,
        }
    }

    /// How long until there is a turn. Before that there may be one whenever
    /// an answer comes or a turn is given back.
    pub fn wait(&mut self, now: Duration) -> Duration {
        self.forget(now);
        let window = match self.too_many(0) {
            0 => Duration::ZERO,
            many => self.arrival(many).map_or(Duration::MAX, |arrival| self.until(arrival + TICKS, now)),
        };
        window.max(self.spread.wait(now))
    }

    /// About how long until somebody behind so many others gets a turn, if
    /// those who are on their way arrive now.
    pub fn wait_behind(&self, others: usize, now: Duration) -> Duration {
        let others = u32::try_from(others).unwrap_or(u32::MAX);
        let present = self.ticks(now);
        let window = match self.too_many(others) {
            0 => Duration::ZERO,
            many => self.until(self.arrival(many).unwrap_or(present).min(present) + TICKS, now),
        };
        window.max(self.spread.wait_behind(others, now))
    }

    /// Gives a turn.
    pub fn give(&mut self, now: Duration) {
        self.spread.take(now);
        self.given = self.given.saturating_add(1);
    }

    /// Takes a turn back that was not used.
    pub fn take_back(&mut self) {
        self.given = self.given.saturating_sub(1);
    }

    /// A turn is used.
    pub fn sent(&mut self, now: Duration) -> Sent {
        self.take_back();
        let arrival = self.ticks(now) + LONGEST_WAY;
        self.count(arrival);
        Sent(arrival)
    }

    /// A request was answered, or is known to have failed.
    pub fn answered(&mut self, Sent(latest): &Sent, now: Duration) {
        let arrival = self.ticks(now);
        if arrival < *latest {
            self.discount(*latest, 1);
            self.count(arrival);
        }
    }

    /// How many have to leave the window before there is room for one who
    /// comes behind so many others.
    fn too_many(&self, others: u32) -> u32 {
        let all = self.counted.saturating_add(self.given).saturating_add(others).saturating_add(1);
        all.saturating_sub(self.requests)
    }

    /// When the last of so many arrived; none, if they have not left.
    fn arrival(&self, mut many: u32) -> Option<u128> {
        self.arrivals.iter().find_map(|(arrival, count)| {
            let is_last = many <= *count;
            many = many.saturating_sub(*count);
            is_last.then_some(*arrival)
        })
    }

    fn count(&mut self, arrival: u128) {
        *self.arrivals.entry(arrival).or_default() += 1;
        self.counted = self.counted.saturating_add(1);
    }

    fn discount(&mut self, arrival: u128, many: u32) {
        if let Some(count) = self.arrivals.get_mut(&arrival) {
            *count = count.saturating_sub(many);
            self.counted = self.counted.saturating_sub(many);
            if *count == 0 {
                self.arrivals.remove(&arrival);
            }
        }
    }

    /// Forgets what no window can have together with what leaves from now on.
    fn forget(&mut self, now: Duration) {
        let past = now.as_nanos() / self.tick;
        while let Some((arrival, count)) = self.arrivals.first_key_value()
            && *arrival + TICKS <= past
        {
            let (arrival, count) = (*arrival, *count);
            self.discount(arrival, count);
        }
    }

    /// The tick at whose beginning this moment is over.
    fn ticks(&self, moment: Duration) -> u128 {
        moment.as_nanos().div_ceil(self.tick)
    }

    fn until(&self, tick: u128, now: Duration) -> Duration {
        let left = tick.saturating_mul(self.tick).saturating_sub(now.as_nanos());
        u64::try_from(left).map_or(Duration::MAX, Duration::from_nanos)
    }
}

#[cfg(test)]
mod tests {
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
}
