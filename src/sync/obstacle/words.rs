//! What a person is told of whose identity it is, and what to do.

use crate::sync::endpoint::acknowledgement;

/// The provider leads elsewhere.
pub(super) fn endpoint_changed(kind: &str, anchored: &str, current: &str) -> String {
    format!(
        "this {kind} was created at {anchored}, and its provider now points to {current}. Nothing is read \
                 or changed there. If it is another server, point the provider back, or set deletionPolicy: Retain, \
                 delete this object and create it anew. If it is the same server under another address, annotate the \
                 provider with {}: each identity is then read and compared before it is taken along.",
        acknowledgement(anchored, current)
    )
}

/// Who was to be taken along is not at the new address.
pub(super) fn not_there(kind: &str, id: &str) -> String {
    format!(
        "the provider says that its new address leads to the same server (annotation accept-endpoint), but there \
                 the id {id} is nobody's, or that of somebody else than the {kind} of this object. Nothing is changed. \
                 Point the provider back if it is another server; else set deletionPolicy: Retain, delete this object \
                 and create it anew."
    )
}

/// Another object stands for who is meant.
pub(super) fn stood_for(kind: &str, id: &str, by: &str) -> String {
    format!(
        "{by} stands for the {kind} with this name or id (id {id}), and one {kind} has one object. Nothing is \
                 changed for this object, and deleting it calls nothing. Rename one of them or delete one of the objects."
    )
}

/// Another object keeps the identity.
pub(super) fn kept_by(kind: &str, id: &str, by: &str) -> String {
    format!(
        "{by} stands for the {kind} with the id {id} too, and keeps it: one {kind} has one object. Nothing is \
                 read or changed for this object, and deleting it calls nothing. Delete one of the two."
    )
}

/// An older object goes first.
pub(super) fn preceded(kind: &str, by: &str) -> String {
    format!(
        "{by} asks for a {kind} of the same name at the same provider, is older, and goes first. Rename one of \
                 them or delete one of the objects."
    )
}

/// A creation brought somebody else.
pub(super) fn unexpected_adoption(kind: &str, id: &str) -> String {
    format!(
        "the server answered the creation of the {kind} with one that was there before (id {id}), which it may \
                 have changed. It is left untouched from now on, and nothing is created again under this name. Look at \
                 it on the server. To take it over, set adoptionPolicy: Adopt; else rename one of them, or delete this \
                 object, which calls nothing."
    )
}

/// The manifest has a protected name.
pub(super) fn protected_name(kind: &str) -> String {
    format!(
        "the provider protects the name that this manifest gives the {kind} (spec.protected, or the operator's own \
                 account). Nothing is created, taken over or changed. Give the {kind} another name, or ask whoever keeps \
                 the provider."
    )
}

/// The identity has a protected name.
pub(super) fn protected_identity(kind: &str, id: &str) -> String {
    format!(
        "the {kind} with the id {id} has a name on the server that the provider protects (spec.protected, or the \
                 operator's own account). Nothing of it is changed, and it is not deleted. To let it go, set \
                 deletionPolicy: Retain and delete this object; else ask whoever keeps the provider."
    )
}
