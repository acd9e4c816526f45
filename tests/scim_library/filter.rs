//! Filters that are sent, and filters that are read.

use proptest::prelude::*;
use scim_operator::scim::{
    endpoint::query,
    filter::{Expression, Filter, ValuePath},
    path::AttributePath,
    resource::Resource,
};
use serde_json::{Value, json};

/// Reads `userName eq "…"` with nothing of the code under test: one text, and
/// nothing after it.
fn read_independently(filter: &str) -> Option<String> {
    let mut characters = filter.strip_prefix("userName eq \"")?.chars();
    let mut text = String::new();
    loop {
        match characters.next()? {
            '"' => break,
            '\\' => match characters.next()? {
                'u' => {
                    let digits: String = characters.by_ref().take(4).collect();
                    text.push(char::from_u32(u32::from_str_radix(&digits, 16).ok()?)?);
                }
                'n' => text.push('\n'),
                'r' => text.push('\r'),
                't' => text.push('\t'),
                'b' => text.push('\u{8}'),
                'f' => text.push('\u{c}'),
                plain @ ('"' | '\\' | '/') => text.push(plain),
                _ => return None,
            },
            plain => text.push(plain),
        }
    }
    characters.next().is_none().then_some(text)
}

/// Texts with many of the characters that break out of quotes.
fn nasty() -> impl Strategy<Value = String> {
    prop_oneof![any::<String>(), r#"["\\+&=%# or()a-z\n\t\[\]\x00]{0,20}"#]
}

proptest! {
    #[test]
    fn no_value_breaks_out_of_its_quotes(value in nasty()) {
        let filter = Filter::eq(AttributePath::core("userName"), value.clone()).to_string();
        prop_assert_eq!(read_independently(&filter), Some(value.clone()));
        let literal = filter.strip_prefix("userName eq ").unwrap();
        prop_assert_eq!(serde_json::from_str::<String>(literal).unwrap(), value.clone());
        let user = Resource::from_value(json!({"userName": value})).unwrap();
        prop_assert!(Expression::parse(&filter).unwrap().matches(&user));
    }

    #[test]
    fn no_value_breaks_out_of_its_parameter(value in nasty()) {
        let filter = Filter::eq(AttributePath::core("userName"), value).to_string();
        let query = query([("filter", filter.clone()), ("count", "1".to_owned())]);
        let url = url::Url::parse(&format!("https://idp.example.com/Users?{query}")).unwrap();
        let pairs: Vec<(String, String)> = url.query_pairs().into_owned().collect();
        prop_assert_eq!(pairs, [("filter".to_owned(), filter.clone()), ("count".to_owned(), "1".to_owned())]);
        // Servers disagree on whether `+` is a space, so there is none.
        prop_assert!(!query.contains('+') && url.fragment().is_none());
    }

    #[test]
    fn reading_never_fails_but_with_an_error(text in any::<String>(), dense in r#"[a-z\[\]()". ]{0,30}"#) {
        for text in [text, dense] {
            let _ = Expression::parse(&text);
            let _ = ValuePath::parse(&text);
        }
    }

    #[test]
    fn a_selection_by_value_selects_that_member_alone(ids in prop::collection::vec(nasty(), 1..5)) {
        let selection = Filter::eq(AttributePath::core("value"), ids[0].clone());
        let path = ValuePath::parse(&format!("members[{selection}]")).unwrap();
        let (filter, sub) = path.selection.unwrap();
        prop_assert_eq!(sub, None);
        for id in &ids {
            prop_assert_eq!(filter.matches_value("members", &json!({"value": id})), id == &ids[0]);
        }
    }
}

fn user() -> Resource {
    let user: Value = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "id": "aB1",
        "externalId": "Ext",
        "userName": "Alice",
        "active": true,
        "age": 44,
        "nickName": null,
        "name": {"familyName": "Smith"},
        "emails": [
            {"value": "alice@example.com", "type": "work", "primary": true},
            {"value": "al@example.org", "type": "home"}
        ],
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {
            "department": "R&D", "manager": {"value": "M1"}
        },
        "meta": {"lastModified": "2011-05-13T04:42:34Z"}
    });
    Resource::from_value(user).unwrap()
}

