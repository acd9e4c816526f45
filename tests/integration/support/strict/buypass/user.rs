//! Users: a national identity number, what the tenant's customer says of it,
//! and what only the server knows.

use scim_operator::scim::{interpreter, resource::Resource};
use serde_json::{Value, json};

use super::{BASE, CORE_USER, FIDO2, META, NIN, TENANT, UPN, national_id};
use crate::support::strict::{
    PATCH_OP, USERS,
    refusal::Refusal,
    rules::{self, Object, Operation},
    server::Asked,
    store::Store,
};

/// What a client may write.
const WRITABLE: [&str; 6] = ["userName", "externalId", "phoneNumbers", "emails", "entitlements", UPN];

/// What it may only read.
const READ_ONLY: [&str; 7] = ["id", "meta", "name", "active", FIDO2, META, NIN];

const ENTITLEMENTS: [&str; 2] = ["allow_smartcard", "allow_mobile_id"];

/// What the tenant gives to whoever is given nothing.
const DEFAULT_ENTITLEMENT: &str = ENTITLEMENTS[1];

pub(super) fn find<'a>(store: &'a Store, id: &str) -> Result<&'a Value, Refusal> {
    store.get(USERS, id).ok_or_else(|| Refusal::missing("there is no such user"))
}

pub(super) fn shown(user: &Value, asked: &Asked) -> Value {
    let mut shown = user.clone();
    let host = asked.header("host").unwrap_or_default();
    let id = user["id"].as_str().unwrap_or_default();
    shown["meta"]["location"] = json!(format!("https://{host}{BASE}/Tenants/{TENANT}/Users/{id}"));
    shown
}

pub(super) fn create(store: &mut Store, body: &Object) -> Result<Value, Refusal> {
    let mut user = read(body, false)?;
    let name = rules::text(rules::required(body, "userName")?, "userName")?;
    if !national_id::is_one(name) {
        return Err(Refusal::value("userName is not a national identity number"));
    }
    check(&user)?;
    if store.is_taken(USERS, "", "/userName", name) {
        return Err(Refusal::taken("the tenant has this user already"));
    }
    complete(&mut user);
    Ok(store.create(USERS, user))
}

/// What the server itself knows of a user, and the tenant's entitlements for
/// whoever has none.
pub(super) fn complete(user: &mut Value) {
    let number = user["userName"].as_str().unwrap_or_default().to_owned();
    // In a D-number, 4 is added to the first digit.
    let kind = if number.as_str() >= "4" { "D-number" } else { "national" };
    for (key, value) in [
        ("name", json!({"familyName": "Jensen", "givenName": "Barbara", "middleName": "Jane"})),
        ("active", json!(true)),
        (META, json!({"lastSuccessfulLogin": "", "lastFailedLogin": "", "loginAttempts": "0"})),
        (NIN, json!({"nin": number, "issuingCountry": "NO", "ninType": kind})),
    ] {
        if user[key].is_null() {
            user[key] = value;
        }
    }
    if user["entitlements"].as_array().is_none_or(Vec::is_empty) {
        user["entitlements"] = json!([{"value": DEFAULT_ENTITLEMENT}]);
    }
    user.as_object_mut().expect("a user is an object").retain(|_, value| !value.is_null());
    let extensions = [UPN, FIDO2, META, NIN].into_iter().filter(|urn| user.get(urn).is_some());
    user["schemas"] = std::iter::once(CORE_USER).chain(extensions).collect();
}

/// PUT: what a client may write and leaves out is gone; the rest stays.
pub(super) fn replace(store: &mut Store, id: &str, body: &Object) -> Result<Value, Refusal> {
    let before = find(store, id)?;
    if body.get("id").is_some_and(|sent| sent != id) {
        return Err(Refusal::mutability("id cannot be changed"));
    }
    rules::required(body, "userName")?;
    let sent = read(body, true)?;
    let mut user = before.clone();
    for name in WRITABLE {
        user[name] = sent.get(name).cloned().unwrap_or_default();
    }
    finish(store, id, user)
}

pub(super) fn patch(store: &mut Store, id: &str, body: &Object) -> Result<Value, Refusal> {
    let before = find(store, id)?.clone();
    rules::schemas(body, &[PATCH_OP])?;
    for operation in rules::operations(body, "Operations")? {
        allow(&operation)?;
    }
    let mut resource = Resource::from_value(before).expect("what is kept is an object");
    interpreter::apply(&mut resource, &Value::Object(body.clone()))?;
    finish(store, id, Value::Object(resource.as_object().clone()))
}

fn finish(store: &mut Store, id: &str, mut user: Value) -> Result<Value, Refusal> {
    user.as_object_mut().expect("a user is an object").retain(|_, value| !value.is_null());
    check(&user)?;
    if user["userName"] != find(store, id)?["userName"] {
        return Err(Refusal::mutability("userName cannot be changed"));
    }
    complete(&mut user);
    Ok(store.replace(USERS, id, user))
}

