//! What `status` remembers of an identity, in one form for every kind.

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use serde_json::Value;

use super::{
    address::Address,
    diff::{Known, Rewritten},
};
use crate::{
    api::{Anchor, MemberCounts, Normalized, Origin, ScimGroupStatus, ScimUserStatus, conditions, reasons},
    scim::path::AttributePath,
};

/// An identity that status tells of while the object is not anchored to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// The server's id.
    pub id: String,
    /// Its name.
    pub name: Option<String>,
}

/// The memory of one object.
#[derive(Clone, Debug, Default)]
pub struct Record {
    /// Where the identity is.
    pub anchor: Option<Address>,
    /// The operator's mark on the anchor.
    pub seal: Option<String>,
    /// The identity that is shown without a claim on it.
    pub shown: Option<Shown>,
    /// How it came to be managed.
    pub origin: Option<Origin>,
    /// What is managed and what the server makes of it.
    pub known: Known,
    /// The generation that the conditions speak of.
    pub observed_generation: Option<i64>,
    /// The generation that the server was last made to follow.
    pub applied_generation: Option<i64>,
    /// Whether the account was active when it was last as it should be.
    pub active: Option<bool>,
    /// The request to enable the account that was last acted on.
    pub last_handled_reactivate_at: Option<String>,
    /// The conditions.
    pub conditions: Vec<Condition>,
    /// A group's members.
    pub members: Option<MemberCounts>,
    /// The members that an additive group was given by the operator; where the
    /// server shows nobody, those of an exact group too.
    pub applied_members: BTreeSet<String>,
    /// What the server alone sets, and status shows.
    pub attributes: BTreeMap<String, Value>,
    /// A digest of the password that was last sent.
    pub password_digest: Option<String>,
    /// The request for a comparison that was last acted on.
    pub last_handled_reconcile_at: Option<String>,
}

impl Record {
    /// Whether the manifest of this generation was applied.
    pub fn is_synced(&self, generation: Option<i64>) -> bool {
        let synced =
            |condition: &Condition| condition.type_ == conditions::SYNCED && condition.status == "True";
        self.observed_generation == generation && self.conditions.iter().any(synced)
    }

    /// Whether a person has to act before it goes on.
    pub fn is_stalled(&self) -> bool {
        let stalled =
            |condition: &Condition| condition.type_ == conditions::STALLED && condition.status == "True";
        self.conditions.iter().any(stalled)
    }

    /// Whether the manifest of this generation was applied once, whatever came
    /// of it since.
    pub fn is_applied(&self, generation: Option<i64>) -> bool {
        (generation.is_some() && self.applied_generation == generation) || self.is_synced(generation)
    }

    /// Whether it was told what somebody else did, so that a sweep has to see
    /// when that is over.
    pub fn tells_of_others(&self) -> bool {
        let told = [reasons::DRIFTED, reasons::EXTERNALLY_DEACTIVATED, reasons::REMOTE_MISSING];
        self.anchor.is_some() && self.reason().is_some_and(|reason| told.contains(&reason))
    }

    /// Whether this generation was compared with the identity that it only
    /// shows.
    pub fn is_observed(&self, generation: Option<i64>) -> bool {
        self.observed_generation == generation && self.reason() == Some(reasons::OBSERVING)
    }

    /// Forgets all but who it was, and what people were told.
    pub fn let_go(&mut self) {
        let anchor = self.anchor.take();
        *self = Self {
            shown: anchor.map(|anchor| Shown { id: anchor.id, name: anchor.name }).or(self.shown.take()),
            observed_generation: self.observed_generation,
            last_handled_reactivate_at: self.last_handled_reactivate_at.take(),
            conditions: std::mem::take(&mut self.conditions),
            last_handled_reconcile_at: self.last_handled_reconcile_at.take(),
            ..Self::default()
        };
    }

    /// Whether everything that it names was there to be applied.
    pub fn is_complete(&self) -> bool {
        let unresolved = |condition: &Condition| {
            condition.type_ == conditions::REFERENCES_RESOLVED && condition.status != "True"
        };
        self.members.as_ref().is_none_or(|members| members.pending == 0)
            && !self.conditions.iter().any(unresolved)
    }

    /// The reason of the Ready condition.
    pub fn reason(&self) -> Option<&str> {
        let ready = self.conditions.iter().find(|condition| condition.type_ == conditions::READY);
        ready.map(|condition| condition.reason.as_str())
    }

    /// Whether people were told that a loss is held.
    pub fn is_held(&self) -> bool {
        self.conditions.iter().any(|condition| condition.type_ == conditions::DELETION_HELD)
    }

    /// What a user's status says.
    pub fn of_user(status: Option<&ScimUserStatus>) -> Self {
        let Some(status) = status.cloned() else { return Self::default() };
        Self {
            shown: shown(status.anchor.as_ref(), status.id, status.user_name.as_ref()),
            seal: status.anchor.as_ref().and_then(|anchor| anchor.seal.clone()),
            anchor: status.anchor.map(|anchor| address(anchor, status.user_name)),
            origin: status.origin,
            known: known(status.managed_attributes, status.normalized),
            observed_generation: status.observed_generation,
            applied_generation: status.applied_generation,
            active: status.active,
            last_handled_reactivate_at: status.last_handled_reactivate_at,
            conditions: status.conditions.unwrap_or_default(),
            members: None,
            applied_members: BTreeSet::new(),
            attributes: status.attributes.unwrap_or_default(),
            password_digest: status.password_digest,
            last_handled_reconcile_at: status.last_handled_reconcile_at,
        }
    }

