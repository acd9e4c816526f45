//! The tests' own HTTP client, for acting behind the operator's back.

use std::time::Duration;

use http::Method;
use serde_json::Value;

/// What a server answered; `body` is `Null` where it is no JSON.
#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) body: Value,
}

#[derive(Clone)]
pub(crate) struct Http {
    client: reqwest::Client,
    bearer: Option<String>,
}

impl Http {
    #[expect(clippy::disallowed_methods, reason = "the tests look at servers with a client of their own")]
    pub(crate) fn new(bearer: Option<&str>) -> Self {
        // A connection that is kept is one that the server may be closing.
        let builder = reqwest::Client::builder().no_proxy().pool_max_idle_per_host(0);
        let client = builder.timeout(Duration::from_secs(30)).build().unwrap();
        Self { client, bearer: bearer.map(str::to_owned) }
    }

    /// One request; an error is one of the connection.
    #[expect(clippy::disallowed_methods, reason = "the tests look at servers with a client of their own")]
    pub(crate) async fn try_request(
        &self,
        method: Method,
        url: &str,
        body: Option<&Value>,
    ) -> reqwest::Result<Response> {
        let mut request = self.client.request(method, url).header("user-agent", "somebody else");
        if let Some(token) = &self.bearer {
            request = request.bearer_auth(token);
        }
        if let Some(body) = body {
            request = request.header("content-type", "application/scim+json").body(body.to_string());
        }
        let response = request.send().await?;
        let status = response.status().as_u16();
        let body = serde_json::from_slice(&response.bytes().await?).unwrap_or(Value::Null);
        Ok(Response { status, body })
    }
}
