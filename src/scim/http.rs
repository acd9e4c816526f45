//! The only place that sends: no redirects, no proxy, checked addresses, one
//! time limit, one size limit, one span a request.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use http::{HeaderMap, HeaderValue, Method, header};
use jiff::Timestamp;
use reqwest::Client;
use tokio::time::{Instant, timeout_at};
use tracing::{Instrument, Span, debug_span, field};
use url::Url;

use self::{answer::Head, resolver::CheckedResolver};
use super::{
    address::AddressPolicy,
    credentials::{Credentials, CredentialsError},
    error::{Error, ErrorKind},
};

pub use self::answer::Answer;

mod answer;
mod resolver;
mod transport;

/// The media type of SCIM (RFC 7644 §8.1).
pub const SCIM_MEDIA_TYPE: &str = "application/scim+json";

/// Plain JSON is accepted too: many servers answer nothing else.
const ACCEPT: &str = "application/scim+json, application/json";

/// Some servers refuse requests that do not say who sends them.
const USER_AGENT: &str = concat!("scim-operator/", env!("CARGO_PKG_VERSION"));

/// Names under which servers and proxies say which request an answer is to.
const REQUEST_IDS: [&str; 4] = ["x-request-id", "request-id", "x-amzn-requestid", "x-correlation-id"];

/// Error answers are read for one short message.
const MAX_ERROR_BODY: usize = 64 * 1024;

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
    client: Client,
    addresses: Arc<AddressPolicy>,
    credentials: Arc<dyn Credentials>,
    renewal: tokio::sync::Mutex<()>,
    limits: Limits,
    server_date: Mutex<Option<Timestamp>>,
}

/// The client could not be made; the platform's TLS is out of order.
#[derive(Debug, thiserror::Error)]
#[error("no HTTP client could be made")]
pub struct BuildError(#[source] reqwest::Error);

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
    /// The JSON body, serialised.
    pub body: Option<String>,
}

impl Request {
    /// The method and the path template, such as `GET /Users/{id}`.
    pub fn operation(&self) -> String {
        format!("{} {}", self.method, self.template)
    }
}

impl Http {
    /// A client that sends these credentials to addresses that the policy lets
    /// through.
    #[expect(clippy::disallowed_methods, reason = "the one place where clients are built")]
    pub fn new(
        credentials: Arc<dyn Credentials>,
        addresses: AddressPolicy,
        limits: Limits,
    ) -> Result<Self, BuildError> {
        let addresses = Arc::new(addresses);
        let client = Client::builder()
            .tls_backend_rustls()
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .no_proxy()
            .user_agent(USER_AGENT)
            .connect_timeout(limits.connect)
            .dns_resolver(Arc::new(CheckedResolver::new(Arc::clone(&addresses))))
            .build()
            .map_err(BuildError)?;
        let renewal = tokio::sync::Mutex::new(());
        Ok(Self { client, addresses, credentials, renewal, limits, server_date: Mutex::new(None) })
    }

    /// The limits that hold for each request.
    pub fn limits(&self) -> Limits {
        self.limits
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
        let deadline = Instant::now() + self.limits.deadline;
        let sent = self.authorization(request, deadline).await?;
        let answer = self.attempt(request, sent.clone(), deadline).await;
        if !matches!(&answer, Err(error) if error.kind == ErrorKind::Unauthorized) {
            return answer;
        }
        match timeout_at(deadline, self.other_than(sent.as_ref())).await {
            Ok(Some(fresh)) => self.attempt(request, Some(fresh), deadline).await,
            _ => answer,
        }
    }

    async fn authorization(
        &self,
        request: &Request,
        deadline: Instant,
    ) -> Result<Option<HeaderValue>, Error> {
        let unavailable = |kind, detail: String| {
            let error = Error::new(kind, request.operation());
            Error { detail: Some(detail), sent: false, ..error }
        };
        let late = |_| unavailable(ErrorKind::Timeout, "the credentials were not at hand in time".to_owned());
        let authorization = timeout_at(deadline, self.credentials.authorization()).await.map_err(late)?;
        authorization.map_err(|CredentialsError(detail)| unavailable(ErrorKind::Unauthorized, detail))
    }

    /// Credentials that differ from those that were not accepted. One request
    /// renews; those that failed beside it find its result.
    async fn other_than(&self, refused: Option<&HeaderValue>) -> Option<HeaderValue> {
        let _turn = self.renewal.lock().await;
        let current = async || {
            let current = self.credentials.authorization().await.ok().flatten();
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
        authorization: Option<HeaderValue>,
        deadline: Instant,
    ) -> Result<Answer, Error> {
        self.check_literal(request)?;
        let response = self.head(request, authorization, deadline).await?;
        let head = Head::read(&response);
        self.remember(&head, response.headers());
        let cap = if response.status().is_success() { self.limits.body } else { MAX_ERROR_BODY };
        let body = timeout_at(deadline, answer::read_body(response, cap)).await;
        let body = body.unwrap_or(Err(answer::Broken::Late));
        head.with_body(body, request.operation())
    }

    #[expect(clippy::disallowed_methods, reason = "the one place that sends")]
    async fn head(
        &self,
        request: &Request,
        authorization: Option<HeaderValue>,
        deadline: Instant,
    ) -> Result<reqwest::Response, Error> {
        let mut builder = self.client.request(request.method.clone(), request.url.clone());
        builder = builder.header(header::ACCEPT, ACCEPT);
        if let Some(value) = authorization {
            builder = builder.header(header::AUTHORIZATION, value);
        }
        if let Some(body) = &request.body {
            builder = builder.header(header::CONTENT_TYPE, SCIM_MEDIA_TYPE).body(body.clone());
        }
        match timeout_at(deadline, builder.send()).await {
            Ok(Ok(response)) => Ok(response),
            Ok(Err(error)) => Err(transport::classify(error, request.operation())),
            Err(_) => Err(Error::new(ErrorKind::Timeout, request.operation())),
        }
    }

    /// Literal addresses never pass the resolver, so they are checked here.
    fn check_literal(&self, request: &Request) -> Result<(), Error> {
        let address = match request.url.host() {
            Some(url::Host::Ipv4(address)) => address.into(),
            Some(url::Host::Ipv6(address)) => address.into(),
            _ => return Ok(()),
        };
        let host = request.url.host_str().unwrap_or_default();
        self.addresses.check(host, address).map_err(|refused| Error {
            detail: Some(refused.to_string()),
            sent: false,
            ..Error::new(ErrorKind::AddressRefused, request.operation())
        })
    }

    fn remember(&self, head: &Head, headers: &HeaderMap) {
        if let Some(date) = head.date {
            *self.server_date.lock().unwrap_or_else(PoisonError::into_inner) = Some(date);
        }
        if let Some(id) = REQUEST_IDS.iter().find_map(|name| headers.get(*name)?.to_str().ok()) {
            Span::current().record("request_id", answer::shortened(id, 100));
        }
    }
}
