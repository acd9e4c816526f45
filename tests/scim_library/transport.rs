//! What reaches the network, what never does, and how a missing answer is
//! told.

use std::{process::Command, time::Duration};

use scim_operator::scim::{
    error::{Error, ErrorKind},
    http::Limits,
    path::USER_SCHEMA,
    port::{PageRequest, Port, ResourceType::User},
    resource::Resource,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    time::Instant,
};

use crate::raw::{Reply, SCIM, Server, answer, client, soon, token};

const EMPTY_LIST: &str = r#"{"totalResults": 0}"#;

async fn list_error(client: &dyn Port) -> Error {
    client.list(User, PageRequest { start_index: 1, count: 10, by_search: false }).await.unwrap_err()
}

#[tokio::test]
async fn a_redirect_is_told_and_not_followed() {
    let elsewhere = Server::answering(answer("200 OK", &[SCIM], EMPTY_LIST)).await;
    for status in ["301 Moved Permanently", "302 Found", "307 Temporary Redirect", "308 Permanent Redirect"] {
        let location = format!("Location: {}/Users", elsewhere.url());
        let server = Server::answering(answer(status, &[&location], "")).await;
        let error = list_error(&server.client()).await;
        assert_eq!(error.kind, ErrorKind::Redirected, "{status}");
    }
    assert!(elsewhere.requests().is_empty());
}