    /// What a group's status says.
    pub fn of_group(status: Option<&ScimGroupStatus>) -> Self {
        let Some(status) = status.cloned() else { return Self::default() };
        Self {
            shown: shown(status.anchor.as_ref(), status.id, status.display_name.as_ref()),
            seal: status.anchor.as_ref().and_then(|anchor| anchor.seal.clone()),
            anchor: status.anchor.map(|anchor| address(anchor, status.display_name)),
            origin: status.origin,
            known: known(status.managed_attributes, status.normalized),
            observed_generation: status.observed_generation,
            applied_generation: status.applied_generation,
            active: None,
            last_handled_reactivate_at: None,
            conditions: status.conditions.unwrap_or_default(),
            members: status.members,
            applied_members: status.applied_members.unwrap_or_default().into_iter().collect(),
            attributes: BTreeMap::new(),
            password_digest: None,
            last_handled_reconcile_at: status.last_handled_reconcile_at,
        }
    }

    /// The user's status that says all this.
    pub fn into_user_status(self) -> ScimUserStatus {
        let (anchor, id, user_name) = parts(self.anchor, self.seal, self.shown);
        ScimUserStatus {
            id,
            anchor,
            user_name,
            origin: self.origin,
            observed_generation: self.observed_generation,
            applied_generation: self.applied_generation,
            active: self.active,
            last_handled_reactivate_at: self.last_handled_reactivate_at,
            managed_attributes: texts(&self.known.managed),
            normalized: normalized(&self.known),
            attributes: (!self.attributes.is_empty()).then_some(self.attributes),
            password_digest: self.password_digest,
            last_handled_reconcile_at: self.last_handled_reconcile_at,
            conditions: Some(self.conditions),
        }
    }

    /// The group's status that says all this.
    pub fn into_group_status(self) -> ScimGroupStatus {
        let (anchor, id, display_name) = parts(self.anchor, self.seal, self.shown);
        ScimGroupStatus {
            id,
            anchor,
            display_name,
            origin: self.origin,
            observed_generation: self.observed_generation,
            applied_generation: self.applied_generation,
            managed_attributes: texts(&self.known.managed),
            normalized: normalized(&self.known),
            members: self.members,
            applied_members: (!self.applied_members.is_empty())
                .then(|| self.applied_members.into_iter().collect()),
            last_handled_reconcile_at: self.last_handled_reconcile_at,
            conditions: Some(self.conditions),
        }
    }
}

fn address(anchor: Anchor, name: Option<String>) -> Address {
    Address { endpoint: anchor.endpoint_key, id: anchor.id, created: anchor.created, name }
}

fn shown(anchor: Option<&Anchor>, id: Option<String>, name: Option<&String>) -> Option<Shown> {
    id.filter(|_| anchor.is_none()).map(|id| Shown { id, name: name.cloned() })
}

/// The anchor, the id and the name.
fn parts(
    address: Option<Address>,
    seal: Option<String>,
    shown: Option<Shown>,
) -> (Option<Anchor>, Option<String>, Option<String>) {
    match (address, shown) {
        (Some(Address { endpoint, id, created, name }), _) => {
            let anchor = Anchor { endpoint_key: endpoint, id: id.clone(), created, seal };
            (Some(anchor), Some(id), name)
        }
        (None, Some(Shown { id, name })) => (None, Some(id), name),
        (None, None) => (None, None, None),
    }
}

fn known(managed: Option<Vec<String>>, normalized: Option<Vec<Normalized>>) -> Known {
    let rewritten = normalized.unwrap_or_default().into_iter().filter_map(|entry| {
        let digests = Rewritten { sent: entry.sent, observed: entry.observed };
        AttributePath::parse(&entry.path).map(|path| (path, digests))
    });
    Known {
        managed: managed.unwrap_or_default().iter().filter_map(|path| AttributePath::parse(path)).collect(),
        rewritten: rewritten.collect(),
    }
}

fn texts(paths: &BTreeSet<AttributePath>) -> Option<Vec<String>> {
    (!paths.is_empty()).then(|| paths.iter().map(ToString::to_string).collect())
}

fn normalized(known: &Known) -> Option<Vec<Normalized>> {
    let entries = known.rewritten.iter().map(|(path, digests)| Normalized {
        path: path.to_string(),
        sent: digests.sent.clone(),
        observed: digests.observed.clone(),
    });
    (!known.rewritten.is_empty()).then(|| entries.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn anchored() -> Record {
        let anchor = Address {
            endpoint: "https://idp.example.com".to_owned(),
            id: "1".to_owned(),
            created: None,
            name: Some("alice".to_owned()),
        };
        Record {
            anchor: Some(anchor),
            seal: Some("mark".to_owned()),
            origin: Some(Origin::Created),
            known: Known { managed: [AttributePath::core("title")].into(), ..Known::default() },
            password_digest: Some("key.digest".to_owned()),
            applied_members: ["7".to_owned()].into(),
            observed_generation: Some(3),
            ..Record::default()
        }
    }

    #[test]
    fn whoever_lets_go_remembers_who_it_was_and_no_claim() {
        let mut record = anchored();
        record.let_go();
        let status = record.into_user_status();
        assert_eq!((status.id.as_deref(), status.user_name.as_deref()), (Some("1"), Some("alice")));
        assert_eq!((status.anchor, status.origin, status.managed_attributes), (None, None, None));
        assert_eq!((status.password_digest, status.observed_generation), (None, Some(3)));
    }

    #[test]
    fn what_status_says_is_what_is_remembered() {
        let group = anchored().into_group_status();
        assert_eq!(group.id.as_deref(), Some("1"));
        assert_eq!(Record::of_group(Some(&group)).into_group_status(), group);
        let mut shown = anchored();
        shown.let_go();
        let user = shown.into_user_status();
        assert_eq!(Record::of_user(Some(&user)).into_user_status(), user);
    }
}
