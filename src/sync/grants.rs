//! Whether a cluster-wide provider permits what an object asks of it.
//!
//! One grant has to permit all of it: what two grants permit each does not
//! add up, so that every grant can be read and judged by itself.

use std::{collections::BTreeMap, fmt};

use kube::core::{Selector, SelectorExt as _};

use crate::{
    api::{Grant, GrantedNamespaces, NamespacesFrom},
    scim::{path::AttributePath, port::ResourceType},
};

/// What an object asks for.
#[derive(Clone, Debug)]
pub struct Ask<'a> {
    /// The object's namespace.
    pub namespace: &'a str,
    /// The namespace's labels; `None` where they are not known, which fits no
    /// selector.
    pub labels: Option<&'a BTreeMap<String, String>>,
    /// User or Group.
    pub resource_type: ResourceType,
    /// The userName or displayName.
    pub name: Option<&'a str>,
    /// The attributes that the manifest names.
    pub attributes: Vec<AttributePath>,
    /// It may come to stand for an identity that is there already, or shows
    /// one.
    pub adopts: bool,
    /// It names members that are no objects.
    pub raw_members: bool,
    /// It sets a password.
    pub password: bool,
}

/// What no grant permits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Missing {
    /// No grant is for the namespace.
    Namespace,
    /// The grant that comes nearest lacks this.
    Permissions(Vec<Lack>),
}

/// One thing that a grant does not permit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lack {
    /// The userName or displayName.
    Name(ResourceType),
    /// Taking over or observing.
    Adoption,
    /// Members that are no objects.
    RawMembers,
    /// Passwords.
    Passwords,
    /// These attributes.
    Attributes(Vec<String>),
}

/// Whether one of the grants permits all that is asked.
pub fn check(grants: &[Grant], ask: &Ask<'_>) -> Result<(), Missing> {
    let for_namespace = grants.iter().filter(|grant| includes(&grant.namespaces, ask));
    let nearest = for_namespace.map(|grant| lacks(grant, ask)).min_by_key(Vec::len);
    match nearest {
        None => Err(Missing::Namespace),
        Some(lacks) if lacks.is_empty() => Ok(()),
        Some(lacks) => Err(Missing::Permissions(lacks)),
    }
}

/// Whether any of the grants looks at the labels of namespaces.
pub fn need_labels(grants: &[Grant]) -> bool {
    grants.iter().any(|grant| grant.namespaces.from == NamespacesFrom::Selector)
}

fn includes(namespaces: &GrantedNamespaces, ask: &Ask<'_>) -> bool {
    match namespaces.from {
        NamespacesFrom::All => true,
        NamespacesFrom::Names => {
            namespaces.names.iter().flatten().any(|namespace| namespace == ask.namespace)
        }
        NamespacesFrom::Selector => {
            let selector = namespaces.selector.clone().and_then(|selector| Selector::try_from(selector).ok());
            selector.zip(ask.labels).is_some_and(|(selector, labels)| selector.matches(labels))
        }
    }
}

fn lacks(grant: &Grant, ask: &Ask<'_>) -> Vec<Lack> {
    let mut lacks = Vec::new();
    let patterns = match ask.resource_type {
        ResourceType::User => &grant.user_name_patterns,
        ResourceType::Group => &grant.group_name_patterns,
    };
    if let Some(patterns) = patterns {
        let fits = |name: &str| patterns.iter().any(|pattern| is_like(name, pattern));
        if !ask.name.is_some_and(fits) {
            lacks.push(Lack::Name(ask.resource_type));
        }
    }
    if ask.adopts && grant.allow_adoption != Some(true) {
        lacks.push(Lack::Adoption);
    }
    if ask.raw_members && grant.allow_raw_members != Some(true) {
        lacks.push(Lack::RawMembers);
    }
    if ask.password && grant.allow_passwords != Some(true) {
        lacks.push(Lack::Passwords);
    }
    if let Some(allowed) = &grant.allowed_attributes {
        let mut names: Vec<String> =
            ask.attributes.iter().filter(|path| !allows(allowed, path, ask.resource_type)).map(top).collect();
        names.dedup();
        if !names.is_empty() {
            lacks.push(Lack::Attributes(names));
        }
    }
    lacks
}

/// The name by which an identity is known is permitted by the patterns.
fn allows(allowed: &[String], path: &AttributePath, resource_type: ResourceType) -> bool {
    let name = super::lookup::name_attribute(resource_type);
    let listed = |text: &str| allowed.iter().any(|entry| entry.eq_ignore_ascii_case(text));
    match path.schema() {
        Some(schema) => listed(schema),
        None => path.is_core(name) || listed(path.attribute()),
    }
}

