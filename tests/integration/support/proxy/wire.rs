//! HTTP/1.1 by hand, as much as a reverse proxy between one known client and
//! one known server needs: a library would not let go of a connection in the
//! middle of an answer.

use std::io;

use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use super::upstream::Upstream;

/// A request as it came from the operator.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) method: String,
    /// Path and query, as sent.
    pub(crate) target: String,
    pub(crate) headers: Headers,
    pub(crate) body: Vec<u8>,
}

/// An answer as the operator gets it.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Headers,
    pub(crate) body: Vec<u8>,
}

/// Names and values in their order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Headers(pub(crate) Vec<(String, String)>);

impl Headers {
    /// The first value of a name, whose case does not matter.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    fn without(&self, names: &[&str]) -> impl Iterator<Item = &(String, String)> {
        self.0.iter().filter(move |(key, _)| !names.iter().any(|name| key.eq_ignore_ascii_case(name)))
    }
}

impl Answer {
    pub(crate) fn new(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        let headers = Headers(vec![("Content-Type".to_owned(), content_type.to_owned())]);
        Self { status, headers, body: body.into() }
    }

    /// A SCIM error (RFC 7644 §3.12).
    pub(crate) fn scim_error(status: u16, scim_type: &str, detail: &str) -> Self {
        let body = serde_json::json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"],
            "status": status.to_string(),
            "scimType": scim_type,
            "detail": detail,
        });
        Self::new(status, "application/scim+json", body.to_string())
    }

    pub(crate) fn with_header(mut self, name: &str, value: &str) -> Self {
        self.headers.0.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Changes the JSON of the body.
    pub(crate) fn edit(&mut self, change: impl FnOnce(&mut serde_json::Value)) {
        let mut body = serde_json::from_slice(&self.body).expect("the answer is JSON");
        change(&mut body);
        self.body = body.to_string().into_bytes();
    }

    /// As it goes over the wire, with its length told.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut head = format!("HTTP/1.1 {} Answer\r\n", self.status);
        for (name, value) in self.headers.without(&["connection", "content-length"]) {
            head += &line(name, value);
        }
        if self.status != 204 {
            head += &line("Content-Length", &self.body.len().to_string());
        }
        let mut bytes = (head + "\r\n").into_bytes();
        bytes.extend_from_slice(&self.body);
        bytes
    }
}

fn line(name: &str, value: &str) -> String {
    format!("{name}: {value}\r\n")
}

/// The next request of a connection; `None` at its end.
pub(crate) async fn read_request(stream: &mut (impl AsyncBufRead + Unpin)) -> io::Result<Option<Request>> {
    let Some((first, headers)) = read_head(stream).await? else { return Ok(None) };
    let mut words = first.split(' ');
    let (Some(method), Some(target)) = (words.next(), words.next()) else {
        return Err(io::Error::other(format!("no request line: {first:?}")));
    };
    if headers.get("transfer-encoding").is_some() {
        return Err(io::Error::other("a request body without a length"));
    }
    let length = headers.get("content-length").and_then(|value| value.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await?;
    Ok(Some(Request { method: method.to_owned(), target: target.to_owned(), headers, body }))
}

/// Sends a request to the server over a connection of its own and reads the
/// whole answer.
pub(crate) async fn forward(request: &Request, upstream: &Upstream) -> io::Result<Answer> {
    let mut stream = tokio::io::BufReader::new(upstream.connect().await?);
    send(request, &mut stream).await?;
    read_answer(&mut stream).await
}

/// Sends a request that is the only one of its connection. Nobody asks for a
/// form that a rule could not read.
pub(super) async fn send(request: &Request, stream: &mut (impl AsyncWrite + Unpin)) -> io::Result<()> {
    let mut head = format!("{} {} HTTP/1.1\r\nConnection: close\r\n", request.method, request.target);
    for (name, value) in request.headers.without(&["connection", "accept-encoding"]) {
        head += &line(name, value);
    }
    let mut bytes = (head + "\r\n").into_bytes();
    bytes.extend_from_slice(&request.body);
    write(stream, &bytes).await
}

async fn read_answer(stream: &mut (impl AsyncBufRead + Unpin)) -> io::Result<Answer> {
    let (first, mut headers) =
        read_head(stream).await?.ok_or_else(|| io::Error::other("the server closed the connection"))?;
    let status = first.split(' ').nth(1).and_then(|status| status.parse().ok());
    let status = status.ok_or_else(|| io::Error::other(format!("no status line: {first:?}")))?;
    let mut body = Vec::new();
    if headers.get("transfer-encoding").is_some() {
        read_chunks(stream, &mut body).await?;
        headers.0.retain(|(name, _)| !name.eq_ignore_ascii_case("transfer-encoding"));
    } else {
        stream.read_to_end(&mut body).await?;
    }
    Ok(Answer { status, headers, body })
}

/// A body in chunks (RFC 9112 §7.1).
async fn read_chunks(stream: &mut (impl AsyncBufRead + Unpin), body: &mut Vec<u8>) -> io::Result<()> {
    loop {
        let mut size = String::new();
        stream.read_line(&mut size).await?;
        let size = usize::from_str_radix(size.trim(), 16).map_err(io::Error::other)?;
        let begin = body.len();
        body.resize(begin + size, 0);
        stream.read_exact(&mut body[begin..]).await?;
        stream.read_line(&mut String::new()).await?;
        if size == 0 {
            return Ok(());
        }
    }
}

async fn read_head(stream: &mut (impl AsyncBufRead + Unpin)) -> io::Result<Option<(String, Headers)>> {
    let mut first = String::new();
    if stream.read_line(&mut first).await? == 0 {
        return Ok(None);
    }
    let mut headers = Headers::default();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.0.push((name.to_owned(), value.trim().to_owned()));
    }
    Ok(Some((first.trim_end().to_owned(), headers)))
}

/// Sends bytes as they are.
pub(crate) async fn write(stream: &mut (impl AsyncWrite + Unpin), bytes: &[u8]) -> io::Result<()> {
    stream.write_all(bytes).await?;
    stream.flush().await
}
