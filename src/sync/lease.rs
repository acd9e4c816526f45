//! Who may work: one process of an installation, as long as it holds the lease
//! that all of them see. Nobody's clock is compared with another's: each
//! measures by its own what has passed since it saw the lease change. Time comes
//! in from outside, as what has passed since some fixed beginning.

use std::time::Duration;

/// How the lease is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    duration: Duration,
    renew_deadline: Duration,
    renew_interval: Duration,
}

/// The terms cannot be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnfitTerms {
    /// Kubernetes counts a lease in whole seconds.
    #[error("a lease lasts whole seconds, from 1s to 1h")]
    Duration,
    /// Whoever notices late works on beside the next holder.
    #[error("the renew deadline must be shorter than the lease, by at least a twentieth of it")]
    Deadline,
    /// One failure must not be the end.
    #[error("the renew interval must be at most a third of the renew deadline, and not nothing")]
    Interval,
}

/// No lease lasts longer, whatever it says of itself.
const LONGEST: Duration = Duration::from_hours(1);

/// Of the lease's duration its holder uses all but a twentieth, because two
/// clocks never run alike.
fn usable(duration: Duration) -> Duration {
    duration / 20 * 19
}

impl Terms {
    /// Terms that can be kept.
    pub fn new(
        duration: Duration,
        renew_deadline: Duration,
        renew_interval: Duration,
    ) -> Result<Self, UnfitTerms> {
        if duration.subsec_nanos() != 0 || duration.is_zero() || duration > LONGEST {
            return Err(UnfitTerms::Duration);
        }
        if renew_deadline > usable(duration) {
            return Err(UnfitTerms::Deadline);
        }
        if renew_interval.is_zero() || renew_interval > renew_deadline / 3 {
            return Err(UnfitTerms::Interval);
        }
        Ok(Self { duration, renew_deadline, renew_interval })
    }

    /// How long others wait after the last renewal that they saw.
    pub fn duration(&self) -> Duration {
        self.duration
    }

    /// How long after the last renewal its holder gives up.
    pub fn renew_deadline(&self) -> Duration {
        self.renew_deadline
    }

    /// How often it is renewed, or looked at by those who stand by.
    pub fn renew_interval(&self) -> Duration {
        self.renew_interval
    }

    /// How long one request to a server may take: what is begun soon after a
    /// renewal must end before the lease may be another's.
    pub fn longest_request(&self) -> Duration {
        self.duration / 2
    }
}

/// The lease as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// The version, which every write changes.
    pub version: String,
    /// Who holds it; `None` if it was given back.
    pub holder: Option<String>,
    /// For how long, as the holder says.
    pub duration: Option<Duration>,
}

/// What somebody does who does not hold the lease.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Make it: there is none.
    Create,
    /// Write oneself into it.
    Take,
    /// Leave it to its holder.
    StandBy {
        /// Who holds it, as far as is known.
        holder: Option<String>,
        /// How long it is his at least, if nothing changes.
        left: Duration,
    },
}

/// Somebody who would like to hold the lease.
#[derive(Clone, Debug)]
pub struct Candidate {
    identity: String,
    terms: Terms,
    sight: Option<Sight>,
}

/// What was seen last.
#[derive(Clone, Debug)]
struct Sight {
    /// `None` if it was gone.
    version: Option<String>,
    /// When this version was seen first.
    since: Duration,
    /// How long it has to stay unchanged until it is anybody's.
    wait: Duration,
}

impl Candidate {
    /// Somebody who has not looked yet.
    pub fn new(identity: String, terms: Terms) -> Self {
        Self { identity, terms, sight: None }
    }

    /// What to do about the lease as it is now.
    pub fn look(&mut self, lease: Option<&Lease>, now: Duration) -> Step {
        let holder = lease.and_then(|lease| lease.holder.clone());
        let Sight { since, wait, .. } = self.see(lease, now);
        let left = (since + wait).saturating_sub(now);
        match lease {
            // A write of ours whose answer was lost.
            Some(_) if holder.as_deref() == Some(&self.identity) => Step::Take,
            Some(_) if holder.is_none() || left.is_zero() => Step::Take,
            None if left.is_zero() => Step::Create,
            _ => Step::StandBy { holder, left },
        }
    }

