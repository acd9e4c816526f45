//! The custom resources: what people write and what the operator answers.
//! Types and constants only; no I/O.

pub mod conditions;
mod definitions;
pub mod duration;
mod group;
pub mod names;
mod provider;
pub mod reasons;
mod schema;
mod shared;
mod user;
mod values;

pub use self::{
    definitions::definitions,
    group::{MemberCounts, Members, ScimGroup, ScimGroupSpec, ScimGroupStatus},
    provider::{
        Auth, AuthType, BearerAuth, ScimProvider, ScimProviderSpec, ScimProviderStatus, SecretKeyRef,
    },
    shared::{Anchor, DeletionPolicy, Normalized, Origin, ProviderKind, ProviderRef},
    user::{Enterprise, Manager, Name, ScimUser, ScimUserSpec, ScimUserStatus},
    values::{Address, Email, Entitlement, InstantMessaging, PhoneNumber, Photo, Role, X509Certificate},
};
