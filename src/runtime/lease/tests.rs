//! Holding and losing the lease, against an API server in memory.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use k8s_openapi::api::coordination::v1 as coordination;
use kube::{Client, Config};
use serde_json::json;
use tokio::{net::TcpListener, time::timeout};
use tokio_util::sync::CancellationToken;

use super::{Election, Leader, LeaseSettings};
use crate::{
    runtime::{Services, clock::SystemClock, metrics::Metrics, readiness::Readiness},
    sync::lease::{Loss, Terms},
};

/// What is wrong with the API server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Fault {
    #[default]
    Nothing,
    /// It answers nothing but errors.
    Down,
    /// The next write takes effect, and its answer is lost.
    LosesAnswer,
}

/// An API server with one Lease.
#[derive(Clone, Default)]
struct ApiServer(Arc<Mutex<(Option<coordination::Lease>, u64, Fault)>>);

impl ApiServer {
    async fn start(&self) -> Client {
        // Whoever comes first installs it for all.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let leases = "/apis/coordination.k8s.io/v1/namespaces/operator/leases";
        let router = Router::new()
            .route(leases, post(create))
            .route(&format!("{leases}/one"), get(read).put(replace))
            .with_state(self.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut config = Config::new(format!("http://{}", listener.local_addr().unwrap()).parse().unwrap());
        config.default_retry = false;
        tokio::spawn(async { axum::serve(listener, router).await });
        Client::try_from(config).unwrap()
    }

    fn fails(&self, fault: Fault) {
        self.0.lock().unwrap().2 = fault;
    }

    fn holder(&self) -> Option<String> {
        self.0.lock().unwrap().0.clone()?.spec?.holder_identity
    }

    /// Somebody else's write.
    fn edit(&self, holder: Option<&str>) {
        let mut lease = self.0.lock().unwrap().0.clone().unwrap();
        lease.spec.get_or_insert_default().holder_identity = holder.map(str::to_owned);
        self.put(lease);
    }

    fn put(&self, mut lease: coordination::Lease) -> Response {
        let mut state = self.0.lock().unwrap();
        state.1 += 1;
        lease.metadata.resource_version = Some(state.1.to_string());
        state.0 = Some(lease.clone());
        if state.2 == Fault::LosesAnswer {
            state.2 = Fault::Nothing;
            return failure(StatusCode::INTERNAL_SERVER_ERROR);
        }
        json(&lease)
    }

    fn found(&self) -> Result<Option<coordination::Lease>, StatusCode> {
        let state = self.0.lock().unwrap();
        if state.2 == Fault::Down { Err(StatusCode::SERVICE_UNAVAILABLE) } else { Ok(state.0.clone()) }
    }
}

fn json(lease: &coordination::Lease) -> Response {
    serde_json::to_string(lease).unwrap().into_response()
}

fn failure(code: StatusCode) -> Response {
    let reason = if code == StatusCode::NOT_FOUND { "NotFound" } else { "" };
    let status = json!({
        "kind": "Status",
        "apiVersion": "v1",
        "status": "Failure",
        "message": "no",
        "reason": reason,
        "code": code.as_u16(),
    });
    (code, status.to_string()).into_response()
}

async fn read(State(api): State<ApiServer>) -> Response {
    match api.found() {
        Ok(Some(lease)) => json(&lease),
        Ok(None) => failure(StatusCode::NOT_FOUND),
        Err(code) => failure(code),
    }
}

async fn create(State(api): State<ApiServer>, body: Bytes) -> Response {
    let lease = serde_json::from_slice(&body).unwrap();
    match api.found() {
        Ok(None) => api.put(lease),
        Ok(Some(_)) => failure(StatusCode::CONFLICT),
        Err(code) => failure(code),
    }
}

async fn replace(State(api): State<ApiServer>, body: Bytes) -> Response {
    let lease: coordination::Lease = serde_json::from_slice(&body).unwrap();
    match api.found() {
        Ok(Some(present)) if present.metadata.resource_version == lease.metadata.resource_version => {
            api.put(lease)
        }
        Ok(Some(_)) => failure(StatusCode::CONFLICT),
        Ok(None) => failure(StatusCode::NOT_FOUND),
        Err(code) => failure(code),
    }
}

fn election(client: &Client, identity: &str) -> Election {
    let [duration, deadline, interval] = [3_000, 1_500, 100].map(Duration::from_millis);
    let settings = LeaseSettings {
        namespace: "operator".to_owned(),
        name: "one".to_owned(),
        identity: identity.to_owned(),
        terms: Terms::new(duration, deadline, interval).unwrap(),
    };
    let services = Services {
        clock: Arc::new(SystemClock),
        metrics: Arc::new(Metrics::new()),
        readiness: Readiness::new(),
        shutdown: CancellationToken::new(),
    };
    Election::new(client.clone(), settings, &services)
}

async fn leading(api: &ApiServer) -> (Client, Leader) {
    let client = api.start().await;
    let leader = election(&client, "we").won(|| ()).await;
    assert_eq!(api.holder().as_deref(), Some("we"));
    (client, leader)
}

/// Whether the leader still leads after many renewals.
async fn leads_on(leader: &mut Leader) -> bool {
    timeout(Duration::from_secs(2), leader.until_lost()).await.is_err() && leader.tenure().stands()
}

#[tokio::test]
async fn whoever_renews_leads_on_and_nobody_else_begins() {
    let api = ApiServer::default();
    let (client, mut leader) = leading(&api).await;
    let other = tokio::spawn(election(&client, "other").won(|| ()));
    assert!(leads_on(&mut leader).await && leads_on(&mut leader).await);
    assert!(!other.is_finished());
    leader.give_back().await;
    let other = timeout(Duration::from_secs(2), other).await.expect("it need not wait").unwrap();
    assert!(other.tenure().stands());
    assert_eq!(api.holder().as_deref(), Some("other"));
}

#[tokio::test]
async fn a_renewal_whose_answer_was_lost_is_no_loss() {
    let api = ApiServer::default();
    let (_, mut leader) = leading(&api).await;
    api.fails(Fault::LosesAnswer);
    assert!(leads_on(&mut leader).await);
}

#[tokio::test]
async fn nobody_leads_without_an_answer() {
    let api = ApiServer::default();
    let client = api.start().await;
    api.fails(Fault::LosesAnswer);
    // The first write took effect, and is known again.
    let leader = election(&client, "we").won(|| ()).await;
    assert_eq!((api.holder().as_deref(), leader.tenure().stands()), (Some("we"), true));
}

#[tokio::test]
async fn who_cannot_renew_or_is_not_in_the_lease_has_lost_it() {
    type Happens = fn(&ApiServer);
    let rows: [(&str, Happens, Loss); 4] = [
        ("down", |api| api.fails(Fault::Down), Loss::RanOut),
        ("taken", |api| api.edit(Some("thief")), Loss::Taken("thief".to_owned())),
        ("emptied", |api| api.edit(None), Loss::Emptied),
        ("deleted", |api| api.0.lock().unwrap().0 = None, Loss::Deleted),
    ];
    for (row, happens, loss) in rows {
        let api = ApiServer::default();
        let (_, mut leader) = leading(&api).await;
        happens(&api);
        let lost = timeout(Duration::from_secs(10), leader.until_lost()).await;
        assert_eq!(lost, Ok(loss), "{row}");
        assert!(!leader.tenure().stands(), "{row}");
    }
}

#[tokio::test]
async fn what_is_another_s_is_not_given_back() {
    let api = ApiServer::default();
    let (_, leader) = leading(&api).await;
    api.edit(Some("thief"));
    let tenure = leader.tenure();
    leader.give_back().await;
    assert_eq!(api.holder().as_deref(), Some("thief"));
    assert!(!tenure.stands());
}
