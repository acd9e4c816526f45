//! A burst of claims: when it has settled, and whether it may go.

use jiff::{SignedDuration, Timestamp};

use super::{Claims, Ledger, Settings};

/// So many times the quiet that it takes, no burst is waited for longer.
const LONGEST: i32 = 8;

/// When claims came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settling {
    first: Timestamp,
    last: Timestamp,
}

impl Settling {
    /// One came in.
    pub fn begin(now: Timestamp) -> Self {
        Self { first: now, last: now }
    }

    /// One more came in.
    pub fn touch(&mut self, now: Timestamp) {
        self.last = now;
    }

    /// How long it still takes; `None` once the burst has settled.
    pub fn left(&self, settle: SignedDuration, now: Timestamp) -> Option<SignedDuration> {
        let quiet = settle - since(self.last, now);
        let whole = settle.saturating_mul(LONGEST) - since(self.first, now);
        let left = quiet.min(whole);
        left.is_positive().then_some(left)
    }
}

/// A clock that was set back makes nobody wait longer.
fn since(then: Timestamp, now: Timestamp) -> SignedDuration {
    now.duration_since(then).max(SignedDuration::ZERO)
}

/// What becomes of a settled batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Judgement {
    /// All of it may go, once this is written down.
    Reserve(Ledger),
    /// All of it is held: so many are counted already, and this is the limit.
    Hold {
        /// How many of the window are used.
        used: usize,
        /// How many it has.
        limit: usize,
    },
}

/// Judges a settled batch as a whole.
///
/// `managed`: how many identities there are now. `waiting`: how many wait for
/// a decision already; what comes meanwhile may belong to the same mistake,
/// and is held too. `once_held`: somebody in the batch was held before, and
/// the hold is gone without a decision: no time and no loss releases that.
pub fn judge(
    ledger: &Ledger,
    batch: &Claims,
    settings: &Settings,
    managed: usize,
    waiting: usize,
    once_held: bool,
    now: Timestamp,
) -> Judgement {
    let mut ledger = ledger.clone();
    ledger.forget_old(settings.window, now);
    let known = ledger.known(batch);
    let newcomers = batch.len() - known;
    let used = ledger.used();
    let limit = settings.limit(ledger.managed_at_begin().unwrap_or(managed));
    let is_free = newcomers == 0 || used + waiting + newcomers <= limit;
    if is_free && !once_held {
        ledger.reserve(batch, managed, now);
        Judgement::Reserve(ledger)
    } else {
        Judgement::Hold { used, limit }
    }
}
