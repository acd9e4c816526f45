//! Pieces of the `OpenAPI` schemas that derive macros cannot say.

use kube::core::{Message, Rule};
use schemars::{Schema, SchemaGenerator, json_schema};

/// The longest name of an object, a Secret or a key in it (DNS subdomain).
pub(super) const NAME: u32 = 253;

/// The longest text. Rules stay cheap and objects small enough for etcd;
/// the servers' own limits are lower.
pub(super) const TEXT: u32 = 1024;

/// The longest URL or server's id.
pub(super) const URL: u32 = 2048;

/// The longest certificate: 12 KiB of DER in base64.
pub(super) const CERTIFICATE: u32 = 16_384;

/// The most values of one multi-valued attribute.
pub(super) const VALUES: u32 = 64;

/// The most certificates.
pub(super) const CERTIFICATES: u32 = 8;

/// The most members that one object can name: 20,000 would still fit in etcd,
/// and client-side apply, which keeps a copy in an annotation, ends at 5,000.
pub(super) const MEMBERS: u32 = 10_000;

/// The most attribute paths that one object can manage: 64 in each of 16
/// extensions, 64 others and the typed ones, with room to spare.
pub(super) const PATHS: u32 = 2048;

/// What an object's name looks like.
pub(super) const NAME_PATTERN: &str = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$";

/// What a key in a Secret looks like.
pub(super) const KEY_PATTERN: &str = r"^[-._a-zA-Z0-9]+$";

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

/// The block of the method, and no other.
pub(super) fn auth_has_its_block() -> Rule {
    Rule::new("has(self.bearer) == (self.type == 'Bearer')")
        .message("auth needs the block that its type names, and no other: type Bearer needs auth.bearer.tokenSecretRef with the name and key of a Secret")
}

/// Objects with any content, by the URN of their schema.
pub(super) fn extensions(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "object",
        "nullable": true,
        "maxProperties": 16,
        "additionalProperties": {
            "type": "object",
            "description": "The attributes of the extension with this URN, exactly as the server's schema names them. An attribute that is absent is left alone; \"\" or [] clears it.",
            "maxProperties": 64,
            "x-kubernetes-preserve-unknown-fields": true,
        },
    })
}

/// Any values, by the name of their attribute.
pub(super) fn attributes(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "object",
        "nullable": true,
        "maxProperties": 64,
        "additionalProperties": {
            "description": "The attribute's value: text, number, boolean, object or list, exactly as the server takes it.",
            "x-kubernetes-preserve-unknown-fields": true,
        },
    })
}

/// The standard conditions, with the bounds that Kubernetes itself sets.
pub(super) fn conditions(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "array",
        "maxItems": 16,
        "x-kubernetes-list-type": "map",
        "x-kubernetes-list-map-keys": ["type"],
        "items": {
            "type": "object",
            "description": "One aspect of the object's state.",
            "required": ["type", "status", "reason", "message", "lastTransitionTime"],
            "properties": {
                "type": {
                    "type": "string",
                    "description": "Which aspect this is, for example Ready or Stalled.",
                    "maxLength": 316,
                    "pattern": r"^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$",
                },
                "status": {
                    "type": "string",
                    "description": "Whether it holds: True, False, or Unknown.",
                    "enum": ["True", "False", "Unknown"],
                },
                "reason": {
                    "type": "string",
                    "description": "Why, as one word of a closed list, for programs and alerts: for example Succeeded or AlreadyExists.",
                    "minLength": 1,
                    "maxLength": 1024,
                    "pattern": "^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$",
                },
                "message": {
                    "type": "string",
                    "description": "What happened and what to do about it, for people. Never contains attribute values or credentials.",
                    "maxLength": 32768,
                },
                "observedGeneration": {
                    "type": "integer",
                    "format": "int64",
                    "description": "The metadata.generation that this was found for. Lower than the object's: it speaks of an older manifest.",
                    "minimum": 0,
                },
                "lastTransitionTime": {
                    "type": "string",
                    "format": "date-time",
                    "description": "When `status` last changed from one value to another.",
                },
            },
        },
    })
}

#[cfg(test)]
mod tests;
