//! Buypass Access Manager, as its pages show it.

mod access;
mod changes;

use serde_json::{Value, json};

use super::{Caller, client, golden, with};
use crate::support::strict::buypass::{BASE, Buypass, FIDO2, META, NIN, TENANT, UPN, national_id};

const CLIENT: &str = "scim operator";
const SECRET: &str = "a secret";
const CORE: &str = "urn:ietf:params:scim:schemas:core:2.0:User";

/// The server, and somebody who may read and write.
pub(super) async fn start() -> (Buypass, Caller) {
    let server = Buypass::start(CLIENT, SECRET).await;
    let caller = caller(&server, "scim.read scim.write").await;
    (server, caller)
}

/// Somebody with a token of these scopes.
async fn caller(server: &Buypass, scopes: &str) -> Caller {
    let base = format!("https://127.0.0.1:{}{BASE}", server.port());
    let token = token(server, scopes).await;
    let mut caller = Caller::new(base, token["access_token"].as_str().unwrap(), "application/scim+json");
    caller.client = client(Some(&server.authority_pem()));
    caller
}

#[expect(clippy::disallowed_methods, reason = "the tests look at servers with a client of their own")]
pub(super) async fn token(server: &Buypass, scopes: &str) -> Value {
    let body: String = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs([("grant_type", "client_credentials"), ("scope", scopes)])
        .extend_pairs([("client_id", CLIENT), ("client_secret", SECRET)])
        .finish();
    let answer = client(Some(&server.authority_pem()))
        .post(server.token_url())
        .header("content-type", "application/x-www-form-urlencoded")
        .body(body)
        .send();
    serde_json::from_slice(&answer.await.unwrap().bytes().await.unwrap()).unwrap()
}

fn users() -> String {
    format!("/Tenants/{TENANT}/Users")
}

/// Everything of the text's fragments that can be written.
fn barbara() -> Value {
    let mut barbara = json!({"schemas": [CORE, UPN]});
    for fragment in ["user-name", "external-id", "phone-numbers", "emails", "entitlements"] {
        let fragment = golden(&format!("buypass/{fragment}.fragment"));
        barbara.as_object_mut().unwrap().extend(fragment.as_object().unwrap().clone());
    }
    barbara[UPN] = golden("buypass/upn.fragment");
    barbara
}

/// Barbara is there, and this is where.
async fn with_barbara() -> (Buypass, Caller, String, String) {
    let (server, caller) = start().await;
    let created = caller.post(&users(), &barbara()).await.with_status(201);
    let id = created["id"].as_str().unwrap().to_owned();
    let path = format!("{}/{id}", users());
    (server, caller, id, path)
}

#[tokio::test]
async fn a_user_of_the_fragments_is_created_and_completed() {
    let (server, caller) = start().await;
    let created = caller.post(&users(), &barbara()).await;
    assert!(created.has_date && created.media_type.as_deref() == Some("application/scim+json"));
    let created = created.with_status(201);
    for (key, value) in barbara().as_object().unwrap().iter().filter(|(key, _)| *key != "schemas") {
        assert_eq!(&created[key], value, "{key}");
    }
    for fragment in ["name", "active"] {
        let fragment = golden(&format!("buypass/{fragment}.fragment"));
        let (key, value) = fragment.as_object().unwrap().iter().next().unwrap();
        assert_eq!(&created[key], value);
    }
    assert_eq!(created["schemas"], json!([CORE, UPN, META, NIN]));
    super::same_shape(&created[META], &golden("buypass/meta.fragment")[META]);
    assert_eq!(created[NIN]["nin"], created["userName"]);
    let id = created["id"].as_str().unwrap();
    assert!(created["meta"]["location"].as_str().unwrap().ends_with(&format!("{}/{id}", users())));
    assert_eq!(caller.get(&format!("{}/{id}", users())).await.with_status(200), created);
    assert_eq!(server.scim.refusals(), Vec::<String>::new());
}

#[tokio::test]
async fn the_tenant_gives_entitlements_to_whoever_is_given_none() {
    let (server, caller) = start().await;
    let default = json!([{"value": "allow_mobile_id"}]);
    let created =
        caller.post(&users(), &with(&barbara(), "/entitlements", Value::Null)).await.with_status(201);
    assert_eq!(created["entitlements"], default);
    let id = server.scim.insert("/Users", json!({"userName": national_id::synthetic(9), "externalId": "9"}));
    let inserted = server.scim.get("/Users", &id).unwrap();
    assert_eq!((&inserted["entitlements"], &inserted["active"]), (&default, &json!(true)));
    server.scim.remove("/Users", &id);
    caller.get(&format!("{}/{id}", users())).await.with_status(404);
}

