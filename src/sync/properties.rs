//! Plans, carried out by the reference interpreter of RFC 7644 §3.5.2.

use std::collections::BTreeSet;

use proptest::{collection, option, prelude::*, sample};
use serde_json::{Value, json};

use super::{
    desired::Desired,
    diff::{Change, Comparison, Known},
    digest::Digester,
    plan, put,
    rules::testing::users,
};
use crate::scim::{
    interpreter,
    path::{AttributePath, ENTERPRISE_SCHEMA, USER_SCHEMA},
    port::ResourceType,
    profile::KindRules,
    resource::Resource,
};

/// Simple attributes that the manifests and servers of these tests have.
const SIMPLE: [&str; 3] = ["title", "nickName", "locale"];

fn digester() -> Digester {
    Digester::new(b"key")
}

fn paths() -> Vec<AttributePath> {
    let names = ["givenName", "familyName"].map(|part| AttributePath::core("name").sub(part));
    let enterprise =
        ["department", "costCenter"].map(|name| AttributePath::extension(ENTERPRISE_SCHEMA, name));
    let manager = AttributePath::extension(ENTERPRISE_SCHEMA, "manager").sub("value");
    SIMPLE
        .map(AttributePath::core)
        .into_iter()
        .chain(names)
        .chain(enterprise)
        .chain([manager, AttributePath::core("emails"), AttributePath::core("active")])
        .collect()
}

fn text() -> impl Strategy<Value = Value> {
    prop_oneof!["[a-c]{1,2}", Just("\"quoted\" \\ ü".to_owned())].prop_map(Value::from)
}

/// A set of addresses, of which at most one is primary.
fn emails() -> impl Strategy<Value = Value> {
    let address =
        (sample::select(vec!["a@example.com", "b@example.com", "c@example.com"]), option::of("work|home"));
    (collection::btree_set(address, 0..4), option::of(0usize..4)).prop_map(|(addresses, primary)| {
        let addresses = addresses.into_iter().enumerate().map(|(index, (value, kind))| {
            let mut address = json!({"value": value});
            if let Some(kind) = kind {
                address["type"] = json!(kind);
            }
            if primary == Some(index) {
                address["primary"] = json!(true);
            }
            address
        });
        Value::Array(addresses.collect())
    })
}

fn value(path: &AttributePath) -> BoxedStrategy<Value> {
    if path.is_core("emails") {
        emails().boxed()
    } else if path.is_core("active") {
        any::<bool>().prop_map(Value::from).boxed()
    } else {
        text().boxed()
    }
}

/// Some paths with values; with `clearing`, some of them say 'nothing'.
fn values(clearing: bool) -> impl Strategy<Value = Vec<(AttributePath, Value)>> {
    let each = paths().into_iter().map(move |path| {
        let nothing = if path.is_core("emails") { json!([]) } else { json!("") };
        let set = value(&path);
        let set = if clearing && !path.is_core("active") {
            prop_oneof![4 => set, 1 => Just(nothing)].boxed()
        } else {
            set
        };
        (Just(path), option::of(set))
    });
    let named = |(path, value): (AttributePath, Option<Value>)| value.map(|value| (path, value));
    each.collect::<Vec<_>>().prop_map(move |all| all.into_iter().filter_map(named).collect())
}

fn desired() -> impl Strategy<Value = Desired> {
    values(true).prop_map(|values| Desired::new(ResourceType::User, values))
}

/// What a server may have: some of the same attributes, and one nobody knows.
fn observed() -> impl Strategy<Value = Resource> {
    (values(false), any::<bool>()).prop_map(|(values, odd)| {
        let mut resource = Resource::new([USER_SCHEMA]);
        resource.set(&AttributePath::core("id"), json!("1"));
        resource.set(&AttributePath::core("userName"), json!("alice"));
        for (path, value) in values {
            resource.set(&path, value);
        }
        if odd {
            resource.set(&AttributePath::core("shoeSize"), json!(44));
            resource.set(&AttributePath::core("name").sub("nick"), json!("Al"));
        }
        resource
    })
}

fn managed() -> impl Strategy<Value = BTreeSet<AttributePath>> {
    sample::subsequence(paths(), 0..=paths().len()).prop_map(BTreeSet::from_iter)
}

fn standard() -> KindRules {
    users(&json!({}))
}

