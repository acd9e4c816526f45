//! A SCIM server in the test process that knows no PATCH and insists on
//! `If-Match`: every change is a PUT of the whole resource at the version that
//! is there (RFC 7644 §3.5.1, §3.14). What a PUT leaves out is gone.

mod store;

use std::sync::{Arc, Mutex};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{Request, State},
    response::Response,
};
use http::{HeaderMap, Method};
use serde_json::{Value, json};
use tokio::{net::TcpListener, task::JoinHandle};

use self::store::{Refusal, Store};

/// The base path of its endpoints.
pub(crate) const BASE: &str = "/scim/v2";

/// What it makes of PATCH.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PatchHabit {
    /// Its discovery says that there is none, and a PATCH is answered 501.
    NotImplemented,
    /// Its discovery says so too, and a PATCH is answered 405.
    NotAllowed,
    /// Its discovery promises PATCH, and a PATCH is answered 501.
    Promised,
}

/// A PUT as it came.
#[derive(Clone, Debug)]
pub(crate) struct Put {
    pub(crate) if_match: Option<String>,
    pub(crate) body: Value,
    pub(crate) status: u16,
}

type Meddling = Box<dyn FnMut(&mut Value) + Send>;

pub(crate) struct PutServer {
    port: u16,
    shared: Arc<Shared>,
    serving: JoinHandle<()>,
}

struct Shared {
    token: String,
    habit: PatchHabit,
    store: Mutex<Store>,
    puts: Mutex<Vec<Put>>,
    /// How many more PUTs somebody else gets in ahead of, and what they do.
    meddling: Mutex<Option<(usize, Meddling)>>,
}

impl PutServer {
    /// Starts one that accepts only `token`, on a port of its own.
    pub(crate) async fn start(token: &str, habit: PatchHabit) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared = Arc::new(Shared {
            token: token.to_owned(),
            habit,
            store: Mutex::default(),
            puts: Mutex::default(),
            meddling: Mutex::default(),
        });
        let router = Router::new().fallback(handle).with_state(Arc::clone(&shared));
        let serving = tokio::spawn(async move {
            axum::serve(listener, router).await.unwrap();
        });
        Self { port, shared, serving }
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Every PUT so far.
    pub(crate) fn puts(&self) -> Vec<Put> {
        self.shared.puts.lock().unwrap().clone()
    }

    /// Everything at `/Users` or `/Groups`, as it would be answered.
    pub(crate) fn all(&self, endpoint: &str) -> Vec<Value> {
        self.shared.store.lock().unwrap().all(endpoint)
    }

    /// The resource with this id.
    pub(crate) fn get(&self, endpoint: &str, id: &str) -> Value {
        self.shared.store.lock().unwrap().get(endpoint, id).expect("the resource is there")
    }

    /// The password that was set last.
    pub(crate) fn password(&self, id: &str) -> Option<String> {
        self.shared.store.lock().unwrap().password(id)
    }

    /// Somebody else's creation; its id.
    pub(crate) fn insert(&self, endpoint: &str, resource: Value) -> String {
        let made = self.shared.store.lock().unwrap().create(endpoint, resource).expect("it can be made");
        made["id"].as_str().expect("a resource has an id").to_owned()
    }

    /// A change by somebody else.
    pub(crate) fn edit(&self, endpoint: &str, id: &str, change: impl FnOnce(&mut Value)) {
        self.shared.store.lock().unwrap().edit(endpoint, id, change);
    }

    /// The next so many PUTs come too late: somebody else has changed the
    /// resource since it was read.
    pub(crate) fn meddle(&self, times: usize, change: impl FnMut(&mut Value) + Send + 'static) {
        *self.shared.meddling.lock().unwrap() = Some((times, Box::new(change)));
    }
}

impl Drop for PutServer {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn handle(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 1 << 20).await.unwrap_or_default();
    let expected = format!("Bearer {}", shared.token);
    let authorized = head.headers.get("authorization").is_some_and(|it| it.as_bytes() == expected.as_bytes());
    let answer = if authorized {
        shared.answer(&head.method, &head.uri, &head.headers, &body)
    } else {
        Err(Refusal::new(401, "", "the bearer token is missing or wrong"))
    };
    match answer {
        Ok((status, resource)) => response(status, resource.as_ref()),
        Err(refusal) => response(refusal.status, Some(&refusal.body())),
    }
}

fn response(status: u16, body: Option<&Value>) -> Response {
    let mut response = Response::builder().status(status);
    if let Some(version) = body.and_then(|body| body.pointer("/meta/version")).and_then(Value::as_str) {
        response = response.header("etag", version);
    }
    response = response.header("content-type", "application/scim+json");
    response.body(body.map_or_else(Body::empty, |body| Body::from(body.to_string()))).unwrap()
}

