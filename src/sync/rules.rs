//! Whether a manifest asks for something that its server cannot take, as far
//! as the profile tells: found before anything is sent. No value is ever part
//! of what is said about it.

use serde_json::Value;

use super::{compare::clears, desired::Desired, lookup::MatchKeys};
use crate::{
    api::reasons,
    scim::{
        path::{AttributePath, ENTERPRISE_SCHEMA},
        port::ResourceType,
        profile::{AttributeRule, Format, KindRules, Mutability, Sent, Unlisted},
        resource::{find, is_absent},
    },
};

mod treatment;
mod violation;

pub use treatment::{Treatment, is_case_exact, is_sent_at_creation, shown_at};
pub use violation::{Problem, Violation};

/// The first thing in a manifest that the server never takes. `has_password`:
/// the manifest names one, in a Secret.
pub fn check(desired: &Desired, rules: &KindRules, has_password: bool) -> Result<(), Violation> {
    for (path, value) in desired.iter() {
        named(path, rules).map_err(|problem| violation(path, desired, problem))?;
        valued(path, value, rules).map_err(|problem| violation(path, desired, problem))?;
    }
    if has_password {
        let password = password();
        named(&password, rules).map_err(|problem| violation(&password, desired, problem))?;
    }
    Ok(())
}

/// The first attribute that a creation needs and the manifest does not have.
pub fn complete(desired: &Desired, rules: &KindRules, has_password: bool) -> Result<(), Violation> {
    let required = rules.attributes.iter().filter(|(_, rule)| rule.required);
    let mut paths = required.filter_map(|(path, _)| AttributePath::parse(path));
    let missing = paths.find(|path| {
        let is_password = has_password && path.is_core("password");
        !is_password && !has(desired, path) && !is_part_of_values(desired, path)
    });
    missing.map_or(Ok(()), |path| Err(violation(&path, desired, Problem::Missing)))
}

/// A manifest that has none of the keys by which its identity could be found
/// again. What is missing is the last one, which servers know best.
pub fn nameless(desired: &Desired, rules: &KindRules, keys: &MatchKeys) -> Option<Violation> {
    let key = rules.match_keys.last().filter(|_| keys.is_empty())?;
    Some(violation(&AttributePath::parse(key)?, desired, Problem::Missing))
}

/// Whether nothing that is there can be cleared or removed at this path.
pub fn is_required(path: &AttributePath, rules: &KindRules) -> bool {
    rules.own_rule(path).is_some_and(|rule| rule.required)
}

fn violation(path: &AttributePath, desired: &Desired, problem: Problem) -> Violation {
    Violation { path: path.clone(), resource_type: desired.resource_type(), problem }
}

fn password() -> AttributePath {
    AttributePath::core("password")
}

/// Whether the manifest names the attribute or a part of it, and not to clear
/// it. What is held is on its way.
fn has(desired: &Desired, path: &AttributePath) -> bool {
    let fits = |named: &AttributePath| named == path || named.parent() == *path;
    desired.holds(path) || desired.iter().any(|(named, value)| fits(named) && !clears(value))
}

/// A path into the values of an attribute that has several, such as
/// `emails.value`: what is required there is so of each value.
fn is_part_of_values(desired: &Desired, path: &AttributePath) -> bool {
    let Some(sub) = path.sub_attribute() else { return false };
    let values = desired.get(&path.parent()).and_then(Value::as_array);
    values.is_some_and(|values| {
        let has = |value: &Value| value.as_object().and_then(|value| find(value, sub)).is_some();
        values.iter().all(has)
    })
}

/// Whether the attribute may be named at all.
fn named(path: &AttributePath, rules: &KindRules) -> Result<(), Problem> {
    if rules.unlisted == Unlisted::Refused && !rules.lists(path) {
        return Err(Problem::Unlisted);
    }
    let at_creation = rules.rule(path).is_some_and(|rule| rule.sent == Sent::AtCreation);
    if rules.mutability(path) == Mutability::ReadOnly && !at_creation {
        return Err(Problem::ReadOnly);
    }
    if let (Some(sub), Some(rule)) = (path.sub_attribute(), rules.own_rule(&path.parent())) {
        takes(sub, rule)?;
    }
    Ok(())
}

