//! What conditions and their reasons mean, and what to do: the one list of
//! them for people.

use super::rows;
use crate::api::{conditions, reasons};

/// Whose conditions these are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum On {
    All,
    Providers,
    ProvidersAndUsers,
    Identities,
    Users,
    Groups,
}

impl On {
    fn covers(self, kind: &str) -> bool {
        match self {
            // A hold has no conditions.
            Self::All => !kind.ends_with("Hold"),
            Self::Providers => kind.ends_with("Provider"),
            Self::ProvidersAndUsers => kind.ends_with("Provider") || kind.ends_with("User"),
            Self::Identities => kind.ends_with("User") || kind.ends_with("Group"),
            Self::Users => kind.ends_with("User"),
            Self::Groups => kind.ends_with("Group"),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Providers => "providers",
            Self::ProvidersAndUsers => "providers, users",
            Self::Identities => "users, groups",
            Self::Users => "users",
            Self::Groups => "groups",
        }
    }
}

/// The types of conditions: name, whose, meaning.
const CONDITIONS: &[(&str, On, &str)] = &[
    (
        conditions::READY,
        On::All,
        "The summary. For providers: the server can be used. For users and groups: the server has everything that the manifest says.",
    ),
    (
        conditions::SYNCED,
        On::Identities,
        "The server's resource was compared with the manifest and is equal to it.",
    ),
    (
        conditions::REFERENCES_RESOLVED,
        On::Identities,
        "Everything that the object names was found and may be used.",
    ),
    (
        conditions::MEMBERS_READY,
        On::Groups,
        "Every member that the group names is in it on the server. While some are not, the group can be Ready all the same.",
    ),
    (conditions::RECONCILING, On::All, "Work is under way. Absent otherwise."),
    (conditions::STALLED, On::All, "Nothing gets better by itself: somebody has to act. Absent otherwise."),
    (
        conditions::DELETION_HELD,
        On::Identities,
        "A deletion, a deactivation or removals from the group wait for a person's decision. Absent otherwise.",
    ),
    (
        conditions::SERVER_NORMALIZED,
        On::Identities,
        "The server keeps a value in another form than it was sent. For information: Ready stays True.",
    ),
];

