//! Who is in a group: every way to name members, and what becomes of the
//! others.

use kube::api::DynamicObject;
use serde_json::{Value, json};

use crate::support::{
    objects::{Kind, Manifest, condition, group, has, id, message, status, user, user_name},
    proxy::{Answer, Match, Purpose, Recorded},
    world::World,
};

fn of_purpose(records: &[Recorded], purpose: Purpose) -> usize {
    records.iter().filter(|record| record.purpose() == purpose).count()
}

fn labelled(mut manifest: Manifest, labels: Value) -> Manifest {
    manifest.value["metadata"]["labels"] = labels;
    manifest
}

fn with_members(name: &str, members: Value) -> Manifest {
    group(name, []).with("members", members)
}

fn selecting(name: &str, team: &str) -> Manifest {
    group(name, []).without("members").with("memberSelector", json!({"matchLabels": {"team": team}}))
}

fn additive(name: &str, users: &[&str]) -> Manifest {
    with_members(name, json!({"users": users})).with("membership", "Additive")
}

fn members_ready(group: &DynamicObject) -> bool {
    condition(group, "MembersReady").is_some_and(|condition| condition["status"] == "True")
}

fn sorted<const N: usize>(mut ids: [String; N]) -> [String; N] {
    ids.sort();
    ids
}

impl World {
    /// Users that are Ready, and their ids.
    async fn users<const N: usize>(&self, names: [&str; N]) -> [String; N] {
        self.apply_all(names.map(user)).await;
        let mut ids = Vec::new();
        for name in names {
            ids.push(id(&self.ready(Kind::User, name).await));
        }
        ids.try_into().unwrap()
    }

    /// Until the group on the server has just these members.
    async fn has_members<const N: usize>(&self, group: &DynamicObject, members: [String; N]) {
        let (members, id) = (sorted(members), id(group));
        let what = format!("membership of {members:?}");
        crate::support::wait::poll(&what, crate::support::wait::DEADLINE, || async {
            let there = self.server.members(&id).await;
            if there == members { Ok(()) } else { Err(format!("{there:?}")) }
        })
        .await;
    }

    /// Somebody whom no object stands for; with a group's id also in that.
    async fn stranger(&self, name: &str, group: Option<&DynamicObject>) -> String {
        let body = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
            "userName": user_name(name),
        });
        let created = self.server.create("/Users", &body).await;
        let stranger = created["id"].as_str().unwrap().to_owned();
        if let Some(group) = group {
            self.put_into(group, &stranger).await;
        }
        stranger
    }

    /// Adds somebody to a group behind the operator's back.
    async fn put_into(&self, group: &DynamicObject, member: &str) {
        let operation = json!({"op": "add", "path": "members", "value": [{"value": member}]});
        self.server.patch("/Groups", &id(group), operation).await;
    }

    /// Until the group's references are found to be wrong for this reason.
    async fn unresolved(&self, name: &str, reason: &str) -> DynamicObject {
        let what = format!("ReferencesResolved=False with reason {reason}");
        let is_so = |group: Option<&DynamicObject>| {
            group.is_some_and(|group| has(group, "ReferencesResolved", "False", reason))
        };
        self.until(Kind::Group, name, &what, is_so).await.unwrap()
    }

    /// Until every member of the group is in.
    async fn complete(&self, name: &str) -> DynamicObject {
        let is_so = |group: Option<&DynamicObject>| group.is_some_and(members_ready);
        self.until(Kind::Group, name, "with all its members", is_so).await.unwrap()
    }
}

#[tokio::test]
async fn a_group_in_a_group_joins_as_a_group_when_it_is_there() {
    let world = World::start("nested").await;
    let [ada, bob] = world.users(["ada", "bob"]).await;
    let everyone = with_members("everyone", json!({"users": ["bob"], "groups": ["oncall"]}));
    let everyone = world.settle(&everyone).await;
    assert!(has(&everyone, "ReferencesResolved", "False", "ReferenceNotReady"));
    assert!(message(&everyone, "MembersReady").contains("group oncall"));
    world.has_members(&everyone, [bob.clone()]).await;

    let mark = world.proxy.mark();
    let oncall = world.settle(&group("oncall", ["ada"])).await;
    world.complete("everyone").await;
    world.has_members(&everyone, [bob, id(&oncall)]).await;
    world.has_members(&oncall, [ada]).await;
    let nesting: Vec<Value> = world
        .proxy
        .since(mark)
        .into_iter()
        .filter(|record| record.purpose() == Purpose::Patch && record.path.ends_with(&id(&everyone)))
        .map(|record| record.body["Operations"][0]["value"].clone())
        .collect();
    assert_eq!(nesting, [json!([{"value": id(&oncall), "type": "Group"}])]);
}

