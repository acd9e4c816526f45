//! What a request asks for, in its URL or in a `/.search`.

use serde_json::Value;

use super::refusal::Refusal;

#[derive(Clone, Debug, Default)]
pub(super) struct Query {
    pub(super) filter: Option<String>,
    pub(super) start_index: Option<i64>,
    pub(super) count: Option<i64>,
    pub(super) cursor: Option<String>,
    pub(super) attributes: Option<Vec<String>>,
    pub(super) excluded: Vec<String>,
}

impl Query {
    pub(super) fn of_url(query: &str) -> Result<Self, Refusal> {
        let mut this = Self::default();
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            match name.as_ref() {
                "filter" => this.filter = Some(value.into_owned()),
                "startIndex" => this.start_index = Some(number(&value)?),
                "count" => this.count = Some(number(&value)?),
                "cursor" => this.cursor = Some(value.into_owned()),
                "attributes" => this.attributes = Some(names(&value)),
                "excludedAttributes" => this.excluded = names(&value),
                _ => {}
            }
        }
        Ok(this)
    }

    pub(super) fn of_search(body: &Value) -> Self {
        let text = |name: &str| body[name].as_str().map(str::to_owned);
        let list = |name: &str| {
            let values = body[name].as_array()?.iter();
            Some(values.filter_map(Value::as_str).map(str::to_owned).collect())
        };
        Self {
            filter: text("filter"),
            start_index: body["startIndex"].as_i64(),
            count: body["count"].as_i64(),
            cursor: text("cursor"),
            attributes: list("attributes"),
            excluded: list("excludedAttributes").unwrap_or_default(),
        }
    }

    /// Whether `attributes` names this one.
    pub(super) fn names(&self, path: &str) -> bool {
        let wanted = self.attributes.iter().flatten();
        wanted.into_iter().any(|wanted| wanted.eq_ignore_ascii_case(path))
    }
}

fn number(text: &str) -> Result<i64, Refusal> {
    text.parse().map_err(|_| Refusal::bad("invalidValue", "startIndex and count are numbers"))
}

fn names(text: &str) -> Vec<String> {
    text.split(',').map(|name| name.trim().to_owned()).collect()
}
