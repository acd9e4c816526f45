//! Tokens of an OAuth 2 token endpoint: how they are asked for, and how often.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use base64::{Engine, prelude::BASE64_STANDARD};
use futures::future::join_all;
use scim_operator::scim::{
    address::AddressPolicy,
    credentials::{
        Credentials, CredentialsError,
        oauth2::{ClientSecret, OAuth2, Style, TokenRequest},
    },
    endpoint::TokenUrl,
    error::ErrorKind,
    http::{Limits, Tls},
    port::{PageRequest, Port, ResourceType::User},
};

use crate::raw::{HTML, Reply, SCIM, Server, answer, client};

mod refusals;

const JSON: &str = "Content-Type: application/json";
const FIRST: PageRequest = PageRequest { start_index: 1, count: 1, by_search: false };

fn secret(secret: &str) -> ClientSecret {
    ClientSecret { id: "operator".into(), secret: secret.into() }
}

fn request(url: &str) -> TokenRequest {
    TokenRequest {
        token_url: TokenUrl::parse(url, true).unwrap(),
        scopes: Vec::new(),
        audience: None,
        style: Style::Header,
        parameters: BTreeMap::new(),
    }
}

fn oauth2_of(request: TokenRequest) -> Arc<OAuth2> {
    let addresses = AddressPolicy::new(["127.0.0.1"], []);
    Arc::new(OAuth2::new(request, secret("opensesame"), addresses, &Tls::default()).unwrap())
}

fn oauth2(server: &Server) -> Arc<OAuth2> {
    oauth2_of(request(&format!("http://{}/token", server.address)))
}

