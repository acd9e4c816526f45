//! Buypass Access Manager.

use scim_operator::scim::{
    discovery::Discovery,
    filter::Filter,
    patch::{Operation, PatchRequest},
    path::USER_SCHEMA,
    port::{Port, ResourceType::User},
    resource::Resource,
};
use serde_json::{Value, json};

use super::{Example, all_are_used, json as example, path, resource, text};

const BASE: &str = "/acme/scim/v2";
const UPN: &str = "urn:ietf:params:scim:schemas:extension:buypass:2.0:upn:User";
const FIDO2: &str = "urn:ietf:params:scim:schemas:extension:buypass:fido2:User";
const META: &str = "urn:ietf:params:scim:schemas:extension:buypass:meta:User";

async fn answering(status: &str, body: &str) -> Example {
    Example::of("buypass", BASE, status, body).await
}

fn fragment(name: &str) -> Value {
    example(&format!("buypass/{name}.fragment"))
}

/// A user of all fragments, as the server would show it.
fn whole() -> Value {
    let mut user = json!({"id": "1", "schemas": [USER_SCHEMA, UPN, FIDO2, META], UPN: fragment("upn")});
    for name in [
        "user-name",
        "external-id",
        "name",
        "phone-numbers",
        "emails",
        "entitlements",
        "active",
        "fido2",
        "meta",
    ] {
        for (key, value) in fragment(name).as_object().unwrap() {
            user[key] = value.clone();
        }
    }
    user
}

#[test]
fn every_example_is_used() {
    all_are_used(
        "buypass",
        &[
            "active.fragment",
            "emails.fragment",
            "entitlements.fragment",
            "external-id.fragment",
            "fido2.fragment",
            "get-service-provider-config.response",
            "meta.fragment",
            "name.fragment",
            "phone-numbers.fragment",
            "post-user.request",
            "upn.fragment",
            "user-name.fragment",
        ],
    );
}

/// The example posts to the base instead of the tenant's users, has a userName
/// that is no national identity number, and a name, which is read-only.
#[tokio::test]
async fn a_user_is_created_as_shown_but_for_what_the_table_forbids() {
    let server = answering("201 Created", r#"{"id": "1"}"#).await;
    let mut sent = example("buypass/post-user.request");
    let intent = resource(
        USER_SCHEMA,
        &[("userName", sent["userName"].clone()), ("externalId", sent["externalId"].clone())],
    );
    server.client.create(User, &intent).await.unwrap();
    sent.as_object_mut().unwrap().remove("name");
    assert_eq!(server.body(), sent);
    assert_eq!(server.line(), "POST /acme/scim/v2/Tenants/t1/Users HTTP/1.1");
    for header in ["accept", "content-type"] {
        assert_eq!(server.header(header).as_deref(), Some("application/scim+json"), "{header}");
    }
}

#[tokio::test]
async fn every_attribute_is_sent_and_understood_as_shown() {
    let server = answering("201 Created", &whole().to_string()).await;
    let fragments = ["user-name", "external-id", "phone-numbers", "emails", "entitlements"];
    let mut intent = Resource::new([USER_SCHEMA]);
    for (name, value) in fragments.iter().flat_map(|name| fragment(name).as_object().unwrap().clone()) {
        intent.set(&path(&name), value);
    }
    intent.set(&path(&format!("{UPN}:upn")), fragment("upn")["upn"].clone());
    let created = server.client.create(User, &intent).await.unwrap();
    let sent = server.body();
    for (name, value) in fragments.iter().flat_map(|name| fragment(name).as_object().unwrap().clone()) {
        assert_eq!(sent[&name], value, "{name}");
    }
    assert_eq!((&sent[UPN], &sent["schemas"]), (&fragment("upn"), &json!([USER_SCHEMA, UPN])));
    assert_eq!(Value::Object(created.as_object().clone()), whole());
}

#[tokio::test]
async fn what_only_the_server_knows_is_not_put_back() {
    let server = answering("200 OK", &whole().to_string()).await;
    let user = server.client.get(User, "1").await.unwrap().unwrap();
    let server = answering("204 No Content", "").await;
    server.client.replace(User, "1", &user, None).await.unwrap();
    let mut sent = whole();
    for read_only in ["name", "active", FIDO2, META] {
        sent.as_object_mut().unwrap().remove(read_only);
    }
    sent["schemas"] = json!([USER_SCHEMA, UPN]);
    assert_eq!(server.body(), sent);
}

#[tokio::test]
async fn a_security_device_is_removed_from_its_user() {
    let server = answering("204 No Content", "").await;
    let device = Operation::RemoveWhere {
        path: path(&format!("{FIDO2}:fido2Credentials")),
        filter: Filter::eq(path("credentialId"), "abc\"def"),
    };
    server.client.patch(User, "1", &PatchRequest { operations: vec![device] }).await.unwrap();
    let removed = format!(r#"{FIDO2}:fido2Credentials[credentialId eq "abc\"def"]"#);
    assert_eq!(server.body()["Operations"], json!([{"op": "remove", "path": removed}]));
    assert_eq!(server.line(), "PATCH /acme/scim/v2/Tenants/t1/Users/1 HTTP/1.1");
}

#[tokio::test]
async fn the_server_says_nothing_of_itself_that_is_of_use() {
    let server = answering("200 OK", &text("buypass/get-service-provider-config.response.json")).await;
    assert_eq!(server.client.discover().await.unwrap(), Discovery::default());
    let requests = server.server.requests();
    let lines: Vec<&str> = requests.iter().filter_map(|request| request.lines().next()).collect();
    let base = "GET /acme/scim/v2";
    assert_eq!(
        lines,
        [format!("{base}/ServiceProviderConfig HTTP/1.1"), format!("{base}/ResourceTypes HTTP/1.1")]
    );
}
