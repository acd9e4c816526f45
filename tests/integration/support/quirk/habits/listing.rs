//! Lists: their pages, and the filters that choose what is in them.

use serde::Deserialize;

#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct Paging {
    pub(crate) style: Style,
    /// The index of the first resource.
    pub(crate) first: i64,
    /// What an index before the first, or after the last, answers.
    pub(crate) before: Beyond,
    pub(crate) after: Beyond,
    /// How many a page has without `count`.
    pub(crate) default: usize,
    /// How many a page has at most.
    pub(crate) most: Option<usize>,
    pub(crate) count: CountHabit,
    pub(crate) search: Search,
    pub(crate) total: Total,
    /// What the list calls its resources.
    pub(crate) resources: String,
    /// An empty page has no `Resources`.
    pub(crate) leaves_out_empty: bool,
    /// So many of a page are on the next page again.
    pub(crate) overlap: usize,
    /// The first of every page is in it twice.
    pub(crate) repeats_first: bool,
}

impl Default for Paging {
    fn default() -> Self {
        Self {
            style: Style::default(),
            first: 1,
            before: Beyond::First,
            after: Beyond::Empty,
            default: 100,
            most: None,
            count: CountHabit::default(),
            search: Search::default(),
            total: Total::default(),
            resources: "Resources".to_owned(),
            leaves_out_empty: false,
            overlap: 0,
            repeats_first: false,
        }
    }
}

#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Style {
    /// `startIndex` and `count` (RFC 7644 §3.4.2.4).
    #[default]
    Index,
    /// `cursor` and `count` (RFC 9865).
    Cursor,
    /// By `cursor` where a request has one; else there is only the first page.
    CursorOnRequest,
    /// Everything at once.
    None,
    /// Whatever `startIndex` is, the first page.
    FirstPageOnly,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Beyond {
    /// As if the first were asked for.
    First,
    /// A page with nothing.
    Empty,
    /// 400.
    Refused,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub(crate) enum CountHabit {
    /// Up to the most.
    #[default]
    Honoured,
    Ignored,
    /// More than the most is refused with 400.
    Refused,
}

/// `POST /.search` (RFC 7644 §3.4.3).
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Search {
    Absent,
    #[default]
    Offered,
    /// Only it pages and filters: GET answers the first page of everything.
    Only,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Total {
    #[default]
    Exact,
    /// How many are on the page.
    OfPage,
    Absent,
    /// A number that is not true.
    Is(usize),
}

#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct Filtering {
    /// There are no filters: what a request with one answers.
    pub(crate) refused: Option<u16>,
    /// Everything is answered, whatever the filter says.
    pub(crate) ignored: bool,
    /// The only operators; all, unless said.
    pub(crate) operators: Option<Vec<String>>,
    /// The only words that join comparisons; all, unless said.
    pub(crate) joins: Option<Vec<String>>,
    pub(crate) unknown: UnknownFilter,
    pub(crate) quotes: Quotes,
    /// Whether `\"` in a value is understood; it is refused otherwise.
    pub(crate) escapes: bool,
    /// How many characters a filter may have.
    pub(crate) most: Option<usize>,
}

impl Default for Filtering {
    fn default() -> Self {
        Self {
            refused: None,
            ignored: false,
            operators: None,
            joins: None,
            unknown: UnknownFilter::default(),
            quotes: Quotes::default(),
            escapes: true,
            most: None,
        }
    }
}

/// A filter by an attribute that cannot be filtered by.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub(crate) enum UnknownFilter {
    /// 400 invalidFilter.
    #[default]
    Refused,
    /// Nothing is found.
    FindsNothing,
    /// Everything is found.
    FindsAll,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Quotes {
    /// `"value"`, as RFC 7644 has it.
    #[default]
    Double,
    /// `'value'`.
    Single,
    /// `value`.
    None,
    /// Any of these.
    Any,
}
