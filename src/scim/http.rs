//! The only place that sends: no redirects, no proxy, checked addresses, one
//! time limit, one size limit, one span a request.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use http::{HeaderMap, HeaderValue, Method, header};
use jiff::Timestamp;
use tokio::time::{Instant, timeout_at};
use tracing::{Instrument, Span, debug_span, field};
use url::Url;

use self::{
    answer::Head,
    sender::{Outgoing, Received, Sender},
};
use super::{
    address::AddressPolicy,
    credentials::{Credentials, CredentialsError, Header},
    error::{Error, ErrorKind},
    fence::{Fence, Unfenced},
    turns,
};

pub use self::{
    answer::Answer,
    tls::{ClientIdentity, Tls, TlsError},
};

pub(super) mod answer;
mod handshake;
mod resolver;
pub(super) mod sender;
mod tls;
mod transport;
mod wait;

/// The limits of one request.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// From the first thing done to the last byte read, the repeat after a
    /// 401 included.
    pub deadline: Duration,
    /// For the connection alone: a host that drops packets is known sooner
    /// than a slow answer.
    pub connect: Duration,
    /// The most bytes of an answer's body.
    pub body: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { deadline: Duration::from_secs(30), connect: Duration::from_secs(10), body: 16 * 1024 * 1024 }
    }
}

/// A client for one server.
#[derive(Debug)]
pub struct Http {
    sender: Sender,
    credentials: Arc<dyn Credentials>,
    renewal: tokio::sync::Mutex<()>,
    server_date: Mutex<Option<Timestamp>>,
    fence: Arc<dyn Fence>,
}

/// The client could not be made.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// A part of the TLS options cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The platform's TLS is out of order.
    #[error("no HTTP client could be made: the system has no usable TLS roots")]
    Client(#[source] reqwest::Error),
}

/// One request.
#[derive(Clone, Debug)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// The path as a template without ids, such as `/Users/{id}`: for logs,
    /// errors and metrics.
    pub template: String,
    /// Where it goes.
    pub url: Url,
    /// The media types of the answer that are asked for.
    pub accept: HeaderValue,
    /// The JSON body, serialised, and its media type.
    pub body: Option<(String, HeaderValue)>,
    /// The entity tag that the resource must still have (RFC 7644 §3.14).
    pub if_match: Option<HeaderValue>,
}

impl Request {
    /// The method and the path template, such as `GET /Users/{id}`.
    pub fn operation(&self) -> String {
        format!("{} {}", self.method, self.template)
    }

    /// Whether it may change something. A query by POST (RFC 7644 §3.4.3) does
    /// not.
    fn changes(&self) -> bool {
        self.method != Method::GET && !self.template.ends_with("/.search")
    }
}

impl Http {
    /// A client that sends these credentials to addresses that the policy lets
    /// through.
    pub fn new(
        credentials: Arc<dyn Credentials>,
        addresses: AddressPolicy,
        limits: Limits,
        tls: &Tls,
    ) -> Result<Self, BuildError> {
        let sender = Sender::new(addresses, tls, limits)?;
        let renewal = tokio::sync::Mutex::new(());
        Ok(Self { sender, credentials, renewal, server_date: Mutex::new(None), fence: Arc::new(Unfenced) })
    }

    /// The same, with every change behind a fence.
    #[must_use]
    pub fn fenced(self, fence: Arc<dyn Fence>) -> Self {
        Self { fence, ..self }
    }

    /// The limits that hold for each request.
    pub fn limits(&self) -> Limits {
        self.sender.limits()
    }

