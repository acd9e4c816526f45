//! Single values that must not be on the server (`spec.ensureAbsent`): an
//! administrator's way to take a device or a role from somebody whose other
//! ones nobody manages.

use serde_json::Value;

use super::{desired::CORE_SCHEMAS, diff::Change};
use crate::{
    api::reasons,
    scim::{
        filter::{Expression, Filter, Operator, ValuePath},
        patch::Operation,
        path::AttributePath,
        profile::{AttributeRule, KindRules, Mutability, Returned},
        resource::{Resource, find},
    },
    sync::outcome::Because,
};

/// One value that must not be there: of this attribute, the values whose
/// sub-attribute is this text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unwanted {
    path: AttributePath,
    sub_attribute: String,
    value: String,
}

/// Why an entry cannot be meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unmeant {
    /// It does not select single values.
    #[error(
        "it selects no single value: write the attribute and one eq, such as roles[value eq \"auditor\"] or \
         urn:example:2.0:User:devices[id eq \"17\"]"
    )]
    NotOneValue,
    /// The attribute is the server's own, or has another place in manifests.
    #[error(
        "the server or this operator sets this attribute, or it belongs to a ScimGroup; remove the entry"
    )]
    OutOfReach,
    /// The manifest says elsewhere what the values of the attribute are.
    #[error(
        "the manifest names the values of this attribute elsewhere, and they would come and go for ever: leave the \
         value out there, and remove this entry"
    )]
    Named,
}

/// What no manifest removes values from (RFC 7643 §3.1, §4.1.2): `groups` is
/// changed by changing a group.
const OUT_OF_REACH: [&str; 6] = ["id", "meta", "schemas", "groups", "members", "password"];

impl Unwanted {
    /// Reads a path such as `roles[value eq "auditor"]` (RFC 7644 §3.5.2). A
    /// filter that could select more than one thing by mistake is refused:
    /// `or`, `not`, `co` and the like.
    pub fn parse(text: &str) -> Result<Self, Unmeant> {
        let ValuePath { path, selection } = ValuePath::parse(text).map_err(|_| Unmeant::NotOneValue)?;
        let Some((Expression::Compare { path: sub, operator: Operator::Equal, value }, None)) = selection
        else {
            return Err(Unmeant::NotOneValue);
        };
        if is_out_of_reach(&path) {
            return Err(Unmeant::OutOfReach);
        }
        let is_plain =
            sub.schema().is_none() && sub.sub_attribute().is_none() && path.sub_attribute().is_none();
        match value {
            Value::String(value) if is_plain && !value.is_empty() => {
                Ok(Self { path, sub_attribute: sub.attribute().to_owned(), value })
            }
            _ => Err(Unmeant::NotOneValue),
        }
    }

    /// The attribute.
    pub fn path(&self) -> &AttributePath {
        &self.path
    }

    /// Whether the server has it.
    pub fn is_in(&self, observed: &Resource) -> bool {
        values(observed, &self.path).iter().any(|value| self.is_meant(value))
    }

    /// What removes it and nothing else, from a resource that was read just
    /// now.
    ///
    /// There are servers that take the removal of one selected value as the
    /// removal of all of them, and others that answer as if and remove
    /// nothing. So a value is selected only where the profile vouches for it.
    /// Elsewhere the values that stay take the place of all, which every
    /// server understands.
    pub fn removal(&self, observed: &Resource, rules: &KindRules) -> Operation {
        if self.is_removable(rules) {
            let filter = Filter::eq(AttributePath::core(&self.sub_attribute), &self.value);
            return Operation::RemoveWhere { path: self.path.clone(), filter };
        }
        match self.change(observed) {
            Change { path, value: Some(value) } => Operation::Replace { path, value },
            Change { path, value: None } => Operation::Remove { path },
        }
    }

