//! How long and how many anything in the custom resources can be. Rules stay
//! cheap and objects fit into etcd because everything has a bound. The API
//! server refuses what is beyond, in a status too: so whoever writes a status
//! checks first.

/// The longest name of an object, a Secret or a key in it (DNS subdomain).
pub const NAME: usize = 253;

/// The longest text; the servers' own limits are lower.
pub const TEXT: usize = 1024;

/// The longest URL or server's id.
pub const URL: usize = 2048;

/// The longest certificate: 12 KiB of DER in base64.
pub const CERTIFICATE: usize = 16_384;

/// The most values of one multi-valued attribute.
pub const VALUES: usize = 64;

/// The most certificates.
pub const CERTIFICATES: usize = 8;

/// The most extensions.
pub const EXTENSIONS: usize = 16;

/// The most attributes in one extension, and in `attributes`.
pub const ATTRIBUTES: usize = 64;

/// The most members that one object can name: 20,000 would still fit in etcd,
/// and client-side apply, which keeps a copy in an annotation, ends at 5,000.
pub const MEMBERS: usize = 10_000;

/// The most members of one object that are named other than by users.
pub const RAW_MEMBERS: usize = 1_000;

/// The most members of one object that can be remembered as added.
pub const APPLIED_MEMBERS: usize = 13_000;

/// The most attribute paths that one object can manage: those of every
/// extension, the others and the typed ones, with room for as many parts of
/// complex ones. Complex attributes in extensions can have more parts yet.
pub const PATHS: usize = 2048;

/// The most single values that must not be there.
pub const ABSENT: usize = 16;

/// The longest digest in a status.
pub const DIGEST: usize = 128;

/// The most protected names of one kind.
pub const PROTECTED: usize = 64;

/// The most grants of one cluster provider.
pub const GRANTS: usize = 64;

/// The most names or patterns in one grant.
pub const GRANT_ENTRIES: usize = 64;

/// The longest pattern in a grant.
pub const PATTERN: usize = 256;

/// The most objects in one hold.
pub const HELD: usize = 2_000;

/// The most members in one hold.
pub const HELD_MEMBERS: usize = 10_000;
