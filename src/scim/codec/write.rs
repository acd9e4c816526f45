//! Resources as a server wants them.

use serde_json::{Map, Value, json};

use super::{Addresses, Kind, members, shape, values::id_value};
use crate::scim::{
    path::AttributePath,
    port::ResourceType,
    profile::{AtCreation, Mutability, Sent},
    resource::{Resource, find, is_absent},
};

/// The body of a POST.
pub(super) fn creation(kind: Kind<'_>, resource: &Resource, addresses: Addresses<'_>) -> Value {
    let mut resource = resource.clone();
    if kind.resource_type == ResourceType::Group {
        let path = AttributePath::core("members");
        if let Some(Value::Array(values)) = resource.get(&path).cloned() {
            let rules = &kind.profile.members;
            let values = values.iter().map(|member| members::outgoing(rules, member, addresses)).collect();
            resource.set(&path, values);
        }
    }
    let mut object = resource.as_object().clone();
    let says_nobody = kind.profile.members.at_creation == AtCreation::Empty;
    if kind.resource_type == ResourceType::Group && says_nobody && find(&object, "members").is_none() {
        object.insert("members".to_owned(), json!([]));
    }
    finished(kind, object)
}

/// The body of a PUT. What the profile says that a PUT does not have is left
/// out; members go as they are, because those who stay are the server's own
/// words.
pub(super) fn replacement(kind: Kind<'_>, resource: &Resource) -> Value {
    let mut object = resource.as_object().clone();
    if !kind.profile.put.with_id {
        remove(&mut object, "id");
    }
    if kind.resource_type == ResourceType::Group && !kind.profile.members.in_put {
        remove(&mut object, "members");
    }
    leave_out(kind, &mut object, None);
    for urn in object.keys().filter(|key| shape::is_urn(key)).cloned().collect::<Vec<_>>() {
        let Some(Value::Object(extension)) = object.get_mut(&urn) else { continue };
        leave_out(kind, extension, Some(&urn));
        if extension.is_empty() {
            object.remove(&urn);
            unname(&mut object, &urn);
        }
    }
    finished(kind, object)
}

/// Leaves out what is not for a PUT, of one schema.
fn leave_out(kind: Kind<'_>, scope: &mut Map<String, Value>, schema: Option<&str>) {
    let path = |name: &str| match schema {
        Some(schema) => AttributePath::extension(schema, name),
        None => AttributePath::core(name),
    };
    scope.retain(|name, _| is_for_put(kind, &path(name)));
    for (name, value) in scope.iter_mut() {
        if let Value::Object(parts) = value
            && !shape::is_urn(name)
        {
            parts.retain(|part, _| is_for_put(kind, &path(name).sub(part)));
        }
    }
    scope.retain(|_, value| !matches!(value, Value::Object(parts) if parts.is_empty()));
}

fn is_for_put(kind: Kind<'_>, path: &AttributePath) -> bool {
    let rules = kind.rules();
    let only_at_creation = rules.rule(path).is_some_and(|rule| rule.sent == Sent::AtCreation);
    !only_at_creation && rules.mutability(path) != Mutability::ReadOnly
}

/// With the schemas, the spelling, the ids and the shape of the server.
fn finished(kind: Kind<'_>, mut object: Map<String, Value>) -> Value {
    if find(&object, "schemas").is_none_or(is_absent) {
        remove(&mut object, "schemas");
        let extensions = object.keys().filter(|key| shape::is_urn(key)).map(String::as_str);
        let schemas: Vec<&str> =
            std::iter::once(shape::core_schema(kind.resource_type)).chain(extensions).collect();
        object.insert("schemas".to_owned(), json!(schemas));
    }
    for (urn, _) in kind.rules().extensions.iter().filter(|(_, rule)| rule.required) {
        name(&mut object, urn);
    }
    kind.spellings.listed.spell(&mut object);
    for (_, id) in object.iter_mut().filter(|(name, _)| name.eq_ignore_ascii_case("id")) {
        *id = id_value(kind.rules().id_type, id.take());
    }
    Value::Object(shape::give(kind.profile.body.shape, kind.resource_type, object))
}

fn remove(object: &mut Map<String, Value>, attribute: &str) {
    object.retain(|name, _| !name.eq_ignore_ascii_case(attribute));
}

/// `schemas` names the extensions that are there, and no others (RFC 7643
/// §3).
fn unname(object: &mut Map<String, Value>, urn: &str) {
    if let Some(schemas) = schemas(object) {
        schemas.retain(|schema| !is_schema(schema, urn));
    }
}

fn name(object: &mut Map<String, Value>, urn: &str) {
    let schemas = schemas(object).filter(|schemas| !schemas.iter().any(|schema| is_schema(schema, urn)));
    if let Some(schemas) = schemas {
        schemas.push(urn.into());
    }
}

fn schemas(object: &mut Map<String, Value>) -> Option<&mut Vec<Value>> {
    object.iter_mut().find(|(name, _)| name.eq_ignore_ascii_case("schemas"))?.1.as_array_mut()
}

