//! Any filter of RFC 7644 §3.4.2.2, read and evaluated: for the selections in
//! PATCH paths and for the server in memory.

use std::cmp::Ordering;

use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::scim::{
    path::{AttributePath, GROUP_SCHEMA, USER_SCHEMA},
    resource::{Resource, find, is_absent},
};

/// Attributes that compare with case; most of SCIM compares without (RFC 7643
/// §2.2, §3.1).
const CASE_EXACT: [&str; 5] = ["id", "externalId", "$ref", "version", "location"];

/// Attributes whose `value` is an id.
const REFERENCES: [&str; 3] = ["members", "groups", "manager"];

/// A filter.
#[derive(Clone, Debug, PartialEq)]
pub enum Expression {
    /// All of these hold.
    And(Vec<Expression>),
    /// One of these holds.
    Or(Vec<Expression>),
    /// This does not hold.
    Not(Box<Expression>),
    /// The attribute has a value.
    Present(AttributePath),
    /// A value of the attribute compares so.
    Compare {
        /// The attribute.
        path: AttributePath,
        /// How.
        operator: Operator,
        /// With what: a JSON text, number, boolean or null.
        value: Value,
    },
    /// One value of a multi-valued attribute fulfils the whole filter.
    Within {
        /// The multi-valued attribute.
        path: AttributePath,
        /// About the sub-attributes of one value.
        filter: Box<Expression>,
    },
}

/// The comparisons of RFC 7644, table 3.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// `eq`
    Equal,
    /// `ne`
    NotEqual,
    /// `co`
    Contains,
    /// `sw`
    StartsWith,
    /// `ew`
    EndsWith,
    /// `gt`
    Greater,
    /// `ge`
    GreaterOrEqual,
    /// `lt`
    Less,
    /// `le`
    LessOrEqual,
}

impl Expression {
    /// Whether the resource fulfils the filter.
    pub fn matches(&self, resource: &Resource) -> bool {
        self.holds(resource.as_object(), "")
    }

    /// Whether one value of this multi-valued attribute fulfils the filter. A
    /// simple value is its own `value`.
    pub fn matches_value(&self, attribute: &str, element: &Value) -> bool {
        match element {
            Value::Object(object) => self.holds(object, attribute),
            simple => self.holds(&Map::from_iter([("value".to_owned(), simple.clone())]), attribute),
        }
    }

    fn holds(&self, object: &Map<String, Value>, within: &str) -> bool {
        match self {
            Self::And(parts) => parts.iter().all(|part| part.holds(object, within)),
            Self::Or(parts) => parts.iter().any(|part| part.holds(object, within)),
            Self::Not(part) => !part.holds(object, within),
            Self::Present(path) => values(object, path).into_iter().any(|value| !is_absent(value)),
            Self::Compare { path, operator, value } => {
                let exact = is_case_exact(path, within);
                let leaves: Vec<&Value> = values(object, path).into_iter().map(leaf).collect();
                operator.holds(&leaves, value, exact)
            }
            Self::Within { path, filter } => {
                values(object, path).into_iter().any(|value| filter.matches_value(path.attribute(), value))
            }
        }
    }
}

impl Operator {
    /// Reads a name, in any case.
    pub(super) fn parse(text: &str) -> Option<Self> {
        const ALL: [(&str, Operator); 9] = [
            ("eq", Operator::Equal),
            ("ne", Operator::NotEqual),
            ("co", Operator::Contains),
            ("sw", Operator::StartsWith),
            ("ew", Operator::EndsWith),
            ("gt", Operator::Greater),
            ("ge", Operator::GreaterOrEqual),
            ("lt", Operator::Less),
            ("le", Operator::LessOrEqual),
        ];
        ALL.iter().find(|(name, _)| name.eq_ignore_ascii_case(text)).map(|(_, operator)| *operator)
    }

