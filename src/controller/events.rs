//! Events: one for each change made and each failure that is new, told beside
//! the work and never in its way.

use k8s_openapi::api::core::v1::ObjectReference;
use kube::{
    Client, Resource,
    runtime::events::{Event, EventType, Recorder, Reporter},
};
use tokio::sync::mpsc;

/// How many events may wait. Events are for people; more than this at once
/// helps nobody, and conditions say the rest.
const WAITING: usize = 1_000;

/// The longest note; the API server takes 1,024 bytes.
const LONGEST_NOTE: usize = 1_000;

/// Hands events to the task that sends them.
#[derive(Clone, Debug)]
pub(super) struct Events {
    queue: mpsc::Sender<(Event, ObjectReference)>,
    warnings_only: bool,
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
        Self { queue, warnings_only }
    }

    /// Something was done.
    pub(super) fn done(
        &self,
        object: &impl Resource<DynamicType = ()>,
        reason: &str,
        note: impl Into<String>,
    ) {
        if !self.warnings_only {
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
