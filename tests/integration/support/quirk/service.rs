//! What each request does.

use serde_json::{Value, json};

use super::{
    ResourceType,
    filter::Choice,
    habits::{Answered, Beyond, Habits, Operation, Paging, Search, Style},
    intake,
    page::Page,
    query::Query,
    refusal::Refusal,
    render::{Place, Renderer},
    store::{Store, Stored},
};

/// A request that is understood so far.
pub(super) struct Call<'a> {
    pub(super) method: &'a str,
    pub(super) resource_type: ResourceType,
    pub(super) target: Target<'a>,
    pub(super) query: Query,
    pub(super) if_match: Option<&'a str>,
    pub(super) body: &'a [u8],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Target<'a> {
    All,
    Search,
    One(&'a str),
}

/// What was done.
#[derive(Debug)]
pub(super) struct Done {
    pub(super) status: u16,
    pub(super) body: Option<Value>,
    pub(super) tag: Option<String>,
    pub(super) location: Option<String>,
}

impl Done {
    fn answering(self, answers: Answered) -> Self {
        match answers {
            Answered::Resource => self,
            Answered::EmptyObject => Self { body: self.body.map(|_| json!({})), tag: None, ..self },
        }
    }
}

pub(super) struct Service<'a> {
    pub(super) habits: &'a Habits,
    pub(super) origin: &'a str,
    pub(super) store: &'a mut Store,
}