/// The reasons: name, whose, meaning, what to do.
const REASONS: &[(&str, On, &str, &str)] = &[
    (reasons::SUCCEEDED, On::All, "as the manifest says", "nothing"),
    (
        reasons::OBSERVING,
        On::Identities,
        "`mode: Observe`: the object shows what the server has and changes nothing",
        "nothing",
    ),
    (
        reasons::PROGRESSING,
        On::Identities,
        "it cannot be told yet, an interrupted creation is given time, or somebody else is always faster",
        "wait; see the message",
    ),
    (
        reasons::SUSPENDED,
        On::All,
        "somebody asked for a standstill with `suspend: true`, here or on the provider",
        "set `suspend: false`, or take it out",
    ),
    (
        reasons::PROVIDER_NOT_FOUND,
        On::Identities,
        "no such provider",
        "create it, or delete and recreate the object for the right one",
    ),
    (reasons::PROVIDER_NOT_READY, On::Identities, "the provider is not Ready", "look at the provider"),
    (
        reasons::NOT_GRANTED,
        On::Identities,
        "no grant of the cluster provider permits this",
        "ask whoever keeps the provider for the grant that the message names",
    ),
    (
        reasons::SECRET_NOT_FOUND,
        On::ProvidersAndUsers,
        "Secret, ConfigMap, key or value missing",
        "create or mend it; it is read again within 60 s",
    ),
    (
        reasons::SECRET_NOT_ALLOWED,
        On::ProvidersAndUsers,
        "the Secret does not name this host",
        "annotate it, if it is meant for that host",
    ),
    (
        reasons::TOKEN_REFUSED,
        On::Providers,
        "the token endpoint gives no token",
        "mend the client's id and secret, `tokenURL`, `scopes` or `audience`; the message has the endpoint's error",
    ),
    (
        reasons::REFERENCE_NOT_READY,
        On::Identities,
        "somebody who is named has no identity yet",
        "look at the object that the message names",
    ),
    (
        reasons::REFERENCE_REFUSED,
        On::Identities,
        "an object that is named belongs to another provider",
        "name one of this provider's, or its id",
    ),
    (
        reasons::NOTHING_SELECTED,
        On::Groups,
        "`memberSelector` fits no object",
        "mend the selector or the labels",
    ),
    (reasons::UNAUTHORIZED, On::All, "the server answers 401 or 403", "mend the credentials or their rights"),
    (
        reasons::UNREACHABLE,
        On::All,
        "no connection, no answer in time, a fault of the server, or a refused address",
        "see the message",
    ),
    (reasons::TLS_FAILED, On::Providers, "no safe connection", "mend the certificate or the URL"),
    (reasons::REDIRECTED, On::All, "redirects are not followed", "set `spec.url` to the final place"),
    (reasons::NOT_SCIM, On::All, "something answers, and it is not SCIM", "mend `spec.url`"),
    (reasons::THROTTLED, On::Identities, "the server limits requests", "wait"),
    (
        reasons::CONFLICT,
        On::Identities,
        "another object stands for the identity, or is older and asks for the same one; deleting this object calls nothing",
        "rename one of the two, or delete one of the objects",
    ),
    (
        reasons::ALREADY_EXISTS,
        On::Identities,
        "somebody else has these names",
        "rename one, or remove the other",
    ),
    (
        reasons::ADOPTION_FORBIDDEN,
        On::Identities,
        "the object may adopt, and the provider says `adoption: Forbidden`",
        "set the provider's `adoption: Allowed`, or give the object another name",
    ),
    (
        reasons::IDENTITY_INACTIVE,
        On::Users,
        "the account to adopt is inactive, perhaps on purpose",
        "activate it on the server, or name it in `adoptID`",
    ),
    (
        reasons::DRIFTED,
        On::Identities,
        "somebody changed attributes on the server, and the provider has `driftPolicy: Report`",
        "change the manifest or the server; or have it changed back by a new value of the annotation `scim-operator.dev/reconcile-requested-at`",
    ),
    (
        reasons::EXTERNALLY_DEACTIVATED,
        On::Users,
        "somebody disabled the account on the server; nothing is sent to it",
        "enable it there or by a new value of the annotation `scim-operator.dev/reactivate-requested-at`; or set `active: false`",
    ),
    (
        reasons::INVENTORY_IMPLAUSIBLE,
        On::Providers,
        "so many users or groups that objects stand for are missing on the server at once that it is not believed: nothing is created, deleted or put right there",
        "look whether the URL, the tenant and the token are the right ones; if they are gone indeed, annotate the provider as the message says",
    ),
    (
        reasons::REMOTE_MISSING,
        On::Identities,
        "nobody on the server has the id in `adoptID`, or the names of an object that only observes; or somebody deleted the identity there, and the provider has `onExternalDeletion: Report`",
        "mend the id or the names; an observing object looks again by itself; to have a deleted one created anew, set the annotation `scim-operator.dev/reconcile-requested-at` to a new value",
    ),
    (
        reasons::PROTECTED,
        On::Identities,
        "the provider protects this name, or it is that of the operator's own account: nothing is done to whoever has it, and nobody is given it",
        "give the object another name, or ask whoever keeps the provider to take the name out of `spec.protected`",
    ),
    (
        reasons::NAME_TAKEN,
        On::Identities,
        "a change was refused, because a unique value is taken",
        "change one of them",
    ),
    (
        reasons::IMMUTABLE_ATTRIBUTE,
        On::Identities,
        "the server lets nobody change an attribute that differs; all others are sent",
        "revert, or delete and recreate",
    ),
    (
        reasons::UNEXPECTED_ADOPTION,
        On::Identities,
        "the server answered the creation with an identity that was there before",
        "rename one, or remove the other",
    ),
    (
        reasons::AMBIGUOUS_CREATE,
        On::Identities,
        "an interrupted creation may have left an identity",
        "look at it on the server",
    ),
    (
        reasons::IDENTITY_MISMATCH,
        On::Identities,
        "the id belongs to somebody else now",
        "set `deletionPolicy: Retain`, delete, recreate",
    ),
    (
        reasons::ENDPOINT_CHANGED,
        On::Identities,
        "the provider points to another server",
        "point it back; or, if it is the same server under another address, set the provider's annotation `accept-endpoint` as the message says; or set `deletionPolicy: Retain`, delete, recreate",
    ),
    (
        reasons::REJECTED_BY_SERVER,
        On::Identities,
        "the server refuses the manifest; the message has its words",
        "change the manifest",
    ),
    (
        reasons::PASSWORD_REJECTED,
        On::Users,
        "the server does not take the password",
        "write another one into the Secret",
    ),
    (
        reasons::UNSUPPORTED_BY_SERVER,
        On::Identities,
        "the server has no such operation or attribute: it says so, or its provider's profile does",
        "leave it out; or, if the server can do it after all, set what the message names in the provider's `spec.overrides`",
    ),
    (
        reasons::DELETION_HELD,
        On::Identities,
        "more would be lost at once than the provider's `deletionGuard` allows",
        "look at the `ScimDeletionHold` that the message names, and approve or reject it: [the deletion guard](../deletion-guard.md)",
    ),
    (
        reasons::INVALID_SPEC,
        On::All,
        "the manifest cannot be meant",
        "change the field that the message names",
    ),
];

