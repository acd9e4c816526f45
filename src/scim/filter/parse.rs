//! Reading filters and PATCH paths (RFC 7644 §3.4.2.2 and §3.5.2, figures 1
//! and 7).

use serde_json::Value;

use super::expression::{Expression, Operator};
use crate::scim::path::AttributePath;

/// Deeper than any honest filter; keeps a hostile one off the stack's end.
const MAX_DEPTH: usize = 32;

/// A text that is no filter, or no path.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{expected} was expected at byte {at}")]
pub struct SyntaxError {
    /// Where reading stopped, in bytes from the beginning.
    pub at: usize,
    /// What the grammar asks for there.
    pub expected: &'static str,
}

/// The path of a PATCH operation: `attribute`, `attribute.sub`,
/// `attribute[filter]` or `attribute[filter].sub`.
#[derive(Clone, Debug, PartialEq)]
pub struct ValuePath {
    /// The attribute, with its sub-attribute where there is no filter.
    pub path: AttributePath,
    /// Which values of the attribute are meant, and their sub-attribute.
    pub selection: Option<(Expression, Option<String>)>,
}

impl Expression {
    /// Reads a filter.
    pub fn parse(text: &str) -> Result<Self, SyntaxError> {
        let mut reader = Reader { text, at: 0 };
        let expression = reader.any_of(0)?;
        reader.end()?;
        Ok(expression)
    }
}

impl ValuePath {
    /// Reads a path.
    pub fn parse(text: &str) -> Result<Self, SyntaxError> {
        let mut reader = Reader { text, at: 0 };
        let path = reader.attribute()?;
        let selection = if reader.takes('[') {
            let filter = reader.any_of(0)?;
            reader.must_take(']', "]")?;
            Some((filter, reader.sub_attribute()?))
        } else {
            None
        };
        reader.end()?;
        Ok(Self { path, selection })
    }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    fn any_of(&mut self, depth: usize) -> Result<Expression, SyntaxError> {
        let mut parts = vec![self.all_of(depth)?];
        while self.takes_word("or") {
            parts.push(self.all_of(depth)?);
        }
        Ok(one_or(parts, Expression::Or))
    }

    fn all_of(&mut self, depth: usize) -> Result<Expression, SyntaxError> {
        let mut parts = vec![self.term(depth)?];
        while self.takes_word("and") {
            parts.push(self.term(depth)?);
        }
        Ok(one_or(parts, Expression::And))
    }

    fn term(&mut self, depth: usize) -> Result<Expression, SyntaxError> {
        if depth >= MAX_DEPTH {
            return Err(self.expected("a filter that nests less"));
        }
        self.skip_spaces();
        if self.takes('(') {
            return self.group(depth);
        }
        let before = self.at;
        if self.takes_word("not") {
            self.skip_spaces();
            if self.takes('(') {
                return Ok(Expression::Not(Box::new(self.group(depth)?)));
            }
            // An attribute may be called `not`.
            self.at = before;
        }
        let path = self.attribute()?;
        if self.takes('[') {
            let filter = Box::new(self.any_of(depth + 1)?);
            self.must_take(']', "]")?;
            return Ok(Expression::Within { path, filter });
        }
        self.comparison(path)
    }

    fn group(&mut self, depth: usize) -> Result<Expression, SyntaxError> {
        let expression = self.any_of(depth + 1)?;
        self.must_take(')', ")")?;
        Ok(expression)
    }

    fn comparison(&mut self, path: AttributePath) -> Result<Expression, SyntaxError> {
        self.skip_spaces();
        let before = self.at;
        let operator = self.name()?;
        if operator.eq_ignore_ascii_case("pr") {
            return Ok(Expression::Present(path));
        }
        let Some(operator) = Operator::parse(operator) else {
            self.at = before;
            return Err(self.expected("an operator"));
        };
        let value = self.literal()?;
        Ok(Expression::Compare { path, operator, value })
    }

    fn literal(&mut self) -> Result<Value, SyntaxError> {
        self.skip_spaces();
        let rest = self.rest();
        let length = if rest.starts_with('"') { quoted_length(rest) } else { Some(word_length(rest)) };
        let value = length.and_then(|length| Some((length, serde_json::from_str(&rest[..length]).ok()?)));
        let Some((length, value)) = value else { return Err(self.expected("a JSON literal")) };
        self.at += length;
        Ok(value)
    }

    fn attribute(&mut self) -> Result<AttributePath, SyntaxError> {
        let before = self.at;
        let path = self.name().ok().and_then(AttributePath::parse);
        path.ok_or_else(|| {
            self.at = before;
            self.expected("an attribute")
        })
    }

    fn sub_attribute(&mut self) -> Result<Option<String>, SyntaxError> {
        if !self.takes('.') {
            return Ok(None);
        }
        let before = self.at;
        let name = self.name()?;
        if name.contains(['.', ':']) {
            self.at = before;
            return Err(self.expected("one sub-attribute"));
        }
        Ok(Some(name.to_owned()))
    }

    fn name(&mut self) -> Result<&'a str, SyntaxError> {
        let rest = self.rest();
        let length = word_length(rest);
        if length == 0 {
            return Err(self.expected("a name"));
        }
        self.at += length;
        Ok(&rest[..length])
    }

    /// A word and the space before it; nothing is taken if it is another.
    fn takes_word(&mut self, word: &str) -> bool {
        let rest = self.rest().trim_start_matches(' ');
        let is_it = rest.get(..word_length(rest)).is_some_and(|next| next.eq_ignore_ascii_case(word));
        if is_it {
            self.at = self.text.len() - rest.len() + word.len();
            self.skip_spaces();
        }
        is_it
    }

    fn takes(&mut self, wanted: char) -> bool {
        let is_it = self.rest().starts_with(wanted);
        if is_it {
            self.at += wanted.len_utf8();
        }
        is_it
    }

    fn must_take(&mut self, wanted: char, expected: &'static str) -> Result<(), SyntaxError> {
        self.skip_spaces();
        if self.takes(wanted) { Ok(()) } else { Err(self.expected(expected)) }
    }

    fn end(&mut self) -> Result<(), SyntaxError> {
        self.skip_spaces();
        if self.rest().is_empty() { Ok(()) } else { Err(self.expected("the end")) }
    }

    fn skip_spaces(&mut self) {
        self.at = self.text.len() - self.rest().trim_start_matches(' ').len();
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn expected(&self, expected: &'static str) -> SyntaxError {
        SyntaxError { at: self.at, expected }
    }
}

fn one_or(mut parts: Vec<Expression>, join: fn(Vec<Expression>) -> Expression) -> Expression {
    match parts.pop() {
        Some(only) if parts.is_empty() => only,
        Some(last) => {
            parts.push(last);
            join(parts)
        }
        None => join(parts),
    }
}

fn word_length(text: &str) -> usize {
    text.find(|character| " ()[]\"".contains(character)).unwrap_or(text.len())
}

/// The length of the JSON text at the beginning, with its quotes.
fn quoted_length(text: &str) -> Option<usize> {
    let mut escaped = false;
    for (at, character) in text.char_indices().skip(1) {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return Some(at + 1),
            _ => {}
        }
    }
    None
}
