//! Users: their e-mail addresses never change, their names are made here, and
//! a password is taken at creation only.

use serde_json::{Value, json};

use super::{EXPANDED, is_id, located, operations};
use crate::support::strict::{
    CORE_USER, USERS,
    refusal::Refusal,
    rules::{self, Object, Operation},
    store::Store,
};

/// What stands for the `ProviderId` in the names that are made.
const PROVIDER: &str = "example";

pub(super) fn find<'a>(store: &'a Store, id: &str) -> Result<&'a Value, Refusal> {
    let found = if is_id(id) { store.get(USERS, id) } else { None };
    found.ok_or_else(|| Refusal::missing("Specified User could not be found."))
}

/// A user as the examples show it: the id is a number, and the extension is
/// spelt otherwise than it is sent.
pub(super) fn shown(user: &Value) -> Value {
    let extension = &user[EXPANDED];
    let mut shown = user.clone();
    shown["id"] = json!(user["id"].as_str().and_then(|id| id.parse::<i32>().ok()));
    shown["meta"] = located(user, "Users");
    shown["schemas"] = json!([CORE_USER, EXPANDED]);
    shown[EXPANDED] = json!({
        "CompanyId": extension["companyId"], "LanguageId": extension["languageId"],
        "UserType": extension["userType"],
    });
    shown
}

pub(super) fn create(store: &mut Store, body: &Object) -> Result<Value, Refusal> {
    rules::schemas(body, &[CORE_USER, EXPANDED])?;
    rules::only(
        body,
        &["schemas", "userName", "name", "emails", "password", "active", EXPANDED],
        "a new user",
    )?;
    rules::required(body, "emails")?;
    for name in ["userName", "password"] {
        body.get(name).map(|value| rules::text(value, name)).transpose()?;
    }
    body.get(EXPANDED).map(sent_extension).transpose()?;
    let mut user = Value::Object(body.clone());
    check(&user)?;
    if store.email_is_taken("", &user["emails"]) {
        return Err(Refusal::taken("Somebody has this e-mail address."));
    }
    let given = user["userName"].as_str().unwrap_or_default();
    if store.is_taken(USERS, "", "/externalId", given) {
        return Err(Refusal::taken("Somebody was created with this userName."));
    }
    // The name that is given is kept as externalId; the server makes its own.
    if let Some(given) = user.as_object_mut().and_then(|user| user.remove("userName")) {
        user["externalId"] = given;
    }
    complete(store, &mut user);
    Ok(store.create(USERS, user))
}

/// Names, state and extension of whoever comes without.
pub(super) fn complete(store: &Store, user: &mut Value) {
    let email = user["emails"][0]["value"].as_str().unwrap_or("nobody").to_owned();
    let mut give = |key: &str, value: Value| {
        if user[key].is_null() {
            user[key] = value;
        }
    };
    give("userName", json!(new_name(store, email.split('@').next().unwrap_or_default())));
    give("externalId", json!(email));
    give("active", json!(true));
    give("schemas", json!([CORE_USER, EXPANDED]));
    give(EXPANDED, json!({}));
    for (name, value) in
        [("companyId", json!(1)), ("languageId", json!(9)), ("userType", json!("professional"))]
    {
        if user[EXPANDED][name].is_null() {
            user[EXPANDED][name] = value;
        }
    }
}

/// From the name of the e-mail address and the provider's id, as the schema
/// says; the first that is free.
fn new_name(store: &Store, local: &str) -> String {
    let mut name = format!("{local}_{PROVIDER}");
    let mut next = 2;
    while store.is_taken(USERS, "", "/userName", &name) {
        name = format!("{local}{next}_{PROVIDER}");
        next += 1;
    }
    name
}

/// PUT. A name that is left out goes; what cannot change and what always is
/// stays.
pub(super) fn replace(store: &mut Store, id: &str, body: &Object) -> Result<Value, Refusal> {
    let before = find(store, id)?.clone();
    rules::schemas(body, &[CORE_USER, EXPANDED])?;
    refuse_fixed(body.keys().map(String::as_str))?;
    rules::only(body, &["schemas", "name", "emails", "active", EXPANDED], "a user")?;
    let mut after = before.clone();
    remove(&mut after, "/name");
    for (key, value) in body.iter().filter(|(key, _)| *key != "schemas") {
        put(&mut after, key, value)?;
    }
    finish(store, id, &before, after)
}

pub(super) fn patch(store: &mut Store, id: &str, body: &Object) -> Result<Value, Refusal> {
    let before = find(store, id)?.clone();
    let mut after = before.clone();
    for operation in operations(body)? {
        run(&mut after, &operation)?;
    }
    finish(store, id, &before, after)
}

fn finish(store: &mut Store, id: &str, before: &Value, after: Value) -> Result<Value, Refusal> {
    check(&after)?;
    let company = |user: &Value| user[EXPANDED]["companyId"].clone();
    if emails(before) != emails(&after) || company(before) != company(&after) {
        return Err(Refusal::mutability("emails and companyId cannot be changed"));
    }
    // What may differ in what was sent is not what is kept.
    let mut kept = after;
    kept["emails"] = before["emails"].clone();
    Ok(store.replace(USERS, id, kept))
}

