//! From differences to requests.

use super::{compare::clears, desired::Desired, diff::Change, rules::is_sent_at_creation};
use crate::scim::{
    patch::{Operation, PatchRequest},
    path::{GROUP_SCHEMA, USER_SCHEMA},
    port::ResourceType,
    profile::KindRules,
    resource::Resource,
};

/// The body that creates what is desired. Members are no part of it: links
/// follow once everything they point at exists, so cycles cannot deadlock.
pub fn create_body(desired: &Desired, rules: &KindRules) -> Resource {
    let schema = match desired.resource_type() {
        ResourceType::User => USER_SCHEMA,
        ResourceType::Group => GROUP_SCHEMA,
    };
    let mut body = Resource::new([schema]);
    let sent = |(path, value): &(&_, &_)| !clears(value) && is_sent_at_creation(path, rules);
    for (path, value) in desired.iter().filter(sent) {
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
    fn a_creation_names_the_schemas_it_uses_and_leaves_out_what_is_cleared_or_follows() {
        let desired = Desired::new(
            ResourceType::User,
            [
                (AttributePath::core("userName"), json!("alice")),
                (AttributePath::core("nickName"), json!("")),
                (AttributePath::core("title"), json!("Boss")),
                (AttributePath::extension(ENTERPRISE_SCHEMA, "department"), json!("R&D")),
            ],
        );
        let rules =
            crate::sync::rules::testing::users(&json!({"attributes": {"title": {"sent": "AfterCreation"}}}));
        let body = create_body(&desired, &rules);
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
