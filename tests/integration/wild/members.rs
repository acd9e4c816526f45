//! Groups whose members are read or written in other ways.

use super::*;
use crate::support::objects::group;

/// Two users and a group of both.
pub(super) async fn group_of_two(name: &str, habits: &str, overrides: Value) -> (Wild, String) {
    let wild = Wild::start_with(name, habits, overrides).await;
    wild.settle(&user("ada")).await;
    wild.settle(&user("bob")).await;
    let all = wild.settle(&group("all", ["ada", "bob"])).await;
    (wild, objects::id(&all))
}

pub(super) fn members(wild: &Wild, group: &str) -> Vec<String> {
    let stored = wild.server.get("/Groups", group).unwrap();
    let members = stored["members"].as_array().cloned().unwrap_or_default();
    members.iter().map(|member| member["value"].as_str().unwrap().to_owned()).collect()
}

pub(super) fn id_of(wild: &Wild, name: &str) -> String {
    wild.only(name)["id"].as_str().unwrap().to_owned()
}

/// Removes bob from the group, adds him again, and nothing more happens.
async fn works(wild: &Wild, group_id: &str) {
    assert_eq!(members(wild, group_id), [id_of(wild, "ada"), id_of(wild, "bob")]);
    wild.settle(&group("all", ["ada"])).await;
    assert_eq!(members(wild, group_id), [id_of(wild, "ada")]);
    wild.settle(&group("all", ["ada", "bob"])).await;
    assert_eq!(members(wild, group_id), [id_of(wild, "ada"), id_of(wild, "bob")]);
    wild.stays_quiet().await;
}

#[tokio::test]
async fn member_removal_in_the_wrong_dialect_empties_the_group() {
    let empties = "{members: {otherRemoval: empties}}";
    let (wild, group) = group_of_two("removal-path", empties, json!({})).await;
    works(&wild, &group).await;
    let by_value = "{members: {removal: [valueArray], otherRemoval: empties}}";
    let overrides = json!({"members": {"remove": "ValueArray"}});
    let (wild, group) = group_of_two("removal-value", by_value, overrides).await;
    works(&wild, &group).await;
}

#[tokio::test]
async fn removal_answers_200_and_does_nothing() {
    let ignored = "{members: {removal: [], otherRemoval: ignored}}";
    let (wild, group_id) = group_of_two("removal-ignored", ignored, json!({})).await;
    wild.apply(&group("all", ["ada"])).await;
    let what = "MembersReady=False";
    let told = |object: Option<&DynamicObject>| {
        object.is_some_and(|object| objects::has(object, "MembersReady", "False", "RejectedByServer"))
    };
    let told = wild.until(Kind::Group, "all", what, told).await.unwrap();
    let told = objects::message(&told, "MembersReady");
    assert!(told.contains(&id_of(&wild, "bob")), "{told}");
    assert_eq!(members(&wild, &group_id).len(), 2);
    let mark = wild.proxy.mark();
    wild.proxy.sweeps(mark, 3).await;
    assert!(wild.writes(mark).len() <= 2, "no endless removal: {:#?}", wild.writes(mark));
}

#[tokio::test]
async fn at_most_so_many_members_in_a_request() {
    let overrides = json!({"members": {"maxPerRequest": 2}});
    let wild = Wild::start_with("most-members", "{members: {most: 2, atCreation: refused}}", overrides).await;
    let names = ["ada", "bob", "cy", "dan", "eve"];
    for name in names {
        wild.settle(&user(name)).await;
    }
    let all = objects::id(&wild.settle(&group("all", names)).await);
    assert_eq!(members(&wild, &all).len(), 5);
    wild.settle(&group("all", ["eve"])).await;
    assert_eq!(members(&wild, &all), [id_of(&wild, "eve")]);
    assert_eq!(wild.server.refusals(), [""; 0]);
}

#[tokio::test]
async fn members_are_readable_only_when_asked_for_by_name() {
    let overrides = json!({"members": {"read": "Requested"}});
    let (wild, group) = group_of_two("members-asked", "{members: {shown: request}}", overrides).await;
    works(&wild, &group).await;
    wild.server.edit("/Groups", &group, |group| group["members"] = json!([]));
    wild.proxy.sweeps(wild.proxy.mark(), 2).await;
    assert_eq!(members(&wild, &group).len(), 2, "what somebody removed is put back");
}

#[tokio::test]
async fn get_group_answers_empty_members() {
    let overrides = json!({"members": {"read": "ByFilter"}});
    let (wild, group) = group_of_two("members-empty", "{members: {shown: empty}}", overrides).await;
    works(&wild, &group).await;
    let overrides = json!({"members": {"read": "Never"}});
    let (wild, group) = group_of_two("members-never", "{members: {shown: never}}", overrides).await;
    works(&wild, &group).await;
}

#[tokio::test]
async fn member_type_is_required() {
    let overrides = json!({"members": {"type": "Always"}});
    let (wild, group) = group_of_two("member-type", "{members: {needs: [type]}}", overrides).await;
    works(&wild, &group).await;
}

#[tokio::test]
async fn group_put_must_not_carry_members() {
    let habits = "{members: {inPut: notImplemented}}";
    let overrides = json!({"groups": {"update": "Put"}, "members": {"inPut": false}});
    let (wild, group_id) = group_of_two("put-members", habits, overrides).await;
    works(&wild, &group_id).await;
    wild.settle(&group("all", ["ada", "bob"]).with("displayName", "everybody")).await;
    assert_eq!(wild.server.get("/Groups", &group_id).unwrap()["displayName"], json!("everybody"));
    assert_eq!(members(&wild, &group_id).len(), 2);
}

#[tokio::test]
async fn members_under_another_name_than_their_id() {
    let wild = Wild::start("member-names", "{members: {valueIs: userName}}").await;
    wild.settle(&user("ada")).await;
    wild.apply(&group("all", ["ada"])).await;
    wild.proxy.sweeps(wild.proxy.mark(), 2).await;
    let mark = wild.proxy.mark();
    wild.proxy.sweeps(mark, 3).await;
    assert!(wild.writes(mark).len() <= 3, "no endless update: {:#?}", wild.writes(mark));
    let groups = wild.server.all("/Groups");
    assert_eq!(groups[0]["members"][0]["value"], json!(id_of(&wild, "ada")));
}

#[tokio::test]
async fn replace_members_merges() {
    let (wild, group) = group_of_two("replace-merges", "{members: {replacing: merges}}", json!({})).await;
    works(&wild, &group).await;
}

#[tokio::test]
async fn members_at_creation_are_ignored_or_refused() {
    for taken in ["ignored", "refused"] {
        let habits = format!("{{members: {{atCreation: {taken}}}}}");
        let (wild, group) = group_of_two("at-creation", &habits, json!({})).await;
        works(&wild, &group).await;
    }
}
