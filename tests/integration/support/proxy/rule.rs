//! Rules: what happens to requests that match.

use std::{
    future::Future,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use tokio::sync::watch;

use super::{
    upstream::Upstream,
    wire::{Answer, Request, forward},
};
use crate::support::objects::Kind;

/// One request on its way, in the hands of a rule.
pub(crate) struct Exchange {
    pub(crate) request: Request,
    pub(crate) server: Upstream,
}

impl Exchange {
    /// Lets the server answer it.
    pub(crate) async fn forward(&self) -> Answer {
        forward(&self.request, &self.server)
            .await
            .unwrap_or_else(|error| Answer::new(502, "text/plain", format!("proxy: {error}")))
    }
}

/// How an exchange ends for the operator.
pub(crate) enum Ending {
    Answer(Answer),
    /// These bytes, and then the end of the connection.
    Bytes(Vec<u8>),
    /// The end of the connection.
    Close,
}

type Handling = Pin<Box<dyn Future<Output = Ending> + Send>>;
type Handler = Arc<dyn Fn(Exchange) -> Handling + Send + Sync>;
type Predicate = Arc<dyn Fn(&Request) -> bool + Send + Sync>;

/// Which requests a rule is for.
#[derive(Clone)]
pub(crate) struct Match {
    method: Option<&'static str>,
    path: PathMatch,
    predicate: Option<Predicate>,
    /// How many that match are let pass before.
    skip: usize,
    /// For how many it is.
    take: usize,
}

impl Match {
    /// Every request.
    pub(crate) fn any() -> Self {
        Self {
            method: None,
            path: PathMatch::Begins(String::new()),
            predicate: None,
            skip: 0,
            take: usize::MAX,
        }
    }

    /// Every request of a method to a path, and to whatever begins like it.
    pub(crate) fn new(method: &'static str, path_prefix: &str) -> Self {
        let path = PathMatch::Begins(path_prefix.to_owned());
        Self { method: Some(method), path, ..Self::any() }
    }

    /// Every creation at `/Users` or `/Groups`; a search is none.
    pub(crate) fn creation(endpoint: &str) -> Self {
        Self { method: Some("POST"), path: PathMatch::Is(endpoint.to_owned()), ..Self::any() }
    }

    /// Every request of a method about one object of the API server; `ada/status`
    /// is one, too.
    pub(crate) fn object(method: &'static str, kind: Kind, name: &str) -> Self {
        let path = PathMatch::Ends(format!("/{}/{name}", kind.plural()));
        Self { method: Some(method), path, ..Self::any() }
    }

    /// Every request with one of these texts in its address or its body.
    pub(crate) fn about(texts: Vec<String>) -> Self {
        let predicate: Predicate = Arc::new(move |request| {
            let body = String::from_utf8_lossy(&request.body);
            let target = percent_encoding::percent_decode_str(&request.target).decode_utf8_lossy();
            texts.iter().any(|text| target.contains(text) || body.contains(text))
        });
        Self { predicate: Some(predicate), ..Self::any() }
    }

    /// Only the n-th that matches, from 1.
    pub(crate) fn nth(self, n: usize) -> Self {
        Self { skip: n - 1, take: 1, ..self }
    }

    /// Only those whose body holds this text.
    pub(crate) fn with_body(self, text: &str) -> Self {
        let text = text.to_owned();
        let predicate: Predicate =
            Arc::new(move |request| String::from_utf8_lossy(&request.body).contains(&text));
        Self { predicate: Some(predicate), ..self }
    }

    fn fits(&self, request: &Request, path: &str) -> bool {
        self.method.is_none_or(|method| method == request.method)
            && self.path.fits(path)
            && self.predicate.as_ref().is_none_or(|predicate| predicate(request))
    }
}

/// Which paths are meant.
#[derive(Clone)]
enum PathMatch {
    Begins(String),
    Is(String),
    Ends(String),
}

impl PathMatch {
    fn fits(&self, path: &str) -> bool {
        match self {
            Self::Begins(text) => path.starts_with(text),
            // Some servers have their collections in lower case.
            Self::Is(text) => path.eq_ignore_ascii_case(text),
            Self::Ends(text) => path.ends_with(text),
        }
    }
}

/// A rule in force. The one made last comes first.
pub(crate) struct Rule {
    matching: Match,
    seen: AtomicUsize,
    hits: watch::Sender<usize>,
    handler: Handler,
}

impl Rule {
    pub(super) fn new(matching: Match, handler: Handler) -> Self {
        Self { matching, seen: AtomicUsize::new(0), hits: watch::Sender::new(0), handler }
    }

    /// Takes the request, if the rule is for it.
    pub(super) fn claims(&self, request: &Request, path: &str) -> bool {
        if !self.matching.fits(request, path) {
            return false;
        }
        let before = self.seen.fetch_add(1, Ordering::SeqCst);
        before >= self.matching.skip && before - self.matching.skip < self.matching.take
    }

    /// Whether a request has come that it is for.
    pub(crate) fn is_claimed(&self) -> bool {
        self.seen.load(Ordering::SeqCst) > self.matching.skip
    }

    pub(super) async fn handle(&self, exchange: Exchange) -> Ending {
        let ending = (self.handler)(exchange).await;
        self.hits.send_modify(|hits| *hits += 1);
        ending
    }

    /// How often it was applied, to the end.
    pub(crate) fn hits(&self) -> usize {
        *self.hits.borrow()
    }

    /// Until it was applied once.
    pub(crate) async fn hit(&self) {
        let mut hits = self.hits.subscribe();
        let applied = hits.wait_for(|hits| *hits > 0);
        let applied = tokio::time::timeout(crate::support::wait::DEADLINE, applied).await;
        assert!(applied.is_ok(), "no request came for the proxy's rule");
    }
}

/// A door that requests wait at until it is opened.
#[derive(Clone)]
pub(crate) struct Gate {
    open: watch::Sender<bool>,
    waiting: watch::Sender<usize>,
}

impl Gate {
    pub(crate) fn new() -> Self {
        Self { open: watch::Sender::new(false), waiting: watch::Sender::new(0) }
    }

    pub(crate) fn open(&self) {
        self.open.send_replace(true);
    }

    /// Until a request stands at the door.
    pub(crate) async fn reached(&self) {
        let mut waiting = self.waiting.subscribe();
        let reached = waiting.wait_for(|waiting| *waiting > 0);
        let reached = tokio::time::timeout(crate::support::wait::DEADLINE, reached).await;
        assert!(reached.is_ok(), "no request came to the gate");
    }

    async fn pass(&self) {
        self.waiting.send_modify(|waiting| *waiting += 1);
        let _ = self.open.subscribe().wait_for(|open| *open).await;
    }
}

/// A rule that is being made.
pub(crate) struct RuleMaker<'proxy> {
    pub(super) proxy: &'proxy super::Proxy,
    pub(super) matching: Match,
}

