//! What the server holds, as RFC 7643 has it.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::{ResourceType, names::equal};

pub(super) type Object = Map<String, Value>;

#[derive(Default)]
pub(super) struct Store {
    users: Vec<Stored>,
    groups: Vec<Stored>,
    created: u64,
}

#[derive(Clone, Debug)]
pub(super) struct Stored {
    pub(super) id: String,
    /// Without `id`, `meta` and `password`.
    pub(super) content: Object,
    pub(super) password: Option<String>,
    pub(super) created: Timestamp,
    pub(super) changed: Timestamp,
    pub(super) version: u64,
    /// How many reads do not see it yet.
    pub(super) unseen: u32,
    /// What so many reads still see.
    pub(super) stale: Option<(Object, u32)>,
}

impl Stored {
    pub(super) fn is_inactive(&self) -> bool {
        self.content.get("active") == Some(&Value::Bool(false))
    }

    pub(super) fn tag(&self) -> String {
        format!("W/\"{}\"", self.version)
    }

    /// What this read sees, if anything.
    pub(super) fn look(&mut self) -> Option<Self> {
        if self.unseen > 0 {
            self.unseen -= 1;
            return None;
        }
        let Some((content, reads)) = &mut self.stale else { return Some(self.clone()) };
        *reads -= 1;
        let (content, is_last) = (content.clone(), *reads == 0);
        if is_last {
            self.stale = None;
        }
        Some(Self { content, ..self.clone() })
    }

    /// As RFC 7643 has it.
    pub(super) fn canonical(&self, resource_type: ResourceType) -> Value {
        let mut resource = self.content.clone();
        resource.insert("id".to_owned(), json!(self.id));
        resource.insert(
            "meta".to_owned(),
            json!({
                "resourceType": &resource_type.endpoint()[1..].trim_end_matches('s'),
                "created": self.created.to_string(), "lastModified": self.changed.to_string(),
                "version": self.tag(),
            }),
        );
        Value::Object(resource)
    }
}

impl Store {
    pub(super) fn all(&self, resource_type: ResourceType) -> &Vec<Stored> {
        match resource_type {
            ResourceType::User => &self.users,
            ResourceType::Group => &self.groups,
        }
    }

    pub(super) fn all_mut(&mut self, resource_type: ResourceType) -> &mut Vec<Stored> {
        match resource_type {
            ResourceType::User => &mut self.users,
            ResourceType::Group => &mut self.groups,
        }
    }

    pub(super) fn get(&self, resource_type: ResourceType, id: &str) -> Option<&Stored> {
        self.all(resource_type).iter().find(|stored| stored.id == id)
    }

    pub(super) fn get_mut(&mut self, resource_type: ResourceType, id: &str) -> Option<&mut Stored> {
        self.all_mut(resource_type).iter_mut().find(|stored| stored.id == id)
    }

    /// A new resource. Ids are digits, so that they can be integers too, and
    /// no user's is a group's.
    pub(super) fn insert(
        &mut self,
        resource_type: ResourceType,
        id: Option<String>,
        content: Object,
    ) -> String {
        self.created += 1;
        let id = id.unwrap_or_else(|| format!("{}", 1000 + self.created));
        let mut stored = Stored {
            id: id.clone(),
            content: Object::new(),
            password: None,
            created: now(),
            changed: now(),
            version: 0,
            unseen: 0,
            stale: None,
        };
        stored.write(content);
        self.all_mut(resource_type).push(stored);
        id
    }

    /// Removes it; its memberships too, unless they outlive it.
    pub(super) fn remove(&mut self, resource_type: ResourceType, id: &str, memberships_outlive: bool) {
        self.all_mut(resource_type).retain(|stored| stored.id != id);
        if memberships_outlive {
            return;
        }
        for group in &mut self.groups {
            let Some(Value::Array(members)) = group.content.get_mut("members") else { continue };
            members.retain(|member| member["value"].as_str() != Some(id));
            if members.is_empty() {
                group.content.remove("members");
            }
        }
    }

    /// Another resource with the same value of this attribute.
    pub(super) fn namesake(
        &self,
        resource_type: ResourceType,
        id: Option<&str>,
        attribute: &str,
        value: &Value,
    ) -> Option<&Stored> {
        let others = self.all(resource_type).iter().filter(|stored| Some(stored.id.as_str()) != id);
        others
            .into_iter()
            .find(|stored| stored.content.get(attribute).is_some_and(|known| equal(known, value)))
    }

    /// Whether there is a user or a group with this id.
    pub(super) fn knows(&self, id: &str) -> Option<ResourceType> {
        [ResourceType::User, ResourceType::Group].into_iter().find(|it| self.get(*it, id).is_some())
    }
}

impl Stored {
    /// The content from now on. The password is kept apart, because nobody may
    /// read it; one that is left out stays.
    pub(super) fn write(&mut self, mut content: Object) {
        content.remove("id");
        content.remove("meta");
        if let Some(Value::String(password)) = content.remove("password") {
            self.password = Some(password);
        }
        if content != self.content || self.version == 0 {
            self.content = content;
            self.version += 1;
            self.changed = now();
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "a server has a clock of its own")]
fn now() -> Timestamp {
    Timestamp::now()
}