    fn see(&mut self, lease: Option<&Lease>, now: Duration) -> Sight {
        let version = lease.map(|lease| &lease.version);
        if let Some(known) = self.sight.as_ref().filter(|known| known.version.as_ref() == version) {
            return known.clone();
        }
        let wait = match (lease, &self.sight) {
            // Whoever held it counts on what was said, and so do we.
            (Some(lease), _) => lease.duration.unwrap_or_default().clamp(self.terms.duration, LONGEST),
            // Somebody deleted it. Its holder has not noticed yet.
            (None, Some(before)) => before.wait,
            (None, None) => Duration::ZERO,
        };
        let sight = Sight { version: version.cloned(), since: now, wait };
        self.sight = Some(sight.clone());
        sight
    }
}

/// What the holder may count on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claim {
    since: Duration,
    terms: Terms,
}

impl Claim {
    /// By a write that was sent then: others saw it later, so they wait longer.
    pub fn written(since: Duration, terms: Terms) -> Self {
        Self { since, terms }
    }

    /// When whoever could not renew it gives up.
    pub fn ends(&self) -> Duration {
        self.since + self.terms.renew_deadline
    }

    /// Whether it still stands.
    pub fn stands(&self, now: Duration) -> bool {
        now < self.ends()
    }

    /// Whether something may be begun now that is over by then: as long as
    /// nobody else can be at work.
    pub fn covers(&self, now: Duration, until: Duration) -> bool {
        self.stands(now) && until <= self.since + usable(self.terms.duration)
    }
}

/// Why a lease is no longer held.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Loss {
    /// It could not be renewed in time.
    #[error("it could not be renewed in time")]
    RanOut,
    /// Somebody deleted it.
    #[error("somebody deleted it")]
    Deleted,
    /// Somebody emptied it.
    #[error("somebody took its holder out of it")]
    Emptied,
    /// Somebody else is in it.
    #[error("{0} holds it now")]
    Taken(String),
}

