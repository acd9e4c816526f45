//! Names that live in people's clusters. A changed one loses what was written
//! under the old one, so none ever changes.

/// The API group of every kind.
pub const GROUP: &str = "scim-operator.dev";

/// The version in which every kind is served and stored.
pub const VERSION: &str = "v1alpha1";

/// The finalizer on users and groups: there may be an identity to clean up.
pub const FINALIZER: &str = "scim-operator.dev/identity";

/// The finalizer on providers: identities may be left that only they reach.
pub const IN_USE: &str = "scim-operator.dev/in-use";

/// The annotation that says what is about to be created, written before the
/// request that creates it.
pub const CREATE_INTENT: &str = "scim-operator.dev/create-intent";

/// The annotation on a Secret that lists the host names, separated by commas,
/// to which its values may be sent.
pub const ALLOWED_HOSTS: &str = "scim-operator.dev/allowed-hosts";

/// The annotation on a provider that says that two endpoints are one server
/// under two addresses: `<old endpoint key> -> <new endpoint key>`.
pub const ACCEPT_ENDPOINT: &str = "scim-operator.dev/accept-endpoint";

/// The annotation on any of our objects whose new value asks for a full
/// comparison now: usually the time.
pub const RECONCILE_REQUESTED_AT: &str = "scim-operator.dev/reconcile-requested-at";

/// The annotation on a user whose new value has an account enabled again that
/// somebody disabled on the server: usually the time.
pub const REACTIVATE_REQUESTED_AT: &str = "scim-operator.dev/reactivate-requested-at";

/// The annotation on a provider by which a person says that those who are
/// missing on the server are gone indeed: how many, and since when, as the
/// provider's condition tells it.
pub const ACCEPT_MISSING: &str = "scim-operator.dev/accept-missing";
