//! The note that is left on an object before its identity is created, and
//! what it proves after a crash.
//!
//! Tenants can write annotations. So the note is sealed with a key that only
//! the operator has, and names the object it was written for; one that does
//! not fit counts as none.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{
    compare::says_the_same,
    desired::Desired,
    digest::Digester,
    lookup::MatchKeys,
    rules::{Treatment, is_sent_at_creation, shown_at},
};
use crate::scim::{path::AttributePath, profile::KindRules, resource::Resource};

/// How long a server may take to show what it created: until then nothing is
/// posted again. Longer than a request may take, because one that was given up
/// may still be carried out.
pub const SETTLE: SignedDuration = SignedDuration::from_secs(45);

/// What was not seen is not looked for again before this time.
const SOONEST_LOOK: SignedDuration = SignedDuration::from_secs(2);

/// How long after the note what it announced can have been created, by the
/// server's clock. Whatever is younger is somebody else's: a note that stays
/// on an object, or is put back, must not take an account made since.
const LATEST: SignedDuration = SignedDuration::from_mins(2);

/// How far apart the clocks behind `Date` and `meta.created` may be.
const SKEW: SignedDuration = SignedDuration::from_mins(2);

/// What was about to be created, for whom and where.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Intent {
    /// The UID of the object.
    pub uid: String,
    /// The endpoint key of the server.
    pub endpoint: String,
    /// How to find what was created.
    pub keys: MatchKeys,
    /// A digest of each value that was to be sent, by leaf path.
    pub values: BTreeMap<String, String>,
    /// A digest of the password that was to be sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
    /// Tells one attempt from the next.
    pub nonce: String,
    /// When the note was written, by the operator's clock.
    pub written: Timestamp,
    /// The server's clock as last seen before. Nothing of ours is older.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server_date: Option<Timestamp>,
    /// The anchored id that is gone from the server and is created anew.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replaces: Option<String>,
    /// The server answered the creation with this identity, which was there
    /// before: nothing is created again under these keys.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unexpected: Option<String>,
}

/// What a found identity is to the object with this intent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// It was created by the request that the intent announced.
    Ours,
    /// It was created before, or long after: somebody else's.
    Foreign,
    /// Nothing proves either.
    Unproven,
}

impl Intent {
    /// A digest of each value that is about to be sent and can be read again,
    /// by where it is read.
    pub fn digests(desired: &Desired, rules: &KindRules, digester: &Digester) -> BTreeMap<String, String> {
        let proves = |path: &AttributePath| {
            let is_read = matches!(Treatment::of(path, rules), Treatment::Compared | Treatment::Fixed);
            is_read && is_sent_at_creation(path, rules)
        };
        let read = desired.iter().filter(|(path, _)| proves(path));
        read.map(|(path, value)| (shown_at(path, rules).to_string(), digester.value(value))).collect()
    }

    /// The annotation's text.
    pub fn sealed(&self, digester: &Digester) -> Result<String, serde_json::Error> {
        let text = serde_json::to_string(self)?;
        Ok(format!("{}.{text}", digester.seal(&text)))
    }

    /// Reads an annotation; `None` unless the seal, the object and the
    /// endpoint are the right ones.
    pub fn open(annotation: &str, digester: &Digester, uid: &str, endpoint: Option<&str>) -> Option<Self> {
        let (seal, text) = annotation.split_once('.')?;
        if !digester.is_sealed(text, seal) {
            return None;
        }
        let intent: Self = serde_json::from_str(text).ok()?;
        let same_place = endpoint.is_none_or(|endpoint| endpoint == intent.endpoint);
        (intent.uid == uid && same_place).then_some(intent)
    }

    /// The leaf paths that were about to be set.
    pub fn paths(&self) -> BTreeSet<AttributePath> {
        self.values.keys().filter_map(|path| AttributePath::parse(path)).collect()
    }

    /// How much of the settling time is left. `grace`: how long the server is
    /// known to show what was there before.
    pub fn unsettled(&self, now: Timestamp, grace: SignedDuration) -> Option<SignedDuration> {
        self.left_of(SETTLE.max(grace), now)
    }

