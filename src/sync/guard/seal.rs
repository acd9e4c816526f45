//! What a hold is recognised by, and how large it gets.

use crate::{
    api::{HeldEntry, ScimDeletionHoldSpec, bounds},
    sync::digest::Digester,
};

/// The most bytes of ids in one hold: an object of the API server has about a
/// million and a half.
const MOST_BYTES: usize = 600_000;

/// Seals what a hold holds: nobody else can make one that releases anything.
pub trait HoldSeal {
    /// The seal of this hold, whatever is decided about it.
    fn seal_of(&self, digester: &Digester) -> String;
    /// Whether the operator made it, and as it is.
    fn is_genuine(&self, digester: &Digester) -> bool;
}

impl HoldSeal for ScimDeletionHoldSpec {
    fn seal_of(&self, digester: &Digester) -> String {
        digester.seal(&text(self))
    }

    fn is_genuine(&self, digester: &Digester) -> bool {
        digester.is_sealed(&text(self), &self.seal)
    }
}

fn text(spec: &ScimDeletionHoldSpec) -> String {
    let entries: Vec<String> = spec.entries.iter().map(line).collect();
    let members = spec.member_ids.as_deref().unwrap_or_default().join("\0");
    format!("hold\0{}\0{}\0{}\0{members}", spec.endpoint_key, spec.count, entries.join("\0"))
}

fn line(entry: &HeldEntry) -> String {
    let HeldEntry { uid, kind, namespace, name, action, generation } = entry;
    format!("{uid} {kind:?} {namespace} {name} {action:?} {generation:?}")
}

/// Ids in as many parts as holds are needed for them.
pub fn split(ids: impl IntoIterator<Item = String>) -> Vec<Vec<String>> {
    let mut parts: Vec<Vec<String>> = Vec::new();
    let mut bytes = 0;
    for id in ids {
        let is_full = parts.last().is_none_or(|part| part.len() >= bounds::HELD_MEMBERS);
        if is_full || bytes + id.len() > MOST_BYTES {
            parts.push(Vec::new());
            bytes = 0;
        }
        bytes += id.len();
        if let Some(part) = parts.last_mut() {
            part.push(id);
        }
    }
    parts
}
