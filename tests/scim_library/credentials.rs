//! What happens when the server does not accept the credentials.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use async_trait::async_trait;
use scim_operator::scim::{
    credentials::{Credentials, CredentialsError, Header, bearer},
    error::{Error, ErrorKind},
    http::Limits,
    path::USER_SCHEMA,
    port::{PageRequest, Port, ResourceType::User},
    resource::Resource,
    turns::{self, Turns},
};

use crate::raw::{Reply, SCIM, Server, answer, client, soon};

/// A Secret that changes once, when it is read again.
#[derive(Debug, Default)]
struct Rotating {
    changes: bool,
    claims_change: bool,
    renewals: AtomicUsize,
}

#[async_trait]
impl Credentials for Rotating {
    async fn header(&self) -> Result<Option<Header>, CredentialsError> {
        let fresh = self.changes && self.renewals.load(Ordering::SeqCst) > 0;
        Ok(Some(bearer(&(if fresh { "fresh" } else { "stale" }).into())?))
    }

    async fn renew(&self) -> bool {
        self.renewals.fetch_add(1, Ordering::SeqCst);
        self.changes || self.claims_change
    }
}

fn rotating(changes: bool, claims_change: bool) -> Arc<Rotating> {
    Arc::new(Rotating { changes, claims_change, renewals: AtomicUsize::new(0) })
}

async fn server(statuses: &[&str]) -> Server {
    let replies = statuses.iter().map(|status| {
        let body = if status.starts_with('2') { r#"{"id": "1"}"# } else { "" };
        Reply::Bytes(answer(status, &[SCIM], body))
    });
    Server::start(replies.collect()).await
}

/// Counts the turns that were asked for, and gives none if told so.
#[derive(Default)]
struct Counted {
    refuses: bool,
    asked: AtomicUsize,
}

#[async_trait]
impl Turns for Counted {
    async fn another(&self) -> Result<(), Error> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        if self.refuses { Err(Error::new(ErrorKind::Throttled, "GET /Users")) } else { Ok(()) }
    }
}

#[tokio::test]
async fn the_repeat_waits_for_a_turn_of_its_own() {
    for (refuses, sent) in [(false, 2), (true, 1)] {
        let server = server(&["401 Unauthorized", "201 Created"]).await;
        let client = client(&server.url(), &["127.0.0.1"], rotating(true, true), Limits::default());
        let turns = Arc::new(Counted { refuses, ..Counted::default() });
        let person = Resource::new([USER_SCHEMA]);
        let created = turns::within(turns.clone(), client.create(User, &person)).await;
        assert_eq!(turns.asked.load(Ordering::SeqCst), 1);
        assert_eq!(server.requests().len(), sent);
        assert_eq!(created.map_err(|error| error.kind).err(), refuses.then_some(ErrorKind::Unauthorized));
    }
}

#[tokio::test]
async fn a_request_is_repeated_once_with_renewed_credentials() {
    let server = server(&["401 Unauthorized", "201 Created"]).await;
    let credentials = rotating(true, true);
    let client = client(&server.url(), &["127.0.0.1"], credentials.clone(), Limits::default());
    client.create(User, &Resource::new([USER_SCHEMA])).await.unwrap();
    let requests = server.requests();
    assert_eq!(requests.len(), 2);
    assert!(requests[0].contains("Bearer stale") && requests[1].contains("Bearer fresh"));
}

#[tokio::test]
async fn a_second_refusal_is_final() {
    let server = server(&["401 Unauthorized"]).await;
    let credentials = rotating(true, true);
    let client = client(&server.url(), &["127.0.0.1"], credentials.clone(), Limits::default());
    let error = client.create(User, &Resource::new([USER_SCHEMA])).await.unwrap_err();
    assert_eq!((error.kind, server.requests().len()), (ErrorKind::Unauthorized, 2));
    assert_eq!(credentials.renewals.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn refused_credentials_are_not_sent_again_unchanged() {
    for claims_change in [false, true] {
        let server = server(&["401 Unauthorized"]).await;
        let credentials = rotating(false, claims_change);
        let client = client(&server.url(), &["127.0.0.1"], credentials, Limits::default());
        let error = client.create(User, &Resource::new([USER_SCHEMA])).await.unwrap_err();
        assert_eq!((error.kind, server.requests().len()), (ErrorKind::Unauthorized, 1));
    }
}

#[tokio::test]
async fn requests_that_fail_together_renew_once() {
    let server = Server::deciding(|_, request| {
        let accepted = request.contains("Bearer fresh");
        let (status, body) =
            if accepted { ("201 Created", r#"{"id": "1"}"#) } else { ("401 Unauthorized", "") };
        Reply::Bytes(answer(status, &[SCIM], body))
    });
    let server = server.await;
    let credentials = rotating(true, true);
    let client = client(&server.url(), &["127.0.0.1"], credentials.clone(), Limits::default());
    let user = Resource::new([USER_SCHEMA]);
    let (one, two) = tokio::join!(client.create(User, &user), client.create(User, &user));
    assert!(one.is_ok() && two.is_ok());
    assert_eq!(credentials.renewals.load(Ordering::SeqCst), 1);
}

/// A Secret store that does not answer, or has no such Secret.
#[derive(Debug)]
struct Missing {
    hangs: bool,
}

#[async_trait]
impl Credentials for Missing {
    async fn header(&self) -> Result<Option<Header>, CredentialsError> {
        if self.hangs {
            std::future::pending::<()>().await;
        }
        Err(CredentialsError { kind: ErrorKind::Unauthorized, detail: "there is no such Secret".to_owned() })
    }

    async fn renew(&self) -> bool {
        false
    }
}

#[tokio::test]
async fn without_credentials_nothing_is_sent() {
    let server = server(&["200 OK"]).await;
    for (hangs, kind) in [(false, ErrorKind::Unauthorized), (true, ErrorKind::Timeout)] {
        let client = client(&server.url(), &["127.0.0.1"], Arc::new(Missing { hangs }), soon());
        let page = PageRequest { start_index: 1, count: 10, by_search: false };
        let error = client.list(User, page).await.unwrap_err();
        assert_eq!((error.kind, error.sent, error.status), (kind, false, None));
    }
    assert!(server.requests().is_empty());
}

#[test]
fn a_token_that_would_break_the_header_is_refused_without_showing_it() {
    for token in ["", " \n", "two words", "line\nbreak", "tökèn"] {
        let error = bearer(&token.into()).unwrap_err();
        assert!(token.trim().is_empty() || !error.to_string().contains(token.trim()), "{error}");
    }
    let (_, padded) = bearer(&" opensesame\n".into()).unwrap();
    assert_eq!(padded.to_str().unwrap(), "Bearer opensesame");
    assert!(padded.is_sensitive());
}
