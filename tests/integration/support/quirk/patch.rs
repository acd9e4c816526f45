//! PATCH in the dialect of this server. What it understands is then done by
//! the letter of RFC 7644 §3.5.2.

use scim_operator::scim::{
    error::ScimType,
    filter::ValuePath,
    interpreter,
    patch::PATCH_SCHEMA,
    resource::{Resource, find, is_absent},
};
use serde_json::{Map, Value, json};

use super::{
    ResourceType,
    habits::{ExtensionPath, Habits, OperationsKey, Patching, Pathless, Removal, Selections},
    intake,
    members::{self, Roster},
    names::{canonical, canonical_names},
    refusal::Refusal,
    store::Object,
};

/// The resource's content after the PATCH.
pub(super) fn apply(
    habits: &Habits,
    resource_type: ResourceType,
    roster: &Roster<'_>,
    content: &Object,
    body: &[u8],
) -> Result<Object, Refusal> {
    if habits.patch.most_bytes.is_some_and(|most| body.len() > most) {
        return Err(Refusal::new(413, "", "the body is too large"));
    }
    let body = intake::json(body)?;
    let operations = operations(&habits.patch, &body)?;
    if habits.patch.most.is_some_and(|most| operations.len() > most) {
        return Err(Refusal::bad("tooMany", "there are too many operations"));
    }
    let mut content = content.clone();
    let mut named = 0;
    for operation in operations {
        let operation = Operation::read(&habits.patch, operation)?;
        named += operation.run(habits, resource_type, roster, &mut content)?;
    }
    roster.within_limit(named)?;
    Ok(content)
}

fn operations<'a>(habits: &Patching, body: &'a Value) -> Result<&'a Vec<Value>, Refusal> {
    let syntax = |detail: &str| Refusal::bad("invalidSyntax", detail);
    let object = body.as_object().ok_or_else(|| syntax("the body is not an object"))?;
    let schemas = find(object, "schemas").and_then(Value::as_array);
    if schemas.is_none_or(|schemas| !schemas.contains(&json!(PATCH_SCHEMA))) {
        return Err(syntax("schemas does not name PatchOp"));
    }
    let operations = match habits.operations {
        OperationsKey::Any => find(object, "Operations"),
        OperationsKey::Upper => object.get("Operations"),
        OperationsKey::Lower => object.get("operations"),
    };
    let operations = operations.and_then(Value::as_array).filter(|operations| !operations.is_empty());
    operations.ok_or_else(|| syntax("there are no operations under the name that they must have"))
}

struct Operation {
    verb: String,
    path: Option<String>,
    value: Option<Value>,
}

impl Operation {
    fn read(habits: &Patching, operation: &Value) -> Result<Self, Refusal> {
        let syntax = |detail: &str| Refusal::bad("invalidSyntax", detail);
        let operation = operation.as_object().ok_or_else(|| syntax("an operation is not an object"))?;
        let verb = find(operation, "op").and_then(Value::as_str).unwrap_or_default().to_lowercase();
        let path = match find(operation, "path") {
            None => None,
            Some(Value::String(path)) if path.is_empty() && habits.empty_path => None,
            Some(Value::String(path)) => Some(path.clone()),
            Some(_) => return Err(Refusal::bad("invalidPath", "a path is a text")),
        };
        let mut value = find(operation, "value").cloned();
        if let (None, Some(Value::Object(object))) = (&path, &mut value) {
            // Some name the resource whose attributes these are.
            object.remove("id");
        }
        match (habits.without_path, &path, &value) {
            (Pathless::Refused, None, _) => Err(Refusal::bad("invalidPath", "an operation needs a path")),
            (Pathless::Single, None, Some(Value::Object(object))) if object.len() > 1 => {
                Err(Refusal::bad("invalidSyntax", "without a path, the value has one attribute"))
            }
            _ => Ok(Self { verb, path, value }),
        }
    }

    /// How many members it names.
    fn run(
        self,
        habits: &Habits,
        resource_type: ResourceType,
        roster: &Roster<'_>,
        content: &mut Object,
    ) -> Result<usize, Refusal> {
        if resource_type == ResourceType::User {
            return self.run_by_the_rfc(habits, resource_type, content).map(|()| 0);
        }
        match &self.path {
            Some(path) if is_members(path) => self.run_on_members(roster, content, path),
            Some(_) => self.run_by_the_rfc(habits, resource_type, content).map(|()| 0),
            None => {
                let Some(Value::Object(mut object)) = self.value.map(canonical_names) else {
                    return Err(Refusal::bad(
                        "invalidValue",
                        "without a path the value is a set of attributes",
                    ));
                };
                let members = object.remove("members");
                if !object.is_empty() {
                    let rest =
                        Self { verb: self.verb.clone(), path: None, value: Some(Value::Object(object)) };
                    rest.run_by_the_rfc(habits, resource_type, content)?;
                }
                let members = members.map(|value| Self { verb: self.verb, path: None, value: Some(value) });
                members.map_or(Ok(0), |operation| operation.run_on_members(roster, content, "members"))
            }
        }
    }