#[tokio::test]
async fn objects_of_another_provider_and_the_group_itself_are_refused_as_members() {
    let world = World::start("refused-members").await;
    let [ada] = world.users(["ada"]).await;
    let elsewhere = json!({"kind": "ScimProvider", "name": "elsewhere"});
    world.apply(&user("bob").with("providerRef", elsewhere)).await;
    world.apply(&with_members("team", json!({"users": ["ada", "bob"], "groups": ["team"]}))).await;
    let team = world.unresolved("team", "ReferenceRefused").await;
    let said = message(&team, "ReferencesResolved");
    assert!(said.contains("bob") && said.contains("group team"), "{said}");
    assert_eq!(status(&team, "/members"), json!({"desired": 3, "applied": 1, "pending": 2}));
    world.has_members(&team, [ada]).await;
}

#[tokio::test]
async fn a_selector_follows_the_labels_and_one_that_fits_nobody_keeps_strangers() {
    let world = World::start("selector").await;
    let team = |team: &str| json!({"metadata": {"labels": {"team": team}}});
    world.apply(&labelled(user("ada"), json!({"team": "red"}))).await;
    world.apply(&labelled(user("bob"), json!({"team": "blue"}))).await;
    let ada = id(&world.ready(Kind::User, "ada").await);
    let bob = id(&world.ready(Kind::User, "bob").await);
    let reds = world.settle(&selecting("reds", "red")).await;
    world.has_members(&reds, [ada.clone()]).await;

    let mark = world.proxy.mark();
    world.merge(Kind::User, "bob", &team("red")).await;
    world.has_members(&reds, [ada.clone(), bob.clone()]).await;
    world.merge(Kind::User, "ada", &team("blue")).await;
    world.has_members(&reds, [bob]).await;
    let patches = of_purpose(&world.proxy.since(mark), Purpose::Patch);
    assert_eq!(patches, 2, "one for each change of a label");

    let stranger = world.stranger("eve", None).await;
    world.merge(Kind::User, "bob", &team("blue")).await;
    let reds = world.unresolved("reds", "NothingSelected").await;
    world.put_into(&reds, &stranger).await;
    world.proxy.sweeps(world.proxy.mark(), 2).await;
    world.has_members(&reds, [stranger]).await;

    world.merge(Kind::User, "ada", &team("red")).await;
    world.has_members(&reds, [ada]).await;
}

#[tokio::test]
async fn user_names_are_looked_up_once_and_then_followed_by_the_sweeps() {
    let world = World::start("user-names").await;
    let [ada] = world.users(["ada"]).await;
    let carol = world.stranger("carol", None).await;
    let names = ["ada", "CAROL", "dan"].map(user_name);
    let mark = world.proxy.mark();
    let team = world.settle(&with_members("team", json!({"userNames": names}))).await;
    world.has_members(&team, [ada.clone(), carol.clone()]).await;
    assert!(has(&team, "MembersReady", "False", "ReferenceNotReady"));
    assert!(message(&team, "ReferencesResolved").contains("userName dan@example.com"));
    assert_eq!(status(&team, "/members"), json!({"desired": 3, "applied": 2, "pending": 1}));

    world.proxy.sweeps(world.proxy.mark(), 2).await;
    let lookups = |records: Vec<Recorded>| {
        let of_users = records.into_iter().filter(|record| record.path.starts_with("/Users"));
        of_purpose(&of_users.collect::<Vec<_>>(), Purpose::Lookup)
    };
    let asked = lookups(world.proxy.since(mark));
    assert!(asked <= 2, "nobody is asked for whom an object stands for: {asked} lookups");

    let mark = world.proxy.mark();
    let dan = world.stranger("dan", None).await;
    let team = world.complete("team").await;
    world.has_members(&team, [ada, carol, dan]).await;
    assert_eq!(lookups(world.proxy.since(mark)), 0, "the sweep saw him");
}

