//! How an attribute is dealt with once its identity is there.

use crate::scim::{
    path::AttributePath,
    profile::{KindRules, Mutability, Returned, Sent},
};

/// How an attribute is dealt with once its identity is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Treatment {
    /// It is compared, and made equal.
    Compared,
    /// It cannot be read: it is sent when the manifest's value changes.
    Unseen,
    /// It is compared, and nobody can change it.
    Fixed,
    /// It is neither compared nor sent.
    Left,
}

impl Treatment {
    /// That of the attribute at a path.
    pub fn of(path: &AttributePath, rules: &KindRules) -> Self {
        let rule = rules.rule(path);
        let is_sent_once = rule.is_some_and(|rule| rule.sent == Sent::AtCreation);
        let is_shown = rule.is_none_or(|rule| rule.returned != Returned::Never);
        match rules.mutability(path) {
            // Shown elsewhere, it tells whether it was this that was sent.
            _ if is_sent_once && rule.is_some_and(|rule| rule.shown_as.is_some()) => Self::Fixed,
            _ if is_sent_once => Self::Left,
            Mutability::ReadOnly => Self::Left,
            Mutability::Immutable if !is_shown => Self::Left,
            Mutability::Immutable => Self::Fixed,
            Mutability::WriteOnly => Self::Unseen,
            Mutability::ReadWrite if !is_shown => Self::Unseen,
            Mutability::ReadWrite => Self::Compared,
        }
    }
}

/// Where the server shows what was sent at a path.
pub fn shown_at(path: &AttributePath, rules: &KindRules) -> AttributePath {
    let elsewhere = rules.own_rule(path).and_then(|rule| rule.shown_as.as_deref());
    elsewhere.and_then(AttributePath::parse).unwrap_or_else(|| path.clone())
}

/// Whether the creation has the attribute in it.
pub fn is_sent_at_creation(path: &AttributePath, rules: &KindRules) -> bool {
    rules.rule(path).is_none_or(|rule| rule.sent != Sent::AfterCreation)
}

/// Whether capital and small letters differ in the attribute's values. `None`
/// where the profile does not say.
pub fn is_case_exact(path: &AttributePath, rules: &KindRules) -> Option<bool> {
    rules.rule(path)?.case_exact
}
