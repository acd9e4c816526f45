//! One exchange with one server: no redirects, no proxy, checked addresses,
//! one time limit, one size limit. What an answer means is not known here.

use std::{future::poll_fn, pin::pin, sync::Arc, task::Poll, time::Duration};

use http::{HeaderMap, Method};
use reqwest::Client;
use tokio::time::{Instant, timeout_at};
use url::{Host, Url};

use super::{
    BuildError,
    answer::{self, Broken, Head},
    resolver::CheckedResolver,
    tls::{Prepared, Tls},
    transport,
};
use crate::scim::{
    address::AddressPolicy,
    error::{Error, ErrorKind},
};

/// How long a connection is kept for the next request. Shorter than servers
/// keep it (Node: 5 s): a request on a connection that the server is closing
/// fails, and a creation that fails so has to be looked for.
const IDLE: Duration = Duration::from_secs(4);

/// Some servers refuse requests that do not say who sends them.
const USER_AGENT: &str = concat!("scim-operator/", env!("CARGO_PKG_VERSION"));

/// Error answers are read for one short message.
const MAX_ERROR_BODY: usize = 64 * 1024;

/// What requests leave by.
#[derive(Debug)]
pub(in crate::scim) struct Sender {
    client: Client,
    addresses: Arc<AddressPolicy>,
    limits: super::Limits,
    has_identity: bool,
}

/// A request as it goes out. It may hold secrets, so nothing shows it.
pub(in crate::scim) struct Outgoing {
    /// The method and the path template, for errors.
    pub(in crate::scim) operation: String,
    pub(in crate::scim) method: Method,
    pub(in crate::scim) url: Url,
    pub(in crate::scim) headers: HeaderMap,
    pub(in crate::scim) body: Option<String>,
}

/// An answer as it came.
#[derive(Debug)]
pub(in crate::scim) struct Received {
    pub(in crate::scim) head: Head,
    pub(in crate::scim) body: Result<Vec<u8>, Broken>,
}

impl Sender {
    /// A sender to addresses that the policy lets through.
    #[expect(clippy::disallowed_methods, reason = "the one place where clients are built")]
    pub(in crate::scim) fn new(
        addresses: AddressPolicy,
        tls: &Tls,
        limits: super::Limits,
    ) -> Result<Self, BuildError> {
        let addresses = Arc::new(addresses);
        let Prepared { roots, identity } = tls.prepare()?;
        let has_identity = identity.is_some();
        let mut builder = Client::builder()
            .tls_backend_rustls()
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .no_proxy()
            .user_agent(USER_AGENT)
            .connect_timeout(limits.connect)
            .pool_idle_timeout(IDLE)
            .dns_resolver(Arc::new(CheckedResolver::new(Arc::clone(&addresses))));
        if let Some(roots) = roots {
            builder = builder.tls_certs_only(roots);
        }
        if let Some(identity) = identity {
            builder = builder.identity(identity);
        }
        let client = builder.build().map_err(BuildError::Client)?;
        Ok(Self { client, addresses, limits, has_identity })
    }

    /// The limits that hold for each exchange.
    pub(in crate::scim) fn limits(&self) -> super::Limits {
        self.limits
    }

    /// Sends once, and reads the answer.
    pub(in crate::scim) async fn send(
        &self,
        outgoing: Outgoing,
        deadline: Instant,
    ) -> Result<Received, Error> {
        self.check_literal(&outgoing)?;
        let response = self.response(outgoing, deadline).await?;
        let head = Head::read(&response);
        let most = if response.status().is_success() { usize::MAX } else { MAX_ERROR_BODY };
        let body = answer::read_body(response, self.limits.body.min(most));
        let body = timeout_at(deadline, body).await.unwrap_or(Err(Broken::Late));
        Ok(Received { head, body })
    }

    #[expect(clippy::disallowed_methods, reason = "the one place that sends")]
    async fn response(&self, outgoing: Outgoing, deadline: Instant) -> Result<reqwest::Response, Error> {
        let Outgoing { operation, method, url, headers, body } = outgoing;
        let mut builder = self.client.request(method, url).headers(headers);
        if let Some(body) = body {
            builder = builder.body(body);
        }
        match timeout_at(deadline, before(deadline, builder.send())).await {
            Ok(Some(Ok(response))) => Ok(response),
            Ok(Some(Err(error))) => Err(transport::classify(error, operation, self.has_identity)),
            Ok(None) | Err(_) => Err(Error::new(ErrorKind::Timeout, operation)),
        }
    }

    /// Literal addresses never pass the resolver, so they are checked here.
    fn check_literal(&self, outgoing: &Outgoing) -> Result<(), Error> {
        let address = match outgoing.url.host() {
            Some(Host::Ipv4(address)) => address.into(),
            Some(Host::Ipv6(address)) => address.into(),
            _ => return Ok(()),
        };
        let host = outgoing.url.host_str().unwrap_or_default();
        self.addresses.check(host, address).map_err(|refused| Error {
            detail: Some(refused.to_string()),
            sent: false,
            ..Error::new(ErrorKind::AddressRefused, outgoing.operation.clone())
        })
    }
}

/// Goes on with something only before a deadline. A timeout alone lets it take
/// one more step first: a process that slept for long while it connected would
/// then send what should have been over by now.
async fn before<F: Future>(deadline: Instant, work: F) -> Option<F::Output> {
    let mut work = pin!(work);
    poll_fn(|context| {
        if Instant::now() >= deadline {
            return Poll::Ready(None);
        }
        work.as_mut().poll(context).map(Some)
    })
    .await
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use tokio::{sync::oneshot, task::yield_now};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn who_slept_past_the_deadline_takes_no_further_step() {
        for (row, sleep, goes_on) in [("in time", 29, true), ("too late", 30, false)] {
            let deadline = Instant::now() + Duration::from_secs(30);
            let (connected, connection) = oneshot::channel();
            let went_on = Arc::new(AtomicBool::new(false));
            let request = tokio::spawn(before(deadline, {
                let went_on = Arc::clone(&went_on);
                async move {
                    connection.await.unwrap();
                    went_on.store(true, Ordering::SeqCst);
                }
            }));
            yield_now().await;
            tokio::time::advance(Duration::from_secs(sleep)).await;
            connected.send(()).unwrap();
            assert_eq!(request.await.unwrap().is_some(), goes_on, "{row}");
            assert_eq!(went_on.load(Ordering::SeqCst), goes_on, "{row}");
        }
    }
}
