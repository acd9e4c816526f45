//! One page of what was found.

use serde_json::{Map, Value, json};

use super::{
    habits::{Beyond, CountHabit, Paging, Style, Total},
    query::Query,
    refusal::Refusal,
};

/// The schema of a list (RFC 7644 §3.4.2).
const LIST_SCHEMA: &str = "urn:ietf:params:scim:api:messages:2.0:ListResponse";

/// Which of what was found is on the page.
pub(super) struct Page {
    pub(super) from: usize,
    pub(super) to: usize,
    /// The index that the answer tells.
    start_index: i64,
    total: usize,
    by_cursor: bool,
}

impl Page {
    /// The page that a request asks for; `by_get` where the server pages only
    /// in `/.search` is none.
    pub(super) fn of(habits: &Paging, query: &Query, total: usize) -> Result<Self, Refusal> {
        let by_cursor = match habits.style {
            Style::Cursor => true,
            Style::CursorOnRequest => query.cursor.is_some(),
            Style::Index | Style::None | Style::FirstPageOnly => false,
        };
        let size = if habits.style == Style::None { total } else { size(habits, query)? };
        let from = match habits.style {
            _ if by_cursor => cursor(query)?,
            Style::None | Style::FirstPageOnly | Style::CursorOnRequest => 0,
            _ => offset(habits, query, total)?,
        };
        let start_index = i64::try_from(from).unwrap_or(i64::MAX).saturating_add(habits.first);
        let from = if from > 0 { from.saturating_sub(habits.overlap) } else { 0 };
        let from = from.min(total);
        Ok(Self { from, to: (from + size).min(total), start_index, total, by_cursor })
    }

    /// The list with these resources.
    pub(super) fn body(&self, habits: &Paging, mut shown: Vec<Value>) -> Value {
        if habits.repeats_first
            && let Some(first) = shown.first().cloned()
        {
            shown.insert(1, first);
        }
        let mut list = Map::from_iter([
            ("schemas".to_owned(), json!([LIST_SCHEMA])),
            ("itemsPerPage".to_owned(), json!(shown.len())),
        ]);
        let total = match habits.total {
            Total::Exact => Some(self.total),
            Total::OfPage => Some(shown.len()),
            Total::Absent => None,
            Total::Is(total) => Some(total),
        };
        list.extend(total.map(|total| ("totalResults".to_owned(), json!(total))));
        if !self.by_cursor {
            list.insert("startIndex".to_owned(), json!(self.start_index));
        } else if self.to < self.total {
            list.insert("nextCursor".to_owned(), json!(format!("at-{}", self.to)));
        }
        if !(shown.is_empty() && habits.leaves_out_empty) {
            list.insert(habits.resources.clone(), Value::Array(shown));
        }
        Value::Object(list)
    }
}

fn size(habits: &Paging, query: &Query) -> Result<usize, Refusal> {
    let most = habits.most.unwrap_or(usize::MAX);
    let asked = query.count.map(|count| usize::try_from(count).unwrap_or(0));
    match (habits.count, asked) {
        (CountHabit::Refused, Some(asked)) if asked > most => {
            Err(Refusal::bad("invalidValue", format!("count is at most {most}")))
        }
        (CountHabit::Ignored, _) | (_, None) => Ok(habits.default.min(most)),
        (_, Some(asked)) => Ok(asked.min(most)),
    }
}

fn offset(habits: &Paging, query: &Query, total: usize) -> Result<usize, Refusal> {
    let asked = query.start_index.unwrap_or(habits.first) - habits.first;
    let answer = |beyond: Beyond| match beyond {
        Beyond::First => Ok(0),
        Beyond::Empty => Ok(total),
        Beyond::Refused => Err(Refusal::bad("invalidValue", "there is no such startIndex")),
    };
    match usize::try_from(asked) {
        Err(_) => answer(habits.before),
        Ok(offset) if offset > 0 && offset >= total => answer(habits.after),
        Ok(offset) => Ok(offset),
    }
}

/// RFC 9865: no cursor, or an empty one, asks for the first page.
fn cursor(query: &Query) -> Result<usize, Refusal> {
    let Some(cursor) = query.cursor.as_deref().filter(|cursor| !cursor.is_empty()) else { return Ok(0) };
    let offset = cursor.strip_prefix("at-").and_then(|offset| offset.parse().ok());
    offset.ok_or_else(|| Refusal::bad("invalidCursor", "there is no such cursor"))
}