#[tokio::test]
async fn a_server_that_never_answers_times_out() {
    let server = Server::start(vec![Reply::Hang(Vec::new())]).await;
    let begin = Instant::now();
    let error = list_error(&server.client_with(soon())).await;
    assert_eq!(error.kind, ErrorKind::Timeout);
    assert!(error.may_have_taken_effect());
    assert!(begin.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn an_answer_that_never_ends_times_out() {
    let head = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"totalResults\"".to_vec();
    let server = Server::start(vec![Reply::Hang(head)]).await;
    let begin = Instant::now();
    let error = list_error(&server.client_with(soon())).await;
    assert_eq!((error.kind, error.status), (ErrorKind::Timeout, Some(200)));
    assert!(begin.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn half_a_body_is_no_scim() {
    let server =
        Server::answering("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"totalResults\": 0}").await;
    let error = list_error(&server.client()).await;
    assert_eq!((error.kind, error.status), (ErrorKind::NotScim, Some(200)));
}

#[tokio::test]
async fn a_connection_that_breaks_before_the_answer_is_unreachable_and_may_have_taken_effect() {
    let server = Server::answering("").await;
    let error = server.client().create(User, &Resource::new([USER_SCHEMA])).await.unwrap_err();
    assert_eq!((error.kind, error.may_have_taken_effect()), (ErrorKind::Unreachable, true));
    assert_eq!(server.requests().len(), 1, "nothing is sent twice");
}

#[tokio::test]
async fn a_refused_connection_is_unreachable_and_took_no_effect() {
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let client = client(&format!("http://{closed}"), &["127.0.0.1"], token(), Limits::default());
    let error = client.create(User, &Resource::new([USER_SCHEMA])).await.unwrap_err();
    assert_eq!((error.kind, error.may_have_taken_effect()), (ErrorKind::Unreachable, false));
    assert!(error.detail.unwrap().contains("refused"));
}

#[tokio::test]
async fn an_unknown_name_is_unreachable() {
    let client = client("https://scim.invalid/v2", &[], token(), Limits::default());
    let error = list_error(&client).await;
    assert_eq!((error.kind, error.sent), (ErrorKind::Unreachable, false));
}

#[tokio::test]
async fn an_answer_larger_than_the_cap_is_not_read() {
    let limits = Limits { body: 1000, ..Limits::default() };
    let big = "x".repeat(1001);
    let told = answer("200 OK", &[SCIM], &big);
    let untold = format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n{big}\r\n0\r\n\r\n");
    for bytes in [told, untold.into_bytes()] {
        let error = list_error(&Server::answering(bytes).await.client_with(limits)).await;
        assert_eq!((error.kind, error.status), (ErrorKind::TooLarge, Some(200)));
    }
}

#[tokio::test]
async fn an_endless_error_page_keeps_its_status() {
    let endless =
        format!("HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/html\r\n\r\n{}", "x".repeat(100_000));
    let server = Server::start(vec![Reply::Hang(endless.into_bytes())]).await;
    let error = list_error(&server.client()).await;
    assert_eq!((error.kind, error.status), (ErrorKind::ServerFault, Some(502)));
}

#[tokio::test]
async fn a_server_without_tls_behind_https_is_a_tls_failure() {
    for greeting in [&b"HTTP/1.1 400 Bad Request\r\n\r\n"[..], &[0x15, 3, 3, 0, 2, 2, 40]] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let greeting = greeting.to_vec();
        tokio::spawn(async move {
            let (mut connection, _) = listener.accept().await.unwrap();
            let mut hello = [0; 64];
            let _ = connection.read(&mut hello).await;
            let _ = connection.write_all(&greeting).await;
            let _ = connection.read(&mut [0; 4096]).await;
        });
        let client = client(&format!("https://{address}"), &["127.0.0.1"], token(), Limits::default());
        let error = list_error(&client).await;
        assert_eq!((error.kind, error.may_have_taken_effect()), (ErrorKind::Tls, false), "{error:?}");
    }
}

#[tokio::test]
async fn loopback_is_refused_unless_its_host_is_allowed() {
    let server = Server::answering(answer("200 OK", &[SCIM], EMPTY_LIST)).await;
    let port = server.address.port();
    for host in ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "2130706433", "0x7f.1", "LOCALHOST"] {
        let url = format!("http://{host}:{port}");
        for allowed in [&[][..], &["idp.example.com"]] {
            let error = list_error(&client(&url, allowed, token(), Limits::default())).await;
            assert_eq!((error.kind, error.sent), (ErrorKind::AddressRefused, false), "{host}: {error:?}");
            assert!(error.detail.as_deref().unwrap().contains("loopback"), "{error:?}");
        }
    }
    assert!(server.requests().is_empty());
    for host in ["127.0.0.1", "localhost", "0x7f.1"] {
        let allowed =
            client(&format!("http://{host}:{port}"), &["127.0.0.1", "localhost"], token(), Limits::default());
        let page = PageRequest { start_index: 1, count: 10, by_search: false };
        assert!(allowed.list(User, page).await.is_ok(), "{host}");
    }
}

#[tokio::test]
async fn a_metadata_service_is_refused_even_when_allowed() {
    for host in ["169.254.169.254", "[fd00:ec2::254]", "[::ffff:169.254.169.254]", "0.0.0.0", "[::]"] {
        let url = format!("http://{host}/latest");
        let error = list_error(&client(&url, &[host], token(), Limits::default())).await;
        assert_eq!(error.kind, ErrorKind::AddressRefused, "{host}");
    }
}

#[tokio::test]
async fn every_request_says_who_sends_it_and_what_it_understands() {
    let created = answer("201 Created", &[SCIM], r#"{"id": "1"}"#);
    let server = Server::answering(created).await;
    server.client().create(User, &Resource::new([USER_SCHEMA])).await.unwrap();
    let request = server.requests().remove(0).to_ascii_lowercase();
    let agent = format!("user-agent: scim-operator/{}\r\n", env!("CARGO_PKG_VERSION"));
    for line in [
        "post /scim/v2/users http/1.1\r\n",
        &agent,
        "accept: application/scim+json, application/json\r\n",
        "content-type: application/scim+json\r\n",
        "authorization: bearer opensesame\r\n",
    ] {
        assert!(request.contains(line), "{line} is missing in {request}");
    }
}

#[tokio::test]
async fn nothing_that_is_shown_of_a_client_or_an_error_holds_the_token() {
    let server = Server::answering(answer("401 Unauthorized", &[], "")).await;
    let client = server.client();
    let error = list_error(&client).await;
    let shown = format!("{client:?} {error:?} {error}");
    assert!(!shown.contains("opensesame"), "{shown}");
}

#[tokio::test]
async fn the_servers_clock_is_the_last_date_it_told() {
    let date = "Date: Sun, 06 Nov 1994 08:49:37 GMT";
    let server = Server::answering(answer("500 Internal Server Error", &[date], "")).await;
    let client = server.client();
    assert_eq!(client.server_date(), None);
    list_error(&client).await;
    assert_eq!(client.server_date(), Some("1994-11-06T08:49:37Z".parse().unwrap()));
}

/// Environment variables cannot be set within a test, so this one runs
/// [`a_request_under_proxy_variables`] in a process of its own.
#[tokio::test]
async fn proxy_variables_are_not_obeyed() {
    let server = Server::answering(answer("200 OK", &[SCIM], EMPTY_LIST)).await;
    let proxy = Server::answering(answer("200 OK", &[SCIM], EMPTY_LIST)).await;
    let proxy_url = format!("http://{}", proxy.address);
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "transport::a_request_under_proxy_variables", "--ignored"]);
    command.env("SCIM_TEST_SERVER", server.address.to_string()).env_remove("NO_PROXY").env_remove("no_proxy");
    for name in ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"] {
        command.env(name, &proxy_url);
    }
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    assert_eq!((server.requests().len(), proxy.requests().len()), (1, 0));
}

#[tokio::test]
#[ignore = "run by proxy_variables_are_not_obeyed"]
async fn a_request_under_proxy_variables() {
    let (_, address) = std::env::vars().find(|(name, _)| name == "SCIM_TEST_SERVER").unwrap();
    let client = client(&format!("http://{address}"), &["127.0.0.1"], token(), Limits::default());
    client.list(User, PageRequest { start_index: 1, count: 10, by_search: false }).await.unwrap();
}
