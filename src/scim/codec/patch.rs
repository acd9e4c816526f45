//! PATCH requests in a server's dialect (RFC 7644 §3.5.2).

use serde_json::{Map, Value, json};

use self::wire::{Op, Wire};
use super::{Addresses, Kind, members, shape, spelling::has_many_values, values::id_value};
use crate::scim::{
    filter::Filter,
    patch::{Operation, PatchRequest},
    path::AttributePath,
    port::ResourceType,
    profile::{AddForm, Clear, CorePath, EmptyPath, ExtensionPath, PatchShape, RemoveForm, RemoveValue},
};

mod wire;

/// The bodies that together are this request.
pub(super) fn bodies(
    kind: Kind<'_>,
    id: &str,
    request: &PatchRequest,
    addresses: Addresses<'_>,
) -> Vec<Value> {
    let mut writer = Writer { kind, id, addresses, wires: Vec::new() };
    for operation in &request.operations {
        writer.write(operation);
    }
    wire::bodies(&kind.profile.patch, writer.wires)
}

struct Writer<'a> {
    kind: Kind<'a>,
    id: &'a str,
    addresses: Addresses<'a>,
    wires: Vec<Wire>,
}

impl Writer<'_> {
    fn write(&mut self, operation: &Operation) {
        let spelt = |path: &AttributePath| self.kind.spellings.listed.spelt(path);
        let is_about_members =
            |path: &AttributePath| self.kind.resource_type == ResourceType::Group && path.is_core("members");
        match operation {
            Operation::Replace { path, value } => self.set(&spelt(path), value.clone()),
            Operation::Remove { path } => self.clear(&spelt(path)),
            Operation::Add { path, values } if is_about_members(path) => self.add_members(path, values),
            Operation::Add { path, values } => {
                let path = self.path(&spelt(path));
                self.wires.push(Wire::at(Op::Add, path, Some(json!(values))));
            }
            Operation::RemoveValue { path, value }
                if is_about_members(path) && self.kind.profile.members.remove == RemoveForm::ValueArray =>
            {
                self.remove_listed(path, value);
            }
            Operation::RemoveValue { path, value } => {
                let selection = Filter::eq(AttributePath::core("value"), value);
                let path = format!("{}[{selection}]", self.path(&spelt(path)));
                self.remove(path);
            }
            Operation::RemoveWhere { path, filter } => {
                let path = format!("{}[{filter}]", self.path(&spelt(path)));
                self.remove(path);
            }
        }
    }

    /// Makes an attribute equal to a value. What has no path of its own is
    /// gathered in one operation: sub-attributes that a value leaves out stay
    /// as they are (RFC 7644 §3.5.2.3).
    fn set(&mut self, path: &AttributePath, value: Value) {
        let dialect = &self.kind.profile.patch;
        match (path.schema(), dialect.shape, dialect.extension_path) {
            (_, PatchShape::ValueObject, _) | (Some(_), _, ExtensionPath::ValueObject) => {
                self.gather(path, value);
            }
            (Some(schema), _, ExtensionPath::Object) => {
                let inner = AttributePath::core(path.attribute());
                let inner = path.sub_attribute().map_or(inner.clone(), |sub| inner.sub(sub));
                let schema = schema.to_owned();
                let wire = self.gathering(
                    |wire| wire.is_at(Op::Replace, &schema),
                    || Wire::at(Op::Replace, schema.clone(), Some(json!({}))),
                );
                wire.put(&inner, value);
            }
            _ => {
                let path = self.path(path);
                self.wires.push(Wire::at(Op::Replace, path, Some(value)));
            }
        }
    }

    /// Into the operation without a path.
    fn gather(&mut self, path: &AttributePath, value: Value) {
        let Kind { profile, resource_type, .. } = self.kind;
        let mut start = Map::new();
        if profile.patch.with_id {
            let id = id_value(profile.kind(resource_type).id_type, self.id.into());
            start.insert("id".to_owned(), id);
        }
        let empty_path = (profile.patch.empty_path == EmptyPath::Empty).then(String::new);
        let wire = self.gathering(Wire::is_of_resource, || Wire {
            op: Op::Replace,
            path: empty_path,
            value: Some(Value::Object(start)),
            form: Some((profile.body.shape, resource_type)),
        });
        wire.put(path, value);
    }

    fn gathering(&mut self, is_it: impl Fn(&Wire) -> bool, new: impl FnOnce() -> Wire) -> &mut Wire {
        let at = self.wires.iter().position(is_it).unwrap_or_else(|| {
            self.wires.push(new());
            self.wires.len() - 1
        });
        &mut self.wires[at]
    }

    fn clear(&mut self, path: &AttributePath) {
        match self.kind.profile.patch.clear {
            Clear::Remove => self.remove(self.path(path)),
            Clear::ReplaceByNull => self.set(path, Value::Null),
            Clear::ReplaceByEmpty => {
                let empty = if has_many_values(path) { json!([]) } else { json!("") };
                self.set(path, empty);
            }
        }
    }

    fn remove(&mut self, path: String) {
        let value = (self.kind.profile.patch.remove_value == RemoveValue::EmptyObject).then(|| json!({}));
        self.wires.push(Wire::at(Op::Remove, path, value));
    }

    fn add_members(&mut self, path: &AttributePath, values: &[Value]) {
        let rules = &self.kind.profile.members;
        let members: Vec<Value> =
            values.iter().map(|member| members::outgoing(rules, member, self.addresses)).collect();
        let path = self.path(path);
        let add = |value| Wire::at(Op::Add, path.clone(), Some(value));
        match rules.add {
            AddForm::Array => self.wires.push(add(json!(members))),
            AddForm::Each => self.wires.extend(members.into_iter().map(|member| add(json!([member])))),
            AddForm::Object => self.wires.extend(members.into_iter().map(add)),
        }
    }

    /// All in the value of one operation, for servers that take no selection.
    fn remove_listed(&mut self, path: &AttributePath, id: &str) {
        let path = self.path(path);
        let wire = self.gathering(
            |wire| wire.is_at(Op::Remove, &path),
            || Wire::at(Op::Remove, path.clone(), Some(json!([]))),
        );
        if let Some(Value::Array(ids)) = &mut wire.value {
            ids.push(json!({"value": id}));
        }
    }

    fn path(&self, path: &AttributePath) -> String {
        match (path.schema(), self.kind.profile.patch.core_path) {
            // It is part of no schema (RFC 7643 §3.1).
            _ if path.is_core("externalId") => path.to_string(),
            (None, CorePath::Urn) => format!("{}:{path}", shape::core_schema(self.kind.resource_type)),
            _ => path.to_string(),
        }
    }
}

#[cfg(test)]
mod tests;
