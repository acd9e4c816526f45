//! Passwords: when one is sent, and what may be said about it. A password is
//! never compared with what the server has, because no server tells it.

use super::{
    diff::Change,
    rules::{Treatment, is_sent_at_creation},
};
use crate::{
    api::Origin,
    scim::{path::AttributePath, profile::KindRules},
};

/// What to do with the password that a Secret holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// It was sent before.
    Keep,
    /// It is new, and goes to the server.
    Send,
    /// Whether it was ever sent cannot be told, and the person may have
    /// chosen another one since: it is taken as known, and only the next one
    /// is sent.
    TakeAsKnown,
}

/// The digest of what the Secret holds, in each form in which one may be
/// remembered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Present {
    /// As it is recorded when the server took it.
    pub digest: String,
    /// As the note of the creation has it.
    pub announced: Option<String>,
}

/// What to do, by the digest that is remembered, the digest of what the
/// Secret holds now, and how the identity came to be managed. The digest is
/// recorded only after the server took the password. So after a crash in
/// between the same value goes out once more, and never is one lost. Only what
/// a creation had in it is known from its note: whoever was created has it.
pub fn action(known: Option<&str>, present: &Present, origin: Option<Origin>) -> Action {
    let is_present = |known: &str| known == present.digest || Some(known) == present.announced.as_deref();
    match known {
        Some(known) if is_present(known) => Action::Keep,
        Some(known) if key_of(known) == key_of(&present.digest) => Action::Send,
        Some(_) => Action::TakeAsKnown,
        None if origin == Some(Origin::Adopted) => Action::TakeAsKnown,
        None => Action::Send,
    }
}

/// The change that sets a password.
pub fn change(password: &str) -> Change {
    Change { path: path(), value: Some(password.into()) }
}

/// Where a password goes (RFC 7643 §4.1.1).
pub fn path() -> AttributePath {
    AttributePath::core("password")
}

/// Whether a creation has the password in it.
pub fn is_created_with(rules: &KindRules) -> bool {
    is_sent_at_creation(&path(), rules)
}

/// Whether the password of somebody who is there can be changed.
pub fn may_change(rules: &KindRules) -> bool {
    matches!(Treatment::of(&path(), rules), Treatment::Compared | Treatment::Unseen)
}

/// Whether a server's words can be shown: not if a part of the password may
/// be quoted in them.
pub fn may_be_quoted(words: &str, password: &str) -> bool {
    const TELLING: usize = 4;
    let words = words.to_lowercase();
    let password: Vec<char> = password.to_lowercase().chars().collect();
    let mut parts = password.windows(TELLING.min(password.len()).max(1));
    !parts.any(|part| words.contains(&part.iter().collect::<String>()))
}

/// Which of the operator's keys a digest was made with.
fn key_of(digest: &str) -> Option<&str> {
    digest.split_once('.').map(|(key, _)| key)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::sync::{digest::Digester, rules::testing::users};

    #[test]
    fn some_servers_take_a_password_once() {
        let rules = |rule| users(&json!({"attributes": {"password": rule}}));
        assert!(may_change(&rules(json!({}))) && is_created_with(&rules(json!({}))));
        assert!(!may_change(&rules(json!({"sent": "AtCreation"}))));
        assert!(!may_change(&rules(json!({"mutability": "Immutable"}))));
        let later = rules(json!({"sent": "AfterCreation"}));
        assert!(may_change(&later) && !is_created_with(&later));
    }

    fn digest(key: &[u8], password: &str) -> String {
        Digester::new(key).password("1", password)
    }

    #[test]
    fn a_password_is_sent_once_and_only_where_it_is_surely_new() {
        let (created, adopted) = (Some(Origin::Created), Some(Origin::Adopted));
        let (old, new) = (digest(b"key", "old"), digest(b"key", "new"));
        let of_lost_key = digest(b"lost", "new");
        let noted = |password| Digester::new(b"key").password("nonce", password);
        let (noted_old, noted_new) = (noted("old"), noted("new"));
        for (row, known, origin, expected) in [
            ("sent before", Some(&new), created, Action::Keep),
            ("another one was sent before", Some(&old), created, Action::Send),
            ("none was sent yet", None, created, Action::Send),
            ("adopted: nobody knows", None, adopted, Action::TakeAsKnown),
            ("adopted, and known since", Some(&new), adopted, Action::Keep),
            ("adopted, and another one since", Some(&old), adopted, Action::Send),
            ("the operator lost its key: nobody knows", Some(&of_lost_key), created, Action::TakeAsKnown),
            ("the creation had it in it", Some(&noted_new), created, Action::Keep),
            ("the creation had another one in it", Some(&noted_old), created, Action::Send),
        ] {
            let present = Present { digest: new.clone(), announced: Some(noted_new.clone()) };
            assert_eq!(action(known.map(String::as_str), &present, origin), expected, "{row}");
        }
    }

    #[test]
    fn words_with_a_part_of_the_password_are_not_shown() {
        assert!(may_be_quoted("the value is too short", "hunter2"));
        assert!(!may_be_quoted("\"hunter2\" is too short", "hunter2"));
        assert!(!may_be_quoted("HUNT… is too short", "hunter2"));
        assert!(!may_be_quoted("abc", "abc"));
    }

    #[test]
    fn equal_passwords_of_two_people_do_not_look_equal() {
        let digester = Digester::new(b"key");
        assert_ne!(digester.password("1", "same"), digester.password("2", "same"));
        assert!(!digester.password("1", "same").contains("same"));
    }
}
