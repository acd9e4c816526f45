//! idaas.nl: every attribute of a user is under the URN of the core schema,
//! counting starts at 0, and who is deleted is gone for good.

mod user;

use scim_operator::scim::filter::Operator;
use serde_json::{Value, json};

use super::{
    CORE_USER, ERROR, LIST_RESPONSE, USERS,
    listing::Listing,
    refusal::Refusal,
    server::{Answer, Asked, Reply, StrictServer, Vendor},
    store::{self, Store},
};

/// The base path of its endpoints.
pub(crate) const BASE: &str = "/api/scim/v2";

const MEDIA_TYPE: &str = "application/scim+json";

const LISTING: Listing = Listing {
    first: 0,
    page: 20,
    cap: 100,
    operators: &[Operator::Equal, Operator::Contains],
    filterable: &[
        "id",
        "externalId",
        "userName",
        "displayName",
        "emails",
        "emails.value",
        "phoneNumbers",
        "phoneNumbers.value",
        "active",
    ],
    sortable: &["id", "userName"],
};

/// Starts one that accepts only `token`.
pub(crate) async fn start(token: &str) -> StrictServer {
    StrictServer::start(IdaasNl { token: token.to_owned() }).await
}

struct IdaasNl {
    token: String,
}

impl Vendor for IdaasNl {
    fn media_type(&self) -> &'static str {
        MEDIA_TYPE
    }

    fn store(&self) -> Store {
        Store::new(|| store::now().to_string(), |count| (8_624_241 + count).to_string())
    }

    fn admit(&self, asked: &Asked) -> Result<(), Refusal> {
        if asked.bearer() == Some(&self.token) { Ok(()) } else { Err(Refusal::unauthorized()) }
    }

    fn answer(&self, store: &mut Store, asked: &Asked) -> Answer {
        asked.accepts(&[MEDIA_TYPE])?;
        // The text knows users, and nothing else.
        let Some(("Users", id)) = asked.below(BASE) else { return Err(Refusal::no_endpoint()) };
        let (status, user) = match (asked.method.as_str(), id) {
            ("GET", None) => return list(store, asked),
            ("POST", None) => (201, user::create(store, &asked.object(&[MEDIA_TYPE])?)?),
            ("GET", Some(id)) => (200, user::find(store, id)?.clone()),
            ("PUT", Some(id)) => (200, user::replace(store, id, &asked.object(&[MEDIA_TYPE])?)?),
            ("PATCH", Some(id)) => (200, user::patch(store, id, &asked.object(&[MEDIA_TYPE])?)?),
            ("DELETE", Some(id)) => {
                store.remove(USERS, id)?;
                return Ok(Reply::new(204, None));
            }
            _ => return Err(Refusal::new(405, "", "there is no such method here")),
        };
        let shown = user::shown(&user);
        let location = shown["meta"]["location"].as_str().unwrap_or_default().to_owned();
        Ok(Reply::new(status, shown).with_header("location", location))
    }

    fn refusal(&self, refusal: &Refusal) -> Reply {
        // The text shows no error: RFC 7644 §3.12.
        let mut body =
            json!({"schemas": [ERROR], "status": refusal.status.to_string(), "detail": refusal.detail});
        if !refusal.scim_type.is_empty() {
            body["scimType"] = json!(refusal.scim_type);
        }
        Reply::new(refusal.status, body)
    }

    fn complete(&self, _: &Store, _: &str, resource: &mut Value) {
        user::complete(resource);
    }
}

fn list(store: &Store, asked: &Asked) -> Answer {
    let page = LISTING.page(store.all(USERS), asked)?;
    let resources: Vec<Value> = page.resources.iter().map(user::shown).collect();
    Ok(Reply::new(
        200,
        json!({
            "schemas": [LIST_RESPONSE], "totalResults": page.total, "startIndex": page.start_index,
            "itemsPerPage": resources.len(), "Resources": resources,
        }),
    ))
}