/// Whether the lease is still its holder's, after a renewal found it changed.
pub fn still_held(identity: &str, lease: Option<&Lease>) -> Result<(), Loss> {
    match lease.map(|lease| lease.holder.as_deref()) {
        None => Err(Loss::Deleted),
        Some(None) => Err(Loss::Emptied),
        Some(Some(holder)) if holder == identity => Ok(()),
        Some(Some(holder)) => Err(Loss::Taken(holder.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn terms() -> Terms {
        Terms::new(seconds(60), seconds(40), seconds(5)).unwrap()
    }

    fn lease(version: &str, holder: Option<&str>, duration: Option<u64>) -> Lease {
        Lease {
            version: version.to_owned(),
            holder: holder.map(str::to_owned),
            duration: duration.map(seconds),
        }
    }

    /// When somebody looked, what he saw, and what he is to do.
    type Look = (u64, Option<Lease>, Step);

    fn wait(holder: Option<&str>, left: u64) -> Step {
        Step::StandBy { holder: holder.map(str::to_owned), left: seconds(left) }
    }

    #[test]
    fn a_lease_is_taken_only_when_nobody_can_be_at_work() {
        let other = |version| Some(lease(version, Some("other"), Some(60)));
        let rows: [(&str, Vec<Look>); 12] = [
            ("the first of all", vec![(0, None, Step::Create)]),
            ("given back", vec![(0, Some(lease("1", None, Some(60))), Step::Take)]),
            ("our own write, unanswered", vec![(0, Some(lease("1", Some("we"), Some(60))), Step::Take)]),
            (
                "however old it says it is, it counts from when we saw it",
                vec![(0, other("1"), wait(Some("other"), 60)), (59, other("1"), wait(Some("other"), 1))],
            ),
            (
                "unchanged for as long as it lasts",
                vec![(0, other("1"), wait(Some("other"), 60)), (60, other("1"), Step::Take)],
            ),
            (
                "renewed",
                vec![
                    (0, other("1"), wait(Some("other"), 60)),
                    (59, other("2"), wait(Some("other"), 60)),
                    (118, other("2"), wait(Some("other"), 1)),
                ],
            ),
            (
                "its holder counts on more than we",
                vec![
                    (0, Some(lease("1", Some("other"), Some(90))), wait(Some("other"), 90)),
                    (60, Some(lease("1", Some("other"), Some(90))), wait(Some("other"), 30)),
                ],
            ),
            (
                "its holder says nothing, or less",
                vec![
                    (0, Some(lease("1", Some("other"), None)), wait(Some("other"), 60)),
                    (1, Some(lease("2", Some("other"), Some(1))), wait(Some("other"), 60)),
                ],
            ),
            (
                "its holder says what cannot be",
                vec![(
                    0,
                    Some(lease("1", Some("other"), Some(u64::from(u32::MAX)))),
                    wait(Some("other"), 3600),
                )],
            ),
            (
                "deleted while somebody held it",
                vec![
                    (0, other("1"), wait(Some("other"), 60)),
                    (50, None, wait(None, 60)),
                    (109, None, wait(None, 1)),
                    (110, None, Step::Create),
                ],
            ),
            (
                "given back while we stood by",
                vec![
                    (0, other("1"), wait(Some("other"), 60)),
                    (5, Some(lease("2", None, Some(60))), Step::Take),
                ],
            ),
            ("another was faster", vec![(0, None, Step::Create), (1, other("1"), wait(Some("other"), 60))]),
        ];
        for (row, looks) in rows {
            let mut candidate = Candidate::new("we".to_owned(), terms());
            for (now, lease, step) in looks {
                assert_eq!(candidate.look(lease.as_ref(), seconds(now)), step, "{row}, at {now}");
            }
        }
    }

    #[test]
    fn a_claim_covers_what_ends_before_it_may_be_anothers() {
        let claim = Claim::written(seconds(100), terms());
        for (row, now, until, covered) in [
            ("just written", 100, 130, true),
            ("to the last moment", 127, 157, true),
            ("a moment longer", 128, 158, false),
            ("what takes no time", 139, 139, true),
            ("given up", 140, 140, false),
            ("after a long sleep", 1_000, 1_030, false),
        ] {
            assert_eq!(claim.covers(seconds(now), seconds(until)), covered, "{row}");
        }
        assert!(claim.stands(seconds(139)) && !claim.stands(seconds(140)));
    }

    #[test]
    fn what_one_holder_counts_on_ends_before_the_next_one_begins() {
        let written = seconds(100);
        let mut candidate = Candidate::new("we".to_owned(), terms());
        let seen = lease("1", Some("other"), Some(60));
        candidate.look(Some(&seen), written);
        for now in 100..200 {
            let taken = candidate.look(Some(&seen), seconds(now)) == Step::Take;
            let covered = Claim::written(written, terms()).covers(seconds(now), seconds(now));
            assert!(!(taken && covered), "two at once at {now}");
        }
    }

    #[test]
    fn a_changed_lease_is_kept_only_by_who_is_in_it() {
        assert_eq!(still_held("we", Some(&lease("9", Some("we"), None))), Ok(()));
        assert_eq!(still_held("we", Some(&lease("9", None, None))), Err(Loss::Emptied));
        let taken = still_held("we", Some(&lease("9", Some("other"), None)));
        assert_eq!(taken, Err(Loss::Taken("other".to_owned())));
        assert_eq!(still_held("we", None), Err(Loss::Deleted));
    }

    #[test]
    fn terms_that_cannot_be_kept_are_refused() {
        let terms = |duration: f64, deadline: f64, interval: f64| {
            let [duration, deadline, interval] = [duration, deadline, interval].map(Duration::from_secs_f64);
            Terms::new(duration, deadline, interval).map(|terms| terms.longest_request())
        };
        assert_eq!(terms(60.0, 40.0, 5.0), Ok(seconds(30)));
        assert_eq!(terms(1.0, 0.5, 0.1), Ok(Duration::from_millis(500)));
        assert_eq!(terms(1.5, 0.5, 0.1), Err(UnfitTerms::Duration));
        assert_eq!(terms(0.0, 0.0, 0.0), Err(UnfitTerms::Duration));
        assert_eq!(terms(60.0, 58.0, 5.0), Err(UnfitTerms::Deadline));
        assert_eq!(terms(60.0, 40.0, 15.0), Err(UnfitTerms::Interval));
        assert_eq!(terms(60.0, 40.0, 0.0), Err(UnfitTerms::Interval));
    }
}
