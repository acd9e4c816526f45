//! The traffic with one server: every request goes through here, waits for
//! its turn, and what becomes of it decides whether the next ones may go.

use std::{
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;

use super::{
    circuit::Circuit,
    gate::{Gate, Pass},
    pace::{Access, Pace, Turn},
    paced::Answer,
};
use crate::{
    scim::{
        error::{Error, ErrorKind, Scope},
        turns::{self, Turns},
    },
    sync::breaker::Verdict,
};

/// Has the provider look at its server, and say how it is.
pub(super) type News = Box<dyn Fn() + Send + Sync>;

/// Who sends a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sender {
    /// A pass over an object, which has entered the gate.
    Pass,
    /// A sweep, which needs a place for each of its pages and has the
    /// patience to ask again.
    Sweep,
    /// The provider, which finds out whether the server answers.
    Probe,
}

/// The traffic with one server.
pub(super) struct Traffic {
    gate: Arc<Gate>,
    circuit: Arc<Circuit>,
    pace: Arc<Pace>,
    /// Somebody doubts that the server answers.
    doubtful: AtomicBool,
    /// Whether somebody sees to it that the gate is opened in time.
    watched: Mutex<bool>,
    /// A hold was told to people, and its end was not.
    told: AtomicBool,
    news: News,
}

impl Traffic {
    /// Traffic of so many requests at once and in these turns. `news` is called when the provider should
    /// look at its server.
    pub(super) fn new(at_once: usize, pace: Arc<Pace>, circuit: Arc<Circuit>, news: News) -> Arc<Self> {
        Arc::new(Self {
            gate: Arc::new(Gate::new(at_once)),
            circuit,
            pace,
            doubtful: AtomicBool::new(false),
            watched: Mutex::new(false),
            told: AtomicBool::new(false),
            news,
        })
    }

    /// Asks for leave to send the requests of one pass. Without it, `resume`
    /// is called once there is a place and turns are to be had.
    pub(super) fn enter(self: &Arc<Self>, resume: impl FnOnce() -> bool + Send + 'static) -> Option<Pass> {
        if self.pace.crowded().is_some() {
            // Each of those who are let in wants several turns.
            self.gate.narrow();
            self.shut();
        }
        self.gate.enter(resume)
    }

    /// Lines up behind those who were there before: what was asked for just
    /// now has to wait until the server bears it.
    pub(super) fn park(&self, resume: impl FnOnce() -> bool + Send + 'static) {
        self.gate.park(resume);
    }

    /// Calls the next one instead of one who needed nothing after all.
    pub(super) fn pass_on(&self) {
        self.gate.pass_on();
    }

    /// Whether a failure says nothing about the object that it met: the
    /// server is left in peace, or left alone.
    pub(super) fn excuses(&self, error: &Error) -> bool {
        error.kind == ErrorKind::Throttled || error.scope() == Scope::Server && self.circuit.is_open()
    }

    /// Whether somebody doubts that the server answers.
    pub(super) fn is_doubtful(&self) -> bool {
        self.doubtful.load(Ordering::Relaxed) || self.circuit.is_open()
    }

    /// Notes that the server was found to answer.
    pub(super) fn trust(self: &Arc<Self>) {
        self.doubtful.store(false, Ordering::Relaxed);
        let was_open = self.circuit.is_open();
        self.circuit.probe_succeeded();
        if was_open {
            self.gate.narrow();
            self.shut();
        }
    }