/// Whether the attribute may have this value.
fn valued(path: &AttributePath, value: &Value, rules: &KindRules) -> Result<(), Problem> {
    if clears(value) {
        return if is_required(path, rules) { Err(Problem::Emptied) } else { Ok(()) };
    }
    let (own, parent) = (rules.own_rule(path), rules.own_rule(&path.parent()));
    if let Some(rule) = own {
        several(value, path, rule, rules)?;
    }
    // What a complex attribute's values look like is said of their `value`.
    let is_value = path.sub_attribute().is_some_and(|sub| sub.eq_ignore_ascii_case("value"));
    match own.or(parent.filter(|_| is_value)) {
        Some(rule) => elements(value).try_for_each(|element| looks_right(element, rule)),
        None => Ok(()),
    }
}

fn several(
    value: &Value,
    path: &AttributePath,
    rule: &AttributeRule,
    rules: &KindRules,
) -> Result<(), Problem> {
    let Some(values) = value.as_array() else { return Ok(()) };
    if let Some(most) = rule.max_values
        && values.len() > most as usize
    {
        return Err(Problem::TooMany { most });
    }
    for (name, part) in values.iter().filter_map(Value::as_object).flatten() {
        takes(name, rule)?;
        let Some(rule) = rules.own_rule(&path.sub(name)).filter(|_| !is_absent(part)) else { continue };
        if rule.mutability == Mutability::ReadOnly {
            return Err(Problem::SubAttribute { name: name.clone() });
        }
        looks_right(part, rule)?;
    }
    Ok(())
}

fn takes(sub: &str, rule: &AttributeRule) -> Result<(), Problem> {
    let Some(known) = &rule.sub_attributes else { return Ok(()) };
    if known.iter().any(|known| known.eq_ignore_ascii_case(sub)) {
        return Ok(());
    }
    Err(Problem::SubAttribute { name: sub.to_owned() })
}

/// The simple values in a value: those of a list, and `value` of objects.
fn elements(value: &Value) -> impl Iterator<Item = &Value> {
    let values = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
    values.iter().filter_map(|value| match value {
        Value::Object(parts) => find(parts, "value").filter(|value| !is_absent(value)),
        value => Some(value),
    })
}

fn looks_right(value: &Value, rule: &AttributeRule) -> Result<(), Problem> {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    if let Some(allowed) = &rule.canonical_values {
        let same = |allowed: &String| match rule.case_exact {
            Some(true) => *allowed == text,
            _ => allowed.eq_ignore_ascii_case(&text),
        };
        if !allowed.iter().any(same) {
            return Err(Problem::NotAmong { allowed: allowed.clone() });
        }
    }
    if let Some(format) = rule.format.filter(|format| !has_format(&text, *format)) {
        return Err(Problem::Format(format));
    }
    match &rule.pattern {
        Some(pattern) if !rule.has_pattern(&text) => Err(Problem::Pattern(pattern.clone())),
        _ => Ok(()),
    }
}

fn has_format(text: &str, format: Format) -> bool {
    match format {
        Format::E164 => text.strip_prefix('+').is_some_and(|digits| {
            (2..=15).contains(&digits.len())
                && !digits.starts_with('0')
                && digits.chars().all(|digit| digit.is_ascii_digit())
        }),
        Format::Email => text.rsplit_once('@').is_some_and(|(person, domain)| {
            let plain = |letter: char| !letter.is_whitespace() && !letter.is_control() && letter != '@';
            !person.is_empty()
                && !domain.is_empty()
                && text.chars().filter(|letter| !plain(*letter)).count() == 1
        }),
        Format::Integer => text.parse::<i64>().is_ok(),
    }
}

#[cfg(test)]
#[path = "rules/tests.rs"]
mod tests;

/// The standard's rules for users with these overrides, for tests.
#[cfg(test)]
pub(crate) mod testing {
    use serde_json::{Value, json};

    use crate::scim::profile::{KindRules, STANDARD, resolve};

    pub(crate) fn users(overrides: &Value) -> KindRules {
        let overrides = json!({"users": overrides});
        resolve(STANDARD, overrides.as_object().unwrap()).unwrap().profile.users
    }
}
