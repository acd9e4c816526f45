//! Answers that servers really gave, changed at random: whatever comes, no
//! one panics, and nobody is taken for somebody else.

mod answers;

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
};

use proptest::{prelude::*, sample::Index, test_runner::TestRunner};
use scim_operator::scim::{
    address::AddressPolicy,
    client::Client,
    endpoint::Endpoint,
    error::ErrorKind,
    filter::{Expression, Filter, Operator},
    http::{Http, Limits, Tls},
    patch::{Operation, PatchRequest},
    path::{AttributePath, GROUP_SCHEMA, USER_SCHEMA},
    port::{
        PageRequest, Port, ResourceType,
        ResourceType::{Group, User},
    },
    profile::{Dialect, Parameters, resolve},
    resource::Resource,
};
use serde_json::{Map, Value};

use self::answers::{ANSWERS, bodies};
use crate::raw::{Reply, SCIM, Server, answer, token};

/// A server that answers what it was told last, and clients of it.
struct Stage {
    runtime: tokio::runtime::Runtime,
    reply: Arc<Mutex<Vec<u8>>>,
    clients: Vec<(String, Client)>,
}

impl Stage {
    fn new() -> Self {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let reply = Arc::new(Mutex::new(Vec::new()));
        let told = Arc::clone(&reply);
        let server =
            runtime.block_on(Server::deciding(move |_, _| Reply::Bytes(told.lock().unwrap().clone())));
        let clients = ["rfc7644", "confirmit", "idaas-nl"].map(|name| {
            let dialect = Dialect::new(resolve(name, &Map::new()).unwrap(), &Parameters::new()).unwrap();
            let policy = AddressPolicy::new(["127.0.0.1"], []);
            let http = Http::new(token(), policy, Limits::default(), &Tls::default()).unwrap();
            let endpoint = Endpoint::parse(&server.url(), true).unwrap();
            (name.to_owned(), Client::new(endpoint, Arc::new(dialect), http))
        });
        Self { runtime, reply, clients: clients.into() }
    }

    fn tell(&self, status: &str, body: &[u8]) {
        let mut reply = answer(status, &[SCIM, &format!("X-Length: {}", body.len())], "");
        let head = String::from_utf8(reply.clone())
            .unwrap()
            .replace("Content-Length: 0", &format!("Content-Length: {}", body.len()));
        reply = head.into_bytes();
        reply.extend_from_slice(body);
        *self.reply.lock().unwrap() = reply;
    }
}

/// The ids in an object, in whatever case and place a server may have one. An
/// empty one is none (RFC 7643 §3.1), and what stands under the other kind's
/// schema is an attribute like any other.
fn ids(profile: &str, kind: ResourceType, object: &Value) -> BTreeSet<String> {
    let core = match kind {
        User => USER_SCHEMA,
        Group => GROUP_SCHEMA,
    };
    let under = |object: &Value| -> Vec<Value> {
        let members = object.as_object().into_iter().flatten();
        members.filter(|(name, _)| name.eq_ignore_ascii_case("id")).map(|(_, id)| id.clone()).collect()
    };
    let mut all = under(object);
    if profile == "idaas-nl" {
        for (name, nested) in object.as_object().into_iter().flatten() {
            if name.eq_ignore_ascii_case(core) {
                all.extend(under(nested));
            }
        }
    }
    let text = |id: &Value| id.as_str().map_or_else(|| id.to_string(), str::to_owned);
    all.iter().filter(|id| !id.is_null() && *id != "").map(text).collect()
}

fn elements(body: &Value) -> Option<&Vec<Value>> {
    let members = body.as_object().into_iter().flatten();
    let mut lists = members.filter(|(name, _)| name.eq_ignore_ascii_case("Resources"));
    body.as_array().or_else(|| lists.next()?.1.as_array())
}

fn is_only_id(profile: &str, kind: ResourceType, resource: &Resource, raw: &Value) -> bool {
    resource.id().is_some_and(|id| ids(profile, kind, raw) == BTreeSet::from([id]))
}

const PAGE: PageRequest = PageRequest { start_index: 1, count: 100, by_search: false };

fn everything_that_is_read_is_what_was_sent(
    stage: &Stage,
    body: &[u8],
    asked: &str,
) -> Result<(), TestCaseError> {
    stage.tell("200 OK", body);
    let raw: Option<Value> = serde_json::from_slice(body).ok();
    let raw = raw.unwrap_or_default();
    let patch = PatchRequest { operations: vec![Operation::Remove { path: AttributePath::core("title") }] };
    for (profile, client) in &stage.clients {
        for kind in [User, Group] {
            stage.runtime.block_on(async {
                if let Ok(Some(read)) = client.get(kind, asked).await {
                    prop_assert_eq!(read.id(), Some(asked.to_owned()));
                    prop_assert!(is_only_id(profile, kind, &read, &raw), "{}: {:?}", profile, read);
                }
                if let Ok(Some(changed)) = client.patch(kind, asked, &patch).await {
                    prop_assert!(
                        changed.id().as_deref() == Some(asked) && is_only_id(profile, kind, &changed, &raw)
                    );
                }
                if let Ok(created) = client.create(kind, &Resource::new([USER_SCHEMA])).await {
                    prop_assert!(is_only_id(profile, kind, &created, &raw), "{}: {:?}", profile, created);
                }
                if let Ok(page) = client.list(kind, PAGE).await {
                    let shown: &[Value] = elements(&raw).map_or(&[], Vec::as_slice);
                    prop_assert_eq!(page.resources.len(), shown.len());
                    for (read, raw) in page.resources.iter().zip(shown) {
                        prop_assert!(is_only_id(profile, kind, read, raw), "{}: {:?}", profile, read);
                    }
                }
                Ok(())
            })?;
        }
        stage.runtime.block_on(client.discover()).unwrap();
    }
    Ok(())
}

