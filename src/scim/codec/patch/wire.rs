//! Operations as they go over the wire, cut into requests.

use serde_json::{Map, Value, json};

use super::super::shape;
use crate::scim::{
    patch::PATCH_SCHEMA,
    path::AttributePath,
    port::ResourceType,
    profile::{OperationsKey, PatchDialect, Shape},
};

/// What an operation does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Op {
    Add,
    Replace,
    Remove,
}

/// One operation.
#[derive(Clone, Debug)]
pub(super) struct Wire {
    pub(super) op: Op,
    pub(super) path: Option<String>,
    pub(super) value: Option<Value>,
    /// The shape of a value that holds attributes of the resource.
    pub(super) form: Option<(Shape, ResourceType)>,
}

impl Wire {
    pub(super) fn at(op: Op, path: String, value: Option<Value>) -> Self {
        Self { op, path: Some(path), value, form: None }
    }

    /// Whether it gathers the attributes of the resource.
    pub(super) fn is_of_resource(&self) -> bool {
        self.form.is_some()
    }

    pub(super) fn is_at(&self, op: Op, path: &str) -> bool {
        self.op == op && self.path.as_deref() == Some(path)
    }

    /// Puts an attribute into the object that is the value.
    pub(super) fn put(&mut self, path: &AttributePath, value: Value) {
        let Some(Value::Object(object)) = &mut self.value else { return };
        let scopes = path.schema().into_iter().chain(path.sub_attribute().map(|_| path.attribute()));
        let mut scope = object;
        for name in scopes {
            let inner = scope.entry(name).or_insert_with(|| Value::Object(Map::new()));
            if !inner.is_object() {
                *inner = Value::Object(Map::new());
            }
            let Value::Object(inner) = inner else { return };
            scope = inner;
        }
        scope.insert(path.sub_attribute().unwrap_or(path.attribute()).to_owned(), value);
    }

    /// Two that are this one, where it is about several values.
    fn halves(mut self) -> Result<[Self; 2], Self> {
        let Some(Value::Array(values)) = self.value.as_mut().filter(|_| self.op != Op::Replace) else {
            return Err(self);
        };
        if values.len() < 2 {
            return Err(self);
        }
        let rest = values.split_off(values.len() / 2);
        let second = Self { value: Some(Value::Array(rest)), ..self.clone() };
        Ok([self, second])
    }

    fn json(self) -> Value {
        let op = match self.op {
            Op::Add => "add",
            Op::Replace => "replace",
            Op::Remove => "remove",
        };
        let mut operation = Map::from_iter([("op".to_owned(), Value::from(op))]);
        operation.extend(self.path.map(|path| ("path".to_owned(), Value::from(path))));
        let value = match (self.value, self.form) {
            (Some(Value::Object(object)), Some((form, resource_type))) => {
                Some(Value::Object(shape::give(form, resource_type, object)))
            }
            (value, _) => value,
        };
        operation.extend(value.map(|value| ("value".to_owned(), value)));
        Value::Object(operation)
    }
}

/// As few requests as the limits allow, in the order of the operations. One
/// operation that is too large by itself is sent all the same: the server can
/// say what is wrong with it.
pub(super) fn bodies(dialect: &PatchDialect, wires: Vec<Wire>) -> Vec<Value> {
    let limit =
        |limit: Option<u32>| limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(usize::MAX);
    let (most, bytes) = (limit(dialect.max_operations), limit(dialect.max_bytes));
    let room = bytes.saturating_sub(body(dialect, Vec::new()).to_string().len());
    let mut requests: Vec<Vec<Value>> = Vec::new();
    let mut used = 0;
    for (operation, size) in wires.into_iter().flat_map(|wire| fitting(wire, room)) {
        match requests.last_mut() {
            // A comma is between two.
            Some(last) if last.len() < most && used + size < room => {
                used += size + 1;
                last.push(operation);
            }
            _ => {
                used = size;
                requests.push(vec![operation]);
            }
        }
    }
    requests.into_iter().map(|operations| body(dialect, operations)).collect()
}

fn fitting(wire: Wire, room: usize) -> Vec<(Value, usize)> {
    let operation = wire.clone().json();
    // Without a limit nothing has to be measured.
    let size = if room == usize::MAX { 0 } else { operation.to_string().len() };
    match wire.halves() {
        Ok(halves) if size > room => halves.into_iter().flat_map(|half| fitting(half, room)).collect(),
        _ => vec![(operation, size)],
    }
}

fn body(dialect: &PatchDialect, operations: Vec<Value>) -> Value {
    let key = match dialect.operations_key {
        OperationsKey::Operations => "Operations",
        OperationsKey::LowerCase => "operations",
    };
    let mut body = Map::from_iter([(key.to_owned(), Value::Array(operations))]);
    if dialect.schemas {
        body.insert("schemas".to_owned(), json!([PATCH_SCHEMA]));
    }
    Value::Object(body)
}
