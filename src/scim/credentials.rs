//! What requests authenticate with.

use std::fmt;

use async_trait::async_trait;
use http::HeaderValue;
use secrecy::{ExposeSecret, SecretString};

/// Where the `Authorization` header of requests comes from.
#[async_trait]
pub trait Credentials: fmt::Debug + Send + Sync {
    /// The header's value now; `None` to send none.
    async fn authorization(&self) -> Result<Option<HeaderValue>, CredentialsError>;

    /// Called when the server did not accept the current value (401): fetches
    /// again, and tells whether different credentials are available now.
    /// Never called twice at once by one [`Http`](super::http::Http), and
    /// dropped unfinished when the request's time is up.
    async fn renew(&self) -> bool;
}

/// Why there are no credentials to send. The message holds nothing secret.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{0}")]
pub struct CredentialsError(pub String);

/// The header of a bearer token (RFC 6750 §2.1), marked so that nothing logs
/// it. White space around a token comes from editors, and is left out.
pub fn bearer(token: &SecretString) -> Result<HeaderValue, CredentialsError> {
    let token = token.expose_secret().trim();
    if token.is_empty() {
        return Err(CredentialsError("the token is empty".to_owned()));
    }
    let printable = token.bytes().all(|byte| byte.is_ascii_graphic());
    let value = HeaderValue::try_from(format!("Bearer {token}")).ok().filter(|_| printable);
    let mut value = value.ok_or_else(|| {
        CredentialsError(
            "the token holds white space or characters that cannot be sent in a header".to_owned(),
        )
    })?;
    value.set_sensitive(true);
    Ok(value)
}

/// A bearer token that never changes.
#[derive(Clone, Debug)]
pub struct StaticBearer(SecretString);

impl StaticBearer {
    /// Credentials of this token.
    pub fn new(token: SecretString) -> Self {
        Self(token)
    }
}

#[async_trait]
impl Credentials for StaticBearer {
    async fn authorization(&self) -> Result<Option<HeaderValue>, CredentialsError> {
        bearer(&self.0).map(Some)
    }

    async fn renew(&self) -> bool {
        false
    }
}
