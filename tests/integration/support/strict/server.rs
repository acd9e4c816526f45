//! What the three have in common: a port, a store, and a memory of what they
//! refused.

use std::sync::{Arc, Mutex};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{Request, State},
    response::Response,
};
use http::{HeaderMap, Method};
use serde_json::Value;
use tokio::{net::TcpListener, task::JoinHandle};

use super::{refusal::Refusal, rules::Object, store::Store};

/// What makes a server the one of a vendor.
pub(super) trait Vendor: Send + Sync + 'static {
    /// Of all that it answers.
    fn media_type(&self) -> &'static str;

    fn store(&self) -> Store;

    /// Is the request let in?
    fn admit(&self, asked: &Asked) -> Result<(), Refusal>;

    fn answer(&self, store: &mut Store, asked: &Asked) -> Answer;

    /// An error in the vendor's form.
    fn refusal(&self, refusal: &Refusal) -> Reply;

    /// Adds what the server itself gives to a new resource.
    fn complete(&self, store: &Store, endpoint: &str, resource: &mut Value);
}

pub(super) type Answer = Result<Reply, Refusal>;

/// A request as it came.
pub(super) struct Asked {
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) query: Vec<(String, String)>,
    pub(super) headers: HeaderMap,
    body: Bytes,
}

/// An answer before it is bytes.
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) body: Option<Value>,
    pub(super) headers: Vec<(&'static str, String)>,
}

impl Reply {
    pub(super) fn new(status: u16, body: impl Into<Option<Value>>) -> Self {
        Self { status, body: body.into(), headers: Vec::new() }
    }

    pub(super) fn with_header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

impl Asked {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The token that it carries, if any.
    pub(super) fn bearer(&self) -> Option<&str> {
        self.header("authorization")?.strip_prefix("Bearer ")
    }

    /// The body, sent as one of these media types.
    pub(super) fn object(&self, media_types: &[&str]) -> Result<Object, Refusal> {
        let media_type = self.header("content-type").map(essence).unwrap_or_default();
        if !media_types.contains(&media_type) {
            return Err(Refusal::new(415, "", format!("a body cannot be {media_type:?}")));
        }
        let body = serde_json::from_slice(&self.body).map_err(|_| Refusal::syntax("the body is not JSON"))?;
        match body {
            Value::Object(object) => Ok(object),
            _ => Err(Refusal::syntax("the body is not an object")),
        }
    }

    /// Would the client understand one of these? Whoever says nothing takes
    /// everything.
    pub(super) fn accepts(&self, media_types: &[&str]) -> Result<(), Refusal> {
        let Some(accept) = self.header("accept") else { return Ok(()) };
        let fits = |range: &str| range == "*/*" || media_types.contains(&range);
        if accept.split(',').map(essence).any(fits) {
            return Ok(());
        }
        Err(Refusal::new(406, "", format!("the answer cannot be {accept:?}")))
    }

    /// The path below a base: the collection, and the id in it.
    pub(super) fn below(&self, base: &str) -> Option<(&str, Option<&str>)> {
        let path = self.path.strip_prefix(base)?.strip_prefix('/')?;
        Some(match path.split_once('/') {
            Some((collection, id)) => (collection, Some(id)),
            None => (path, None),
        })
    }
}

/// A media type without its parameters.
fn essence(media_type: &str) -> &str {
    media_type.split(';').next().unwrap_or_default().trim()
}

pub(crate) struct StrictServer {
    port: u16,
    shared: Arc<Shared>,
    serving: JoinHandle<()>,
}

struct Shared {
    vendor: Box<dyn Vendor>,
    store: Mutex<Store>,
    refusals: Mutex<Vec<String>>,
}

impl StrictServer {
    /// Starts one on a port of its own.
    pub(super) async fn start(vendor: impl Vendor) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let store = Mutex::new(vendor.store());
        let shared = Arc::new(Shared { vendor: Box::new(vendor), store, refusals: Mutex::default() });
        let router = Router::new().fallback(handle).with_state(Arc::clone(&shared));
        let serving = tokio::spawn(async move {
            axum::serve(listener, router).await.unwrap();
        });
        Self { port, shared, serving }
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Everything at `/Users` or `/Groups`, wherever the vendor has it.
    pub(crate) fn all(&self, endpoint: &str) -> Vec<Value> {
        self.shared.store.lock().unwrap().all(endpoint).to_vec()
    }

    pub(crate) fn get(&self, endpoint: &str, id: &str) -> Option<Value> {
        self.shared.store.lock().unwrap().get(endpoint, id).cloned()
    }

    /// Somebody is created by other ways than SCIM; what is left out, the
    /// server gives.
    pub(crate) fn insert(&self, endpoint: &str, mut resource: Value) -> String {
        let mut store = self.shared.store.lock().unwrap();
        self.shared.vendor.complete(&store, endpoint, &mut resource);
        let created = store.create(endpoint, resource);
        created["id"].as_str().unwrap().to_owned()
    }

    /// A change by somebody else.
    pub(crate) fn edit(&self, endpoint: &str, id: &str, change: impl FnOnce(&mut Value)) {
        let mut store = self.shared.store.lock().unwrap();
        let mut resource = store.get(endpoint, id).cloned().expect("the resource is there");
        change(&mut resource);
        store.replace(endpoint, id, resource);
    }

    /// A deletion by somebody else.
    pub(crate) fn remove(&self, endpoint: &str, id: &str) {
        self.shared.store.lock().unwrap().remove(endpoint, id).expect("the resource is there");
    }

    /// The password that was set last.
    pub(crate) fn password(&self, id: &str) -> Option<String> {
        self.shared.store.lock().unwrap().password(id).map(str::to_owned)
    }

    /// Every request so far that the vendor's text does not allow, and why.
    /// Resources that are not there, names that are taken and tokens that are
    /// not known are no such.
    pub(crate) fn refusals(&self) -> Vec<String> {
        self.shared.refusals.lock().unwrap().clone()
    }
}

impl Drop for StrictServer {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn handle(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 1 << 20).await.unwrap_or_default();
    let query = head.uri.query().unwrap_or_default();
    let asked = Asked {
        method: head.method,
        path: head.uri.path().to_owned(),
        query: url::form_urlencoded::parse(query.as_bytes()).into_owned().collect(),
        headers: head.headers,
        body,
    };
    let reply = shared.reply(&asked);
    let mut response = Response::builder().status(reply.status);
    if reply.body.is_some() {
        response = response.header("content-type", shared.vendor.media_type());
    }
    for (name, value) in &reply.headers {
        response = response.header(*name, value);
    }
    response.body(reply.body.map_or_else(Body::empty, |body| Body::from(body.to_string()))).unwrap()
}

impl Shared {
    fn reply(&self, asked: &Asked) -> Reply {
        let answer = self
            .vendor
            .admit(asked)
            .and_then(|()| self.vendor.answer(&mut self.store.lock().unwrap(), asked));
        answer.unwrap_or_else(|refusal| {
            if !refusal.is_ordinary {
                let why = format!("{} {}: {}", asked.method, asked.path, refusal.detail);
                self.refusals.lock().unwrap().push(why);
            }
            self.vendor.refusal(&refusal)
        })
    }
}
