//! Groups: changed by PATCH alone, in the three forms that the text shows.

use serde_json::{Value, json};

use super::{is_id, located, operations, user};
use crate::support::strict::{
    CORE_GROUP, GROUPS,
    refusal::Refusal,
    rules::{self, Object, Operation},
    store::Store,
};

pub(super) fn find<'a>(store: &'a Store, id: &str) -> Result<&'a Value, Refusal> {
    let found = if is_id(id) { store.get(GROUPS, id) } else { None };
    found.ok_or_else(|| Refusal::missing("Specified Group could not be found."))
}

pub(super) fn shown(group: &Value) -> Value {
    let mut shown = group.clone();
    shown["meta"] = located(group, "Groups");
    shown["schemas"] = json!([CORE_GROUP]);
    shown
}

/// In a list they come without `schemas`.
pub(super) fn listed(group: &Value) -> Value {
    let mut listed = shown(group);
    listed.as_object_mut().unwrap().remove("schemas");
    listed
}

pub(super) fn create(store: &mut Store, body: &Object) -> Result<Value, Refusal> {
    rules::schemas(body, &[CORE_GROUP])?;
    rules::only(body, &["schemas", "displayName", "members"], "a group")?;
    let name = rules::text(rules::required(body, "displayName")?, "displayName")?;
    refuse_taken(store, "", name)?;
    let mut members = Vec::new();
    for sent in rules::list(body.get("members").unwrap_or(&json!([])), "members")? {
        add(&mut members, member(store, sent)?);
    }
    let group = json!({"schemas": [CORE_GROUP], "displayName": name, "members": members});
    Ok(store.create(GROUPS, group))
}

/// What the server shows of the members of a group that was made elsewhere.
pub(super) fn complete(store: &Store, group: &mut Value) {
    group["schemas"] = json!([CORE_GROUP]);
    let ids = group["members"].as_array().cloned().unwrap_or_default();
    let members: Vec<Value> =
        ids.iter().map(|sent| member(store, sent).expect("members are users")).collect();
    group["members"] = json!(members);
}

pub(super) fn patch(store: &mut Store, id: &str, body: &Object) -> Result<Value, Refusal> {
    let mut group = find(store, id)?.clone();
    for operation in operations(body)? {
        run(store, &mut group, &operation)?;
    }
    Ok(store.replace(GROUPS, id, group))
}

fn run(store: &Store, group: &mut Value, operation: &Operation<'_>) -> Result<(), Refusal> {
    match (operation.op, operation.path) {
        ("add", Some("members")) => {
            let sent = operation.value.unwrap_or(&Value::Null);
            let new = member(store, sent)?;
            add(members_of(group), new);
            Ok(())
        }
        ("remove", Some(path)) => {
            if operation.value.is_some_and(|value| *value != json!({})) {
                return Err(Refusal::syntax("remove takes no value"));
            }
            remove(members_of(group), path)
        }
        ("replace", Some("")) => rename(store, group, operation.value.unwrap_or(&Value::Null)),
        (_, None) => Err(Refusal::path("path is required")),
        (op, Some(path)) => Err(Refusal::path(format!("{path:?} is nothing to {op}"))),
    }
}

fn members_of(group: &mut Value) -> &mut Vec<Value> {
    group["members"].as_array_mut().expect("every group has a list of members")
}

/// Who is a member already is not one twice.
fn add(members: &mut Vec<Value>, new: Value) {
    if members.iter().all(|member| member["value"] != new["value"]) {
        members.push(new);
    }
}

/// `members[value eq "123"]`, in these very characters.
fn remove(members: &mut Vec<Value>, path: &str) -> Result<(), Refusal> {
    let id = path.strip_prefix("members[value eq \"").and_then(|rest| rest.strip_suffix("\"]"));
    let id = id.ok_or_else(|| Refusal::path(format!("{path:?} is nothing to remove")))?;
    let before = members.len();
    members.retain(|member| member["value"] != id);
    if members.len() == before {
        return Err(Refusal::new(400, "noTarget", "nobody of this id is a member"));
    }
    Ok(())
}

fn rename(store: &Store, group: &mut Value, value: &Value) -> Result<(), Refusal> {
    let sent = rules::object(value, "a value without a path")?;
    rules::only(sent, &["id", "displayName"], "a value without a path")?;
    let id = group["id"].as_str().unwrap_or_default();
    if sent.get("id").is_some_and(|sent| sent != id) {
        return Err(Refusal::mutability("id cannot be changed"));
    }
    let name = rules::text(rules::required(sent, "displayName")?, "displayName")?;
    refuse_taken(store, id, name)?;
    group["displayName"] = json!(name);
    Ok(())
}

fn refuse_taken(store: &Store, id: &str, name: &str) -> Result<(), Refusal> {
    if store.is_taken(GROUPS, id, "/displayName", name) {
        return Err(Refusal::taken("Another group has this displayName."));
    }
    Ok(())
}

/// One member: a user, by an id that is a text here, as the server shows it.
fn member(store: &Store, sent: &Value) -> Result<Value, Refusal> {
    let sent = rules::object(sent, "a member")?;
    rules::only(sent, &["value", "display", "$ref", "type"], "a member")?;
    let id = rules::text(rules::required(sent, "value")?, "value")?;
    if sent.get("type").is_some_and(|kind| kind != "User") {
        return Err(Refusal::value("only users can be members"));
    }
    let user = user::find(store, id)?;
    Ok(json!({"value": id, "display": user["userName"]}))
}
