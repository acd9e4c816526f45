//! What a user costs, on both sides, and that all of it arrives.

use serde_json::{Value, json};

use crate::{
    scenario::on_every_server,
    support::{
        objects::{Kind, id, status, user, user_name},
        proxy::{Purpose, purposes},
        scim_server::ServerKind,
        world::World,
    },
};

on_every_server!(
    creating_a_user_takes_two_requests_and_two_writes,
    changing_a_managed_attribute_takes_two_requests_and_one_write,
    managing_one_more_attribute_takes_two_requests_and_two_writes,
    deleting_a_user_takes_two_requests_and_one_write,
    a_renamed_user_stays_the_same_user,
    every_attribute_arrives_once_and_is_left_in_peace_then,
    values_of_lists_come_and_go_one_by_one,
);

/// What a write was, without its name.
fn kinds(writes: &[crate::support::audit::Write]) -> Vec<&str> {
    writes.iter().map(|write| write.resource.as_str()).collect()
}

async fn creating_a_user_takes_two_requests_and_two_writes(server: ServerKind) {
    let world = World::start_on(server, "create-user").await;
    let mark = world.proxy.mark();
    let ada = world.settle(&user("ada").with("displayName", "Ada").with("active", true)).await;
    world.proxy.sweeps(world.proxy.mark(), 1).await;

    assert_eq!(purposes(&world.proxy.work_since(mark)), [Purpose::Lookup, Purpose::Create]);
    assert_eq!(kinds(&world.writes_of(Kind::User, "ada").await), ["scimusers", "scimusers/status"]);

    let on_server = world.server.users_named(&user_name("ada")).await;
    let [on_server] = on_server.as_slice() else { panic!("one user is there: {on_server:?}") };
    assert_eq!(on_server["displayName"], "Ada");
    assert_eq!(id(&ada), on_server["id"].as_str().unwrap());
    assert_eq!(status(&ada, "/anchor/id"), on_server["id"]);
    assert_eq!(status(&ada, "/userName"), user_name("ada"));
    assert_eq!(status(&ada, "/origin"), "Created");
}

async fn changing_a_managed_attribute_takes_two_requests_and_one_write(server: ServerKind) {
    let world = World::start_on(server, "change-user").await;
    let created = world.settle(&user("ada").with("title", "Analyst")).await;
    let mark = world.proxy.mark();
    let before = world.writes_of(Kind::User, "ada").await.len();
    let changed = world.settle(&user("ada").with("title", "Countess")).await;
    world.proxy.sweeps(world.proxy.mark(), 1).await;

    assert_eq!(purposes(&world.proxy.work_since(mark)), [Purpose::Read, Purpose::Patch]);
    assert_eq!(kinds(&world.writes_of(Kind::User, "ada").await[before..]), ["scimusers/status"]);
    assert_eq!(id(&created), id(&changed));
    assert_eq!(world.server.get("/Users", &id(&changed)).await.unwrap()["title"], "Countess");
}

async fn managing_one_more_attribute_takes_two_requests_and_two_writes(server: ServerKind) {
    let world = World::start_on(server, "manage-more").await;
    world.settle(&user("ada").with("title", "Analyst")).await;
    let mark = world.proxy.mark();
    let before = world.writes_of(Kind::User, "ada").await.len();
    let ada = world.settle(&user("ada").with("title", "Analyst").with("nickName", "Countess")).await;
    world.proxy.sweeps(world.proxy.mark(), 1).await;

    assert_eq!(purposes(&world.proxy.work_since(mark)), [Purpose::Read, Purpose::Patch]);
    let writes = world.writes_of(Kind::User, "ada").await;
    assert_eq!(
        kinds(&writes[before..]),
        ["scimusers/status", "scimusers/status"],
        "recorded first, then done"
    );
    assert_eq!(world.server.get("/Users", &id(&ada)).await.unwrap()["nickName"], "Countess");
}

async fn deleting_a_user_takes_two_requests_and_one_write(server: ServerKind) {
    let world = World::start_on(server, "delete-user").await;
    world.settle_bystander().await;
    let ada = world.settle(&user("ada")).await;
    let mark = world.proxy.mark();
    let before = world.writes_of(Kind::User, "ada").await.len();
    world.delete(Kind::User, "ada").await;
    world.gone(Kind::User, "ada").await;
    world.proxy.sweeps(world.proxy.mark(), 1).await;

    assert_eq!(purposes(&world.proxy.work_since(mark)), [Purpose::Read, Purpose::Delete]);
    assert_eq!(kinds(&world.writes_of(Kind::User, "ada").await[before..]), ["scimusers"]);
    assert_eq!(world.server.get("/Users", &id(&ada)).await, None);
}

