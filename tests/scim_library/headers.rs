//! Headers out of secrets.

use base64::{Engine, prelude::BASE64_STANDARD};
use proptest::prelude::*;
use scim_operator::scim::{
    credentials::{
        Anonymous, Credentials, CredentialsError, StaticHeader, UnusableHeader, basic, bearer, custom,
    },
    error::ErrorKind,
    http::Limits,
    port::{PageRequest, Port, ResourceType::User},
};
use std::sync::Arc;

use crate::raw::{SCIM, Server, answer, client};

fn basic_pair(username: &str, password: &str) -> Result<String, UnusableHeader> {
    let (name, value) = basic(&username.into(), &password.into())?;
    assert!(name == "authorization" && value.is_sensitive());
    let pair = value.to_str().unwrap().strip_prefix("Basic ").unwrap().to_owned();
    Ok(String::from_utf8(BASE64_STANDARD.decode(pair).unwrap()).unwrap())
}

#[test]
fn a_user_name_and_a_password_are_sent_in_utf_8() {
    for (username, password, pair) in [
        ("operator", "open sesame", "operator:open sesame"),
        ("operator\n", "opensesame\r\n", "operator:opensesame"),
        ("Ödön", "pässwörd:with:colons ", "Ödön:pässwörd:with:colons "),
        ("api-key", "", "api-key:"),
        ("", "api-key", ":api-key"),
    ] {
        assert_eq!(basic_pair(username, password).unwrap(), pair);
    }
}

#[test]
fn a_pair_that_would_be_read_differently_is_refused() {
    for (username, password, error) in [
        ("oper:ator", "x", UnusableHeader::ColonInUserName),
        ("oper\nator", "x", UnusableHeader::ControlCharacter),
        ("operator", "x\u{7f}", UnusableHeader::ControlCharacter),
        ("\n", "", UnusableHeader::EmptyPair),
    ] {
        assert_eq!(basic_pair(username, password).unwrap_err(), error);
    }
}

#[test]
fn a_header_of_any_name_has_the_prefix_one_space_and_the_value() {
    for (name, prefix, value, line) in [
        ("X-Api-Key", None, "opensesame\n", "opensesame"),
        ("Authorization", Some("SSWS"), "opensesame", "SSWS opensesame"),
        ("Authorization", Some("Token "), " token=\"open sesame\"", "Token token=\"open sesame\""),
        ("X-Api-Key", Some(""), "opensesame", "opensesame"),
    ] {
        let (named, header) = custom(name, prefix, &value.into()).unwrap();
        assert_eq!((named.as_str(), header.to_str().unwrap()), (&*name.to_ascii_lowercase(), line));
        assert!(header.is_sensitive());
    }
}

#[test]
fn a_header_that_is_not_one_or_is_the_requests_own_is_refused() {
    let refused = |name: &str| custom(name, None, &"opensesame".into()).unwrap_err();
    for name in ["", "two words", "x:y", "x\r\ny", ":authority", "schlüssel"] {
        assert_eq!(refused(name), UnusableHeader::Name(name.to_owned()));
    }
    for name in
        ["Host", "Content-Length", "content-type", "Transfer-Encoding", "Connection", "ACCEPT", "If-Match"]
    {
        assert!(
            matches!(refused(name), UnusableHeader::Reserved(named) if named == *name.to_ascii_lowercase())
        );
    }
    for (prefix, value) in [("Ssws\n", "x"), ("Sé", "x"), ("", "a\nb"), ("", "ä"), ("", "a\tb"), ("", " \n")]
    {
        let error = custom("x-api-key", Some(prefix), &value.into()).unwrap_err();
        assert!(error.to_string().contains("x-api-key"), "{error}");
    }
}

#[test]
fn what_cannot_be_sent_is_told_without_showing_it() {
    let secret = "open\nsesame";
    let errors = [
        bearer(&secret.into()).unwrap_err(),
        basic(&"operator".into(), &secret.into()).unwrap_err(),
        custom("x-api-key", None, &secret.into()).unwrap_err(),
    ];
    for error in errors {
        let error = CredentialsError::from(error);
        assert_eq!(error.kind, ErrorKind::Unauthorized);
        assert!(!format!("{error} {error:?}").contains("sesame"), "{error}");
    }
}

#[tokio::test]
async fn a_header_of_another_name_is_sent_instead_of_authorization_and_none_is_none() {
    let header = custom("X-Api-Key", Some("Key"), &"opensesame".into()).unwrap();
    let shown: Arc<dyn Credentials> = Arc::new(StaticHeader::new(header));
    assert!(!format!("{shown:?}").contains("opensesame"));
    for (credentials, lines) in [(shown, 1), (Arc::new(Anonymous) as Arc<dyn Credentials>, 0)] {
        let server = Server::answering(answer("200 OK", &[SCIM], r#"{"totalResults": 0}"#)).await;
        let client = client(&server.url(), &["127.0.0.1"], credentials, Limits::default());
        client.list(User, PageRequest { start_index: 1, count: 1, by_search: false }).await.unwrap();
        let request = server.requests().remove(0).to_ascii_lowercase();
        assert_eq!(request.matches("\r\nx-api-key: key opensesame\r\n").count(), lines);
        assert!(!request.contains("authorization"));
    }
}

proptest! {
    #[test]
    fn no_secret_makes_more_than_one_line(
        name in ".{0,12}",
        prefix in proptest::option::of("[\\PC\r\n\t ]{0,8}"),
        first in "[\\PC\r\n\t:]{0,20}",
        second in any::<String>(),
    ) {
        let headers = [
            bearer(&first.as_str().into()),
            bearer(&second.as_str().into()),
            basic(&first.as_str().into(), &second.as_str().into()),
            custom(&name, prefix.as_deref(), &first.as_str().into()),
            custom("x-api-key", prefix.as_deref(), &second.as_str().into()),
        ];
        for (_, value) in headers.into_iter().flatten() {
            prop_assert!(value.as_bytes().iter().all(|byte| (b' '..=b'~').contains(byte)));
            prop_assert!(value.is_sensitive());
        }
    }
}
