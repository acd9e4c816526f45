//! Users: canonical inside, nested under the URN outside.

use scim_operator::scim::{interpreter, resource::Resource};
use serde_json::{Value, json};

use super::{BASE, CORE_USER};
use crate::support::strict::{
    PATCH_OP, USERS,
    refusal::Refusal,
    rules::{self, Object, Operation},
    store::Store,
};

/// What the text lists, by the names of RFC 7643 where it has one. The others
/// are called as the text heads them.
const ATTRIBUTES: [&str; 11] = [
    "userName",
    "displayName",
    "emails",
    "phoneNumbers",
    "userMetadata",
    "active",
    "preferredLanguage",
    "roles",
    "multiFactorAuthentication",
    "groups",
    "password",
];

/// What RFC 7643 §3.1 has outside of every schema; it is the extra identifier
/// of the text.
const OUTSIDE: &str = "externalId";

pub(super) fn find<'a>(store: &'a Store, id: &str) -> Result<&'a Value, Refusal> {
    store.get(USERS, id).ok_or_else(|| Refusal::missing("there is no such user"))
}

pub(super) fn shown(user: &Value) -> Value {
    let id = user["id"].as_str().unwrap_or_default();
    let mut shown = json!({"schemas": [CORE_USER], "id": id, "meta": user["meta"]});
    shown["meta"]["location"] = json!(format!("{BASE}/Users/{id}"));
    if let Some(external_id) = user.get(OUTSIDE) {
        shown[OUTSIDE] = external_id.clone();
    }
    for (name, value) in user.as_object().into_iter().flatten() {
        if ATTRIBUTES.contains(&name.as_str()) {
            shown[CORE_USER][name] = value.clone();
        }
    }
    shown
}

pub(super) fn create(store: &mut Store, body: &Object) -> Result<Value, Refusal> {
    let mut user = read(body, &["schemas", OUTSIDE, CORE_USER])?;
    complete(&mut user);
    check(store, "", &user)?;
    Ok(store.create(USERS, user))
}

/// Whoever comes without `active` is.
pub(super) fn complete(user: &mut Value) {
    user["schemas"] = json!([CORE_USER]);
    if user["active"].is_null() {
        user["active"] = json!(true);
    }
}

/// PUT: the complete user. What is left out is gone, but for the password,
/// which nobody can have read.
pub(super) fn replace(store: &mut Store, id: &str, body: &Object) -> Result<Value, Refusal> {
    find(store, id)?;
    if body.get("id").is_some_and(|sent| sent != id) {
        return Err(Refusal::mutability("id cannot be changed"));
    }
    let mut user = read(body, &["schemas", "id", OUTSIDE, CORE_USER])?;
    complete(&mut user);
    check(store, id, &user)?;
    Ok(store.replace(USERS, id, user))
}

/// PATCH: "allows updating a single attribute".
pub(super) fn patch(store: &mut Store, id: &str, body: &Object) -> Result<Value, Refusal> {
    let mut user = find(store, id)?.clone();
    rules::schemas(body, &[PATCH_OP])?;
    let mut named = Vec::new();
    for operation in rules::operations(body, "Operations")? {
        named.append(&mut attributes(&operation)?);
    }
    named.sort();
    named.dedup();
    if let [_, second, ..] = named.as_slice() {
        return Err(Refusal::value(format!(
            "a PATCH is about a single attribute, and not about {second} too"
        )));
    }
    user = applied(user, &Value::Object(body.clone()))?;
    complete(&mut user);
    check(store, id, &user)?;
    Ok(store.replace(USERS, id, user))
}

fn applied(user: Value, body: &Value) -> Result<Value, Refusal> {
    let mut resource = Resource::from_value(user).expect("what is kept is an object");
    interpreter::apply(&mut resource, body)?;
    Ok(Value::Object(resource.as_object().clone()))
}

/// Which attributes an operation is about. Each is named by its whole path.
fn attributes(operation: &Operation<'_>) -> Result<Vec<String>, Refusal> {
    let Some(path) = operation.path else {
        let value = rules::object(operation.value.unwrap_or(&Value::Null), "a value without a path")?;
        rules::only(value, &[OUTSIDE, CORE_USER], "a value without a path")?;
        let core = value.get(CORE_USER).map(|core| rules::object(core, CORE_USER)).transpose()?;
        core.map_or(Ok(()), |core| rules::only(core, &ATTRIBUTES, "a user"))?;
        let outside = value.keys().filter(|key| *key == OUTSIDE);
        return Ok(core.into_iter().flat_map(Object::keys).chain(outside).cloned().collect());
    };
    let attribute = path.strip_prefix(CORE_USER).and_then(|rest| rest.strip_prefix(':'));
    let name = attribute.unwrap_or_default().split(['.', '[']).next().unwrap_or_default();
    if path == OUTSIDE || ATTRIBUTES.contains(&name) {
        return Ok(vec![if path == OUTSIDE { OUTSIDE } else { name }.to_owned()]);
    }
    Err(Refusal::path(format!("there is no {path}; paths begin with {CORE_USER}:")))
}

/// The canonical form of a body.
fn read(body: &Object, allowed: &[&str]) -> Result<Value, Refusal> {
    rules::schemas(body, &[CORE_USER])?;
    rules::only(body, allowed, "a user, outside of the core schema,")?;
    let core = rules::object(rules::required(body, CORE_USER)?, CORE_USER)?;
    rules::only(core, &ATTRIBUTES, "a user")?;
    let mut user = Value::Object(core.clone());
    if let Some(external_id) = body.get(OUTSIDE) {
        user[OUTSIDE] = external_id.clone();
    }
    Ok(user)
}

/// That everything is of its kind, and nobody else's.
fn check(store: &Store, id: &str, user: &Value) -> Result<(), Refusal> {
    let attributes = rules::object(user, "a user")?;
    let name = rules::text(rules::required(attributes, "userName")?, "userName")?;
    for (key, value) in attributes {
        match key.as_str() {
            "displayName" | "preferredLanguage" | "password" | OUTSIDE => drop(rules::text(value, key)?),
            "active" => drop(rules::boolean(value, key)?),
            "emails" | "phoneNumbers" | "roles" => {
                rules::values(value, &["value", "type", "primary", "display"], key)?;
            }
            "groups" => rules::values(value, &["value", "type", "display", "$ref"], key)?,
            _ => {}
        }
    }
    if store.is_taken(USERS, id, "/userName", name) {
        return Err(Refusal::taken("another user has this userName"));
    }
    // People log in with it.
    if store.email_is_taken(id, &user["emails"]) {
        return Err(Refusal::taken("another user has this e-mail address"));
    }
    Ok(())
}
