//! What it says of itself.

use serde_json::{Value, json};

use super::{BASE, CORE_USER, FIDO2, LIST_RESPONSE, META, NIN, UPN};
use crate::support::strict::{
    refusal::Refusal,
    server::{Answer, Reply},
};

const SCHEMA: &str = "urn:ietf:params:scim:schemas:core:2.0:Schema";
const RESOURCE_TYPE: &str = "urn:ietf:params:scim:schemas:core:2.0:ResourceType";

pub(super) fn answer(path: &str) -> Answer {
    let body = match path {
        "/ServiceProviderConfig" => service_provider_config(),
        "/ResourceTypes" => listed(&[user_type()]),
        "/ResourceTypes/User" => user_type(),
        "/Schemas" => listed(&schemas()),
        _ => {
            let urn = path.strip_prefix("/Schemas/").unwrap_or_default();
            let found = schemas().into_iter().find(|schema| schema["id"] == urn);
            found.ok_or_else(Refusal::no_endpoint)?
        }
    };
    Ok(Reply::new(200, body))
}

fn listed(resources: &[Value]) -> Value {
    json!({
        "schemas": [LIST_RESPONSE], "totalResults": resources.len(), "startIndex": 1,
        "itemsPerPage": resources.len(), "Resources": resources,
    })
}

/// What the text shows of it, and the features, which it does not show.
fn service_provider_config() -> Value {
    let example = include_str!("../../../../golden/buypass/get-service-provider-config.response.json");
    let mut config: Value = serde_json::from_str(example).unwrap();
    for (feature, supported) in
        [("patch", true), ("bulk", false), ("changePassword", false), ("sort", false), ("etag", false)]
    {
        config[feature] = json!({"supported": supported});
    }
    config["filter"] = json!({"supported": true, "maxResults": 100});
    config
}

/// The endpoint is that of the text: which tenant it is, a client has to know.
fn user_type() -> Value {
    let extension = |urn: &str| json!({"schema": urn, "required": false});
    let extensions = [UPN, FIDO2, META, NIN].map(extension);
    json!({
        "schemas": [RESOURCE_TYPE], "id": "User", "name": "User", "endpoint": "/Tenants/{tenant_id}/Users",
        "schema": CORE_USER, "schemaExtensions": extensions,
        "meta": {"resourceType": "ResourceType", "location": format!("{BASE}/ResourceTypes/User")},
    })
}

fn schemas() -> Vec<Value> {
    let value = [text("value", "readWrite")];
    let names = ["familyName", "givenName", "middleName"].map(|name| text(name, "readOnly"));
    let mut user_name = text("userName", "immutable");
    user_name["uniqueness"] = json!("server");
    let device = ["credentialId", "displayName", "lastUsed", "created"].map(|name| text(name, "readOnly"));
    let logins =
        ["lastSuccessfulLogin", "lastFailedLogin", "loginAttempts"].map(|name| text(name, "readOnly"));
    let numbers = ["nin", "issuingCountry", "ninType"].map(|name| text(name, "readOnly"));
    let active = json!({"name": "active", "type": "boolean", "multiValued": false, "required": false,
        "mutability": "readOnly", "returned": "default"});
    vec![
        schema(
            CORE_USER,
            "User",
            &[
                required(user_name),
                required(text("externalId", "readWrite")),
                required(complex("name", false, "readOnly", &names)),
                complex("phoneNumbers", true, "readWrite", &value),
                complex("emails", true, "readWrite", &value),
                complex("entitlements", true, "readWrite", &value),
                active,
            ],
        ),
        schema(UPN, "Upn", &[text("upn", "readWrite")]),
        schema(FIDO2, "Fido2", &[complex("fido2Credentials", true, "readOnly", &device)]),
        schema(META, "Meta", &logins),
        schema(NIN, "Nin", &numbers),
    ]
}

fn schema(urn: &str, name: &str, attributes: &[Value]) -> Value {
    json!({"schemas": [SCHEMA], "id": urn, "name": name, "attributes": attributes,
        "meta": {"resourceType": "Schema", "location": format!("{BASE}/Schemas/{urn}")}})
}

fn text(name: &str, mutability: &str) -> Value {
    json!({"name": name, "type": "string", "multiValued": false, "required": false,
        "mutability": mutability, "returned": "default"})
}

fn complex(name: &str, multi_valued: bool, mutability: &str, parts: &[Value]) -> Value {
    json!({"name": name, "type": "complex", "multiValued": multi_valued, "required": false,
        "mutability": mutability, "returned": "default", "subAttributes": parts})
}

fn required(mut attribute: Value) -> Value {
    attribute["required"] = json!(true);
    attribute
}
