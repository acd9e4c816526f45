//! What to say about the members of a group.

use std::collections::BTreeSet;

use super::{Because, listed};
use crate::{
    api::{conditions, reasons},
    sync::members::{Named, Selection, Wanted},
};

/// What is said of members whom the server took and does not show.
const UNSEEN: &str = "every member is in, as far as can be told: this server does not show who is in a group, so \
                      whoever somebody else adds there is neither seen nor removed";

/// How far a group's members are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MemberRemarks {
    /// Whom the manifest names.
    pub wanted: Wanted,
    /// Whom the server does not add or remove, whatever it answers.
    pub rejected: BTreeSet<Named>,
    /// What the server says about the first of them.
    pub rejection: Option<String>,
    /// How many are not added because that could not be remembered.
    pub left_out: usize,
    /// The server does not show who is a member.
    pub unseen: bool,
}

impl MemberRemarks {
    /// The conditions that say it: type, status and why.
    pub(super) fn conditions(&self) -> [(&'static str, &'static str, Because); 2] {
        let resolved = match self.unresolved() {
            None => ("True", Because::new(reasons::SUCCEEDED, "everybody who is named was found")),
            Some(because) => ("False", because),
        };
        let ready = match self.absent() {
            None if self.unseen => ("True", Because::new(reasons::SUCCEEDED, UNSEEN)),
            None => ("True", Because::new(reasons::SUCCEEDED, "every member is in")),
            Some(because) => ("False", because),
        };
        [
            (conditions::REFERENCES_RESOLVED, resolved.0, resolved.1),
            (conditions::MEMBERS_READY, ready.0, ready.1),
        ]
    }

    /// What of the manifest leads to nobody, the worst first.
    fn unresolved(&self) -> Option<Because> {
        let complaints: Vec<(&str, String)> = [
            self.invalid_selector(),
            self.refused_references(),
            self.missing_objects(),
            self.missing_user_names(),
            self.unknown_user_names(),
            self.empty_selection(),
        ]
        .into_iter()
        .flatten()
        .collect();
        let (reason, _) = complaints.first()?;
        let sentences: Vec<&str> = complaints.iter().map(|(_, sentence)| sentence.as_str()).collect();
        let message = format!("{} Meanwhile members that no object manages are kept.", sentences.join(" "));
        Some(Because::new(reason, message))
    }

    fn invalid_selector(&self) -> Option<(&'static str, String)> {
        let Selection::Invalid(why) = &self.wanted.selection else { return None };
        Some((reasons::INVALID_SPEC, format!("spec.memberSelector cannot be meant: {why}.")))
    }

    fn refused_references(&self) -> Option<(&'static str, String)> {
        let names = some(self.wanted.refused.iter())?;
        let message = format!(
            "Objects of another provider, and the group itself, cannot be members: {names}. Name objects with the \
             providerRef of this group, or leave them out."
        );
        Some((reasons::REFERENCE_REFUSED, message))
    }

    fn missing_objects(&self) -> Option<(&'static str, String)> {
        let is_object = |named: &&Named| matches!(named, Named::User(_) | Named::Group(_));
        let names = some(self.wanted.unresolved.iter().filter(is_object))?;
        let message = format!(
            "No ScimUser or ScimGroup of this provider in this namespace is named {names}. Create it or correct the \
             name."
        );
        Some((reasons::REFERENCE_NOT_READY, message))
    }

    fn missing_user_names(&self) -> Option<(&'static str, String)> {
        let is_user_name = |named: &&Named| matches!(named, Named::UserName(_));
        let names = some(self.wanted.unresolved.iter().filter(is_user_name))?;
        let message = format!(
            "The server has no user, or more than one, for {names}. Create the user there or correct the name; it \
             is looked for again at each resyncInterval."
        );
        Some((reasons::REFERENCE_NOT_READY, message))
    }

    fn unknown_user_names(&self) -> Option<(&'static str, String)> {
        let names =
            some(self.wanted.unasked.iter().cloned().map(Named::UserName).collect::<Vec<_>>().iter())?;
        let message = format!(
            "The server's answer does not tell whom these mean: {names}. It is found out when the server is listed, \
             once each resyncInterval."
        );
        Some((reasons::REFERENCE_NOT_READY, message))
    }

    fn empty_selection(&self) -> Option<(&'static str, String)> {
        let message =
            "spec.memberSelector fits no ScimUser of this provider in this namespace. Label the users that \
                       are meant, or correct it."
                .to_owned();
        (self.wanted.selection == Selection::Nobody).then_some((reasons::NOTHING_SELECTED, message))
    }

    /// Who is named and not in the group.
    fn absent(&self) -> Option<Because> {
        let complaints: Vec<(&str, String)> =
            [self.waiting(), self.rejected(), self.left_out()].into_iter().flatten().collect();
        let (reason, _) = complaints.first()?;
        let sentences: Vec<&str> = complaints.iter().map(|(_, sentence)| sentence.as_str()).collect();
        Some(Because::new(reason, sentences.join(" ")))
    }

