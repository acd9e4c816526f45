//! Managers by object: the link follows as soon as both are there.

use kube::api::DynamicObject;
use serde_json::{Value, json};

use crate::support::{
    objects::{Kind, Manifest, has, id, user},
    proxy::{Purpose, purposes},
    world::World,
};

fn report(name: &str, manager: &str) -> Manifest {
    user(name).with("enterprise", json!({"managerRef": {"name": manager}}))
}

async fn manager_of(world: &World, id: &str) -> Value {
    let user = world.server.get("/Users", id).await.unwrap();
    user["urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"]["manager"]["value"].clone()
}

async fn until_linked(world: &World, name: &str) -> DynamicObject {
    let linked = |object: Option<&DynamicObject>| {
        object.is_some_and(|object| has(object, "ReferencesResolved", "True", "Succeeded"))
    };
    world.until(Kind::User, name, "a manager", linked).await.unwrap()
}

#[tokio::test]
async fn a_manager_follows_once_there_is_one_and_goes_with_the_manifest() {
    let world = World::with_operator("manager").await;
    world.apply(&world.secret()).await;
    // A sweep that comes upon the missing link first would have it looked at twice.
    world.settle(&world.provider().with("resyncInterval", "1h")).await;
    let ada = world.settle(&report("ada", "grace")).await;
    assert!(has(&ada, "ReferencesResolved", "False", "ReferenceNotReady"), "{ada:#?}");
    let mark = world.proxy.mark();
    let grace = world.settle(&user("grace")).await;
    until_linked(&world, "ada").await;
    let expected = [Purpose::Lookup, Purpose::Create, Purpose::Read, Purpose::Patch];
    assert_eq!(purposes(&world.proxy.work_since(mark)), expected);
    assert_eq!(manager_of(&world, &id(&ada)).await, id(&grace));

    world.settle(&user("ada")).await;
    assert_eq!(manager_of(&world, &id(&ada)).await, Value::Null);
}

#[tokio::test]
async fn a_manager_who_is_there_is_named_in_the_creation() {
    let world = World::start("manager-there").await;
    let grace = world.settle(&user("grace")).await;
    // By then nobody follows her arrival any more.
    world.proxy.sweeps(world.proxy.mark(), 1).await;
    let mark = world.proxy.mark();
    let ada = world.settle(&report("ada", "grace")).await;
    world.proxy.sweeps(world.proxy.mark(), 2).await;
    assert_eq!(purposes(&world.proxy.work_since(mark)), [Purpose::Lookup, Purpose::Create]);
    assert_eq!(manager_of(&world, &id(&ada)).await, id(&grace));
}

#[tokio::test]
async fn a_typo_in_the_next_manager_keeps_the_last_one() {
    let world = World::start("manager-typo").await;
    let grace = world.settle(&user("grace")).await;
    let ada = world.settle(&report("ada", "grace")).await;
    world.settle(&report("ada", "grcae")).await;
    world.proxy.sweeps(world.proxy.mark(), 1).await;
    assert_eq!(manager_of(&world, &id(&ada)).await, id(&grace));
    assert!(has(&world.get(Kind::User, "ada").await, "ReferencesResolved", "False", "ReferenceNotReady"));
}

#[tokio::test]
async fn a_manager_of_another_provider_is_refused_by_name() {
    let world = World::start("manager-foreign").await;
    let elsewhere = json!({"kind": "ScimProvider", "name": "another"});
    world.apply(&user("grace").with("providerRef", elsewhere)).await;
    let ada = world.settle(&report("ada", "grace")).await;
    assert!(has(&ada, "ReferencesResolved", "False", "ReferenceRefused"), "{ada:#?}");
    assert_eq!(manager_of(&world, &id(&ada)).await, Value::Null);
}
