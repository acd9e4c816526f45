//! Resources as a server sends them.

use serde_json::{Map, Value};

use super::{
    Kind, shape,
    values::{as_boolean, id_text},
};
use crate::scim::{
    path::AttributePath,
    profile::{Booleans, KeyCase, KindRules, Shape},
    resource::Resource,
};

/// The resource in an answer, as the standard has it. The errors show nothing
/// of it.
pub(super) fn resource(kind: Kind<'_>, body: Value) -> Result<Resource, &'static str> {
    let Value::Object(object) = body else { return Err("the body is not one resource") };
    if !says_one_id(kind, &object) {
        return Err("the resource has two different ids");
    }
    let mut object = shape::take(kind.profile.body.shape, kind.resource_type, object);
    if kind.profile.reading.key_case == KeyCase::Canonical {
        kind.spellings.known.spell(&mut object);
    }
    if kind.profile.reading.booleans == Booleans::Coerced {
        coerce(&mut object);
    }
    let mut resource = Resource::from_value(Value::Object(object)).unwrap_or_default();
    for (path, shown) in shown_elsewhere(kind.rules()) {
        let value = resource.get(&shown).cloned().unwrap_or_default();
        resource.set(&path, value);
    }
    Ok(resource)
}

/// The attributes that the server shows in others. What it shows in their own
/// place is something of its own, so it counts for nothing.
pub(super) fn shown_elsewhere(rules: &KindRules) -> impl Iterator<Item = (AttributePath, AttributePath)> {
    rules.attributes.iter().filter_map(|(path, rule)| {
        let shown = rule.shown_as.as_deref().and_then(AttributePath::parse)?;
        Some((AttributePath::parse(path)?, shown))
    })
}

/// Which of two ids is meant, nobody can tell; and whoever guesses wrong
/// changes somebody else.
fn says_one_id(kind: Kind<'_>, object: &Map<String, Value>) -> bool {
    let core = (kind.profile.body.shape == Shape::NestedCore)
        .then(|| shape::core_schema(kind.resource_type))
        .into_iter();
    let nested = core.flat_map(|schema| {
        let is_core = move |(key, _): &(&String, &Value)| key.eq_ignore_ascii_case(schema);
        object.iter().filter(is_core).filter_map(|(_, value)| value.as_object())
    });
    let scopes = std::iter::once(object).chain(nested);
    let ids = scopes.flat_map(|scope| scope.iter().filter(|(key, _)| key.eq_ignore_ascii_case("id")));
    let mut ids = ids.filter(|(_, id)| !id.is_null()).map(|(_, id)| id_text(id));
    let first = ids.next();
    first.is_none_or(|first| ids.all(|other| other == first))
}

/// `active`, and `primary` of each value (RFC 7643 §2.4, §4.1.1).
fn coerce(object: &mut Map<String, Value>) {
    for (name, value) in object.iter_mut() {
        if let Value::Array(values) = value {
            let parts = values.iter_mut().filter_map(Value::as_object_mut).flatten();
            parts
                .filter(|(part, _)| part.eq_ignore_ascii_case("primary"))
                .for_each(|(_, value)| as_meant(value));
        } else if name.eq_ignore_ascii_case("active") {
            as_meant(value);
        }
    }
}

fn as_meant(value: &mut Value) {
    if let Some(boolean) = as_boolean(value) {
        *value = Value::Bool(boolean);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::scim::{codec::fixtures::codec, path::USER_SCHEMA, port::ResourceType};

    fn read(overrides: &Value, body: Value) -> Result<Value, &'static str> {
        let resource = codec(overrides).read(ResourceType::User, body)?;
        Ok(Value::Object(resource.as_object().clone()))
    }

    fn nested() -> Value {
        json!({"body": {"shape": "NestedCore"}})
    }

    #[test]
    fn names_and_booleans_are_read_as_they_are_meant() {
        let sent = json!({
            "ID": 7, "UserName": "ada", "Active": "False", "EMAILS": [{"Value": "ada@example.com", "Primary": 1}],
            "shoes": {"Laced": "true"}, "Remote": "true",
        });
        let meant = json!({
            "id": 7, "userName": "ada", "active": false, "emails": [{"value": "ada@example.com", "primary": true}],
            "shoes": {"Laced": "true"}, "Remote": "true",
        });
        assert_eq!(read(&json!({}), sent.clone()).unwrap(), meant);
        let as_sent = json!({"reading": {"keyCase": "AsSent", "booleans": "AsSent"}});
        assert_eq!(read(&as_sent, sent.clone()).unwrap(), sent);
    }

    #[test]
    fn a_body_with_two_ids_is_nobody() {
        for body in [
            json!({"id": "1", "ID": "2"}),
            json!({"id": "1", "Id": 2}),
            json!({"id": "1", "iD": {}}),
            json!({"id": 1, "ID": 1.0}),
        ] {
            assert!(read(&json!({}), body.clone()).is_err(), "{body}");
        }
        for body in [json!({"id": "1", "ID": 1}), json!({"id": "1", "ID": null})] {
            let codec = codec(&json!({}));
            assert_eq!(codec.read(ResourceType::User, body).unwrap().id().as_deref(), Some("1"));
        }
    }

    #[test]
    fn a_body_with_another_id_under_its_schema_is_nobody() {
        let body = json!({"id": "1", USER_SCHEMA.to_uppercase(): {"Id": "2"}});
        assert!(read(&nested(), body.clone()).is_err());
        assert_eq!(read(&json!({}), body.clone()).unwrap()["id"], "1");
        let same = json!({"id": "1", USER_SCHEMA: {"id": 1, "userName": "ada"}});
        assert_eq!(read(&nested(), same).unwrap(), json!({"id": 1, "userName": "ada"}));
    }

    #[test]
    fn an_id_that_is_nothing_under_the_schema_leaves_the_one_at_the_top() {
        let body = json!({"id": "1", USER_SCHEMA: {"id": null, "userName": "ada"}});
        assert_eq!(read(&nested(), body).unwrap(), json!({"id": "1", "userName": "ada"}));
    }

    #[test]
    fn what_is_shown_elsewhere_is_read_from_there_and_from_nowhere_else() {
        let profile = json!({"users": {"attributes": {"userName": {"shownAs": "externalId"}}}});
        let body = json!({"id": "1", "userName": "made by the server", "externalId": "ada"});
        let expected = json!({"id": "1", "userName": "ada", "externalId": "ada"});
        assert_eq!(read(&profile, body).unwrap(), expected);
        let nobodys = json!({"id": "1", "userName": "made by the server"});
        assert_eq!(read(&profile, nobodys).unwrap(), json!({"id": "1"}));
    }

    #[test]
    fn what_is_no_object_is_no_resource() {
        for body in [json!([]), json!(null), json!("id"), json!(1)] {
            assert!(read(&json!({}), body).is_err());
        }
    }
}
