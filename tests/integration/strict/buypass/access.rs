//! Who is let in, where, and how.

use serde_json::json;

use super::{BASE, CLIENT, SECRET, barbara, caller, client, golden, start, token, users, with_barbara};
use crate::{
    strict::Caller,
    support::strict::buypass::{Buypass, national_id},
};

#[tokio::test]
async fn reading_and_writing_need_a_scope_each() {
    let server = Buypass::start(CLIENT, SECRET).await;
    let reader = caller(&server, "scim.read").await;
    let writer = caller(&server, "scim.write").await;
    reader.post(&users(), &barbara()).await.refused(403, "scim.write");
    let created = writer.post(&users(), &barbara()).await.with_status(201);
    let path = format!("{}/{}", users(), created["id"].as_str().unwrap());
    writer.get(&path).await.refused(403, "scim.read");
    writer.get(&users()).await.refused(403, "scim.read");
    reader.get(&path).await.with_status(200);
    for method in ["PUT", "PATCH", "DELETE"] {
        reader.call(method, &path, Some(&json!({}))).await.refused(403, "scim.write");
    }
    writer.delete(&path).await.with_status(204);
    caller(&server, "openid").await.get(&users()).await.refused(403, "scim.read");
    caller(&server, "").await.get("/Schemas").await.refused(403, "scim.read");
    assert_eq!(server.scim.refusals().len(), 8);
}

#[tokio::test]
async fn a_token_is_short_lived_and_has_to_be_known() {
    let (server, mut caller) = start().await;
    assert_eq!(token(&server, "scim.read").await["expires_in"], 60);
    caller.get(&users()).await.with_status(200);
    server.tokens.revoke_all();
    caller.get(&users()).await.refused(401, "token");
    caller.token = None;
    caller.get("/ServiceProviderConfig").await.refused(401, "token");
    assert_eq!(server.tokens.requests().len(), 2);
}

#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "the tests look at servers with a client of their own")]
async fn nothing_is_answered_without_tls() {
    let (server, _) = start().await;
    for port in [server.port(), server.token_url().split([':', '/']).nth(4).unwrap().parse().unwrap()] {
        let url = format!("http://127.0.0.1:{port}{BASE}{}", users());
        assert!(client(None).get(url).send().await.is_err());
    }
    assert_eq!(server.tokens.requests().len(), 1, "that of the test");
}

#[tokio::test]
async fn its_certificate_can_stand_before_a_proxy() {
    let (server, mut caller) = start().await;
    let front = server.tls_before(server.scim.port()).await;
    caller.base = format!("https://127.0.0.1:{}{BASE}", front.port());
    caller.get(&users()).await.with_status(200);
    assert_eq!(front.handshakes(), 1);
}

#[tokio::test]
async fn bodies_and_answers_are_scim_json_alone() {
    let (server, mut caller, _, path) = with_barbara().await;
    caller.media_type = "application/json";
    caller.post(&users(), &barbara()).await.refused(415, "application/json");
    caller.media_type = "application/scim+json; charset=utf-8";
    caller.send("POST", &users(), Some("{".to_owned())).await.refused(400, "JSON");
    caller.accept = Some("application/json");
    caller.get(&path).await.refused(406, "application/json");
    for accept in ["application/scim+json", "application/scim+json, application/json", "*/*"] {
        caller.accept = Some(accept);
        caller.get(&path).await.with_status(200);
    }
    assert_eq!(server.scim.refusals().len(), 3);
}

#[tokio::test]
async fn there_are_the_tenants_users_and_no_groups() {
    let (server, caller, id, _) = with_barbara().await;
    for path in [
        "/Users".to_owned(),
        "/Groups".to_owned(),
        "/Tenants/acme/Groups".to_owned(),
        "/Tenants/acme".to_owned(),
        "/Tenants/other/Users".to_owned(),
        "/tenants/acme/users".to_owned(),
        format!("/Users/{id}"),
        format!("{}/", users()),
        format!("{}/7", users()),
    ] {
        caller.get(&path).await.with_status(404);
    }
    caller.post("/Tenants/acme/Groups", &json!({})).await.with_status(404);
    caller.post(&format!("{}/.search", users()), &json!({})).await.with_status(405);
    let elsewhere = Caller { base: caller.base.replace("/example/", "/other/"), ..caller };
    elsewhere.get(&users()).await.with_status(404);
    assert_eq!(server.scim.refusals().len(), 10, "{:#?}", server.scim.refusals());
}

#[tokio::test]
async fn users_are_listed_from_one_and_found_by_name_and_external_id() {
    let (server, caller, id, _) = with_barbara().await;
    for place in 1..4 {
        let number = national_id::synthetic(place);
        server.scim.insert("/Users", json!({"userName": number, "externalId": place.to_string()}));
    }
    let page = caller.get(&format!("{}?startIndex=2&count=2", users())).await.with_status(200);
    assert_eq!(
        (&page["totalResults"], &page["startIndex"], &page["itemsPerPage"]),
        (&json!(4), &json!(2), &json!(2))
    );
    assert_eq!(page["Resources"][0]["externalId"], "1");
    let barbara = barbara();
    for name in ["userName", "externalId"] {
        let value = barbara[name].as_str().unwrap();
        let found =
            caller.get(&format!("{}?filter={name}%20eq%20%22{value}%22", users())).await.with_status(200);
        assert_eq!((&found["totalResults"], &found["Resources"][0]["id"]), (&json!(1), &json!(id)));
    }
    for query in [
        "startIndex=0",
        "filter=emails.value%20eq%20%22x%22",
        "filter=userName%20co%20%220%22",
        "filter=userName%20eq%20%22a%22%20or%20userName%20eq%20%22b%22",
        "sortBy=userName",
        "attributes=userName",
    ] {
        caller.get(&format!("{}?{query}", users())).await.with_status(400);
    }
}

#[tokio::test]
async fn discovery_tells_the_scheme_and_the_schemas() {
    let (_server, caller) = start().await;
    let config = caller.get("/ServiceProviderConfig").await.with_status(200);
    for (key, value) in golden("buypass/get-service-provider-config.response").as_object().unwrap() {
        assert_eq!(&config[key], value);
    }
    let types = caller.get("/ResourceTypes").await.with_status(200);
    assert_eq!(types["Resources"][0]["endpoint"], "/Tenants/{tenant_id}/Users");
    assert_eq!(caller.get("/ResourceTypes/User").await.with_status(200), types["Resources"][0]);
    let schemas = caller.get("/Schemas").await.with_status(200);
    for schema in schemas["Resources"].as_array().unwrap() {
        let path = format!("/Schemas/{}", schema["id"].as_str().unwrap());
        assert_eq!(&caller.get(&path).await.with_status(200), schema);
    }
    let mutability: Vec<_> = schemas["Resources"][0]["attributes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| (it["name"].as_str().unwrap(), it["mutability"].as_str().unwrap(), it["required"] == true))
        .collect();
    let expected = [
        ("userName", "immutable", true),
        ("externalId", "readWrite", true),
        ("name", "readOnly", true),
        ("phoneNumbers", "readWrite", false),
        ("emails", "readWrite", false),
        ("entitlements", "readWrite", false),
        ("active", "readOnly", false),
    ];
    assert_eq!(mutability, expected);
    caller.get("/Schemas/urn:example:other").await.with_status(404);
    caller.post("/Schemas", &json!({})).await.with_status(404);
}
