//! What an error answer means.

use std::time::Duration;

use scim_operator::scim::{
    error::{Error, ErrorKind, ScimType},
    path::USER_SCHEMA,
    port::{Port, ResourceType::User},
    resource::Resource,
};

use crate::raw::{HTML, SCIM, Server, answer};

async fn refusal(status: &str, headers: &[&str], body: &str) -> Error {
    let server = Server::answering(answer(status, headers, body)).await;
    server.client().create(User, &Resource::new([USER_SCHEMA])).await.unwrap_err()
}

#[tokio::test]
async fn every_status_has_its_kind_also_with_a_web_page() {
    for (status, kind) in [
        ("304 Not Modified", ErrorKind::Redirected),
        ("400 Bad Request", ErrorKind::Rejected),
        ("401 Unauthorized", ErrorKind::Unauthorized),
        ("403 Forbidden", ErrorKind::Forbidden),
        ("408 Request Timeout", ErrorKind::Timeout),
        ("405 Method Not Allowed", ErrorKind::Unsupported),
        ("409 Conflict", ErrorKind::Conflict),
        ("412 Precondition Failed", ErrorKind::PreconditionFailed),
        ("413 Content Too Large", ErrorKind::Rejected),
        ("429 Too Many Requests", ErrorKind::Throttled),
        ("500 Internal Server Error", ErrorKind::ServerFault),
        ("501 Not Implemented", ErrorKind::Unsupported),
        ("502 Bad Gateway", ErrorKind::ServerFault),
        ("503 Service Unavailable", ErrorKind::ServerFault),
    ] {
        for (header, body) in [(SCIM, "{}"), (HTML, "<html></html>"), (SCIM, ""), (SCIM, "<html></html>")] {
            let error = refusal(status, &[header], body).await;
            assert_eq!(error.kind, kind, "{status} {header} {body}");
            assert_eq!(error.status.unwrap().to_string(), status[..3]);
        }
    }
}

/// Only these two say that the request is to be made elsewhere as it is; the
/// others are also answers to what was done.
#[tokio::test]
async fn a_redirect_of_the_whole_request_has_done_nothing() {
    for (status, may_be_done) in [
        ("300 Multiple Choices", true),
        ("301 Moved Permanently", true),
        ("302 Found", true),
        ("303 See Other", true),
        ("307 Temporary Redirect", false),
        ("308 Permanent Redirect", false),
    ] {
        let error = refusal(status, &[HTML, "Location: https://idp.example.com/scim/v2/Users"], "").await;
        assert_eq!(
            (error.kind, error.may_have_taken_effect()),
            (ErrorKind::Redirected, may_be_done),
            "{status}"
        );
    }
}