type Answer = Result<(u16, Option<Value>), Refusal>;

impl Shared {
    fn answer(&self, method: &Method, uri: &http::Uri, headers: &HeaderMap, body: &Bytes) -> Answer {
        let path = uri.path().strip_prefix(BASE).unwrap_or_default();
        let (endpoint, id) = match path.trim_start_matches('/').split_once('/') {
            Some((collection, id)) => (format!("/{collection}"), Some(id)),
            None => (path.to_owned(), None),
        };
        if path == "/ServiceProviderConfig" {
            return Ok((200, Some(self.discovery())));
        }
        if !matches!(endpoint.as_str(), "/Users" | "/Groups") {
            return Err(Refusal::new(404, "", "there is no such endpoint"));
        }
        match (method.as_str(), id) {
            ("GET", None) => Ok((200, Some(self.list(&endpoint, uri.query().unwrap_or_default())?))),
            ("POST", None) => {
                let created = self.store.lock().unwrap().create(&endpoint, parse(body)?)?;
                Ok((201, Some(created)))
            }
            ("GET", Some(id)) => {
                let found = self.store.lock().unwrap().get(&endpoint, id);
                found.map(|found| (200, Some(found))).ok_or_else(Refusal::not_found)
            }
            ("PUT", Some(id)) => self.put(&endpoint, id, headers, parse(body)?),
            ("DELETE", Some(id)) => {
                self.store.lock().unwrap().delete(&endpoint, id)?;
                Ok((204, None))
            }
            ("PATCH", Some(_)) => match self.habit {
                PatchHabit::NotAllowed => Err(Refusal::new(405, "", "PATCH is not allowed here")),
                PatchHabit::NotImplemented | PatchHabit::Promised => {
                    Err(Refusal::new(501, "", "PATCH is not implemented"))
                }
            },
            _ => Err(Refusal::new(405, "", "this is not allowed here")),
        }
    }

    fn put(&self, endpoint: &str, id: &str, headers: &HeaderMap, body: Value) -> Answer {
        let mut store = self.store.lock().unwrap();
        if let Some((left, change)) = self.meddling.lock().unwrap().as_mut().filter(|(left, _)| *left > 0) {
            *left -= 1;
            store.edit(endpoint, id, change);
        }
        let if_match = headers.get("if-match").map(|it| String::from_utf8_lossy(it.as_bytes()).into_owned());
        let replaced = store.replace(endpoint, id, if_match.as_deref(), body.clone());
        let status = replaced.as_ref().map_or_else(|refusal| refusal.status, |_| 200);
        self.puts.lock().unwrap().push(Put { if_match, body, status });
        Ok((200, Some(replaced?)))
    }

    fn discovery(&self) -> Value {
        let yes = json!({"supported": true});
        let no = json!({"supported": false});
        json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"],
            "patch": {"supported": self.habit == PatchHabit::Promised},
            "bulk": no, "changePassword": no, "sort": no, "etag": yes,
            "filter": {"supported": true, "maxResults": 200},
            "authenticationSchemes": [],
        })
    }

    fn list(&self, endpoint: &str, query: &str) -> Result<Value, Refusal> {
        let parameter = |name: &str| {
            let mut pairs = url::form_urlencoded::parse(query.as_bytes());
            pairs.find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
        };
        let number = |name: &str| parameter(name).and_then(|value| value.parse::<usize>().ok());
        let mut found = self.store.lock().unwrap().all(endpoint);
        if let Some(filter) = parameter("filter") {
            let (attribute, value) = equality(&filter)?;
            found.retain(|resource| store::equals(&resource[&attribute], &value));
        }
        let total = found.len();
        let start = number("startIndex").unwrap_or(1).max(1) - 1;
        let page: Vec<_> = found.into_iter().skip(start).take(number("count").unwrap_or(100)).collect();
        Ok(json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
            "totalResults": total, "startIndex": start + 1, "itemsPerPage": page.len(), "Resources": page,
        }))
    }
}

fn parse(body: &Bytes) -> Result<Value, Refusal> {
    serde_json::from_slice(body).map_err(|_| Refusal::new(400, "invalidSyntax", "this is no JSON"))
}

/// `userName eq "ada@example.com"` in its two parts; it knows no other filters.
fn equality(filter: &str) -> Result<(String, Value), Refusal> {
    filter
        .split_once(" eq ")
        .and_then(|(attribute, value)| Some((attribute.to_owned(), serde_json::from_str(value).ok()?)))
        .ok_or_else(|| Refusal::new(400, "invalidFilter", "only attribute eq value"))
}