impl Service<'_> {
    pub(super) fn answer(&mut self, call: &Call<'_>) -> Result<Done, Refusal> {
        let kind = self.habits.of(call.resource_type);
        if !kind.exists {
            return Err(Refusal::new(404, "", "there is no such endpoint"));
        }
        match (call.method, call.target) {
            ("GET", Target::All) => {
                let status = allowed(&kind.list, 200)?;
                self.list(call, status, &call.query)
            }
            ("POST", Target::Search) if self.habits.paging.search != Search::Absent => {
                allowed(&kind.list, 200)?;
                self.list(call, 200, &Query::of_search(&intake::json(call.body)?))
            }
            ("POST", Target::All) => {
                let status = allowed(&kind.create, 201)?;
                self.create(call, status).map(|done| done.answering(kind.create.answers))
            }
            ("GET", Target::One(id)) => {
                let status = allowed(&kind.read, 200)?;
                self.read(call, id, status)
            }
            ("PUT", Target::One(id)) => {
                let status = allowed(&kind.put, 200)?;
                self.put(call, id, status).map(|done| done.answering(kind.put.answers))
            }
            ("PATCH", Target::One(id)) => {
                let status = allowed(&kind.patch, 200)?;
                self.patch(call, id, status).map(|done| done.answering(kind.patch.answers))
            }
            ("DELETE", Target::One(id)) => {
                let status = allowed(&kind.delete, 204)?;
                self.delete(call, id, status)
            }
            (_, Target::Search) => Err(Refusal::new(404, "", "there is no such endpoint")),
            _ => Err(Refusal::new(405, "", "this is not allowed here")),
        }
    }

    fn read(&mut self, call: &Call<'_>, id: &str, status: u16) -> Result<Done, Refusal> {
        let stored = self.store.get_mut(call.resource_type, id).ok_or_else(Refusal::not_found)?;
        let found = stored.look().filter(|found| self.sees(found)).ok_or_else(Refusal::not_found)?;
        Ok(self.shown(call, Place::Read, status, &found, None))
    }

    fn list(&mut self, call: &Call<'_>, status: u16, query: &Query) -> Result<Done, Refusal> {
        let only_search = self.habits.paging.search == Search::Only && call.target == Target::All;
        let filter = query.filter.as_deref().filter(|_| !only_search);
        let choice = Choice::of(self.habits, call.resource_type, filter)?;
        let mut found: Vec<Stored> = Vec::new();
        for stored in self.store.all_mut(call.resource_type) {
            found.extend(stored.look().filter(|seen| choice.has(&seen.canonical(call.resource_type))));
        }
        found.retain(|stored| self.sees(stored));
        let bare = self.habits.of(call.resource_type).bare_array;
        let paging = Paging {
            style: match self.habits.paging.style {
                _ if bare => Style::None,
                _ if only_search => Style::FirstPageOnly,
                style => style,
            },
            after: if only_search { Beyond::First } else { self.habits.paging.after },
            ..self.habits.paging.clone()
        };
        let page = Page::of(&paging, query, found.len())?;
        let renderer = self.renderer(query);
        let shown: Vec<Value> = found[page.from..page.to]
            .iter()
            .map(|stored| {
                renderer.resource(call.resource_type, Place::List, stored.canonical(call.resource_type))
            })
            .collect();
        let body = if bare { Value::Array(shown) } else { page.body(&paging, shown) };
        Ok(Done { status, body: Some(body), tag: None, location: None })
    }

    /// The resource, for those who may see it.
    pub(super) fn visible(&self, resource_type: ResourceType, id: &str) -> Result<&Stored, Refusal> {
        let found = self.store.get(resource_type, id).filter(|stored| self.sees(stored));
        found.ok_or_else(Refusal::not_found)
    }

    fn sees(&self, stored: &Stored) -> bool {
        let lifecycle = &self.habits.lifecycle;
        let name = stored.content.get("userName").and_then(Value::as_str).unwrap_or_default();
        let hidden = lifecycle.hidden.iter().any(|hidden| hidden.eq_ignore_ascii_case(name));
        !(hidden || lifecycle.inactive.hidden && stored.is_inactive())
    }

    /// The answer to a write; `echo` is shown over what is stored.
    pub(super) fn written(&self, call: &Call<'_>, status: u16, stored: &Stored, echo: Option<Value>) -> Done {
        self.shown(call, Place::Written, status, stored, echo)
    }

    /// The answer that shows one resource.
    fn shown(
        &self,
        call: &Call<'_>,
        place: Place,
        status: u16,
        stored: &Stored,
        echo: Option<Value>,
    ) -> Done {
        let mut canonical = stored.canonical(call.resource_type);
        if let (Value::Object(canonical), Some(Value::Object(echo))) = (&mut canonical, echo) {
            let echoed = echo.into_iter().filter(|(name, _)| name != "password");
            canonical.extend(echoed.filter(|(name, _)| !matches!(name.as_str(), "id" | "meta")));
        }
        let renderer = self.renderer(&call.query);
        let location = self
            .habits
            .creation
            .location
            .then(|| format!("{}{}", self.origin, renderer.path(call.resource_type, &stored.id)));
        let body = renderer.resource(call.resource_type, place, canonical);
        let tag = self.habits.entity_tags.shown.then(|| stored.tag());
        Done { status, body: (status != 204).then_some(body), tag, location }
    }

    fn renderer<'a>(&'a self, query: &'a Query) -> Renderer<'a> {
        Renderer { habits: self.habits, origin: self.origin, query, store: self.store }
    }

    /// What the server says of itself (RFC 7643 §5), true unless told
    /// otherwise.
    pub(super) fn config(&self) -> Value {
        let says = |supported: bool| json!({"supported": supported});
        let refused = |operation: &Operation| operation.refused.is_some();
        let habits = self.habits;
        let mut config = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"],
            "patch": says(!refused(&habits.users.patch) || !refused(&habits.groups.patch)),
            "bulk": says(false), "changePassword": says(true), "sort": says(false),
            "etag": says(habits.entity_tags.shown),
            "filter": {
                "supported": habits.filter.refused.is_none(),
                "maxResults": habits.paging.most.unwrap_or(1000),
            },
            "authenticationSchemes": [{"type": "oauthbearertoken", "name": "token", "description": "a token"}],
        });
        for (name, value) in &habits.discovery.says {
            config[name] = value.clone();
        }
        config
    }

    pub(super) fn resource_types(&self) -> Value {
        let existing = ResourceType::ALL.into_iter().filter(|it| self.habits.of(*it).exists);
        let types: Vec<Value> = existing
            .map(|it| {
                let mut resource_type = json!({
                    "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ResourceType"],
                    "name": it.to_string(), "endpoint": self.habits.path(it),
                    "schema": super::names::core_schema(it),
                });
                if self.habits.discovery.resource_type_ids {
                    resource_type["id"] = json!(it.to_string());
                }
                resource_type
            })
            .collect();
        json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
            "totalResults": types.len(), "Resources": types,
        })
    }
}

/// The status of success, where there is such an operation.
fn allowed(operation: &Operation, by_the_rfc: u16) -> Result<u16, Refusal> {
    match operation.refused {
        Some(status) => Err(Refusal::new(status, "", "there is no such operation")),
        None => Ok(operation.status.unwrap_or(by_the_rfc)),
    }
}