    fn run_on_members(
        &self,
        roster: &Roster<'_>,
        content: &mut Object,
        path: &str,
    ) -> Result<usize, Refusal> {
        let path = ValuePath::parse(path).map_err(|error| Refusal::bad("invalidPath", error.to_string()))?;
        let value = self.value.as_ref().filter(|value| !is_absent(value));
        match (self.verb.as_str(), path.selection, value) {
            ("add", None, Some(value)) => roster.add(content, value)?,
            ("replace", None, value) => roster.replace(content, value.unwrap_or(&json!([])))?,
            // A value beside a path that selects changes nothing.
            ("remove", Some((filter, None)), _) => {
                let meant = |member: &Value| filter.matches_value("members", member);
                roster.remove(content, Removal::FilterPath, meant)?;
                return Ok(1);
            }
            ("remove", None, Some(Value::Array(sent))) => {
                let meant = |member: &Value| sent.iter().any(|sent| sent["value"] == member["value"]);
                roster.remove(content, Removal::ValueArray, meant)?;
            }
            ("remove", None, None) => roster.remove(content, Removal::All, |_| true)?,
            _ => return Err(Refusal::bad("invalidSyntax", "this cannot be done to members")),
        }
        Ok(value.map_or(0, members::count))
    }

    fn run_by_the_rfc(
        self,
        habits: &Habits,
        resource_type: ResourceType,
        content: &mut Object,
    ) -> Result<(), Refusal> {
        self.check_clearing(&habits.patch)?;
        let Self { verb, path, value } = self;
        let value = value.map(null_for_empty);
        let mut operation = Map::from_iter([("op".to_owned(), json!(verb))]);
        let value = value.map(canonical_names);
        let value = match (path, value) {
            (Some(path), value) if path.contains('[') && habits.patch.selections != Selections::Honoured => {
                match habits.patch.selections {
                    Selections::Refused => {
                        return Err(Refusal::bad("invalidPath", "a path selects no values"));
                    }
                    Selections::Honoured | Selections::Ignored => return Ok(()),
                    Selections::Overread => {
                        let attribute = path.split('[').next().unwrap_or_default();
                        operation.insert("path".to_owned(), json!(attribute));
                        value
                    }
                }
            }
            (Some(path), value) => {
                let path = extension_path(habits.patch.extension_path, &path)?;
                operation.insert("path".to_owned(), json!(path));
                value
            }
            (None, Some(Value::Object(object))) => {
                Some(Value::Object(intake::flat(habits.shape.takes, resource_type, object)?))
            }
            (None, value) => value,
        };
        operation.extend(value.map(|value| ("value".to_owned(), value)));
        let body = json!({"schemas": [PATCH_SCHEMA], "Operations": [operation]});
        let mut resource = Resource::from_value(Value::Object(content.clone())).unwrap_or_default();
        interpreter::apply(&mut resource, &body)
            .map_err(|fault| Refusal::bad(keyword(fault.scim_type), fault.detail))?;
        content.clone_from(resource.as_object());
        Ok(())
    }

    /// Refuses the ways of emptying an attribute that this server does not
    /// know.
    fn check_clearing(&self, habits: &Patching) -> Result<(), Refusal> {
        let values: Vec<&Value> = match (&self.path, &self.value) {
            (None, Some(Value::Object(object))) => object.values().collect(),
            (_, value) => value.iter().collect(),
        };
        let any = |test: fn(&Value) -> bool| values.iter().any(|value| test(value));
        let clearing = &habits.clearing;
        if self.verb == "remove" && !clearing.remove {
            return Err(Refusal::bad("invalidSyntax", "there is no remove"));
        }
        if self.verb != "remove" && any(Value::is_null) && !clearing.null_value {
            return Err(Refusal::bad("invalidValue", "a value cannot be null"));
        }
        if self.verb != "remove" && any(|value| value == "") && !clearing.empty_text {
            return Err(Refusal::bad("invalidValue", "a value cannot be empty"));
        }
        Ok(())
    }
}

/// An empty text, where it is allowed, says the same as null.
fn null_for_empty(value: Value) -> Value {
    match value {
        Value::String(text) if text.is_empty() => Value::Null,
        Value::Object(object) => {
            object.into_iter().map(|(name, value)| (name, null_for_empty(value))).collect()
        }
        other => other,
    }
}

/// A path in the RFC's form, from the form that this server asks for.
fn extension_path(form: ExtensionPath, path: &str) -> Result<String, Refusal> {
    let is_urn = path.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("urn:"));
    if !is_urn {
        return Ok(path.to_owned());
    }
    let refused = || Err(Refusal::bad("invalidPath", "attributes of extensions are not named so"));
    let last = path.rsplit(':').next().unwrap_or_default();
    match form {
        // Neither a schema's name nor an attribute's is more than one word.
        ExtensionPath::Whole
            if last.chars().next().is_some_and(char::is_uppercase) && !last.contains('.') =>
        {
            Ok(path.to_owned())
        }
        ExtensionPath::Dot if last.chars().next().is_some_and(char::is_uppercase) && last.contains('.') => {
            let (schema, attribute) = path.rsplit_once('.').unwrap_or((path, ""));
            Ok(format!("{schema}:{}", canonical(attribute)))
        }
        ExtensionPath::Colon if last.chars().next().is_some_and(char::is_lowercase) => Ok(path.to_owned()),
        ExtensionPath::Colon if !last.contains('.') => Ok(path.to_owned()),
        _ => refused(),
    }
}

fn is_members(path: &str) -> bool {
    path.split(['[', '.']).next().is_some_and(|name| name.eq_ignore_ascii_case("members"))
}

fn keyword(scim_type: ScimType) -> &'static str {
    match scim_type {
        ScimType::InvalidPath => "invalidPath",
        ScimType::NoTarget => "noTarget",
        ScimType::Mutability => "mutability",
        ScimType::InvalidSyntax => "invalidSyntax",
        _ => "invalidValue",
    }
}
