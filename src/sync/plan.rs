//! From differences to requests.

use super::{compare::clears, desired::Desired, diff::Change};
use crate::scim::{
    patch::{Operation, PatchRequest},
    path::{GROUP_SCHEMA, USER_SCHEMA},
    port::ResourceType,
    resource::Resource,
};

/// The body that creates what is desired. Members are no part of it: links
/// follow once everything they point at exists, so cycles cannot deadlock.
pub fn create_body(desired: &Desired) -> Resource {
    let schema = match desired.resource_type() {
        ResourceType::User => USER_SCHEMA,
        ResourceType::Group => GROUP_SCHEMA,
    };
    let mut body = Resource::new([schema]);
    for (path, value) in desired.iter().filter(|(_, value)| !clears(value)) {
        body.set(path, value.clone());
    }
    body
}

/// One PATCH with one operation for each change; `None` for no changes.
pub fn patch(changes: &[Change]) -> Option<PatchRequest> {
    let operation = |change: &Change| match &change.value {
        Some(value) => Operation::Replace { path: change.path.clone(), value: value.clone() },
        None => Operation::Remove { path: change.path.clone() },
    };
    (!changes.is_empty()).then(|| PatchRequest { operations: changes.iter().map(operation).collect() })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::scim::path::{AttributePath, ENTERPRISE_SCHEMA};

    #[test]
    fn a_creation_names_the_schemas_it_uses_and_leaves_out_what_is_cleared() {
        let desired = Desired::new(
            ResourceType::User,
            [
                (AttributePath::core("userName"), json!("alice")),
                (AttributePath::core("nickName"), json!("")),
                (AttributePath::extension(ENTERPRISE_SCHEMA, "department"), json!("R&D")),
            ],
        );
        let body = create_body(&desired);
        assert_eq!(
            serde_json::to_value(body).unwrap(),
            json!({
                "schemas": [USER_SCHEMA, ENTERPRISE_SCHEMA],
                "userName": "alice",
                ENTERPRISE_SCHEMA: {"department": "R&D"},
            })
        );
    }

    #[test]
    fn no_change_is_no_request() {
        assert_eq!(patch(&[]), None);
    }
}
