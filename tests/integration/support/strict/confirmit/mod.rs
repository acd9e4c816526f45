//! Confirmit (Forsta): lower-case paths, integers for users' ids, groups as a
//! bare array, and names that the server makes.

mod group;
mod user;

use scim_operator::scim::filter::Operator;
use serde_json::{Value, json};

use super::{
    ERROR, GROUPS, LIST_RESPONSE, USERS,
    listing::Listing,
    refusal::Refusal,
    rules,
    server::{Answer, Asked, Reply, StrictServer, Vendor},
    store::{self, Store},
};

/// The base path of its endpoints.
pub(crate) const BASE: &str = "/v2";

/// The extension of its users.
pub(crate) const EXPANDED: &str = "urn:ietf:params:scim:schemas:expanded:2.0:User";

/// The text names no media type.
const MEDIA_TYPES: [&str; 2] = ["application/json", "application/scim+json"];

const LISTING: Listing = Listing {
    first: 1,
    page: 10,
    cap: 10_000,
    operators: &[Operator::Equal],
    filterable: &["userName", "externalId", "emails", "emails.value", "active"],
    sortable: &["id", "userName", "externalId"],
};

/// Starts one that accepts only `token`.
pub(crate) async fn start(token: &str) -> StrictServer {
    StrictServer::start(Confirmit { token: token.to_owned() }).await
}

struct Confirmit {
    token: String,
}

impl Vendor for Confirmit {
    fn media_type(&self) -> &'static str {
        "application/json"
    }

    fn store(&self) -> Store {
        // Users and groups are counted apart: both have a 1.
        Store::new(clock, |count| count.to_string())
    }

    fn admit(&self, asked: &Asked) -> Result<(), Refusal> {
        if asked.bearer() == Some(&self.token) { Ok(()) } else { Err(Refusal::unauthorized()) }
    }

    fn answer(&self, store: &mut Store, asked: &Asked) -> Answer {
        asked.accepts(&MEDIA_TYPES)?;
        match asked.below(BASE) {
            Some(("users", id)) => users(store, asked, id),
            Some(("groups", id)) => groups(store, asked, id),
            Some((name, None)) if asked.method == "GET" => discovery(name),
            _ => Err(Refusal::no_endpoint()),
        }
    }

    fn refusal(&self, refusal: &Refusal) -> Reply {
        // As the examples tell it: the same keyword for what is wrong and for
        // what is missing. The text shows no error of a conflict.
        let (scim_type, error_type) = match refusal.status {
            401 => return Reply::new(401, None),
            404 => ("invalidValue", 1),
            409 => ("uniqueness", 2),
            _ => ("invalidValue", 6),
        };
        let body = json!({
            "schemas": [ERROR], "status": refusal.status, "scimType": scim_type, "errorType": error_type,
            "detail": refusal.detail,
        });
        Reply::new(refusal.status, body)
    }

    fn complete(&self, store: &Store, endpoint: &str, resource: &mut Value) {
        match endpoint {
            USERS => user::complete(store, resource),
            _ => group::complete(store, resource),
        }
    }
}

fn users(store: &mut Store, asked: &Asked, id: Option<&str>) -> Answer {
    let user = match (asked.method.as_str(), id) {
        ("GET", None) => return list(store, asked),
        ("POST", None) => user::create(store, &asked.object(&MEDIA_TYPES)?)?,
        ("GET", Some(id)) => user::find(store, id)?.clone(),
        ("PUT", Some(id)) => user::replace(store, id, &asked.object(&MEDIA_TYPES)?)?,
        ("PATCH", Some(id)) => user::patch(store, id, &asked.object(&MEDIA_TYPES)?)?,
        ("DELETE", Some(id)) => {
            user::find(store, id)?;
            store.remove(USERS, id)?;
            return Ok(Reply::new(200, None));
        }
        _ => return Err(not_allowed()),
    };
    Ok(Reply::new(200, user::shown(&user)))
}

fn groups(store: &mut Store, asked: &Asked, id: Option<&str>) -> Answer {
    let group = match (asked.method.as_str(), id) {
        ("GET", None) => {
            // The text lists no parameters here.
            if let Some((name, _)) = asked.query.first() {
                return Err(Refusal::value(format!("groups cannot be asked with {name}")));
            }
            let listed: Vec<Value> = store.all(GROUPS).iter().map(group::listed).collect();
            return Ok(Reply::new(200, json!(listed)));
        }
        ("POST", None) => group::create(store, &asked.object(&MEDIA_TYPES)?)?,
        ("GET", Some(id)) => group::find(store, id)?.clone(),
        ("PATCH", Some(id)) => group::patch(store, id, &asked.object(&MEDIA_TYPES)?)?,
        ("DELETE", Some(id)) => {
            group::find(store, id)?;
            store.remove(GROUPS, id)?;
            return Ok(Reply::new(204, None));
        }
        _ => return Err(not_allowed()),
    };
    Ok(Reply::new(200, group::shown(&group)))
}

fn list(store: &Store, asked: &Asked) -> Answer {
    let page = LISTING.page(store.all(USERS), asked)?;
    let resources: Vec<Value> = page.resources.iter().map(user::shown).collect();
    // As the examples show: itemsPerPage is the size of a page, whatever is on
    // it, and startIndex is not told.
    Ok(Reply::new(
        200,
        json!({
            "totalResults": page.total, "resources": resources, "itemsPerPage": page.size,
            "schemas": [LIST_RESPONSE],
        }),
    ))
}

/// As the examples show it.
fn discovery(name: &str) -> Answer {
    let text = match name {
        "serviceProviderConfig" => {
            include_str!("../../../../golden/confirmit/get-service-provider-config.response.json")
        }
        "resourceTypes" => include_str!("../../../../golden/confirmit/get-resource-types.response.json"),
        "schemas" => include_str!("../../../../golden/confirmit/get-schemas.response.json"),
        _ => return Err(Refusal::no_endpoint()),
    };
    Ok(Reply::new(200, serde_json::from_str::<Value>(text).unwrap()))
}

fn not_allowed() -> Refusal {
    Refusal::new(405, "", "there is no such method here")
}

/// Seven digits of a second and an offset, as the examples have it.
fn clock() -> String {
    store::now().strftime("%Y-%m-%dT%H:%M:%S%.7f+00:00").to_string()
}

/// `meta` with the location that the examples show, in another case than the
/// path.
fn located(resource: &Value, collection: &str) -> Value {
    let mut meta = resource["meta"].clone();
    let id = resource["id"].as_str().unwrap_or_default();
    meta["location"] = json!(format!("{BASE}/{collection}/{id}"));
    meta
}

/// Paths take an int32; nothing else can be there.
fn is_id(id: &str) -> bool {
    id.parse::<i32>().is_ok_and(|number| number.to_string() == id)
}

/// The operations, and the schema that RFC 7644 asks for where there is one:
/// the example shows none.
fn operations(body: &rules::Object) -> Result<Vec<rules::Operation<'_>>, Refusal> {
    if body.contains_key("schemas") {
        rules::schemas(body, &[super::PATCH_OP])?;
    }
    rules::operations(body, "operations")
}
