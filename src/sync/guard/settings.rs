//! What a provider says about the guard, and what counts where several
//! providers are of one server.

use jiff::SignedDuration;

use crate::api::{DeletionGuard, GuardMode, duration::parse_go_duration};

const MAX_DELETIONS: usize = 50;
const MAX_PERCENT: usize = 10;
const WINDOW: SignedDuration = SignedDuration::from_hours(24);
const SETTLE: SignedDuration = SignedDuration::from_secs(15);

/// So many are allowed even where a few percent of the managed are fewer.
const ALWAYS_ALLOWED: usize = 5;

/// The guard of one endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Whether anything is held.
    pub enforced: bool,
    /// The most in a window.
    pub max_deletions: usize,
    /// The most in a window, as a part of those that are managed.
    pub max_percent: usize,
    /// What counts together.
    pub window: SignedDuration,
    /// How long a burst has to be quiet.
    pub settle: SignedDuration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            enforced: true,
            max_deletions: MAX_DELETIONS,
            max_percent: MAX_PERCENT,
            window: WINDOW,
            settle: SETTLE,
        }
    }
}

impl Settings {
    /// What one provider says. What cannot be read is as if it were absent.
    pub fn of(guard: Option<&DeletionGuard>) -> Self {
        let defaults = Self::default();
        let Some(guard) = guard else { return defaults };
        let number = |given: Option<i32>, otherwise| {
            given.and_then(|number| usize::try_from(number).ok()).unwrap_or(otherwise)
        };
        let time = |given: &Option<String>, otherwise| {
            let given = given.as_deref().and_then(|text| parse_go_duration(text).ok());
            given.and_then(|time| SignedDuration::try_from(time).ok()).unwrap_or(otherwise)
        };
        Self {
            enforced: guard.mode != Some(GuardMode::Off),
            max_deletions: number(guard.max_deletions, defaults.max_deletions),
            max_percent: number(guard.max_percent, defaults.max_percent),
            window: time(&guard.window, defaults.window),
            settle: time(&guard.settle, defaults.settle),
        }
    }

    /// The strictest of what several providers of one endpoint say; none of
    /// them says nothing. One that is off does not weaken another.
    pub fn strictest(all: impl IntoIterator<Item = Self>) -> Self {
        let (enforced, off): (Vec<_>, Vec<_>) = all.into_iter().partition(|settings| settings.enforced);
        let counted = if enforced.is_empty() { off } else { enforced };
        let stricter = |one: Self, other: Self| Self {
            enforced: one.enforced || other.enforced,
            max_deletions: one.max_deletions.min(other.max_deletions),
            max_percent: one.max_percent.min(other.max_percent),
            window: one.window.max(other.window),
            settle: one.settle.max(other.settle),
        };
        counted.into_iter().reduce(stricter).unwrap_or_default()
    }

    /// The most in a window that began with so many managed identities.
    pub fn limit(&self, managed: usize) -> usize {
        let part = managed.saturating_mul(self.max_percent).div_ceil(100);
        self.max_deletions.min(part.max(ALWAYS_ALLOWED))
    }
}
