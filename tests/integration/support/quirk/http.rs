//! Requests as they come over the wire, and answers as they go.

use std::time::{Duration, Instant};

use axum::{
    body::Body,
    extract::{Request, State},
    response::Response,
};
use http::{HeaderMap, Method};
use serde_json::Value;

use std::sync::Arc;

use super::{
    Held, ResourceType, Shared,
    habits::{FaultBody, Habits, Limit},
    query::Query,
    refusal::Refusal,
    service::{Call, Done, Service, Target},
};

/// More than any honest request.
const MOST_BYTES: usize = 64 << 20;

/// A list with a great deal of nothing in it.
const HUGE: usize = 30 << 20;

/// What somebody sees whose session is over.
const PAGE: &str = "<!DOCTYPE html><html><body>Sign in</body></html>";

struct Answer {
    status: u16,
    media_type: String,
    body: String,
    headers: Vec<(&'static str, String)>,
}

pub(super) async fn handle(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let body = axum::body::to_bytes(body, MOST_BYTES).await.unwrap_or_default();
    let habits = shared.habits.lock().unwrap().clone();
    let mut memory = shared.held.lock().unwrap();
    let wire = Wire { shared: &shared, habits: &habits, method: &head.method, headers: &head.headers };
    let answer = wire.answer(&mut memory, head.uri.path(), head.uri.query().unwrap_or_default(), &body);
    let mut response =
        Response::builder().status(answer.status).header("content-type", answer.media_type.as_str());
    for (name, value) in answer.headers {
        response = response.header(name, value);
    }
    response.body(Body::from(answer.body)).unwrap()
}

struct Wire<'a> {
    shared: &'a Shared,
    habits: &'a Habits,
    method: &'a Method,
    headers: &'a HeaderMap,
}

