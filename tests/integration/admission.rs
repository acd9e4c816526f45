//! What the API server itself refuses, and what it teaches.

use serde_json::{Value, json};

use crate::support::{
    control_plane::control_plane,
    objects::{Kind, Manifest, provider, user},
    world::World,
};

/// What somebody who applies this is told.
async fn refusal(world: &World, manifest: &Manifest) -> String {
    match world.try_apply(manifest).await {
        Err(kube::Error::Api(status)) => status.message,
        other => panic!("it is not refused: {other:?}"),
    }
}

#[tokio::test]
async fn two_primary_values_are_refused_with_what_to_do() {
    let world = World::without_operator("two-primaries").await;
    let two = json!([
        {"value": "ada@example.com", "primary": true},
        {"value": "ada@home.example.com", "primary": true},
    ]);
    for attribute in ["emails", "phoneNumbers", "roles"] {
        let message = refusal(&world, &user("ada").with(attribute, two.clone())).await;
        assert!(message.contains(attribute) && message.contains("primary: true"), "{message}");
    }
}

#[tokio::test]
async fn a_provider_reference_stays_as_it_is() {
    let world = World::without_operator("provider-ref").await;
    let without = user("ada").without("providerRef");
    let message = refusal(&world, &without).await;
    assert!(message.contains("providerRef"), "{message}");

    world.apply(&user("ada")).await;
    let changed = user("ada").with("providerRef", json!({"kind": "ScimProvider", "name": "other"}));
    let message = refusal(&world, &changed).await;
    assert!(message.contains("providerRef cannot change"), "{message}");
    let message = refusal(&world, &without).await;
    assert!(message.contains("providerRef"), "unset now, it could be set to another later: {message}");
}

#[tokio::test]
async fn an_unknown_choice_is_refused_with_the_known_ones() {
    let world = World::without_operator("unknown-enum").await;
    let message = refusal(&world, &user("ada").with("deletionPolicy", "Erase")).await;
    assert!(message.contains("Delete") && message.contains("Retain"), "{message}");
    let kind = json!({"kind": "ScimServer", "name": "idp"});
    let message = refusal(&world, &user("ada").with("providerRef", kind)).await;
    assert!(message.contains("ScimProvider"), "{message}");
}

#[tokio::test]
async fn an_unsafe_or_odd_provider_is_refused_with_what_to_do() {
    let world = World::without_operator("odd-provider").await;
    let plain = provider("http://scim.example.com/v2").without("allowInsecureHTTP");
    let message = refusal(&world, &plain).await;
    assert!(message.contains("https://") && message.contains("allowInsecureHTTP"), "{message}");
    let message = refusal(&world, &provider("https://ada:secret@scim.example.com/v2")).await;
    assert!(message.contains("user name"), "{message}");
    let message = refusal(&world, &provider("https://scim.example.com").with("resyncInterval", "10ms")).await;
    assert!(message.contains("at least 1s"), "{message}");
    let reference = json!({"name": "token", "key": "token"});
    for auth in [
        json!({"type": "Bearer"}),
        json!({"type": "Bearer", "bearer": {"tokenSecretRef": reference},
            "basic": {"usernameSecretRef": reference, "passwordSecretRef": reference}}),
    ] {
        let message = refusal(&world, &provider("https://scim.example.com").with("auth", auth)).await;
        assert!(message.contains("Bearer needs auth.bearer"), "{message}");
    }
}

#[tokio::test]
async fn kubectl_explains_every_field_in_words() {
    World::without_operator("explain").await;
    let kubectl = |field: &str| control_plane().kubectl(&["explain", field]).unwrap();
    let emails = kubectl("scimuser.spec.emails").split_whitespace().collect::<Vec<_>>().join(" ");
    for word in ["RFC 7643", "primary", "The list is complete", "value: barbara@example.com"] {
        assert!(emails.contains(word), "{word} is missing:\n{emails}");
    }
    for field in
        ["scimuser.spec", "scimgroup.spec.members", "scimprovider.spec.auth.bearer", "scimuser.status"]
    {
        let explained = kubectl(field);
        let silent = explained.contains("<no description>");
        assert!(!silent, "a field without a description:\n{explained}");
    }
}

#[tokio::test]
async fn objects_are_selected_by_their_provider_and_listed_together() {
    let world = World::without_operator("selection").await;
    let elsewhere = json!({"kind": "ScimProvider", "name": "elsewhere"});
    world.apply(&user("ada")).await;
    world.apply(&user("bob").with("providerRef", elsewhere)).await;
    let namespace = format!("--namespace={}", world.namespace);
    let get = |arguments: &[&str]| {
        let arguments = [&["get", &namespace, "--output=name"], arguments].concat();
        control_plane().kubectl(&arguments).unwrap()
    };
    let selector = "--field-selector=spec.providerRef.name=elsewhere,spec.providerRef.kind=ScimProvider";
    assert_eq!(get(&["scimu", selector]).trim(), "scimuser.scim-operator.dev/bob");
    assert_eq!(get(&["scim"]).lines().count(), 2, "the category lists all kinds");
}

#[tokio::test]
async fn the_api_server_adds_nothing_to_a_manifest() {
    let world = World::without_operator("no-defaults").await;
    let spec = |manifest: &Manifest| -> Value { manifest.value["spec"].clone() };
    let manifest = user("ada").with("emails", json!([{"value": "ada@example.com"}]));
    assert_eq!(world.apply(&manifest).await.data["spec"], spec(&manifest));
    let manifest = provider("https://scim.example.com/v2");
    assert_eq!(world.apply(&manifest).await.data["spec"], spec(&manifest));
    assert_eq!(world.get(Kind::Provider, "idp").await.data["spec"], spec(&manifest));
}