/// As a set, in which `primary: false` says nothing.
fn emails(user: &Value) -> Vec<String> {
    let mut emails: Vec<String> = user["emails"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|email| {
            format!("{} {} {}", email["value"], email["type"], email["primary"].as_bool().unwrap_or_default())
        })
        .collect();
    emails.sort();
    emails
}

/// Who writes these, and when, is told by the schema.
fn refuse_fixed<'a>(names: impl Iterator<Item = &'a str>) -> Result<(), Refusal> {
    const FIXED: [&str; 5] = ["id", "userName", "externalId", "meta", "password"];
    let fixed = names.into_iter().find(|name| FIXED.contains(name));
    fixed.map_or(Ok(()), |name| Err(Refusal::mutability(format!("{name} cannot be changed"))))
}

/// The text shows no PATCH of a user: RFC 7644 in the form of its groups.
fn run(user: &mut Value, operation: &Operation<'_>) -> Result<(), Refusal> {
    let Some(path) = operation.path else { return Err(Refusal::path("path is required")) };
    let name = path.split(['.', '[']).next().unwrap_or_default();
    refuse_fixed(std::iter::once(name))?;
    if operation.op == "remove" {
        if operation.value.is_some_and(|value| *value != json!({})) {
            return Err(Refusal::syntax("remove takes no value"));
        }
        let pointer = match path {
            "name" => "/name",
            "name.givenName" => "/name/givenName",
            "name.familyName" => "/name/familyName",
            _ => return Err(Refusal::mutability(format!("{path} cannot be removed"))),
        };
        remove(user, pointer);
        return Ok(());
    }
    let value = operation.value.ok_or_else(|| Refusal::value("a value is required"))?;
    match path {
        "" => rules::object(value, "a value without a path")?
            .iter()
            .try_for_each(|(key, value)| merge(user, key, value)),
        "name.givenName" | "name.familyName" => {
            user["name"][&path["name.".len()..]] = value.clone();
            Ok(())
        }
        _ => match path.strip_prefix(EXPANDED).and_then(|rest| rest.strip_prefix(':')) {
            Some(attribute) => merge(user, EXPANDED, &json!({attribute: value})),
            None => merge(user, path, value),
        },
    }
}

/// Sub-attributes that the value does not name stay.
fn merge(user: &mut Value, key: &str, value: &Value) -> Result<(), Refusal> {
    if key == "id" && *value == shown(user)["id"] {
        return Ok(());
    }
    refuse_fixed(std::iter::once(key))?;
    match (key, value) {
        ("name", Value::Object(sent)) => {
            for (name, value) in sent {
                user["name"][name] = value.clone();
            }
            Ok(())
        }
        _ => put(user, key, value),
    }
}

fn put(user: &mut Value, key: &str, value: &Value) -> Result<(), Refusal> {
    match key {
        EXPANDED => {
            for (name, value) in sent_extension(value)? {
                user[EXPANDED][name] = value.clone();
            }
        }
        "name" | "emails" | "active" => user[key] = value.clone(),
        _ => return Err(Refusal::path(format!("a user has no {key}"))),
    }
    Ok(())
}

/// What may be sent of the extension, spelt as it is sent.
fn sent_extension(value: &Value) -> Result<&Object, Refusal> {
    let sent = rules::object(value, EXPANDED)?;
    rules::only(sent, &["companyId", "languageId"], EXPANDED)?;
    Ok(sent)
}

fn remove(user: &mut Value, pointer: &str) {
    let (parent, name) = pointer.rsplit_once('/').unwrap_or_default();
    if let Some(parent) = user.pointer_mut(parent).and_then(Value::as_object_mut) {
        parent.remove(name);
    }
}

/// That everything is of its kind.
fn check(user: &Value) -> Result<(), Refusal> {
    if let Some(name) = user.get("name") {
        let name = rules::object(name, "name")?;
        rules::only(name, &["givenName", "familyName"], "name")?;
        name.iter().try_for_each(|(key, value)| rules::text(value, key).map(drop))?;
    }
    if let Some(active) = user.get("active") {
        rules::boolean(active, "active")?;
    }
    rules::values(&user["emails"], &["value", "type", "primary"], "emails")?;
    let addresses = user["emails"].as_array().into_iter().flatten();
    if addresses.clone().count() == 0 || addresses.clone().any(|email| !is_address(&email["value"])) {
        return Err(Refusal::value("emails needs an e-mail address"));
    }
    if let Some(extension) = user.get(EXPANDED) {
        let extension = rules::object(extension, EXPANDED)?;
        for name in ["companyId", "languageId"] {
            extension.get(name).map(|value| rules::int32(value, name)).transpose()?;
        }
    }
    Ok(())
}

fn is_address(value: &Value) -> bool {
    value
        .as_str()
        .and_then(|text| text.split_once('@'))
        .is_some_and(|(name, host)| !name.is_empty() && !host.is_empty())
}
