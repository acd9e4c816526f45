//! The client with a shipped profile, against the server that its vendor's
//! text describes: nothing that it sends is refused.

use std::sync::Arc;

use scim_operator::scim::{
    address::AddressPolicy,
    client::Client,
    credentials::{StaticHeader, bearer},
    endpoint::Endpoint,
    filter::Filter,
    http::{Http, Limits, Tls},
    paging::{Listing, WalkOptions, walk},
    patch::{Operation, PatchRequest},
    path::{AttributePath, GROUP_SCHEMA, USER_SCHEMA},
    port::{
        Deleted, Port,
        ResourceType::{self, Group, User},
    },
    profile::{Dialect, Parameters, resolve},
    resource::Resource,
};
use serde_json::{Map, Value, json};

use super::{buypass::token, golden};
use crate::support::strict::{
    StrictServer,
    buypass::{self, Buypass, FIDO2, TENANT, UPN},
    confirmit::{self, EXPANDED},
    idaas_nl,
};

fn speaking(profile: &str, parameters: &Parameters, url: &str, token: &str, tls: &Tls) -> Client {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let dialect = Dialect::new(resolve(profile, &Map::new()).unwrap(), parameters).unwrap();
    let credentials = Arc::new(StaticHeader::new(bearer(&token.into()).unwrap()));
    let http = Http::new(credentials, AddressPolicy::new(["127.0.0.1"], []), Limits::default(), tls).unwrap();
    Client::new(Endpoint::parse(url, true).unwrap(), Arc::new(dialect), http)
}

fn plain(profile: &str, server: &StrictServer, base: &str) -> Client {
    let url = format!("http://127.0.0.1:{}{base}", server.port());
    speaking(profile, &Parameters::new(), &url, "a-token", &Tls::default())
}

fn path(text: &str) -> AttributePath {
    AttributePath::parse(text).unwrap()
}

fn resource(schema: &str, values: &[(&str, Value)]) -> Resource {
    let mut resource = Resource::new([schema]);
    for (name, value) in values {
        resource.set(&path(name), value.clone());
    }
    resource
}

async fn found(client: &Client, kind: ResourceType, attribute: &str, text: &str) -> Vec<String> {
    let page = client.search(kind, &Filter::eq(path(attribute), text)).await.unwrap();
    page.resources.iter().filter_map(Resource::id).collect()
}

/// How a whole listing ends, and whom it holds.
async fn listed(client: &Client, kind: ResourceType, profile: &str) -> (Listing, Vec<String>) {
    let mode = resolve(profile, &Map::new()).unwrap().profile.kind(kind).paging.mode;
    let options = WalkOptions { page_size: 2, by_search: false, mode };
    let mut ids = Vec::new();
    let walked = walk(client, kind, options, |page, _| ids.extend(page.iter().filter_map(Resource::id)));
    (walked.await.unwrap().listing, ids)
}

/// As it was read, without what the server alone sets.
async fn read(client: &Client, kind: ResourceType, id: &str) -> Resource {
    let mut read = client.get(kind, id).await.unwrap().unwrap();
    read.remove(&path("meta"));
    read
}

#[tokio::test]
async fn confirmit_takes_all_that_is_sent_to_its_users() {
    let server = confirmit::start("a-token").await;
    let client = plain("confirmit", &server, confirmit::BASE);
    assert_eq!(client.discover().await.unwrap().max_results, Some(10_000));
    let user = |name: &str| {
        let email = json!([{"value": format!("{name}@example.com"), "primary": true}]);
        let given = [("userName", json!(name)), ("emails", email), ("name.givenName", json!("Ada"))];
        resource(USER_SCHEMA, &given)
    };
    let mut ids = Vec::new();
    for name in ["ada", "bob", "eve"] {
        let created = client.create(User, &user(name)).await.unwrap();
        assert_eq!(created.text("userName"), Some(name));
        ids.extend(created.id());
    }
    assert_eq!(found(&client, User, "userName", "bob").await, [ids[1].clone()]);
    assert_eq!(listed(&client, User, "confirmit").await, (Listing::Complete, ids.clone()));
    let mut ada = read(&client, User, &ids[0]).await;
    let language = path(&format!("{EXPANDED}:languageId"));
    ada.set(&language, json!(10));
    ada.set(&path("name.familyName"), json!("Example"));
    let changed = client.replace(User, &ids[0], &ada, None).await.unwrap().unwrap();
    assert_eq!(changed.get(&language), Some(&json!(10)));
    assert_eq!(changed.get(&path("name")), Some(&json!({"givenName": "Ada", "familyName": "Example"})));
    assert_eq!(client.delete(User, &ids[2]).await.unwrap(), Deleted::Gone);
    assert_eq!(client.delete(User, &ids[2]).await.unwrap(), Deleted::WasAbsent);
    assert_eq!(server.refusals(), Vec::<String>::new());
}