    fn waiting(&self) -> Option<(&'static str, String)> {
        let Wanted { pending, unresolved, refused, unasked, .. } = &self.wanted;
        let unasked: BTreeSet<Named> = unasked.iter().cloned().map(Named::UserName).collect();
        let names = some(pending.iter().chain(unresolved).chain(&unasked).chain(refused))?;
        let only_refused = pending.is_empty() && unresolved.is_empty() && unasked.is_empty();
        let reason = if only_refused { reasons::REFERENCE_REFUSED } else { reasons::REFERENCE_NOT_READY };
        Some((reason, format!("Not in the group yet, because they are not ready: {names}.")))
    }

    fn rejected(&self) -> Option<(&'static str, String)> {
        let names = some(self.rejected.iter())?;
        let words = self.rejection.as_ref().map(|words| format!(" ({words:?})")).unwrap_or_default();
        let message = format!(
            "The server does not change the membership of {names}{words}; the others are as they should be. \
             Correct the manifest, or mend it on the server; it is tried again now and then."
        );
        Some((reasons::REJECTED_BY_SERVER, message))
    }

    fn left_out(&self) -> Option<(&'static str, String)> {
        let message = format!(
            "{} members were not added: whom the operator added to an Additive group is remembered in status, and \
             that is full. Use several groups, or membership: Exact.",
            self.left_out
        );
        (self.left_out > 0).then_some((reasons::INVALID_SPEC, message))
    }
}

fn some<'a>(names: impl Iterator<Item = &'a Named>) -> Option<String> {
    let names: Vec<&Named> = names.collect();
    (!names.is_empty()).then(|| listed(&names))
}

#[cfg(test)]
mod tests {
    use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

    use super::{
        super::{Outcome, Remarks, conditions},
        *,
    };
    use crate::sync::members::Reference;

    fn user(name: &str) -> Named {
        Named::User(name.to_owned())
    }

    fn said(remarks: MemberRemarks) -> Vec<(String, String, String)> {
        let remarks = Remarks { members: Some(remarks), ..Remarks::default() };
        let now = Time("2026-01-01T00:00:00Z".parse().unwrap());
        let conditions = conditions(&[], Some(1), now, &Outcome::InSync, &remarks);
        conditions.into_iter().map(|said| (said.type_, said.status, said.reason)).collect()
    }

    fn of(wanted: Wanted) -> MemberRemarks {
        MemberRemarks { wanted, ..MemberRemarks::default() }
    }

    fn is(type_: &str, status: &str, reason: &str) -> (String, String, String) {
        (type_.to_owned(), status.to_owned(), reason.to_owned())
    }

    #[test]
    fn pending_members_show_without_making_the_group_unready() {
        let mut wanted = Wanted::default();
        wanted.add(user("alice"), Reference::Pending);
        assert_eq!(
            said(of(wanted)),
            [
                is("Ready", "True", "Succeeded"),
                is("Synced", "True", "Succeeded"),
                is("ReferencesResolved", "True", "Succeeded"),
                is("MembersReady", "False", "ReferenceNotReady"),
            ]
        );
    }

    #[test]
    fn each_way_to_lead_to_nobody_has_its_own_reason() {
        let reason = |wanted: Wanted| of(wanted).unresolved().unwrap().reason;
        let referring = |reference| {
            let mut wanted = Wanted::default();
            wanted.add(user("alice"), reference);
            wanted
        };
        let selecting = |selection| Wanted { selection, ..Wanted::default() };
        assert_eq!(reason(referring(Reference::Missing)), "ReferenceNotReady");
        assert_eq!(reason(referring(Reference::Refused)), "ReferenceRefused");
        assert_eq!(reason(selecting(Selection::Nobody)), "NothingSelected");
        let unasked = Wanted { unasked: ["carol@example.com".to_owned()].into(), ..Wanted::default() };
        assert_eq!(reason(unasked), "ReferenceNotReady");
    }

    #[test]
    fn the_worst_comes_first_and_nothing_is_left_unsaid() {
        let mut wanted = Wanted { selection: Selection::Nobody, ..Wanted::default() };
        wanted.add(user("elsewhere"), Reference::Refused);
        wanted.add(Named::UserName("carol@example.com".to_owned()), Reference::Missing);
        let because = of(wanted).unresolved().unwrap();
        assert_eq!(because.reason, "ReferenceRefused");
        for word in ["elsewhere", "userName carol@example.com", "memberSelector"] {
            assert!(because.message.contains(word), "{}", because.message);
        }
    }

    #[test]
    fn whom_the_server_refuses_is_named_with_its_words() {
        let remarks = MemberRemarks {
            rejected: [Named::Id("99".to_owned())].into(),
            rejection: Some("no such member".to_owned()),
            ..MemberRemarks::default()
        };
        let because = remarks.absent().unwrap();
        assert_eq!(because.reason, "RejectedByServer");
        assert!(because.message.contains(r#"id 99 ("no such member")"#), "{}", because.message);
    }
}
