//! Turns: requests leave one by one, in the order in which they were wanted,
//! and no faster than the server allows.

use std::{
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{
    sync::{Notify, OwnedMutexGuard},
    time::{Instant, timeout},
};

use crate::sync::pace::{Limits, Meter, Sent};

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

/// The turns at one server. They outlive the sessions with it.
pub(super) struct Pace {
    limits: Limits,
    requests: Option<Arc<Lane>>,
    writes: Option<Arc<Lane>>,
}

/// One limit, and those who wait for its turns in order.
struct Lane {
    begun: Instant,
    meter: Mutex<Meter>,
    first: Arc<tokio::sync::Mutex<()>>,
    /// Tells whoever is first that there may be a turn sooner than he was
    /// told.
    eased: Notify,
    waiting: AtomicUsize,
}

/// Leave to send one request. It counts as long as it is kept, and is given
/// back when it is dropped before the request leaves.
#[must_use]
pub(super) struct Turn {
    access: Access,
    slots: Vec<Slot>,
}

struct Slot {
    lane: Arc<Lane>,
    sent: Option<Sent>,
}

impl Pace {
    /// Turns within these limits.
    pub(super) fn new(limits: Limits) -> Self {
        let lane = |rate| Arc::new(Lane::new(Meter::new(rate)));
        Self { limits, requests: limits.requests.map(lane), writes: limits.writes.map(lane) }
    }

    /// Whether these limits are its own, however many are under way at once.
    pub(super) fn keeps(&self, limits: Limits) -> bool {
        (self.limits.requests, self.limits.writes) == (limits.requests, limits.writes)
    }

    /// Waits for the turn of one request. A write waits for one among the
    /// writes first, and then for one among all requests. It takes both at
    /// once; and as those who wait are served in order, neither kind keeps
    /// the other from being sent.
    pub(super) async fn turn(&self, access: Access) -> Turn {
        let own = match self.writes.as_ref().filter(|_| access == Access::Write) {
            Some(lane) => Some(lane.first().await),
            None => None,
        };
        let shared = match &self.requests {
            Some(lane) => Some(lane.first().await),
            None => None,
        };
        Turn { access, slots: [own, shared].into_iter().flatten().map(First::take).collect() }
    }

    /// How long not to begin anything, because whoever came now would wait
    /// for too long.
    pub(super) fn crowded(&self) -> Option<Duration> {
        let waits = [&self.requests, &self.writes].into_iter().flatten().map(|lane| lane.wait_behind());
        waits.max().and_then(|wait| wait.checked_sub(PATIENCE)).filter(|wait| !wait.is_zero())
    }
}

impl fmt::Debug for Pace {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Pace").field("limits", &self.limits).finish_non_exhaustive()
    }
}

impl Turn {
    /// What it is a turn for.
    pub(super) fn access(&self) -> Access {
        self.access
    }

    /// The request leaves now.
    pub(super) fn leave(&mut self) {
        for slot in &mut self.slots {
            let now = slot.lane.now();
            slot.sent = Some(slot.lane.meter().sent(now));
            slot.lane.eased.notify_one();
        }
    }

    /// The request was answered. One that nobody waits for any more is not,
    /// and counts as long as it may be on its way.
    pub(super) fn answered(self) {
        for slot in &self.slots {
            if let Some(sent) = &slot.sent {
                let now = slot.lane.now();
                slot.lane.meter().answered(sent, now);
                slot.lane.eased.notify_one();
            }
        }
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        if self.sent.is_none() {
            self.lane.meter().take_back();
            self.lane.eased.notify_one();
        }
    }
}

impl Lane {
    fn new(meter: Meter) -> Self {
        Self {
            begun: Instant::now(),
            meter: Mutex::new(meter),
            first: Arc::default(),
            eased: Notify::new(),
            waiting: AtomicUsize::new(0),
        }
    }

    /// Waits until it is the first, and until there is a turn.
    async fn first(self: &Arc<Self>) -> First {
        let waiting = Waiting::new(self);
        let place = Arc::clone(&self.first).lock_owned().await;
        loop {
            let now = self.now();
            let wait = self.meter().wait(now);
            if wait.is_zero() {
                return First { waiting, _place: place };
            }
            // Either way it is asked again.
            let _ = timeout(wait, self.eased.notified()).await;
        }
    }

    fn wait_behind(&self) -> Duration {
        let now = self.now();
        self.meter().wait_behind(self.waiting.load(Ordering::Relaxed), now)
    }

    fn now(&self) -> Duration {
        self.begun.elapsed()
    }

    fn meter(&self) -> MutexGuard<'_, Meter> {
        self.meter.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Who is first in a lane with a turn in reach.
struct First {
    waiting: Waiting,
    _place: OwnedMutexGuard<()>,
}

impl First {
    fn take(self) -> Slot {
        let lane = Arc::clone(&self.waiting.0);
        let now = lane.now();
        lane.meter().give(now);
        Slot { lane, sent: None }
    }
}

struct Waiting(Arc<Lane>);

impl Waiting {
    fn new(lane: &Arc<Lane>) -> Self {
        lane.waiting.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(lane))
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::Relaxed);
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

    async fn send(pace: &Pace) {
        let mut turn = pace.turn(Access::Read).await;
        turn.leave();
        turn.answered();
    }

    /// When so many get their turns who all begin now, in seconds.
    async fn turns(pace: &Arc<Pace>, accesses: &[Access]) -> Vec<(Access, f64)> {
        let begun = Instant::now();
        let waiting = accesses.iter().map(|access| {
            let pace = Arc::clone(pace);
            let access = *access;
            tokio::spawn(async move {
                let mut turn = pace.turn(access).await;
                turn.leave();
                turn.answered();
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
        send(&pace).await;
        assert!(tokio::time::timeout(Duration::from_secs(9), pace.turn(Access::Read)).await.is_err());
        let begun = Instant::now();
        send(&pace).await;
        assert!(begun.elapsed() < MINUTE);
    }

    #[tokio::test(start_paused = true)]
    async fn it_is_crowded_while_whoever_came_would_wait_long() {
        let pace = pace(Some(1), None);
        assert_eq!(pace.crowded(), None);
        send(&pace).await;
        let crowded = pace.crowded().unwrap();
        tokio::time::sleep(crowded).await;
        assert_eq!(pace.crowded(), None);
        let waiting = tokio::spawn({
            let pace = Arc::clone(&pace);
            async move { send(&pace).await }
        });
        tokio::task::yield_now().await;
        assert!(pace.crowded() >= Some(MINUTE), "somebody waits already");
        waiting.await.unwrap();
    }
}
