//! The members of a group, as requests would have them.

use serde_json::{Map, Value, json};

use super::{
    ResourceType,
    habits::{InPut, Members, OtherRemoval, Readded, Removal, Replacing, Stranger, Taken},
    names::canonical_names,
    refusal::Refusal,
    store::{Object, Store},
};

/// The rules, and who could be a member.
pub(super) struct Roster<'a> {
    pub(super) habits: &'a Members,
    pub(super) store: &'a Store,
    /// The group's own id, once it has one.
    pub(super) group: Option<&'a str>,
}

impl Roster<'_> {
    /// The members that a creation gives the group.
    pub(super) fn at_creation(&self, content: &mut Object) -> Result<(), Refusal> {
        let Some(sent) = content.remove("members") else { return Ok(()) };
        match self.habits.at_creation {
            Taken::Stored => {
                self.within_limit(count(&sent))?;
                set(content, self.added(Vec::new(), &sent)?);
                Ok(())
            }
            Taken::Ignored => Ok(()),
            Taken::Refused => Err(Refusal::bad("invalidValue", "a group is created without members")),
        }
    }

    /// The members that a PUT leaves the group.
    pub(super) fn in_put(&self, before: &Object, content: &mut Object) -> Result<(), Refusal> {
        let sent = content.remove("members");
        let old = current(before);
        let new = match (self.habits.in_put, sent) {
            (InPut::Stored | InPut::KeptWithout, Some(sent)) => {
                self.within_limit(count(&sent))?;
                self.added(Vec::new(), &sent)?
            }
            (InPut::Stored, None) => Vec::new(),
            (InPut::Refused, Some(_)) => {
                return Err(Refusal::bad("invalidValue", "members cannot be replaced by PUT"));
            }
            (InPut::NotImplemented, Some(_)) => {
                return Err(Refusal::new(501, "", "members cannot be replaced by PUT"));
            }
            (InPut::KeptWithout | InPut::Refused | InPut::NotImplemented, None) | (InPut::Ignored, _) => old,
        };
        set(content, new);
        Ok(())
    }

    /// `add` of members.
    pub(super) fn add(&self, content: &mut Object, value: &Value) -> Result<(), Refusal> {
        let members = self.added(current(content), value)?;
        set(content, members);
        Ok(())
    }

    /// `replace` of all members.
    pub(super) fn replace(&self, content: &mut Object, value: &Value) -> Result<(), Refusal> {
        let members = match self.habits.replacing {
            Replacing::Replaces => self.added(Vec::new(), value)?,
            Replacing::Merges => self.added(current(content), value)?,
            Replacing::Refused => {
                return Err(Refusal::bad("invalidValue", "members cannot be replaced"));
            }
        };
        set(content, members);
        Ok(())
    }

    /// `remove` of members in one of its forms: who is meant, if not all.
    pub(super) fn remove(
        &self,
        content: &mut Object,
        form: Removal,
        meant: impl Fn(&Value) -> bool,
    ) -> Result<(), Refusal> {
        if !self.habits.removal.contains(&form) {
            return match self.habits.other_removal {
                OtherRemoval::Refused => Err(Refusal::bad("invalidSyntax", "members are not removed so")),
                OtherRemoval::Ignored => Ok(()),
                OtherRemoval::Empties => {
                    content.remove("members");
                    Ok(())
                }
            };
        }
        let mut members = current(content);
        let before = members.len();
        members.retain(|member| form != Removal::All && !meant(member));
        if form == Removal::FilterPath && members.len() == before {
            return Err(Refusal::bad("noTarget", "the path selects no member"));
        }
        set(content, members);
        Ok(())
    }

    pub(super) fn within_limit(&self, named: usize) -> Result<(), Refusal> {
        match self.habits.most {
            Some(most) if named > most => {
                Err(Refusal::bad("tooMany", format!("a request names at most {most} members")))
            }
            _ => Ok(()),
        }
    }

    fn added(&self, mut members: Vec<Value>, sent: &Value) -> Result<Vec<Value>, Refusal> {
        for sent in listed(sent) {
            let Some(member) = self.member(&sent)? else { continue };
            let known = members.iter().any(|known| known["value"] == member["value"]);
            if !known || self.habits.readded == Readded::Twice {
                members.push(member);
            }
        }
        Ok(members)
    }

    /// One member as it is stored; nothing where nobody has heard of it.
    fn member(&self, sent: &Value) -> Result<Option<Value>, Refusal> {
        let bad = |detail: &str| Err(Refusal::bad("invalidValue", detail));
        let Value::Object(sent) = canonical_names(sent.clone()) else {
            return bad("a member is no object");
        };
        let Some(value) = sent.get("value").and_then(Value::as_str) else {
            return bad("the value of a member is its id, as a text");
        };
        if let Some(missing) = self.habits.needs.iter().find(|name| !sent.contains_key(*name)) {
            return bad(&format!("a member needs {missing}"));
        }
        let takes = |name: &String| self.habits.takes.as_ref().is_none_or(|takes| takes.contains(name));
        if let Some(other) = sent.keys().find(|name| !takes(name)) {
            return bad(&format!("a member takes no {other}"));
        }
        let kind = match (self.store.knows(value), self.habits.stranger) {
            (Some(kind), _) => Some(kind),
            (None, Stranger::Taken) => None,
            (None, Stranger::Ignored) => return Ok(None),
            (None, Stranger::Refused) => return bad("there is no such member"),
        };
        if kind == Some(ResourceType::Group) && !self.habits.groups {
            return bad("groups cannot be members");
        }
        if self.group == Some(value) {
            return bad("a group is no member of itself");
        }
        let mut member = Map::from_iter([("value".to_owned(), json!(value))]);
        if let Some(kind) = kind {
            member.insert("type".to_owned(), json!(kind.to_string()));
        }
        Ok(Some(Value::Object(member)))
    }
}

/// How many members a value names.
pub(super) fn count(value: &Value) -> usize {
    listed(value).len()
}

fn current(content: &Object) -> Vec<Value> {
    content.get("members").map(listed).unwrap_or_default()
}

fn set(content: &mut Object, members: Vec<Value>) {
    if members.is_empty() {
        content.remove("members");
    } else {
        content.insert("members".to_owned(), Value::Array(members));
    }
}

fn listed(value: &Value) -> Vec<Value> {
    match value {
        Value::Array(values) => values.clone(),
        single => vec![single.clone()],
    }
}
