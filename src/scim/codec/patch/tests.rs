use super::*;
use crate::scim::{
    codec::fixtures::{codec, nowhere},
    path::{ENTERPRISE_SCHEMA, GROUP_SCHEMA, USER_SCHEMA},
};

const USER: ResourceType = ResourceType::User;
const GROUP: ResourceType = ResourceType::Group;

fn sent(overrides: &Value, kind: ResourceType, operations: &[Operation]) -> Vec<Value> {
    let request = PatchRequest { operations: operations.to_vec() };
    codec(overrides).patches(kind, "7", &request, &nowhere)
}

/// The operations of the one request that there is.
fn operations(overrides: &Value, kind: ResourceType, operations: &[Operation]) -> Value {
    let mut bodies = sent(overrides, kind, operations);
    assert_eq!(bodies.len(), 1, "{bodies:?}");
    bodies[0]["Operations"].take()
}

fn set(path: &str, value: Value) -> Operation {
    Operation::Replace { path: AttributePath::parse(path).unwrap(), value }
}

fn clear(path: &str) -> Operation {
    Operation::Remove { path: AttributePath::parse(path).unwrap() }
}

fn add(ids: impl IntoIterator<Item = usize>) -> Operation {
    let values = ids.into_iter().map(|id| json!({"value": id.to_string()})).collect();
    Operation::Add { path: AttributePath::core("members"), values }
}

fn drop(id: usize) -> Operation {
    Operation::RemoveValue { path: AttributePath::core("members"), value: id.to_string() }
}

fn department() -> String {
    format!("{ENTERPRISE_SCHEMA}:department")
}

fn name_title_and_department() -> [Operation; 4] {
    [
        set("name.givenName", json!("Ada")),
        set("title", json!("Captain")),
        set(&department(), json!("R&D")),
        set("name.familyName", json!("Example")),
    ]
}

#[test]
fn the_standard_sends_the_request_as_it_is() {
    let request = PatchRequest {
        operations: vec![
            set("name.givenName", json!("Ada")),
            set(&department(), json!("R&D")),
            clear("title"),
            clear("emails"),
            Operation::RemoveValue { path: AttributePath::core("emails"), value: "a\"b".to_owned() },
            Operation::Add {
                path: AttributePath::core("emails"),
                values: vec![json!({"value": "x", "display": "X"})],
            },
        ],
    };
    assert_eq!(codec(&json!({})).patches(USER, "7", &request, &nowhere), [request.body()]);
    let request = PatchRequest { operations: vec![add(1..3), drop(3), drop(4)] };
    assert_eq!(codec(&json!({})).patches(GROUP, "7", &request, &nowhere), [request.body()]);
}

#[test]
fn the_envelope_is_the_servers() {
    let dialect = json!({"patch": {"operationsKey": "operations", "schemas": false}});
    let operation = json!({"op": "replace", "path": "title", "value": "Captain"});
    assert_eq!(sent(&dialect, USER, &[set("title", json!("Captain"))]), [json!({"operations": [operation]})]);
}

#[test]
fn all_that_is_set_goes_into_one_value() {
    let dialect = json!({"patch": {"shape": "ValueObject"}});
    let value = json!({
        "name": {"givenName": "Ada", "familyName": "Example"}, "title": "Captain",
        ENTERPRISE_SCHEMA: {"department": "R&D"},
    });
    let expected = json!([{"op": "replace", "value": value}]);
    assert_eq!(operations(&dialect, USER, &name_title_and_department()), expected);
    let named = json!({"patch": {"shape": "ValueObject", "emptyPath": "Empty", "withId": true}, "users": {"idType": "Integer"}});
    let expected = json!([{"op": "replace", "path": "", "value": {"id": 7, "title": "Captain"}}]);
    assert_eq!(operations(&named, USER, &[set("title", json!("Captain"))]), expected);
}

#[test]
fn the_value_has_the_shape_of_the_server() {
    let nested = json!({"patch": {"shape": "ValueObject"}, "body": {"shape": "NestedCore"}});
    let expected = json!([{"op": "replace", "value": {USER_SCHEMA: {"name": {"givenName": "Ada"}}}}]);
    assert_eq!(operations(&nested, USER, &[set("name.givenName", json!("Ada"))]), expected);
    let dotted = json!({"patch": {"shape": "ValueObject"}, "body": {"shape": "DottedKeys"}});
    let expected = json!([{"op": "replace", "value": {"name.givenName": "Ada"}}]);
    assert_eq!(operations(&dotted, USER, &[set("name.givenName", json!("Ada"))]), expected);
}

#[test]
fn core_attributes_have_their_schema_in_the_path_where_the_server_wants_it() {
    let dialect = json!({"patch": {"corePath": "Urn"}});
    assert_eq!(
        operations(
            &dialect,
            USER,
            &[set("name.givenName", json!("Ada")), clear("title"), clear("externalId")]
        ),
        json!([
            {"op": "replace", "path": format!("{USER_SCHEMA}:name.givenName"), "value": "Ada"},
            {"op": "remove", "path": format!("{USER_SCHEMA}:title")},
            {"op": "remove", "path": "externalId"},
        ])
    );
    let path = format!("{GROUP_SCHEMA}:members[value eq \"1\"]");
    assert_eq!(operations(&dialect, GROUP, &[drop(1)]), json!([{"op": "remove", "path": path}]));
}