fn top(path: &AttributePath) -> String {
    path.schema().unwrap_or(path.attribute()).to_owned()
}

/// Whether a text is like a pattern, in which `*` stands for any text,
/// whatever the case: servers compare names without it (RFC 7643 §4.1.1).
fn is_like(text: &str, pattern: &str) -> bool {
    let (text, pattern) = (text.to_lowercase(), pattern.to_lowercase());
    let mut pieces = pattern.split('*');
    let first = pieces.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let Some(last) = pieces.next_back() else { return rest.is_empty() };
    // The leftmost place for each piece leaves the most room for the others.
    for piece in pieces {
        let Some(at) = rest.find(piece) else { return false };
        rest = &rest[at + piece.len()..];
    }
    rest.len() >= last.len() && rest.ends_with(last)
}

impl fmt::Display for Missing {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Namespace => formatter.write_str("none of its grants is for this namespace"),
            Self::Permissions(lacks) => {
                let lacks: Vec<String> = lacks.iter().map(ToString::to_string).collect();
                write!(formatter, "no grant for this namespace permits {}", lacks.join("; "))
            }
        }
    }
}

impl fmt::Display for Lack {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(ResourceType::User) => formatter.write_str("this userName (userNamePatterns)"),
            Self::Name(ResourceType::Group) => formatter.write_str("this displayName (groupNamePatterns)"),
            Self::Adoption => formatter.write_str("adoptionPolicy: Adopt and mode: Observe (allowAdoption)"),
            Self::RawMembers => formatter.write_str("members.userNames and members.ids (allowRawMembers)"),
            Self::Passwords => formatter.write_str("passwordSecretRef (allowPasswords)"),
            Self::Attributes(names) => write!(formatter, "{} (allowedAttributes)", names.join(", ")),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    fn grants(grants: Value) -> Vec<Grant> {
        serde_json::from_value(grants).unwrap()
    }

