//! A token endpoint in the test process: OAuth 2 client credentials (RFC 6749
//! §4.4), as well behaved or badly as a test asks for.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    response::Response,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use http::HeaderMap;
use serde_json::json;
use tokio::{net::TcpListener, task::JoinHandle};

/// How it answers those whom it knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mood {
    /// A token that is good for so many seconds.
    Good { expires_in: u64 },
    /// A page for people.
    Html,
    /// 500.
    Error,
    /// 200, and nothing in it that is a token.
    NoToken,
}

/// A request for a token, as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TokenRequest {
    /// Was the client in `Authorization`, and not in the form?
    pub(crate) by_header: bool,
    pub(crate) client: String,
    /// The form without the client.
    pub(crate) form: BTreeMap<String, String>,
    pub(crate) status: u16,
}

pub(crate) struct TokenServer {
    port: u16,
    shared: Arc<Shared>,
    serving: JoinHandle<()>,
}

struct Shared {
    mood: Mutex<Mood>,
    /// The only client that it knows: id and secret.
    client: Mutex<(String, String)>,
    requests: Mutex<Vec<TokenRequest>>,
    valid: Mutex<BTreeMap<String, Granted>>,
}

/// What a token is good for.
struct Granted {
    end: Instant,
    /// The scopes that were asked for.
    scopes: Vec<String>,
}

impl TokenServer {
    /// Starts one that knows one client, on a port of its own.
    pub(crate) async fn start(id: &str, secret: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared = Arc::new(Shared {
            mood: Mutex::new(Mood::Good { expires_in: 3600 }),
            client: Mutex::new((id.to_owned(), secret.to_owned())),
            requests: Mutex::default(),
            valid: Mutex::default(),
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

    /// The token endpoint.
    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}/oauth2/token", self.port)
    }

    pub(crate) fn set_mood(&self, mood: Mood) {
        *self.shared.mood.lock().unwrap() = mood;
    }

    /// The client's secret is another from now on.
    pub(crate) fn rotate(&self, secret: &str) {
        secret.clone_into(&mut self.shared.client.lock().unwrap().1);
    }

    /// No token that was given out so far is good any more.
    pub(crate) fn revoke_all(&self) {
        self.shared.valid.lock().unwrap().clear();
    }

    /// Every request so far.
    pub(crate) fn requests(&self) -> Vec<TokenRequest> {
        self.shared.requests.lock().unwrap().clone()
    }

    /// Whom a SCIM server lets in that trusts these tokens.
    pub(crate) fn guard(&self) -> impl Fn(&str) -> bool + Send + Sync + 'static {
        let scopes = self.scopes();
        move |authorization| scopes(authorization.strip_prefix("Bearer ").unwrap_or_default()).is_some()
    }

    /// The scopes of a token, as long as it is good.
    pub(crate) fn scopes(&self) -> impl Fn(&str) -> Option<Vec<String>> + Send + Sync + 'static {
        let shared = Arc::clone(&self.shared);
        move |token| {
            let valid = shared.valid.lock().unwrap();
            valid
                .get(token)
                .filter(|granted| Instant::now() < granted.end)
                .map(|granted| granted.scopes.clone())
        }
    }
}

impl Drop for TokenServer {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn handle(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 1 << 16).await.unwrap_or_default();
    let mut form: BTreeMap<String, String> = url::form_urlencoded::parse(&body).into_owned().collect();
    let in_form = (form.remove("client_id"), form.remove("client_secret"));
    let in_header = basic(&head.headers);
    let by_header = in_header.is_some();
    let client = in_header.or_else(|| Some((in_form.0?, in_form.1?))).unwrap_or_default();
    let known = client == *shared.client.lock().unwrap() && head.method == http::Method::POST;
    let (status, media_type, body) = shared.answer(known, form.get("scope").map_or("", String::as_str));
    shared.requests.lock().unwrap().push(TokenRequest { by_header, client: client.0, form, status });
    Response::builder().status(status).header("content-type", media_type).body(Body::from(body)).unwrap()
}

/// The client of a header, in which both parts are form-encoded (RFC 6749
/// §2.3.1).
fn basic(headers: &HeaderMap) -> Option<(String, String)> {
    let encoded = headers.get("authorization")?.to_str().ok()?.strip_prefix("Basic ")?;
    let pair = String::from_utf8(STANDARD.decode(encoded).ok()?).ok()?;
    let (id, secret) = pair.split_once(':')?;
    let decode = |text: &str| {
        let pair = format!("={text}");
        url::form_urlencoded::parse(pair.as_bytes()).next().map(|(_, value)| value.into_owned())
    };
    Some((decode(id)?, decode(secret)?))
}

impl Shared {
    fn answer(&self, known: bool, scope: &str) -> (u16, &'static str, String) {
        const JSON: &str = "application/json";
        match *self.mood.lock().unwrap() {
            Mood::Html => (200, "text/html", "<!doctype html><title>Sign in</title>".to_owned()),
            Mood::Error => (500, JSON, json!({"message": "it hurts"}).to_string()),
            Mood::NoToken => (200, JSON, json!({"token_type": "Bearer"}).to_string()),
            Mood::Good { .. } if !known => (401, JSON, json!({"error": "invalid_client"}).to_string()),
            Mood::Good { expires_in } => {
                let token = format!("token-{}", self.requests.lock().unwrap().len() + 1);
                let end = Instant::now() + Duration::from_secs(expires_in);
                let scopes = scope.split_whitespace().map(str::to_owned).collect();
                self.valid.lock().unwrap().insert(token.clone(), Granted { end, scopes });
                let answer = json!({"access_token": token, "token_type": "Bearer", "expires_in": expires_in});
                (200, JSON, answer.to_string())
            }
        }
    }
}
