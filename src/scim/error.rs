//! What can go wrong with a request, and what follows from it. Every error
//! carries the HTTP facts a person needs, and never a body, a token or a value.

use std::{fmt, time::Duration};

/// A failed SCIM request.
#[derive(Debug, thiserror::Error)]
pub struct Error {
    /// What kind of failure it is; decides what to do.
    pub kind: ErrorKind,
    /// The method and the path template, such as `POST /Users`.
    pub operation: String,
    /// The HTTP status, if an answer came.
    pub status: Option<u16>,
    /// The answer's media type, as the server named it, shortened.
    pub media_type: Option<String>,
    /// `scimType` of the error message (RFC 7644 §3.12).
    pub scim_type: Option<ScimType>,
    /// `detail` of the error message, or what the transport said; shortened,
    /// without control characters. For conditions, never for logs.
    pub detail: Option<String>,
    /// How long the server asked us to wait.
    pub retry_after: Option<Duration>,
    /// Whether anything of the request may have left this machine. `false`
    /// only where that is certain: nothing has taken effect then.
    pub sent: bool,
    /// The error message in the server's own words, for whoever weighs the
    /// answer by a profile; nobody else gets it.
    pub said: Option<Box<Said>>,
}

/// An error message in the server's own words, not shortened.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Said {
    /// `scimType`, be it one of the standard or not.
    pub scim_type: Option<String>,
    /// `detail`.
    pub detail: Option<String>,
}

impl fmt::Debug for Said {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // It may quote values, and it can be long.
        formatter.write_str("Said")
    }
}

/// The kinds of failure that are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// No connection, or it broke: name, route, refusal, reset.
    Unreachable,
    /// No answer in time, or 408: the server's time was up.
    Timeout,
    /// The connection could not be made safe: certificate, name, protocol.
    Tls,
    /// The host resolves to an address that requests are not sent to.
    AddressRefused,
    /// The server answered with a redirect, which is never followed.
    Redirected,
    /// The answer is not SCIM: a web page, half a body, the wrong shape.
    NotScim,
    /// The answer is larger than is ever read.
    TooLarge,
    /// 401, or there is nothing to authenticate with.
    Unauthorized,
    /// The token endpoint gives no token (RFC 6749 §5.2), so that nothing was
    /// asked of the server.
    TokenRefused,
    /// Not sent: it was not certain that nobody else is doing the same.
    Withheld,
    /// 403.
    Forbidden,
    /// 404 and 410.
    NotFound,
    /// 409, or `scimType: uniqueness`.
    Conflict,
    /// 412.
    PreconditionFailed,
    /// 429, or 503 with `Retry-After`.
    Throttled,
    /// 501, and 405: the server has no such operation.
    Unsupported,
    /// Any other 5xx.
    ServerFault,
    /// Any other 4xx: the server read the request and refuses it.
    Rejected,
}

/// What a failure means for whoever asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Passing: try again, further and further apart.
    Retry,
    /// The server named the time to wait.
    Wait(Duration),
    /// Nothing changes until a person changes something.
    Stall,
}

/// Whether the failure is about one identity or about the whole server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Only this identity's request fails; others go on.
    Identity,
    /// Every request to this server would fail alike.
    Server,
}

/// The detail error keywords of RFC 7644 §3.12, table 9.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScimType {
    /// The filter is not understood or not supported.
    InvalidFilter,
    /// More results than the server is willing to answer.
    TooMany,
    /// A value that must be unique is taken.
    Uniqueness,
    /// An attribute that must not change would change.
    Mutability,
    /// The body is malformed.
    InvalidSyntax,
    /// The PATCH path is malformed.
    InvalidPath,
    /// The PATCH path selects nothing.
    NoTarget,
    /// A value is missing or of the wrong kind.
    InvalidValue,
    /// The SCIM version is not supported.
    InvalidVers,
    /// The request would put a secret into a URL.
    Sensitive,
}

