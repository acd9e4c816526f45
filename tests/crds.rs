//! The definitions are frozen in `crds/`, and hold what the design promises:
//! no defaults, bounds everywhere, and a description of every field.

use std::{fs, path::Path};

use scim_operator::{api, cli};
use serde_json::Value;

/// Calls `check` with every schema in every definition, and where it is.
#[expect(clippy::unwrap_used, reason = "a helper of tests")]
fn for_every_schema(check: &mut dyn FnMut(&str, &Value)) {
    for definition in api::definitions() {
        for version in &definition.spec.versions {
            let schema = version.schema.as_ref().and_then(|schema| schema.open_api_v3_schema.as_ref());
            let schema = serde_json::to_value(schema.unwrap()).unwrap();
            walk(&definition.spec.names.kind, &schema, check);
        }
    }
}

fn walk(place: &str, schema: &Value, check: &mut dyn FnMut(&str, &Value)) {
    check(place, schema);
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        walk(&format!("{place}.{name}"), property, check);
    }
    for (key, suffix) in [("items", "[]"), ("additionalProperties", "{}")] {
        if schema[key].is_object() {
            walk(&format!("{place}{suffix}"), &schema[key], check);
        }
    }
}

#[test]
fn the_files_in_crds_are_what_the_types_say() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("crds");
    let mut expected = Vec::new();
    for definition in api::definitions() {
        let name = cli::file_name(&definition);
        let file = fs::read_to_string(directory.join(&name)).unwrap_or_default();
        let same = file == cli::manifest(&definition).unwrap();
        assert!(same, "crds/{name} is out of date: run `cargo run -- crds --dir crds`");
        expected.push(name);
    }
    let entries = fs::read_dir(directory).unwrap();
    let mut found: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    found.sort();
    expected.sort();
    assert_eq!(found, expected, "crds/ holds the definitions and nothing else");
}

#[test]
fn the_names_are_frozen() {
    let names: Vec<_> = api::definitions()
        .iter()
        .map(|definition| {
            let spec = &definition.spec;
            let short_names = spec.names.short_names.as_ref().unwrap().join(",");
            let categories = spec.names.categories.as_ref().unwrap().join(",");
            let versions: Vec<_> = spec.versions.iter().map(|version| version.name.as_str()).collect();
            format!(
                "{} {} {} {short_names} {categories} {} {}",
                spec.names.kind,
                spec.names.plural,
                spec.names.singular.as_ref().unwrap(),
                spec.scope,
                versions.join(",")
            )
        })
        .collect();
    assert_eq!(
        names,
        [
            "ClusterScimProvider clusterscimproviders clusterscimprovider scimcp scim Cluster v1alpha1",
            "ScimProvider scimproviders scimprovider scimp scim Namespaced v1alpha1",
            "ScimUser scimusers scimuser scimu scim Namespaced v1alpha1",
            "ScimGroup scimgroups scimgroup scimg scim Namespaced v1alpha1",
            "ScimDeletionHold scimdeletionholds scimdeletionhold scimhold scim Namespaced v1alpha1",
        ]
    );
    for definition in api::definitions() {
        assert_eq!(definition.spec.group, api::names::GROUP);
        assert_eq!(definition.spec.versions[0].name, api::names::VERSION);
    }
}

