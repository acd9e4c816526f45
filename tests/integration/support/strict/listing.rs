//! Filtering, sorting and paging, as far as a vendor's text goes.

use std::cmp::Ordering;

use scim_operator::scim::{
    filter::{Expression, Operator},
    resource::Resource,
};
use serde_json::Value;

use super::{CORE_USER, refusal::Refusal, server::Asked};

/// What a vendor lets be asked of a listing.
pub(super) struct Listing {
    /// What the first resource is counted as.
    pub(super) first: usize,
    /// How many are answered to whoever does not say.
    pub(super) page: usize,
    /// The most that are answered at once.
    pub(super) cap: usize,
    pub(super) operators: &'static [Operator],
    /// Attributes that a filter may be about.
    pub(super) filterable: &'static [&'static str],
    /// Attributes that may be sorted by.
    pub(super) sortable: &'static [&'static str],
}

/// A part of what was found.
pub(super) struct Page {
    pub(super) total: usize,
    /// As the client counts.
    pub(super) start_index: usize,
    /// How many it may have at most.
    pub(super) size: usize,
    pub(super) resources: Vec<Value>,
}

const PARAMETERS: [&str; 5] = ["count", "filter", "sortBy", "sortOrder", "startIndex"];

impl Listing {
    pub(super) fn page(&self, all: &[Value], asked: &Asked) -> Result<Page, Refusal> {
        if let Some((unknown, _)) = asked.query.iter().find(|(name, _)| !PARAMETERS.contains(&name.as_str()))
        {
            return Err(Refusal::value(format!("there is no parameter {unknown}")));
        }
        let mut found = all.to_vec();
        if let Some(filter) = parameter(asked, "filter") {
            let filter = self.filter(filter)?;
            found.retain(|it| Resource::from_value(it.clone()).is_some_and(|it| filter.matches(&it)));
        }
        self.sort(&mut found, asked)?;
        let start_index = number(asked, "startIndex")?.unwrap_or(self.first);
        let from = start_index.checked_sub(self.first);
        let from = from.ok_or_else(|| Refusal::value(format!("startIndex begins with {}", self.first)))?;
        let size = number(asked, "count")?.unwrap_or(self.page).min(self.cap);
        let total = found.len();
        Ok(Page { total, start_index, size, resources: found.into_iter().skip(from).take(size).collect() })
    }

    fn filter(&self, text: &str) -> Result<Expression, Refusal> {
        let expression = Expression::parse(text).map_err(Refusal::filter)?;
        let Expression::Compare { path, operator, value } = &expression else {
            return Err(Refusal::filter("only one comparison is known"));
        };
        let path = path.to_string();
        let name = path.strip_prefix(CORE_USER).map_or(path.as_str(), |rest| rest.trim_start_matches(':'));
        if !self.filterable.contains(&name) {
            return Err(Refusal::filter(format!("{name} cannot be filtered by")));
        }
        if !self.operators.contains(operator) || !(value.is_string() || value.is_boolean()) {
            return Err(Refusal::filter("this comparison is not known"));
        }
        Ok(expression)
    }

    fn sort(&self, found: &mut [Value], asked: &Asked) -> Result<(), Refusal> {
        let order = parameter(asked, "sortOrder").unwrap_or("ascending");
        if !["ascending", "descending"].contains(&order) {
            return Err(Refusal::value("sortOrder is neither ascending nor descending"));
        }
        let Some(attribute) = parameter(asked, "sortBy") else { return Ok(()) };
        if !self.sortable.contains(&attribute) {
            return Err(Refusal::value(format!("{attribute} cannot be sorted by")));
        }
        found.sort_by(|left, right| compare(&left[attribute], &right[attribute]));
        if order == "descending" {
            found.reverse();
        }
        Ok(())
    }
}

/// Ids that are numbers sort as numbers.
fn compare(left: &Value, right: &Value) -> Ordering {
    let number = |value: &Value| value.as_str().and_then(|text| text.parse::<u64>().ok());
    let text = |value: &Value| value.as_str().map(str::to_lowercase);
    match (number(left), number(right)) {
        (Some(left), Some(right)) => left.cmp(&right),
        _ => text(left).cmp(&text(right)),
    }
}

fn parameter<'a>(asked: &'a Asked, name: &str) -> Option<&'a str> {
    asked.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
}

fn number(asked: &Asked, name: &str) -> Result<Option<usize>, Refusal> {
    let not_one = |_| Refusal::value(format!("{name} is not a number that can be counted"));
    parameter(asked, name).map(|value| value.parse().map_err(not_one)).transpose()
}
