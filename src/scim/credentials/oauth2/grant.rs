//! What a token endpoint's answer says (RFC 6749 §5).

use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value};

use super::{
    super::{CredentialsError, Header, bearer},
    ClientSecret,
};
use crate::scim::{
    error::{Error, ErrorKind},
    http::{
        answer::{Broken, is_page, shortened},
        sender::Received,
    },
};

/// The longest error code that is shown; those of the RFCs are shorter.
const LONGEST_CODE: usize = 40;

/// A token as it was given.
#[derive(Debug)]
pub(super) struct Grant {
    pub(super) header: Header,
    /// `expires_in`.
    pub(super) life: Option<Duration>,
}

/// Why there is no token.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) error: CredentialsError,
    /// How long the token endpoint asked us to wait.
    pub(super) retry_after: Option<Duration>,
}

impl Refusal {
    /// The token endpoint gives none.
    pub(super) fn token(detail: String) -> Self {
        Self { error: CredentialsError { kind: ErrorKind::TokenRefused, detail }, retry_after: None }
    }

    /// The token endpoint was not reached, or did not answer.
    pub(super) fn unreached(error: Error, host: &str) -> Self {
        let Error { kind, detail, .. } = error;
        let why = detail.unwrap_or_else(|| kind.to_string());
        Self {
            error: CredentialsError { kind, detail: format!("the token endpoint at {host}: {why}") },
            retry_after: None,
        }
    }
}

/// The token in an answer, or what is wrong with it. Nothing of a body is
/// shown but the error code and the description that the server wrote for us.
pub(super) fn read(received: Received, host: &str, client: &ClientSecret) -> Result<Grant, Refusal> {
    let Received { head, body } = received;
    let status = head.status;
    let media_type = head.media_type.clone();
    let media = media_type.as_deref();
    let told = |what: &str| {
        let media = media.map(|media| format!(", {media}")).unwrap_or_default();
        Refusal {
            retry_after: head.retry_after,
            ..Refusal::token(format!("the token endpoint at {host} {what} (HTTP {}{media})", status.as_u16()))
        }
    };
    if status.is_redirection() {
        let mut refusal = told("answers with a redirect, which is not followed");
        refusal.error.kind = ErrorKind::Redirected;
        return Err(refusal);
    }
    let body = match body {
        Ok(body) => body,
        Err(Broken::Late) => {
            let mut refusal = told("began to answer but did not end in time");
            refusal.error.kind = ErrorKind::Timeout;
            return Err(refusal);
        }
        Err(Broken::TooLarge) => return Err(told("answers more than any token is long")),
        Err(Broken::Cut) => return Err(told("broke its answer off")),
    };
    let document: Option<Map<String, Value>> = serde_json::from_slice(&body).ok();
    if let Some(refusal) = document.as_ref().and_then(|document| refusal(document, client)) {
        return Err(told(&refusal));
    }
    match status.as_u16() {
        200..=299 => {}
        404 | 405 | 410 => return Err(told("is not there: check the token URL")),
        429 => return Err(told("gets too many requests")),
        500..=599 => return Err(told("has a fault")),
        _ => return Err(told("refuses without an OAuth 2 error code")),
    }
    match document {
        Some(document) => grant(&document).map_err(|what| told(&what)),
        None if body.trim_ascii().is_empty() => Err(told("answers with nothing")),
        None if is_page(media, &body) => Err(told("answers with a web page: check the token URL")),
        None => Err(told("answers with something that is not a JSON object: check the token URL")),
    }
}

fn grant(document: &Map<String, Value>) -> Result<Grant, String> {
    let text = |name: &str| document.get(name).and_then(Value::as_str);
    if let Some(kind) = text("token_type").filter(|kind| !kind.eq_ignore_ascii_case("bearer")) {
        let kind = code(kind).unwrap_or("unknown");
        return Err(format!("gives a token of the type {kind}, and only Bearer can be sent"));
    }
    let token = text("access_token").filter(|token| !token.trim().is_empty());
    let token = token.ok_or("answers with JSON that holds no access_token")?;
    let header = bearer(&SecretString::from(token)).map_err(|error| format!("gives a token, but {error}"))?;
    Ok(Grant { header, life: document.get("expires_in").and_then(seconds) })
}

/// The error of RFC 6749 §5.2 in words, if it is one. Some servers answer 200
/// with it.
fn refusal(document: &Map<String, Value>, client: &ClientSecret) -> Option<String> {
    let code = document.get("error").and_then(Value::as_str).and_then(code)?;
    let meaning = match code {
        "invalid_client" => ": the client id or the client secret is not accepted",
        "unauthorized_client" => ": this client may not use client credentials",
        "unsupported_grant_type" => ": it does not know client credentials",
        "invalid_scope" => ": a scope is unknown or not for this client",
        "invalid_request" | "invalid_target" => ": a parameter is missing, unknown or wrong",
        _ => "",
    };
    let said = document.get("error_description").and_then(Value::as_str).map(|said| shortened(said, 200));
    // A server that repeats what it was sent must not make us show it.
    let repeats = |said: &str| {
        let secret = client.secret.expose_secret().trim();
        !secret.is_empty() && said.contains(secret)
    };
    let said = said.filter(|said| !said.is_empty() && !repeats(said));
    let said = said.map(|said| format!(" (it says: {said})")).unwrap_or_default();
    Some(format!("refuses with {code}{meaning}{said}"))
}

/// A short word as the RFCs have them; anything else may be anything.
fn code(text: &str) -> Option<&str> {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    (!text.is_empty() && text.len() <= LONGEST_CODE && text.bytes().all(is_word)).then_some(text)
}

/// Seconds as a number, whole or not, or as its text, as some servers write it.
fn seconds(value: &Value) -> Option<Duration> {
    let seconds = value.as_f64().or_else(|| value.as_str()?.trim().parse().ok())?;
    if seconds <= 0.0 {
        return Some(Duration::ZERO);
    }
    Duration::try_from_secs_f64(seconds).ok()
}