impl RuleMaker<'_> {
    /// The general form: anything at all.
    pub(crate) fn handle<F>(self, handler: impl Fn(Exchange) -> F + Send + Sync + 'static) -> Arc<Rule>
    where
        F: Future<Output = Ending> + Send + 'static,
    {
        let handler: Handler = Arc::new(move |exchange| Box::pin(handler(exchange)));
        self.proxy.add(Rule::new(self.matching, handler))
    }

    /// This answer; the server hears nothing.
    pub(crate) fn answer(self, answer: Answer) -> Arc<Rule> {
        self.handle(move |_| {
            let answer = answer.clone();
            async { Ending::Answer(answer) }
        })
    }

    /// The server's answer, changed.
    pub(crate) fn alter(self, change: impl Fn(&mut Answer) + Send + Sync + 'static) -> Arc<Rule> {
        let change = Arc::new(change);
        self.handle(move |exchange| {
            let change = Arc::clone(&change);
            async move {
                let mut answer = exchange.forward().await;
                change(&mut answer);
                Ending::Answer(answer)
            }
        })
    }

    /// Runs something before the server hears of it, and lets go of the
    /// connection.
    pub(crate) fn close_before(self, act: impl Fn() + Send + Sync + 'static) -> Arc<Rule> {
        self.handle(move |_| {
            act();
            async { Ending::Close }
        })
    }

    /// Runs something when the server has answered, and lets go of the
    /// connection: the operator never hears the answer.
    pub(crate) fn close_after(self, act: impl Fn() + Send + Sync + 'static) -> Arc<Rule> {
        let act = Arc::new(act);
        self.handle(move |exchange| {
            let act = Arc::clone(&act);
            async move {
                exchange.forward().await;
                act();
                Ending::Close
            }
        })
    }

    /// The server gets it twice; the operator hears the second answer.
    pub(crate) fn duplicate(self) -> Arc<Rule> {
        self.handle(|exchange| async move {
            exchange.forward().await;
            Ending::Answer(exchange.forward().await)
        })
    }

    /// The server hears of it when the gate opens, and not before.
    pub(crate) fn hold(self, gate: &Gate) -> Arc<Rule> {
        let gate = gate.clone();
        self.handle(move |exchange| {
            let gate = gate.clone();
            async move {
                gate.pass().await;
                Ending::Answer(exchange.forward().await)
            }
        })
    }

    /// The server hears of it so much later.
    pub(crate) fn delay(self, time: std::time::Duration) -> Arc<Rule> {
        self.handle(move |exchange| async move {
            tokio::time::sleep(time).await;
            Ending::Answer(exchange.forward().await)
        })
    }

    /// The beginning of the server's answer, and the end of the connection.
    pub(crate) fn cut_answer(self) -> Arc<Rule> {
        self.handle(|exchange| async move {
            let mut bytes = exchange.forward().await.encode();
            bytes.truncate(bytes.len() - bytes.len() / 4);
            Ending::Bytes(bytes)
        })
    }

    /// Holds the server's answer until the gate opens.
    pub(crate) fn hold_answer(self, gate: &Gate) -> Arc<Rule> {
        let gate = gate.clone();
        self.handle(move |exchange| {
            let gate = gate.clone();
            async move {
                let answer = exchange.forward().await;
                gate.pass().await;
                Ending::Answer(answer)
            }
        })
    }
}
