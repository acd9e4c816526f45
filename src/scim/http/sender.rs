//! One exchange with one server: no redirects, no proxy, checked addresses,
//! one time limit, one size limit. What an answer means is not known here.

use std::{sync::Arc, time::Duration};

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
        match timeout_at(deadline, builder.send()).await {
            Ok(Ok(response)) => Ok(response),
            Ok(Err(error)) => Err(transport::classify(error, operation, self.has_identity)),
            Err(_) => Err(Error::new(ErrorKind::Timeout, operation)),
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
