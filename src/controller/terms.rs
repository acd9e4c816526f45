//! On which terms objects get their identities, at the server that they have.

use std::time::Duration;

use super::{identity::Identity, sessions::Session};
use crate::{
    scim::profile::KindRules,
    sync::{
        desired::Desired,
        diff::Comparison,
        digest::Digester,
        terms::{Asked, Terms},
    },
};

impl Session {
    /// For how long the server is known to show what was there before.
    pub(super) fn grace(&self) -> Duration {
        self.dialect.profile.consistency.grace.0
    }

    /// What holds for resources of this kind.
    pub(super) fn rules<T: Identity>(&self) -> &KindRules {
        self.dialect.profile.kind(T::RESOURCE_TYPE)
    }

    /// What the server makes of a manifest.
    pub(super) fn terms<T: Identity>(&self, object: &T, desired: &Desired) -> Terms {
        let asked = Asked {
            deletion_policy: object.deletion_policy(),
            has_password: object.password_ref().is_some(),
        };
        let known = self.capabilities().kind(T::RESOURCE_TYPE);
        let terms = Terms::new(desired, asked, self.rules::<T>(), known);
        Terms { manifest: self.protected().refusal(desired).or(terms.manifest), ..terms }
    }

    /// How a manifest is compared with what the server has.
    pub(super) fn comparison<'a, T: Identity>(
        &'a self,
        desired: &'a Desired,
        digester: &'a Digester,
    ) -> Comparison<'a> {
        Comparison { desired, rules: self.rules::<T>(), digester }
    }
}
