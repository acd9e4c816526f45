//! A server that answers exactly the bytes a test gives it.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use scim_operator::scim::{
    address::AddressPolicy,
    client::Client,
    credentials::{Credentials, StaticHeader, bearer},
    endpoint::Endpoint,
    http::{Http, Limits, Tls},
    profile::Dialect,
};
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// What happens to one request.
#[derive(Clone, Debug)]
pub(crate) enum Reply {
    /// These bytes, then the connection ends.
    Bytes(Vec<u8>),
    /// These bytes, then silence.
    Hang(Vec<u8>),
}

type Decide = Arc<dyn Fn(usize, &str) -> Reply + Send + Sync>;

#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// Answers the n-th request with the n-th reply, and the last one for
    /// ever.
    pub(crate) async fn start(replies: Vec<Reply>) -> Self {
        Self::deciding(move |number, _| replies.get(number).or(replies.last()).unwrap().clone()).await
    }

    /// Answers by the number of requests before and the request itself.
    pub(crate) async fn deciding(decide: impl Fn(usize, &str) -> Reply + Send + Sync + 'static) -> Self {
        let decide: Decide = Arc::new(decide);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let record = Arc::clone(&requests);
        tokio::spawn(async move {
            loop {
                let (connection, _) = listener.accept().await.unwrap();
                tokio::spawn(serve(connection, Arc::clone(&record), Arc::clone(&decide)));
            }
        });
        Self { address, requests }
    }

    pub(crate) async fn answering(reply: impl Into<Vec<u8>>) -> Self {
        Self::start(vec![Reply::Bytes(reply.into())]).await
    }

    /// The requests so far: head and body as they came.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/scim/v2", self.address)
    }

    pub(crate) fn client(&self) -> Client {
        client(&self.url(), &["127.0.0.1"], token(), Limits::default())
    }

    /// A client that speaks the standard with these overrides.
    pub(crate) fn client_speaking(&self, overrides: &Value) -> Client {
        let dialect = Dialect::standard(overrides.as_object().unwrap()).unwrap();
        let policy = AddressPolicy::new(["127.0.0.1"], []);
        let http = Http::new(token(), policy, Limits::default(), &Tls::default()).unwrap();
        Client::new(Endpoint::parse(&self.url(), true).unwrap(), Arc::new(dialect), http)
    }

    pub(crate) fn client_with(&self, limits: Limits) -> Client {
        client(&self.url(), &["127.0.0.1"], token(), limits)
    }
}

pub(crate) fn token() -> Arc<dyn Credentials> {
    Arc::new(StaticHeader::new(bearer(&"opensesame".into()).unwrap()))
}

pub(crate) fn client(
    url: &str,
    allowed: &[&str],
    credentials: Arc<dyn Credentials>,
    limits: Limits,
) -> Client {
    let http = Http::new(credentials, AddressPolicy::new(allowed, []), limits, &Tls::default()).unwrap();
    Client::new(
        Endpoint::parse(url, true).unwrap(),
        Arc::new(Dialect::standard(&serde_json::Map::new()).unwrap()),
        http,
    )
}

pub(crate) fn soon() -> Limits {
    Limits { deadline: Duration::from_millis(300), ..Limits::default() }
}

/// A whole answer of this status, with these header lines.
pub(crate) fn answer(status: &str, headers: &[&str], body: &str) -> Vec<u8> {
    let mut head = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n", body.len());
    for header in headers {
        head.push_str(header);
        head.push_str("\r\n");
    }
    format!("{head}\r\n{body}").into_bytes()
}

pub(crate) const SCIM: &str = "Content-Type: application/scim+json";
pub(crate) const HTML: &str = "Content-Type: text/html; charset=utf-8";

async fn serve(mut connection: TcpStream, record: Arc<Mutex<Vec<String>>>, decide: Decide) {
    let Some(request) = read_request(&mut connection).await else { return };
    let reply = {
        let mut record = record.lock().unwrap();
        let reply = decide(record.len(), &request);
        record.push(request);
        reply
    };
    match reply {
        Reply::Bytes(bytes) => {
            let _ = connection.write_all(&bytes).await;
            let _ = connection.shutdown().await;
        }
        Reply::Hang(bytes) => {
            let _ = connection.write_all(&bytes).await;
            std::future::pending::<()>().await;
        }
    }
}

async fn read_request(connection: &mut TcpStream) -> Option<String> {
    let mut bytes = Vec::new();
    loop {
        let mut chunk = [0; 4096];
        let read = connection.read(&mut chunk).await.ok()?;
        if read == 0 {
            return None;
        }
        bytes.extend_from_slice(&chunk[..read]);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| {
                let (name, value) = line.split_once(':')?;
                name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().unwrap())
            });
            if body.len() >= length.unwrap_or(0) {
                return Some(text);
            }
        }
    }
}
