//! Identities that were there before: taken over only where both sides say
//! so, and then nothing but what the manifest names is changed.

use kube::api::DynamicObject;
use serde_json::{Value, json};

use crate::support::{
    objects::{Kind, Manifest, group, has, id, is_ready, message, status, user, user_name},
    proxy::{Gate, Match, Purpose, Recorded, purposes},
    world::World,
};

fn adopter(name: &str) -> Manifest {
    user(name).with("adoptionPolicy", "Adopt")
}

/// Somebody whom nobody manages; answers the id.
async fn stranger(world: &World, extra: Value) -> String {
    let mut person = json!({"userName": user_name("ada"), "nickName": "Countess"});
    person.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    let made = world.server.create("/Users", &person).await;
    made["id"].as_str().unwrap().to_owned()
}

fn changes_nothing(world: &World, mark: usize) {
    let writes: Vec<_> = world.proxy.since(mark).into_iter().filter(Recorded::writes).collect();
    assert!(writes.is_empty(), "{writes:#?}");
}

fn stalls(object: &DynamicObject, reason: &str) {
    assert!(has(object, "Stalled", "True", reason), "{object:#?}");
}

#[tokio::test]
async fn taking_over_takes_a_look_and_a_patch_and_changes_only_what_is_named() {
    let world = World::start("adopt").await;
    let stranger = stranger(&world, json!({"title": "Analyst", "externalId": "7"})).await;
    let mark = world.proxy.mark();
    let ada = world.settle(&adopter("ada").with("externalId", "7").with("title", "Boss")).await;
    world.proxy.sweeps(world.proxy.mark(), 1).await;

    assert_eq!(purposes(&world.proxy.work_since(mark)), [Purpose::Lookup, Purpose::Patch]);
    assert_eq!(id(&ada), stranger);
    assert_eq!(status(&ada, "/origin"), "Adopted");
    let writes = world.writes_of(Kind::User, "ada").await;
    let resources: Vec<_> = writes.iter().map(|write| write.resource.as_str()).collect();
    assert_eq!(resources, ["scimusers", "scimusers/status", "scimusers/status"], "claimed, then changed");
    let on_server = world.server.get("/Users", &stranger).await.unwrap();
    assert_eq!((&on_server["title"], &on_server["nickName"]), (&json!("Boss"), &json!("Countess")));

    let before_deletion = world.proxy.mark();
    world.delete(Kind::User, "ada").await;
    world.gone(Kind::User, "ada").await;
    changes_nothing(&world, before_deletion);
    assert!(world.server.get("/Users", &stranger).await.is_some(), "what was adopted stays");
}

#[tokio::test]
async fn an_adopted_user_is_deleted_where_its_object_says_so() {
    let world = World::start("adopt-delete").await;
    let stranger = stranger(&world, json!({})).await;
    world.settle(&adopter("ada").with("deletionPolicy", "Delete")).await;
    world.delete(Kind::User, "ada").await;
    world.gone(Kind::User, "ada").await;
    assert_eq!(world.server.get("/Users", &stranger).await, None);
}

#[tokio::test]
async fn nobody_there_to_take_over_is_created() {
    let world = World::start("adopt-nobody").await;
    let mark = world.proxy.mark();
    let ada = world.settle(&adopter("ada").with("externalId", "7")).await;
    let expected = [Purpose::Lookup, Purpose::Lookup, Purpose::Create];
    assert_eq!(purposes(&world.proxy.work_since(mark)), expected, "by externalId, by name, and then made");
    assert_eq!(status(&ada, "/origin"), "Created");
}

#[tokio::test]
async fn a_provider_that_forbids_adoption_is_heeded_until_it_allows_it() {
    let world = World::with_operator("adopt-forbidden").await;
    world.apply(&world.secret()).await;
    world.settle(&world.provider().with("adoption", "Forbidden")).await;
    let stranger = stranger(&world, json!({})).await;
    let mark = world.proxy.mark();
    world.apply(&adopter("ada").with("title", "Boss")).await;
    let refused = world.not_ready(Kind::User, "ada", "AdoptionForbidden").await;
    stalls(&refused, "AdoptionForbidden");
    assert!(message(&refused, "Ready").contains("adoption: Allowed"), "{}", message(&refused, "Ready"));
    changes_nothing(&world, mark);

    world.settle(&world.provider()).await;
    let ada = world.ready(Kind::User, "ada").await;
    assert_eq!(id(&ada), stranger);
}

#[tokio::test]
async fn an_externalid_and_a_name_of_two_people_adopt_neither() {
    let world = World::start("adopt-two").await;
    let ada = stranger(&world, json!({})).await;
    let bob = world.server.create("/Users", &json!({"userName": "bob@example.com", "externalId": "7"})).await;
    let mark = world.proxy.mark();
    world.apply(&adopter("ada").with("externalId", "7").with("title", "Boss")).await;
    let stalled = world.not_ready(Kind::User, "ada", "AlreadyExists").await;
    let told = message(&stalled, "Ready");
    assert!(told.contains(&ada) && told.contains(bob["id"].as_str().unwrap()), "both: {told}");
    assert!(told.contains("adoptID"), "the way out: {told}");
    changes_nothing(&world, mark);

    let adopted = world.settle(&adopter("ada").with("adoptID", ada.clone()).with("title", "Boss")).await;
    assert_eq!(id(&adopted), ada);
}

