//! Changes that come in bursts, gathered by whom they concern.

use std::{collections::HashMap, hash::Hash, time::Duration};

use tokio::time::Instant;

/// How long it has to be quiet before somebody is told.
const QUIET: Duration = Duration::from_millis(500);

/// How long somebody waits at most while it is not quiet.
const LONGEST: Duration = Duration::from_secs(5);

/// Whom changes concern, and since when.
#[derive(Debug)]
pub(super) struct Windows<K> {
    open: HashMap<K, Window>,
}

#[derive(Clone, Copy, Debug)]
struct Window {
    first: Instant,
    last: Instant,
}

impl Window {
    fn due(&self) -> Instant {
        (self.last + QUIET).min(self.first + LONGEST)
    }
}

impl<K> Default for Windows<K> {
    fn default() -> Self {
        Self { open: HashMap::new() }
    }
}

impl<K: Clone + Eq + Hash> Windows<K> {
    /// Something that concerns this one has changed.
    pub(super) fn touch(&mut self, concerned: K, now: Instant) {
        self.open.entry(concerned).or_insert(Window { first: now, last: now }).last = now;
    }

    /// When the next one is to be told.
    pub(super) fn next_due(&self) -> Option<Instant> {
        self.open.values().map(Window::due).min()
    }

    /// Those who are to be told now.
    pub(super) fn take_due(&mut self, now: Instant) -> Vec<K> {
        let due: Vec<K> =
            self.open.iter().filter(|(_, window)| window.due() <= now).map(|(key, _)| key.clone()).collect();
        for key in &due {
            self.open.remove(key);
        }
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How often somebody is told of changes at these milliseconds.
    fn told(changes: impl IntoIterator<Item = u64>) -> Vec<u64> {
        let start = Instant::now();
        let changes: Vec<u64> = changes.into_iter().collect();
        let last = changes.last().copied().unwrap_or_default();
        let mut windows = Windows::default();
        let mut told = Vec::new();
        for moment in 0..=last + 10_000 {
            let now = start + Duration::from_millis(moment);
            if changes.contains(&moment) {
                windows.touch("group", now);
            }
            told.extend(windows.take_due(now).iter().map(|_| moment));
        }
        told
    }

    #[test]
    fn one_change_is_told_when_it_is_quiet() {
        assert_eq!(told([0]), [500]);
        assert_eq!(told([0, 400, 800]), [1_300]);
        assert_eq!(told([0, 2_000]), [500, 2_500]);
    }

    #[test]
    fn a_burst_without_end_is_told_now_and_then() {
        let tens_of_seconds = (0..100).map(|number| number * 100);
        // The change at 5,000 is told then; the next window opens at 5,100.
        assert_eq!(told(tens_of_seconds), [5_000, 10_100]);
    }

    #[test]
    fn each_one_waits_for_its_own_changes() {
        let start = Instant::now();
        let mut windows = Windows::default();
        windows.touch("quiet", start);
        windows.touch("busy", start);
        windows.touch("busy", start + QUIET);
        assert_eq!(windows.next_due(), Some(start + QUIET));
        assert_eq!(windows.take_due(start + QUIET), ["quiet"]);
        assert_eq!(windows.next_due(), Some(start + QUIET * 2));
    }
}
