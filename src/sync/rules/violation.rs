//! What of a manifest a server does not take, and how a person is told.

use std::fmt;

use super::{AttributePath, ENTERPRISE_SCHEMA, Format, ResourceType, reasons};
use crate::sync::desired::has_field;

/// One attribute of a manifest that the server does not take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The attribute.
    pub path: AttributePath,
    /// User or Group.
    pub resource_type: ResourceType,
    /// Why not.
    pub problem: Problem,
}

/// Why an attribute is not taken as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// A creation needs it.
    Missing,
    /// It is needed, and the manifest clears it.
    Emptied,
    /// The server alone sets it.
    ReadOnly,
    /// The server has no such attribute.
    Unlisted,
    /// It has fewer values than the manifest.
    TooMany {
        /// The most that it takes.
        most: u32,
    },
    /// It has no such part.
    SubAttribute {
        /// The part's name.
        name: String,
    },
    /// It takes only certain values.
    NotAmong {
        /// Those.
        allowed: Vec<String>,
    },
    /// Its values look otherwise.
    Format(Format),
    /// The same as a regular expression.
    Pattern(String),
}

impl Violation {
    /// What people and alerts know it by: whether a right value would do, or
    /// the server cannot have it at all.
    pub fn reason(&self) -> &'static str {
        match self.problem {
            Problem::Missing
            | Problem::Emptied
            | Problem::NotAmong { .. }
            | Problem::Format(_)
            | Problem::Pattern(_) => reasons::INVALID_SPEC,
            Problem::ReadOnly
            | Problem::Unlisted
            | Problem::TooMany { .. }
            | Problem::SubAttribute { .. } => reasons::UNSUPPORTED_BY_SERVER,
        }
    }

    /// Where a provider says otherwise, for servers that are not as their
    /// profile has it.
    fn overrides(&self) -> String {
        let kind = match self.resource_type {
            ResourceType::User => "users",
            ResourceType::Group => "groups",
        };
        format!("spec.overrides.{kind}.attributes[\"{}\"]", self.path)
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (field, overrides) = (field(&self.path, self.resource_type), self.overrides());
        match &self.problem {
            Problem::Missing => write!(
                formatter,
                "{field} is missing or empty: this server cannot create a {} without it",
                self.resource_type
            ),
            Problem::Emptied => write!(
                formatter,
                "{field} is empty, and this server needs a value there: give it one, or remove it from the manifest"
            ),
            Problem::ReadOnly => write!(
                formatter,
                "{field} is set by the server alone: remove it from the manifest. If this server lets others set it, \
                 say so at its provider, in {overrides}.mutability"
            ),
            Problem::Unlisted => write!(
                formatter,
                "this server is known to have no attribute {}: remove {field} from the manifest. If it has it, list \
                 it at its provider: {overrides}: {{}}",
                self.path
            ),
            Problem::TooMany { most } => write!(
                formatter,
                "{field} has more values than this server takes: leave at most {most}. If it takes more, say so at \
                 its provider, in {overrides}.maxValues"
            ),
            Problem::SubAttribute { name } => write!(
                formatter,
                "{field} has {name}, which this server does not take there: remove it. If it takes it, say so at its \
                 provider, in {overrides}.subAttributes"
            ),
            Problem::NotAmong { allowed } => write!(
                formatter,
                "{field} has a value that this server does not know: it takes {}",
                allowed.join(", ")
            ),
            Problem::Format(format) => write!(formatter, "{field} has a value that is not {}", told(*format)),
            Problem::Pattern(pattern) => write!(
                formatter,
                "{field} has a value that does not look as this server wants it, which is, as a regular expression, \
                 {pattern}"
            ),
        }
    }
}

fn told(format: Format) -> &'static str {
    match format {
        Format::E164 => {
            "a telephone number in E.164 form: a plus sign, the country's code and the number, without spaces and \
             at most 15 digits, such as +4755512345"
        }
        Format::Email => "an e-mail address such as ada@example.com",
        Format::Integer => "a whole number",
    }
}

/// The field of a manifest that an attribute comes from.
fn field(path: &AttributePath, resource_type: ResourceType) -> String {
    let within = path.sub_attribute().map(|sub| format!(".{sub}")).unwrap_or_default();
    let name = path.attribute();
    match path.schema() {
        None if path.is_core("password") => "spec.passwordSecretRef".to_owned(),
        None if has_field(name, resource_type) => format!("spec.{name}{within}"),
        None => format!("spec.attributes.{name}{within}"),
        Some(schema) if schema.eq_ignore_ascii_case(ENTERPRISE_SCHEMA) => {
            format!("spec.enterprise.{name}{within}")
        }
        Some(schema) => format!("spec.extensions[\"{schema}\"].{name}{within}"),
    }
}
