//! The types of the conditions in `status.conditions`.

/// The summary: everything that the manifest asks for is so.
pub const READY: &str = "Ready";

/// The server's resource was compared with the manifest and is equal to it.
pub const SYNCED: &str = "Synced";

/// Everything that the object names was found and may be used.
pub const REFERENCES_RESOLVED: &str = "ReferencesResolved";

/// Every member that a group names is in it on the server.
pub const MEMBERS_READY: &str = "MembersReady";

/// Work is under way (kstatus).
pub const RECONCILING: &str = "Reconciling";

/// Nothing gets better by itself: somebody has to act (kstatus).
pub const STALLED: &str = "Stalled";

/// The server keeps a value in another form than it was sent. For
/// information: Ready stays True.
pub const SERVER_NORMALIZED: &str = "ServerNormalized";

/// What would be lost waits for a person's decision.
pub const DELETION_HELD: &str = "DeletionHeld";