    fn ask() -> Ask<'static> {
        Ask {
            namespace: "team-a",
            labels: None,
            resource_type: ResourceType::User,
            name: Some("ada@a.example.com"),
            attributes: vec![AttributePath::core("userName"), AttributePath::core("title")],
            adopts: false,
            raw_members: false,
            password: false,
        }
    }

    fn everywhere(more: &Value) -> Vec<Grant> {
        let mut grant = json!({"namespaces": {"from": "All"}});
        grant.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        grants(json!([grant]))
    }

    #[test]
    fn no_grant_is_for_nobody() {
        assert_eq!(check(&[], &ask()), Err(Missing::Namespace));
    }

    #[test]
    fn a_grant_is_for_the_namespaces_it_names_and_no_others() {
        let named = grants(json!([{"namespaces": {"from": "Names", "names": ["team-a"]}}]));
        assert_eq!(check(&named, &ask()), Ok(()));
        assert_eq!(check(&named, &Ask { namespace: "team-b", ..ask() }), Err(Missing::Namespace));
        assert_eq!(check(&named, &Ask { namespace: "team-a2", ..ask() }), Err(Missing::Namespace));
    }

    #[test]
    fn a_selector_looks_at_labels_and_unknown_ones_fit_nothing() {
        let selected =
            grants(json!([{"namespaces": {"from": "Selector", "selector": {"matchLabels": {"team": "a"}}}}]));
        let labels = |team: &str| BTreeMap::from([("team".to_owned(), team.to_owned())]);
        let (a, b) = (labels("a"), labels("b"));
        assert_eq!(check(&selected, &Ask { labels: Some(&a), ..ask() }), Ok(()));
        assert_eq!(check(&selected, &Ask { labels: Some(&b), ..ask() }), Err(Missing::Namespace));
        assert_eq!(check(&selected, &ask()), Err(Missing::Namespace));
        let malformed = grants(json!([{"namespaces": {"from": "Selector", "selector":
            {"matchExpressions": [{"key": "team", "operator": "Near", "values": ["a"]}]}}}]));
        assert_eq!(check(&malformed, &Ask { labels: Some(&a), ..ask() }), Err(Missing::Namespace));
    }

    #[test]
    fn names_are_compared_with_patterns_whatever_the_case() {
        let of = |pattern: &str| everywhere(&json!({"userNamePatterns": [pattern]}));
        for (pattern, name) in [
            ("*@a.example.com", "Ada@A.Example.com"),
            ("ada@a.example.com", "ADA@a.example.com"),
            ("*", ""),
            ("a*b*c", "abbc"),
            ("**", "x"),
        ] {
            assert_eq!(check(&of(pattern), &Ask { name: Some(name), ..ask() }), Ok(()), "{pattern} {name}");
        }
        let refused = Err(Missing::Permissions(vec![Lack::Name(ResourceType::User)]));
        for (pattern, name) in [
            ("*@a.example.com", "ada@a.example.com.evil.example"),
            ("team-*", "xteam-ada"),
            ("ada", "ada2"),
            ("a*ba", "aba-"),
            ("ab*ba", "aba"),
        ] {
            assert_eq!(check(&of(pattern), &Ask { name: Some(name), ..ask() }), refused, "{pattern} {name}");
        }
        assert_eq!(check(&of("*"), &Ask { name: None, ..ask() }), refused);
        assert_eq!(check(&everywhere(&json!({"userNamePatterns": []})), &ask()), refused);
    }

    #[test]
    fn patterns_for_users_say_nothing_about_groups() {
        let users_only = everywhere(&json!({"groupNamePatterns": []}));
        assert_eq!(check(&users_only, &ask()), Ok(()));
        let group = Ask { resource_type: ResourceType::Group, ..ask() };
        let refused = Missing::Permissions(vec![Lack::Name(ResourceType::Group)]);
        assert_eq!(check(&users_only, &group), Err(refused));
    }

    #[test]
    fn what_is_dangerous_is_permitted_only_in_words() {
        let asks = [
            (Ask { adopts: true, ..ask() }, Lack::Adoption, "allowAdoption"),
            (Ask { raw_members: true, ..ask() }, Lack::RawMembers, "allowRawMembers"),
            (Ask { password: true, ..ask() }, Lack::Passwords, "allowPasswords"),
        ];
        for (ask, lack, field) in asks {
            assert_eq!(check(&everywhere(&json!({})), &ask), Err(Missing::Permissions(vec![lack])));
            assert!(check(&everywhere(&json!({field: false})), &ask).is_err(), "{field}");
            assert_eq!(check(&everywhere(&json!({field: true})), &ask), Ok(()), "{field}");
        }
    }

    #[test]
    fn attributes_are_permitted_by_name_or_by_schema() {
        let department = AttributePath::extension("urn:example:2.0:User", "department");
        let with = |path: AttributePath| Ask { attributes: vec![path], ..ask() };
        let only = |allowed: Value| everywhere(&json!({"allowedAttributes": allowed}));
        assert_eq!(check(&only(json!([])), &with(AttributePath::core("userName"))), Ok(()));
        assert_eq!(
            check(&only(json!(["NAME"])), &with(AttributePath::core("name").sub("givenName"))),
            Ok(())
        );
        assert_eq!(check(&only(json!(["urn:EXAMPLE:2.0:User"])), &with(department.clone())), Ok(()));
        let refused = |name: &str| Err(Missing::Permissions(vec![Lack::Attributes(vec![name.to_owned()])]));
        assert_eq!(check(&only(json!(["title"])), &with(AttributePath::core("roles"))), refused("roles"));
        assert_eq!(
            check(&only(json!(["department"])), &with(department)),
            refused("urn:example:2.0:User"),
            "an extension's attribute is no core attribute of the same name"
        );
    }

    #[test]
    fn two_grants_do_not_add_up() {
        let two = grants(json!([
            {"namespaces": {"from": "All"}, "allowPasswords": true, "userNamePatterns": ["*@b.example.com"]},
            {"namespaces": {"from": "All"}, "userNamePatterns": ["*@a.example.com"]},
        ]));
        let refused = Missing::Permissions(vec![Lack::Name(ResourceType::User)]);
        assert_eq!(check(&two, &Ask { password: true, ..ask() }), Err(refused));
        assert_eq!(check(&two, &ask()), Ok(()));
    }

    proptest! {
        #[test]
        fn a_pattern_without_a_star_fits_itself_alone(text in "[a-z@.]{0,8}", other in "[a-z@.]{0,8}") {
            prop_assert!(is_like(&text, &text));
            prop_assert_eq!(is_like(&other, &text), other == text);
        }

        #[test]
        fn stars_stand_for_what_was_cut_out(parts in prop::collection::vec("[a-zé*]{0,4}", 1..5), fill in "[a-zé]{0,3}") {
            let parts: Vec<String> = parts.iter().map(|part| part.replace('*', "")).collect();
            prop_assert!(is_like(&parts.join(&fill), &parts.join("*")));
        }

        #[test]
        fn whatever_comes_nothing_panics(text in ".*", pattern in ".*") {
            let _ = is_like(&text, &pattern);
        }
    }
}
