//! The reasons in conditions and events: a closed list that people and alerts
//! can rely on.

/// Everything is as the manifest says.
pub const SUCCEEDED: &str = "Succeeded";

/// Work is under way.
pub const PROGRESSING: &str = "Progressing";

/// The provider that is named does not exist.
pub const PROVIDER_NOT_FOUND: &str = "ProviderNotFound";

/// The provider exists and is not Ready; its own conditions say why.
pub const PROVIDER_NOT_READY: &str = "ProviderNotReady";

/// The Secret, or the key in it, does not exist.
pub const SECRET_NOT_FOUND: &str = "SecretNotFound";

/// The Secret does not allow its values to be sent to this host.
pub const SECRET_NOT_ALLOWED: &str = "SecretNotAllowed";

/// An object that is referred to has no identity yet.
pub const REFERENCE_NOT_READY: &str = "ReferenceNotReady";

/// Another object stands for the identity, or asks for it and goes first.
pub const CONFLICT: &str = "Conflict";

/// Somebody else's identity has these names already.
pub const ALREADY_EXISTS: &str = "AlreadyExists";

/// The identity with the recorded id is no longer the one that was recorded.
pub const IDENTITY_MISMATCH: &str = "IdentityMismatch";

/// The provider now points at another server than the one that holds the
/// identity.
pub const ENDPOINT_CHANGED: &str = "EndpointChanged";

/// The provider protects the name: nothing is done to whoever has it, and
/// nobody is given it.
pub const PROTECTED: &str = "Protected";

/// The server refuses a rename, because the new name is taken.
pub const NAME_TAKEN: &str = "NameTaken";

/// It cannot be told whether an earlier attempt created an identity.
pub const AMBIGUOUS_CREATE: &str = "AmbiguousCreate";

/// The server answered a creation with an identity that was there before.
pub const UNEXPECTED_ADOPTION: &str = "UnexpectedAdoption";

/// The server does not let an attribute change.
pub const IMMUTABLE_ATTRIBUTE: &str = "ImmutableAttribute";

/// The server cannot do what is asked.
pub const UNSUPPORTED_BY_SERVER: &str = "UnsupportedByServer";

/// The server answered that the request is wrong.
pub const REJECTED_BY_SERVER: &str = "RejectedByServer";

/// The server asks for fewer requests (429).
pub const THROTTLED: &str = "Throttled";

/// The server refuses the credentials (401, 403).
pub const UNAUTHORIZED: &str = "Unauthorized";

/// No answer, or none that can be used: name, connection, timeout, 5xx.
pub const UNREACHABLE: &str = "Unreachable";

/// No trusted TLS connection.
pub const TLS_FAILED: &str = "TLSFailed";

/// Something answers, and it is not a SCIM server.
pub const NOT_SCIM: &str = "NotSCIM";

/// The server sends elsewhere; redirects are never followed.
pub const REDIRECTED: &str = "Redirected";

/// The manifest cannot be carried out as it is written.
pub const INVALID_SPEC: &str = "InvalidSpec";

/// The object only shows what is on the server.
pub const OBSERVING: &str = "Observing";

/// Somebody asked for a standstill.
pub const SUSPENDED: &str = "Suspended";

/// No grant of the cluster-wide provider permits this.
pub const NOT_GRANTED: &str = "NotGranted";

/// The provider does not let objects take over identities.
pub const ADOPTION_FORBIDDEN: &str = "AdoptionForbidden";

/// The identity that has the name is inactive, perhaps on purpose.
pub const IDENTITY_INACTIVE: &str = "IdentityInactive";

/// The identity that is meant is not on the server.
pub const REMOTE_MISSING: &str = "RemoteMissing";

/// The token endpoint gives no token.
pub const TOKEN_REFUSED: &str = "TokenRefused";

/// The server does not take the password.
pub const PASSWORD_REJECTED: &str = "PasswordRejected";

/// An object that is referred to belongs to another provider.
pub const REFERENCE_REFUSED: &str = "ReferenceRefused";

/// A selector fits no object.
pub const NOTHING_SELECTED: &str = "NothingSelected";

/// Somebody changed on the server what the manifest had made so.
pub const DRIFTED: &str = "Drifted";

/// Somebody disabled the account on the server.
pub const EXTERNALLY_DEACTIVATED: &str = "ExternallyDeactivated";

/// So many identities are missing on the server at once that it is not
/// believed.
pub const INVENTORY_IMPLAUSIBLE: &str = "InventoryImplausible";

/// More would be lost at once than the provider's deletionGuard allows.
pub const DELETION_HELD: &str = "DeletionHeld";
