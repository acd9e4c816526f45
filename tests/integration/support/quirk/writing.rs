//! Creation, change and deletion.

use serde_json::{Value, json};

use super::{
    ResourceType, attributes,
    habits::{AbsentActive, Deletion, Ids, IfMatch, Recreation},
    intake,
    lifecycle::{self, Fate},
    members::Roster,
    patch,
    refusal::Refusal,
    service::{Call, Done, Service},
    store::{Object, Stored},
};

impl Service<'_> {
    pub(super) fn create(&mut self, call: &Call<'_>, status: u16) -> Result<Done, Refusal> {
        let resource_type = call.resource_type;
        let sent = intake::resource(&self.habits.shape, resource_type, call.body)?;
        let mut wanted = sent.clone();
        if resource_type == ResourceType::Group {
            self.roster(None).at_creation(&mut wanted)?;
        }
        let mut content = attributes::settle(self.habits, resource_type, None, wanted)?;
        self.set_default_active(resource_type, &mut content);
        let echo = self.echo(resource_type, sent);
        if let Some(namesake) = self.namesake(resource_type, None, &content) {
            let recreation = if namesake.is_inactive() {
                self.habits.lifecycle.inactive.recreation
            } else {
                Recreation::Conflicts
            };
            match (recreation, self.habits.creation.upserts) {
                (Recreation::Allowed, _) => {}
                (Recreation::Reactivates, _) => return Ok(self.overwrite(call, 200, namesake, content, echo)),
                (Recreation::Conflicts, Some(status)) => {
                    return Ok(self.overwrite(call, status, namesake, content, echo));
                }
                (Recreation::Conflicts, None) => return Err(self.taken()),
            }
        }
        let id = match self.habits.shape.ids {
            Ids::ExternalId => Some(self.external_id(resource_type, &content)?),
            Ids::Text | Ids::Integer | Ids::IntegerInLists => None,
        };
        let id = self.store.insert(resource_type, id, content);
        let stored = self.store.get_mut(resource_type, &id).ok_or_else(Refusal::not_found)?;
        stored.unseen = self.habits.lag.unseen;
        let stored = stored.clone();
        Ok(self.written(call, status, &stored, echo))
    }

    pub(super) fn put(&mut self, call: &Call<'_>, id: &str, status: u16) -> Result<Done, Refusal> {
        let resource_type = call.resource_type;
        let mut wanted = intake::resource(&self.habits.shape, resource_type, call.body)?;
        if wanted.get("id").and_then(Value::as_str).is_some_and(|sent| sent != id) {
            return Err(Refusal::bad("mutability", "the id is another"));
        }
        let before = self.visible(resource_type, id)?.clone();
        if resource_type == ResourceType::Group {
            self.roster(Some(id)).in_put(&before.content, &mut wanted)?;
        }
        if self.habits.put.keeps_absent {
            for (name, value) in &before.content {
                wanted.entry(name.clone()).or_insert_with(|| value.clone());
            }
        }
        match (self.habits.put.absent_active, before.content.get("active")) {
            (AbsentActive::Kept, Some(active)) => {
                wanted.entry("active").or_insert_with(|| active.clone());
            }
            _ => self.set_default_active(resource_type, &mut wanted),
        }
        self.change(call, status, &before, wanted)
    }

    pub(super) fn patch(&mut self, call: &Call<'_>, id: &str, status: u16) -> Result<Done, Refusal> {
        let before = self.visible(call.resource_type, id)?.clone();
        let roster = self.roster(Some(id));
        let wanted = patch::apply(self.habits, call.resource_type, &roster, &before.content, call.body)?;
        self.change(call, status, &before, wanted)
    }

    fn change(
        &mut self,
        call: &Call<'_>,
        status: u16,
        before: &Stored,
        wanted: Object,
    ) -> Result<Done, Refusal> {
        let resource_type = call.resource_type;
        self.check_version(call, before)?;
        let echo = self.echo(resource_type, wanted.clone());
        let mut content = attributes::settle(self.habits, resource_type, Some(&before.content), wanted)?;
        let fate = lifecycle::judge(&self.habits.lifecycle, before, &mut content)?;
        if self.namesake(resource_type, Some(&before.id), &content).is_some() {
            return Err(self.taken());
        }
        let mut after = before.clone();
        match fate {
            Fate::Untouched => {}
            Fate::Gone => {
                after.write(content);
                self.store.remove(resource_type, &before.id, self.habits.members.outlive);
            }
            Fate::Changed => {
                after.write(content);
                let stale = self.habits.lag.stale;
                after.stale = (stale > 0).then(|| (before.content.clone(), stale));
                if let Some(stored) = self.store.get_mut(resource_type, &before.id) {
                    *stored = after.clone();
                }
            }
        }
        Ok(self.written(call, status, &after, echo))
    }

    pub(super) fn delete(&mut self, call: &Call<'_>, id: &str, status: u16) -> Result<Done, Refusal> {
        let before = self.visible(call.resource_type, id)?.clone();
        self.check_version(call, &before)?;
        let deactivates = self.habits.lifecycle.deletion == Deletion::Deactivates;
        if deactivates && call.resource_type == ResourceType::User {
            let mut content = before.content.clone();
            lifecycle::deactivate(&self.habits.lifecycle, id, &mut content);
            if let Some(stored) = self.store.get_mut(call.resource_type, id) {
                stored.write(content);
            }
        } else {
            self.store.remove(call.resource_type, id, self.habits.members.outlive);
        }
        Ok(Done { status, body: None, tag: None, location: None })
    }

    /// The one that is there gets what was sent, and is answered.
    fn overwrite(
        &mut self,
        call: &Call<'_>,
        status: u16,
        namesake: Stored,
        content: Object,
        echo: Option<Value>,
    ) -> Done {
        let mut after = namesake;
        let mut merged = after.content.clone();
        merged.extend(content);
        after.write(merged);
        if let Some(stored) = self.store.get_mut(call.resource_type, &after.id) {
            *stored = after.clone();
        }
        self.written(call, status, &after, echo)
    }

    fn namesake(&self, resource_type: ResourceType, id: Option<&str>, content: &Object) -> Option<Stored> {
        let unique = self.habits.unique(resource_type);
        let taken =
            unique.iter().find_map(|name| self.store.namesake(resource_type, id, name, content.get(name)?));
        let frees = self.habits.lifecycle.inactive.recreation == Recreation::Allowed;
        taken.filter(|namesake| !(frees && namesake.is_inactive())).cloned()
    }

    fn taken(&self) -> Refusal {
        let creation = &self.habits.creation;
        let scim_type = creation.duplicate_type.as_deref().unwrap_or_default();
        Refusal::new(creation.duplicate, scim_type, "there is one with this name already")
    }

    fn external_id(&self, resource_type: ResourceType, content: &Object) -> Result<String, Refusal> {
        let Some(id) = content.get("externalId").and_then(Value::as_str) else {
            return Err(Refusal::bad("invalidValue", "externalId is required"));
        };
        if self.store.get(resource_type, id).is_some() { Err(self.taken()) } else { Ok(id.to_owned()) }
    }

    fn set_default_active(&self, resource_type: ResourceType, content: &mut Object) {
        let only = &self.habits.users.only;
        let known = only.as_ref().is_none_or(|only| only.iter().any(|name| name == "active"));
        if resource_type == ResourceType::User && known {
            content.entry("active").or_insert(json!(self.habits.lifecycle.active_by_default));
        }
    }

    fn echo(&self, resource_type: ResourceType, sent: Object) -> Option<Value> {
        self.habits.of(resource_type).echo.then_some(Value::Object(sent))
    }

    fn check_version(&self, call: &Call<'_>, before: &Stored) -> Result<(), Refusal> {
        match (self.habits.entity_tags.if_match, call.if_match) {
            (IfMatch::Ignored, _) | (IfMatch::Checked, None) => Ok(()),
            (IfMatch::Required, None) => Err(Refusal::new(428, "", "If-Match is needed")),
            (_, Some(tag)) if tag == before.tag() || tag == "*" => Ok(()),
            (_, Some(_)) => Err(Refusal::new(412, "", "it has another version")),
        }
    }

    fn roster<'a>(&'a self, group: Option<&'a str>) -> Roster<'a> {
        Roster { habits: &self.habits.members, store: self.store, group }
    }
}