fn a_refusal_is_never_an_identity(stage: &Stage, body: &[u8]) -> Result<(), TestCaseError> {
    let (_, client) = &stage.clients[0];
    for (status, kind) in [
        ("400 Bad Request", ErrorKind::Rejected),
        ("409 Conflict", ErrorKind::Conflict),
        ("500 Internal Server Error", ErrorKind::ServerFault),
    ] {
        stage.tell(status, body);
        let error = stage.runtime.block_on(client.create(User, &Resource::new([USER_SCHEMA]))).unwrap_err();
        // A taken name is a conflict whatever its status (RFC 7644 §3.12).
        let taken = kind == ErrorKind::Rejected && error.kind == ErrorKind::Conflict;
        prop_assert!(error.kind == kind || taken, "{:?}", error);
        prop_assert!(error.detail.as_ref().is_none_or(|detail| detail.chars().count() <= 501));
        let read = stage.runtime.block_on(client.get(User, "1"));
        prop_assert!(read.is_err(), "{:?}", read);
    }
    stage.tell("404 Not Found", body);
    let read = stage.runtime.block_on(client.get(User, "1"));
    prop_assert!(matches!(read, Ok(None) | Err(_)), "{:?}", read);
    Ok(())
}

#[test]
fn mutated_answers_confuse_nobody() {
    let stage = Stage::new();
    let mut runner =
        TestRunner::new(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(400) });
    let asked = prop_oneof![Just("1".to_owned()), Just("2".to_owned()), Just(String::new())];
    runner
        .run(&(bodies(), asked), |((name, body), asked)| {
            let raw: Value = serde_json::from_slice(&body).unwrap_or_default();
            // Mostly the id that is there, so that something is read.
            let own =
                ids("rfc7644", User, &raw).pop_first().filter(|id| !matches!(id.as_str(), "" | "." | ".."));
            let asked = if asked.is_empty() { own.unwrap_or_else(|| "1".to_owned()) } else { asked };
            if name.contains("response-") {
                a_refusal_is_never_an_identity(&stage, &body)
            } else {
                everything_that_is_read_is_what_was_sent(&stage, &body, &asked)
            }
        })
        .unwrap();
}

#[test]
fn recorded_answers_are_understood_as_they_are() {
    let stage = Stage::new();
    let (_, client) = &stage.clients[0];
    let mut understood = BTreeSet::new();
    for (name, body) in ANSWERS.iter() {
        let kind: Option<ResourceType> = match name.split('.').next().unwrap() {
            "get-users" => Some(User),
            "get-groups" => Some(Group),
            _ => None,
        };
        if let Some(kind) = kind.filter(|_| name.ends_with(".response.json")) {
            stage.tell("200 OK", body.as_bytes());
            let page = stage.runtime.block_on(client.list(kind, PAGE)).unwrap();
            assert!(!page.resources.is_empty(), "{body}");
            understood.insert(name);
        }
    }
    assert_eq!(understood.len(), 2);
}

proptest! {
    #[test]
    fn no_text_in_a_filter_is_read_as_anything_but_a_text(value: String, quoted in "[\"\\\\a-z ()]{0,12}") {
        for text in [value, quoted] {
            let written = Filter::eq(AttributePath::core("userName"), text.as_str()).to_string();
            let compare = Expression::Compare {
                path: AttributePath::core("userName"),
                operator: Operator::Equal,
                value: text.into(),
            };
            prop_assert_eq!(Expression::parse(&written).unwrap(), compare);
        }
    }

    #[test]
    fn a_mutated_filter_is_read_or_refused(at: Index, byte: u8, which: Index) {
        const FILTERS: [&str; 4] = [
            r#"userName eq "ada\"b" and not (active eq false)"#,
            r#"emails[type eq "work" and value co "@example.com"]"#,
            r#"urn:ietf:params:scim:schemas:core:2.0:User:userName sw "J" or title pr"#,
            r#"meta.lastModified gt "2011-05-13T04:42:34Z""#,
        ];
        let mut bytes = which.get(&FILTERS).as_bytes().to_vec();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        let _ = Expression::parse(&String::from_utf8_lossy(&bytes));
        let _ = Expression::parse(&String::from_utf8_lossy(&bytes[..at]));
    }
}
