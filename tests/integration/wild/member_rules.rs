//! What a profile says of members decides which requests are sent, and how
//! many.

use kube::api::{Patch, PatchParams};

use super::{
    members::{group_of_two, id_of, members},
    *,
};
use crate::support::{
    objects::group,
    proxy::{Purpose, purposes},
};

/// Users that are there.
async fn users<const N: usize>(wild: &Wild, names: [&str; N]) -> [String; N] {
    for name in names {
        wild.settle(&user(name)).await;
    }
    names.map(|name| id_of(wild, name))
}

/// Asks for a comparison, and waits until it was made.
async fn compared(wild: &Wild, mark: &str) -> DynamicObject {
    let annotation = json!({"scim-operator.dev/reconcile-requested-at": mark});
    wild.merge(Kind::Group, "all", &json!({"metadata": {"annotations": annotation}})).await;
    let handled = |object: &DynamicObject| objects::status(object, "/lastHandledReconcileAt") == mark;
    let what = format!("comparison {mark}");
    wild.until(Kind::Group, "all", &what, |object| object.is_some_and(handled)).await.unwrap()
}

fn applied(group: &DynamicObject) -> Value {
    objects::status(group, "/appliedMembers")
}

/// The questions whether somebody is a member.
fn questions(wild: &Wild, mark: usize) -> usize {
    let asks = |it: &Recorded| {
        it.path == "/Groups" && it.parameter("filter").is_some_and(|filter| filter.contains("members"))
    };
    wild.proxy.since(mark).iter().filter(|it| asks(it)).count()
}

#[tokio::test]
async fn hidden_members_are_neither_removed_nor_added_again() {
    for (shown, name) in [("empty", "hidden-empty"), ("never", "hidden-never")] {
        let habits = format!("{{members: {{shown: {shown}}}}}");
        let overrides = json!({"members": {"read": "Never"}});
        let (wild, all) = group_of_two(name, &habits, overrides).await;
        let [ada, bob] = ["ada", "bob"].map(|name| id_of(&wild, name));
        let stranger = wild.server.insert("/Users", stranger("eve"));
        wild.server.edit("/Groups", &all, |group| {
            group["members"].as_array_mut().unwrap().push(json!({"value": stranger}));
        });
        wild.stays_quiet().await;
        let mark = wild.proxy.mark();
        compared(&wild, "1").await;
        wild.operator.stop().await;
        wild.operator.start().await;
        wild.stays_quiet().await;
        assert!(wild.writes(mark).is_empty(), "{:#?}", wild.writes(mark));

        let mark = wild.proxy.mark();
        let told = wild.settle(&group("all", ["ada"])).await;
        assert_eq!(applied(&told), json!([ada]));
        assert_eq!(purposes(&wild.writes(mark)), [Purpose::Patch]);
        assert_eq!(members(&wild, &all), [ada, stranger], "who was not recorded stays");
        assert!(!wild.writes(mark)[0].body.to_string().contains("\"add\""));
        assert!(wild.writes(mark)[0].body.to_string().contains(&bob));
    }
}

#[tokio::test]
async fn whoever_is_gone_already_is_no_trouble_where_nobody_sees_it() {
    let overrides = json!({"members": {"read": "Never"}});
    let (wild, all) = group_of_two("hidden-gone", "{members: {shown: never}}", overrides).await;
    let ada = id_of(&wild, "ada");
    wild.server.edit("/Groups", &all, |group| group["members"] = json!([{"value": ada}]));
    let told = wild.settle(&group("all", ["ada"])).await;
    assert_eq!((applied(&told), members(&wild, &all)), (json!([ada]), vec![ada.clone()]));
    assert!(objects::has(&told, "MembersReady", "True", "Succeeded"), "{told:#?}");
}

