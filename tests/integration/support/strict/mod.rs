//! Three servers of vendors, each written from the vendor's text alone. They
//! refuse what the text does not allow, and answer as it shows. Where a text
//! is silent, the page of the system in `docs/servers` says what was chosen.
//!
//! Inside, everything is canonical (RFC 7643); the shapes of a vendor exist
//! only in what it reads and answers.

pub(crate) mod buypass;
pub(crate) mod confirmit;
pub(crate) mod idaas_nl;
mod listing;
mod refusal;
mod rules;
mod server;
mod store;

pub(crate) use self::server::StrictServer;

const USERS: &str = "/Users";
const GROUPS: &str = "/Groups";
const CORE_USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const CORE_GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
const LIST_RESPONSE: &str = "urn:ietf:params:scim:api:messages:2.0:ListResponse";
const PATCH_OP: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
const ERROR: &str = "urn:ietf:params:scim:api:messages:2.0:Error";
