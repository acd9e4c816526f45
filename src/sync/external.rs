//! What somebody else did to an identity on the server after it was as its
//! manifest wants it, and what becomes of that.

use super::{
    desired::Desired,
    diff::{Change, Known},
    presence::is_inactive,
};
use crate::{
    api::{DriftPolicy, ExternalDeactivation, ExternalDeletion, ScimProviderSpec, reasons},
    scim::{path::AttributePath, resource::Resource},
};

/// What the provider says about changes from outside.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Policies {
    /// Of values that differ.
    pub drift: DriftPolicy,
    /// Of accounts that were disabled.
    pub deactivation: ExternalDeactivation,
    /// Of identities that were deleted.
    pub deletion: ExternalDeletion,
}

impl Policies {
    /// As the provider has them.
    pub fn of(spec: &ScimProviderSpec) -> Self {
        Self {
            drift: spec.drift_policy.unwrap_or_default(),
            deactivation: spec.on_external_deactivation.unwrap_or_default(),
            deletion: spec.on_external_deletion.unwrap_or_default(),
        }
    }
}

/// What becomes of an account, as far as it was disabled from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deactivated {
    /// It was not, or it is put right like anything else.
    No,
    /// It stays so, and nothing is sent to it.
    Stays,
    /// A person wants it enabled again.
    Ends,
}

/// Whether somebody disabled an account that was left active, though the
/// manifest does not say that it is to be inactive.
pub fn is_deactivated(left_active: Option<bool>, desired: &Desired, observed: &Resource) -> bool {
    let wants_it = desired.get(&active()).and_then(serde_json::Value::as_bool) == Some(false);
    left_active == Some(true) && is_inactive(observed) && !wants_it
}

/// What becomes of an account. `requested`: a person asked to have it enabled
/// again.
pub fn deactivated(
    left_active: Option<bool>,
    desired: &Desired,
    observed: &Resource,
    requested: bool,
    policy: ExternalDeactivation,
) -> Deactivated {
    let is_named = desired.get(&active()).is_some();
    match policy {
        _ if !is_deactivated(left_active, desired, observed) => Deactivated::No,
        _ if requested => Deactivated::Ends,
        ExternalDeactivation::Heal if is_named => Deactivated::No,
        ExternalDeactivation::Heal | ExternalDeactivation::Report => Deactivated::Stays,
    }
}

/// Whether what was told of somebody else's doing, for this reason, is over:
/// the listing shows this, and whether it differs from what is wanted.
pub fn is_over(reason: Option<&str>, listed: &Resource, differs: bool) -> bool {
    match reason {
        Some(reasons::REMOTE_MISSING) => true,
        Some(reasons::EXTERNALLY_DEACTIVATED) => !is_inactive(listed),
        _ => !differs,
    }
}

/// The change that enables an account.
pub fn activation() -> Change {
    Change { path: active(), value: Some(true.into()) }
}

/// Parts what has to change into what the manifest newly asks for and what
/// somebody else changed after it had been made so.
pub fn part(changes: Vec<Change>, known: &Known) -> (Vec<Change>, Vec<AttributePath>) {
    let (drifted, asked): (Vec<_>, Vec<_>) =
        changes.into_iter().partition(|change| known.managed.contains(&change.path));
    (asked, drifted.into_iter().map(|change| change.path).collect())
}

/// The path of what says whether somebody may sign in.
pub fn active() -> AttributePath {
    AttributePath::core("active")
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::scim::port::ResourceType;

    fn wanting(active: Option<bool>) -> Desired {
        let named = active.map(|value| (super::active(), json!(value)));
        let name = (AttributePath::core("userName"), json!("alice"));
        Desired::new(ResourceType::User, [name].into_iter().chain(named))
    }

    fn account(active: &Value) -> Resource {
        Resource::from_value(json!({"id": "1", "userName": "alice", "active": active})).unwrap()
    }

    #[test]
    fn an_account_that_somebody_disabled_stays_so_until_a_person_says_otherwise() {
        use Deactivated::{Ends, No, Stays};
        use ExternalDeactivation::{Heal, Report};
        let (on, off) = (json!(true), json!(false));
        let rows = [
            ("as it was left", Some(true), Some(true), &on, false, Report, No),
            ("disabled", Some(true), Some(true), &off, false, Report, Stays),
            ("disabled, and not named", Some(true), None, &off, false, Report, Stays),
            ("requested", Some(true), Some(true), &off, true, Report, Ends),
            ("requested, and not named", Some(true), None, &off, true, Report, Ends),
            ("a request for nobody", Some(true), Some(true), &on, true, Report, No),
            ("the manifest wants it", Some(true), Some(false), &off, false, Report, No),
            ("a request against the manifest", Some(true), Some(false), &off, true, Report, No),
            ("edited from false to true", Some(false), Some(true), &off, false, Report, No),
            ("never seen active, as after an adoption", None, Some(true), &off, false, Report, No),
            ("left inactive", Some(false), None, &off, false, Report, No),
            ("healed", Some(true), Some(true), &off, false, Heal, No),
            ("not named, so not healed", Some(true), None, &off, false, Heal, Stays),
        ];
        for (row, left, wanted, shown, requested, policy, expected) in rows {
            let became = deactivated(left, &wanting(wanted), &account(shown), requested, policy);
            assert_eq!(became, expected, "{row}");
        }
    }

    #[test]
    fn a_report_ends_with_what_it_told() {
        let (on, off) = (account(&json!(true)), account(&json!(false)));
        let deactivated = Some(reasons::EXTERNALLY_DEACTIVATED);
        let rows = [
            (Some(reasons::REMOTE_MISSING), &on, true, true),
            (deactivated, &off, false, false),
            (deactivated, &on, true, true),
            (Some(reasons::DRIFTED), &on, true, false),
            (Some(reasons::DRIFTED), &on, false, true),
        ];
        for (reason, listed, differs, over) in rows {
            assert_eq!(is_over(reason, listed, differs), over, "{reason:?} {differs}");
        }
    }

    #[test]
    fn who_does_not_say_is_active() {
        assert!(!is_deactivated(Some(true), &wanting(Some(true)), &account(&Value::Null)));
    }

    #[test]
    fn what_was_never_set_is_no_drift() {
        let [title, locale] = ["title", "locale"].map(AttributePath::core);
        let change = |path: &AttributePath| Change { path: path.clone(), value: Some(json!("x")) };
        let known = Known { managed: [title.clone()].into(), ..Known::default() };
        let (asked, drifted) = part(vec![change(&title), change(&locale)], &known);
        assert_eq!((asked, drifted), (vec![change(&locale)], vec![title]));
    }
}
