//! A SCIM server in the test process whose every habit is data. It holds
//! resources as RFC 7643 has them; its habits are at its edge, where requests
//! come in and answers go out, and in what it makes of a change.

mod attributes;
mod filter;
mod habits;
mod http;
mod intake;
mod lifecycle;
mod members;
mod names;
mod page;
mod patch;
mod query;
mod refusal;
mod render;
mod service;
mod store;
mod writing;

use std::{
    sync::{Arc, Mutex},
    time::Instant,
};

use axum::Router;
use scim_operator::scim::port::ResourceType;
use serde_json::{Map, Value};
use tokio::{net::TcpListener, task::JoinHandle};

pub(crate) use self::habits::Habits;
use self::{habits::Fault, store::Store};

pub(crate) struct QuirkServer {
    port: u16,
    shared: Arc<Shared>,
    serving: JoinHandle<()>,
}

struct Shared {
    token: String,
    /// Where it is, `http://127.0.0.1:1234`.
    origin: String,
    habits: Mutex<Habits>,
    held: Mutex<Held>,
}

/// What it remembers.
#[derive(Default)]
struct Held {
    store: Store,
    refusals: Vec<String>,
    /// When there were requests, and writes among them.
    requests: Vec<Instant>,
    writes: Vec<Instant>,
    /// How often each of the faults happened.
    faults: Vec<usize>,
}

impl QuirkServer {
    /// Starts one that accepts only `token`, on a port of its own.
    pub(crate) async fn start(token: &str, habits: Habits) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared = Arc::new(Shared {
            token: token.to_owned(),
            origin: format!("http://127.0.0.1:{port}"),
            habits: Mutex::new(habits),
            held: Mutex::default(),
        });
        let router = Router::new().fallback(http::handle).with_state(Arc::clone(&shared));
        let serving = tokio::spawn(async move {
            axum::serve(listener, router).await.unwrap();
        });
        Self { port, shared, serving }
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// The path under which everything is.
    pub(crate) fn base(&self) -> String {
        self.shared.habits.lock().unwrap().base.clone()
    }

    /// Other habits from now on; what it holds stays.
    pub(crate) fn change_habits(&self, habits: Habits) {
        self.shared.held.lock().unwrap().faults.clear();
        *self.shared.habits.lock().unwrap() = habits;
    }

    /// Everything at `/Users` or `/Groups`, as RFC 7643 has it, the hidden and
    /// the inactive too.
    pub(crate) fn all(&self, endpoint: &str) -> Vec<Value> {
        let resource_type = type_of(endpoint);
        let held = self.shared.held.lock().unwrap();
        held.store.all(resource_type).iter().map(|stored| stored.canonical(resource_type)).collect()
    }

    pub(crate) fn get(&self, endpoint: &str, id: &str) -> Option<Value> {
        let resource_type = type_of(endpoint);
        let held = self.shared.held.lock().unwrap();
        held.store.get(resource_type, id).map(|stored| stored.canonical(resource_type))
    }

    /// Somebody else's, which no habit hinders, and which may have been there
    /// since its `meta.created`; its id.
    pub(crate) fn insert(&self, endpoint: &str, resource: Value) -> String {
        let id = resource["id"].as_str().map(str::to_owned);
        let created = resource["meta"]["created"].as_str().map(|created| created.parse().unwrap());
        let mut held = self.shared.held.lock().unwrap();
        let id = held.store.insert(type_of(endpoint), id, object(resource));
        if let (Some(created), Some(stored)) = (created, held.store.get_mut(type_of(endpoint), &id)) {
            stored.created = created;
        }
        id
    }

    /// A change by somebody else.
    pub(crate) fn edit(&self, endpoint: &str, id: &str, change: impl FnOnce(&mut Value)) {
        let mut held = self.shared.held.lock().unwrap();
        let stored = held.store.get_mut(type_of(endpoint), id).expect("the resource is there");
        let mut content = Value::Object(stored.content.clone());
        change(&mut content);
        stored.write(object(content));
    }

    /// Somebody else deletes it.
    pub(crate) fn remove(&self, endpoint: &str, id: &str) {
        self.shared.held.lock().unwrap().store.remove(type_of(endpoint), id, false);
    }

    /// The password that was set last.
    pub(crate) fn password(&self, id: &str) -> Option<String> {
        self.shared.held.lock().unwrap().store.get(ResourceType::User, id)?.password.clone()
    }

    /// What it did not do, and why: `POST /Users: 409 there is one already`.
    pub(crate) fn refusals(&self) -> Vec<String> {
        self.shared.held.lock().unwrap().refusals.clone()
    }
}

impl Drop for QuirkServer {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Held {
    /// The fault that this request meets, if any is left.
    fn fault(&mut self, habits: &Habits, label: &str) -> Option<Fault> {
        self.faults.resize(habits.faults.len(), 0);
        let mut faults = habits.faults.iter().zip(&mut self.faults);
        let (fault, hits) = faults.find(|(fault, hits)| fault.on == label && **hits < fault.times)?;
        *hits += 1;
        Some(fault.clone())
    }
}

fn type_of(endpoint: &str) -> ResourceType {
    let found = ResourceType::ALL.into_iter().find(|it| it.endpoint() == endpoint);
    found.expect("the endpoint is /Users or /Groups")
}

fn object(resource: Value) -> Map<String, Value> {
    match resource {
        Value::Object(object) => object,
        other => panic!("{other} is no resource"),
    }
}
