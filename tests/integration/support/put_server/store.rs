//! What the server holds.

use std::collections::BTreeMap;

use serde_json::{Value, json};

#[derive(Default)]
pub(super) struct Store {
    users: BTreeMap<String, Stored>,
    groups: BTreeMap<String, Stored>,
    created: usize,
}

struct Stored {
    /// Without `id`, `meta` and `password`.
    content: Value,
    created: String,
    version: u64,
    password: Option<String>,
}

/// An error as SCIM tells it (RFC 7644 §3.12).
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) status: u16,
    scim_type: &'static str,
    detail: &'static str,
}

impl Refusal {
    pub(super) fn new(status: u16, scim_type: &'static str, detail: &'static str) -> Self {
        Self { status, scim_type, detail }
    }

    pub(super) fn not_found() -> Self {
        Self::new(404, "", "there is no such resource")
    }

    pub(super) fn body(&self) -> Value {
        json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"],
            "status": self.status.to_string(), "scimType": self.scim_type, "detail": self.detail,
        })
    }
}

/// Equal as names are: whatever the case.
pub(super) fn equals(left: &Value, right: &Value) -> bool {
    match (left.as_str(), right.as_str()) {
        (Some(left), Some(right)) => left.eq_ignore_ascii_case(right),
        _ => left == right && !left.is_null(),
    }
}

impl Store {
    fn collection(&mut self, endpoint: &str) -> &mut BTreeMap<String, Stored> {
        if endpoint == "/Users" { &mut self.users } else { &mut self.groups }
    }

    fn stored(&self, endpoint: &str) -> &BTreeMap<String, Stored> {
        if endpoint == "/Users" { &self.users } else { &self.groups }
    }

    pub(super) fn all(&self, endpoint: &str) -> Vec<Value> {
        self.stored(endpoint).iter().map(|(id, stored)| stored.shown(id, endpoint)).collect()
    }

    pub(super) fn get(&self, endpoint: &str, id: &str) -> Option<Value> {
        self.stored(endpoint).get(id).map(|stored| stored.shown(id, endpoint))
    }

    pub(super) fn password(&self, id: &str) -> Option<String> {
        self.users.get(id)?.password.clone()
    }

    pub(super) fn create(&mut self, endpoint: &str, body: Value) -> Result<Value, Refusal> {
        self.refuse_taken_name(endpoint, "", &body)?;
        self.created += 1;
        let id = format!("{}{}", endpoint[1..2].to_lowercase(), self.created);
        let (content, password) = split(body);
        self.collection(endpoint)
            .insert(id.clone(), Stored { content, created: now(), version: 1, password });
        self.get(endpoint, &id).ok_or_else(Refusal::not_found)
    }

    /// PUT: what `body` leaves out is gone. A password that it leaves out
    /// stays, because nobody can have read it.
    pub(super) fn replace(
        &mut self,
        endpoint: &str,
        id: &str,
        if_match: Option<&str>,
        body: Value,
    ) -> Result<Value, Refusal> {
        let version = self.stored(endpoint).get(id).ok_or_else(Refusal::not_found)?.version;
        match if_match {
            None => return Err(Refusal::new(428, "", "If-Match is needed")),
            Some(tag) if tag != tag_of(version) => {
                return Err(Refusal::new(412, "", "it has another version"));
            }
            Some(_) => {}
        }
        self.refuse_taken_name(endpoint, id, &body)?;
        let stored = self.collection(endpoint).get_mut(id).ok_or_else(Refusal::not_found)?;
        let (content, password) = split(body);
        stored.content = content;
        stored.password = password.or(stored.password.take());
        stored.version += 1;
        Ok(stored.shown(id, endpoint))
    }

    pub(super) fn edit(&mut self, endpoint: &str, id: &str, change: impl FnOnce(&mut Value)) {
        let stored = self.collection(endpoint).get_mut(id).expect("the resource is there");
        change(&mut stored.content);
        stored.version += 1;
    }

    pub(super) fn delete(&mut self, endpoint: &str, id: &str) -> Result<(), Refusal> {
        self.collection(endpoint).remove(id).map(|_| ()).ok_or_else(Refusal::not_found)
    }

    fn refuse_taken_name(&self, endpoint: &str, id: &str, body: &Value) -> Result<(), Refusal> {
        let name = if endpoint == "/Users" { "userName" } else { "displayName" };
        if body[name].as_str().is_none_or(str::is_empty) {
            return Err(Refusal::new(400, "invalidValue", "the name is required"));
        }
        let mut others = self.stored(endpoint).iter().filter(|(other, _)| *other != id);
        if others.any(|(_, other)| equals(&other.content[name], &body[name])) {
            return Err(Refusal::new(409, "uniqueness", "the name is taken"));
        }
        Ok(())
    }
}

impl Stored {
    /// As it is answered: the password never is.
    fn shown(&self, id: &str, endpoint: &str) -> Value {
        let mut shown = self.content.clone();
        shown["id"] = json!(id);
        shown["meta"] = json!({
            "resourceType": endpoint[1..].trim_end_matches('s'),
            "created": self.created,
            "location": format!("{}{endpoint}/{id}", super::BASE),
            "version": tag_of(self.version),
        });
        shown
    }
}

fn tag_of(version: u64) -> String {
    format!("W/\"{version}\"")
}

#[expect(clippy::disallowed_methods, reason = "a server has a clock of its own")]
fn now() -> String {
    jiff::Timestamp::now().to_string()
}

/// What a client may write, and the password.
fn split(mut body: Value) -> (Value, Option<String>) {
    let mut password = None;
    if let Some(body) = body.as_object_mut() {
        body.remove("id");
        body.remove("meta");
        password = body.remove("password").and_then(|value| value.as_str().map(str::to_owned));
    }
    (body, password)
}
