//! The strict servers behind the recording proxy, as the operator finds them.

use serde_json::json;

use super::{Caller, buypass, client, golden};
use crate::support::{
    proxy::{Proxy, Purpose, purposes},
    strict::{
        buypass::{BASE, TENANT},
        confirmit, idaas_nl,
    },
};

#[tokio::test]
async fn lower_case_paths_are_told_apart() {
    let server = confirmit::start("a-token").await;
    let proxy = Proxy::before(server.port(), confirmit::BASE).await;
    let caller = Caller::new(proxy.url(), "a-token", "application/json");
    caller.get("/serviceProviderConfig").await.with_status(200);
    caller.post("/users", &golden("confirmit/post-user.request")).await.with_status(200);
    caller.get("/users?startIndex=1&count=100").await.with_status(200);
    caller.get("/users?filter=userName%20eq%20%22test_example%22").await.with_status(200);
    caller.get("/groups").await.with_status(200);
    caller.delete("/users/1").await.with_status(200);
    let seen = proxy.since(0);
    let expected =
        [Purpose::Discovery, Purpose::Create, Purpose::Page, Purpose::Lookup, Purpose::Page, Purpose::Delete];
    assert_eq!(purposes(&seen), expected, "{seen:#?}");
    assert!(seen[2].begins_sweep("Users") && seen[4].begins_sweep("Groups"));
}

#[tokio::test]
async fn a_listing_from_zero_begins_a_sweep() {
    let server = idaas_nl::start("a-token").await;
    let proxy = Proxy::before(server.port(), idaas_nl::BASE).await;
    let caller = Caller::new(proxy.url(), "a-token", "application/scim+json");
    caller.get("/Users?startIndex=0&count=100").await.with_status(200);
    assert!(proxy.since(0)[0].begins_sweep("Users"));
}

#[tokio::test]
async fn a_tenants_users_are_seen_between_tls_and_the_server() {
    let (server, mut caller) = buypass::start().await;
    let proxy = Proxy::before(server.scim.port(), BASE).await;
    let front = server.tls_before(proxy.port()).await;
    caller.base = format!("https://127.0.0.1:{}{BASE}", front.port());
    caller.client = client(Some(&server.authority_pem()));
    let users = format!("/Tenants/{TENANT}/Users");
    caller.get("/ServiceProviderConfig").await.with_status(200);
    caller.get(&users).await.with_status(200);
    caller.patch(&format!("{users}/7"), &json!({})).await.with_status(404);
    let seen = proxy.since(0);
    assert_eq!(purposes(&seen), [Purpose::Discovery, Purpose::Page, Purpose::Patch], "{seen:#?}");
    assert!(seen[1].begins_sweep("Users"));
}
