//! What it means that no answer came.

use std::{error::Error as StdError, io};

use crate::scim::{
    address::RefusedAddress,
    error::{Error, ErrorKind},
};

use super::{answer::shortened, handshake};

/// The error of a request that got no answer. Its text would name the URL,
/// which may hold a filter's value.
pub(super) fn classify(error: reqwest::Error, operation: String, has_identity: bool) -> Error {
    let error = error.without_url();
    let (kind, detail) = cause(&error, has_identity);
    // Until a connection stands, nothing of the request has been sent.
    let sent = !error.is_connect();
    Error { detail: Some(shortened(&detail, 500)), sent, ..Error::new(kind, operation) }
}

fn cause(error: &reqwest::Error, has_identity: bool) -> (ErrorKind, String) {
    let chain = chain(error);
    if let Some(refused) = chain.iter().find_map(|cause| cause.downcast_ref::<RefusedAddress>()) {
        return (ErrorKind::AddressRefused, refused.to_string());
    }
    // Only a handshake says that the connection cannot be made safe; with a
    // client certificate the server's verdict arrives after it, as an alert.
    // A later TLS fault is a broken connection like any other.
    let tls = chain.iter().find_map(|cause| cause.downcast_ref::<rustls::Error>());
    if let Some(tls) = tls
        && (error.is_connect() || matches!(tls, rustls::Error::AlertReceived(_)))
    {
        return (ErrorKind::Tls, handshake::explained(tls, has_identity));
    }
    let kind = if error.is_timeout() { ErrorKind::Timeout } else { ErrorKind::Unreachable };
    // The innermost cause names the fault.
    (kind, chain.last().map(ToString::to_string).unwrap_or_default())
}

/// Every cause, also those inside `io::Error`, whose `source` skips what it
/// wraps.
fn chain<'a>(error: &'a (dyn StdError + 'static)) -> Vec<&'a (dyn StdError + 'static)> {
    let mut chain = vec![error];
    let mut last = error;
    // Longer than any real chain, so that a cyclic one ends.
    while chain.len() < 32 {
        let wrapped = last.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        let next = match wrapped {
            Some(inner) => Some(inner as &(dyn StdError + 'static)),
            None => last.source(),
        };
        let Some(next) = next else { break };
        chain.push(next);
        last = next;
    }
    chain
}
