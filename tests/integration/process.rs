//! The operator as a process: its rights, its health, and what it keeps to
//! itself.

use serde_json::json;

use crate::support::{
    control_plane::{OPERATOR_NAMESPACE, control_plane},
    objects::{Kind, user},
    proxy::{Answer, Match},
    world::World,
};

/// May the operator's service account do this?
fn may(verb: &str, resource: &str, namespace: &str) -> bool {
    let arguments = ["auth", "can-i", verb, resource, "--namespace", namespace];
    match control_plane().kubectl_as_operator(&arguments) {
        Ok(answer) => answer.trim() == "yes",
        // kubectl ends with 1 when the answer is no.
        Err(_) => false,
    }
}

#[tokio::test]
async fn the_operators_rights_are_what_it_needs_and_no_more() {
    let world = World::without_operator("rights").await;
    for (verb, resource) in [
        ("get", "secrets"),
        ("list", "scimusers"),
        ("watch", "scimgroups"),
        ("patch", "scimusers"),
        ("patch", "scimgroups/status"),
        ("patch", "scimproviders/status"),
        ("create", "events.events.k8s.io"),
    ] {
        assert!(may(verb, resource, &world.namespace), "it needs to {verb} {resource}");
    }
    for (verb, resource) in [
        ("list", "secrets"),
        ("watch", "secrets"),
        ("create", "secrets"),
        ("update", "secrets"),
        ("delete", "secrets"),
        ("create", "scimusers"),
        ("delete", "scimusers"),
        ("list", "configmaps"),
        ("list", "pods"),
        ("impersonate", "users"),
        ("create", "serviceaccounts/token"),
    ] {
        assert!(!may(verb, resource, &world.namespace), "it has no business to {verb} {resource}");
    }
    assert!(!may("list", "secrets", OPERATOR_NAMESPACE));
    let listed = control_plane().kubectl_as_operator(&["get", "secrets", "--namespace", &world.namespace]);
    assert!(listed.unwrap_err().contains("Forbidden"));
}

#[tokio::test]
async fn it_is_alive_and_ready_and_tells_its_numbers() {
    let world = World::with_operator("health").await;
    for path in ["/livez", "/readyz", "/metrics"] {
        assert_eq!(world.operator.probe(path).await, 200, "{path}");
    }
    assert!(world.operator.resident_kib() < 80 * 1024, "idle at {} KiB", world.operator.resident_kib());
    world.operator.stop().await;
}

#[tokio::test]
async fn it_names_itself_to_the_server() {
    let world = World::start("user-agent").await;
    world.settle(&user("ada")).await;
    for record in world.proxy.since(0) {
        let agent = record.user_agent.clone().unwrap_or_default();
        assert!(agent.starts_with("scim-operator/"), "{record:?} by {agent:?}");
    }
}

#[tokio::test]
async fn tokens_and_values_stay_out_of_logs_and_events() {
    const VALUES: [&str; 3] = ["Quillfeather", "tel:+1-201-555-0188", "quill@example.com"];
    let world = World::start("discretion").await;
    let manifest = user("ada")
        .with("userName", VALUES[2])
        .with("displayName", VALUES[0])
        .with("phoneNumbers", json!([{"value": VALUES[1], "type": "work"}]));
    world.settle(&manifest).await;
    let refusal = Answer::scim_error(400, "invalidValue", "Quillfeather is no title");
    world.proxy.on(Match::new("PATCH", "/Users")).answer(refusal);
    world.apply(&manifest.with("title", VALUES[0])).await;
    world.not_ready(Kind::User, "ada", "RejectedByServer").await;
    world.operator.stop().await;

    let namespace = format!("--namespace={}", world.namespace);
    let events =
        control_plane().kubectl(&["get", "events.events.k8s.io", &namespace, "--output=yaml"]).unwrap();
    assert!(events.contains("kind: Event"), "there are events: {events}");
    for secret in VALUES.into_iter().chain([world.server.token()]) {
        assert!(!world.operator.log().contains(secret), "{secret} in the log");
        assert!(!events.contains(secret), "{secret} in an event: {events}");
    }
}
