//! What an answer means: statuses (RFC 7644 §3.12), error messages, and
//! bodies that are not what they say.

use std::time::Duration;

use http::{HeaderMap, StatusCode, header};
use jiff::Timestamp;
use serde_json::{Map, Value};

use super::wait;
use crate::scim::{
    error::{Error, ErrorKind, Said, ScimType},
    resource::find,
};

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Names under which servers and proxies say which request an answer is to.
const REQUEST_IDS: [&str; 4] = ["x-request-id", "request-id", "x-amzn-requestid", "x-correlation-id"];

/// An answer of 2xx.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// `Content-Type`, shortened.
    pub media_type: Option<String>,
    /// `Location`, as it came.
    pub location: Option<String>,
    /// `ETag`, as it came.
    pub entity_tag: Option<String>,
    /// The whole body.
    pub body: Vec<u8>,
}

impl Answer {
    /// Whether there is nothing in the body.
    pub fn is_empty(&self) -> bool {
        self.body.trim_ascii().is_empty()
    }

    /// The body as JSON; the error says where it stops being that, and shows
    /// nothing of it.
    pub fn json(&self) -> Result<Value, String> {
        if self.is_empty() {
            return Err("the body is empty".to_owned());
        }
        serde_json::from_slice(&self.body).map_err(|error| {
            let page = if is_page(self.media_type.as_deref(), &self.body) { " but a web page" } else { "" };
            format!("the body is not JSON{page}, from line {} column {}", error.line(), error.column())
        })
    }

    /// Whether the body is a web page.
    pub fn is_page(&self) -> bool {
        is_page(self.media_type.as_deref(), &self.body)
    }
}

/// Why a body could not be read whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::scim) enum Broken {
    Late,
    TooLarge,
    Cut,
}

/// Everything in an answer but its body.
#[derive(Debug)]
pub(in crate::scim) struct Head {
    pub(in crate::scim) status: StatusCode,
    pub(in crate::scim) media_type: Option<String>,
    location: Option<String>,
    entity_tag: Option<String>,
    pub(in crate::scim) retry_after: Option<Duration>,
    pub(super) date: Option<Timestamp>,
    /// The server's name for the exchange.
    pub(super) request_id: Option<String>,
}

impl Head {
    pub(super) fn read(response: &reqwest::Response) -> Self {
        let headers = response.headers();
        let date = text(headers, &header::DATE).and_then(wait::http_date);
        Self {
            status: response.status(),
            media_type: text(headers, &header::CONTENT_TYPE).map(|media_type| shortened(media_type, 100)),
            location: text(headers, &header::LOCATION).map(ToOwned::to_owned),
            entity_tag: text(headers, &header::ETAG).map(ToOwned::to_owned),
            retry_after: wait::asked(response.status(), headers, date),
            date,
            request_id: REQUEST_IDS
                .iter()
                .find_map(|name| headers.get(*name)?.to_str().ok())
                .map(|id| shortened(id, 100)),
        }
    }

    /// The answer, if it is one of 2xx and whole.
    pub(super) fn with_body(self, body: Result<Vec<u8>, Broken>, operation: String) -> Result<Answer, Error> {
        if !self.status.is_success() {
            return Err(self.refusal(&body.unwrap_or_default(), operation));
        }
        let (status, media_type) = (self.status.as_u16(), self.media_type);
        let broken = match body {
            Ok(body) => {
                let (location, entity_tag) = (self.location, self.entity_tag);
                return Ok(Answer { status, media_type, location, entity_tag, body });
            }
            Err(broken) => broken,
        };
        let (kind, detail) = match broken {
            Broken::Late => (ErrorKind::Timeout, "the answer began but did not end in time"),
            Broken::TooLarge => (ErrorKind::TooLarge, "the answer is larger than is ever read"),
            Broken::Cut => (ErrorKind::NotScim, "the answer broke off before its end"),
        };
        let status = Some(status);
        Err(Error { status, media_type, detail: Some(detail.to_owned()), ..Error::new(kind, operation) })
    }

