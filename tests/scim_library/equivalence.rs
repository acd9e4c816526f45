//! Every dialect of PATCH says the same: by the letter of RFC 7644, a change
//! does to a resource what it does in the form of the standard.

use std::sync::Arc;

use proptest::prelude::*;
use scim_operator::scim::{
    codec::Codec,
    interpreter::apply,
    patch::{Operation, PatchRequest},
    path::{AttributePath, ENTERPRISE_SCHEMA, USER_SCHEMA},
    port::ResourceType::User,
    profile::Dialect,
    resource::Resource,
};
use serde_json::{Value, json};

fn person() -> Resource {
    let person = json!({
        "schemas": [USER_SCHEMA, ENTERPRISE_SCHEMA], "id": "7", "userName": "ada", "title": "Captain",
        "name": {"givenName": "Ada", "familyName": "Example"}, "externalId": "e-1", "active": true,
        "emails": [{"value": "ada@example.com", "type": "work", "primary": true}],
        ENTERPRISE_SCHEMA: {"department": "Engines", "costCenter": "1", "manager": {"value": "9"}},
    });
    Resource::from_value(person).unwrap()
}

/// What each leaf may become.
fn operation() -> impl Strategy<Value = Operation> {
    let text = || "[a-z]{1,3}".prop_map(Value::from);
    let single = prop::sample::select(vec![
        "title".to_owned(),
        "nickName".to_owned(),
        "externalId".to_owned(),
        "name.givenName".to_owned(),
        "name.familyName".to_owned(),
        "name.middleName".to_owned(),
        format!("{ENTERPRISE_SCHEMA}:department"),
        format!("{ENTERPRISE_SCHEMA}:division"),
        format!("{ENTERPRISE_SCHEMA}:manager.value"),
    ]);
    let path = |text: &str| AttributePath::parse(text).unwrap();
    prop_oneof![
        (single.clone(), text())
            .prop_map(move |(name, value)| Operation::Replace { path: path(&name), value }),
        single.prop_map(move |name| Operation::Remove { path: path(&name) }),
        any::<bool>()
            .prop_map(move |active| Operation::Replace { path: path("active"), value: active.into() }),
        text().prop_map(move |value| Operation::Replace {
            path: path("emails"),
            value: json!([{"value": value, "type": "home"}]),
        }),
    ]
}

fn dialect() -> impl Strategy<Value = Value> {
    let one_of = |values: &'static [&'static str]| prop::sample::select(values);
    (
        one_of(&["PathPerOperation", "ValueObject"]),
        one_of(&["Plain", "Urn"]),
        one_of(&["Urn", "Object", "ValueObject"]),
        prop::option::of(1..4_u32),
        prop::option::of(100..400_u32),
    )
        .prop_map(|(shape, core_path, extension_path, operations, bytes)| {
            json!({"patch": {
                "shape": shape, "corePath": core_path, "extensionPath": extension_path,
                "maxOperations": operations, "maxBytes": bytes,
            }})
        })
}

/// The resource after these bodies, one after the other.
fn changed(bodies: &[Value]) -> Resource {
    let mut person = person();
    for body in bodies {
        apply(&mut person, body).unwrap();
    }
    person
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn every_dialect_changes_a_resource_alike(
        overrides in dialect(),
        operations in prop::collection::vec(operation(), 1..6),
    ) {
        // A plan has each leaf once.
        let mut once: Vec<Operation> = Vec::new();
        for operation in operations {
            if once.iter().all(|known| leaf(known) != leaf(&operation)) {
                once.push(operation);
            }
        }
        let request = PatchRequest { operations: once };
        let dialect = Dialect::standard(overrides.as_object().unwrap()).unwrap();
        let bodies = Codec::new(Arc::new(dialect)).patches(User, "7", &request, &|_, _| None);
        prop_assert_eq!(changed(&bodies), changed(&[request.body()]), "{:?}", bodies);
        let most = overrides["patch"]["maxOperations"].as_u64().unwrap_or(u64::MAX);
        for body in &bodies {
            prop_assert!(body["Operations"].as_array().unwrap().len() as u64 <= most);
        }
    }
}

fn leaf(operation: &Operation) -> &AttributePath {
    match operation {
        Operation::Add { path, .. }
        | Operation::Replace { path, .. }
        | Operation::Remove { path }
        | Operation::RemoveValue { path, .. }
        | Operation::RemoveWhere { path, .. } => path,
    }
}