    /// The attribute without it.
    pub fn change(&self, observed: &Resource) -> Change {
        let left: Vec<Value> = self.others(observed).cloned().collect();
        Change { path: self.path.clone(), value: (!left.is_empty()).then_some(Value::Array(left)) }
    }

    /// How many of the other values were there before a removal and are not
    /// there after it.
    pub fn taken_along(&self, before: &Resource, after: &Resource) -> usize {
        let left = self.others(after).count();
        self.others(before).count().saturating_sub(left)
    }

    /// Why the server's values of the attribute are out of reach, if they
    /// are.
    pub fn refusal(&self, rules: &KindRules) -> Option<Because> {
        if self.is_removable(rules) {
            return None;
        }
        let why = if rules.mutability(&self.path) != Mutability::ReadWrite {
            "of which this server lets nobody remove values"
        } else if self.has_hidden_part(rules) {
            "whose values cannot be sent back because this server does not show all of them, so that one could be \
             removed only with what is hidden of the others"
        } else {
            return None;
        };
        let message = format!(
            "spec.ensureAbsent names {}, {why}: remove the entry. If single values of it can be removed by a path \
             that selects them, say so at its provider, in spec.overrides.users.attributes[\"{}\"].removable",
            self.path, self.path
        );
        Some(Because::new(reasons::UNSUPPORTED_BY_SERVER, message))
    }

    /// Whether the profile vouches for the removal of single values.
    fn is_removable(&self, rules: &KindRules) -> bool {
        rules.rule(&self.path).is_some_and(|rule| rule.removable)
    }

    /// Whether something of the attribute can be written and not read.
    fn has_hidden_part(&self, rules: &KindRules) -> bool {
        let is_part = |known: &str| {
            AttributePath::parse(known).is_some_and(|known| known.parent() == self.path.parent())
        };
        let is_hidden = |rule: &AttributeRule| {
            rule.returned == Returned::Never || rule.mutability == Mutability::WriteOnly
        };
        rules.attributes.iter().any(|(known, rule)| is_part(known) && is_hidden(rule))
    }

    fn others<'a>(&'a self, resource: &'a Resource) -> impl Iterator<Item = &'a Value> {
        values(resource, &self.path).iter().filter(|value| !self.is_meant(value))
    }

    fn is_meant(&self, value: &Value) -> bool {
        let part = value.as_object().and_then(|value| find(value, &self.sub_attribute));
        part.and_then(Value::as_str) == Some(&self.value)
    }
}

/// The core schema's URN is another spelling of a core attribute, which no
/// rule would be found for.
fn is_out_of_reach(path: &AttributePath) -> bool {
    let is_core_urn =
        path.schema().is_some_and(|schema| schema.to_ascii_lowercase().starts_with(CORE_SCHEMAS));
    is_core_urn || OUT_OF_REACH.iter().any(|name| path.is_core(name))
}