fn given(number: usize, life: &str) -> Reply {
    let body = format!(r#"{{"access_token": "token-{number}", "token_type": "bearer"{life}}}"#);
    Reply::Bytes(answer("200 OK", &[JSON], &body))
}

/// Gives `token-0`, `token-1` and so on, each for an hour.
async fn generous() -> Server {
    Server::deciding(|number, _| given(number, r#", "expires_in": 3600"#)).await
}

/// Gives one token of this life, and then none.
async fn failing_later(life: &'static str) -> Server {
    let none = || Reply::Bytes(answer("500 Internal Server Error", &[HTML], "<html>"));
    Server::deciding(move |number, _| if number == 0 { given(0, life) } else { none() }).await
}

async fn token(credentials: &OAuth2) -> Result<String, CredentialsError> {
    let (name, value) = credentials.header().await?.unwrap();
    assert!(name == "authorization" && value.is_sensitive());
    Ok(value.to_str().unwrap().to_owned())
}

/// Moves the clock while nothing is under way, so that no time limit of a
/// request runs out by it.
async fn later(by: Duration) {
    tokio::time::pause();
    tokio::time::advance(by).await;
    tokio::time::resume();
}

async fn asked(server: &Server, times: usize) {
    let asked = async {
        while server.requests().len() < times {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), asked).await.unwrap();
}

fn form_of(request: &str) -> BTreeMap<String, String> {
    let body = request.split_once("\r\n\r\n").unwrap().1;
    url::form_urlencoded::parse(body.as_bytes()).into_owned().collect()
}

fn pairs(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

#[tokio::test]
async fn a_token_is_asked_for_with_the_secret_in_the_header_or_in_the_body() {
    for style in [Style::Header, Style::Body] {
        let server = generous().await;
        let request = TokenRequest {
            scopes: vec!["scim.read".to_owned(), "scim.write".to_owned()],
            audience: Some("https://idp.example.com/".to_owned()),
            style,
            parameters: pairs(&[("resource", "urn:a&b")]),
            ..request(&format!("http://{}/oauth2/token?tenant=7", server.address))
        };
        let client = ClientSecret { id: "operator:1".into(), secret: "open sesame&+ö".into() };
        let addresses = AddressPolicy::new(["127.0.0.1"], []);
        let credentials = OAuth2::new(request, client, addresses, &Tls::default()).unwrap();
        assert_eq!(token(&credentials).await.unwrap(), "Bearer token-0");
        let request = server.requests().remove(0);
        let head = request.split_once("\r\n\r\n").unwrap().0.to_ascii_lowercase();
        assert!(head.starts_with("post /oauth2/token?tenant=7 http/1.1\r\n"), "{head}");
        for line in ["accept: application/json", "content-type: application/x-www-form-urlencoded"] {
            assert!(head.contains(&format!("\r\n{line}\r\n")), "{line} is missing in {head}");
        }
        let form = form_of(&request);
        let mut expected = pairs(&[
            ("grant_type", "client_credentials"),
            ("scope", "scim.read scim.write"),
            ("audience", "https://idp.example.com/"),
            ("resource", "urn:a&b"),
        ]);
        if style == Style::Body {
            assert!(!head.contains("authorization"));
            expected.extend(pairs(&[("client_id", "operator:1"), ("client_secret", "open sesame&+ö")]));
        } else {
            let pair = BASE64_STANDARD.encode("operator%3A1:open+sesame%26%2B%C3%B6");
            assert!(request.contains(&format!("Basic {pair}\r\n")), "{request}");
        }
        assert_eq!(form, expected);
    }
}

#[tokio::test]
async fn what_is_not_asked_for_is_not_sent() {
    let server = generous().await;
    token(&oauth2(&server)).await.unwrap();
    assert_eq!(form_of(&server.requests()[0]), pairs(&[("grant_type", "client_credentials")]));
}

#[tokio::test]
async fn a_hundred_requests_at_once_ask_for_one_token() {
    let tokens = generous().await;
    let server = Server::answering(answer("200 OK", &[SCIM], r#"{"totalResults": 0}"#)).await;
    let credentials = oauth2(&tokens);
    let client = client(&server.url(), &["127.0.0.1"], credentials, Limits::default());
    let pages = join_all((0..100).map(|_| client.list(User, FIRST))).await;
    assert!(pages.iter().all(Result::is_ok));
    assert_eq!((tokens.requests().len(), server.requests().len()), (1, 100));
    assert!(server.requests().iter().all(|request| request.contains("Bearer token-0")));
}

#[tokio::test]
async fn requests_that_wait_share_a_failure_and_soon_it_is_asked_again() {
    let server =
        Server::start(vec![Reply::Bytes(answer("503 Service Unavailable", &[], "")), given(1, "")]).await;
    let credentials = oauth2(&server);
    let failures = join_all((0..100).map(|_| token(&credentials))).await;
    assert!(failures.iter().all(|failure| failure.as_ref().unwrap_err().kind == ErrorKind::TokenRefused));
    assert_eq!(server.requests().len(), 1);
    later(Duration::from_millis(1100)).await;
    assert_eq!(token(&credentials).await.unwrap(), "Bearer token-1");
    assert_eq!(server.requests().len(), 2);
}

#[tokio::test]
async fn a_token_endpoint_that_names_a_wait_is_given_it() {
    let busy = answer("429 Too Many Requests", &["Retry-After: 20"], "");
    let server = Server::start(vec![Reply::Bytes(busy), given(1, "")]).await;
    let credentials = oauth2(&server);
    assert!(token(&credentials).await.unwrap_err().detail.contains("too many requests"));
    later(Duration::from_secs(15)).await;
    token(&credentials).await.unwrap_err();
    assert_eq!(server.requests().len(), 1);
    later(Duration::from_secs(6)).await;
    assert_eq!(token(&credentials).await.unwrap(), "Bearer token-1");
}

#[tokio::test]
async fn a_refused_token_is_fetched_anew_once_for_all_requests_that_failed_with_it() {
    let tokens = generous().await;
    let server = Server::deciding(|_, request| {
        let accepted = request.contains("Bearer token-1");
        let status = if accepted { "200 OK" } else { "401 Unauthorized" };
        Reply::Bytes(answer(status, &[SCIM], r#"{"totalResults": 0}"#))
    });
    let server = server.await;
    let client = client(&server.url(), &["127.0.0.1"], oauth2(&tokens), Limits::default());
    let pages = join_all((0..20).map(|_| client.list(User, FIRST))).await;
    assert!(pages.iter().all(Result::is_ok));
    assert_eq!((tokens.requests().len(), server.requests().len()), (2, 40));
}

#[tokio::test]
async fn a_server_that_refuses_every_token_does_not_cost_one_for_each_request() {
    let tokens = generous().await;
    let server = Server::answering(answer("401 Unauthorized", &[], "")).await;
    let client = client(&server.url(), &["127.0.0.1"], oauth2(&tokens), Limits::default());
    for _ in 0..10 {
        assert_eq!(client.list(User, FIRST).await.unwrap_err().kind, ErrorKind::Unauthorized);
    }
    assert_eq!((tokens.requests().len(), server.requests().len()), (2, 11));
    later(Duration::from_secs(11)).await;
    client.list(User, FIRST).await.unwrap_err();
    assert_eq!(tokens.requests().len(), 3);
}

#[tokio::test]
async fn a_token_is_fetched_anew_before_its_end() {
    let server = generous().await;
    let credentials = oauth2(&server);
    assert_eq!(token(&credentials).await.unwrap(), "Bearer token-0");
    later(Duration::from_secs(2870)).await;
    assert_eq!(token(&credentials).await.unwrap(), "Bearer token-0");
    assert_eq!(server.requests().len(), 1);
    later(Duration::from_secs(11)).await;
    assert_eq!(token(&credentials).await.unwrap(), "Bearer token-1");
    assert_eq!(server.requests().len(), 2);
}

#[tokio::test]
async fn while_an_early_fetch_fails_the_token_that_holds_is_used() {
    let server = failing_later(r#", "expires_in": "3600""#).await;
    let credentials = oauth2(&server);
    token(&credentials).await.unwrap();
    later(Duration::from_secs(2900)).await;
    for _ in 0..100 {
        assert_eq!(token(&credentials).await.unwrap(), "Bearer token-0");
    }
    assert_eq!(server.requests().len(), 2, "a failure holds for a pause");
    later(Duration::from_secs(690)).await;
    assert_eq!(token(&credentials).await.unwrap(), "Bearer token-0");
    assert_eq!(server.requests().len(), 3);
    later(Duration::from_secs(30)).await;
    assert_eq!(token(&credentials).await.unwrap_err().kind, ErrorKind::TokenRefused);
}

#[tokio::test]
async fn only_one_request_waits_for_an_early_fetch() {
    let server = Server::start(vec![given(0, r#", "expires_in": 100"#), Reply::Hang(Vec::new())]).await;
    let credentials = oauth2(&server);
    token(&credentials).await.unwrap();
    later(Duration::from_mins(1)).await;
    let fetching = tokio::spawn({
        let credentials = Arc::clone(&credentials);
        async move { token(&credentials).await }
    });
    asked(&server, 2).await;
    assert_eq!(token(&credentials).await.unwrap(), "Bearer token-0");
    later(Duration::from_secs(10)).await;
    assert_eq!(fetching.await.unwrap().unwrap(), "Bearer token-0");
    assert_eq!(server.requests().len(), 2);
}

#[tokio::test]
async fn a_token_whose_end_is_not_told_holds_until_it_is_refused() {
    let server = failing_later("").await;
    let credentials = oauth2(&server);
    token(&credentials).await.unwrap();
    later(Duration::from_secs(230)).await;
    token(&credentials).await.unwrap();
    assert_eq!(server.requests().len(), 1);
    later(Duration::from_hours(24)).await;
    assert_eq!(token(&credentials).await.unwrap(), "Bearer token-0");
    assert_eq!(server.requests().len(), 2);
    later(Duration::from_mins(1)).await;
    assert!(!credentials.renew().await);
    assert_eq!(token(&credentials).await.unwrap_err().kind, ErrorKind::TokenRefused);
    assert_eq!(server.requests().len(), 3);
}

#[tokio::test]
async fn odd_lives_of_tokens_are_bounded() {
    for life in ["0", "-1", "1e300", "18446744073709551615", "\"soon\"", "null", "{}", "\"NaN\"", "0.5"] {
        let body = format!(r#"{{"access_token": "token", "expires_in": {life}}}"#);
        let server = Server::answering(answer("200 OK", &[JSON], &body)).await;
        let credentials = oauth2(&server);
        for _ in 0..10 {
            assert_eq!(token(&credentials).await.unwrap(), "Bearer token");
        }
        assert_eq!(server.requests().len(), 1, "{life}");
        later(Duration::from_hours(25)).await;
        assert_eq!(token(&credentials).await.unwrap(), "Bearer token");
        assert_eq!(server.requests().len(), 2, "{life}");
    }
}

#[tokio::test]
async fn another_secret_is_used_at_once_and_the_same_one_costs_nothing() {
    let server = Server::deciding(|number, request| {
        let known = request.contains(&BASE64_STANDARD.encode("operator:fresh"));
        let refused = answer("401 Unauthorized", &[JSON], r#"{"error": "invalid_client"}"#);
        if known { given(number, "") } else { Reply::Bytes(refused) }
    });
    let server = server.await;
    let credentials = oauth2(&server);
    token(&credentials).await.unwrap_err();
    assert!(!credentials.rotate(secret("opensesame")).await);
    token(&credentials).await.unwrap_err();
    assert_eq!(server.requests().len(), 1);
    assert!(credentials.rotate(secret("fresh")).await);
    assert_eq!(token(&credentials).await.unwrap(), "Bearer token-1");
    assert!(!credentials.rotate(secret("fresh")).await);
    assert_eq!(token(&credentials).await.unwrap(), "Bearer token-1");
    assert_eq!(server.requests().len(), 2);
}

#[tokio::test]
async fn a_request_that_gives_up_leaves_the_turn_to_the_next() {
    let server = Server::start(vec![Reply::Hang(Vec::new()), given(1, "")]).await;
    let credentials = oauth2(&server);
    let impatient = tokio::time::timeout(Duration::from_millis(200), token(&credentials)).await;
    assert!(impatient.is_err());
    assert_eq!(token(&credentials).await.unwrap(), "Bearer token-1");
}