    /// When to look again for what is not seen yet; `None` once nothing is
    /// going to be seen. Soon at first, because most servers show it soon, and
    /// then further and further apart, because a look goes over everything.
    pub fn next_look(&self, now: Timestamp, grace: SignedDuration) -> Option<SignedDuration> {
        let left = self.unsettled(now, grace)?;
        let age = now.duration_since(self.written);
        // A clock that was set back tells nothing about the age.
        Some(if age.is_negative() { left } else { age.max(SOONEST_LOOK).min(left) })
    }

    /// How much is left of a time that began with the note.
    pub fn left_of(&self, time: SignedDuration, now: Timestamp) -> Option<SignedDuration> {
        // A clock that was set back must not make an intent wait for ever.
        let age = now.duration_since(self.written).max(SignedDuration::ZERO);
        (age < time).then(|| time - age)
    }

    /// Whether what a server answers to the creation can be its result. Some
    /// servers answer with an identity that was there before.
    pub fn could_have_made(&self, answer: &Resource) -> bool {
        match (answer.created_at(), self.server_date) {
            (Some(created), Some(date)) => created + SKEW >= date,
            _ => true,
        }
    }

    /// What an identity with matching keys is. `desired` is the manifest of
    /// today, which may no longer be the one that was sent.
    pub fn proof(&self, found: &Resource, desired: &Desired, digester: &Digester) -> Proof {
        match (found.created_at(), self.server_date) {
            (Some(created), Some(date)) if created < date || created > date + LATEST => {
                return Proof::Foreign;
            }
            (Some(_), Some(_)) => {}
            _ => return Proof::Unproven,
        }
        let as_sent = self.values.iter().all(|(path, sent)| {
            let Some(path) = AttributePath::parse(path) else { return false };
            let observed = found.get(&path);
            match desired.get(&path).filter(|value| &digester.value(value) == sent) {
                Some(value) => says_the_same(&path, value, observed),
                None => &digester.value(observed.unwrap_or(&serde_json::Value::Null)) == sent,
            }
        });
        if as_sent { Proof::Ours } else { Proof::Unproven }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{scim::port::ResourceType, sync::rules::testing::users};

    fn digester() -> Digester {
        Digester::new(b"key")
    }

    fn desired() -> Desired {
        Desired::new(
            ResourceType::User,
            [
                (AttributePath::core("userName"), json!("alice")),
                (AttributePath::core("title"), json!("Engineer")),
            ],
        )
    }

    fn intent() -> Intent {
        Intent {
            uid: "uid".to_owned(),
            endpoint: "https://idp.example.com".to_owned(),
            keys: MatchKeys::of(&desired(), &users(&json!({}))),
            values: Intent::digests(&desired(), &users(&json!({})), &digester()),
            password: None,
            nonce: "n".to_owned(),
            written: "2026-01-01T00:00:00Z".parse().unwrap(),
            server_date: Some("2026-01-01T00:00:00Z".parse().unwrap()),
            replaces: None,
            unexpected: None,
        }
    }

    fn found(created: &str, title: &str) -> Resource {
        let found = json!({"id": "1", "userName": "Alice", "title": title, "meta": {"created": created}});
        Resource::from_value(found).unwrap()
    }

    fn proof(found: &Resource) -> Proof {
        intent().proof(found, &desired(), &digester())
    }

    #[test]
    fn only_the_sealed_note_of_this_object_and_endpoint_counts() {
        let note = intent().sealed(&digester()).unwrap();
        let open = |note: &str, uid, endpoint| Intent::open(note, &digester(), uid, endpoint);
        assert_eq!(open(&note, "uid", Some("https://idp.example.com")), Some(intent()));
        assert_eq!(open(&note, "uid", None), Some(intent()));
        assert_eq!(open(&note, "other", Some("https://idp.example.com")), None);
        assert_eq!(open(&note, "uid", Some("https://other.example.com")), None);
        assert_eq!(open(&note.replace("alice", "mallory"), "uid", None), None);
        assert_eq!(open("", "uid", None), None);
    }

    #[test]
    fn what_was_created_after_the_note_with_the_values_sent_is_ours() {
        assert_eq!(proof(&found("2026-01-01T00:00:00.5Z", "Engineer")), Proof::Ours);
    }

    #[test]
    fn what_was_there_before_the_note_is_somebody_elses() {
        assert_eq!(proof(&found("2025-12-31T23:59:59Z", "Engineer")), Proof::Foreign);
    }

    #[test]
    fn what_was_created_long_after_the_note_is_somebody_elses() {
        assert_eq!(proof(&found("2026-01-01T00:02:01Z", "Engineer")), Proof::Foreign);
    }

    #[test]
    fn an_answer_with_an_old_identity_is_not_the_result_of_a_creation() {
        assert!(intent().could_have_made(&found("2026-01-01T00:00:01Z", "Engineer")));
        assert!(intent().could_have_made(&found("2025-12-31T23:59:30Z", "Engineer")));
        assert!(!intent().could_have_made(&found("2025-12-01T00:00:00Z", "Engineer")));
    }

    #[test]
    fn other_values_or_no_time_prove_nothing() {
        assert_eq!(proof(&found("2026-01-01T00:00:01Z", "Clerk")), Proof::Unproven);
        assert_eq!(proof(&found("a while ago", "Engineer")), Proof::Unproven);
        let undated = Intent { server_date: None, ..intent() };
        let twin = found("2026-01-01T00:00:01Z", "Engineer");
        assert_eq!(undated.proof(&twin, &desired(), &digester()), Proof::Unproven);
    }

    #[test]
    fn what_nobody_can_read_proves_and_disproves_nothing() {
        let rules = users(&json!({"attributes": {
            "title": {"returned": "Never"}, "nickName": {"sent": "AfterCreation"}, "userName": {"sent": "AtCreation"},
        }}));
        assert_eq!(Intent::digests(&desired(), &rules, &digester()), BTreeMap::new());
    }

    #[test]
    fn a_manifest_edited_since_does_not_disprove_what_was_sent() {
        let edited = Desired::new(
            ResourceType::User,
            [
                (AttributePath::core("userName"), json!("alice")),
                (AttributePath::core("title"), json!("Director")),
            ],
        );
        let proof = |title| intent().proof(&found("2026-01-01T00:00:01Z", title), &edited, &digester());
        assert_eq!(proof("Engineer"), Proof::Ours);
        assert_eq!(proof("Director"), Proof::Unproven);
    }

    #[test]
    fn it_is_looked_for_soon_and_then_further_and_further_apart() {
        let next = |text: &str| intent().next_look(text.parse().unwrap(), SignedDuration::ZERO);
        let seconds = |seconds| Some(SignedDuration::from_secs(seconds));
        assert_eq!(next("2026-01-01T00:00:00Z"), seconds(2));
        assert_eq!(next("2026-01-01T00:00:08Z"), seconds(8));
        assert_eq!(next("2026-01-01T00:00:32Z"), seconds(13), "the last look is when settling ends");
        assert_eq!(next("2026-01-01T00:00:45Z"), None);
        assert_eq!(next("2025-06-01T00:00:00Z"), Some(SETTLE));
    }

    #[test]
    fn settling_ends_and_a_clock_set_back_does_not_prolong_it() {
        let within = |text: &str, grace| intent().unsettled(text.parse().unwrap(), grace);
        let at = |text: &str| within(text, SignedDuration::ZERO);
        assert_eq!(at("2026-01-01T00:00:10Z"), Some(SignedDuration::from_secs(35)));
        assert_eq!(at("2026-01-01T00:00:45Z"), None);
        assert_eq!(at("2025-06-01T00:00:00Z"), Some(SETTLE));
        let slow = SignedDuration::from_mins(2);
        assert_eq!(within("2026-01-01T00:01:00Z", slow), Some(SignedDuration::from_mins(1)));
    }
}
