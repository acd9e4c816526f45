//! What a strict server holds, in the canonical form of RFC 7643.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{GROUPS, USERS, refusal::Refusal};

/// How a vendor tells the time.
pub(super) type Clock = fn() -> String;

/// How a vendor counts: the id of its first, second, … resource.
pub(super) type Ids = fn(u64) -> String;

pub(super) struct Store {
    users: Vec<Value>,
    groups: Vec<Value>,
    passwords: BTreeMap<String, String>,
    created: BTreeMap<String, u64>,
    clock: Clock,
    ids: Ids,
}

impl Store {
    pub(super) fn new(clock: Clock, ids: Ids) -> Self {
        Self {
            users: Vec::new(),
            groups: Vec::new(),
            passwords: BTreeMap::new(),
            created: BTreeMap::new(),
            clock,
            ids,
        }
    }

    /// In the order of their creation.
    pub(super) fn all(&self, endpoint: &str) -> &[Value] {
        match endpoint {
            USERS => &self.users,
            GROUPS => &self.groups,
            other => panic!("nothing is kept at {other}"),
        }
    }

    fn collection(&mut self, endpoint: &str) -> &mut Vec<Value> {
        match endpoint {
            USERS => &mut self.users,
            GROUPS => &mut self.groups,
            other => panic!("nothing is kept at {other}"),
        }
    }

    pub(super) fn get(&self, endpoint: &str, id: &str) -> Option<&Value> {
        self.all(endpoint).iter().find(|resource| resource["id"] == id)
    }

    pub(super) fn password(&self, id: &str) -> Option<&str> {
        self.passwords.get(id).map(String::as_str)
    }

    /// Keeps a new resource under a new id, and its password apart.
    pub(super) fn create(&mut self, endpoint: &str, mut resource: Value) -> Value {
        let count = self.created.entry(endpoint.to_owned()).or_default();
        *count += 1;
        let id = (self.ids)(*count);
        let now = (self.clock)();
        self.keep_password(&id, &mut resource);
        resource["id"] = json!(id);
        let kind = endpoint.trim_start_matches('/').trim_end_matches('s');
        resource["meta"] = json!({"resourceType": kind, "created": now, "lastModified": now});
        self.collection(endpoint).push(resource.clone());
        resource
    }

    /// What was read and changed takes the place of what was there.
    pub(super) fn replace(&mut self, endpoint: &str, id: &str, mut resource: Value) -> Value {
        let now = (self.clock)();
        self.keep_password(id, &mut resource);
        let kept = self.collection(endpoint).iter_mut().find(|kept| kept["id"] == id);
        let kept = kept.expect("whoever changes a resource has read it");
        resource["id"] = kept["id"].clone();
        resource["meta"] = kept["meta"].clone();
        resource["meta"]["lastModified"] = json!(now);
        kept.clone_from(&resource);
        resource
    }

    /// A user who goes leaves the groups too.
    pub(super) fn remove(&mut self, endpoint: &str, id: &str) -> Result<(), Refusal> {
        let collection = self.collection(endpoint);
        let before = collection.len();
        collection.retain(|resource| resource["id"] != id);
        if collection.len() == before {
            return Err(Refusal::missing("there is no such resource"));
        }
        if endpoint == USERS {
            self.passwords.remove(id);
            for members in self.groups.iter_mut().filter_map(|group| group.get_mut("members")?.as_array_mut())
            {
                members.retain(|member| member["value"] != id);
            }
        }
        Ok(())
    }

    /// Whether somebody else has this text at this place, whatever its case.
    pub(super) fn is_taken(&self, endpoint: &str, id: &str, pointer: &str, text: &str) -> bool {
        let has = |value: Option<&Value>| {
            value.and_then(Value::as_str).is_some_and(|it| it.eq_ignore_ascii_case(text))
        };
        self.all(endpoint).iter().filter(|other| other["id"] != id).any(|other| has(other.pointer(pointer)))
    }

    /// Whether somebody else has one of these e-mail addresses.
    pub(super) fn email_is_taken(&self, id: &str, emails: &Value) -> bool {
        let addresses = |emails: &Value| -> Vec<String> {
            let values = emails.as_array().into_iter().flatten();
            values.filter_map(|email| Some(email["value"].as_str()?.to_lowercase())).collect()
        };
        let wanted = addresses(emails);
        let mut others = self.users.iter().filter(|other| other["id"] != id);
        others.any(|other| addresses(&other["emails"]).iter().any(|it| wanted.contains(it)))
    }

    fn keep_password(&mut self, id: &str, resource: &mut Value) {
        let password = resource.as_object_mut().and_then(|resource| resource.remove("password"));
        if let Some(Value::String(password)) = password {
            self.passwords.insert(id.to_owned(), password);
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "a server has a clock of its own")]
pub(super) fn now() -> jiff::Timestamp {
    jiff::Timestamp::now()
}