fn values<'a>(observed: &'a Resource, path: &AttributePath) -> &'a [Value] {
    observed.get(path).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, json};

    use super::*;
    use crate::scim::{
        patch::PatchRequest,
        profile::{STANDARD, resolve},
    };

    const FIDO2: &str = "urn:ietf:params:scim:schemas:extension:buypass:fido2:User";

    fn unwanted(text: &str) -> Unwanted {
        Unwanted::parse(text).unwrap()
    }

    fn rules(rule: &Value) -> KindRules {
        let overrides = json!({"users": {"attributes": {"roles": rule}}});
        resolve(STANDARD, overrides.as_object().unwrap()).unwrap().profile.users
    }

    #[test]
    fn only_single_values_can_be_named() {
        for text in [
            "roles",
            "roles[value co \"a\"]",
            "roles[value eq \"a\" or value eq \"b\"]",
            "roles[not (value eq \"a\")]",
            "roles[value eq \"\"]",
            "roles[value pr]",
            "roles[primary eq true]",
            "roles[value eq \"a\"].display",
            "name.roles[value eq \"a\"]",
            "roles[value eq \"a\"",
            "",
        ] {
            assert_eq!(Unwanted::parse(text), Err(Unmeant::NotOneValue), "{text:?}");
        }
    }

    #[test]
    fn what_belongs_to_the_server_or_to_groups_is_out_of_reach() {
        for text in [
            "groups[value eq \"9\"]",
            "MEMBERS[value eq \"9\"]",
            "urn:ietf:params:scim:schemas:core:2.0:User:roles[value eq \"a\"]",
        ] {
            assert_eq!(Unwanted::parse(text), Err(Unmeant::OutOfReach), "{text:?}");
        }
    }

    #[test]
    fn one_value_goes_and_the_others_stay() {
        let device = unwanted(&format!("{FIDO2}:fido2Credentials[credentialId eq \"abc\"]"));
        let observed =
            json!({FIDO2: {"fido2Credentials": [{"credentialId": "abc"}, {"credentialId": "ABC"}]}});
        let observed = Resource::from_value(observed).unwrap();
        assert!(device.is_in(&observed));
        let left = device.change(&observed).value;
        assert_eq!(left, Some(json!([{"credentialId": "ABC"}])), "ids are compared with case");
        assert!(!device.is_in(&Resource::default()));
        assert_eq!(device.taken_along(&observed, &observed), 0);
        assert_eq!(device.taken_along(&observed, &Resource::default()), 1, "the one who is not meant");
    }

    #[test]
    fn a_value_is_selected_only_where_the_profile_vouches_for_that() {
        let role = unwanted("roles[value eq \"auditor\"]");
        let sent = |roles: Value, rule: &Value| {
            let observed = Resource::from_value(json!({"roles": roles})).unwrap();
            let request = PatchRequest { operations: vec![role.removal(&observed, &rules(rule))] };
            request.body()["Operations"][0].clone()
        };
        let two = || json!([{"value": "auditor"}, {"value": "reader", "display": "Reader"}]);
        let selected = json!({"op": "remove", "path": "roles[value eq \"auditor\"]"});
        assert_eq!(sent(two(), &json!({"removable": true})), selected);
        let rest = json!({
            "op": "replace", "path": "roles", "value": [{"value": "reader", "display": "Reader"}],
        });
        assert_eq!(sent(two(), &json!({})), rest);
        assert_eq!(sent(json!([{"value": "auditor"}]), &json!({})), json!({"op": "remove", "path": "roles"}));
    }

    #[test]
    fn what_is_hidden_of_the_other_values_cannot_be_sent_back() {
        let with = |attributes: &Value| {
            let overrides = json!({"users": {"attributes": attributes}});
            resolve(STANDARD, overrides.as_object().unwrap()).unwrap().profile.users
        };
        let role = unwanted("roles[value eq \"auditor\"]");
        let hidden = role.refusal(&with(&json!({"roles.secret": {"returned": "Never"}}))).unwrap();
        assert!(hidden.message.contains("removable"), "{}", hidden.message);
        let vouched = json!({"roles": {"removable": true}, "roles.secret": {"returned": "Never"}});
        assert_eq!(role.refusal(&with(&vouched)), None);
        assert_eq!(role.refusal(&with(&json!({"emails.secret": {"returned": "Never"}}))), None);
    }

    #[test]
    fn what_nobody_can_change_is_out_of_reach_unless_its_values_can_be_removed() {
        let role = unwanted("roles[value eq \"auditor\"]");
        assert_eq!(role.refusal(&resolve(STANDARD, &Map::new()).unwrap().profile.users), None);
        let read_only = role.refusal(&rules(&json!({"mutability": "ReadOnly"}))).unwrap();
        assert_eq!(read_only.reason, reasons::UNSUPPORTED_BY_SERVER);
        assert_eq!(role.refusal(&rules(&json!({"mutability": "ReadOnly", "removable": true}))), None);
    }
}