    /// Sends one request: when it is its turn, and if the server bears it.
    pub(super) async fn send<'call, R: Send>(
        self: &Arc<Self>,
        sender: Sender,
        access: Access,
        operation: &str,
        call: impl Fn() -> Answer<'call, R> + Send + Sync,
    ) -> Result<R, Error> {
        loop {
            let _place = if sender == Sender::Sweep { Some(self.gate.place().await) } else { None };
            let answer = self.send_once(sender, access, operation, &call).await;
            match answer {
                Err(error) if sender == Sender::Sweep && self.excuses(&error) => {}
                answer => return answer,
            }
        }
    }

    /// Waits for the turn of a request that is not sent yet.
    pub(super) async fn turn(&self, sender: Sender, access: Access, operation: &str) -> Result<Turn, Error> {
        self.may_send(sender, operation)?;
        let turn = self.pace.turn(access).await;
        self.may_send(sender, operation)?;
        Ok(turn)
    }

    /// Sends one request whose turn has come, if the server still bears it.
    pub(super) async fn send_in_turn<'call, R: Send>(
        self: &Arc<Self>,
        mut turn: Turn,
        sender: Sender,
        operation: &str,
        call: impl Fn() -> Answer<'call, R> + Send + Sync,
    ) -> Result<R, Error> {
        self.may_send(sender, operation)?;
        let era = self.circuit.era();
        turn.leave();
        let turns = Arc::new(Further::new(Arc::clone(self), sender, operation, turn));
        let answer = turns::within(Arc::clone(&turns) as Arc<dyn Turns>, call()).await;
        turns.over();
        self.heard(sender, era, answer.as_ref().err());
        answer
    }

    async fn send_once<'call, R: Send>(
        self: &Arc<Self>,
        sender: Sender,
        access: Access,
        operation: &str,
        call: impl Fn() -> Answer<'call, R> + Send + Sync,
    ) -> Result<R, Error> {
        let turn = self.turn(sender, access, operation).await?;
        self.send_in_turn(turn, sender, operation, call).await
    }

    fn may_send(&self, sender: Sender, operation: &str) -> Result<(), Error> {
        let held_back = |kind| Error { sent: false, ..Error::new(kind, operation) };
        if let Some(left) = self.circuit.hold() {
            return Err(Error { retry_after: Some(left), ..held_back(ErrorKind::Throttled) });
        }
        if sender != Sender::Probe && self.circuit.is_open() {
            return Err(held_back(ErrorKind::Unreachable));
        }
        Ok(())
    }

    /// What an answer says about the server.
    fn heard(self: &Arc<Self>, sender: Sender, era: u32, error: Option<&Error>) {
        match error {
            Some(error) if error.kind == ErrorKind::Throttled => self.throttled(error),
            // It was never sent.
            Some(error) if error.kind == ErrorKind::Withheld => {}
            // Whoever probes judges for himself.
            _ if sender == Sender::Probe => {}
            None => self.answered(era),
            Some(error) if error.scope() == Scope::Server => match self.circuit.failed(error, era) {
                Verdict::Doubt => self.doubt(),
                Verdict::Opened => {
                    tracing::info!(%error, "failed too often in a row; the server is left alone");
                    self.gate.narrow();
                    self.shut();
                    (self.news)();
                }
                Verdict::Known => {}
            },
            // A fault that one record may have, or the whole server.
            Some(error) if error.kind == ErrorKind::ServerFault => self.doubt(),
            Some(error) => {
                self.answered(era);
                if matches!(error.kind, ErrorKind::Forbidden | ErrorKind::NotFound | ErrorKind::TooLarge) {
                    self.doubt();
                }
            }
        }
    }

    fn answered(&self, era: u32) {
        self.circuit.answered(era);
        self.gate.widen();
    }

    fn throttled(self: &Arc<Self>, error: &Error) {
        let is_news = self.circuit.throttled(error);
        self.gate.narrow();
        self.shut();
        if is_news {
            tracing::info!(%error, hold = ?self.circuit.hold(), "the server is left in peace for a while");
            self.told.store(true, Ordering::Relaxed);
            (self.news)();
        }
    }

    /// Has the provider probe the server, if nobody asked for that before.
    fn doubt(&self) {
        if !self.doubtful.swap(true, Ordering::Relaxed) {
            (self.news)();
        }
    }

    /// Shuts the gate, and has it opened once there is no reason any more.
    /// One timer does for all who wait.
    fn shut(self: &Arc<Self>) {
        let mut watched = self.watched.lock().unwrap_or_else(PoisonError::into_inner);
        self.gate.shut();
        if !*watched {
            *watched = true;
            tokio::spawn(watch(Arc::downgrade(self)));
        }
    }

    /// Opens the gate, or says how long there is a reason not to. An open
    /// circuit is no matter of time: `trust` begins anew.
    fn reopen(&self) -> Option<Duration> {
        let mut watched = self.watched.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(left) = self.circuit.hold().or_else(|| self.pace.crowded()) {
            return Some(left);
        }
        *watched = false;
        if !self.circuit.is_open() {
            self.gate.reopen();
        }
        None
    }
}

/// The turns of one call, each of which begins when the one before is over.
struct Further {
    traffic: Arc<Traffic>,
    sender: Sender,
    access: Access,
    operation: String,
    present: Mutex<Option<Turn>>,
}

impl Further {
    fn new(traffic: Arc<Traffic>, sender: Sender, operation: &str, first: Turn) -> Self {
        let (access, operation) = (first.access(), operation.to_owned());
        Self { traffic, sender, access, operation, present: Mutex::new(Some(first)) }
    }

    fn over(&self) {
        if let Some(turn) = self.present().take() {
            turn.answered();
        }
    }

    fn present(&self) -> MutexGuard<'_, Option<Turn>> {
        self.present.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Turns for Further {
    async fn another(&self) -> Result<(), Error> {
        self.over();
        let mut turn = self.traffic.turn(self.sender, self.access, &self.operation).await?;
        turn.leave();
        *self.present() = Some(turn);
        Ok(())
    }
}

async fn watch(traffic: Weak<Traffic>) {
    while let Some(left) = traffic.upgrade().and_then(|traffic| traffic.reopen()) {
        tokio::time::sleep(left).await;
    }
    if let Some(traffic) = traffic.upgrade()
        && traffic.told.swap(false, Ordering::Relaxed)
    {
        (traffic.news)();
    }
}

impl fmt::Debug for Traffic {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Traffic")
            .field("gate", &self.gate)
            .field("circuit", &self.circuit)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
#[path = "traffic_tests.rs"]
mod tests;
