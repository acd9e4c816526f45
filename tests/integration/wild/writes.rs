//! PATCH and PUT as they are not in the standard.

use super::*;
use crate::support::objects::group;

#[tokio::test]
async fn there_is_no_patch_and_put_answers_204() {
    for status in [200, 204] {
        let habits = format!(
            "{{users: {{patch: {{refused: 405}}, put: {{status: {status}}}}}, \
             groups: {{patch: {{refused: 405}}, put: {{status: {status}}}}}, members: {{shown: reads}}}}"
        );
        let wild = Wild::start(&format!("put-{status}"), &habits).await;
        wild.settle(&user("ada").with("title", "Analyst")).await;
        wild.settle(&user("ada").with("title", "Countess")).await;
        assert_eq!(wild.only("ada")["title"], json!("Countess"));
        wild.settle(&group("all", ["ada"])).await;
        wild.settle(&group("all", [])).await;
        assert_eq!(wild.server.all("/Groups")[0].get("members"), None);
        wild.stays_quiet().await;
    }
}

#[tokio::test]
async fn put_without_active_sets_true_and_without_members_empties() {
    let habits = "{users: {patch: {refused: 501}}, groups: {patch: {refused: 501}}}";
    let wild = Wild::start("put-empties", habits).await;
    wild.settle(&user("ada").with("active", false)).await;
    wild.settle(&user("ada").with("title", "Countess")).await;
    assert_eq!(wild.only("ada")["active"], json!(false), "what was read goes back");
    let bob = wild.server.insert("/Users", stranger("bob"));
    let all = objects::id(&wild.settle(&group("all", ["ada"])).await);
    wild.server.edit("/Groups", &all, |group| {
        group["members"].as_array_mut().unwrap().push(json!({"value": bob, "type": "User"}));
    });
    wild.settle(&group("all", ["ada"]).with("membership", "Additive").with("displayName", "everybody")).await;
    assert_eq!(wild.server.get("/Groups", &all).unwrap()["members"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn patch_has_a_path_in_every_operation() {
    let wild = Wild::start("paths", "{patch: {withoutPath: refused, most: 10}}").await;
    let name = json!({"givenName": "Ada", "familyName": "Example"});
    wild.settle(&user("ada")).await;
    wild.settle(&user("ada").with("name", name).with("title", "Countess")).await;
    wild.settle(&user("ada")).await;
    assert_eq!(wild.only("ada").get("title"), None);
    assert_eq!(wild.server.refusals(), [""; 0]);
}

#[tokio::test]
async fn operations_are_called_in_lower_case() {
    let overrides = json!({"patch": {"operationsKey": "operations"}});
    let wild = Wild::start_with("operations", "{patch: {operations: lower}}", overrides).await;
    wild.settle(&user("ada").with("title", "Analyst")).await;
    wild.settle(&user("ada").with("title", "Countess")).await;
    assert_eq!(wild.only("ada")["title"], json!("Countess"));
}

#[tokio::test]
async fn nothing_can_be_removed_only_replaced_by_empty() {
    let overrides = json!({"patch": {"clear": "ReplaceByEmpty"}});
    let habits = "{patch: {clearing: {remove: false, nullValue: false, emptyText: true}}}";
    let wild = Wild::start_with("clearing", habits, overrides).await;
    wild.settle(&user("ada").with("title", "Analyst")).await;
    wild.settle(&user("ada")).await;
    assert_eq!(wild.only("ada").get("title"), None);
    assert_eq!(wild.server.refusals(), [""; 0]);
}

#[tokio::test]
async fn a_patch_can_be_too_large() {
    let overrides = json!({"patch": {"maxBytes": 400, "maxOperations": 3}});
    let wild = Wild::start_with("patch-size", "{patch: {mostBytes: 400, most: 3}}", overrides).await;
    let names: Vec<String> = (0..8).map(|index| format!("user-{index}")).collect();
    for name in &names {
        wild.settle(&user(name)).await;
    }
    wild.settle(&group("all", names.iter().map(String::as_str))).await;
    wild.settle(&group("all", ["user-0"])).await;
    assert_eq!(wild.server.all("/Groups")[0]["members"].as_array().unwrap().len(), 1);
    assert_eq!(wild.server.refusals(), [""; 0]);
}

#[tokio::test]
async fn user_name_is_immutable() {
    let habits = "{users: {attributes: {userName: {mutability: immutable}}}}";
    for (index, overrides) in
        [json!({}), json!({"users": {"attributes": {"userName": {"mutability": "Immutable"}}}})]
            .into_iter()
            .enumerate()
    {
        let wild = Wild::start_with(&format!("immutable-{index}"), habits, overrides).await;
        wild.settle(&user("ada")).await;
        wild.apply(&user("ada").with("userName", "countess@example.com")).await;
        wild.not_ready(Kind::User, "ada", "ImmutableAttribute").await;
        wild.proxy.stays_below(wild.proxy.mark(), 20, WINDOW).await;
        wild.only("ada");
    }
}

#[tokio::test]
async fn one_value_per_multi_valued_attribute() {
    let habits = "{users: {attributes: {emails: {most: 1, subAttributes: [value, primary]}}}}";
    let overrides =
        json!({"users": {"attributes": {"emails": {"maxValues": 1, "subAttributes": ["value", "primary"]}}}});
    let wild = Wild::start_with("one-value", habits, overrides).await;
    let two = json!([{"value": "a@example.com", "primary": true}, {"value": "b@example.com"}]);
    wild.apply(&user("ada").with("emails", two)).await;
    let refused = wild.not_ready(Kind::User, "ada", "UnsupportedByServer").await;
    assert!(message(&refused).contains("emails"), "{}", message(&refused));
    assert!(wild.writes(0).is_empty(), "refused before it is sent");
}
