//! Buypass Access Manager: users of a tenant and no groups, over HTTPS alone,
//! with short-lived tokens whose scopes are enforced.

mod discovery;
pub(crate) mod national_id;
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
use crate::support::{
    tls::{Authority, Flaw, TlsFront},
    token_server::{Mood, TokenServer},
};

/// The base path of its endpoints: that of a security domain.
pub(crate) const BASE: &str = "/example/scim/v2";

/// The only tenant of its client.
pub(crate) const TENANT: &str = "acme";

pub(crate) const FIDO2: &str = "urn:ietf:params:scim:schemas:extension:buypass:fido2:User";
pub(crate) const META: &str = "urn:ietf:params:scim:schemas:extension:buypass:meta:User";
pub(crate) const NIN: &str = "urn:ietf:params:scim:schemas:extension:buypass:nin:User";
pub(crate) const UPN: &str = "urn:ietf:params:scim:schemas:extension:buypass:2.0:upn:User";

const MEDIA_TYPE: &str = "application/scim+json";

/// How long a token is good, in seconds.
const TOKEN_LIFETIME: u64 = 60;

const LISTING: Listing = Listing {
    first: 1,
    page: 100,
    cap: 100,
    operators: &[Operator::Equal],
    filterable: &["id", "userName", "externalId"],
    sortable: &[],
};

/// The server, its token endpoint, and TLS in front of both.
pub(crate) struct Buypass {
    /// The server behind its TLS: what it holds, and the port for a proxy that
    /// stands between the two.
    pub(crate) scim: StrictServer,
    pub(crate) tokens: TokenServer,
    authority: Authority,
    front: TlsFront,
    tokens_front: TlsFront,
}

impl Buypass {
    /// Starts one that knows one OAuth client.
    pub(crate) async fn start(client: &str, secret: &str) -> Self {
        let tokens = TokenServer::start(client, secret).await;
        tokens.set_mood(Mood::Good { expires_in: TOKEN_LIFETIME });
        let scim = StrictServer::start(Vault { scopes: Box::new(tokens.scopes()) }).await;
        let authority = Authority::new("Buypass test CA");
        let tokens_port = tokens.port();
        let front = TlsFront::start(scim.port(), &authority.server(Flaw::None), None).await;
        let tokens_front = TlsFront::start(tokens_port, &authority.server(Flaw::None), None).await;
        Self { scim, tokens, authority, front, tokens_front }
    }

    /// Where it is: HTTPS alone.
    pub(crate) fn port(&self) -> u16 {
        self.front.port()
    }

    /// Its TLS before another port, such as that of a proxy.
    pub(crate) async fn tls_before(&self, port: u16) -> TlsFront {
        TlsFront::start(port, &self.authority.server(Flaw::None), None).await
    }

    /// Whom its clients trust.
    pub(crate) fn authority_pem(&self) -> String {
        self.authority.pem()
    }

    /// Where tokens are given out.
    pub(crate) fn token_url(&self) -> String {
        format!("https://127.0.0.1:{}/oauth2/token", self.tokens_front.port())
    }
}

/// The scopes of a token, if it is good.
type Scopes = Box<dyn Fn(&str) -> Option<Vec<String>> + Send + Sync>;

/// The part that speaks SCIM.
struct Vault {
    scopes: Scopes,
}

impl Vendor for Vault {
    fn media_type(&self) -> &'static str {
        MEDIA_TYPE
    }

    fn store(&self) -> Store {
        Store::new(|| store::now().to_string(), |count| format!("00000000-0000-4000-8000-{count:012}"))
    }

    fn admit(&self, asked: &Asked) -> Result<(), Refusal> {
        let scopes = (self.scopes)(asked.bearer().unwrap_or_default()).ok_or_else(Refusal::unauthorized)?;
        let needed = if asked.method == "GET" { "scim.read" } else { "scim.write" };
        if scopes.iter().any(|scope| scope == needed) {
            return Ok(());
        }
        Err(Refusal::new(403, "", format!("the token lacks the scope {needed}")))
    }

    fn answer(&self, store: &mut Store, asked: &Asked) -> Answer {
        asked.accepts(&[MEDIA_TYPE])?;
        let path = asked.path.strip_prefix(BASE).ok_or_else(Refusal::no_endpoint)?;
        let users = path.strip_prefix("/Tenants/").and_then(|rest| rest.strip_prefix(TENANT));
        match users.and_then(|rest| rest.strip_prefix("/Users")) {
            Some("") => collection(store, asked),
            Some(rest) => one(store, asked, rest.strip_prefix('/').unwrap_or_default()),
            None if asked.method == "GET" => discovery::answer(path),
            None => Err(Refusal::no_endpoint()),
        }
    }

    fn refusal(&self, refusal: &Refusal) -> Reply {
        // The text shows no error: RFC 7644 §3.12, RFC 6750 §3.
        let mut body =
            json!({"schemas": [ERROR], "status": refusal.status.to_string(), "detail": refusal.detail});
        if !refusal.scim_type.is_empty() {
            body["scimType"] = json!(refusal.scim_type);
        }
        let reply = Reply::new(refusal.status, body);
        match refusal.status {
            401 => reply.with_header("www-authenticate", "Bearer error=\"invalid_token\""),
            403 => reply.with_header("www-authenticate", "Bearer error=\"insufficient_scope\""),
            _ => reply,
        }
    }

    fn complete(&self, _: &Store, _: &str, resource: &mut Value) {
        user::complete(resource);
    }
}

fn collection(store: &mut Store, asked: &Asked) -> Answer {
    match asked.method.as_str() {
        "GET" => {
            let page = LISTING.page(store.all(USERS), asked)?;
            let resources: Vec<Value> = page.resources.iter().map(|user| user::shown(user, asked)).collect();
            Ok(Reply::new(
                200,
                json!({
                    "schemas": [LIST_RESPONSE], "totalResults": page.total, "startIndex": page.start_index,
                    "itemsPerPage": resources.len(), "Resources": resources,
                }),
            ))
        }
        "POST" => {
            let created = user::create(store, &asked.object(&[MEDIA_TYPE])?)?;
            Ok(told(201, &created, asked))
        }
        _ => Err(not_allowed()),
    }
}

fn one(store: &mut Store, asked: &Asked, id: &str) -> Answer {
    let user = match asked.method.as_str() {
        "GET" => user::find(store, id)?.clone(),
        "PUT" => user::replace(store, id, &asked.object(&[MEDIA_TYPE])?)?,
        "PATCH" => user::patch(store, id, &asked.object(&[MEDIA_TYPE])?)?,
        "DELETE" => {
            store.remove(USERS, id)?;
            return Ok(Reply::new(204, None));
        }
        _ => return Err(not_allowed()),
    };
    Ok(told(200, &user, asked))
}

fn told(status: u16, user: &Value, asked: &Asked) -> Reply {
    let shown = user::shown(user, asked);
    let location = shown["meta"]["location"].as_str().unwrap_or_default().to_owned();
    Reply::new(status, shown).with_header("location", location)
}

fn not_allowed() -> Refusal {
    Refusal::new(405, "", "there is no such method here")
}
