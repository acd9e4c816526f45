//! The strict servers themselves: each takes what its vendor's text shows, and
//! refuses what it does not. The operator has no part in this.

mod buypass;
mod client;
mod confirmit;
mod idaas_nl;
mod proxied;

use http::Method;
use serde_json::Value;

/// Somebody who speaks to a server by plain HTTP.
struct Caller {
    client: reqwest::Client,
    base: String,
    token: Option<String>,
    media_type: &'static str,
    accept: Option<&'static str>,
}

/// What was answered; `body` is `Null` without one.
#[derive(Debug)]
struct Answered {
    status: u16,
    media_type: Option<String>,
    has_date: bool,
    body: Value,
}

impl Caller {
    fn new(base: String, token: &str, media_type: &'static str) -> Self {
        Self { client: client(None), base, token: Some(token.to_owned()), media_type, accept: None }
    }

    async fn call(&self, method: &str, path: &str, body: Option<&Value>) -> Answered {
        self.send(method, path, body.map(Value::to_string)).await
    }

    #[expect(clippy::disallowed_methods, reason = "the tests look at servers with a client of their own")]
    async fn send(&self, method: &str, path: &str, body: Option<String>) -> Answered {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let mut request = self.client.request(method, format!("{}{path}", self.base));
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        if let Some(accept) = self.accept {
            request = request.header("accept", accept);
        }
        if let Some(body) = body {
            request = request.header("content-type", self.media_type).body(body);
        }
        let response = request.send().await.unwrap();
        let header = |name: &str| response.headers().get(name).map(|it| it.to_str().unwrap().to_owned());
        let (media_type, has_date) = (header("content-type"), header("date").is_some());
        let status = response.status().as_u16();
        let body = serde_json::from_slice(&response.bytes().await.unwrap()).unwrap_or(Value::Null);
        Answered { status, media_type, has_date, body }
    }

    async fn get(&self, path: &str) -> Answered {
        self.call("GET", path, None).await
    }

    async fn post(&self, path: &str, body: &Value) -> Answered {
        self.call("POST", path, Some(body)).await
    }

    async fn put(&self, path: &str, body: &Value) -> Answered {
        self.call("PUT", path, Some(body)).await
    }

    async fn patch(&self, path: &str, body: &Value) -> Answered {
        self.call("PATCH", path, Some(body)).await
    }

    async fn delete(&self, path: &str) -> Answered {
        self.call("DELETE", path, None).await
    }
}

/// A client that trusts this authority alone, if there is one.
#[expect(clippy::disallowed_methods, reason = "the tests look at servers with a client of their own")]
fn client(authority: Option<&str>) -> reqwest::Client {
    // Whoever comes first installs it for all.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let builder = reqwest::Client::builder().no_proxy();
    let roots = authority.map(|pem| reqwest::Certificate::from_pem(pem.as_bytes()).unwrap());
    match roots {
        Some(root) => builder.tls_certs_only([root]).build().unwrap(),
        None => builder.build().unwrap(),
    }
}

impl Answered {
    /// The body, if the status is this one.
    #[track_caller]
    fn with_status(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{:#}", self.body);
        self.body
    }

    /// Refused with this status, for a reason that names these words.
    #[track_caller]
    fn refused(self, status: u16, why: &str) {
        assert_eq!(self.status, status, "{:#}", self.body);
        let detail = self.body["detail"].as_str().unwrap_or_default();
        assert!(detail.contains(why), "{why:?} is not in {detail:?}");
    }
}

/// An example of a vendor's text.
fn golden(name: &str) -> Value {
    let path = format!("{}/tests/golden/{name}.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}")))
        .unwrap()
}

/// `base` with one member set; `Null` takes it away.
fn with(base: &Value, pointer: &str, value: impl Into<Value>) -> Value {
    let mut changed = base.clone();
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    let parent = changed.pointer_mut(parent).unwrap().as_object_mut().unwrap();
    match value.into() {
        Value::Null => parent.remove(key),
        value => parent.insert(key.to_owned(), value),
    };
    changed
}

/// Every member name of an example is in the answer, and the other way round:
/// the values are somebody's, the shape is the text's.
#[track_caller]
fn same_shape(answer: &Value, example: &Value) {
    assert_eq!(shape(answer, ""), shape(example, ""), "{answer:#}");
}

fn shape(value: &Value, path: &str) -> Vec<String> {
    match value {
        Value::Object(object) => {
            object.iter().flat_map(|(key, value)| shape(value, &format!("{path}/{key}"))).collect()
        }
        Value::Array(values) => {
            values.iter().take(1).flat_map(|value| shape(value, &format!("{path}/0"))).collect()
        }
        Value::String(_) => vec![format!("{path}: text")],
        Value::Number(_) => vec![format!("{path}: number")],
        Value::Bool(_) => vec![format!("{path}: boolean")],
        Value::Null => vec![format!("{path}: null")],
    }
}
