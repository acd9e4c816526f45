//! A SCIM server for each test, written by others, and a client that acts
//! behind the operator's back.

use std::process::Command;

use http::Method;
use serde_json::{Value, json};

use super::{
    children::{self, Process},
    control_plane::control_plane,
    http::{Http, Response},
    ports, wait,
};

/// Which server it is. The operator is told nothing of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ServerKind {
    /// Strict and complete. What tests run on that need no particular one.
    Scim2Server,
    /// It ignores `startIndex` and `count` of a GET, and never answers more
    /// than 20 resources. It drops what it does not know, refuses filters with
    /// an escaped quote, and lists a member twice that is added twice.
    Scimmy,
    /// It lists without `Resources` what is empty, tells times without a zone,
    /// and lists a member twice that is added twice.
    Scimple,
    /// It drops what it has no column for, refuses most of PATCH with 501,
    /// ignores members in POST and PUT, and derives `displayName` from the name.
    DjangoScim2,
}

impl ServerKind {
    /// The base path of its endpoints.
    pub(crate) fn base(self) -> &'static str {
        match self {
            Self::Scim2Server => "/v2",
            Self::Scimmy => "/scim",
            Self::Scimple => "",
            Self::DjangoScim2 => "/scim/v2",
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Scim2Server => "scim2-server",
            Self::Scimmy => "scimmy",
            Self::Scimple => "scimple",
            Self::DjangoScim2 => "django-scim2",
        }
    }

    fn command(self, port: u16, token: &str) -> Command {
        let plane = control_plane();
        let mut command = match self {
            Self::Scim2Server => {
                let mut command = Command::new(&plane.scim2_server);
                command.arg("--hostname=127.0.0.1");
                command
            }
            Self::Scimmy => Command::new(&plane.scimmy),
            Self::Scimple => Command::new(&plane.scimple),
            Self::DjangoScim2 => Command::new(&plane.django_scim2),
        };
        command.args([format!("--port={port}"), format!("--bearer-token={token}")]);
        command
    }
}

pub(crate) struct ScimServer {
    kind: ServerKind,
    port: u16,
    token: String,
    http: Http,
    process: Process,
}

impl ScimServer {
    /// Starts one that accepts only `token`, and waits until it answers.
    pub(crate) async fn start(kind: ServerKind, name: &str, token: &str) -> Self {
        let port = ports::free();
        let log = children::run_directory().join(format!("{name}.{}.log", kind.name()));
        let process = Process::spawn(&mut kind.command(port, token), &log);
        let server = Self { kind, port, token: token.to_owned(), http: Http::new(Some(token)), process };
        wait::poll("answer from the SCIM server", wait::DEADLINE, || server.ready()).await;
        server
    }

    async fn ready(&self) -> Result<(), String> {
        assert_eq!(self.process.exited(), None, "{} ended:\n{}", self.kind.name(), self.process.log_tail());
        match self.http.try_request(Method::GET, &self.url("/Users?count=0"), None).await {
            Ok(response) if response.status == 200 => Ok(()),
            Ok(response) => Err(format!("{response:?}")),
            Err(error) => Err(error.to_string()),
        }
    }

    pub(crate) fn process_id(&self) -> u32 {
        self.process.pid()
    }

    pub(crate) fn ended(&self) -> bool {
        self.process.exited().is_some()
    }

    pub(crate) fn kind(&self) -> ServerKind {
        self.kind
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn token(&self) -> &str {
        &self.token
    }

    /// The address of a path below its base.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{}{path}", self.port, self.kind.base())
    }

    /// One request by somebody who is not the operator.
    pub(crate) async fn request(&self, method: Method, path: &str, body: Option<&Value>) -> Response {
        self.http.try_request(method, &self.url(path), body).await.expect("the SCIM server answers")
    }

    /// Creates a resource at `/Users` or `/Groups`.
    pub(crate) async fn create(&self, endpoint: &str, resource: &Value) -> Value {
        let response = self.request(Method::POST, endpoint, Some(resource)).await;
        assert_eq!(response.status, 201, "{:?}", response.body);
        response.body
    }

    /// The resource with this id, if there is one.
    pub(crate) async fn get(&self, endpoint: &str, id: &str) -> Option<Value> {
        let response = self.request(Method::GET, &format!("{endpoint}/{id}"), None).await;
        (response.status == 200).then_some(response.body)
    }

    /// PATCH with one operation (RFC 7644 §3.5.2).
    pub(crate) async fn patch(&self, endpoint: &str, id: &str, operation: Value) {
        let body = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
            "Operations": [operation],
        });
        let response = self.request(Method::PATCH, &format!("{endpoint}/{id}"), Some(&body)).await;
        assert!(response.status < 300, "{:?}", response.body);
    }

    pub(crate) async fn delete(&self, endpoint: &str, id: &str) {
        let response = self.request(Method::DELETE, &format!("{endpoint}/{id}"), None).await;
        assert_eq!(response.status, 204, "{:?}", response.body);
    }

    /// Everything at an endpoint.
    pub(crate) async fn all(&self, endpoint: &str) -> Vec<Value> {
        let mut everything = Vec::new();
        loop {
            let body = self.page(endpoint, everything.len() + 1).await;
            let page = body["Resources"].as_array().cloned().unwrap_or_default();
            everything.extend(page.iter().cloned());
            if page.is_empty() || body["totalResults"].as_u64() == u64::try_from(everything.len()).ok() {
                return everything;
            }
        }
    }

    async fn page(&self, endpoint: &str, start: usize) -> Value {
        const COUNT: usize = 500;
        match self.kind {
            ServerKind::Scim2Server | ServerKind::Scimple | ServerKind::DjangoScim2 => {
                let path = format!("{endpoint}?startIndex={start}&count={COUNT}");
                self.request(Method::GET, &path, None).await.body
            }
            // Only here it heeds what it is asked for.
            ServerKind::Scimmy => {
                let search = json!({
                    "schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],
                    "startIndex": start,
                    "count": COUNT,
                });
                self.request(Method::POST, &format!("{endpoint}/.search"), Some(&search)).await.body
            }
        }
    }

    /// The users of this name: one, unless something went wrong.
    pub(crate) async fn users_named(&self, user_name: &str) -> Vec<Value> {
        self.all("/Users").await.into_iter().filter(|user| user["userName"] == user_name).collect()
    }

    /// The ids of a group's members, sorted.
    pub(crate) async fn members(&self, id: &str) -> Vec<String> {
        let group = self.get("/Groups", id).await.expect("the group is there");
        let members = group["members"].as_array().cloned().unwrap_or_default();
        let mut ids: Vec<_> =
            members.iter().map(|member| member["value"].as_str().unwrap().to_owned()).collect();
        ids.sort();
        ids
    }
}