#[test]
fn extensions_are_addressed_as_the_server_wants_it() {
    let manager = format!("{ENTERPRISE_SCHEMA}:manager.value");
    let both = [set(&department(), json!("R&D")), set("title", json!("x")), set(&manager, json!("9"))];
    let title = json!({"op": "replace", "path": "title", "value": "x"});
    let value = json!({"department": "R&D", "manager": {"value": "9"}});
    let object = json!({"patch": {"extensionPath": "Object"}});
    assert_eq!(
        operations(&object, USER, &both),
        json!([{"op": "replace", "path": ENTERPRISE_SCHEMA, "value": value}, title])
    );
    let value_object = json!({"patch": {"extensionPath": "ValueObject"}});
    assert_eq!(
        operations(&value_object, USER, &both),
        json!([{"op": "replace", "value": {ENTERPRISE_SCHEMA: value}}, title])
    );
}

#[test]
fn attributes_are_cleared_as_the_server_wants_it() {
    let all = [clear("title"), clear("emails"), clear(&department())];
    let cleared = |clear: &str| {
        let operations = operations(&json!({"patch": {"clear": clear}}), USER, &all);
        let pairs = operations.as_array().unwrap().iter();
        pairs.map(|one| (one["op"].clone(), one.get("value").cloned())).collect::<Vec<_>>()
    };
    let all_of = |op: &str, values: [Option<Value>; 3]| values.map(|value| (json!(op), value)).to_vec();
    assert_eq!(cleared("Remove"), all_of("remove", [None, None, None]));
    assert_eq!(
        cleared("ReplaceByEmpty"),
        all_of("replace", [Some(json!("")), Some(json!([])), Some(json!(""))])
    );
    assert_eq!(cleared("ReplaceByNull"), all_of("replace", [const { Some(Value::Null) }; 3]));
    let empty = json!({"patch": {"removeValue": "EmptyObject"}});
    assert_eq!(
        operations(&empty, USER, &[clear("title")]),
        json!([{"op": "remove", "path": "title", "value": {}}])
    );
}

#[test]
fn members_are_added_as_the_server_wants_it() {
    let added = |form: &str| operations(&json!({"members": {"add": form}}), GROUP, &[add(1..3)]);
    let one = |value: Value| json!({"op": "add", "path": "members", "value": value});
    let (ada, bob) = (json!({"value": "1"}), json!({"value": "2"}));
    assert_eq!(added("Array"), json!([one(json!([ada, bob]))]));
    assert_eq!(added("Each"), json!([one(json!([ada])), one(json!([bob]))]));
    assert_eq!(added("Object"), json!([one(ada), one(bob)]));
}

#[test]
fn members_are_removed_as_the_server_wants_it_and_never_otherwise() {
    let listed = json!({"members": {"remove": "ValueArray"}});
    assert_eq!(
        operations(&listed, GROUP, &[drop(1), drop(2)]),
        json!([{"op": "remove", "path": "members", "value": [{"value": "1"}, {"value": "2"}]}])
    );
    let of_user = Operation::RemoveValue { path: AttributePath::core("emails"), value: "x".to_owned() };
    let path = "emails[value eq \"x\"]";
    assert_eq!(operations(&listed, USER, &[of_user]), json!([{"op": "remove", "path": path}]));
}

#[test]
fn names_are_spelt_as_the_profile_spells_them() {
    let urn = "urn:example:params:scim:schemas:expanded:2.0:User";
    let profile = json!({"users": {"attributes": {format!("{urn}:languageId"): {}}}});
    let path = format!("{}:LanguageId", urn.to_uppercase());
    assert_eq!(
        operations(&profile, USER, &[set(&path, json!(9))]),
        json!([{"op": "replace", "path": format!("{urn}:languageId"), "value": 9}])
    );
}

#[test]
fn requests_are_cut_at_the_most_operations() {
    let bodies = sent(&json!({"patch": {"maxOperations": 2}}), GROUP, &[drop(1), drop(2), drop(3)]);
    let counts: Vec<usize> = bodies.iter().map(|body| body["Operations"].as_array().unwrap().len()).collect();
    assert_eq!(counts, [2, 1]);
}

#[test]
fn requests_are_cut_at_the_most_bytes_and_nobody_is_lost() {
    for most in [160, 200, 300, 1000, 5000] {
        let dialect = json!({"patch": {"maxBytes": most}});
        let bodies = sent(&dialect, GROUP, &[add(0..100), drop(1000), drop(1001)]);
        let mut added = Vec::new();
        let mut removed = 0;
        for body in &bodies {
            assert!(body.to_string().len() <= most, "{most}: {body}");
            for operation in body["Operations"].as_array().unwrap() {
                match operation["value"].as_array() {
                    Some(values) => {
                        added.extend(values.iter().map(|value| value["value"].as_str().unwrap().to_owned()));
                    }
                    None => removed += 1,
                }
            }
        }
        let all: Vec<String> = (0..100).map(|id| id.to_string()).collect();
        assert_eq!((added, removed), (all, 2), "{most}");
    }
    let small = json!({"patch": {"maxBytes": 1}});
    assert_eq!(sent(&small, USER, &[set("title", json!("x")), clear("nickName")]).len(), 2);
}

#[test]
fn nothing_to_do_is_no_request() {
    assert!(sent(&json!({}), USER, &[]).is_empty());
}