#[test]
fn the_list_types_are_frozen() {
    let mut lists = Vec::new();
    for_every_schema(&mut |place, schema| {
        if schema["type"] == "array" {
            let list_type = schema["x-kubernetes-list-type"].as_str().unwrap_or("none");
            let keys = &schema["x-kubernetes-list-map-keys"];
            if place.contains(".spec.overrides.") {
                assert_eq!(list_type, "atomic", "{place}: an override is a value as a whole");
            } else {
                lists.push(format!("{place} {list_type}{}", if keys.is_null() { "" } else { " by type" }));
            }
            assert!(keys.is_null() || *keys == serde_json::json!(["type"]));
        }
    });
    lists.sort();
    assert_eq!(
        lists,
        [
            "ClusterScimProvider.spec.auth.oauth2.scopes atomic",
            "ClusterScimProvider.spec.grants atomic",
            "ClusterScimProvider.spec.grants[].allowedAttributes atomic",
            "ClusterScimProvider.spec.grants[].groupNamePatterns atomic",
            "ClusterScimProvider.spec.grants[].namespaces.names atomic",
            "ClusterScimProvider.spec.grants[].namespaces.selector.matchExpressions atomic",
            "ClusterScimProvider.spec.grants[].namespaces.selector.matchExpressions[].values atomic",
            "ClusterScimProvider.spec.grants[].userNamePatterns atomic",
            "ClusterScimProvider.spec.protected.groups atomic",
            "ClusterScimProvider.spec.protected.userNames atomic",
            "ClusterScimProvider.status.conditions map by type",
            "ScimDeletionHold.spec.entries atomic",
            "ScimDeletionHold.spec.memberIDs atomic",
            "ScimGroup.spec.memberSelector.matchExpressions atomic",
            "ScimGroup.spec.memberSelector.matchExpressions[].values atomic",
            "ScimGroup.spec.members.groups atomic",
            "ScimGroup.spec.members.ids atomic",
            "ScimGroup.spec.members.userNames atomic",
            "ScimGroup.spec.members.users atomic",
            "ScimGroup.status.appliedMembers atomic",
            "ScimGroup.status.conditions map by type",
            "ScimGroup.status.managedAttributes atomic",
            "ScimGroup.status.normalized atomic",
            "ScimProvider.spec.auth.oauth2.scopes atomic",
            "ScimProvider.spec.protected.groups atomic",
            "ScimProvider.spec.protected.userNames atomic",
            "ScimProvider.status.conditions map by type",
            "ScimUser.spec.addresses atomic",
            "ScimUser.spec.emails atomic",
            "ScimUser.spec.ensureAbsent atomic",
            "ScimUser.spec.entitlements atomic",
            "ScimUser.spec.ims atomic",
            "ScimUser.spec.phoneNumbers atomic",
            "ScimUser.spec.photos atomic",
            "ScimUser.spec.roles atomic",
            "ScimUser.spec.x509Certificates atomic",
            "ScimUser.status.conditions map by type",
            "ScimUser.status.managedAttributes atomic",
            "ScimUser.status.normalized atomic",
        ]
    );
}

#[test]
fn identities_can_be_selected_by_their_provider() {
    for definition in api::definitions().into_iter().skip(2).take(2) {
        let fields = definition.spec.versions[0].selectable_fields.as_ref().unwrap();
        let paths: Vec<_> = fields.iter().map(|field| field.json_path.as_str()).collect();
        assert_eq!(paths, [".spec.providerRef.kind", ".spec.providerRef.name"]);
    }
}

#[test]
fn every_kind_has_a_status_subresource() {
    for definition in api::definitions() {
        assert!(definition.spec.versions[0].subresources.as_ref().unwrap().status.is_some());
    }
}

#[test]
fn nothing_has_a_default() {
    for_every_schema(&mut |place, schema| {
        assert!(schema.get("default").is_none(), "{place}: defaults live in code");
    });
}

#[test]
fn everything_is_bounded() {
    for_every_schema(&mut |place, schema| {
        let bounded = |key: &str| schema[key].as_u64().is_some();
        match schema["type"].as_str() {
            Some("string") => {
                let time = schema["format"] == "date-time";
                assert!(bounded("maxLength") || schema["enum"].is_array() || time, "{place}: any text");
            }
            Some("array") => assert!(bounded("maxItems"), "{place}: any number of items"),
            Some("object") => {
                let map = schema["properties"].is_null() && !place.ends_with(".metadata");
                assert!(!map || bounded("maxProperties"), "{place}: any number of keys");
            }
            Some("integer" | "boolean") => {}
            _ => assert!(place.ends_with(".attributes{}"), "{place}: any value"),
        }
    });
}

#[test]
fn every_field_is_described() {
    for_every_schema(&mut |place, schema| {
        if place.ends_with("[]") && schema["type"] != "object" {
            return; // the list's own description tells what its items are
        }
        let description = schema["description"].as_str().unwrap_or_default();
        assert!(description.ends_with('.'), "{place}: {description:?}");
        for leak in ["Auto-generated", "Option<", "Vec<", "::", "serde"] {
            assert!(!description.contains(leak), "{place}: {description}");
        }
    });
}
