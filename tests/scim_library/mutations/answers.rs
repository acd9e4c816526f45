//! Recorded answers, and what can be changed about them.

use std::{fs, path::Path, sync::LazyLock};

use proptest::{prelude::*, sample::Index};
use scim_operator::scim::path::USER_SCHEMA;
use serde_json::{Map, Value, json};

/// Every answer that was recorded or is shown by a vendor.
pub(super) static ANSWERS: LazyLock<Vec<(String, String)>> = LazyLock::new(|| {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let folders =
        fs::read_dir(golden).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir());
    let files = folders.flat_map(|folder| fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()));
    let mut answers: Vec<(String, String)> = files
        .filter(|path| path.to_str().unwrap().contains(".response"))
        .map(|path| {
            (path.file_name().unwrap().to_str().unwrap().to_owned(), fs::read_to_string(&path).unwrap())
        })
        .collect();
    answers.sort();
    answers
});

/// A change to a document at one of its places.
#[derive(Clone, Debug)]
enum Mutation {
    Replace(Value),
    /// The member goes.
    Drop,
    /// The name in another case.
    Respell,
    /// The same name in another case, too, with this value.
    Again(Value),
    /// The members of an object under the core schema, too.
    Nest,
    /// A list with its first element at its end once more.
    Repeat,
    /// In a list of its own.
    Wrap,
}

fn odd_value() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(json!(null)),
        Just(json!("")),
        Just(json!("2")),
        Just(json!(2)),
        Just(json!(-1)),
        Just(json!(1.5)),
        Just(json!(u64::MAX)),
        Just(json!(true)),
        Just(json!([])),
        Just(json!({})),
        Just(json!({"id": "2"})),
        Just(json!([{"value": "2"}])),
        Just(json!("..")),
        any::<String>().prop_map(Value::from),
    ]
}

fn mutation() -> impl Strategy<Value = Mutation> {
    prop_oneof![
        3 => odd_value().prop_map(Mutation::Replace),
        2 => Just(Mutation::Drop),
        2 => Just(Mutation::Respell),
        3 => odd_value().prop_map(Mutation::Again),
        1 => Just(Mutation::Nest),
        1 => Just(Mutation::Repeat),
        1 => Just(Mutation::Wrap),
    ]
}

/// The number of places, and the change at one of them.
fn places(value: &Value) -> usize {
    1 + match value {
        Value::Array(values) => values.iter().map(places).sum::<usize>(),
        Value::Object(members) => members.values().map(places).sum(),
        _ => 0,
    }
}

fn change(value: &mut Value, mut at: usize, mutation: &Mutation) {
    if at == 0 {
        return change_here(value, mutation);
    }
    at -= 1;
    match value {
        Value::Array(values) => {
            for value in values {
                let within = places(value);
                if at < within {
                    return change(value, at, mutation);
                }
                at -= within;
            }
        }
        Value::Object(members) => {
            let names: Vec<String> = members.keys().cloned().collect();
            for name in names {
                let within = places(&members[&name]);
                if at == 0 && change_member(members, &name, mutation) {
                    return;
                }
                if at < within {
                    return change(members.get_mut(&name).unwrap(), at, mutation);
                }
                at -= within;
            }
        }
        _ => {}
    }
}

fn change_here(value: &mut Value, mutation: &Mutation) {
    match (mutation, &mut *value) {
        (Mutation::Replace(odd), _) => *value = odd.clone(),
        (Mutation::Wrap, _) => *value = json!([value.take()]),
        (Mutation::Nest, Value::Object(members)) => {
            let copy = Value::Object(members.clone());
            members.insert(USER_SCHEMA.to_owned(), copy);
        }
        (Mutation::Repeat, Value::Array(values)) => values.extend(values.first().cloned()),
        _ => {}
    }
}

fn change_member(members: &mut Map<String, Value>, name: &str, mutation: &Mutation) -> bool {
    match mutation {
        Mutation::Drop => drop(members.remove(name)),
        Mutation::Respell => {
            let value = members.remove(name).unwrap();
            members.insert(name.to_uppercase(), value);
        }
        Mutation::Again(odd) => drop(members.insert(name.to_uppercase(), odd.clone())),
        _ => return false,
    }
    true
}

/// A document with some changes, or its text with some bytes changed or cut
/// off.
pub(super) fn bodies() -> impl Strategy<Value = (String, Vec<u8>)> {
    let changes = prop::collection::vec((any::<Index>(), mutation()), 0..4);
    let damage = prop::option::weighted(0.15, (any::<Index>(), prop::option::of(any::<u8>())));
    (any::<Index>(), changes, damage).prop_map(|(which, changes, damage)| {
        let (name, text) = which.get(&ANSWERS);
        let mut document: Value = serde_json::from_str(text).unwrap();
        for (at, mutation) in changes {
            let at = at.index(places(&document));
            change(&mut document, at, &mutation);
        }
        let mut bytes = document.to_string().into_bytes();
        match damage {
            Some((at, Some(byte))) => {
                let at = at.index(bytes.len());
                bytes[at] = byte;
            }
            Some((at, None)) => bytes.truncate(at.index(bytes.len())),
            None => {}
        }
        (name.clone(), bytes)
    })
}
