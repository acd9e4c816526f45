//! Paths, headers, media types, limits and discovery.

use super::*;

#[tokio::test]
async fn a_user_agent_is_required() {
    let wild = Wild::start("user-agent", "{wire: {needsUserAgent: true}}").await;
    wild.settle(&user("ada")).await;
    assert_eq!(wild.server.refusals(), [""; 0]);
}

#[tokio::test]
async fn a_media_type_is_strict() {
    for media_type in ["application/scim+json", "application/json"] {
        let habits = format!("{{wire: {{accepts: [{media_type}], answers: application/json}}}}");
        let overrides = json!({"mediaTypes": {"send": media_type}});
        let wild = Wild::start_with("media-type", &habits, overrides).await;
        wild.settle(&user("ada")).await;
        assert_eq!(wild.server.refusals(), [""; 0], "{media_type}");
    }
}

#[tokio::test]
async fn paths_in_lower_case() {
    let habits = "{users: {path: /users}, groups: {path: /groups}}";
    let overrides = json!({"users": {"path": "/users"}, "groups": {"path": "/groups"}});
    let wild = Wild::start_with("lower-paths", habits, overrides).await;
    wild.settle(&user("ada")).await;
    wild.only("ada");
}

#[tokio::test]
async fn too_many_requests_are_answered_429() {
    let wild = Wild::start("throttled", "{wire: {writeLimit: {requests: 2, seconds: 3}}}").await;
    for name in ["ada", "bob", "cy", "dan"] {
        wild.apply(&user(name)).await;
    }
    for name in ["ada", "bob", "cy", "dan"] {
        wild.ready(Kind::User, name).await;
        wild.only(name);
    }
}

#[tokio::test]
async fn discovery_is_missing_elsewhere_or_wrong() {
    for (index, discovery) in [
        "{config: null, resourceTypes: null}",
        "{config: /ServiceProviderConfigs}",
        "{says: {patch: {supported: false}}}",
        "{says: {patch: {}, filter: {supported: \"yes\"}, etag: 7, bulk: null}}",
        "{resourceTypeIds: false}",
    ]
    .iter()
    .enumerate()
    {
        let wild = Wild::start(&format!("discovery-{index}"), &format!("{{discovery: {discovery}}}")).await;
        wild.settle(&user("ada").with("title", "Analyst")).await;
        wild.settle(&user("ada").with("title", "Countess")).await;
        assert_eq!(wild.only("ada")["title"], json!("Countess"), "{discovery}");
    }
}

#[tokio::test]
async fn error_bodies_are_no_scim() {
    for (index, body) in ["plain", "html", "htmlAsScim", "otherJson"].iter().enumerate() {
        let habits = format!("{{errors: {{body: {body}, status: number, scimTypes: false}}}}");
        let wild = Wild::start(&format!("error-body-{index}"), &habits).await;
        wild.server.insert("/Users", stranger("ada"));
        wild.apply(&user("ada")).await;
        let refused = wild.not_ready(Kind::User, "ada", "AlreadyExists").await;
        assert!(!message(&refused).contains("<html>"), "{body}: {}", message(&refused));
        wild.settle(&user("bob")).await;
    }
}