fn is_schema(schema: &Value, urn: &str) -> bool {
    schema.as_str().is_some_and(|schema| schema.eq_ignore_ascii_case(urn))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scim::{
        codec::fixtures::{codec, nowhere, resource},
        path::{GROUP_SCHEMA, USER_SCHEMA},
    };

    const URN: &str = "urn:example:params:scim:schemas:expanded:2.0:User";

    fn put(overrides: &Value, kind: ResourceType, body: Value) -> Value {
        codec(overrides).replacement(kind, &resource(body))
    }

    fn post(overrides: &Value, kind: ResourceType, body: Value) -> Value {
        codec(overrides).creation(kind, &resource(body), &nowhere)
    }

    #[test]
    fn the_standard_sends_what_it_is_given() {
        let user = json!({
            "schemas": [USER_SCHEMA], "id": "7", "userName": "ada", "Shoes": 4, "password": "x",
            URN: {"LanguageId": 9}, "emails": [{"VALUE": "ada@example.com"}],
        });
        assert_eq!(put(&json!({}), ResourceType::User, user.clone()), user);
        assert_eq!(post(&json!({}), ResourceType::User, user.clone()), user);
        let group = json!({
            "schemas": [GROUP_SCHEMA], "id": 7, "displayName": "g",
            "members": [{"value": 1, "display": "Ada", "$ref": "x", "type": "User"}],
        });
        assert_eq!(put(&json!({}), ResourceType::Group, group.clone()), group);
    }

    #[test]
    fn a_put_leaves_out_what_the_server_alone_sets_and_what_is_for_the_creation() {
        let profile = json!({
            "put": {"withId": false},
            "users": {
                "attributes": {
                    "userName": {"required": false, "mutability": "ReadOnly"},
                    "nickName": {"sent": "AtCreation"},
                    "emails": {"mutability": "Immutable"},
                    "name.formatted": {"mutability": "ReadOnly"},
                    format!("{URN}:own"): {},
                },
                "extensions": {
                    URN: {"mutability": "ReadOnly"},
                    "urn:example:meta:User": {"mutability": "ReadOnly"},
                },
            },
        });
        let read = json!({
            "schemas": [USER_SCHEMA, URN, "urn:example:meta:User"], "id": "7", "UserName": "ada", "nickName": "a",
            "emails": [{"value": "ada@example.com"}], "name": {"formatted": "Ada E.", "givenName": "Ada"},
            URN: {"companyId": 1, "own": 2}, "urn:example:meta:User": {"logins": 3},
        });
        let sent = json!({
            "schemas": [USER_SCHEMA, URN], "emails": [{"value": "ada@example.com"}],
            "name": {"givenName": "Ada"}, URN: {"own": 2},
        });
        assert_eq!(put(&profile, ResourceType::User, read), sent);
    }

    #[test]
    fn members_stay_out_of_a_put_where_the_server_refuses_them_there() {
        let group = json!({"schemas": [GROUP_SCHEMA], "displayName": "g", "members": [{"value": "1"}]});
        let sent = put(&json!({"members": {"inPut": false}}), ResourceType::Group, group);
        assert_eq!(sent, json!({"schemas": [GROUP_SCHEMA], "displayName": "g"}));
    }

    #[test]
    fn a_creation_says_nobody_or_those_who_are_known() {
        let group = json!({"schemas": [GROUP_SCHEMA], "displayName": "g"});
        let sent = post(&json!({"members": {"atCreation": "Empty"}}), ResourceType::Group, group);
        assert_eq!(sent["members"], json!([]));
        let member = json!({"value": "1", "type": "User", "display": "Ada"});
        let group = json!({"schemas": [GROUP_SCHEMA], "displayName": "g", "members": [member]});
        let profile = json!({"members": {"atCreation": "Inline", "display": true}});
        let sent = post(&profile, ResourceType::Group, group);
        assert_eq!(sent["members"], json!([{"value": "1", "display": "Ada"}]));
    }

    #[test]
    fn schemas_are_named_where_the_server_never_did() {
        let read = json!({"id": 7, "userName": "ada", URN: {"a": 1}});
        let sent = put(&json!({"users": {"idType": "Integer"}}), ResourceType::User, read);
        assert_eq!((&sent["schemas"], &sent["id"]), (&json!([USER_SCHEMA, URN]), &json!(7)));
    }

    #[test]
    fn an_extension_that_every_resource_needs_is_named_once_whether_or_not_it_has_a_value() {
        let profile = json!({"users": {"extensions": {URN: {"required": true}}}});
        for body in [
            json!({"schemas": [USER_SCHEMA], "userName": "ada"}),
            json!({"schemas": [USER_SCHEMA, URN.to_uppercase()], "userName": "ada"}),
            json!({"userName": "ada"}),
        ] {
            let sent = post(&profile, ResourceType::User, body);
            let named: Vec<String> = serde_json::from_value(sent["schemas"].clone()).unwrap();
            assert_eq!(
                named.iter().filter(|schema| schema.eq_ignore_ascii_case(URN)).count(),
                1,
                "{named:?}"
            );
        }
    }

    #[test]
    fn ids_and_names_are_written_as_the_profile_has_them() {
        let profile =
            json!({"users": {"idType": "Integer", "attributes": {format!("{URN}:languageId"): {}}}});
        let sent =
            put(&profile, ResourceType::User, json!({"id": "7", URN.to_uppercase(): {"LanguageId": 9}}));
        assert_eq!((&sent["id"], &sent[URN]), (&json!(7), &json!({"languageId": 9})));
    }

    #[test]
    fn core_attributes_go_under_their_schema_where_the_server_has_them_there() {
        let user = json!({"schemas": [USER_SCHEMA], "userName": "ada", "password": "x"});
        let sent = post(&json!({"body": {"shape": "NestedCore"}}), ResourceType::User, user);
        assert_eq!(
            sent,
            json!({"schemas": [USER_SCHEMA], USER_SCHEMA: {"userName": "ada", "password": "x"}})
        );
    }
}
