//! What a person is told about a request that failed.

use super::Because;
use crate::{
    api::reasons,
    scim::error::{Error, ErrorKind, ScimType},
};

/// What was asked of the server when it refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Request {
    /// To create.
    Create,
    /// To create somebody with a password.
    CreateWithPassword,
    /// To set a password.
    Password,
    /// To call somebody otherwise: by the userName, the displayName or the
    /// externalId.
    Rename,
    /// Anything else.
    Other,
}

/// What a person is told about a failed request for one identity.
pub fn refusal(error: &Error, request: Request) -> Because {
    let reason = match error.kind {
        _ if error.scim_type == Some(ScimType::Mutability) => reasons::IMMUTABLE_ATTRIBUTE,
        ErrorKind::Throttled => reasons::THROTTLED,
        ErrorKind::Unauthorized | ErrorKind::Forbidden => reasons::UNAUTHORIZED,
        ErrorKind::TokenRefused => reasons::TOKEN_REFUSED,
        ErrorKind::Tls => reasons::TLS_FAILED,
        ErrorKind::Redirected => reasons::REDIRECTED,
        ErrorKind::NotScim | ErrorKind::TooLarge => reasons::NOT_SCIM,
        ErrorKind::Unreachable | ErrorKind::Timeout | ErrorKind::AddressRefused | ErrorKind::ServerFault => {
            reasons::UNREACHABLE
        }
        ErrorKind::Unsupported => reasons::UNSUPPORTED_BY_SERVER,
        ErrorKind::Rejected | ErrorKind::Conflict if is_about_the_password(error, request) => {
            return password_refusal(error);
        }
        ErrorKind::Conflict if request == Request::Rename => return name_taken(error),
        ErrorKind::Conflict if request != Request::Other => reasons::ALREADY_EXISTS,
        ErrorKind::Conflict => reasons::NAME_TAKEN,
        ErrorKind::PreconditionFailed | ErrorKind::Withheld => reasons::PROGRESSING,
        ErrorKind::NotFound | ErrorKind::Rejected => reasons::REJECTED_BY_SERVER,
    };
    Because::quoting(reason, explained(error), format!("{error}; the condition has the details"))
}

/// A server that refuses a whole creation can only tell by its words that it
/// is for the password.
fn is_about_the_password(error: &Error, request: Request) -> bool {
    match request {
        Request::Password => true,
        Request::CreateWithPassword => {
            let mentions = |detail: &String| detail.to_lowercase().contains("password");
            error.kind == ErrorKind::Rejected && error.detail.as_ref().is_some_and(mentions)
        }
        Request::Create | Request::Rename | Request::Other => false,
    }
}

fn password_refusal(error: &Error) -> Because {
    let words = error.detail.as_ref().map(|detail| format!(": {detail:?}")).unwrap_or_default();
    let message = format!(
        "the server does not take the password ({error}{words}). Put one into the Secret that meets the server's \
         rules; it is tried again by itself."
    );
    Because::quoting(
        reasons::PASSWORD_REJECTED,
        message,
        format!("the server does not take the password: {error}"),
    )
}

/// Nobody else is paired with the object for having its new name.
fn name_taken(error: &Error) -> Because {
    let words = error.detail.as_ref().map(|detail| format!(": {detail:?}")).unwrap_or_default();
    let message = format!(
        "somebody else on the server has the new userName, displayName or externalId ({error}{words}). Nothing of this \
         change was made: the old name stays, and whoever has the new one is left alone. It is tried again by itself, \
         so that nothing is to be done if the other one is about to give the name up; else rename one of them."
    );
    Because::quoting(
        reasons::NAME_TAKEN,
        message,
        format!("somebody else on the server has the new name: {error}"),
    )
}

/// The error with the server's own words, where it had any, and what to do.
pub fn explained(error: &Error) -> String {
    let advice = match error.kind {
        ErrorKind::Unreachable => "Check the URL, the network and DNS; it is tried again by itself.",
        ErrorKind::Timeout => "The server is slow or does not answer; it is tried again by itself.",
        ErrorKind::Tls => {
            "Check the server's certificate and its name. An authority of your own is named in spec.tls.caBundleRef, a \
             certificate for the operator in spec.tls.clientCertificateSecretRef."
        }
        ErrorKind::AddressRefused => {
            "Requests to loopback, link-local and metadata addresses are refused. If the host is meant, start the \
             operator with --allow-hosts naming it."
        }
        ErrorKind::Redirected => "Redirects are not followed. Set the URL to where the server really is.",
        ErrorKind::NotScim => {
            "Check that spec.url is the base of a SCIM 2.0 API, such as https://HOST/scim/v2."
        }
        ErrorKind::TooLarge => "Such an answer is never read whole. Check that spec.url is a SCIM 2.0 API.",
        ErrorKind::Unauthorized => "Check the token in the Secret; a new one is used within a minute.",
        ErrorKind::TokenRefused => {
            "Check the token URL, the client id and the client secret; a new one is used within a minute."
        }
        ErrorKind::Forbidden => "Give the token the right to do this on the server.",
        ErrorKind::Throttled => "The server limits requests; it is tried again by itself.",
        ErrorKind::Withheld => {
            "The operator could not renew its Lease, so that another replica may be at work; see its log. It is tried \
             again by itself."
        }
        ErrorKind::ServerFault => "The server failed; it is tried again by itself.",
        ErrorKind::Unsupported => "The server cannot do this.",
        ErrorKind::Conflict => "Somebody else on the server has the same unique value. Change one of them.",
        ErrorKind::Rejected => "Change the manifest to what the server takes.",
        ErrorKind::NotFound => "It is read again by itself.",
        ErrorKind::PreconditionFailed => {
            "It is read and tried again by itself. If that goes on, find out who else changes it all the time."
        }
    };
    match &error.detail {
        Some(detail) => format!("{error}: {detail:?}. {advice}"),
        None => format!("{error}. {advice}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_for_the_password_where_only_that_was_asked_or_the_words_say_so() {
        let refused = |words: &str| Error {
            detail: Some(words.to_owned()),
            ..Error::new(ErrorKind::Rejected, "POST /Users")
        };
        for (row, words, request, expected) in [
            ("nothing else was asked", "no", Request::Password, reasons::PASSWORD_REJECTED),
            ("its words", "Password too short", Request::CreateWithPassword, reasons::PASSWORD_REJECTED),
            ("other words", "no such title", Request::CreateWithPassword, reasons::REJECTED_BY_SERVER),
            ("no password was sent", "password required", Request::Create, reasons::REJECTED_BY_SERVER),
            ("another change", "password required", Request::Other, reasons::REJECTED_BY_SERVER),
        ] {
            assert_eq!(refusal(&refused(words), request).reason, expected, "{row}");
        }
        let taken = Error::new(ErrorKind::Conflict, "POST /Users");
        assert_eq!(refusal(&taken, Request::CreateWithPassword).reason, reasons::ALREADY_EXISTS);
        assert_eq!(refusal(&taken, Request::Rename).reason, reasons::NAME_TAKEN);
    }
}
