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
mod tests;
