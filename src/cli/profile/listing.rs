//! A profile as YAML, a line for each value, with where the value is from.

use std::fmt::Write as _;

use serde_json::{Map, Value};

use crate::scim::profile::{Resolved, Source};

/// The lines of a profile. What no layer names is left out: it is as the
/// reference says.
pub(super) fn listing(resolved: &Resolved) -> String {
    let mut lines = format!("# profile {}\n", resolved.name);
    if let Ok(Value::Object(profile)) = serde_json::to_value(&resolved.profile) {
        Listing { resolved, lines: &mut lines }.object(&profile, "", 0);
    }
    lines
}

struct Listing<'a> {
    resolved: &'a Resolved,
    lines: &'a mut String,
}

impl Listing<'_> {
    fn object(&mut self, object: &Map<String, Value>, path: &str, depth: usize) {
        for (name, value) in object {
            let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
            let indent = "  ".repeat(depth);
            match (self.source(&path), value) {
                (Some(source), value) => {
                    let line = format!("{indent}{}: {}  # {source}\n", key(name), inline(value));
                    self.lines.push_str(&line);
                }
                (None, Value::Object(inner)) if self.has_parts(&path) => {
                    let _ = writeln!(self.lines, "{indent}{}:", key(name));
                    self.object(inner, &path, depth + 1);
                }
                (None, _) => {}
            }
        }
    }

    fn source(&self, path: &str) -> Option<&str> {
        self.resolved.sources.get(path).map(|source| match source {
            Source::Profile(name) => name.as_str(),
            Source::Overrides => "overrides",
        })
    }

    fn has_parts(&self, path: &str) -> bool {
        let within = format!("{path}.");
        self.resolved
            .sources
            .range(within.clone()..)
            .next()
            .is_some_and(|(known, _)| known.starts_with(&within))
    }
}

/// A value on one line: JSON is YAML, and what is surely read as text needs
/// no quotes.
fn inline(value: &Value) -> String {
    match value.as_str() {
        Some(text) if is_plain(text) => text.to_owned(),
        _ => value.to_string(),
    }
}

fn key(name: &str) -> String {
    if is_plain(name) { name.to_owned() } else { Value::from(name).to_string() }
}

fn is_plain(text: &str) -> bool {
    let is_word = |letter: char| letter.is_ascii_alphanumeric() || "/-_.".contains(letter);
    let begins = text.starts_with(|letter: char| letter.is_ascii_alphabetic() || letter == '/');
    let is_reserved = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"];
    begins && text.chars().all(is_word) && !is_reserved.contains(&text.to_ascii_lowercase().as_str())
}
