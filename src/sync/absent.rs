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
        profile::{KindRules, Mutability},
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

    /// What removes it and nothing else.
    pub fn removal(&self) -> Operation {
        let filter = Filter::eq(AttributePath::core(&self.sub_attribute), &self.value);
        Operation::RemoveWhere { path: self.path.clone(), filter }
    }

    /// The same for servers that only take whole resources.
    pub fn change(&self, observed: &Resource) -> Change {
        let left: Vec<Value> =
            values(observed, &self.path).iter().filter(|value| !self.is_meant(value)).cloned().collect();
        Change { path: self.path.clone(), value: (!left.is_empty()).then_some(Value::Array(left)) }
    }

    /// Why the server's values of the attribute are out of reach, if they
    /// are.
    pub fn refusal(&self, rules: &KindRules) -> Option<Because> {
        let is_removable = rules.rule(&self.path).is_some_and(|rule| rule.removable);
        let is_writable = rules.mutability(&self.path) == Mutability::ReadWrite;
        let message = format!(
            "spec.ensureAbsent names {}, of which this server lets nobody remove values: remove the entry. If it \
             does, say so at its provider, in spec.overrides.users.attributes[\"{}\"].removable",
            self.path, self.path
        );
        (!is_removable && !is_writable).then(|| Because::new(reasons::UNSUPPORTED_BY_SERVER, message))
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
        let path = format!("{FIDO2}:fido2Credentials[credentialId eq \"abc\"]");
        let request = PatchRequest { operations: vec![device.removal()] };
        assert_eq!(request.body()["Operations"], json!([{"op": "remove", "path": path}]));
        assert!(!device.is_in(&Resource::default()));
    }

    #[test]
    fn what_nobody_can_change_is_out_of_reach_unless_its_values_can_be_removed() {
        let rules = |rule: Value| {
            let overrides = json!({"users": {"attributes": {"roles": rule}}});
            resolve(STANDARD, overrides.as_object().unwrap()).unwrap().profile.users
        };
        let role = unwanted("roles[value eq \"auditor\"]");
        assert_eq!(role.refusal(&resolve(STANDARD, &Map::new()).unwrap().profile.users), None);
        let read_only = role.refusal(&rules(json!({"mutability": "ReadOnly"}))).unwrap();
        assert_eq!(read_only.reason, reasons::UNSUPPORTED_BY_SERVER);
        assert_eq!(role.refusal(&rules(json!({"mutability": "ReadOnly", "removable": true}))), None);
    }
}