#[tokio::test]
async fn the_example_of_a_creation_contradicts_the_table() {
    let (server, caller) = start().await;
    let example = golden("buypass/post-user.request");
    caller.post("/", &example).await.with_status(404);
    caller.post(&users(), &example).await.refused(400, "name is read-only");
    let nameless = with(&example, "/name", Value::Null);
    caller.post(&users(), &nameless).await.refused(400, "national identity number");
    let valid = with(&nameless, "/userName", national_id::synthetic(0));
    caller.post(&users(), &valid).await.with_status(201);
    assert_eq!(server.scim.all("/Users").len(), 1);
}

#[tokio::test]
async fn a_new_user_needs_a_national_id_and_an_external_id() {
    let (server, caller) = start().await;
    let number = barbara()["userName"].as_str().unwrap().to_owned();
    for (name, value) in [
        ("userName", Value::Null),
        ("userName", json!(number[..10])),
        ("userName", json!(format!("{}0", &number[..10]))),
        ("userName", json!("ada@example.com")),
        ("externalId", Value::Null),
        ("externalId", json!("")),
        ("schemas", Value::Null),
        ("schemas", json!([CORE])),
        ("schemas", json!([UPN])),
        ("schemas", json!([CORE, UPN, FIDO2])),
    ] {
        caller.post(&users(), &with(&barbara(), &format!("/{name}"), value)).await.refused(400, name);
    }
    caller.post(&users(), &barbara()).await.with_status(201);
    caller.post(&users(), &barbara()).await.refused(409, "already");
    assert_eq!((server.scim.all("/Users").len(), server.scim.refusals().len()), (1, 10));
}

#[tokio::test]
async fn a_user_has_one_phone_number_one_address_and_known_entitlements() {
    let (server, caller) = start().await;
    for (name, value) in [
        ("phoneNumbers", json!([{"value": "+4755555555"}, {"value": "+4755555556"}])),
        ("phoneNumbers", json!([{"value": "55555555"}])),
        ("phoneNumbers", json!([{"value": "+47 55 55 55 55"}])),
        ("phoneNumbers", json!([{"value": "+0755555555"}])),
        ("phoneNumbers", json!([{"value": "+4755555555555555"}])),
        ("phoneNumbers", json!([{"value": "+4755555555", "type": "mobile"}])),
        ("emails", json!([{"value": "a@example.com"}, {"value": "b@example.com"}])),
        ("emails", json!([{"value": "nobody"}])),
        ("emails", json!([{"value": "a@example.com", "primary": true}])),
        ("emails", json!("a@example.com")),
        ("entitlements", json!([{"value": "allow_everything"}])),
        ("entitlements", json!([{"value": "allow_smartcard"}, {"value": "allow_smartcard"}])),
        ("entitlements", json!(["allow_smartcard"])),
    ] {
        caller.post(&users(), &with(&barbara(), &format!("/{name}"), value)).await.with_status(400);
    }
    let upn = json!({"upn": "not an address"});
    caller.post(&users(), &with(&barbara(), &format!("/{UPN}"), upn)).await.refused(400, "upn");
    assert_eq!(server.scim.all("/Users"), Vec::<Value>::new());
}

#[tokio::test]
async fn what_is_read_only_or_unknown_is_no_part_of_a_new_user() {
    let (server, caller) = start().await;
    for (name, value) in [
        ("name", golden("buypass/name.fragment")["name"].clone()),
        ("active", json!(true)),
        ("id", json!("7")),
        ("meta", json!({})),
        (FIDO2, golden("buypass/fido2.fragment")[FIDO2].clone()),
        (META, json!({"loginAttempts": "0"})),
        (NIN, json!({"nin": "01826201556"})),
        ("password", json!("a password")),
        ("displayName", json!("Barbara")),
        ("roles", json!([{"value": "admin"}])),
        ("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User", json!({"department": "Engines"})),
    ] {
        caller.post(&users(), &with(&barbara(), &format!("/{name}"), value)).await.refused(400, name);
    }
    assert_eq!(server.scim.all("/Users"), Vec::<Value>::new());
}
