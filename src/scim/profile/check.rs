//! Whether the fields of a profile can be meant together.

use http::HeaderValue;
use regex::Regex;

use super::{
    AttributeRule, ExtensionRule, KindRules, Mutability, PagingMode, Pause, Profile, ProfileError, ReadBack,
    RemoveForm, StatusSet, paths::is_template,
};
use crate::scim::path::AttributePath;

/// The longest regular expression, compiled, in bytes.
const LARGEST_PATTERN: usize = 256 * 1024;

/// The longest time in which an answer may be an old one.
const LONGEST_GRACE: Pause = Pause(std::time::Duration::from_mins(10));

type Checked = Result<(), ProfileError>;

/// The first field that cannot be meant.
pub(super) fn check(profile: &Profile) -> Checked {
    kind("users", &profile.users)?;
    kind("groups", &profile.groups)?;
    for (name, path) in [
        ("serviceProviderConfig", &profile.discovery.service_provider_config),
        ("resourceTypes", &profile.discovery.resource_types),
    ] {
        demand(is_template(path), || format!("discovery.{name}"), NO_PATH)?;
    }
    for (name, value) in [("send", &profile.media_types.send), ("accept", &profile.media_types.accept)] {
        let sendable = !value.is_empty() && HeaderValue::from_str(value).is_ok();
        demand(sendable, || format!("mediaTypes.{name}"), "it cannot be sent in a header")?;
    }
    statuses(profile)?;
    demand(
        profile.consistency.grace <= LONGEST_GRACE,
        || "consistency.grace".to_owned(),
        "it is longer than 10m, and drift would go unseen for as long",
    )?;
    limits(profile)?;
    members(profile)
}

const NO_PATH: &str = "it is no path such as /Users or /Tenants/{tenant}/Users: it begins with a slash, and has neither empty nor \
     dot segments, nor a query";

fn kind(name: &str, rules: &KindRules) -> Checked {
    let at = |field: &str| format!("{name}.{field}");
    demand(is_template(&rules.path), || at("path"), NO_PATH)?;
    let filters = rules.filter.supported == Some(true);
    demand(
        !filters || !rules.filter.operators.is_empty(),
        || at("filter.operators"),
        "filters are said to work, and no operator does",
    )?;
    demand(
        rules.paging.first_index <= 1,
        || at("paging.firstIndex"),
        "it is neither 0 nor 1, the number of the first resource",
    )?;
    demand((1..=10_000).contains(&rules.paging.page_size), || at("paging.pageSize"), "it is not 1 to 10000")?;
    demand(rules.paging.max_page_size != Some(0), || at("paging.maxPageSize"), "pages of none end nowhere")?;
    demand(
        rules.operations.list
            || rules.paging.mode == Some(PagingMode::Search)
            || rules.supported == Some(false),
        || at("operations.list"),
        "without it drift cannot be found; set paging.mode: Search if /.search works instead",
    )?;
    demand(!rules.match_keys.is_empty(), || at("matchKeys"), "there has to be one, or nobody is found")?;
    for key in &rules.match_keys {
        let is_path = AttributePath::parse(key).is_some();
        demand(is_path, || at("matchKeys"), "it holds something that is no path of an attribute")?;
    }
    for (path, rule) in &rules.attributes {
        attribute(&at(&format!("attributes.{path}")), path, rule)?;
    }
    for (urn, rule) in &rules.extensions {
        extension(&at(&format!("extensions.{urn}")), urn, rule)?;
    }
    Ok(())
}

fn attribute(field: &str, path: &str, rule: &AttributeRule) -> Checked {
    let at = || field.to_owned();
    demand(AttributePath::parse(path).is_some(), at, "it is no path of an attribute")?;
    let is_read_only = rule.mutability == Mutability::ReadOnly;
    demand(
        !(rule.required && is_read_only),
        at,
        "it is required and ReadOnly, so nobody could create anything",
    )?;
    demand(rule.max_values != Some(0), || format!("{field}.maxValues"), "with none at all it is ReadOnly")?;
    demand(
        rule.shown_as.as_ref().is_none_or(|shown| AttributePath::parse(shown).is_some()),
        || format!("{field}.shownAs"),
        "it is no path of an attribute",
    )?;
    let compiles = |pattern: &String| compiled(pattern).is_some();
    demand(
        rule.pattern.as_ref().is_none_or(compiles),
        || format!("{field}.pattern"),
        "it is no regular expression, or too large a one",
    )
}

fn extension(field: &str, urn: &str, rule: &ExtensionRule) -> Checked {
    let is_urn = urn.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("urn:"));
    demand(is_urn, || field.to_owned(), "a schema is a URN and starts with urn:")?;
    let writable = rule.mutability != Mutability::ReadOnly;
    demand(!(rule.shown && writable), || format!("{field}.shown"), "only what is ReadOnly is shown in status")
}

/// A pattern that has to match as a whole.
pub(super) fn compiled(pattern: &str) -> Option<Regex> {
    regex::RegexBuilder::new(&format!("^(?:{pattern})$")).size_limit(LARGEST_PATTERN).build().ok()
}

