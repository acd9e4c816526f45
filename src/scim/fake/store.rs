//! What the server in memory holds, and its rules.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::scim::{
    error::{Error, ErrorKind, ScimType},
    interpreter,
    port::ResourceType,
    resource::{Resource, find},
};

/// Users and groups in the order of their creation.
#[derive(Debug, Default)]
pub(super) struct Store {
    users: Vec<Resource>,
    groups: Vec<Resource>,
    created: u64,
}

impl Store {
    pub(super) fn all(&self, resource_type: ResourceType) -> &[Resource] {
        match resource_type {
            ResourceType::User => &self.users,
            ResourceType::Group => &self.groups,
        }
    }

    fn all_mut(&mut self, resource_type: ResourceType) -> &mut Vec<Resource> {
        match resource_type {
            ResourceType::User => &mut self.users,
            ResourceType::Group => &mut self.groups,
        }
    }

    pub(super) fn find(&self, resource_type: ResourceType, id: &str) -> Option<&Resource> {
        self.all(resource_type).iter().find(|resource| resource.id().as_deref() == Some(id))
    }

    fn position(&self, resource_type: ResourceType, id: &str) -> Option<usize> {
        self.all(resource_type).iter().position(|resource| resource.id().as_deref() == Some(id))
    }

    /// A create by request: the server chooses id and meta, and user names are
    /// unique (RFC 7643 §4.1.1).
    pub(super) fn create(
        &mut self,
        resource_type: ResourceType,
        body: &Resource,
        now: Option<Timestamp>,
    ) -> Result<Resource, Error> {
        let operation = format!("POST {}", resource_type.endpoint());
        self.check_unique(resource_type, body, None, &operation)?;
        let mut object = body.as_object().clone();
        object.retain(|name, _| !name.eq_ignore_ascii_case("id") && !name.eq_ignore_ascii_case("meta"));
        let id = self.put(resource_type, &of(object), now);
        Ok(self.find(resource_type, &id).cloned().unwrap_or_default())
    }

    /// Stores with an id and meta, those of the body where it has them.
    pub(super) fn put(
        &mut self,
        resource_type: ResourceType,
        body: &Resource,
        now: Option<Timestamp>,
    ) -> String {
        self.created += 1;
        let id = body.id().unwrap_or_else(|| format!("{resource_type}-{}", self.created).to_lowercase());
        let mut object = body.as_object().clone();
        if find(&object, "id").is_none() {
            object.insert("id".to_owned(), id.clone().into());
        }
        if find(&object, "meta").is_none() {
            let mut meta = Map::from_iter([
                ("resourceType".to_owned(), json!(resource_type.to_string())),
                ("version".to_owned(), json!(version(1))),
            ]);
            if let Some(now) = now {
                meta.insert("created".to_owned(), json!(now.to_string()));
            }
            object.insert("meta".to_owned(), Value::Object(meta));
        }
        self.all_mut(resource_type).push(of(object));
        id
    }

    pub(super) fn patch(
        &mut self,
        resource_type: ResourceType,
        id: &str,
        body: &Value,
        if_match: Option<&str>,
    ) -> Result<Resource, Error> {
        let operation = format!("PATCH {}/{{id}}", resource_type.endpoint());
        let at = self.existing(resource_type, id, &operation)?;
        check_version(&self.all(resource_type)[at], if_match, &operation)?;
        let mut changed = self.all(resource_type)[at].clone();
        interpreter::apply(&mut changed, body).map_err(|fault| Error {
            status: Some(400),
            scim_type: Some(fault.scim_type),
            detail: Some(fault.detail),
            ..Error::new(ErrorKind::Rejected, operation.clone())
        })?;
        self.change(resource_type, at, changed, &operation)
    }

    /// A replacement by request: what the body leaves out is cleared, but for
    /// what only the server writes (RFC 7644 §3.5.1).
    pub(super) fn replace(
        &mut self,
        resource_type: ResourceType,
        id: &str,
        body: &Resource,
        if_match: Option<&str>,
    ) -> Result<Resource, Error> {
        let operation = format!("PUT {}/{{id}}", resource_type.endpoint());
        let at = self.existing(resource_type, id, &operation)?;
        let current = &self.all(resource_type)[at];
        check_version(current, if_match, &operation)?;
        let is_own = |name: &str| name.eq_ignore_ascii_case("id") || name.eq_ignore_ascii_case("meta");
        let own = current.as_object().iter().filter(|(name, _)| is_own(name));
        let given = body.as_object().iter().filter(|(name, _)| !is_own(name));
        let changed = own.chain(given).map(|(name, value)| (name.clone(), value.clone())).collect();
        self.change(resource_type, at, of(changed), &operation)
    }

    fn existing(&self, resource_type: ResourceType, id: &str, operation: &str) -> Result<usize, Error> {
        self.position(resource_type, id)
            .ok_or_else(|| Error { status: Some(404), ..Error::new(ErrorKind::NotFound, operation) })
    }

    fn change(
        &mut self,
        resource_type: ResourceType,
        at: usize,
        mut changed: Resource,
        operation: &str,
    ) -> Result<Resource, Error> {
        let current = &self.all(resource_type)[at];
        self.check_unique(resource_type, &changed, current.id().as_deref(), operation)?;
        if changed != *current {
            count_version(&mut changed);
            self.all_mut(resource_type)[at] = changed.clone();
        }
        Ok(changed)
    }

    pub(super) fn alter(
        &mut self,
        resource_type: ResourceType,
        id: &str,
        change: impl FnOnce(&mut Resource),
    ) -> bool {
        let Some(at) = self.position(resource_type, id) else { return false };
        let resource = &mut self.all_mut(resource_type)[at];
        change(resource);
        count_version(resource);
        true
    }

    pub(super) fn remove(&mut self, resource_type: ResourceType, id: &str) -> bool {
        let at = self.position(resource_type, id);
        at.map(|at| self.all_mut(resource_type).remove(at)).is_some()
    }

    fn check_unique(
        &self,
        resource_type: ResourceType,
        body: &Resource,
        own_id: Option<&str>,
        operation: &str,
    ) -> Result<(), Error> {
        if resource_type != ResourceType::User {
            return Ok(());
        }
        let name = |user: &Resource| user.text("userName").map(str::to_lowercase);
        let others = self.users.iter().filter(|user| user.id().as_deref() != own_id);
        let taken = name(body).is_some_and(|wanted| others.filter_map(name).any(|other| other == wanted));
        if !taken {
            return Ok(());
        }
        Err(Error {
            status: Some(409),
            scim_type: Some(ScimType::Uniqueness),
            detail: Some("userName is taken".to_owned()),
            ..Error::new(ErrorKind::Conflict, operation)
        })
    }
}

/// 412 for a version that is no more.
fn check_version(current: &Resource, if_match: Option<&str>, operation: &str) -> Result<(), Error> {
    if if_match.is_some_and(|version| version != "*" && Some(version) != current.version()) {
        return Err(Error { status: Some(412), ..Error::new(ErrorKind::PreconditionFailed, operation) });
    }
    Ok(())
}

fn of(object: Map<String, Value>) -> Resource {
    Resource::from_value(Value::Object(object)).unwrap_or_default()
}

fn version(number: u64) -> String {
    format!("W/\"{number}\"")
}

fn count_version(resource: &mut Resource) {
    let digits: String =
        resource.version().unwrap_or_default().chars().filter(char::is_ascii_digit).collect();
    let next = version(digits.parse().unwrap_or(0_u64).saturating_add(1));
    resource.set(&crate::scim::path::AttributePath::core("meta").sub("version"), next.into());
}