#[tokio::test]
async fn an_id_to_take_over_must_be_there_and_have_the_name() {
    let world = World::start("adopt-id").await;
    let ada = stranger(&world, json!({})).await;
    let mark = world.proxy.mark();
    world.apply(&adopter("bob").with("adoptID", ada.clone())).await;
    stalls(&world.not_ready(Kind::User, "bob", "IdentityMismatch").await, "IdentityMismatch");
    world.apply(&adopter("ada").with("adoptID", "no-such-id")).await;
    stalls(&world.not_ready(Kind::User, "ada", "RemoteMissing").await, "RemoteMissing");
    changes_nothing(&world, mark);
    assert_eq!(world.server.all("/Users").await.len(), 1, "nobody is made in their place");
}

#[tokio::test]
async fn one_person_is_taken_over_by_one_object() {
    let world = World::start("adopt-once").await;
    let stranger = stranger(&world, json!({})).await;
    world.settle(&adopter("first").with("userName", user_name("ada"))).await;
    let mark = world.proxy.mark();
    world.apply(&adopter("second").with("userName", user_name("ada")).with("title", "Boss")).await;
    let loser = world.not_ready(Kind::User, "second", "Conflict").await;
    let told = message(&loser, "Ready");
    assert!(told.contains("ScimUser first") && told.contains(&stranger), "{told}");
    world.delete(Kind::User, "second").await;
    world.gone(Kind::User, "second").await;
    changes_nothing(&world, mark);
}

#[tokio::test]
async fn an_inactive_person_is_taken_over_as_they_are() {
    let world = World::start("adopt-inactive").await;
    let stranger = stranger(&world, json!({"active": false})).await;
    let mark = world.proxy.mark();
    world.apply(&user("ada").with("title", "Boss")).await;
    let inactive = world.not_ready(Kind::User, "ada", "IdentityInactive").await;
    let told = message(&inactive, "Ready");
    assert!(told.contains("adoptionPolicy: Adopt") && told.contains(&stranger), "{told}");
    changes_nothing(&world, mark);

    world.settle(&adopter("ada").with("title", "Boss")).await;
    let on_server = world.server.get("/Users", &stranger).await.unwrap();
    assert_eq!((&on_server["active"], &on_server["title"]), (&json!(false), &json!("Boss")));
}

#[tokio::test]
async fn killed_between_the_claim_and_the_change_it_goes_on() {
    let world = World::start("adopt-kill").await;
    let stranger = stranger(&world, json!({"title": "Analyst"})).await;
    let rule = world.proxy.on(Match::new("PATCH", "/Users").nth(1)).close_before(world.operator.killer());
    world.apply(&adopter("ada").with("title", "Boss")).await;
    rule.hit().await;
    world.operator.forget();
    world.operator.start().await;
    let ada = world.ready(Kind::User, "ada").await;
    assert_eq!((id(&ada), &status(&ada, "/origin")), (stranger.clone(), &json!("Adopted")));
    assert_eq!(world.server.get("/Users", &stranger).await.unwrap()["title"], "Boss");
    assert_eq!(world.server.all("/Users").await.len(), 1);
}

#[tokio::test]
async fn of_many_objects_at_once_one_takes_a_person_over() {
    const MANY: usize = 8;
    let world = World::start("adopt-race").await;
    let stranger = stranger(&world, json!({})).await;
    let manifest = |number: usize| adopter(&format!("ada-{number}")).with("userName", user_name("ada"));
    world.apply_all((0..MANY).map(manifest)).await;
    let mut winners = 0;
    for number in 0..MANY {
        let name = format!("ada-{number}");
        let decided = |object: Option<&DynamicObject>| {
            object.is_some_and(|object| is_ready(object) || has(object, "Ready", "False", "Conflict"))
        };
        let object = world.until(Kind::User, &name, "a decision", decided).await.unwrap();
        if is_ready(&object) {
            assert_eq!(id(&object), stranger);
            winners += 1;
        } else {
            assert_eq!(status(&object, "/anchor"), Value::Null);
        }
    }
    assert_eq!(winners, 1);
}

#[tokio::test]
async fn a_person_whom_another_object_is_creating_is_not_taken_over() {
    let world = World::start("adopt-creating").await;
    let gate = Gate::new();
    world.proxy.on(Match::new("POST", "/Users").nth(1)).hold_answer(&gate);
    world.apply(&user("maker").with("userName", user_name("ada"))).await;
    gate.reached().await;
    assert_eq!(world.server.all("/Users").await.len(), 1, "created, and the answer is on its way");
    world.apply(&adopter("taker").with("userName", user_name("ada"))).await;
    world.not_ready(Kind::User, "taker", "Conflict").await;
    gate.open();
    let maker = world.ready(Kind::User, "maker").await;
    assert_eq!(status(&maker, "/origin"), "Created");
    assert_eq!(world.server.all("/Users").await.len(), 1);
}

#[tokio::test]
async fn a_group_is_taken_over_with_its_strangers_only_where_members_are_named() {
    let world = World::start("adopt-group").await;
    let stranger = stranger(&world, json!({})).await;
    let bob = world.settle(&user("bob")).await;
    let found = json!({"displayName": "team", "externalId": "t-1", "members": [{"value": stranger}]});
    let found = world.server.create("/Groups", &found).await["id"].as_str().unwrap().to_owned();
    let adopted = group("team", []).without("members").with("adoptionPolicy", "Adopt");
    let team = world.settle(&adopted).await;
    assert_eq!((id(&team), status(&team, "/origin")), (found.clone(), json!("Adopted")));
    assert_eq!(world.server.members(&found).await, [stranger]);

    world.settle(&group("team", ["bob"]).with("adoptionPolicy", "Adopt")).await;
    assert_eq!(world.server.members(&found).await, [id(&bob)]);
    world.delete(Kind::Group, "team").await;
    world.gone(Kind::Group, "team").await;
    assert!(world.server.get("/Groups", &found).await.is_some(), "what was adopted stays");
}