    /// One of the values is enough, but `ne` must hold for all: it is the
    /// opposite of `eq`, and true of an attribute without a value.
    fn holds(self, values: &[&Value], wanted: &Value, exact: bool) -> bool {
        let any = |test: fn(&str, &str) -> bool| {
            let wanted = wanted.as_str().map(|text| folded(text, exact));
            let texts = values.iter().filter_map(|value| value.as_str());
            texts.map(|text| folded(text, exact)).any(|text| wanted.as_ref().is_some_and(|w| test(&text, w)))
        };
        let ordered = |test: fn(Ordering) -> bool| {
            values.iter().any(|value| order(value, wanted, exact).is_some_and(test))
        };
        match self {
            Self::Equal if wanted.is_null() => values.iter().all(|value| is_absent(value)),
            Self::Equal => ordered(Ordering::is_eq),
            Self::NotEqual => !Self::Equal.holds(values, wanted, exact),
            Self::Contains => any(|text, wanted| text.contains(wanted)),
            Self::StartsWith => any(|text, wanted| text.starts_with(wanted)),
            Self::EndsWith => any(|text, wanted| text.ends_with(wanted)),
            Self::Greater => ordered(Ordering::is_gt),
            Self::GreaterOrEqual => ordered(Ordering::is_ge),
            Self::Less => ordered(Ordering::is_lt),
            Self::LessOrEqual => ordered(Ordering::is_le),
        }
    }
}

fn order(value: &Value, wanted: &Value, exact: bool) -> Option<Ordering> {
    match (value, wanted) {
        (Value::String(value), Value::String(wanted)) => {
            let times = value.parse::<Timestamp>().ok().zip(wanted.parse::<Timestamp>().ok());
            let texts = || folded(value, exact).cmp(&folded(wanted, exact));
            Some(times.map_or_else(texts, |(value, wanted)| value.cmp(&wanted)))
        }
        (Value::Number(value), Value::Number(wanted)) if value == wanted => Some(Ordering::Equal),
        (Value::Number(value), Value::Number(wanted)) => value.as_f64()?.partial_cmp(&wanted.as_f64()?),
        // Booleans have no order: a difference answers nothing (§3.4.2.2).
        (Value::Bool(value), Value::Bool(wanted)) => (value == wanted).then_some(Ordering::Equal),
        _ => None,
    }
}

fn folded(text: &str, exact: bool) -> String {
    if exact { text.to_owned() } else { text.to_lowercase() }
}

fn is_case_exact(path: &AttributePath, within: &str) -> bool {
    let name = path.sub_attribute().unwrap_or(path.attribute());
    let parent = if path.sub_attribute().is_some() { path.attribute() } else { within };
    let one_of = |names: &[&str], name: &str| names.iter().any(|known| known.eq_ignore_ascii_case(name));
    // Without a sub-attribute, the `value` of a multi-valued one is meant.
    let names_value = name.eq_ignore_ascii_case("value") && one_of(&REFERENCES, parent);
    one_of(&CASE_EXACT, name) || names_value || one_of(&REFERENCES, name)
}

/// The values at a path, those of multi-valued attributes one by one.
fn values<'a>(object: &'a Map<String, Value>, path: &AttributePath) -> Vec<&'a Value> {
    let extends = |schema: &&str| {
        !schema.eq_ignore_ascii_case(USER_SCHEMA) && !schema.eq_ignore_ascii_case(GROUP_SCHEMA)
    };
    let scope = match path.schema().filter(extends) {
        Some(schema) => find(object, schema).and_then(Value::as_object),
        None => Some(object),
    };
    let attribute = scope.and_then(|scope| find(scope, path.attribute()));
    let elements = attribute.map(each).unwrap_or_default();
    match path.sub_attribute() {
        None => elements,
        Some(sub) => elements
            .into_iter()
            .filter_map(|element| find(element.as_object()?, sub))
            .flat_map(each)
            .collect(),
    }
}

fn each(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(values) => values.iter().collect(),
        single => vec![single],
    }
}

/// What a complex value compares by (RFC 7644 §3.4.2.2): its `value`.
fn leaf(value: &Value) -> &Value {
    value.as_object().and_then(|object| find(object, "value")).unwrap_or(value)
}