impl Wire<'_> {
    fn answer(&self, held: &mut Held, path: &str, query: &str, body: &[u8]) -> Answer {
        let below = path.strip_prefix(self.habits.base.as_str()).unwrap_or_default();
        let label = format!("{} {}", self.method, self.template(below));
        let fault = held.fault(self.habits, &label);
        let done = match &fault {
            Some(fault) if !fault.takes_effect => Err(Refusal::new(500, "", "something went wrong")),
            _ => self.admitted(held).and_then(|()| self.serve(held, below, query, body)),
        };
        if fault.is_none()
            && let Err(refusal) = &done
            && !(self.method == Method::GET && refusal.status == 404)
        {
            held.refusals.push(format!("{label}: {} {}", refusal.status, refusal.detail));
        }
        let mut answer = self.written(done);
        if let Some(fault) = fault {
            answer.status = fault.status.unwrap_or(if fault.takes_effect { answer.status } else { 200 });
            match fault.body {
                FaultBody::True => {}
                FaultBody::Html => {
                    answer.body = String::from(PAGE);
                }
                FaultBody::Half => answer.body.truncate(answer.body.len() / 2),
                FaultBody::Empty => answer.body.clear(),
                FaultBody::Huge => answer.body = format!("[\"{}\"]", "x".repeat(HUGE)),
            }
        }
        answer
    }

    /// Headers, media type, and how often.
    fn admitted(&self, held: &mut Held) -> Result<(), Refusal> {
        let header = |name: &str| self.headers.get(name).and_then(|value| value.to_str().ok());
        if header("authorization") != Some(&format!("Bearer {}", self.shared.token)) {
            return Err(Refusal::new(401, "", "the bearer token is missing or wrong"));
        }
        let wire = &self.habits.wire;
        if wire.needs_user_agent && header("user-agent").is_none_or(str::is_empty) {
            return Err(Refusal::new(403, "", "a User-Agent is needed"));
        }
        let media_type = header("content-type").map(|it| it.split(';').next().unwrap_or_default().trim());
        if let Some(media_type) = media_type
            && !wire.accepts.iter().any(|accepted| accepted.eq_ignore_ascii_case(media_type))
        {
            return Err(Refusal::new(415, "", "this media type is not taken"));
        }
        let is_write = self.method != Method::GET;
        let all_in_time = within(wire.limit, &mut held.requests);
        let writes_in_time = !is_write || within(wire.write_limit, &mut held.writes);
        if all_in_time && writes_in_time {
            Ok(())
        } else {
            Err(Refusal::new(429, "", "there are too many requests"))
        }
    }

    fn serve(&self, held: &mut Held, below: &str, query: &str, body: &[u8]) -> Result<Done, Refusal> {
        let mut service =
            Service { habits: self.habits, origin: &self.shared.origin, store: &mut held.store };
        let document = |body: Value| Ok(Done { status: 200, body: Some(body), tag: None, location: None });
        if self.method == Method::GET && self.habits.discovery.config.as_deref() == Some(below) {
            return document(service.config());
        }
        if self.method == Method::GET && self.habits.discovery.resource_types.as_deref() == Some(below) {
            return document(service.resource_types());
        }
        let (resource_type, segment) =
            self.route(below).ok_or_else(|| Refusal::new(404, "", "there is no such endpoint"))?;
        let id = percent_encoding::percent_decode_str(segment).decode_utf8_lossy();
        let target = match &*id {
            "" => Target::All,
            ".search" => Target::Search,
            id => Target::One(id),
        };
        let if_match = self.headers.get("if-match").and_then(|tag| tag.to_str().ok());
        let query = Query::of_url(query)?;
        let method = self.method.as_str();
        service.answer(&Call { method, resource_type, target, query, if_match, body })
    }

    /// The type and the segment after its path.
    fn route<'p>(&self, below: &'p str) -> Option<(ResourceType, &'p str)> {
        ResourceType::ALL.into_iter().find_map(|resource_type| {
            let rest = below.strip_prefix(self.habits.path(resource_type))?;
            let segment = if rest.is_empty() { rest } else { rest.strip_prefix('/')? };
            (!segment.contains('/')).then_some((resource_type, segment))
        })
    }

    /// `/Users`, `/Users/{id}`, `/Users/.search`, or the path itself.
    fn template(&self, below: &str) -> String {
        match self.route(below) {
            Some((resource_type, "")) => resource_type.endpoint().to_owned(),
            Some((resource_type, ".search")) => format!("{}/.search", resource_type.endpoint()),
            Some((resource_type, _)) => format!("{}/{{id}}", resource_type.endpoint()),
            None => below.to_owned(),
        }
    }

    fn written(&self, done: Result<Done, Refusal>) -> Answer {
        let media_type = &self.habits.wire.answers;
        match done {
            Ok(done) => {
                let tag = done.tag.map(|tag| ("etag", tag));
                let location = done.location.map(|location| ("location", location));
                Answer {
                    status: done.status,
                    media_type: media_type.clone(),
                    body: done.body.map(|body| body.to_string()).unwrap_or_default(),
                    headers: tag.into_iter().chain(location).collect(),
                }
            }
            Err(refusal) => {
                let (media_type, body) = refusal.answer(&self.habits.errors, media_type);
                let limit = self.habits.wire.write_limit.or(self.habits.wire.limit);
                let seconds = limit.map(|limit| limit.seconds.to_string());
                let wait = seconds.filter(|_| refusal.status == 429).map(|seconds| ("retry-after", seconds));
                Answer { status: refusal.status, media_type, body, headers: wait.into_iter().collect() }
            }
        }
    }
}

/// Whether one more is within the limit; it counts from now on, if so.
fn within(limit: Option<Limit>, earlier: &mut Vec<Instant>) -> bool {
    let Some(limit) = limit else { return true };
    earlier.retain(|at| at.elapsed() < Duration::from_secs(limit.seconds));
    let is_within = earlier.len() < limit.requests;
    if is_within {
        earlier.push(Instant::now());
    }
    is_within
}
