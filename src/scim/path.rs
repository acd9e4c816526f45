//! Attribute names and paths (RFC 7644 §3.10): `userName`, `name.givenName`,
//! `urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department`.

use std::{cmp::Ordering, fmt};

/// The core User schema (RFC 7643 §4.1).
pub const USER_SCHEMA: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
/// The core Group schema (RFC 7643 §4.2).
pub const GROUP_SCHEMA: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
/// The enterprise User extension (RFC 7643 §4.3).
pub const ENTERPRISE_SCHEMA: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

/// A path to a leaf: an attribute of the core schema or of an extension, or
/// one sub-attribute of a single-valued complex attribute.
///
/// Comparison ignores case, as attribute names and schema URNs do (RFC 7643
/// §2.1); the spelling that was given is kept for sending.
#[derive(Clone, Debug)]
pub struct AttributePath {
    schema: Option<String>,
    attribute: String,
    sub_attribute: Option<String>,
}

impl AttributePath {
    /// An attribute of the resource's core schema.
    pub fn core(attribute: impl Into<String>) -> Self {
        Self { schema: None, attribute: attribute.into(), sub_attribute: None }
    }

    /// An attribute of the extension with this URN.
    pub fn extension(schema: impl Into<String>, attribute: impl Into<String>) -> Self {
        Self { schema: Some(schema.into()), attribute: attribute.into(), sub_attribute: None }
    }

    /// A sub-attribute of this attribute.
    #[must_use]
    pub fn sub(&self, sub_attribute: impl Into<String>) -> Self {
        Self { sub_attribute: Some(sub_attribute.into()), ..self.clone() }
    }

    /// The extension's URN; `None` for the core schema.
    pub fn schema(&self) -> Option<&str> {
        self.schema.as_deref()
    }

    /// The attribute's name.
    pub fn attribute(&self) -> &str {
        &self.attribute
    }

    /// The sub-attribute's name, if the path has one.
    pub fn sub_attribute(&self) -> Option<&str> {
        self.sub_attribute.as_deref()
    }

    /// Whether this is that attribute of the core schema, sub-attribute or not.
    pub fn is_core(&self, attribute: &str) -> bool {
        self.schema.is_none() && self.attribute.eq_ignore_ascii_case(attribute)
    }

    /// The attribute without the sub-attribute.
    #[must_use]
    pub fn parent(&self) -> Self {
        Self { sub_attribute: None, ..self.clone() }
    }

    /// Reads what [`Display`](fmt::Display) wrote. The URN ends at its last
    /// colon: a version such as `2.0` has dots of its own (RFC 7644 §3.10).
    /// `None` where a part is empty.
    pub fn parse(text: &str) -> Option<Self> {
        let is_urn = text.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("urn:"));
        let (schema, rest) = match text.rsplit_once(':') {
            Some((schema, rest)) if is_urn => (Some(schema.to_owned()), rest),
            _ => (None, text),
        };
        let (attribute, sub_attribute) = match rest.split_once('.') {
            Some((attribute, sub)) => (attribute, Some(sub.to_owned())),
            None => (rest, None),
        };
        let empty = attribute.is_empty() || sub_attribute.as_deref() == Some("");
        (!empty).then(|| Self { schema, attribute: attribute.to_owned(), sub_attribute })
    }

    fn folded(&self) -> (Option<String>, String, Option<String>) {
        (
            self.schema.as_deref().map(str::to_ascii_lowercase),
            self.attribute.to_ascii_lowercase(),
            self.sub_attribute.as_deref().map(str::to_ascii_lowercase),
        )
    }
}

impl fmt::Display for AttributePath {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(schema) = &self.schema {
            write!(formatter, "{schema}:")?;
        }
        formatter.write_str(&self.attribute)?;
        if let Some(sub) = &self.sub_attribute {
            write!(formatter, ".{sub}")?;
        }
        Ok(())
    }
}

impl PartialEq for AttributePath {
    fn eq(&self, other: &Self) -> bool {
        self.folded() == other.folded()
    }
}

impl Eq for AttributePath {}

impl PartialOrd for AttributePath {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for AttributePath {
    fn cmp(&self, other: &Self) -> Ordering {
        self.folded().cmp(&other.folded())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_read_back_as_it_was_written() {
        for text in [
            "userName",
            "name.givenName",
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value",
        ] {
            assert_eq!(AttributePath::parse(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn the_dot_in_a_schema_version_does_not_split_the_path() {
        let path = AttributePath::parse(&format!("{ENTERPRISE_SCHEMA}:department")).unwrap();
        assert_eq!(path.schema(), Some(ENTERPRISE_SCHEMA));
        assert_eq!((path.attribute(), path.sub_attribute()), ("department", None));
    }

    #[test]
    fn names_are_equal_whatever_their_case() {
        assert_eq!(AttributePath::core("userName"), AttributePath::core("USERNAME"));
        assert_ne!(AttributePath::core("userName"), AttributePath::core("nickName"));
    }

    #[test]
    fn an_empty_part_is_no_path() {
        for text in ["", "name.", ".givenName", "urn:example:"] {
            assert_eq!(AttributePath::parse(text), None, "{text:?}");
        }
    }
}
