//! Filters (RFC 7644 §3.4.2.2), built so that no value can break out of its
//! quotes.

use std::fmt;

use super::path::AttributePath;

pub use self::{
    expression::{Expression, Operator},
    parse::{SyntaxError, ValuePath},
};

mod expression;
mod parse;

/// A filter that this client sends: one attribute equal to one text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter {
    path: AttributePath,
    value: String,
}

impl Filter {
    /// `path eq "value"`.
    pub fn eq(path: AttributePath, value: impl Into<String>) -> Self {
        Self { path, value: value.into() }
    }

    /// The attribute.
    pub fn path(&self) -> &AttributePath {
        &self.path
    }

    /// The text.
    pub fn value(&self) -> &str {
        &self.value
    }
}

impl fmt::Display for Filter {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The RFC's string literal is JSON's, so JSON's writer does the escaping.
        write!(formatter, "{} eq {}", self.path, serde_json::Value::from(self.value.as_str()))
    }
}
