//! What the manifest names is the operator's; everything else on the server is
//! somebody else's.

use serde_json::json;

use crate::{
    scenario::on_every_server,
    support::{
        objects::{id, user},
        scim_server::ServerKind,
        world::World,
    },
};

on_every_server!(
    what_somebody_else_set_survives_every_update,
    what_goes_from_the_manifest_goes_from_the_server,
    what_goes_from_the_manifest_while_the_operator_is_down_goes_too,
    an_empty_value_clears,
);

async fn what_somebody_else_set_survives_every_update(server: ServerKind) {
    let world = World::start_on(server, "unmanaged").await;
    let ada = world.settle(&user("ada").with("title", "Analyst")).await;
    let foreign = json!({
        "nickName": "Countess",
        "phoneNumbers": [{"value": "tel:+1-201-555-0123", "type": "work"}],
        "name": {"givenName": "Ada"},
    });
    world.server.patch("/Users", &id(&ada), json!({"op": "add", "value": foreign})).await;

    world.settle(&user("ada").with("title", "Countess").with("name", json!({"familyName": "Example"}))).await;
    world.settle(&user("ada").with("displayName", "Ada")).await;
    world.proxy.sweeps(world.proxy.mark(), 1).await;
    let on_server = world.server.get("/Users", &id(&ada)).await.unwrap();
    assert_eq!(on_server["nickName"], "Countess");
    assert_eq!(on_server["phoneNumbers"][0]["value"], "tel:+1-201-555-0123");
    assert_eq!(
        on_server["name"],
        json!({"givenName": "Ada"}),
        "the part that was ours is gone, the other stays"
    );
    assert_eq!(on_server["displayName"], "Ada");
}

async fn what_goes_from_the_manifest_goes_from_the_server(server: ServerKind) {
    let world = World::start_on(server, "removed").await;
    let enterprise = json!({"department": "Programs", "costCenter": "4130"});
    let manifest = user("ada").with("title", "Analyst").with("active", true).with("externalId", "17");
    let ada = world.settle(&manifest.clone().with("enterprise", enterprise)).await;
    world
        .settle(
            &manifest
                .without("title")
                .without("active")
                .without("externalId")
                .with("enterprise", json!({"department": "Programs"})),
        )
        .await;

    let on_server = world.server.get("/Users", &id(&ada)).await.unwrap();
    assert_eq!(on_server.get("title"), None);
    let extension = &on_server["urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"];
    assert_eq!(*extension, json!({"department": "Programs"}));
    assert_eq!(on_server["active"], true, "released, never removed");
    assert_eq!(on_server["externalId"], "17", "released, never removed");
}

async fn what_goes_from_the_manifest_while_the_operator_is_down_goes_too(server: ServerKind) {
    let world = World::start_on(server, "removed-later").await;
    let ada = world.settle(&user("ada").with("title", "Analyst")).await;
    world.operator.stop().await;
    world.apply(&user("ada")).await;
    world.operator.start().await;
    world.ready(crate::support::objects::Kind::User, "ada").await;
    assert_eq!(world.server.get("/Users", &id(&ada)).await.unwrap().get("title"), None);
}

async fn an_empty_value_clears(server: ServerKind) {
    let world = World::start_on(server, "cleared").await;
    let ada = world.settle(&user("ada")).await;
    let foreign = json!({"title": "Analyst", "roles": [{"value": "auditor"}]});
    world.server.patch("/Users", &id(&ada), json!({"op": "add", "value": foreign})).await;

    world.settle(&user("ada").with("title", "").with("roles", json!([]))).await;
    let on_server = world.server.get("/Users", &id(&ada)).await.unwrap();
    assert!(on_server["title"].as_str().is_none_or(str::is_empty), "{on_server:#}");
    assert!(on_server["roles"].as_array().is_none_or(Vec::is_empty), "{on_server:#}");
}