impl ScimType {
    /// Reads a keyword, in any case.
    pub fn parse(text: &str) -> Option<Self> {
        const ALL: [(&str, ScimType); 10] = [
            ("invalidFilter", ScimType::InvalidFilter),
            ("tooMany", ScimType::TooMany),
            ("uniqueness", ScimType::Uniqueness),
            ("mutability", ScimType::Mutability),
            ("invalidSyntax", ScimType::InvalidSyntax),
            ("invalidPath", ScimType::InvalidPath),
            ("noTarget", ScimType::NoTarget),
            ("invalidValue", ScimType::InvalidValue),
            ("invalidVers", ScimType::InvalidVers),
            ("sensitive", ScimType::Sensitive),
        ];
        ALL.iter().find(|(name, _)| name.eq_ignore_ascii_case(text)).map(|(_, keyword)| *keyword)
    }
}

impl Error {
    /// An error that carries nothing but its kind and the operation.
    pub fn new(kind: ErrorKind, operation: impl Into<String>) -> Self {
        Self {
            kind,
            operation: operation.into(),
            status: None,
            media_type: None,
            scim_type: None,
            detail: None,
            retry_after: None,
            sent: true,
            said: None,
        }
    }

    /// What whoever asked should do.
    pub fn action(&self) -> Action {
        match self.kind {
            ErrorKind::Throttled => self.retry_after.map_or(Action::Retry, Action::Wait),
            ErrorKind::Rejected
            | ErrorKind::Conflict
            | ErrorKind::Unsupported
            | ErrorKind::TooLarge
            | ErrorKind::AddressRefused => Action::Stall,
            _ => Action::Retry,
        }
    }

    /// Whether the whole server fails or one identity's request. A 5xx counts
    /// for the identity: one bad record must not stop everybody.
    pub fn scope(&self) -> Scope {
        match self.kind {
            ErrorKind::Unreachable
            | ErrorKind::Timeout
            | ErrorKind::Tls
            | ErrorKind::AddressRefused
            | ErrorKind::Redirected
            | ErrorKind::NotScim
            | ErrorKind::Unauthorized
            | ErrorKind::TokenRefused => Scope::Server,
            _ => Scope::Identity,
        }
    }

    /// Whether the request may have taken effect although it failed: then
    /// nothing is posted again before looking.
    pub fn may_have_taken_effect(&self) -> bool {
        self.sent
            && match self.kind {
                ErrorKind::Unreachable
                | ErrorKind::Timeout
                | ErrorKind::NotScim
                | ErrorKind::TooLarge
                | ErrorKind::ServerFault => true,
                // These two ask for the very same request elsewhere (RFC 9110
                // §15.4.8, §15.4.9). The others are also how servers answer
                // what they have carried out.
                ErrorKind::Redirected => !matches!(self.status, Some(307 | 308)),
                _ => false,
            }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.operation, self.kind)?;
        if let Some(status) = self.status {
            write!(formatter, ", HTTP {status}")?;
        }
        if let Some(media_type) = &self.media_type {
            write!(formatter, ", {media_type}")?;
        }
        Ok(())
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Unreachable => "no connection",
            Self::Timeout => "no answer in time",
            Self::Tls => "no safe connection (TLS)",
            Self::AddressRefused => "the address is one that requests are not sent to",
            Self::Redirected => "a redirect, which is not followed",
            Self::NotScim => "the answer is not SCIM",
            Self::TooLarge => "the answer is too large",
            Self::Unauthorized => "the credentials were not accepted",
            Self::TokenRefused => "the token endpoint gives no token",
            Self::Withheld => "not sent, because the lease was about to end",
            Self::Forbidden => "the credentials do not permit this",
            Self::NotFound => "not found",
            Self::Conflict => "a conflict with another resource",
            Self::PreconditionFailed => "changed by somebody else in between",
            Self::Throttled => "too many requests",
            Self::Unsupported => "not supported by the server",
            Self::ServerFault => "a fault of the server",
            Self::Rejected => "refused by the server",
        })
    }
}
