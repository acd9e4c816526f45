//! What is said of a member that is added.

use serde_json::{Map, Value};

use super::Addresses;
use crate::scim::{
    port::ResourceType,
    profile::{MemberRules, MemberType},
    resource::{find, member_id},
};

/// A member as the server wants it, out of all that is known: its id in
/// `value`, and perhaps `type` and `display`. One without a type is a user
/// (RFC 7643 §4.2).
pub(super) fn outgoing(rules: &MemberRules, member: &Value, addresses: Addresses<'_>) -> Value {
    let (Some(known), Some(id)) = (member.as_object(), member_id(member)) else { return member.clone() };
    let is_group =
        find(known, "type").and_then(Value::as_str).is_some_and(|name| name.eq_ignore_ascii_case("Group"));
    let resource_type = if is_group { ResourceType::Group } else { ResourceType::User };
    let says_type = match rules.member_type {
        MemberType::Always => true,
        MemberType::Groups => is_group,
        MemberType::Never => false,
    };
    let mut sent = Map::from_iter([("value".to_owned(), Value::from(id.as_str()))]);
    if says_type {
        sent.insert("type".to_owned(), resource_type.to_string().into());
    }
    if let Some(display) = find(known, "display").filter(|_| rules.display) {
        sent.insert("display".to_owned(), display.clone());
    }
    if let Some(address) = addresses(resource_type, &id).filter(|_| rules.reference) {
        sent.insert("$ref".to_owned(), address.into());
    }
    Value::Object(sent)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::scim::codec::fixtures::codec;

    fn sent(rules: &Value, member: &Value) -> Value {
        let codec = codec(&json!({"members": rules}));
        let addresses =
            |kind: ResourceType, id: &str| Some(format!("https://idp.example.com{}/{id}", kind.endpoint()));
        outgoing(&codec.profile().members, member, &addresses)
    }

    #[test]
    fn a_member_says_no_more_than_the_server_takes() {
        let ada = json!({"value": "1", "type": "User", "display": "Ada"});
        let team = json!({"value": "2", "type": "Group", "display": "Team"});
        for (rules, user, group) in [
            (json!({}), json!({"value": "1"}), json!({"value": "2", "type": "Group"})),
            (json!({"type": "Never"}), json!({"value": "1"}), json!({"value": "2"})),
            (
                json!({"type": "Always", "display": true}),
                json!({"value": "1", "type": "User", "display": "Ada"}),
                json!({"value": "2", "type": "Group", "display": "Team"}),
            ),
            (
                json!({"type": "Never", "ref": true}),
                json!({"value": "1", "$ref": "https://idp.example.com/Users/1"}),
                json!({"value": "2", "$ref": "https://idp.example.com/Groups/2"}),
            ),
        ] {
            assert_eq!((sent(&rules, &ada), sent(&rules, &team)), (user, group), "{rules}");
        }
    }

    #[test]
    fn a_member_of_no_known_kind_is_a_user() {
        assert_eq!(
            sent(&json!({"type": "Always"}), &json!({"value": 1})),
            json!({"value": "1", "type": "User"})
        );
    }
}