async fn a_renamed_user_stays_the_same_user(server: ServerKind) {
    let world = World::start_on(server, "rename-user").await;
    let ada = world.settle(&user("ada")).await;
    let renamed = world.settle(&user("ada").with("userName", "countess@example.com")).await;
    assert_eq!(id(&ada), id(&renamed));
    let users = world.server.all("/Users").await;
    assert_eq!(users.len(), 1);
    assert_eq!(users[0]["userName"], "countess@example.com");
}

/// Everything that RFC 7643 §4.1 and §4.3 give a user, as SCIM writes it.
fn everything() -> Value {
    json!({
        "externalId": "701984",
        "displayName": "Ada Example",
        "name": {
            "formatted": "Dr. Ada Q. Example III", "familyName": "Example", "givenName": "Ada",
            "middleName": "Quill", "honorificPrefix": "Dr.", "honorificSuffix": "III",
        },
        "nickName": "Countess",
        "profileUrl": "https://people.example.com/ada",
        "title": "Analyst",
        "userType": "Employee",
        "preferredLanguage": "en-GB",
        "locale": "en-GB",
        "timezone": "Europe/London",
        "active": true,
        "emails": [
            {"value": "ada@example.com", "type": "work", "primary": true},
            {"value": "ada@home.example.com", "type": "home"},
        ],
        "phoneNumbers": [{"value": "tel:+1-201-555-0123", "type": "work"}],
        "ims": [{"value": "ada@chat.example.com", "type": "xmpp"}],
        "photos": [{"value": "https://photos.example.com/ada.jpg", "type": "photo"}],
        "addresses": [{
            "streetAddress": "100 Example Street", "locality": "Springfield", "region": "EX",
            "postalCode": "00001", "country": "US", "type": "work",
        }],
        "entitlements": [{"value": "license-standard"}],
        "roles": [{"value": "auditor"}],
        "x509Certificates": [{"value": "TUlJRGV4YW1wbGU="}],
    })
}

fn enterprise() -> Value {
    json!({
        "employeeNumber": "701984", "costCenter": "4130", "organization": "Example", "division": "Engines",
        "department": "Programs",
    })
}

/// Is everything of `wanted` in `found`? The server may have more.
fn holds(found: &Value, wanted: &Value) -> bool {
    match (found, wanted) {
        (Value::Object(found), Value::Object(wanted)) => {
            wanted.iter().all(|(name, value)| found.get(name).is_some_and(|found| holds(found, value)))
        }
        (Value::Array(found), Value::Array(wanted)) => {
            found.len() == wanted.len()
                && wanted.iter().all(|wanted| found.iter().any(|found| holds(found, wanted)))
        }
        _ => found == wanted,
    }
}

async fn every_attribute_arrives_once_and_is_left_in_peace_then(server: ServerKind) {
    let world = World::start_on(server, "all-attributes").await;
    let mark = world.proxy.mark();
    let mut manifest = user("ada").with("enterprise", enterprise());
    for (name, value) in everything().as_object().unwrap() {
        manifest = manifest.with(name, value.clone());
    }
    let ada = world.settle(&manifest).await;
    world.proxy.sweeps(world.proxy.mark(), 2).await;

    assert_eq!(purposes(&world.proxy.work_since(mark)), [Purpose::Lookup, Purpose::Create]);
    let on_server = world.server.get("/Users", &id(&ada)).await.unwrap();
    assert!(holds(&on_server, &everything()), "{on_server:#}");
    let extension = &on_server["urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"];
    assert!(holds(extension, &enterprise()), "{on_server:#}");
}

async fn values_of_lists_come_and_go_one_by_one(server: ServerKind) {
    let world = World::start_on(server, "values").await;
    let email = |value: &str, kind: &str| json!({"value": value, "type": kind});
    let manifest = |emails: Value| user("ada").with("emails", emails);
    let work = email("ada@example.com", "work");
    let home = email("ada@home.example.com", "home");
    let ada = world.settle(&manifest(json!([work, home]))).await;

    let other = email("ada@other.example.com", "other");
    world.settle(&manifest(json!([other, work]))).await;
    let on_server = world.server.get("/Users", &id(&ada)).await.unwrap();
    assert!(holds(&on_server, &json!({"emails": [work, other]})), "{on_server:#}");

    world.settle(&manifest(json!([]))).await;
    let on_server = world.server.get("/Users", &id(&ada)).await.unwrap();
    assert!(on_server["emails"].as_array().is_none_or(Vec::is_empty), "{on_server:#}");
}
