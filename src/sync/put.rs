//! PUT, for servers without PATCH (RFC 7644 §3.5.1): the whole resource as it
//! was read, with what has to change.

use super::diff::Change;
use crate::scim::{
    path::{AttributePath, GROUP_SCHEMA},
    resource::{Resource, find},
};

/// What takes the place of a resource that was just read. What a PUT leaves
/// out is cleared, so everything that was read is in it, known or not; only
/// what the server alone sets is not (RFC 7643 §3.1, §4.1.2). A password is
/// in it only where it is one of the changes.
pub fn body(observed: &Resource, changes: &[Change]) -> Resource {
    let mut body = observed.clone();
    for attribute in ["meta", "password"] {
        body.remove(&AttributePath::core(attribute));
    }
    if !is_group(observed) {
        body.remove(&AttributePath::core("groups"));
    }
    applied(body, changes)
}

/// A resource with these changes.
pub fn applied(mut resource: Resource, changes: &[Change]) -> Resource {
    for change in changes {
        match &change.value {
            Some(value) => resource.set(&change.path, value.clone()),
            None => resource.remove(&change.path),
        }
    }
    resource
}

/// `groups` is a user's attribute; a group that has one has its own.
fn is_group(resource: &Resource) -> bool {
    let schemas = find(resource.as_object(), "schemas").and_then(serde_json::Value::as_array);
    let is_group = |schema: &serde_json::Value| {
        schema.as_str().is_some_and(|schema| schema.eq_ignore_ascii_case(GROUP_SCHEMA))
    };
    schemas.is_some_and(|schemas| schemas.iter().any(is_group))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::scim::path::{ENTERPRISE_SCHEMA, USER_SCHEMA};

    fn put(observed: Value, changes: &[Change]) -> Value {
        serde_json::to_value(body(&Resource::from_value(observed).unwrap(), changes)).unwrap()
    }

    fn set(path: AttributePath, value: Value) -> Change {
        Change { path, value: Some(value) }
    }

    #[test]
    fn what_nobody_manages_is_sent_back_and_what_only_the_server_sets_is_not() {
        let observed = json!({
            "schemas": [USER_SCHEMA], "id": "1", "userName": "alice", "shoeSize": 44, "title": "Boss",
            "password": "{hash}", "groups": [{"value": "9"}], "meta": {"version": "W/\"1\""},
        });
        let changes = [
            set(AttributePath::extension(ENTERPRISE_SCHEMA, "department"), json!("R&D")),
            Change { path: AttributePath::core("title"), value: None },
        ];
        assert_eq!(
            put(observed, &changes),
            json!({
                "schemas": [USER_SCHEMA, ENTERPRISE_SCHEMA], "id": "1", "userName": "alice", "shoeSize": 44,
                ENTERPRISE_SCHEMA: {"department": "R&D"},
            })
        );
    }

    #[test]
    fn a_password_is_sent_only_where_it_changes() {
        let observed = json!({"schemas": [USER_SCHEMA], "id": "1"});
        let password = set(AttributePath::core("password"), json!("new"));
        assert_eq!(put(observed.clone(), &[password])["password"], "new");
        assert_eq!(put(observed, &[]).get("password"), None);
    }

    #[test]
    fn a_group_keeps_an_attribute_of_its_own_that_users_have_from_the_server() {
        let observed = json!({"schemas": [GROUP_SCHEMA], "id": "1", "groups": ["a"]});
        assert_eq!(put(observed, &[])["groups"], json!(["a"]));
    }
}