#[tokio::test]
async fn an_additive_group_removes_only_whom_it_added() {
    let world = World::start("additive").await;
    let [ada, bob, cid] = world.users(["ada", "bob", "cid"]).await;
    let team = world.settle(&additive("team", &["cid"])).await;
    let stranger = world.stranger("eve", Some(&team)).await;
    world.put_into(&team, &ada).await;

    let team = world.settle(&additive("team", &["ada", "bob"])).await;
    world.has_members(&team, [ada.clone(), bob.clone(), stranger.clone()]).await;
    assert_eq!(status(&team, "/appliedMembers"), json!([bob]), "ada was there before");

    let team = world.settle(&additive("team", &["cid"])).await;
    world.has_members(&team, [ada.clone(), cid.clone(), stranger.clone()]).await;
    assert_eq!(status(&team, "/appliedMembers"), json!([cid]));

    let team = world.settle(&group("team", ["bob"])).await;
    world.has_members(&team, [bob.clone()]).await;
    let team = world.settle(&additive("team", &["bob"])).await;
    world.put_into(&team, &stranger).await;
    world.proxy.sweeps(world.proxy.mark(), 2).await;
    world.has_members(&team, [bob, stranger]).await;
}

#[tokio::test]
async fn without_members_and_selector_the_membership_is_left_alone() {
    let world = World::start("not-ours").await;
    let [ada] = world.users(["ada"]).await;
    let team = world.settle(&group("team", ["ada"])).await;
    let stranger = world.stranger("eve", None).await;
    let team_alone = group("team", []).without("members");
    world.settle(&team_alone).await;
    world.put_into(&team, &stranger).await;
    world.proxy.sweeps(world.proxy.mark(), 2).await;
    world.has_members(&team, [ada, stranger]).await;
    assert_eq!(status(&world.get(Kind::Group, "team").await, "/members"), Value::Null);

    let team = world.settle(&with_members("team", json!({}))).await;
    world.has_members(&team, []).await;
}

#[tokio::test]
async fn a_server_without_patch_takes_its_groups_as_a_whole() {
    let world = World::start("members-by-put").await;
    let unsupported = Answer::scim_error(501, "", "no such method");
    let refusals = world.proxy.on(Match::new("PATCH", "/Groups")).answer(unsupported);
    let [ada, bob, cid] = world.users(["ada", "bob", "cid"]).await;
    let mark = world.proxy.mark();
    let team = world.settle(&group("team", ["ada", "bob"])).await;
    world.has_members(&team, [ada.clone(), bob]).await;
    assert_eq!(refusals.hits(), 1, "it is asked for once");
    assert_eq!(of_purpose(&world.proxy.since(mark), Purpose::Replace), 1);

    let mark = world.proxy.mark();
    world.settle(&group("team", ["ada", "cid"])).await;
    world.has_members(&team, [ada, cid]).await;
    let requests = world.proxy.work_since(mark);
    assert_eq!(of_purpose(&requests, Purpose::Replace), 1, "who goes and who comes at once: {requests:#?}");
    assert_eq!(refusals.hits(), 1);
    assert_eq!(world.server.get("/Groups", &id(&team)).await.unwrap()["displayName"], "team");
}

#[tokio::test]
async fn a_list_of_members_that_is_emptied_empties_the_group() {
    let world = World::start("emptied").await;
    let [ada] = world.users(["ada"]).await;
    let team = world.settle(&group("team", ["ada"])).await;
    world.has_members(&team, [ada]).await;
    let team = world.settle(&group("team", [])).await;
    assert_eq!(team.data["spec"]["members"], json!({"users": []}));
    world.has_members(&team, []).await;
}

#[tokio::test]
async fn a_server_that_takes_a_member_and_forgets_it_is_not_asked_for_ever() {
    let world = World::start("forgetful").await;
    world.users(["ada"]).await;
    let nothing = Answer::new(204, "application/scim+json", "");
    let rule = world.proxy.on(Match::new("PATCH", "/Groups")).answer(nothing);
    world.apply(&group("team", ["ada"])).await;
    let is_told = |team: Option<&DynamicObject>| {
        team.is_some_and(|team| has(team, "MembersReady", "False", "RejectedByServer"))
    };
    let team = world.until(Kind::Group, "team", "found to ignore its members", is_told).await.unwrap();
    assert_eq!(status(&team, "/members"), json!({"desired": 1, "applied": 0, "pending": 1}));
    assert_eq!(rule.hits(), 2, "once, and once more to see that it is of no use");

    world.proxy.sweeps(world.proxy.mark(), 2).await;
    assert_eq!(rule.hits(), 2);
}
