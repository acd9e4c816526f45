//! Pieces of the `OpenAPI` schemas that derive macros cannot say.

use schemars::{Schema, SchemaGenerator, json_schema};

use super::bounds;

/// What an object's name looks like.
pub(super) const NAME_PATTERN: &str = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$";

/// What a key in a Secret looks like.
pub(super) const KEY_PATTERN: &str = r"^[-._a-zA-Z0-9]+$";

/// What a header's name or an authentication scheme looks like (RFC 9110
/// §5.6.2).
pub(super) const HEADER_PATTERN: &str = r"^[-!#$%&'*+.^_`|~0-9A-Za-z]+$";

/// What a scope looks like (RFC 6749 §3.3).
pub(super) const SCOPE_PATTERN: &str = r"^[\x21\x23-\x5b\x5d-\x7e]+$";

/// Texts, by the name of their parameter.
pub(super) fn parameters(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "object",
        "nullable": true,
        "maxProperties": 16,
        "additionalProperties": {
            "type": "string",
            "description": "The parameter's value.",
            "maxLength": bounds::TEXT,
        },
    })
}

/// A standard label selector, with bounds.
pub(super) fn label_selector(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "object",
        "nullable": true,
        "x-kubernetes-map-type": "atomic",
        "properties": {
            "matchLabels": {
                "type": "object",
                "description": "Labels that must be there, with these values.",
                "maxProperties": 16,
                "additionalProperties": {
                    "type": "string",
                    "description": "The label's value.",
                    "maxLength": 63,
                },
            },
            "matchExpressions": {
                "type": "array",
                "description": "Conditions that must all hold.",
                "maxItems": 16,
                "x-kubernetes-list-type": "atomic",
                "items": {
                    "type": "object",
                    "description": "One condition on one label.",
                    "required": ["key", "operator"],
                    "properties": {
                        "key": {
                            "type": "string",
                            "description": "The label's key.",
                            "minLength": 1,
                            "maxLength": 317,
                        },
                        "operator": {
                            "type": "string",
                            "description": "In and NotIn: the label's value is, or is not, one of values. Exists and DoesNotExist: the label is there, or is not.",
                            "enum": ["In", "NotIn", "Exists", "DoesNotExist"],
                        },
                        "values": {
                            "type": "array",
                            "description": "The values, for In and NotIn.",
                            "maxItems": 64,
                            "x-kubernetes-list-type": "atomic",
                            "items": {"type": "string", "description": "A value.", "maxLength": 63},
                        },
                    },
                },
            },
        },
    })
}

/// Objects with any content, by the URN of their schema.
pub(super) fn extensions(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "object",
        "nullable": true,
        "maxProperties": bounds::EXTENSIONS,
        "additionalProperties": {
            "type": "object",
            "description": "The attributes of the extension with this URN, exactly as the server's schema names them. An attribute that is absent is left alone; \"\" or [] clears it.",
            "maxProperties": bounds::ATTRIBUTES,
            "x-kubernetes-preserve-unknown-fields": true,
        },
    })
}

/// Any values, by the name of their attribute.
pub(super) fn attributes(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "object",
        "nullable": true,
        "maxProperties": bounds::ATTRIBUTES,
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