/// What a client may write, out of a body with nothing else in it.
fn read(body: &Object, is_replacement: bool) -> Result<Value, Refusal> {
    let named = body.get("schemas").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let has = |urn: &str| named.iter().any(|named| named == urn);
    let known = named.iter().all(|named| named == CORE_USER || named == UPN);
    if !has(CORE_USER) || !known || (body.contains_key(UPN) && !has(UPN)) {
        return Err(Refusal::value("schemas does not name what is in the body"));
    }
    for key in body.keys().map(String::as_str) {
        let is_expected = key == "schemas" || (is_replacement && key == "id");
        if !is_expected {
            allow_name(key)?;
        }
    }
    Ok(Value::Object(body.clone()))
}

fn allow_name(name: &str) -> Result<(), Refusal> {
    if READ_ONLY.contains(&name) {
        return Err(Refusal::mutability(format!("{name} is read-only")));
    }
    if WRITABLE.contains(&name) { Ok(()) } else { Err(Refusal::path(format!("a user has no {name}"))) }
}

/// Of what is read-only, one thing can be done: a security device can be
/// removed from its user.
fn allow(operation: &Operation<'_>) -> Result<(), Refusal> {
    let Some(path) = operation.path else {
        let value = rules::object(operation.value.unwrap_or(&Value::Null), "a value without a path")?;
        return value.keys().try_for_each(|name| allow_name(name));
    };
    if operation.op == "remove" && is_device(path) {
        return Ok(());
    }
    let extension = [UPN, FIDO2, META, NIN].into_iter().find(|urn| path.starts_with(urn));
    let core = path.strip_prefix(CORE_USER).and_then(|rest| rest.strip_prefix(':')).unwrap_or(path);
    allow_name(extension.unwrap_or_else(|| core.split(['.', '[']).next().unwrap_or_default()))
}

/// `…:fido2Credentials[credentialId eq "…"]`
fn is_device(path: &str) -> bool {
    let selection = path.strip_prefix(FIDO2).and_then(|rest| rest.strip_prefix(":fido2Credentials["));
    let id = selection.and_then(|rest| rest.strip_prefix("credentialId eq \"")?.strip_suffix("\"]"));
    id.is_some_and(|id| !id.contains('"'))
}

/// That everything is of its kind, and no more of it than the tenant keeps.
fn check(user: &Value) -> Result<(), Refusal> {
    let attributes = rules::object(user, "a user")?;
    rules::text(rules::required(attributes, "externalId")?, "externalId")?;
    single(user, "phoneNumbers", is_phone_number)?;
    single(user, "emails", is_address)?;
    if let Some(entitlements) = user.get("entitlements") {
        rules::values(entitlements, &["value"], "entitlements")?;
        let mut values: Vec<_> =
            entitlements.as_array().into_iter().flatten().filter_map(|it| it["value"].as_str()).collect();
        values.sort_unstable();
        if values.windows(2).any(|pair| pair[0] == pair[1]) {
            return Err(Refusal::value("entitlements names one twice"));
        }
        if let Some(unknown) = values.into_iter().find(|value| !ENTITLEMENTS.contains(value)) {
            return Err(Refusal::value(format!("there is no entitlement {unknown}")));
        }
    }
    if let Some(upn) = user.get(UPN) {
        let upn = rules::object(upn, UPN)?;
        rules::only(upn, &["upn"], UPN)?;
        if !is_address(rules::text(rules::required(upn, "upn")?, "upn")?) {
            return Err(Refusal::value("upn is not in the format of an e-mail address"));
        }
    }
    Ok(())
}

/// At most one value, and nothing but the value.
fn single(user: &Value, name: &str, is_one: fn(&str) -> bool) -> Result<(), Refusal> {
    let Some(values) = user.get(name) else { return Ok(()) };
    rules::values(values, &["value"], name)?;
    let values = values.as_array().map_or(&[][..], Vec::as_slice);
    if values.len() > 1 {
        return Err(Refusal::value(format!("{name} has more than one value")));
    }
    match values.iter().filter_map(|value| value["value"].as_str()).find(|value| !is_one(value)) {
        Some(_) => Err(Refusal::value(format!("{name} has a value of another format"))),
        None => Ok(()),
    }
}

/// E.164: a plus sign, and up to fifteen digits that do not begin with 0.
fn is_phone_number(text: &str) -> bool {
    text.strip_prefix('+').is_some_and(|digits| {
        (2..=15).contains(&digits.len())
            && !digits.starts_with('0')
            && digits.bytes().all(|digit| digit.is_ascii_digit())
    })
}

fn is_address(text: &str) -> bool {
    text.split_once('@').is_some_and(|(name, host)| {
        !name.is_empty() && host.contains('.') && !text.contains(char::is_whitespace)
    })
}
