//! Answers that are none, or that say what is not so.

use super::*;

/// A user is in sync, and then the server answers like this.
async fn then_answers(name: &str, body: &str) -> Wild {
    let wild = Wild::start(name, "{}").await;
    wild.settle(&user("ada").with("title", "Countess")).await;
    let faults: Vec<String> = ["GET /Users", "GET /Users/{id}", "POST /Users/.search"]
        .iter()
        .map(|on| format!("{{on: \"{on}\", body: {body}, takesEffect: true}}"))
        .collect();
    wild.server.change_habits(Habits::read(&format!("{{faults: [{}]}}", faults.join(", "))));
    wild
}

/// Neither the user nor anybody else is touched, and the provider says what
/// comes instead of an answer.
async fn says_so_and_touches_nobody(wild: &Wild, reason: &str, told: &[&str]) {
    let mark = wild.proxy.mark();
    let provider = wild.not_ready(Kind::Provider, PROVIDER, reason).await;
    for word in told {
        assert!(message(&provider).contains(word), "{}", message(&provider));
    }
    assert!(!message(&provider).contains("Sign in"), "the body is never told: {}", message(&provider));
    assert!(wild.writes(mark).is_empty(), "{:#?}", wild.writes(mark));
    assert_eq!(wild.only("ada")["title"], json!("Countess"));
}

#[tokio::test]
async fn html_labelled_scim_json() {
    let wild = then_answers("html", "html").await;
    says_so_and_touches_nobody(&wild, "NotSCIM", &["200", "application/scim+json"]).await;
}

#[tokio::test]
async fn half_a_body() {
    let wild = then_answers("half", "half").await;
    says_so_and_touches_nobody(&wild, "NotSCIM", &["200", "application/scim+json"]).await;
}

#[tokio::test]
async fn an_empty_body() {
    let wild = then_answers("empty", "empty").await;
    says_so_and_touches_nobody(&wild, "NotSCIM", &["200", "application/scim+json"]).await;
}

#[tokio::test]
async fn a_30_mb_body() {
    let wild = then_answers("huge", "huge").await;
    says_so_and_touches_nobody(&wild, "NotSCIM", &["200"]).await;
}

#[tokio::test]
async fn ids_that_change_type() {
    let wild = Wild::start("id-types", "{shape: {ids: integerInLists}}").await;
    wild.settle(&user("ada")).await;
    wild.stays_quiet().await;
    wild.only("ada");
}

#[tokio::test]
async fn booleans_as_strings_or_numbers() {
    for booleans in ["text", "capitalText", "number"] {
        let habits = format!("{{shape: {{booleans: {booleans}}}}}");
        let wild = Wild::start("booleans", &habits).await;
        let emails = json!([{"value": "ada@example.com", "primary": true}]);
        wild.settle(&user("ada").with("active", true).with("emails", emails)).await;
        wild.stays_quiet().await;
        wild.settle(&user("ada").with("active", false)).await;
        assert_eq!(wild.only("ada")["active"], json!(false), "true booleans are sent");
        wild.stays_quiet().await;
    }
}

#[tokio::test]
async fn keys_in_another_case() {
    for keys in ["lower", "pascal"] {
        let wild = Wild::start("keys", &format!("{{shape: {{keys: {keys}}}}}")).await;
        let name = json!({"givenName": "Ada", "familyName": "Example"});
        wild.settle(&user("ada").with("name", name).with("title", "Countess")).await;
        wild.stays_quiet().await;
    }
}

#[tokio::test]
async fn core_attributes_under_their_urn() {
    let wild = Wild::start_with(
        "nested",
        "{shape: {answers: nested, takes: nested}}",
        json!({"body": {"shape": "NestedCore"}}),
    )
    .await;
    wild.settle(&user("ada").with("name", json!({"givenName": "Ada", "familyName": "Example"}))).await;
    wild.stays_quiet().await;
    assert_eq!(wild.only("ada")["name"]["givenName"], json!("Ada"));
}

#[tokio::test]
async fn keys_flat_with_dots() {
    let wild = Wild::start("dots", "{shape: {answers: dotted}}").await;
    wild.settle(&user("ada").with("name", json!({"givenName": "Ada", "familyName": "Example"}))).await;
    wild.stays_quiet().await;
}

#[tokio::test]
async fn active_is_absent() {
    let wild = Wild::start("active-absent", "{lifecycle: {activeShown: false}}").await;
    wild.settle(&user("ada").with("active", true)).await;
    wild.stays_quiet().await;
}

#[tokio::test]
async fn external_id_is_never_echoed() {
    let habits = "{users: {attributes: {externalId: {returned: never}}}}";
    let wild = Wild::start("no-external-id", habits).await;
    wild.settle(&user("ada").with("externalId", "a-1")).await;
    assert_eq!(wild.only("ada")["externalId"], json!("a-1"));
    wild.proxy.sweeps(wild.proxy.mark(), 1).await;
    wild.proxy.stays_below(wild.proxy.mark(), 30, WINDOW).await;
    wild.only("ada");
}

#[tokio::test]
async fn what_there_is_not_is_null() {
    let wild = Wild::start("nulls", "{shape: {fillsWithNull: true}}").await;
    wild.settle(&user("ada").with("displayName", "Ada")).await;
    wild.stays_quiet().await;
}