    /// The error that a status outside 2xx is. What its body says is of use
    /// where it can be read, and nothing is missing where it cannot.
    fn refusal(self, body: &[u8], operation: String) -> Error {
        let message: Option<Map<String, Value>> = serde_json::from_slice(body).ok();
        let said = |name: &str| find(message.as_ref()?, name)?.as_str();
        let scim_type = said("scimType").and_then(ScimType::parse);
        let detail = said("detail").map(|detail| shortened(detail, 500)).filter(|detail| !detail.is_empty());
        let said = Said {
            scim_type: said("scimType").map(str::to_owned),
            detail: said("detail").map(str::to_owned),
        };
        let page = is_page(self.media_type.as_deref(), body);
        Error {
            status: Some(self.status.as_u16()),
            media_type: self.media_type,
            scim_type,
            detail,
            retry_after: self.retry_after,
            said: Some(Box::new(said)),
            ..Error::new(kind(self.status, scim_type, self.retry_after.is_some(), page), operation)
        }
    }
}

fn kind(status: StatusCode, scim_type: Option<ScimType>, names_a_wait: bool, page: bool) -> ErrorKind {
    match status.as_u16() {
        // Nothing is missing where a web page says so: a wrong base URL or a
        // gateway answers like that for every path.
        404 | 410 if page => ErrorKind::NotScim,
        401 => ErrorKind::Unauthorized,
        403 => ErrorKind::Forbidden,
        404 | 410 => ErrorKind::NotFound,
        // The server gave up waiting for the request.
        408 => ErrorKind::Timeout,
        409 => ErrorKind::Conflict,
        412 => ErrorKind::PreconditionFailed,
        429 => ErrorKind::Throttled,
        503 if names_a_wait => ErrorKind::Throttled,
        405 | 501 => ErrorKind::Unsupported,
        300..=399 => ErrorKind::Redirected,
        400..=499 if scim_type == Some(ScimType::Uniqueness) => ErrorKind::Conflict,
        400..=499 => ErrorKind::Rejected,
        500..=599 => ErrorKind::ServerFault,
        // Below 200 and above 599 there is nothing that HTTP knows.
        _ => ErrorKind::NotScim,
    }
}

/// Reads a body up to a cap, without believing `Content-Length`.
pub(super) async fn read_body(mut response: reqwest::Response, cap: usize) -> Result<Vec<u8>, Broken> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|_| Broken::Cut)? {
        if body.len() + chunk.len() > cap {
            return Err(Broken::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    // Some servers begin with a mark that JSON has no place for (RFC 8259 §8.1).
    let marked = body.starts_with(BYTE_ORDER_MARK);
    Ok(if marked { body.split_off(BYTE_ORDER_MARK.len()) } else { body })
}

/// A web page, or what the best-known router says of a path that it does not
/// know, whichever server is meant to be behind it.
pub(in crate::scim) fn is_page(media_type: Option<&str>, body: &[u8]) -> bool {
    let body = body.trim_ascii();
    if serde_json::from_slice::<Map<String, Value>>(body).is_ok() {
        return false;
    }
    let named = media_type.is_some_and(|media_type| {
        let essence = media_type.split(';').next().unwrap_or_default().trim();
        essence.eq_ignore_ascii_case("text/html") || essence.eq_ignore_ascii_case("application/xhtml+xml")
    });
    named || body.starts_with(b"<") || body == b"404 page not found"
}

pub(super) fn text<'a>(headers: &'a HeaderMap, name: &http::HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// At most so many characters, control characters left out.
pub(in crate::scim) fn shortened(text: &str, most: usize) -> String {
    let mut characters = text.chars().filter(|character| !character.is_control());
    let mut short: String = characters.by_ref().take(most).collect();
    if characters.next().is_some() {
        short.push('…');
    }
    short.trim().to_owned()
}