#[tokio::test]
async fn an_interrupted_addition_is_sent_again_where_nobody_sees_it() {
    let overrides = json!({"members": {"read": "Never"}});
    let (wild, all) = group_of_two("hidden-crash", "{members: {shown: never}}", overrides).await;
    let [ada, bob] = ["ada", "bob"].map(|name| id_of(&wild, name));
    wild.operator.stop().await;
    // As a crash leaves it: recorded, not counted, and not sent.
    wild.server.edit("/Groups", &all, |group| group["members"] = json!([{"value": ada}]));
    let uncounted = Patch::Merge(json!({"status": {"members": null}}));
    wild.api(Kind::Group).patch_status("all", &PatchParams::default(), &uncounted).await.unwrap();
    let mark = wild.proxy.mark();
    wild.operator.start().await;
    wild.proxy.sweeps(mark, 2).await;
    wild.stays_quiet().await;
    assert_eq!(purposes(&wild.writes(mark)), [Purpose::Patch]);
    assert_eq!(members(&wild, &all), [ada, bob]);
}

#[tokio::test]
async fn a_server_that_answers_about_single_members_is_asked_when_a_group_is_looked_at() {
    let overrides = json!({"members": {"read": "ByFilter"}});
    let (wild, all) = group_of_two("asked", "{members: {shown: empty}}", overrides).await;
    let [ada, bob] = ["ada", "bob"].map(|name| id_of(&wild, name));
    let stranger = wild.server.insert("/Users", stranger("eve"));
    let others = json!([{"value": ada}, {"value": stranger}]);
    wild.server.edit("/Groups", &all, |group| group["members"] = others);
    let mark = wild.proxy.mark();
    let told = compared(&wild, "1").await;
    assert!(questions(&wild, mark) >= 2);
    assert_eq!(members(&wild, &all), [ada.clone(), stranger, bob.clone()], "put back, and nobody removed");
    assert_eq!(purposes(&wild.writes(mark)), [Purpose::Patch]);
    assert!(!wild.writes(mark)[0].body.to_string().contains(&ada), "she is in");
    let mut both = [ada, bob];
    both.sort();
    assert_eq!(applied(&told), json!(both));
}

#[tokio::test]
async fn whom_others_added_stays_in_an_additive_group_that_only_answers() {
    let habits = "{members: {shown: empty}}";
    let wild = Wild::start_with("asked-additive", habits, json!({"members": {"read": "ByFilter"}})).await;
    let [ada, bob] = users(&wild, ["ada", "bob"]).await;
    let additive = |names: &[&str]| {
        group("all", []).with("members", json!({"users": names})).with("membership", "Additive")
    };
    let all = objects::id(&wild.settle(&additive(&[])).await);
    wild.server.edit("/Groups", &all, |group| group["members"] = json!([{"value": ada}]));
    let told = wild.settle(&additive(&["ada", "bob"])).await;
    assert_eq!((applied(&told), members(&wild, &all)), (json!([bob]), vec![ada.clone(), bob]));
    wild.settle(&additive(&[])).await;
    assert_eq!(members(&wild, &all), [ada], "only he was ours");
}

#[tokio::test]
async fn members_are_removed_by_a_put_of_those_who_stay() {
    let habits = "{members: {removal: [], otherRemoval: refused}}";
    let overrides = json!({"members": {"remove": "Put"}});
    let wild = Wild::start_with("removal-put", habits, overrides).await;
    let [ada, ..] = users(&wild, ["ada", "bob", "cy"]).await;
    let mark = wild.proxy.mark();
    let all = objects::id(&wild.settle(&group("all", ["ada", "bob", "cy"])).await);
    assert_eq!(purposes(&wild.writes(mark)), [Purpose::Create, Purpose::Patch], "additions go by PATCH");
    let mark = wild.proxy.mark();
    wild.settle(&group("all", ["ada"])).await;
    let writes = wild.writes(mark);
    assert_eq!(purposes(&writes), [Purpose::Replace], "both at once");
    assert_eq!(members(&wild, &all), [ada]);
    assert_eq!(wild.server.refusals(), [""; 0]);
    wild.stays_quiet().await;
}

