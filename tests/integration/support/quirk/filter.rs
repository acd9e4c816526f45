//! Filters in the dialect of this server.

use scim_operator::scim::{
    filter::{Expression, Operator},
    path::{AttributePath, GROUP_SCHEMA, USER_SCHEMA},
    resource::Resource,
};
use serde_json::{Value, json};

use super::{
    ResourceType,
    habits::{Filtering, Habits, Quotes, UnknownFilter},
    refusal::Refusal,
};

/// What a filter chooses.
pub(super) enum Choice {
    All,
    Nothing,
    Those(Expression),
}

impl Choice {
    pub(super) fn of(
        habits: &Habits,
        resource_type: ResourceType,
        filter: Option<&str>,
    ) -> Result<Self, Refusal> {
        let rules = &habits.filter;
        let Some(filter) = filter.filter(|_| !rules.ignored) else { return Ok(Self::All) };
        if let Some(status) = rules.refused {
            return Err(Refusal::new(status, "invalidFilter", "there are no filters"));
        }
        if rules.most.is_some_and(|most| filter.chars().count() > most) {
            return Err(invalid("the filter is too long"));
        }
        if !rules.escapes && filter.contains("\\\"") {
            return Err(invalid("a value cannot have a quote"));
        }
        let expression = parse(rules.quotes, filter)?;
        check(rules, &expression)?;
        let filterable = habits.of(resource_type).filterable.as_ref();
        let known = |path: &String| {
            filterable.is_none_or(|known| known.iter().any(|it| it.eq_ignore_ascii_case(path)))
        };
        if paths(&expression).iter().all(known) {
            return Ok(Self::Those(expression));
        }
        match rules.unknown {
            UnknownFilter::Refused => Err(invalid("there is no filter by this attribute")),
            UnknownFilter::FindsNothing => Ok(Self::Nothing),
            UnknownFilter::FindsAll => Ok(Self::All),
        }
    }

    pub(super) fn has(&self, resource: &Value) -> bool {
        match self {
            Self::All => true,
            Self::Nothing => false,
            Self::Those(expression) => {
                Resource::from_value(resource.clone()).is_some_and(|resource| expression.matches(&resource))
            }
        }
    }
}

fn invalid(detail: &str) -> Refusal {
    Refusal::bad("invalidFilter", detail)
}

fn parse(quotes: Quotes, filter: &str) -> Result<Expression, Refusal> {
    match quotes {
        Quotes::Double => Expression::parse(filter).map_err(|error| invalid(&error.to_string())),
        Quotes::Single | Quotes::None | Quotes::Any => {
            let parts: Result<Vec<_>, _> =
                filter.split(" and ").map(|comparison| unusual(quotes, comparison)).collect();
            let mut parts = parts?;
            Ok(if parts.len() == 1 { parts.remove(0) } else { Expression::And(parts) })
        }
    }
}

/// `attribute operator value`, where the value has no double quotes.
fn unusual(quotes: Quotes, comparison: &str) -> Result<Expression, Refusal> {
    let mut words = comparison.trim().splitn(3, ' ');
    let (Some(attribute), Some(operator), Some(value)) = (words.next(), words.next(), words.next()) else {
        return Err(invalid("a filter is attribute, operator and value"));
    };
    let within = |quote: char| value.strip_prefix(quote).and_then(|value| value.strip_suffix(quote));
    let bare = Some(value).filter(|value| !value.contains(['"', '\'']));
    let value = match quotes {
        Quotes::Double => within('"'),
        Quotes::Single => within('\''),
        Quotes::None => bare,
        Quotes::Any => within('"').or(within('\'')).or(bare),
    };
    let value = value.ok_or_else(|| invalid("the value is not quoted as it must be"))?;
    // A boolean is one where the quotes do not say otherwise.
    let value = match value {
        "true" | "false" if bare.is_some() => json!(value == "true"),
        text => json!(text),
    };
    let path = AttributePath::parse(attribute).ok_or_else(|| invalid("this is no attribute"))?;
    let operator = NAMES.iter().find(|(name, _)| name.eq_ignore_ascii_case(operator));
    let (_, operator) = operator.ok_or_else(|| invalid("this is no operator"))?;
    Ok(Expression::Compare { path, operator: *operator, value })
}

const NAMES: [(&str, Operator); 9] = [
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

/// Refuses operators and joins that this server does not know.
fn check(habits: &Filtering, expression: &Expression) -> Result<(), Refusal> {
    let knows = |known: &Option<Vec<String>>, word: &str| {
        known.as_ref().is_none_or(|known| known.iter().any(|known| known == word))
    };
    let join = |word: &str| {
        if knows(&habits.joins, word) { Ok(()) } else { Err(invalid(&format!("there is no {word}"))) }
    };
    let operator = |word: &str| {
        if knows(&habits.operators, word) { Ok(()) } else { Err(invalid(&format!("there is no {word}"))) }
    };
    match expression {
        Expression::And(parts) => {
            join("and").and_then(|()| parts.iter().try_for_each(|part| check(habits, part)))
        }
        Expression::Or(parts) => {
            join("or").and_then(|()| parts.iter().try_for_each(|part| check(habits, part)))
        }
        Expression::Not(part) => join("not").and_then(|()| check(habits, part)),
        Expression::Present(_) => operator("pr"),
        Expression::Within { filter, .. } => join("[]").and_then(|()| check(habits, filter)),
        Expression::Compare { operator: used, .. } => {
            let name = NAMES.iter().find(|(_, known)| known == used).map_or("", |(name, _)| name);
            operator(name)
        }
    }
}

/// The attributes that a filter names, those of the core schema without it.
fn paths(expression: &Expression) -> Vec<String> {
    let name = |path: &AttributePath| {
        let text = path.to_string();
        let core = path
            .schema()
            .filter(|urn| urn.eq_ignore_ascii_case(USER_SCHEMA) || urn.eq_ignore_ascii_case(GROUP_SCHEMA));
        core.map_or_else(|| text.clone(), |urn| text[urn.len() + 1..].to_owned())
    };
    match expression {
        Expression::And(parts) | Expression::Or(parts) => parts.iter().flat_map(paths).collect(),
        Expression::Not(part) => paths(part),
        Expression::Present(path) | Expression::Compare { path, .. } => vec![name(path)],
        Expression::Within { path, filter } => {
            paths(filter).into_iter().map(|sub| format!("{}.{sub}", name(path))).collect()
        }
    }
}
