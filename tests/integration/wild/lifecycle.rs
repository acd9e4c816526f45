//! Deactivation and deletion that are something else.

use super::*;

#[tokio::test]
async fn delete_only_deactivates() {
    let overrides = json!({"users": {"deletion": "Deactivates"}});
    let wild =
        Wild::start_with("delete-deactivates", "{lifecycle: {deletion: deactivates}}", overrides).await;
    wild.settle(&user("ada")).await;
    wild.delete(Kind::User, "ada").await;
    wild.gone(Kind::User, "ada").await;
    assert_eq!(wild.only("ada")["active"], json!(false));
}

#[tokio::test]
async fn a_deactivated_user_answers_404() {
    let wild = Wild::start("inactive-404", "{lifecycle: {inactive: {hidden: true}}}").await;
    wild.settle(&user("ada").with("active", true)).await;
    wild.apply(&user("ada").with("active", false)).await;
    wild.proxy.sweeps(wild.proxy.mark(), 3).await;
    let mark = wild.proxy.mark();
    wild.proxy.sweeps(mark, 3).await;
    assert!(wild.writes(mark).len() <= 3, "not created for ever: {:#?}", wild.writes(mark));
    assert_eq!(wild.only("ada")["active"], json!(false));
}

#[tokio::test]
async fn an_inactive_record_blocks_re_creation() {
    let wild = Wild::start("inactive-blocks", "{}").await;
    let mut inactive = stranger("ada");
    inactive["active"] = json!(false);
    wild.server.insert("/Users", inactive);
    wild.apply(&user("ada")).await;
    wild.not_ready(Kind::User, "ada", "IdentityInactive").await;
    assert_eq!(wild.only("ada")["active"], json!(false), "not ours: it stays as it is");
}

#[tokio::test]
async fn deactivated_users_cannot_be_edited() {
    let wild = Wild::start("inactive-edits", "{lifecycle: {inactive: {edits: refused}}}").await;
    wild.settle(&user("ada").with("active", false)).await;
    let back = user("ada").with("active", true).with("title", "Countess");
    wild.settle(&back).await;
    assert_eq!(wild.only("ada")["title"], json!("Countess"));
}

#[tokio::test]
async fn deprovisioning_scrambles_login_and_email() {
    let wild = Wild::start("scrambles", "{lifecycle: {inactive: {scrambles: [userName, emails]}}}").await;
    let emails = json!([{"value": "ada@example.com"}]);
    let ada = user("ada").with("emails", emails);
    let id = objects::id(&wild.settle(&ada.clone().with("active", true)).await);
    wild.apply(&ada.clone().with("active", false)).await;
    wild.proxy.sweeps(wild.proxy.mark(), 3).await;
    let mark = wild.proxy.mark();
    wild.proxy.sweeps(mark, 3).await;
    assert!(wild.writes(mark).len() <= 2, "no fight over the name: {:#?}", wild.writes(mark));
    let stored = wild.server.get("/Users", &id).unwrap();
    assert_eq!(stored["active"], json!(false));
    wild.settle(&ada.with("active", true)).await;
    assert_eq!(wild.server.get("/Users", &id).unwrap()["userName"], json!("ada@example.com"));
}

#[tokio::test]
async fn there_is_no_delete() {
    let overrides = json!({"users": {"deletion": "Unsupported"}});
    let wild = Wild::start_with("no-delete", "{users: {delete: {refused: 405}}}", overrides).await;
    wild.settle(&user("ada").with("deletionPolicy", "Deactivate")).await;
    wild.delete(Kind::User, "ada").await;
    wild.gone(Kind::User, "ada").await;
    assert_eq!(wild.only("ada")["active"], json!(false));
    assert_eq!(wild.server.refusals(), [""; 0]);
}

#[tokio::test]
async fn active_false_deletes_for_good() {
    let overrides = json!({"users": {"deactivation": "Destructive"}});
    let wild =
        Wild::start_with("deactivation-deletes", "{lifecycle: {deactivation: deletes}}", overrides).await;
    wild.settle(&user("ada").with("active", true)).await;
    let mark = wild.proxy.mark();
    wild.apply(&user("ada").with("active", false)).await;
    let object = wild.not_ready(Kind::User, "ada", "UnsupportedByServer").await;
    assert!(message(&object).contains("destroys"), "{}", message(&object));
    assert!(wild.writes(mark).is_empty(), "{:#?}", wild.writes(mark));
    assert_eq!(wild.only("ada")["active"], json!(true));
}

#[tokio::test]
async fn a_deletion_cannot_be_undone() {
    let overrides = json!({"users": {"deletion": "Irreversible"}});
    let wild = Wild::start_with("irreversible", "{}", overrides).await;
    let object = wild.settle(&user("ada")).await;
    assert!(message(&object).contains("for good"), "{}", message(&object));
    let object = wild.settle(&user("ada").with("deletionPolicy", "Deactivate")).await;
    assert!(!message(&object).contains("for good"), "{}", message(&object));
}