#[tokio::test]
async fn nothing_is_missing_where_a_web_page_says_so() {
    for (header, body) in [
        (HTML, "<!DOCTYPE html>"),
        (HTML, ""),
        (SCIM, "\n  <html><body>Not here</body></html>"),
        ("Content-Type: text/plain", "404 page not found\n"),
    ] {
        let server = Server::answering(answer("404 Not Found", &[header], body)).await;
        let client = server.client();
        assert_eq!(client.get(User, "1").await.unwrap_err().kind, ErrorKind::NotScim, "{header} {body}");
        assert_eq!(client.delete(User, "1").await.unwrap_err().kind, ErrorKind::NotScim, "{header} {body}");
    }
    for (header, body) in [
        (SCIM, r#"{"schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"], "status": "404"}"#),
        (HTML, r#"{"detail": "JSON by the wrong name"}"#),
        ("Content-Type: text/plain", "no such user"),
        ("X-Empty: yes", ""),
    ] {
        for status in ["404 Not Found", "410 Gone"] {
            let server = Server::answering(answer(status, &[header], body)).await;
            assert_eq!(server.client().get(User, "1").await.unwrap(), None, "{header} {body}");
        }
    }
}

#[tokio::test]
async fn a_uniqueness_error_is_a_conflict_whatever_its_status() {
    let error = refusal("400 Bad Request", &[SCIM], r#"{"scimType": "Uniqueness"}"#).await;
    assert_eq!((error.kind, error.scim_type), (ErrorKind::Conflict, Some(ScimType::Uniqueness)));
}

#[tokio::test]
async fn error_messages_are_read_whatever_the_type_of_their_status() {
    for status in [r#""400""#, "400", "null"] {
        let body =
            format!(r#"{{"status": {status}, "Detail": "no such thing", "ScimType": "invalidValue"}}"#);
        let error = refusal("400 Bad Request", &["Content-Type: application/json"], &body).await;
        assert_eq!(error.detail.as_deref(), Some("no such thing"));
        assert_eq!(error.scim_type, Some(ScimType::InvalidValue));
        assert_eq!(error.media_type.as_deref(), Some("application/json"));
    }
}

#[tokio::test]
async fn details_are_short_and_without_control_characters() {
    let detail = format!("{}\\u001b[31m\\u0000\\n{}", "ä".repeat(10), "x".repeat(1000));
    let error = refusal("400 Bad Request", &[SCIM], &format!(r#"{{"detail": "{detail}"}}"#)).await;
    let shown = error.detail.unwrap();
    assert_eq!(shown.chars().count(), 501);
    assert!(shown.starts_with("ääää") && shown.ends_with("x…") && !shown.contains(char::is_control));
}

#[tokio::test]
async fn a_body_that_is_no_error_message_gives_no_detail() {
    for body in ["", "plain text", "<html>", "[1]", r#"{"detail": {"secret": 1}}"#, r#"{"detail": ""}"#] {
        let error = refusal("400 Bad Request", &["Content-Type: text/plain"], body).await;
        assert_eq!((error.kind, error.detail), (ErrorKind::Rejected, None), "{body}");
        assert_eq!(error.media_type.as_deref(), Some("text/plain"));
    }
}

#[tokio::test]
async fn retry_after_is_seconds_or_a_date_by_the_servers_own_clock() {
    let date = "Date: Sun, 06 Nov 1994 08:49:37 GMT";
    let wait =
        |header| async move { refusal("429 Too Many Requests", &[date, header], "").await.retry_after };
    assert_eq!(wait("Retry-After: 7").await, Some(Duration::from_secs(7)));
    assert_eq!(wait("Retry-After: Sun, 06 Nov 1994 08:50:37 GMT").await, Some(Duration::from_mins(1)));
    assert_eq!(wait("Retry-After: Sun, 06 Nov 1994 08:00:00 GMT").await, Some(Duration::ZERO));
    assert_eq!(wait("Retry-After: soon").await, None);
    assert_eq!(wait("Retry-After: -1").await, None);
    let undated = refusal("429 Too Many Requests", &["Retry-After: Sun, 06 Nov 1994 08:50:37 GMT"], "").await;
    assert_eq!(undated.retry_after, None);
}

#[tokio::test]
async fn a_503_that_names_a_wait_is_throttling() {
    let error = refusal("503 Service Unavailable", &["Retry-After: 7", HTML], "<html>").await;
    assert_eq!((error.kind, error.retry_after), (ErrorKind::Throttled, Some(Duration::from_secs(7))));
}

#[tokio::test]
async fn a_reset_of_the_rate_limit_is_a_wait_where_none_is_named() {
    let date = "Date: Sun, 06 Nov 1994 08:49:37 GMT";
    let dated = "Date: Sat, 01 Nov 2025 10:00:00 GMT";
    for (headers, wait) in [
        (&["RateLimit-Reset: 30"][..], Some(Duration::from_secs(30))),
        (&["X-RateLimit-Reset: 31", date], Some(Duration::from_secs(31))),
        (&["X-Rate-Limit-Reset: 32"], Some(Duration::from_secs(32))),
        (&["X-RateLimit-Reset: 1761991230", dated], Some(Duration::from_secs(30))),
        (&["X-RateLimit-Reset: 1761991100", dated], Some(Duration::ZERO)),
        (&["X-RateLimit-Reset: 1761991230"], None),
        (&["X-RateLimit-Reset: 9223372036854775807", dated], None),
        (&["X-RateLimit-Reset: 99999999999999999999", dated], None),
        (&["X-RateLimit-Reset: -5"], None),
        (&["X-RateLimit-Reset: soon"], None),
        (&["Retry-After: 7", "RateLimit-Reset: 30"], Some(Duration::from_secs(7))),
        (&["Retry-After: soon", "RateLimit-Reset: 30"], Some(Duration::from_secs(30))),
    ] {
        let error = refusal("429 Too Many Requests", headers, "").await;
        assert_eq!((error.kind, error.retry_after), (ErrorKind::Throttled, wait), "{headers:?}");
    }
}

#[tokio::test]
async fn an_outage_is_no_rate_limit_although_every_answer_tells_of_one() {
    let told = "X-RateLimit-Reset: 3600";
    for (status, left, kind) in [
        ("503 Service Unavailable", "X-RateLimit-Remaining: 100", ErrorKind::ServerFault),
        ("503 Service Unavailable", "X-RateLimit-Remaining: 0", ErrorKind::Throttled),
        ("500 Internal Server Error", "X-RateLimit-Remaining: 0", ErrorKind::ServerFault),
    ] {
        let error = refusal(status, &[told, left], "").await;
        let wait = (kind == ErrorKind::Throttled).then_some(Duration::from_hours(1));
        assert_eq!((error.kind, error.retry_after), (kind, wait), "{status} {left}");
    }
}
