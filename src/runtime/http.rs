//! What others ask the operator over HTTP: `/livez`, `/readyz`, `/metrics`.

use std::{fmt::Write as _, io, net::SocketAddr, sync::Arc};

use axum::{
    Router,
    extract::State,
    http::{StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
    routing::get,
};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::{metrics::Metrics, readiness::Readiness};

const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// A server that has its address and does not answer yet.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
}

#[derive(Clone, Debug)]
struct Shown {
    readiness: Readiness,
    metrics: Arc<Metrics>,
}

impl Server {
    /// Takes the address. Port 0 takes any free one.
    pub async fn bind(address: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        Ok(Self { listener, address })
    }

    /// The address that was taken.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Answers until the token is cancelled. Probes are asked while the rest
    /// is draining too, so this is what ends last.
    pub async fn serve(
        self,
        readiness: Readiness,
        metrics: Arc<Metrics>,
        end: CancellationToken,
    ) -> io::Result<()> {
        let router = router(Shown { readiness, metrics });
        axum::serve(self.listener, router).with_graceful_shutdown(end.cancelled_owned()).await
    }
}

fn router(shown: Shown) -> Router {
    Router::new()
        .route("/livez", get(livez))
        .route("/readyz", get(readyz))
        .route("/metrics", get(metrics))
        .with_state(shown)
}

/// Alive is who answers. A restart would cure nothing that this could look
/// at: an API server or a SCIM server that is away comes back by itself.
async fn livez() -> &'static str {
    "ok\n"
}

async fn readyz(State(shown): State<Shown>) -> Response {
    let closed = shown.readiness.closed();
    if closed.is_empty() {
        return "ok\n".into_response();
    }
    let mut body = String::from("not ready\n");
    for (gate, waits_for) in closed {
        // Writing into a String cannot fail.
        let _ = writeln!(body, "{gate}: {waits_for}");
    }
    (StatusCode::SERVICE_UNAVAILABLE, body).into_response()
}

async fn metrics(State(shown): State<Shown>) -> Response {
    match shown.metrics.encode() {
        Ok(text) => ([(CONTENT_TYPE, OPEN_METRICS)], text).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _},
        net::TcpStream,
        task::JoinHandle,
    };

    use super::*;

    struct Running {
        address: SocketAddr,
        readiness: Readiness,
        end: CancellationToken,
        task: JoinHandle<io::Result<()>>,
    }

    impl Running {
        async fn start() -> Self {
            let server = Server::bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
            let address = server.address();
            let readiness = Readiness::new();
            let end = CancellationToken::new();
            let serving = server.serve(readiness.clone(), Arc::new(Metrics::new()), end.clone());
            Self { address, readiness, end, task: tokio::spawn(serving) }
        }

        async fn get(&self, path: &str) -> String {
            let mut stream = TcpStream::connect(self.address).await.unwrap();
            let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
            stream.write_all(request.as_bytes()).await.unwrap();
            let mut answer = String::new();
            stream.read_to_string(&mut answer).await.unwrap();
            answer
        }
    }

    #[tokio::test]
    async fn alive_also_when_not_ready() {
        let server = Running::start().await;
        let _gate = server.readiness.gate("caches", "reading ScimUser");
        assert!(server.get("/livez").await.starts_with("HTTP/1.1 200"));
    }

    #[tokio::test]
    async fn readiness_says_what_is_waited_for() {
        let server = Running::start().await;
        let gate = server.readiness.gate("caches", "reading ScimUser");
        let answer = server.get("/readyz").await;
        assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
        assert!(answer.ends_with("not ready\ncaches: reading ScimUser\n"), "{answer}");
        gate.open();
        assert!(server.get("/readyz").await.starts_with("HTTP/1.1 200"));
    }

    #[tokio::test]
    async fn metrics_are_open_metrics_text() {
        let server = Running::start().await;
        let answer = server.get("/metrics").await;
        assert!(answer.contains("content-type: application/openmetrics-text; version=1.0.0"), "{answer}");
        assert!(answer.contains("scim_operator_build_info{"), "{answer}");
    }

    #[tokio::test]
    async fn nothing_else_is_answered() {
        let server = Running::start().await;
        assert!(server.get("/").await.starts_with("HTTP/1.1 404"));
    }

    #[tokio::test]
    async fn serving_ends_when_told() {
        let server = Running::start().await;
        server.end.cancel();
        server.task.await.unwrap().unwrap();
    }

    #[tokio::test]
    async fn a_taken_address_is_an_error() {
        let server = Server::bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
        let error = Server::bind(server.address()).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::AddrInUse);
    }
}