#[tokio::test]
async fn no_request_names_more_members_than_the_profile_says() {
    let habits = "{members: {most: 2, atCreation: refused}}";
    let wild = Wild::start_with("most-counted", habits, json!({"members": {"maxPerRequest": 2}})).await;
    let names = ["ada", "bob", "cy", "dan", "eve"];
    users(&wild, names).await;
    let mark = wild.proxy.mark();
    wild.settle(&group("all", names)).await;
    let patches = |mark| wild.writes(mark).iter().filter(|it| it.purpose() == Purpose::Patch).count();
    assert_eq!(patches(mark), 3);
    let mark = wild.proxy.mark();
    wild.settle(&group("all", ["eve"])).await;
    assert_eq!(patches(mark), 2);
    assert_eq!(wild.server.refusals(), [""; 0]);
}

#[tokio::test]
async fn a_member_is_added_with_its_name_where_the_server_wants_it() {
    let habits = "{members: {needs: [type, display]}}";
    let overrides = json!({"members": {"type": "Always", "display": true}});
    let (wild, all) = group_of_two("member-display", habits, overrides).await;
    wild.settle(&group("whole", []).with("members", json!({"groups": ["all"]}))).await;
    let added: Vec<Value> = wild.writes(0).iter().filter(|it| it.purpose() == Purpose::Patch).fold(
        Vec::new(),
        |mut added, patch| {
            added.extend(patch.body["Operations"][0]["value"].as_array().cloned().unwrap_or_default());
            added
        },
    );
    let one = |id: &str| added.iter().find(|member| member["value"] == id).unwrap();
    let ada = one(&id_of(&wild, "ada"));
    assert_eq!((&ada["display"], &ada["type"]), (&json!(objects::user_name("ada")), &json!("User")));
    let name = &wild.server.get("/Groups", &all).unwrap()["displayName"];
    let nested = one(&all);
    assert_eq!((&nested["display"], &nested["type"]), (name, &json!("Group")));
    assert_eq!(wild.server.refusals(), [""; 0]);
}

#[tokio::test]
async fn a_group_is_created_with_those_who_are_known_and_the_rest_follows() {
    for (taken, name, sent) in [
        ("stored", "inline-stored", vec![Purpose::Create, Purpose::Patch]),
        ("ignored", "inline-ignored", vec![Purpose::Create, Purpose::Patch, Purpose::Patch]),
    ] {
        let habits = format!("{{members: {{atCreation: {taken}}}}}");
        let overrides = json!({"members": {"atCreation": "Inline", "maxPerRequest": 2}});
        let wild = Wild::start_with(name, &habits, overrides).await;
        let names = ["ada", "bob", "cy"];
        users(&wild, names).await;
        let mark = wild.proxy.mark();
        let all = objects::id(&wild.settle(&group("all", names)).await);
        let writes = wild.writes(mark);
        assert_eq!(purposes(&writes), sent, "{taken}");
        assert_eq!(writes[0].body["members"].as_array().map(Vec::len), Some(2));
        assert_eq!(members(&wild, &all).len(), 3, "{taken}");
        wild.stays_quiet().await;
    }
}

#[tokio::test]
async fn a_group_is_created_with_nobody_where_the_server_wants_that_said() {
    let overrides = json!({"members": {"atCreation": "Empty"}});
    let wild = Wild::start_with("at-creation-empty", "{}", overrides).await;
    users(&wild, ["ada"]).await;
    let mark = wild.proxy.mark();
    wild.settle(&group("all", ["ada"])).await;
    let writes = wild.writes(mark);
    assert_eq!(purposes(&writes), [Purpose::Create, Purpose::Patch]);
    assert_eq!(writes[0].body["members"], json!([]));
}
