//! On which terms an object gets its identity: what its server, as the
//! profile describes it, makes of the manifest. Found out before anything is
//! asked or sent.

use serde_json::Value;

use super::{desired::Desired, lookup::MatchKeys, obstacle::Obstacle, rules, unsupported::Unsupported};
use crate::{
    api::DeletionPolicy,
    scim::{
        capabilities::KindCapabilities,
        path::AttributePath,
        port::ResourceType,
        profile::{Creation, Deactivation, Deletion, KindRules},
    },
};

/// What an object asks for beside attributes.
#[derive(Clone, Copy, Debug, Default)]
pub struct Asked {
    /// What its manifest says about its deletion.
    pub deletion_policy: Option<DeletionPolicy>,
    /// Whether it names a password.
    pub has_password: bool,
}

/// The terms.
#[derive(Clone, Debug)]
pub struct Terms {
    /// Why there can be no such thing at all.
    pub kind: Option<Obstacle>,
    /// Why the manifest cannot be carried out.
    pub manifest: Option<Obstacle>,
    /// Why it cannot be created.
    pub creation: Option<Obstacle>,
    /// A creation is certain to be refused where somebody is there already.
    pub is_strict: bool,
    /// By what it is found before it has an id here.
    pub keys: MatchKeys,
    /// What DELETE does.
    pub deletion: Deletion,
    /// What `active: false` does.
    pub deactivation: Deactivation,
}

impl Default for Terms {
    /// Those of a server about which nothing is known.
    fn default() -> Self {
        Self {
            kind: None,
            manifest: None,
            creation: None,
            is_strict: false,
            keys: MatchKeys::default(),
            deletion: Deletion::Gone,
            deactivation: Deactivation::Reversible,
        }
    }
}

impl Terms {
    /// The terms for a manifest.
    pub fn new(desired: &Desired, asked: Asked, rules: &KindRules, known: KindCapabilities) -> Self {
        let unsupported = |what| Obstacle::Unsupported(desired.resource_type(), what);
        let keys = MatchKeys::of(desired, rules);
        let kind = (!known.supported)
            .then(|| unsupported(Unsupported::Kind { says_server: known.supported_by_discovery }));
        let manifest = match rules::check(desired, rules, asked.has_password) {
            Err(violation) => Some(Obstacle::Violation(violation)),
            Ok(()) => deactivation(desired, asked, rules.deactivation).map(unsupported),
        };
        let creation = if rules.operations.create {
            let whole = rules::complete(desired, rules, asked.has_password);
            whole.err().or_else(|| rules::nameless(desired, rules, &keys)).map(Obstacle::Violation)
        } else {
            Some(unsupported(Unsupported::Creation))
        };
        Self {
            kind,
            manifest,
            creation,
            is_strict: rules.creation == Creation::Strict,
            keys,
            deletion: rules.deletion,
            deactivation: rules.deactivation,
        }
    }

    /// Why an object that is in sync otherwise cannot stay so.
    pub fn refusal(&self) -> Option<&Obstacle> {
        self.kind.as_ref().or(self.manifest.as_ref())
    }

    /// What people are to know who delete the object: it cannot be undone.
    pub fn warning(&self, policy: DeletionPolicy, resource_type: ResourceType) -> Option<String> {
        let warns = self.deletion == Deletion::Irreversible && policy == DeletionPolicy::Delete;
        let instead = match (resource_type, self.deactivation) {
            (ResourceType::User, Deactivation::Reversible) => "Deactivate or Retain",
            _ => "Retain",
        };
        warns.then(|| {
            format!(
                "Deleting this object deletes the {resource_type} for good, because this server brings nobody back: \
                 set deletionPolicy: {instead} if that is not meant"
            )
        })
    }
}

/// An account is destroyed only where the manifest says in so many words that
/// it may be.
fn deactivation(desired: &Desired, asked: Asked, deactivation: Deactivation) -> Option<Unsupported> {
    if deactivation == Deactivation::Reversible || desired.resource_type() == ResourceType::Group {
        return None;
    }
    if asked.deletion_policy == Some(DeletionPolicy::Deactivate) {
        return Some(Unsupported::Deactivation(deactivation));
    }
    let may_destroy =
        deactivation == Deactivation::Destructive && asked.deletion_policy == Some(DeletionPolicy::Delete);
    let is_inactive = desired.get(&AttributePath::core("active")) == Some(&Value::Bool(false));
    (is_inactive && !may_destroy).then_some(Unsupported::Inactive(deactivation))
}

#[cfg(test)]
#[path = "terms/tests.rs"]
mod tests;
