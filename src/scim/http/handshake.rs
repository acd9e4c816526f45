//! TLS failures in words: what is wrong with which certificate.

use jiff::Timestamp;
use rustls::{
    AlertDescription, CertificateError, Error, InvalidMessage,
    pki_types::{ServerName, UnixTime},
};

use super::answer::shortened;

/// The most names of a certificate that are listed.
const MOST_NAMES: usize = 5;

/// What went wrong, for a person.
pub(super) fn explained(error: &Error, has_identity: bool) -> String {
    match error {
        Error::InvalidCertificate(fault) => certificate(fault),
        Error::AlertReceived(alert) => verdict(*alert, has_identity),
        Error::InvalidMessage(InvalidMessage::InvalidContentType) => {
            "the server does not speak TLS on this port".to_owned()
        }
        Error::PeerIncompatible(_) => format!("the server and this client have no TLS in common: {error}"),
        _ => error.to_string(),
    }
}

fn certificate(fault: &CertificateError) -> String {
    match fault {
        CertificateError::Expired => "the server's certificate has expired".to_owned(),
        CertificateError::ExpiredContext { not_after, .. } => {
            format!("the server's certificate expired at {}", moment(*not_after))
        }
        CertificateError::NotValidYet => "the server's certificate is not valid yet".to_owned(),
        CertificateError::NotValidYetContext { not_before, .. } => {
            format!("the server's certificate is not valid before {}", moment(*not_before))
        }
        CertificateError::NotValidForName => "the server's certificate is for another name".to_owned(),
        CertificateError::NotValidForNameContext { expected, presented } => {
            format!("the server's certificate is for {}, not for {}", names(presented), asked(expected))
        }
        CertificateError::UnknownIssuer => {
            "the server's certificate was issued by an authority that is not trusted here".to_owned()
        }
        CertificateError::Revoked => "the server's certificate was revoked".to_owned(),
        CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => {
            "the server's certificate is not meant for a server".to_owned()
        }
        CertificateError::BadEncoding => "the server's certificate cannot be read".to_owned(),
        other if format!("{other:?}").contains("CaUsedAsEndEntity") => {
            "the server's certificate is one of an authority (CA:TRUE), which does not count for a server"
                .to_owned()
        }
        other => format!("the server's certificate is not valid: {other}"),
    }
}

/// What the server says of the client. Before TLS 1.3 many servers say no more
/// than that the handshake failed.
fn verdict(alert: AlertDescription, has_identity: bool) -> String {
    let about_the_client = match alert {
        AlertDescription::CertificateRequired if !has_identity => {
            return "the server asks for a client certificate, and none is set up".to_owned();
        }
        AlertDescription::HandshakeFailure | AlertDescription::BadCertificate if !has_identity => {
            return format!(
                "the server refuses the connection ({alert:?}); it may ask for a client certificate, and none is set up"
            );
        }
        AlertDescription::CertificateRequired => "it got none that it could use",
        AlertDescription::CertificateExpired => "it has expired",
        AlertDescription::CertificateRevoked => "it was revoked",
        AlertDescription::UnknownCA => "it does not know the authority that issued it",
        AlertDescription::AccessDenied => "it may not be used here",
        AlertDescription::BadCertificate
        | AlertDescription::CertificateUnknown
        | AlertDescription::UnsupportedCertificate
        | AlertDescription::DecryptError => "it gives no better reason",
        AlertDescription::UnrecognisedName => {
            return "the server has no certificate for this host name".to_owned();
        }
        _ => return format!("the server refuses the connection ({alert:?})"),
    };
    if has_identity {
        format!("the server does not accept the client certificate: {about_the_client} ({alert:?})")
    } else {
        format!("the server refuses the connection ({alert:?})")
    }
}

fn names(presented: &[String]) -> String {
    // They are listed as `DnsName("idp.example.com")`, `IpAddress(192.0.2.1)`.
    let name = |listed: &String| {
        let inner = listed.split_once('(').map_or(listed.as_str(), |(_, inner)| inner.trim_end_matches(')'));
        inner.trim_matches('"').to_owned()
    };
    let mut names: Vec<String> = presented.iter().take(MOST_NAMES).map(name).collect();
    if presented.len() > MOST_NAMES {
        names.push("others".to_owned());
    }
    if names.is_empty() { "no host name at all".to_owned() } else { shortened(&names.join(", "), 300) }
}

fn asked(name: &ServerName<'_>) -> String {
    name.to_str().into_owned()
}

fn moment(time: UnixTime) -> String {
    let second = i64::try_from(time.as_secs()).ok().and_then(|second| Timestamp::from_second(second).ok());
    second.map_or_else(|| "a time that no calendar has".to_owned(), |moment| moment.to_string())
}