fn changes(desired: &Desired, known: &Known, observed: &Resource) -> Vec<Change> {
    Comparison { desired, rules: &standard(), digester: &digester() }.changes(known, observed)
}

/// The resource after the plan was carried out, and what is managed then.
fn carried_out(desired: &Desired, known: &Known, observed: &Resource) -> (Resource, Known) {
    let (rules, digester) = (standard(), digester());
    let comparison = Comparison { desired, rules: &rules, digester: &digester };
    let changes = comparison.changes(known, observed);
    let mut resource = observed.clone();
    if let Some(request) = plan::patch(&changes) {
        interpreter::apply(&mut resource, &request.body()).expect("the server takes the plan");
    }
    let before = Known {
        managed: known.managed.iter().chain(&desired.path_set()).cloned().collect(),
        ..Known::default()
    };
    let managed = comparison.still_managed(&before, &resource);
    (resource, Known { managed, ..Known::default() })
}

proptest! {
    #[test]
    fn carrying_out_a_plan_gives_what_was_desired(
        (desired, observed, managed) in (desired(), observed(), managed())
    ) {
        let known = Known { managed, ..Known::default() };
        let (after, _) = carried_out(&desired, &known, &observed);
        for (path, value) in desired.iter() {
            prop_assert!(
                super::compare::says_the_same(path, value, after.get(path)),
                "{path}: wanted {value}, has {:?}", after.get(path)
            );
        }
    }

    #[test]
    fn whatever_is_not_managed_is_untouched(
        (desired, observed, managed) in (desired(), observed(), managed())
    ) {
        let known = Known { managed, ..Known::default() };
        let (after, _) = carried_out(&desired, &known, &observed);
        let foreign = ["id", "userName", "shoeSize"].map(AttributePath::core).into_iter()
            .chain([AttributePath::core("name").sub("nick")])
            .chain(paths())
            .filter(|path| !desired.touches(path) && !known.managed.contains(path));
        for path in foreign {
            prop_assert_eq!(after.get(&path), observed.get(&path), "{}", path);
        }
    }

    #[test]
    fn what_was_managed_and_is_no_longer_named_is_gone(
        (desired, observed, managed) in (desired(), observed(), managed())
    ) {
        let known = Known { managed, ..Known::default() };
        let (after, _) = carried_out(&desired, &known, &observed);
        let dropped = known.managed.iter().filter(|path| !desired.touches(path) && !path.is_core("active"));
        for path in dropped {
            prop_assert_eq!(after.get(path), None, "{}", path);
        }
    }

    #[test]
    fn a_put_says_what_a_patch_does_and_loses_nothing(
        (desired, observed, managed) in (desired(), observed(), managed())
    ) {
        let known = Known { managed, ..Known::default() };
        let changes = changes(&desired, &known, &observed);
        let put = put::body(&observed, &changes);
        let mut patched = observed.clone();
        if let Some(request) = plan::patch(&changes) {
            interpreter::apply(&mut patched, &request.body()).expect("the server takes the plan");
        }
        for path in patched.as_object().keys().map(AttributePath::core).chain(paths()) {
            prop_assert_eq!(put.get(&path), patched.get(&path), "{}", path);
        }
    }

    #[test]
    fn planning_again_gives_nothing((desired, observed, managed) in (desired(), observed(), managed())) {
        let known = Known { managed, ..Known::default() };
        let (after, known) = carried_out(&desired, &known, &observed);
        prop_assert_eq!(changes(&desired, &known, &after), vec![]);
    }

    #[test]
    fn what_was_just_created_needs_no_change(desired in desired()) {
        let body = plan::create_body(&desired, &standard());
        let known = Known { managed: desired.path_set(), ..Known::default() };
        prop_assert_eq!(changes(&desired, &known, &body), vec![]);
    }

    #[test]
    fn a_value_found_to_be_rewritten_is_not_sent_again((desired, observed) in (desired(), observed())) {
        let known = Known { managed: desired.path_set(), ..Known::default() };
        let (rules, digester) = (standard(), digester());
        let comparison = Comparison { desired: &desired, rules: &rules, digester: &digester };
        let rewritten = comparison.rewritten(&comparison.changes(&known, &observed), &observed);
        let known = Known { rewritten, ..known };
        prop_assert_eq!(comparison.changes(&known, &observed), vec![]);
    }
}