    /// The last `Date` that an answer carried.
    pub fn server_date(&self) -> Option<Timestamp> {
        *self.server_date.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends, and repeats once if the credentials were not accepted and others
    /// are available. Any answer of 2xx is `Ok`, whatever is in it.
    pub async fn send(&self, request: &Request) -> Result<Answer, Error> {
        let span = debug_span!(
            "scim request",
            method = %request.method,
            path = request.template,
            status = field::Empty,
            request_id = field::Empty,
        );
        turns::next().await?;
        let answer = self.exchange(request).instrument(span.clone()).await;
        if let Some(status) = answer.as_ref().map_or_else(|error| error.status, |answer| Some(answer.status))
        {
            span.record("status", status);
        }
        span.in_scope(|| match &answer {
            Ok(_) => tracing::debug!("answered"),
            Err(error) => tracing::debug!(kind = ?error.kind, "failed"),
        });
        answer
    }

    async fn exchange(&self, request: &Request) -> Result<Answer, Error> {
        let deadline = Instant::now() + self.limits().deadline;
        let sent = self.credentials(request, deadline).await?;
        let answer = self.attempt(request, sent.clone(), deadline).await;
        if !matches!(&answer, Err(error) if error.kind == ErrorKind::Unauthorized) {
            return answer;
        }
        match timeout_at(deadline, self.other_in_turn(sent.as_ref())).await {
            Ok(Some(fresh)) => self.attempt(request, Some(fresh), deadline).await,
            _ => answer,
        }
    }

    /// Other credentials, and the turn to try them.
    async fn other_in_turn(&self, refused: Option<&Header>) -> Option<Header> {
        let fresh = self.other_than(refused).await?;
        turns::next().await.ok()?;
        Some(fresh)
    }

    async fn credentials(&self, request: &Request, deadline: Instant) -> Result<Option<Header>, Error> {
        let unavailable = |kind, detail: String| {
            let error = Error::new(kind, request.operation());
            Error { detail: Some(detail), sent: false, ..error }
        };
        let late = |_| unavailable(ErrorKind::Timeout, "the credentials were not at hand in time".to_owned());
        let header = timeout_at(deadline, self.credentials.header()).await.map_err(late)?;
        header.map_err(|CredentialsError { kind, detail }| unavailable(kind, detail))
    }

    /// Credentials that differ from those that were not accepted. One request
    /// renews; those that failed beside it find its result.
    async fn other_than(&self, refused: Option<&Header>) -> Option<Header> {
        let _turn = self.renewal.lock().await;
        let current = async || {
            let current = self.credentials.header().await.ok().flatten();
            current.filter(|current| Some(current) != refused)
        };
        match current().await {
            Some(fresh) => Some(fresh),
            None if self.credentials.renew().await => current().await,
            None => None,
        }
    }

    async fn attempt(
        &self,
        request: &Request,
        credentials: Option<Header>,
        deadline: Instant,
    ) -> Result<Answer, Error> {
        let outgoing = Outgoing {
            operation: request.operation(),
            method: request.method.clone(),
            url: request.url.clone(),
            headers: headers(request, credentials),
            body: request.body.as_ref().map(|(body, _)| body.clone()),
        };
        // After all waiting: nothing comes between this and the sending.
        if request.changes() && !self.fence.allows(deadline) {
            return Err(Error { sent: false, ..Error::new(ErrorKind::Withheld, request.operation()) });
        }
        let Received { head, body } = self.sender.send(outgoing, deadline).await?;
        self.remember(&head);
        head.with_body(body, request.operation())
    }

    fn remember(&self, head: &Head) {
        if let Some(date) = head.date {
            *self.server_date.lock().unwrap_or_else(PoisonError::into_inner) = Some(date);
        }
        if let Some(id) = &head.request_id {
            Span::current().record("request_id", id);
        }
    }
}

fn headers(request: &Request, credentials: Option<Header>) -> HeaderMap {
    let mut headers = HeaderMap::from_iter([(header::ACCEPT, request.accept.clone())]);
    headers.extend(credentials);
    headers.extend(request.if_match.clone().map(|tag| (header::IF_MATCH, tag)));
    headers.extend(request.body.as_ref().map(|(_, media_type)| (header::CONTENT_TYPE, media_type.clone())));
    headers
}
