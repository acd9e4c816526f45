//! The fields of a schema, each with its path, and what it takes in words.

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::{
    JSONSchemaProps, JSONSchemaPropsOrArray, JSONSchemaPropsOrBool,
};

use super::rows;

/// One field, somewhere in a manifest.
pub(super) struct Field<'schema> {
    /// For example `spec.emails[].value`.
    path: String,
    schema: &'schema JSONSchemaProps,
    required: bool,
}

/// Every field below a schema, each before the fields inside it.
pub(super) fn below<'schema>(path: &str, schema: &'schema JSONSchemaProps) -> Vec<Field<'schema>> {
    let required = schema.required.as_deref().unwrap_or_default();
    let mut fields = Vec::new();
    for (name, property) in schema.properties.iter().flatten() {
        let path = format!("{path}.{name}");
        fields.push(Field { path: path.clone(), schema: property, required: required.contains(name) });
        fields.extend(below(&path, property));
        if let Some(items) = items(property) {
            fields.extend(below(&format!("{path}[]"), items));
        }
        if let Some(values) = values(property) {
            fields.extend(below(&format!("{path}.*"), values));
        }
    }
    fields
}

impl Field<'_> {
    /// Its section of the page.
    pub(super) fn section(&self) -> String {
        let need = if self.required { "required" } else { "optional" };
        let description = self.schema.description.as_deref().unwrap_or_default();
        let (path, takes, rules) = (&self.path, takes(self.schema), rules(self.schema));
        format!("\n### `{path}`\n\n*{takes}, {need}*\n\n{description}\n{rules}")
    }
}

/// What the API server refuses, in the words of its refusal. The rules of the
/// items and values of a field are its own, because these have no section.
pub(super) fn rules(schema: &JSONSchemaProps) -> String {
    let own = schema.x_kubernetes_validations.iter().flatten();
    let inner = [items(schema), values(schema)].into_iter().flatten();
    let inner = inner.flat_map(|schema| schema.x_kubernetes_validations.iter().flatten());
    let lines =
        rows(own.chain(inner).map(|rule| format!("- {}\n", rule.message.as_deref().unwrap_or(&rule.rule))));
    if lines.is_empty() { lines } else { format!("\nChecked when it is applied:\n\n{lines}") }
}

/// What a field takes.
fn takes(schema: &JSONSchemaProps) -> String {
    if let Some(choices) = &schema.enum_ {
        let choices: Vec<_> = choices
            .iter()
            .filter_map(|choice| choice.0.as_str())
            .map(|choice| format!("`{choice}`"))
            .collect();
        return format!("one of {}", choices.join(", "));
    }
    match schema.type_.as_deref() {
        Some("string") if schema.format.as_deref() == Some("date-time") => "time (RFC 3339)".to_owned(),
        Some("string") => text(schema),
        Some("integer") => number(schema),
        Some("boolean") => "true or false".to_owned(),
        Some("array") => list(schema),
        Some("object") => object(schema),
        _ => "any value".to_owned(),
    }
}

fn text(schema: &JSONSchemaProps) -> String {
    let length = match (schema.min_length.unwrap_or_default(), schema.max_length) {
        (0, None) => String::new(),
        (0, Some(most)) => format!(" of at most {most} characters"),
        (least, None) => format!(" of at least {least} characters"),
        (least, Some(most)) => format!(" of {least} to {most} characters"),
    };
    let pattern = schema.pattern.as_ref().map(|pattern| format!(" that matches `{pattern}`"));
    format!("text{length}{}", pattern.unwrap_or_default())
}

fn number(schema: &JSONSchemaProps) -> String {
    match (schema.minimum, schema.maximum) {
        (None, None) => "whole number".to_owned(),
        (Some(least), None) => format!("whole number, at least {least}"),
        (None, Some(most)) => format!("whole number, at most {most}"),
        (Some(least), Some(most)) => format!("whole number from {least} to {most}"),
    }
}

fn list(schema: &JSONSchemaProps) -> String {
    let most = schema.max_items.map(|most| format!(" of at most {most}")).unwrap_or_default();
    let least = match schema.min_items.unwrap_or_default() {
        0 => String::new(),
        least => format!(" and at least {least}"),
    };
    let items = items(schema).map(|items| format!(", each {}", takes(items))).unwrap_or_default();
    let once = if schema.x_kubernetes_list_type.as_deref() == Some("set") { ", none twice" } else { "" };
    format!("list{most}{least}{items}{once}")
}

fn object(schema: &JSONSchemaProps) -> String {
    if schema.properties.is_some() {
        return "object".to_owned();
    }
    let most = schema.max_properties.map(|most| format!(" of at most {most} keys")).unwrap_or_default();
    let values = match values(schema) {
        Some(values) if values.type_.is_some() => format!(", each with {}", takes(values)),
        _ => ", with any values".to_owned(),
    };
    format!("map{most}{values}")
}

fn items(schema: &JSONSchemaProps) -> Option<&JSONSchemaProps> {
    match schema.items.as_ref()? {
        JSONSchemaPropsOrArray::Schema(items) => Some(items),
        JSONSchemaPropsOrArray::Schemas(_) => None,
    }
}

fn values(schema: &JSONSchemaProps) -> Option<&JSONSchemaProps> {
    match schema.additional_properties.as_ref()? {
        JSONSchemaPropsOrBool::Schema(values) => Some(values),
        JSONSchemaPropsOrBool::Bool(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_a_field_takes_is_told_in_words() {
        for (schema, words) in [
            (json!({"type": "string", "enum": ["Delete", "Retain"]}), "one of `Delete`, `Retain`"),
            (json!({"type": "string", "format": "date-time"}), "time (RFC 3339)"),
            (json!({"type": "string", "maxLength": 9}), "text of at most 9 characters"),
            (
                json!({"type": "string", "minLength": 1, "maxLength": 9, "pattern": "^a"}),
                "text of 1 to 9 characters that matches `^a`",
            ),
            (json!({"type": "integer", "minimum": 0.0}), "whole number, at least 0"),
            (json!({"type": "integer", "minimum": 1.0, "maximum": 5.0}), "whole number from 1 to 5"),
            (
                json!({"type": "array", "maxItems": 3, "items": {"type": "boolean"}, "x-kubernetes-list-type": "set"}),
                "list of at most 3, each true or false, none twice",
            ),
            (json!({"type": "object", "properties": {}}), "object"),
            (
                json!({"type": "object", "maxProperties": 2, "additionalProperties": {"type": "string"}}),
                "map of at most 2 keys, each with text",
            ),
            (json!({"x-kubernetes-preserve-unknown-fields": true}), "any value"),
        ] {
            assert_eq!(takes(&serde_json::from_value(schema).unwrap()), words);
        }
    }

    #[test]
    fn every_field_is_listed_however_deep_it_is() {
        let inner = json!({"type": "object", "properties": {"b": {"type": "string"}}});
        let schema = json!({"properties": {
            "a": {"type": "array", "items": inner},
            "m": {"type": "object", "additionalProperties": inner},
            "o": inner,
        }});
        let schema = serde_json::from_value(schema).unwrap();
        let paths: Vec<_> = below("spec", &schema).into_iter().map(|field| field.path).collect();
        assert_eq!(paths, ["spec.a", "spec.a[].b", "spec.m", "spec.m.*.b", "spec.o", "spec.o.b"]);
    }
}
