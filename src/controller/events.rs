//! Events: one for each change made and each failure that is new, told beside
//! the work and never in its way. Each is a write to the API server, so in a
//! mass change only a sample of what was done is told; failures all are.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use k8s_openapi::api::core::v1::ObjectReference;
use kube::{
    Client, Resource,
    runtime::events::{Event, EventType, Recorder, Reporter},
};
use tokio::{sync::mpsc, time::Instant};

/// How many events may wait. Conditions say the rest.
const WAITING: usize = 1_000;

/// How many things done are told at once, and how soon there is room for one
/// more.
const BURST: u32 = 50;
const REFILL: Duration = Duration::from_millis(200);

/// The longest note; the API server takes 1,024 bytes.
const LONGEST_NOTE: usize = 1_000;

/// Hands events to the task that sends them.
#[derive(Clone, Debug)]
pub(super) struct Events {
    queue: mpsc::Sender<(Event, ObjectReference)>,
    warnings_only: bool,
    room: Arc<Mutex<Room>>,
}

impl Events {
    /// Starts the task that sends events until the last handle is dropped.
    pub(super) fn start(client: Client, warnings_only: bool) -> Self {
        let (queue, mut waiting) = mpsc::channel::<(Event, ObjectReference)>(WAITING);
        let reporter = Reporter { controller: "scim-operator".to_owned(), instance: None };
        tokio::spawn(async move {
            let recorder = Recorder::new(client, reporter);
            while let Some((event, object)) = waiting.recv().await {
                if let Err(error) = recorder.publish(&event, &object).await {
                    tracing::debug!(%error, reason = event.reason, "an event was not taken");
                }
            }
        });
        Self { queue, warnings_only, room: Arc::new(Mutex::new(Room::new(Instant::now()))) }
    }

    /// Something was done.
    pub(super) fn done(
        &self,
        object: &impl Resource<DynamicType = ()>,
        reason: &str,
        note: impl Into<String>,
    ) {
        let mut room = self.room.lock().unwrap_or_else(PoisonError::into_inner);
        if !self.warnings_only && room.take(Instant::now()) {
            self.tell(object, EventType::Normal, reason, note.into());
        }
    }

    /// Something failed.
    pub(super) fn failed(
        &self,
        object: &impl Resource<DynamicType = ()>,
        reason: &str,
        note: impl Into<String>,
    ) {
        self.tell(object, EventType::Warning, reason, note.into());
    }

    fn tell(
        &self,
        object: &impl Resource<DynamicType = ()>,
        type_: EventType,
        reason: &str,
        mut note: String,
    ) {
        while note.len() > LONGEST_NOTE {
            note.pop();
        }
        let event = Event {
            type_,
            reason: reason.to_owned(),
            note: Some(note),
            action: "Reconcile".to_owned(),
            secondary: None,
        };
        if self.queue.try_send((event, object.object_ref(&()))).is_err() {
            tracing::debug!(reason, "an event was dropped: too many are waiting");
        }
    }
}

/// A bucket of tokens.
#[derive(Debug)]
struct Room {
    left: u32,
    filled: Instant,
}

impl Room {
    fn new(now: Instant) -> Self {
        Self { left: BURST, filled: now }
    }

    fn take(&mut self, now: Instant) -> bool {
        let refills = now.duration_since(self.filled).as_millis() / REFILL.as_millis();
        let refills = u32::try_from(refills).unwrap_or(u32::MAX);
        if refills > 0 {
            self.left = self.left.saturating_add(refills).min(BURST);
            self.filled = now;
        }
        let is_free = self.left > 0;
        self.left = self.left.saturating_sub(1);
        is_free
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_is_told_and_then_one_at_a_time() {
        let begin = Instant::now();
        let mut room = Room::new(begin);
        let told = (0..BURST * 2).filter(|_| room.take(begin)).count();
        assert_eq!(told, BURST as usize);
        assert!(room.take(begin + REFILL));
        assert!(!room.take(begin + REFILL));
        let later = begin + REFILL * BURST * 3;
        assert_eq!((0..BURST * 2).filter(|_| room.take(later)).count(), BURST as usize);
    }
}