#[test]
fn filters_mean_what_the_rfc_says() {
    for (filter, expected) in [
        (r#"userName eq "alice""#, true),
        (r#"USERNAME EQ "ALICE""#, true),
        (r#"userName eq "alic""#, false),
        (r#"id eq "aB1""#, true),
        (r#"id eq "ab1""#, false),
        (r#"externalId eq "ext""#, false),
        (r#"userName ne "bob""#, true),
        (r#"missing ne "x""#, true),
        (r#"userName co "LIC""#, true),
        (r#"userName sw "al""#, true),
        (r#"userName ew "ce""#, true),
        (r#"userName ew "al""#, false),
        ("userName pr", true),
        ("nickName pr", false),
        ("emails pr", true),
        ("nickName eq null", true),
        ("active eq true", true),
        ("active eq false", false),
        ("active gt false", false),
        ("age gt 43 and age ge 44 and age lt 45 and age le 44", true),
        ("age gt 44", false),
        (r#"name.familyName co "mit""#, true),
        (r#"emails co "example.org""#, true),
        (r#"emails.type eq "home""#, true),
        (r#"emails eq "al@example.org""#, true),
        (r#"emails[type eq "work" and value co "@example.com"]"#, true),
        (r#"emails[type eq "home" and value co "@example.com"]"#, false),
        (r#"emails[type eq "home" and primary eq true]"#, false),
        (r#"meta.lastModified gt "2011-05-13T04:42:33.999Z""#, true),
        (r#"meta.lastModified gt "2011-05-13T06:42:34+02:00""#, false),
        (r#"urn:ietf:params:scim:schemas:core:2.0:User:userName eq "alice""#, true),
        (r#"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department eq "r&d""#, true),
        (r#"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager eq "M1""#, true),
        (r#"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value eq "m1""#, false),
        (r#"userName eq "bob" or active eq true and age eq 44"#, true),
        (r#"(userName eq "bob" or active eq true) and age eq 43"#, false),
        (r#"not (userName eq "bob")"#, true),
        (r#"not(userName eq "alice")"#, false),
        (r#"active eq true and not (emails.type eq "fax")"#, true),
    ] {
        let parsed = Expression::parse(filter).unwrap_or_else(|error| panic!("{filter}: {error}"));
        assert_eq!(parsed.matches(&user()), expected, "{filter}");
    }
}

#[test]
fn what_is_no_filter_is_refused_with_the_place() {
    for (filter, at) in [
        ("", 0),
        ("userName", 8),
        ("userName is 1", 9),
        ("userName eq", 11),
        ("userName eq bob", 12),
        (r#"userName eq "bob"#, 12),
        (r#"userName eq "bob" x"#, 18),
        (r#"userName eq "bob" and"#, 21),
        (r#"(userName eq "bob""#, 18),
        (r#"emails[type eq "work""#, 21),
        (r#"userName eq "a" "b""#, 16),
    ] {
        assert_eq!(Expression::parse(filter).unwrap_err().at, at, "{filter}");
    }
    let deep = format!("{}a pr{}", "(".repeat(10_000), ")".repeat(10_000));
    assert!(Expression::parse(&deep).is_err());
}

#[test]
fn patch_paths_are_read_in_all_their_forms() {
    for (text, path, selects, sub) in [
        ("members", "members", false, None),
        ("name.familyName", "name.familyName", false, None),
        (r#"addresses[type eq "work"]"#, "addresses", true, None),
        (r#"members[value eq "2819"].displayName"#, "members", true, Some("displayName")),
        (r#"urn:example:2.0:User:cars[id eq "1"].colour"#, "urn:example:2.0:User:cars", true, Some("colour")),
    ] {
        let read = ValuePath::parse(text).unwrap();
        assert_eq!(read.path.to_string(), path);
        assert_eq!(read.selection.is_some(), selects);
        assert_eq!(read.selection.and_then(|(_, sub)| sub).as_deref(), sub);
    }
    for text in [
        "",
        "[",
        "a[",
        "a[]",
        "a[b pr",
        "a[b pr].",
        "a[b pr]c",
        "a b",
        "a.",
        "a[b pr].c.d",
        "a[b pr].c[d pr]",
    ] {
        assert!(ValuePath::parse(text).is_err(), "{text}");
    }
}
