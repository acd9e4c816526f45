//! What people are told about what is held.

use jiff::SignedDuration;

use crate::{
    api::{HeldAction, reasons},
    sync::outcome::Because,
};

/// Why something is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// There are more than the window has left.
    TooMany {
        /// How many there are.
        count: usize,
        /// How many of the window are used.
        used: usize,
        /// How many it has.
        limit: usize,
        /// The window.
        window: SignedDuration,
    },
    /// A group would lose more members than it may.
    TooManyMembers {
        /// How many there are.
        count: usize,
        /// How many have left already.
        used: usize,
        /// How many may leave.
        limit: usize,
        /// The window.
        window: SignedDuration,
    },
    /// A hold was removed before anybody had decided.
    Again,
    /// What was let go before cannot be read.
    Unreadable,
}

impl Cause {
    /// What stands in the hold.
    pub fn message(self, ledger: &str) -> String {
        match self {
            Self::TooMany { count, used, limit, window } => format!(
                "{count} identities would be deleted or made inactive at once; {limit} are allowed in {window:#}, of \
                 which {used} are used, and what comes while others are held is held too"
            ),
            Self::TooManyMembers { count, used, limit, window } => format!(
                "{count} members would be removed from one group; {limit} are allowed in {window:#}, of which {used} \
                 are used"
            ),
            Self::Again => "they were held before, and nobody has approved that".to_owned(),
            Self::Unreadable => format!(
                "it cannot be told what was deleted before: the ConfigMap {ledger} of this namespace is not as the \
                 operator wrote it. Delete it, and the counting begins anew."
            ),
        }
    }
}

/// What an object says that is held.
pub fn held(action: HeldAction, hold: &str, namespace: &str) -> Because {
    let what = what(action);
    Because::new(
        reasons::DELETION_HELD,
        format!(
            "{what} with others, because they are more than the provider's deletionGuard allows at once. Nothing of it \
             is sent until somebody decides: kubectl describe scimhold {hold} --namespace {namespace} shows them, and \
             setting its spec.decision to Approve or Reject ends it. docs/deletion-guard.md tells more."
        ),
    )
}

/// What an object says that stays as it is on the server, because somebody
/// has decided so.
pub fn rejected(action: HeldAction, hold: &str, namespace: &str) -> Because {
    let what = what(action);
    Because::new(
        reasons::DELETION_HELD,
        format!(
            "{what}, and that was rejected in the ScimDeletionHold {hold} of the namespace {namespace}. Nothing of it \
             is sent until this manifest changes: make it say what is to be."
        ),
    )
}

fn what(action: HeldAction) -> &'static str {
    match action {
        HeldAction::Delete => "the deletion of this identity is held",
        HeldAction::Deactivate => "making this user inactive is held",
        HeldAction::RemoveMembers => "the removal of members of this group is held",
    }
}
