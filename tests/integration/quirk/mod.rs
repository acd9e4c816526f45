//! Does the server of habits do what its habits say? Each test names one habit
//! and looks at it by plain HTTP.

mod lifecycle;
mod lists;
mod members;
mod servers;
mod shapes;
mod wire;
mod writes;

use http::{HeaderMap, Method};
use serde_json::{Value, json};

use crate::support::quirk::{Habits, QuirkServer};

const TOKEN: &str = "a-token";
const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const PATCH: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

/// A server, and a client without opinions.
struct Desk {
    server: QuirkServer,
    client: reqwest::Client,
}

struct Answer {
    status: u16,
    headers: HeaderMap,
    text: String,
    /// `Null` where the text is no JSON.
    body: Value,
}

impl Answer {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }

    fn id(&self) -> String {
        self.body["id"].as_str().unwrap().to_owned()
    }

    /// The user names, or else the ids, on this page.
    fn names(&self) -> Vec<String> {
        let resources = self.body.as_array().or(self.body["Resources"].as_array());
        let name = |resource: &Value| {
            resource["userName"].as_str().or(resource["displayName"].as_str()).unwrap().to_owned()
        };
        resources.unwrap_or_else(|| panic!("{}", self.text)).iter().map(name).collect()
    }
}

impl Desk {
    #[expect(clippy::disallowed_methods, reason = "the tests look at servers with a client of their own")]
    async fn as_if(habits: Habits) -> Self {
        let server = QuirkServer::start(TOKEN, habits).await;
        Self { server, client: reqwest::Client::builder().no_proxy().build().unwrap() }
    }

    async fn with(habits: &str) -> Self {
        Self::as_if(Habits::read(habits)).await
    }

    fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{}{path}", self.server.port(), self.server.base())
    }

    #[expect(clippy::disallowed_methods, reason = "the tests look at servers with a client of their own")]
    async fn send(&self, request: reqwest::RequestBuilder) -> Answer {
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = response.text().await.unwrap();
        let body = serde_json::from_str(&text).unwrap_or_default();
        Answer { status, headers, text, body }
    }

    fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.client.request(method, self.url(path)).bearer_auth(TOKEN).header("user-agent", "a test")
    }

    async fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path)).await
    }

    async fn delete(&self, path: &str) -> Answer {
        self.send(self.request(Method::DELETE, path)).await
    }

    async fn write(&self, method: Method, path: &str, body: &Value) -> Answer {
        let request = self.request(method, path).header("content-type", "application/scim+json");
        self.send(request.body(body.to_string())).await
    }

    async fn post(&self, path: &str, body: Value) -> Answer {
        self.write(Method::POST, path, &body).await
    }

    async fn put(&self, path: &str, body: Value) -> Answer {
        self.write(Method::PUT, path, &body).await
    }

    async fn patch(&self, path: &str, operations: Value) -> Answer {
        self.write(Method::PATCH, path, &json!({"schemas": [PATCH], "Operations": operations})).await
    }

    /// Creates a user, who must be accepted.
    async fn user(&self, name: &str) -> String {
        let answer = self.post("/Users", user(name)).await;
        assert!(answer.status < 300, "{}", answer.text);
        answer.id()
    }

    /// Creates a group of these members, which must be accepted.
    async fn group(&self, name: &str, members: &[&str]) -> String {
        let members: Vec<Value> = members.iter().map(|id| json!({"value": id})).collect();
        let group = json!({"schemas": [GROUP], "displayName": name, "members": members});
        let answer = self.post("/Groups", group).await;
        assert_eq!(answer.status, 201, "{}", answer.text);
        answer.id()
    }

    /// The ids of a group's members, as they are stored.
    fn members(&self, group: &str) -> Vec<String> {
        let stored = self.server.get("/Groups", group).unwrap();
        let members = stored["members"].as_array().cloned().unwrap_or_default();
        members.iter().map(|member| member["value"].as_str().unwrap().to_owned()).collect()
    }
}

fn user(name: &str) -> Value {
    json!({"schemas": [USER], "userName": name})
}

/// A user with these attributes too.
fn user_with(name: &str, more: Value) -> Value {
    let mut user = user(name);
    let Value::Object(more) = more else { panic!("{more} has no attributes") };
    user.as_object_mut().unwrap().extend(more);
    user
}
