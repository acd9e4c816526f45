//! Who is in a group, while it cannot be told of everybody who they are, and
//! when the server does not do all that it is asked.

use kube::api::DynamicObject;
use serde_json::{Value, json};

use super::{Scene, Stand};
use crate::support::{
    objects::{
        self, Kind, Manifest, PROVIDER, condition, group, has, id, is_ready, message, secret_with, status,
        user,
    },
    proxy::{Answer, Match, Proxy, Purpose, Recorded},
    quirk::{Habits, QuirkServer},
    wait,
};

fn additive(users: &[&str]) -> Manifest {
    group("team", users.iter().copied()).with("membership", "Additive")
}

impl<S: Stand> Scene<S> {
    /// Users that are Ready, and their ids.
    pub(super) async fn settle_users<const N: usize>(&self, names: [&str; N]) -> [String; N] {
        self.apply_all(names.map(user)).await;
        let mut ids = Vec::new();
        for name in names {
            ids.push(id(&self.ready(Kind::User, name).await));
        }
        ids.try_into().unwrap()
    }

    /// Who is in a group on the server.
    pub(super) async fn members_of(&self, group: &DynamicObject) -> Vec<String> {
        let (groups, id) = (self.server.everything("/Groups").await, id(group));
        let group = groups.into_iter().find(|it| it["id"] == id).expect("the group is there");
        let members = group["members"].as_array().cloned().unwrap_or_default();
        let mut ids: Vec<String> =
            members.iter().map(|member| member["value"].as_str().unwrap().to_owned()).collect();
        ids.sort();
        ids
    }

    /// Until the group on the server has just these members.
    pub(super) async fn has_members<'a>(
        &self,
        group: &DynamicObject,
        members: impl IntoIterator<Item = &'a String>,
    ) {
        let mut members: Vec<String> = members.into_iter().cloned().collect();
        members.sort();
        let what = format!("membership of {members:?}");
        wait::poll(&what, wait::DEADLINE, || async {
            let there = self.members_of(group).await;
            if there == members { Ok(()) } else { Err(format!("{there:?}")) }
        })
        .await;
    }

    /// The requests since a mark that may have taken somebody out of a group:
    /// whatever changes one otherwise than by adding.
    pub(super) fn removals(&self, mark: usize) -> Vec<Recorded> {
        let of_groups = self.writes(mark).into_iter().filter(|it| it.path.starts_with("/Groups/"));
        of_groups.filter(|it| it.purpose() == Purpose::Delete || touches_members(&it.body)).collect()
    }

    async fn until_group(&self, what: &str, is_so: impl Fn(&DynamicObject) -> bool + Send + Sync) {
        self.until(Kind::Group, "team", what, |team| team.is_some_and(&is_so)).await;
    }

    async fn until_all_are_in(&self) {
        self.until_group("with all its members", |team| has(team, "MembersReady", "True", "Succeeded")).await;
    }
}

impl Scene<QuirkServer> {
    /// Somebody else puts somebody into a group.
    fn put_into(&self, group: &DynamicObject, member: &str) {
        self.server.edit("/Groups", &id(group), |group| {
            let mut members = group["members"].as_array().cloned().unwrap_or_default();
            members.push(json!({"value": member}));
            group["members"] = members.into();
        });
    }
}

fn touches_members(body: &Value) -> bool {
    let adds = |operation: &Value| operation["op"].as_str().is_some_and(|op| op.eq_ignore_ascii_case("add"));
    let operations = body["Operations"].as_array().cloned().unwrap_or_default();
    let others = operations.iter().filter(|operation| !adds(operation));
    body.get("members").is_some() || others.into_iter().any(|it| it.to_string().contains("members"))
}

