//! Changes that are kept back.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use scim_operator::scim::{
    address::AddressPolicy,
    client::Client,
    credentials::{Credentials, CredentialsError, Header, bearer},
    endpoint::Endpoint,
    error::{Action, Error, ErrorKind, Scope},
    fence::Fence,
    http::{Http, Limits, Tls},
    patch::{Operation, PatchRequest},
    path::{AttributePath, USER_SCHEMA},
    port::{PageRequest, Port, ResourceType::User},
    profile::Dialect,
    resource::Resource,
};
use serde_json::{Map, json};
use tokio::time::Instant;

use crate::raw::{Reply, SCIM, Server, answer};

/// Lets so many changes out, and notes until when each might be under way.
#[derive(Debug)]
struct Shutting {
    after: usize,
    asked: Mutex<Vec<Instant>>,
}

impl Fence for Shutting {
    fn allows(&self, until: Instant) -> bool {
        let mut asked = self.asked.lock().unwrap();
        asked.push(until);
        asked.len() <= self.after
    }
}

/// Another token each time.
#[derive(Debug, Default)]
struct Renewing(AtomicUsize);

#[async_trait]
impl Credentials for Renewing {
    async fn header(&self) -> Result<Option<Header>, CredentialsError> {
        Ok(Some(bearer(&self.0.load(Ordering::SeqCst).to_string().into())?))
    }

    async fn renew(&self) -> bool {
        self.0.fetch_add(1, Ordering::SeqCst);
        true
    }
}

fn client(server: &Server, fence: &Arc<Shutting>) -> Client {
    let policy = AddressPolicy::new(["127.0.0.1"], []);
    let http = Http::new(Arc::new(Renewing::default()), policy, Limits::default(), &Tls::default()).unwrap();
    let dialect = Dialect::standard(&Map::new()).unwrap();
    let endpoint = Endpoint::parse(&server.url(), true).unwrap();
    Client::new(endpoint, Arc::new(dialect), http.fenced(Arc::clone(fence) as Arc<dyn Fence>))
}

fn shutting(after: usize) -> Arc<Shutting> {
    Arc::new(Shutting { after, asked: Mutex::default() })
}

fn is_kept_back(error: &Error) {
    assert_eq!((error.kind, error.sent), (ErrorKind::Withheld, false), "{error}");
    assert!(!error.may_have_taken_effect());
    assert_eq!((error.action(), error.scope()), (Action::Retry, Scope::Identity));
}

#[tokio::test]
async fn reads_go_out_and_changes_do_not() {
    let list = r#"{"totalResults": 0, "Resources": []}"#;
    let server = Server::answering(answer("200 OK", &[SCIM], list)).await;
    let client = client(&server, &shutting(0));
    for by_search in [false, true] {
        client.list(User, PageRequest { start_index: 1, count: 1, by_search }).await.unwrap();
    }
    let person = Resource::new([USER_SCHEMA]);
    let title = Operation::Replace { path: AttributePath::core("title"), value: json!("Analyst") };
    let patch = PatchRequest { operations: vec![title] };
    is_kept_back(&client.create(User, &person).await.unwrap_err());
    is_kept_back(&client.patch(User, "1", &patch).await.unwrap_err());
    is_kept_back(&client.replace(User, "1", &person, None).await.unwrap_err());
    is_kept_back(&client.delete(User, "1").await.unwrap_err());
    assert_eq!(server.requests().len(), 2, "the two reads");
}

#[tokio::test]
async fn the_repetition_after_a_401_is_asked_about_anew() {
    let server = Server::start(vec![Reply::Bytes(answer("401 Unauthorized", &[SCIM], ""))]).await;
    let fence = shutting(1);
    is_kept_back(&client(&server, &fence).delete(User, "1").await.unwrap_err());
    assert_eq!(server.requests().len(), 1);
    assert_eq!(fence.asked.lock().unwrap().len(), 2);
}

#[tokio::test]
async fn what_is_asked_about_is_the_whole_time_that_a_request_may_take() {
    let server = Server::answering(answer("204 No Content", &[SCIM], "")).await;
    let fence = shutting(1);
    let before = Instant::now();
    client(&server, &fence).delete(User, "1").await.unwrap();
    let until = fence.asked.lock().unwrap()[0];
    let deadline = Limits::default().deadline;
    assert!((before + deadline..=before + deadline + Duration::from_secs(5)).contains(&until));
}
