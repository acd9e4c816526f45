//! What is told where a token endpoint gives no token, and what is never sent
//! to one.

use std::time::Duration;

use scim_operator::scim::{
    address::AddressPolicy,
    credentials::{
        Credentials, CredentialsError,
        oauth2::{OAuth2, OAuth2Error, TokenRequest},
    },
    endpoint::{EndpointError, TokenUrl},
    error::{Action, ErrorKind, Scope},
    http::Tls,
    port::{Port, ResourceType::User},
};
use tokio::net::TcpListener;

use super::{FIRST, JSON, asked, generous, later, oauth2, oauth2_of, pairs, request, secret, token};
use crate::raw::{HTML, Reply, SCIM, Server, answer, client, soon};

async fn refusal(status: &str, headers: &[&str], body: &str) -> CredentialsError {
    let server = Server::answering(answer(status, headers, body)).await;
    let error = token(&oauth2(&server)).await.unwrap_err();
    assert_eq!(server.requests().len(), 1, "nothing is repeated");
    error
}

#[tokio::test]
async fn each_refusal_has_its_own_words_with_status_and_media_type() {
    let mut told = Vec::new();
    for (status, header, body, words) in [
        ("200 OK", HTML, "<html>Sign in</html>", "web page"),
        ("200 OK", JSON, "", "with nothing (HTTP 200, application/json)"),
        ("200 OK", JSON, "[1]", "not a JSON object"),
        ("200 OK", JSON, r#"{"access_token": ""}"#, "no access_token"),
        ("200 OK", JSON, r#"{"access_token": "t", "token_type": "mac"}"#, "type mac"),
        ("200 OK", JSON, r#"{"access_token": "t", "token_type": "<script>"}"#, "type unknown"),
        ("200 OK", JSON, r#"{"access_token": "two\nlines"}"#, "cannot be sent in a header"),
        ("200 OK", JSON, r#"{"error": "invalid_scope"}"#, "a scope is unknown"),
        ("400 Bad Request", JSON, r#"{"error": "invalid_request"}"#, "a parameter is missing"),
        ("401 Unauthorized", JSON, r#"{"error": "invalid_client"}"#, "the client secret is not accepted"),
        ("400 Bad Request", JSON, r#"{"error": "unauthorized_client"}"#, "may not use client credentials"),
        ("400 Bad Request", JSON, r#"{"error": "consent_required"}"#, "with consent_required (HTTP 400"),
        ("403 Forbidden", HTML, "<html>", "refuses without an OAuth 2 error code (HTTP 403, text/html"),
        ("404 Not Found", HTML, "<html>", "is not there"),
        ("429 Too Many Requests", JSON, "{}", "too many requests"),
        ("502 Bad Gateway", HTML, "<html>", "has a fault (HTTP 502, text/html"),
    ] {
        let error = refusal(status, &[header], body).await;
        assert_eq!(error.kind, ErrorKind::TokenRefused, "{status} {body}");
        assert!(error.detail.contains(words), "{words} is missing in {}", error.detail);
        assert!(error.detail.starts_with("the token endpoint at 127.0.0.1 "), "{}", error.detail);
        assert!(!error.detail.contains("Sign in") && !error.detail.contains("script"), "{}", error.detail);
        told.push(error.detail);
    }
    told.sort();
    told.dedup();
    assert_eq!(told.len(), 16);
}

#[tokio::test]
async fn what_the_token_endpoint_says_is_shortened_and_never_repeats_the_secret() {
    let said = |said: &str| format!(r#"{{"error": "invalid_client", "error_description": "{said}"}}"#);
    let unknown = refusal("400 Bad Request", &[JSON], &said("Unknown client.\\u001b[31m")).await;
    assert!(unknown.detail.contains("(it says: Unknown client.[31m)"), "{}", unknown.detail);
    let long = refusal("400 Bad Request", &[JSON], &said(&"x".repeat(5000))).await;
    assert!(long.detail.len() < 500);
    let repeated = refusal("400 Bad Request", &[JSON], &said("the secret opensesame is wrong")).await;
    assert!(!repeated.detail.contains("opensesame"), "{}", repeated.detail);
    let odd = format!(r#"{{"error": "{}"}}"#, "opensesame ".repeat(10));
    let odd = refusal("400 Bad Request", &[JSON], &odd).await;
    assert!(!odd.detail.contains("opensesame"), "{}", odd.detail);
}

#[tokio::test]
async fn a_redirect_is_not_followed_with_the_secret() {
    let elsewhere = generous().await;
    for status in ["302 Found", "307 Temporary Redirect", "308 Permanent Redirect"] {
        let location = format!("Location: http://{}/token", elsewhere.address);
        let error = refusal(status, &[&location], "").await;
        assert_eq!(error.kind, ErrorKind::Redirected);
        assert!(error.detail.contains("redirect"), "{}", error.detail);
    }
    assert!(elsewhere.requests().is_empty());
}

#[tokio::test]
async fn an_answer_larger_than_any_token_is_not_read() {
    let big = format!(r#"{{"access_token": "token", "more": "{}"}}"#, "x".repeat(70_000));
    assert!(refusal("200 OK", &[JSON], &big).await.detail.contains("more than any token is long"));
    let half = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"access_token\": \"token\"";
    let server = Server::answering(half).await;
    assert!(token(&oauth2(&server)).await.unwrap_err().detail.contains("broke its answer off"));
}

#[tokio::test]
async fn a_token_endpoint_that_never_answers_is_given_up() {
    let server = Server::start(vec![Reply::Hang(Vec::new())]).await;
    let credentials = oauth2(&server);
    let waiting = tokio::spawn(async move { token(&credentials).await });
    asked(&server, 1).await;
    later(Duration::from_secs(10)).await;
    let error = waiting.await.unwrap().unwrap_err();
    assert_eq!(error.kind, ErrorKind::Timeout);
    assert!(error.detail.starts_with("the token endpoint at 127.0.0.1: "), "{}", error.detail);
}

#[tokio::test]
async fn a_token_endpoint_that_is_not_reached_says_why() {
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    for (url, kind) in [
        (format!("http://{closed}/token"), ErrorKind::Unreachable),
        ("https://login.invalid/token".to_owned(), ErrorKind::Unreachable),
        ("http://localhost:1/token".to_owned(), ErrorKind::AddressRefused),
        ("http://169.254.169.254/token".to_owned(), ErrorKind::AddressRefused),
    ] {
        let error = token(&oauth2_of(request(&url))).await.unwrap_err();
        assert_eq!(error.kind, kind, "{url}: {error}");
    }
}

#[tokio::test]
async fn without_a_token_nothing_is_asked_of_the_server() {
    let tokens =
        Server::answering(answer("401 Unauthorized", &[JSON], r#"{"error": "invalid_client"}"#)).await;
    let hanging = Server::start(vec![Reply::Hang(Vec::new())]).await;
    let server = Server::answering(answer("200 OK", &[SCIM], r#"{"totalResults": 0}"#)).await;
    for (tokens, kind) in [(&tokens, ErrorKind::TokenRefused), (&hanging, ErrorKind::Timeout)] {
        let client = client(&server.url(), &["127.0.0.1"], oauth2(tokens), soon());
        let error = client.list(User, FIRST).await.unwrap_err();
        assert_eq!((error.kind, error.sent, error.status), (kind, false, None));
        assert_eq!((error.scope(), error.action()), (Scope::Server, Action::Retry));
        assert!(!error.may_have_taken_effect());
        assert!(!error.to_string().contains("invalid_client"), "the log says no more than the kind: {error}");
    }
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn parameters_cannot_change_what_the_grant_says() {
    let refused = |name: &str, audience: Option<&str>| {
        let request = TokenRequest {
            audience: audience.map(ToOwned::to_owned),
            parameters: pairs(&[(name, "x")]),
            ..request("https://login.example.com/token")
        };
        OAuth2::new(request, secret("opensesame"), AddressPolicy::default(), &Tls::default()).map(drop)
    };
    for name in ["grant_type", "client_id", "client_secret", "scope", "Scope", " scope"] {
        let error = refused(name, None).unwrap_err();
        assert!(matches!(&error, OAuth2Error::ReservedParameter(named) if named == name), "{error}");
        assert!(error.to_string().contains(name));
    }
    assert!(refused("audience", Some("https://idp.example.com")).is_err());
    assert!(refused("audience", None).is_ok());
    assert!(matches!(refused("", None), Err(OAuth2Error::NamelessParameter)));
}

#[tokio::test]
async fn secrets_go_to_a_token_endpoint_only_over_https() {
    for (url, error) in [
        ("http://login.example.com/token", EndpointError::InsecureHttp),
        ("ftp://login.example.com/token", EndpointError::Scheme),
        ("https://me:secret@login.example.com/token", EndpointError::UserInfo),
        ("https://login.example.com/token#top", EndpointError::Fragment),
        ("login.example.com/token", EndpointError::NotAUrl),
        ("https://login.example.com\\@evil.example/token", EndpointError::NotAUrl),
    ] {
        assert_eq!(TokenUrl::parse(url, false).unwrap_err(), error, "{url}");
    }
    let parsed = TokenUrl::parse("https://LOGIN.example.com.:8443/token?tenant=7", false).unwrap();
    assert_eq!(parsed.host(), "login.example.com");
    assert_eq!(parsed.as_url().query(), Some("tenant=7"));
}

#[tokio::test]
async fn nothing_that_is_shown_holds_the_secret_or_the_token() {
    let server = generous().await;
    let credentials = oauth2(&server);
    let header = credentials.header().await.unwrap();
    let shown = format!("{credentials:?} {header:?} {:?}", secret("opensesame"));
    assert!(!shown.contains("opensesame") && !shown.contains("token-0"), "{shown}");
}
