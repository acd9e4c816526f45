//! What requests authenticate with.

use std::fmt;

use async_trait::async_trait;
use http::{HeaderName, HeaderValue};

use super::error::ErrorKind;

pub use self::header::{UnusableHeader, basic, bearer, custom};

mod header;
pub mod oauth2;

/// A header that authenticates, its value marked so that nothing logs it.
pub type Header = (HeaderName, HeaderValue);

/// Where the header that authenticates requests comes from.
#[async_trait]
pub trait Credentials: fmt::Debug + Send + Sync {
    /// The header now; `None` to send none.
    async fn header(&self) -> Result<Option<Header>, CredentialsError>;

    /// Called when the server did not accept the current header (401): fetches
    /// again, and tells whether different credentials are available now.
    /// Never called twice at once by one [`Http`](super::http::Http), and
    /// dropped unfinished when the request's time is up.
    async fn renew(&self) -> bool;
}

/// Why there are no credentials to send. The message holds nothing secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct CredentialsError {
    /// The kind of the request's error: `Unauthorized` where what there is
    /// cannot be sent, `TokenRefused` where a token endpoint gives no token,
    /// and what the connection to one failed with.
    pub kind: ErrorKind,
    /// What is wrong, for a person.
    pub detail: String,
}

impl From<UnusableHeader> for CredentialsError {
    fn from(unusable: UnusableHeader) -> Self {
        Self { kind: ErrorKind::Unauthorized, detail: unusable.to_string() }
    }
}

/// A header that never changes.
#[derive(Clone, Debug)]
pub struct StaticHeader(Header);

impl StaticHeader {
    /// Credentials of this header, which [`bearer`], [`basic`] and [`custom`]
    /// make.
    pub fn new(header: Header) -> Self {
        Self(header)
    }
}

#[async_trait]
impl Credentials for StaticHeader {
    async fn header(&self) -> Result<Option<Header>, CredentialsError> {
        Ok(Some(self.0.clone()))
    }

    async fn renew(&self) -> bool {
        false
    }
}

/// No credentials: for a server that asks for none, or knows the client by its
/// certificate.
#[derive(Clone, Copy, Debug)]
pub struct Anonymous;

#[async_trait]
impl Credentials for Anonymous {
    async fn header(&self) -> Result<Option<Header>, CredentialsError> {
        Ok(None)
    }

    async fn renew(&self) -> bool {
        false
    }
}