/// Members who are not Ready, because the server is away or does not do what
/// it is asked, are members still.
#[tokio::test]
async fn group_refs_unready_in_outage() {
    let scene = Scene::set("refs-in-outage").on_habits("{}").await;
    let [ada, bob] = scene.settle_users(["ada", "bob"]).await;
    let team = scene.settle(&group("team", ["ada", "bob"])).await;
    scene.has_members(&team, [&ada, &bob]).await;
    let mark = scene.proxy.mark();
    let outage = scene.proxy.on(Match::any()).answer(Answer::new(503, "text/plain", "down"));
    scene.until(Kind::Provider, PROVIDER, "not Ready", |it| !it.is_some_and(is_ready)).await;
    // The next life knows only what the objects say.
    scene.operator.stop().await;
    scene.operator.start().await;
    scene.apply(&user("ada").with("title", "Boss")).await;
    scene.apply(&user("eve")).await;
    scene.apply(&group("team", ["ada", "bob", "eve"]).with("displayName", "Team")).await;
    scene.not_ready(Kind::User, "eve", "ProviderNotReady").await;
    scene.has_members(&team, [&ada, &bob]).await;

    let refusal = || Answer::scim_error(403, "", "users are read-only today");
    let refusals = [Match::creation("/Users"), Match::new("PATCH", "/Users/")];
    let refusals = refusals.map(|what| scene.proxy.on(what).answer(refusal()));
    scene.proxy.remove(&outage);
    scene.until(Kind::User, "ada", "refused", |ada| ada.is_some_and(|ada| !is_ready(ada))).await;
    let renamed = scene.ready(Kind::Group, "team").await;
    assert!(message(&renamed, "MembersReady").contains("eve"), "{}", message(&renamed, "MembersReady"));
    scene.has_members(&team, [&ada, &bob]).await;

    for refusal in refusals {
        scene.proxy.remove(&refusal);
    }
    let eve = id(&scene.ready(Kind::User, "eve").await);
    scene.until_all_are_in().await;
    scene.has_members(&team, [&ada, &bob, &eve]).await;
    assert!(scene.removals(mark).is_empty(), "{:#?}", scene.removals(mark));
    scene.end().await;
}

/// While a name leads to nobody, whoever is known to be another leaves, and
/// whoever might be the one that is meant stays.
#[tokio::test]
async fn group_typo_does_not_stop_revocation() {
    let scene = Scene::set("group-typo").on_habits("{}").await;
    let [ada, bob, eve] = scene.settle_users(["ada", "bob", "eve"]).await;
    let team = scene.settle(&group("team", ["ada", "bob", "eve"])).await;
    scene.has_members(&team, [&ada, &bob, &eve]).await;
    let unknown = scene.id_of("BOB@example.org");
    scene.operator.stop().await;
    scene.put_into(&team, &unknown);
    scene.operator.start().await;
    let mark = scene.proxy.mark();
    scene.apply(&group("team", ["ada", "bbo"])).await;
    scene
        .until_group("a group with a typo", |team| {
            has(team, "ReferencesResolved", "False", "ReferenceNotReady")
                && message(team, "ReferencesResolved").contains("bbo")
        })
        .await;
    scene.has_members(&team, [&ada, &unknown]).await;
    scene.proxy.sweeps(scene.proxy.mark(), 1).await;
    scene.has_members(&team, [&ada, &unknown]).await;
    assert!(
        !format!("{:?}", scene.writes(mark).iter().map(|it| &it.body).collect::<Vec<_>>()).contains(&unknown)
    );
    scene.end().await;
}

/// The id of another provider's user is a stranger's in this group's server,
/// be it the one who lets the company back in when all else fails.
#[tokio::test]
async fn member_of_other_provider() {
    let scene = Scene::set("other-provider").on_habits("{shape: {ids: integer}}").await;
    let [ada] = scene.settle_users(["ada"]).await;
    let stranger = scene.id_of("break-glass");
    let another = QuirkServer::start("another-token", Habits::read("{shape: {ids: integer}}")).await;
    let road = Proxy::before(another.port(), another.base()).await;
    let token = json!({"type": "Bearer", "bearer": {"tokenSecretRef": {"name": "another", "key": "token"}}});
    let mut provider = objects::provider(&road.url()).with("auth", token);
    provider.value["metadata"]["name"] = json!("another");
    scene.apply(&secret_with("another", "127.0.0.1", &[("token", "another-token")])).await;
    scene.settle(&provider).await;
    let elsewhere = json!({"kind": "ScimProvider", "name": "another"});
    let bob = scene.settle(&user("bob").with("providerRef", elsewhere)).await;
    assert_eq!(id(&bob), stranger, "the same id means somebody else here");

    let team = scene.settle(&group("team", ["ada", "bob"])).await;
    let team_is_told = |team: &DynamicObject| has(team, "ReferencesResolved", "False", "ReferenceRefused");
    scene.until_group("a group that refuses bob", team_is_told).await;
    let told = scene.get(Kind::Group, "team").await;
    assert!(message(&told, "ReferencesResolved").contains("bob"), "{told:#?}");
    assert_eq!(status(&told, "/members"), json!({"desired": 2, "applied": 1, "pending": 1}));
    scene.proxy.sweeps(scene.proxy.mark(), 1).await;
    assert_eq!(scene.members_of(&team).await, [ada]);
    scene.end().await;
}