/// The page about all of them.
pub(super) fn page() -> String {
    let conditions = rows(
        CONDITIONS.iter().map(|(name, on, meaning)| format!("| `{name}` | {} | {meaning} |\n", on.name())),
    );
    let reasons =
        rows(REASONS.iter().map(|(name, on, meaning, remedy)| {
            format!("| `{name}` | {} | {meaning} | {remedy} |\n", on.name())
        }));
    format!(
        "# Conditions and reasons\n\n\
         `kubectl describe` shows them; each has a message that says what is wrong and what to do next.\n\n\
         ## Conditions\n\n| Type | On | Meaning when True |\n|---|---|---|\n{conditions}\n\
         ## Reasons\n\n| Reason | On | Meaning | What to do |\n|---|---|---|---|\n{reasons}"
    )
}

/// The sections about them on the page of a kind; none where it has none.
pub(super) fn sections(kind: &str) -> String {
    if !On::All.covers(kind) {
        return String::new();
    }
    let conditions = rows(
        CONDITIONS
            .iter()
            .filter(|(_, on, _)| on.covers(kind))
            .map(|(name, _, meaning)| format!("| `{name}` | {meaning} |\n")),
    );
    let reasons = rows(
        REASONS
            .iter()
            .filter(|(_, on, _, _)| on.covers(kind))
            .map(|(name, _, meaning, remedy)| format!("| `{name}` | {meaning} | {remedy} |\n")),
    );
    format!(
        "\n## Conditions\n\n| Type | Meaning when True |\n|---|---|\n{conditions}\
         \n## Reasons\n\n| Reason | Meaning | What to do |\n|---|---|---|\n{reasons}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The values of the constants in a file of `src/api`.
    fn constants(source: &str) -> Vec<&str> {
        source
            .lines()
            .filter(|line| line.starts_with("pub const "))
            .map(|line| line.split('"').nth(1).expect("a constant of text"))
            .collect()
    }

    #[test]
    fn no_condition_and_no_reason_is_left_out() {
        for name in constants(include_str!("../../api/conditions.rs")) {
            assert!(CONDITIONS.iter().any(|row| row.0 == name), "{name} is not in CONDITIONS");
        }
        for name in constants(include_str!("../../api/reasons.rs")) {
            assert!(REASONS.iter().any(|row| row.0 == name), "{name} is not in REASONS");
        }
    }

    #[test]
    fn a_kind_is_told_only_what_it_can_have() {
        let provider = sections("ScimProvider");
        assert!(provider.contains("`SecretNotFound`") && !provider.contains("`AlreadyExists`"));
        let user = sections("ScimUser");
        assert!(user.contains("`AlreadyExists`") && !user.contains("`MembersReady`"));
        assert!(sections("ScimGroup").contains("`MembersReady`"));
    }
}