fn statuses(profile: &Profile) -> Checked {
    let statuses = &profile.statuses;
    let all = [
        ("create", &statuses.create),
        ("read", &statuses.read),
        ("list", &statuses.list),
        ("update", &statuses.update),
        ("delete", &statuses.delete),
    ];
    all.into_iter().try_for_each(|(name, set)| status_set(&format!("statuses.{name}"), set))
}

fn status_set(field: &str, set: &StatusSet) -> Checked {
    let within = |statuses: &[u16], first: u16| statuses.iter().all(|status| status / 100 == first);
    let success = !set.success.is_empty() && within(&set.success, 2);
    demand(success, || format!("{field}.success"), "it is empty, or has a status that is not one of 2xx")?;
    demand(
        within(&set.conflict, 4),
        || format!("{field}.conflict"),
        "it has a status that is not one of 4xx",
    )?;
    demand(
        within(&set.not_found, 4),
        || format!("{field}.notFound"),
        "it has a status that is not one of 4xx",
    )?;
    let both = set.conflict.iter().any(|status| set.not_found.contains(status));
    demand(!both, || format!("{field}.notFound"), "it has a status that is in conflict, too")?;
    // A 401, a 403 or a 429 is about the credentials or the traffic, whatever a server calls it.
    let mut named = set.conflict.iter().chain(&set.not_found);
    let reserved = named.any(|status| matches!(status, 401 | 403 | 429));
    demand(!reserved, || field.to_owned(), "401, 403 and 429 keep their meaning")
}

fn limits(profile: &Profile) -> Checked {
    let limits = &profile.rate_limit;
    let second = Pause(std::time::Duration::from_secs(1));
    demand(limits.requests != Some(0), || "rateLimit.requests".to_owned(), "nothing could be sent")?;
    demand(limits.per.is_none_or(|per| per >= second), || "rateLimit.per".to_owned(), "it is less than 1s")?;
    demand(
        limits.max_concurrent != Some(0),
        || "rateLimit.maxConcurrent".to_owned(),
        "nothing could be sent",
    )?;
    let Some(writes) = &limits.writes else { return Ok(()) };
    demand(writes.requests > 0, || "rateLimit.writes.requests".to_owned(), "nothing could be changed")?;
    demand(
        writes.per.is_none_or(|per| per >= second),
        || "rateLimit.writes.per".to_owned(),
        "it is less than 1s",
    )
}

fn members(profile: &Profile) -> Checked {
    let members = &profile.members;
    demand(
        (1..=10_000).contains(&members.max_per_request),
        || "members.maxPerRequest".to_owned(),
        "it is not 1 to 10000",
    )?;
    let by_put = members.remove == RemoveForm::Put;
    demand(
        !by_put || (members.in_put && profile.groups.operations.put != Some(false)),
        || "members.remove".to_owned(),
        "members are removed by PUT, and groups have no PUT, or none with members in it",
    )?;
    demand(
        !by_put || matches!(members.read, ReadBack::Inline | ReadBack::Requested),
        || "members.remove".to_owned(),
        "members are removed by PUT with those who stay, and members.read says that groups do not show them",
    )?;
    let no_operations = profile.patch.max_operations == Some(0) || profile.patch.max_bytes == Some(0);
    demand(!no_operations, || "patch.maxOperations".to_owned(), "nothing could be changed")
}

fn demand(holds: bool, field: impl FnOnce() -> String, problem: &str) -> Checked {
    if holds { Ok(()) } else { Err(ProfileError::field(field(), problem)) }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::scim::profile::{STANDARD, resolve};

    #[test]
    fn fields_that_contradict_each_other_are_named() {
        let cases: [(Value, &str); 15] = [
            (json!({"users": {"path": "Users"}}), "users.path"),
            (json!({"users": {"path": "//evil.example.com/Users"}}), "users.path"),
            (json!({"discovery": {"resourceTypes": "/a/../b"}}), "discovery.resourceTypes"),
            (json!({"mediaTypes": {"send": "a\nb"}}), "mediaTypes.send"),
            (json!({"users": {"filter": {"supported": true, "operators": []}}}), "users.filter.operators"),
            (json!({"users": {"paging": {"firstIndex": 2}}}), "users.paging.firstIndex"),
            (json!({"groups": {"matchKeys": []}}), "groups.matchKeys"),
            (json!({"statuses": {"create": {"success": [409]}}}), "statuses.create.success"),
            (json!({"statuses": {"delete": {"notFound": [401]}}}), "statuses.delete"),
            (
                json!({"users": {"attributes": {"title": {"required": true, "mutability": "ReadOnly"}}}}),
                "users.attributes.title",
            ),
            (json!({"users": {"attributes": {"title": {"pattern": "("}}}}), "users.attributes.title.pattern"),
            (json!({"consistency": {"grace": "1h"}}), "consistency.grace"),
            (json!({"members": {"remove": "Put", "inPut": false}}), "members.remove"),
            (json!({"members": {"remove": "Put", "read": "Never"}}), "members.remove"),
            (json!({"rateLimit": {"writes": {"requests": 0}}}), "rateLimit.writes.requests"),
        ];
        for (overrides, field) in cases {
            let message = resolve(STANDARD, overrides.as_object().unwrap()).unwrap_err().to_string();
            assert!(message.starts_with(&format!("spec.overrides.{field}: ")), "{message}");
        }
    }
}