/// One whom the server refuses is named, and keeps nobody out; and finding
/// out who it is takes few requests.
#[tokio::test]
async fn patch_with_one_bad_member() {
    const BAD: &str = "no-such-member";
    let scene = Scene::set("bad-member").on_habits("{}").await;
    let names: Vec<String> = (0..20).map(|number| format!("user-{number}")).collect();
    scene.apply_all(names.iter().map(|name| user(name))).await;
    scene.ready_count(Kind::User, names.len()).await;
    let group_of = |ids: &[&str]| group("team", []).with("members", json!({"users": names, "ids": ids}));
    let mark = scene.proxy.mark();
    let team = scene.settle(&group_of(&[BAD])).await;
    assert!(has(&team, "MembersReady", "False", "RejectedByServer"), "{:?}", team.data["status"]);
    assert!(message(&team, "MembersReady").contains("id no-such-member (\"there is no such member\")"));
    assert_eq!(status(&team, "/members"), json!({"desired": 21, "applied": 20, "pending": 1}));
    assert_eq!(scene.members_of(&team).await.len(), 20);
    let patches = scene.writes(mark).iter().filter(|it| it.purpose() == Purpose::Patch).count();
    assert!(patches <= 11, "{patches} requests to find one of 21");

    let mark = scene.proxy.mark();
    scene.proxy.sweeps(mark, 2).await;
    scene.wrote_nothing(mark);
    // A change of the manifest has it tried again.
    scene.server.insert("/Users", json!({"id": BAD, "userName": "late@example.com", "active": true}));
    scene.apply(&group_of(&[BAD]).with("displayName", "Team")).await;
    scene.until_all_are_in().await;
    assert_eq!(scene.members_of(&team).await.len(), 21);
    scene.end().await;
}

/// Whom an Additive group added is known after a crash, so that they can be
/// taken out again; whoever was there before is not ours to take out.
#[tokio::test]
async fn additive_crash_after_add() {
    let scene = Scene::set("additive-crash").on_habits("{}").await;
    let [ada, bob, eve] = scene.settle_users(["ada", "bob", "eve"]).await;
    let team = scene.settle(&additive(&["eve"])).await;
    scene.has_members(&team, [&eve]).await;
    scene.put_into(&team, &ada);
    let stranger = scene.id_of("xada@example.com");
    scene.put_into(&team, &stranger);
    let addition = scene.proxy.on(Match::new("PATCH", "/Groups/").with_body(&bob).nth(1));
    let addition = addition.close_after(scene.operator.killer());
    scene.apply(&additive(&["ada", "bob", "eve"])).await;
    addition.hit().await;
    scene.has_members(&team, [&ada, &bob, &eve, &stranger]).await;
    // Bob is wanted no more before anybody knows that he was added.
    scene.apply(&additive(&["eve"])).await;
    scene.restart().await;
    scene.ready(Kind::Group, "team").await;
    scene.has_members(&team, [&ada, &eve, &stranger]).await;
    assert_eq!(status(&scene.get(Kind::Group, "team").await, "/appliedMembers"), json!([eve]));
    assert!(condition(&scene.get(Kind::Group, "team").await, "Stalled").is_none());
    scene.end().await;
}
