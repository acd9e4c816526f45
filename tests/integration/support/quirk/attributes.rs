//! The rules of attributes, applied to what a request would make of a
//! resource.

use scim_operator::scim::{path::AttributePath, resource::Resource};
use serde_json::{Value, json};

use super::{
    ResourceType,
    habits::{Attribute, Derived, Habits, Mutability, TooMany, Unknown},
    names::{equal, is_known},
    refusal::Refusal,
    store::Object,
};

/// What is stored of what is wanted: `before` is what there is, if anything.
pub(super) fn settle(
    habits: &Habits,
    resource_type: ResourceType,
    before: Option<&Object>,
    wanted: Object,
) -> Result<Object, Refusal> {
    let mut content = known(habits, resource_type, wanted)?;
    for name in ["id", "meta", "groups"] {
        content.remove(name);
    }
    well_typed(&content)?;
    let mut resource = Resource::from_value(Value::Object(content)).unwrap_or_default();
    let before = before.map(|before| Resource::from_value(Value::Object(before.clone())).unwrap_or_default());
    for (name, rule) in &habits.of(resource_type).attributes {
        let Some(path) = AttributePath::parse(name) else { panic!("{name} is no attribute") };
        change(rule, &path, before.as_ref(), &mut resource)?;
        if let Some(source) = rule.derived_from {
            let derived = derived(source, &resource);
            resource.set(&path, derived);
        }
        check(rule, &path, &mut resource)?;
    }
    let name = if resource_type == ResourceType::User { "userName" } else { "displayName" };
    let is_made_by_us =
        habits.of(resource_type).attribute(name).is_some_and(|rule| rule.derived_from.is_some());
    if !is_made_by_us && resource.text(name).is_none_or(str::is_empty) {
        return Err(Refusal::bad("invalidValue", format!("{name} is required")));
    }
    Ok(resource.as_object().clone())
}

/// Without the attributes that there are not.
fn known(habits: &Habits, resource_type: ResourceType, wanted: Object) -> Result<Object, Refusal> {
    let kind = habits.of(resource_type);
    let is_ours = |name: &str| match &kind.only {
        Some(only) => {
            matches!(name, "schemas" | "id" | "meta") || only.iter().any(|it| it.eq_ignore_ascii_case(name))
        }
        None => is_known(resource_type, name) || kind.attribute(name).is_some(),
    };
    match kind.unknown {
        Unknown::Keep => Ok(wanted),
        Unknown::Drop => Ok(wanted.into_iter().filter(|(name, _)| is_ours(name)).collect()),
        Unknown::Refuse => match wanted.keys().find(|name| !is_ours(name)) {
            Some(name) => Err(Refusal::bad("invalidSyntax", format!("there is no attribute {name}"))),
            None => Ok(wanted),
        },
    }
}

fn well_typed(content: &Object) -> Result<(), Refusal> {
    let wrong = |name: &str| Err(Refusal::bad("invalidValue", format!("{name} is of another type")));
    for (name, value) in content {
        let right = match name.as_str() {
            "active" => value.is_boolean(),
            "userName" | "displayName" | "externalId" | "title" => value.is_string(),
            "emails" | "phoneNumbers" | "addresses" | "roles" | "entitlements" | "members" => {
                value.is_array()
            }
            "name" => value.is_object(),
            _ => true,
        };
        if !right {
            return wrong(name);
        }
    }
    Ok(())
}

/// Whether this change of the attribute is allowed.
fn change(
    rule: &Attribute,
    path: &AttributePath,
    before: Option<&Resource>,
    resource: &mut Resource,
) -> Result<(), Refusal> {
    let old = before.and_then(|before| before.get(path)).cloned();
    let new = resource.get(path).cloned();
    let refused = || Err(Refusal::bad("mutability", format!("{path} cannot be changed")));
    match rule.mutability {
        Mutability::ReadWrite => {}
        Mutability::ReadOnlyRefused if new.is_some() && new != old => return refused(),
        Mutability::ReadOnly | Mutability::ReadOnlyRefused => resource.set(path, old.unwrap_or_default()),
        Mutability::Immutable | Mutability::ImmutableIgnored => match (old, new) {
            (None, _) => {}
            (Some(old), Some(new)) if equal(&old, &new) => {}
            (Some(_), Some(_)) if rule.mutability == Mutability::Immutable => return refused(),
            // What a PUT leaves out cannot be meant to change.
            (Some(old), _) => resource.set(path, old),
        },
    }
    Ok(())
}

/// Whether the attribute may have this value.
fn check(rule: &Attribute, path: &AttributePath, resource: &mut Resource) -> Result<(), Refusal> {
    let bad = |detail: &str| Err(Refusal::bad("invalidValue", format!("{path} {detail}")));
    let Some(value) = resource.get(path).cloned() else {
        return if rule.required { bad("is required") } else { Ok(()) };
    };
    let elements = match &value {
        Value::Array(elements) => elements.clone(),
        single => vec![single.clone()],
    };
    if rule.required && value == json!("") {
        return bad("is required");
    }
    if rule.most.is_some_and(|most| elements.len() > most) {
        match rule.too_many {
            TooMany::Refuse => return bad("has too many values"),
            TooMany::KeepPrimary => {
                let primary = elements.iter().find(|element| element["primary"] == true).or(elements.first());
                let kept: Vec<_> = primary.into_iter().cloned().collect();
                resource.set(path, Value::Array(kept));
            }
        }
    }
    if rule.primary_required && !elements.iter().any(|element| element["primary"] == true) {
        return bad("has no primary value");
    }
    let lacks = |name: &&String| elements.iter().any(|element| element.get(name).is_none());
    if let Some(missing) = rule.needs.iter().find(lacks) {
        return bad(&format!("needs {missing}"));
    }
    if let Some(allowed) = &rule.sub_attributes {
        let names = elements.iter().filter_map(Value::as_object).flat_map(|element| element.keys());
        if let Some(other) = names.into_iter().find(|name| !allowed.contains(name)) {
            return bad(&format!("takes no {other}"));
        }
    }
    if let Some(allowed) = &rule.values {
        let text = |element: &Value| element.as_str().or(element["value"].as_str()).map(str::to_owned);
        if !elements.iter().all(|element| text(element).is_some_and(|text| allowed.contains(&text))) {
            return bad("has a value that there is not");
        }
    }
    Ok(())
}

fn derived(source: Derived, resource: &Resource) -> Value {
    match source {
        Derived::UserName => json!(resource.text("userName")),
        Derived::Name => {
            let part =
                |sub: &str| resource.get(&AttributePath::core("name").sub(sub)).and_then(Value::as_str);
            let parts: Vec<&str> = [part("givenName"), part("familyName")].into_iter().flatten().collect();
            let formatted = || part("formatted").map_or(Value::Null, |formatted| json!(formatted));
            if parts.is_empty() { formatted() } else { json!(parts.join(" ")) }
        }
    }
}
