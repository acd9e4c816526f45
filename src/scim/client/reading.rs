//! What an answer's JSON says, and whether it is what was asked for.

use serde_json::{Map, Value};

use crate::scim::{
    error::{Error, ErrorKind},
    http::{Answer, Request},
    path::AttributePath,
    port::{CursorPage, Page},
    resource::{Resource, find},
};

/// The schema of a list (RFC 7644 §3.4.2).
const LIST_SCHEMA: &str = "urn:ietf:params:scim:api:messages:2.0:ListResponse";

/// A page of a listing, in whatever case its names are; some servers answer a
/// bare array. One element that cannot be an identity makes the whole page
/// unbelievable: leaving it out would make an identity look absent.
pub(super) fn page(
    body: Value,
    read: impl Fn(Value) -> Result<Resource, &'static str>,
) -> Result<CursorPage, &'static str> {
    let mut next = None;
    let (elements, total_results) = match body {
        Value::Array(elements) => (elements, None),
        Value::Object(list) => {
            let total = find(&list, "totalResults").and_then(whole_number);
            let cursor = find(&list, "nextCursor").and_then(Value::as_str);
            next = cursor.filter(|cursor| !cursor.is_empty()).map(str::to_owned);
            (elements(list, total)?, total)
        }
        _ => return Err("the body is neither a list nor an array"),
    };
    let identities = elements.into_iter().map(|element| {
        let resource = read(element)?;
        resource.id().map(|_| resource).ok_or("the list holds something without an id")
    });
    let page = Page { resources: identities.collect::<Result<_, _>>()?, total_results };
    Ok(CursorPage { page, next })
}

fn elements(mut list: Map<String, Value>, total: Option<u64>) -> Result<Vec<Value>, &'static str> {
    let key = list.keys().find(|name| name.eq_ignore_ascii_case("Resources")).cloned();
    match key.and_then(|key| list.remove(&key)) {
        Some(Value::Array(elements)) => Ok(elements),
        // An empty list may leave `Resources` out, but says that it is a list.
        None | Some(Value::Null) if total.is_some() || is_list(&list) => Ok(Vec::new()),
        None | Some(Value::Null) => Err("the body is not a list: it has neither Resources nor totalResults"),
        Some(_) => Err("Resources is not an array"),
    }
}

fn is_list(list: &Map<String, Value>) -> bool {
    let schemas = find(list, "schemas").and_then(Value::as_array);
    let named =
        |schema: &Value| schema.as_str().is_some_and(|schema| schema.eq_ignore_ascii_case(LIST_SCHEMA));
    schemas.is_some_and(|schemas| schemas.iter().any(named))
}

fn whole_number(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.trim().parse().ok())
}

/// The resource with its version: its own, or the entity tag of the answer
/// that it came in, which is the same (RFC 7643 §3.1, RFC 7644 §3.14).
pub(super) fn versioned(mut resource: Resource, entity_tag: Option<&str>) -> Resource {
    let Some(tag) = entity_tag.map(str::trim).filter(|tag| !tag.is_empty()) else { return resource };
    let has_room = find(resource.as_object(), "meta").is_none_or(|meta| meta.is_object() || meta.is_null());
    if has_room && resource.version().is_none() {
        resource.set(&AttributePath::core("meta").sub("version"), tag.into());
    }
    resource
}

/// Whether what was found is this one and nobody else, or nothing at all;
/// `None` where the answer is to another question.
pub(super) fn is_only(page: &Page, id: &str) -> Option<bool> {
    match page.resources.as_slice() {
        [] if page.total_results.unwrap_or(0) == 0 => Some(false),
        [only] if only.id().as_deref() == Some(id) => Some(true),
        _ => None,
    }
}

/// Whether the answer is about the identity that was asked for.
pub(super) fn same_identity(resource: &Resource, asked: &str) -> Result<(), &'static str> {
    match resource.id() {
        Some(id) if id == asked => Ok(()),
        Some(_) => Err("the answer is about another id than the one asked for"),
        None => Err("the answer has no id"),
    }
}

/// The created resource with its id: its own, or the one in `Location`.
pub(super) fn identified(resource: Resource, located: Option<String>) -> Result<Resource, &'static str> {
    match (resource.id(), located) {
        (Some(id), _) if matches!(id.as_str(), "." | "..") => Err("the id is a dot segment"),
        (Some(_), _) => Ok(resource),
        (None, Some(located)) => {
            let mut object = resource.as_object().clone();
            object.retain(|name, _| !name.eq_ignore_ascii_case("id"));
            object.insert("id".to_owned(), located.into());
            Resource::from_value(Value::Object(object)).ok_or("the answer is not a resource")
        }
        (None, None) => Err("the created resource has no id"),
    }
}

/// The error that an answer is which cannot be believed.
pub(super) fn not_scim(request: &Request, answer: &Answer, detail: impl Into<String>) -> Error {
    Error {
        status: Some(answer.status),
        media_type: answer.media_type.clone(),
        detail: Some(detail.into()),
        ..Error::new(ErrorKind::NotScim, request.operation())
    }
}
