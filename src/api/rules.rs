//! The rules that the API server checks when a manifest is applied, in CEL.
//! Each message says what to do.

use kube::core::{Message, Rule};

/// `primary` is true at most once in a list (RFC 7643 §2.4).
pub(super) fn one_primary(attribute: &str) -> Rule {
    Rule::new("self.filter(v, has(v.primary) && v.primary).size() <= 1").message(Message::Message(format!(
        "only one of {attribute} can be the primary one: keep `primary: true` on one value and remove it from the others"
    )))
}

/// `providerRef` never changes: the identity would stay behind on the old
/// server. On the spec, so that it also holds when the reference was away for
/// a while.
pub(super) fn provider_is_immutable() -> Rule {
    Rule::new("has(self.providerRef) == has(oldSelf.providerRef) && (!has(self.providerRef) || self.providerRef == oldSelf.providerRef)")
        .message("providerRef cannot change, because the identity lives on that provider's server: delete this object and create another one for the new provider")
        .field_path(".providerRef")
}

/// An extension's key is a URN (RFC 8141), each one once: names are compared
/// without regard to case (RFC 7643 §2.1).
pub(super) fn extensions_are_urns() -> Rule {
    Rule::new(r"self.all(urn, urn.size() <= 256 && urn.matches('^urn:[A-Za-z0-9][A-Za-z0-9-]{0,31}:[A-Za-z0-9()+,.:=@;$_!*%/-]+$'))")
        .message("an extension's key is the URN of its schema, at most 256 characters: for example urn:ietf:params:scim:schemas:extension:example:2.0:User")
}

/// See `extensions_are_urns`.
pub(super) fn extensions_are_distinct() -> Rule {
    Rule::new("self.all(urn, self.exists_one(other, other.lowerAscii() == urn.lowerAscii()))")
        .message("two of the extensions are the same but for upper and lower case: write their attributes under one of them")
}

/// Attributes that have a typed place are not repeated in an extension.
pub(super) fn extensions_are_not_typed() -> Rule {
    Rule::new(
        "self.all(urn, !urn.lowerAscii().startsWith('urn:ietf:params:scim:schemas:core:') \
         && urn.lowerAscii() != 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:user')",
    )
    .message("the core and enterprise schemas have fields of their own: write core attributes directly under spec, and enterprise attributes under spec.enterprise of a ScimUser")
}

/// The shape of a base URL: no user name, query or fragment.
pub(super) fn url_is_plain() -> Rule {
    Rule::new(r"self.url.matches('^https?://[^/@?#\\s]+(/[^?#\\s]*)?$')")
        .message("url is the SCIM base URL, such as https://scim.example.com/scim/v2: it starts with https:// and has no user name, query, fragment or white space")
        .field_path(".url")
}

/// The token travels in the clear only where somebody said so.
pub(super) fn url_is_safe() -> Rule {
    Rule::new("!self.url.startsWith('http://') || (has(self.allowInsecureHTTP) && self.allowInsecureHTTP)")
        .message("url must start with https://, because the token would travel readable by anybody on the way; for a test server set allowInsecureHTTP: true")
        .field_path(".url")
}

/// Go's syntax without a sign, and not so often that it is never meant.
pub(super) fn is_a_duration() -> Rule {
    Rule::new(
        r"self.matches('^([0-9]+(\\.[0-9]+)?(ns|us|µs|ms|s|m|h))+$') && duration(self) >= duration('1s')",
    )
    .message("resyncInterval is a duration such as 10m, 90s or 1h30m, at least 1s")
}

/// Go's syntax without a sign, for the time of a rate.
pub(super) fn is_a_period() -> Rule {
    Rule::new(
        r"self.matches('^([0-9]+(\\.[0-9]+)?(ns|us|µs|ms|s|m|h))+$') && duration(self) >= duration('1s') && duration(self) <= duration('24h')",
    )
    .message("per is a duration such as 1s, 1m or 1h, from 1s to 24h")
}

/// The block of the method, and no other.
pub(super) fn auth_has_its_block() -> Rule {
    Rule::new(
        "has(self.bearer) == (self.type == 'Bearer') && has(self.oauth2) == (self.type == 'OAuth2') \
         && has(self.basic) == (self.type == 'Basic') && has(self.header) == (self.type == 'Header')",
    )
    .message("auth needs the block that its type names, and no other: Bearer needs auth.bearer, OAuth2 auth.oauth2, Basic auth.basic, Header auth.header, and None has none")
}

/// The shape of a token endpoint: no user name, query or fragment.
pub(super) fn token_url_is_plain() -> Rule {
    Rule::new(r"self.tokenURL.matches('^https?://[^/@?#\\s]+(/[^?#\\s]*)?$')")
        .message("tokenURL is the token endpoint, such as https://login.example.com/oauth2/token: it starts with https:// and has no user name, query, fragment or white space; queries belong into parameters")
        .field_path(".tokenURL")
}

/// The client's secret travels in the clear only where somebody said so.
pub(super) fn token_url_is_safe() -> Rule {
    Rule::new(
        "!has(self.auth.oauth2) || !self.auth.oauth2.tokenURL.startsWith('http://') \
         || (has(self.allowInsecureHTTP) && self.allowInsecureHTTP)",
    )
    .message("auth.oauth2.tokenURL must start with https://, because the client's secret would travel readable by anybody on the way; for a test server set allowInsecureHTTP: true")
}

/// Nobody reaches a directory without any proof but on one's own machine.
pub(super) fn none_needs_a_test() -> Rule {
    Rule::new(
        "self.auth.type != 'None' || (has(self.tls) && has(self.tls.clientCertificateSecretRef)) \
         || (has(self.allowInsecureHTTP) && self.allowInsecureHTTP)",
    )
    .message("auth type None is for test servers on this machine: it needs allowInsecureHTTP: true and a loopback address in url; or a client certificate in tls.clientCertificateSecretRef")
}

/// A header that decides how a message is read, or that the operator sets
/// itself, carries no credentials.
pub(super) fn header_name_is_free() -> Rule {
    Rule::new(
        "!(self.name.lowerAscii() in ['host', 'content-length', 'content-type', 'transfer-encoding', 'connection', \
         'accept', 'accept-encoding', 'user-agent', 'te', 'trailer', 'upgrade', 'expect', 'if-match', \
         'if-none-match', 'proxy-authorization', 'keep-alive', 'cookie'])",
    )
    .message("this header decides how a request is read and cannot carry credentials: use the one that the server's documentation names, such as X-Api-Key or Authorization")
    .field_path(".name")
}

/// Names for `Names`, a selector for `Selector`, neither for `All`.
pub(super) fn namespaces_have_their_block() -> Rule {
    Rule::new("has(self.names) == (self.from == 'Names') && has(self.selector) == (self.from == 'Selector')")
        .message("namespaces needs what from says, and nothing else: Names needs names, Selector needs selector, and All neither")
}

/// An id to adopt or to observe is no use to an object that does neither.
pub(super) fn adopted_id_is_used() -> Rule {
    Rule::new(
        "!has(self.adoptID) || (has(self.adoptionPolicy) && self.adoptionPolicy == 'Adopt') \
         || (has(self.mode) && self.mode == 'Observe')",
    )
    .message("adoptID says which identity to take over or to observe: set adoptionPolicy: Adopt or mode: Observe with it, or remove it")
}

/// A manager is an object or an id.
pub(super) fn one_manager() -> Rule {
    Rule::new("!(has(self.manager) && has(self.managerRef))").message(
        "managerRef names the manager's ScimUser and manager.value an id on the server: set one of them",
    )
}

#[cfg(test)]
mod tests;