#[tokio::test]
async fn confirmit_takes_all_that_is_sent_to_its_groups() {
    let server = confirmit::start("a-token").await;
    let client = plain("confirmit", &server, confirmit::BASE);
    let ada = server.insert("/Users", json!({"emails": [{"value": "ada@example.com"}]}));
    let bob = server.insert("/Users", json!({"emails": [{"value": "bob@example.com"}]}));
    let crew = resource(GROUP_SCHEMA, &[("displayName", json!("Crew"))]);
    let crew = client.create(Group, &crew).await.unwrap().id().unwrap();
    let members = || path("members");
    let member = |id: &str| json!({"value": id, "type": "User", "display": "somebody"});
    let add = Operation::Add { path: members(), values: vec![member(&ada), member(&bob)] };
    client.patch(Group, &crew, &PatchRequest { operations: vec![add] }).await.unwrap();
    let rename = Operation::Replace { path: path("displayName"), value: json!("Bridge") };
    let remove = Operation::RemoveValue { path: members(), value: ada };
    let both = PatchRequest { operations: vec![rename, remove] };
    client.patch(Group, &crew, &both).await.unwrap();
    let group = client.get(Group, &crew).await.unwrap().unwrap();
    assert_eq!(group.text("displayName"), Some("Bridge"));
    assert_eq!(group.get(&members()).unwrap()[0]["value"], json!(bob));
    assert_eq!(listed(&client, Group, "confirmit").await, (Listing::Complete, vec![crew.clone()]));
    assert_eq!(client.delete(Group, &crew).await.unwrap(), Deleted::Gone);
    assert_eq!(server.refusals(), Vec::<String>::new());
}

#[tokio::test]
async fn idaas_nl_takes_all_that_is_sent() {
    let server = idaas_nl::start("a-token").await;
    let client = plain("idaas-nl", &server, idaas_nl::BASE);
    let mut ids = Vec::new();
    for name in ["ada", "bob", "eve", "adalbert"] {
        let given = [("userName", json!(name)), ("externalId", json!(format!("e-{name}")))];
        ids.extend(client.create(User, &resource(USER_SCHEMA, &given)).await.unwrap().id());
    }
    assert_eq!(listed(&client, User, "idaas-nl").await, (Listing::Complete, ids.clone()));
    // Everybody whose name contains it; who is meant is decided elsewhere.
    assert_eq!(found(&client, User, "userName", "ada").await, [ids[0].clone(), ids[3].clone()]);
    assert_eq!(found(&client, User, "externalId", "e-bob").await, [ids[1].clone()]);
    let mut ada = read(&client, User, &ids[0]).await;
    ada.set(&path("active"), json!(false));
    ada.set(&path("password"), json!("a new one"));
    client.replace(User, &ids[0], &ada, None).await.unwrap();
    assert_eq!(server.password(&ids[0]).as_deref(), Some("a new one"));
    let set = |name: &str, value: Value| Operation::Replace { path: path(name), value };
    let operations = vec![
        set("displayName", json!("Ada")),
        set("preferredLanguage", json!("nl")),
        Operation::Remove { path: path("preferredLanguage") },
    ];
    client.patch(User, &ids[0], &PatchRequest { operations }).await.unwrap();
    let shown = client.get(User, &ids[0]).await.unwrap().unwrap();
    assert_eq!((shown.text("displayName"), shown.get(&path("active"))), (Some("Ada"), Some(&json!(false))));
    assert_eq!(shown.get(&path("preferredLanguage")), None);
    assert_eq!(client.delete(User, &ids[0]).await.unwrap(), Deleted::Gone);
    assert_eq!(server.refusals(), Vec::<String>::new());
}

#[tokio::test]
async fn buypass_takes_all_that_is_sent() {
    let server = Buypass::start("scim operator", "a secret").await;
    let token = token(&server, "scim.read scim.write").await;
    let url = format!("https://127.0.0.1:{}{}", server.port(), buypass::BASE);
    let parameters = Parameters::from([("tenant".to_owned(), TENANT.to_owned())]);
    let tls = Tls { roots: Some(server.authority_pem().into_bytes()), identity: None };
    let client = speaking("buypass", &parameters, &url, token["access_token"].as_str().unwrap(), &tls);
    client.discover().await.unwrap();
    let mut intent = Resource::new([USER_SCHEMA]);
    for fragment in ["user-name", "external-id", "phone-numbers", "emails", "entitlements"] {
        for (name, value) in golden(&format!("buypass/{fragment}.fragment")).as_object().unwrap() {
            intent.set(&path(name), value.clone());
        }
    }
    intent.set(&path(&format!("{UPN}:upn")), json!("user@example.com"));
    let created = client.create(User, &intent).await.unwrap();
    let id = created.id().unwrap();
    assert_eq!(found(&client, User, "externalId", "701984").await, std::slice::from_ref(&id));
    assert_eq!(listed(&client, User, "buypass").await, (Listing::Complete, vec![id.clone()]));
    let devices = json!([{"credentialId": "one"}, {"credentialId": "two"}]);
    server.scim.edit("/Users", &id, |user| user[FIDO2] = json!({"fido2Credentials": devices}));
    let device = Operation::RemoveWhere {
        path: path(&format!("{FIDO2}:fido2Credentials")),
        filter: Filter::eq(path("credentialId"), "one"),
    };
    let email = Operation::Replace { path: path("emails"), value: json!([{"value": "b@example.com"}]) };
    client.patch(User, &id, &PatchRequest { operations: vec![device, email] }).await.unwrap();
    let mut user = read(&client, User, &id).await;
    let devices = user.get(&path(&format!("{FIDO2}:fido2Credentials"))).unwrap();
    assert_eq!(devices, &json!([{"credentialId": "two"}]));
    user.remove(&path("phoneNumbers"));
    client.replace(User, &id, &user, None).await.unwrap();
    let user = client.get(User, &id).await.unwrap().unwrap();
    assert_eq!(user.get(&path("phoneNumbers")), None);
    assert_eq!(user.get(&path("emails")), Some(&json!([{"value": "b@example.com"}])));
    assert_eq!(client.delete(User, &id).await.unwrap(), Deleted::Gone);
    assert_eq!(server.scim.refusals(), Vec::<String>::new());
}
