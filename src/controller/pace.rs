//! Turns: requests leave one by one, in the order in which they were wanted,
//! and no faster than the server allows.

use std::{
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::time::Instant;

use crate::sync::pace::{Bucket, Limits};

/// Whoever would wait for longer than this for a turn does not begin.
const PATIENCE: Duration = Duration::from_secs(5);

/// Whether a request changes something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Access {
    /// It does not.
    Read,
    /// It does.
    Write,
}

/// The turns at one server.
pub(super) struct Pace {
    begun: Instant,
    requests: Option<Lane>,
    writes: Option<Lane>,
}

/// A bucket, and those who wait for its tokens in order.
struct Lane {
    bucket: Mutex<Bucket>,
    turn: tokio::sync::Mutex<()>,
    waiting: AtomicUsize,
}

impl Pace {
    /// Turns within these limits.
    pub(super) fn new(limits: Limits) -> Self {
        let lane = |rate| Lane::new(Bucket::new(rate));
        Self { begun: Instant::now(), requests: limits.requests.map(lane), writes: limits.writes.map(lane) }
    }

    /// Waits for the turn of one request. A write waits for a token of its
    /// own first, and then among all others for one of those that everybody
    /// needs. It takes both at once, so that neither limit is ever exceeded;
    /// and as those who wait are served in order, neither kind keeps the
    /// other from being sent.
    pub(super) async fn turn(&self, access: Access) {
        let own = match self.writes.as_ref().filter(|_| access == Access::Write) {
            Some(lane) => Some(lane.first(self.begun).await),
            None => None,
        };
        let shared = match &self.requests {
            Some(lane) => Some(lane.first(self.begun).await),
            None => None,
        };
        for first in [own, shared].into_iter().flatten() {
            first.take(self.begun.elapsed());
        }
    }

    /// How long not to begin anything, because whoever came now would wait
    /// for too long.
    pub(super) fn crowded(&self) -> Option<Duration> {
        let now = self.begun.elapsed();
        let waits = [&self.requests, &self.writes].into_iter().flatten().map(|lane| lane.wait_behind(now));
        waits.max().and_then(|wait| wait.checked_sub(PATIENCE)).filter(|wait| !wait.is_zero())
    }
}

impl Lane {
    fn new(bucket: Bucket) -> Self {
        Self { bucket: Mutex::new(bucket), turn: tokio::sync::Mutex::default(), waiting: AtomicUsize::new(0) }
    }

    /// Waits until it is the first, and until there is a token.
    async fn first(&self, begun: Instant) -> First<'_> {
        self.waiting.fetch_add(1, Ordering::Relaxed);
        let waiting = Waiting(&self.waiting);
        let turn = self.turn.lock().await;
        loop {
            let wait = self.bucket().wait(begun.elapsed());
            if wait.is_zero() {
                return First { lane: self, _turn: turn, _waiting: waiting };
            }
            tokio::time::sleep(wait).await;
        }
    }

    fn wait_behind(&self, now: Duration) -> Duration {
        self.bucket().wait_behind(self.waiting.load(Ordering::Relaxed), now)
    }

    fn bucket(&self) -> MutexGuard<'_, Bucket> {
        self.bucket.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Who is first in a lane with a token in reach.
struct First<'a> {
    lane: &'a Lane,
    _turn: tokio::sync::MutexGuard<'a, ()>,
    _waiting: Waiting<'a>,
}

impl First<'_> {
    fn take(self, now: Duration) {
        self.lane.bucket().take(now);
    }
}

struct Waiting<'a>(&'a AtomicUsize);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::sync::pace::Rate;

    const MINUTE: Duration = Duration::from_mins(1);

    fn pace(requests: Option<u32>, writes: Option<u32>) -> Arc<Pace> {
        let rate = |requests| Rate { requests, per: MINUTE };
        let limits = Limits { requests: requests.map(rate), writes: writes.map(rate), ..Limits::default() };
        Arc::new(Pace::new(limits))
    }

    /// When so many get their turns who all begin now, in seconds.
    async fn turns(pace: &Arc<Pace>, accesses: &[Access]) -> Vec<(Access, f64)> {
        let begun = Instant::now();
        let waiting = accesses.iter().map(|access| {
            let pace = Arc::clone(pace);
            let access = *access;
            tokio::spawn(async move {
                pace.turn(access).await;
                (access, begun.elapsed().as_secs_f64())
            })
        });
        let waiting: Vec<_> = waiting.collect();
        let mut turns = Vec::new();
        for turn in waiting {
            turns.push(turn.await.unwrap());
        }
        turns.sort_by(|one, other| one.1.total_cmp(&other.1));
        turns
    }

    #[tokio::test(start_paused = true)]
    async fn without_limits_nobody_waits() {
        let turns = turns(&pace(None, None), &[Access::Write; 1_000]).await;
        assert!(turns.iter().all(|(_, at)| *at < 0.001));
    }

    #[tokio::test(start_paused = true)]
    async fn writes_count_as_requests_and_as_writes() {
        let pace = pace(Some(60), Some(6));
        let turns = turns(&pace, &[Access::Write; 13]).await;
        let in_first_minute = turns.iter().filter(|(_, at)| *at < 60.0).count();
        assert!((5..=6).contains(&in_first_minute), "{turns:?}");
        let reads = [Access::Read; 60];
        let in_first_minute = self::turns(&pace, &reads).await.iter().filter(|(_, at)| *at < 60.0).count();
        assert!((50..=60).contains(&in_first_minute));
    }

    #[tokio::test(start_paused = true)]
    async fn many_reads_keep_no_write_waiting_and_slow_writes_no_read() {
        let mut wanted = vec![Access::Read; 40];
        wanted.insert(20, Access::Write);
        let order = turns(&pace(Some(30), None), &wanted).await;
        assert_eq!(order.iter().position(|(access, _)| *access == Access::Write), Some(20));

        let mut wanted = vec![Access::Write; 10];
        wanted.extend([Access::Read; 10]);
        let turns = turns(&pace(Some(600), Some(1)), &wanted).await;
        let reads = turns.iter().filter(|(access, _)| *access == Access::Read);
        assert!(reads.clone().all(|(_, at)| *at < 1.0), "{turns:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_gives_up_waiting_takes_no_turn() {
        let pace = pace(Some(1), None);
        pace.turn(Access::Read).await;
        assert!(tokio::time::timeout(Duration::from_secs(9), pace.turn(Access::Read)).await.is_err());
        let begun = Instant::now();
        pace.turn(Access::Read).await;
        assert!(begun.elapsed() < MINUTE);
    }

    #[tokio::test(start_paused = true)]
    async fn it_is_crowded_while_whoever_came_would_wait_long() {
        let pace = pace(Some(1), None);
        assert_eq!(pace.crowded(), None);
        pace.turn(Access::Read).await;
        let crowded = pace.crowded().unwrap();
        tokio::time::sleep(crowded).await;
        assert_eq!(pace.crowded(), None);
        let waiting = tokio::spawn({
            let pace = Arc::clone(&pace);
            async move { pace.turn(Access::Read).await }
        });
        tokio::task::yield_now().await;
        assert!(pace.crowded() > Some(MINUTE), "somebody waits already");
        waiting.await.unwrap();
    }
}
