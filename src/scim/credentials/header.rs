//! Headers out of secrets. Whatever the secret is, the header is one line.

use base64::{Engine, prelude::BASE64_STANDARD};
use http::{HeaderName, HeaderValue, header};
use secrecy::{ExposeSecret, SecretString};

use super::Header;

/// Headers that say where a message goes, where it ends or what it is. The
/// client sets them itself.
const RESERVED: [&str; 22] = [
    "accept",
    "accept-charset",
    "accept-encoding",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "expect",
    "host",
    "http2-settings",
    "if-match",
    "if-none-match",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "range",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "user-agent",
];

/// Why something is no header that authenticates. Shows nothing secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnusableHeader {
    /// There is no token.
    #[error("the token is empty")]
    EmptyToken,
    /// RFC 6750 §2.1: a token is printable ASCII without spaces.
    #[error("the token holds white space or characters that cannot be sent in a header")]
    Token,
    /// RFC 7617 §2: the colon ends the user name.
    #[error("the user name holds a colon, which would end it: the server would read another name")]
    ColonInUserName,
    /// RFC 7617 §2.
    #[error("the user name or the password holds control characters")]
    ControlCharacter,
    /// Neither a user name nor a password.
    #[error("the user name and the password are empty")]
    EmptyPair,
    /// RFC 9110 §5.1: a name is a token.
    #[error("{0:?} is not the name of a header")]
    Name(String),
    /// A header that is the client's own.
    #[error("the header {0} is part of the request itself and cannot carry credentials")]
    Reserved(HeaderName),
    /// The text before the value.
    #[error("the prefix of the header {0} holds characters that cannot be sent in a header")]
    Prefix(HeaderName),
    /// There is no value.
    #[error("the value of the header {0} is empty")]
    EmptyValue(HeaderName),
    /// Only printable ASCII and spaces are read the same by every server.
    #[error("the value of the header {0} holds line breaks or characters that cannot be sent in a header")]
    Value(HeaderName),
}

/// The header of a bearer token (RFC 6750 §2.1). White space around a token
/// comes from editors, and is left out.
pub fn bearer(token: &SecretString) -> Result<Header, UnusableHeader> {
    let token = token.expose_secret().trim();
    if token.is_empty() {
        return Err(UnusableHeader::EmptyToken);
    }
    if !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(UnusableHeader::Token);
    }
    let value = sensitive(&format!("Bearer {token}")).ok_or(UnusableHeader::Token)?;
    Ok((header::AUTHORIZATION, value))
}

/// The header of a user name and a password (RFC 7617), in UTF-8. Line ends
/// after them come from editors, and are left out.
pub fn basic(username: &SecretString, password: &SecretString) -> Result<Header, UnusableHeader> {
    let written = |secret: &'_ SecretString| secret.expose_secret().trim_end_matches(['\r', '\n']).to_owned();
    let (username, password) = (written(username), written(password));
    if username.is_empty() && password.is_empty() {
        return Err(UnusableHeader::EmptyPair);
    }
    if username.contains(':') {
        return Err(UnusableHeader::ColonInUserName);
    }
    if username.chars().chain(password.chars()).any(char::is_control) {
        return Err(UnusableHeader::ControlCharacter);
    }
    let pair = BASE64_STANDARD.encode(format!("{username}:{password}"));
    let value = sensitive(&format!("Basic {pair}")).ok_or(UnusableHeader::ControlCharacter)?;
    Ok((header::AUTHORIZATION, value))
}

/// A header of any name: the prefix, one space and the value, or the value
/// alone where there is no prefix. White space around the value is left out.
pub fn custom(name: &str, prefix: Option<&str>, value: &SecretString) -> Result<Header, UnusableHeader> {
    let name =
        HeaderName::try_from(name).map_err(|_| UnusableHeader::Name(name.chars().take(100).collect()))?;
    if RESERVED.contains(&name.as_str()) {
        return Err(UnusableHeader::Reserved(name));
    }
    let sendable = |text: &str| text.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic());
    let prefix = prefix.unwrap_or_default().trim_matches(' ');
    if !sendable(prefix) {
        return Err(UnusableHeader::Prefix(name));
    }
    let value = value.expose_secret().trim();
    if value.is_empty() {
        return Err(UnusableHeader::EmptyValue(name));
    }
    let line = if prefix.is_empty() { value.to_owned() } else { format!("{prefix} {value}") };
    match sensitive(&line).filter(|_| sendable(value)) {
        Some(value) => Ok((name, value)),
        None => Err(UnusableHeader::Value(name)),
    }
}

fn sensitive(line: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::try_from(line).ok()?;
    value.set_sensitive(true);
    Some(value)
}
