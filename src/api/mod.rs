//! The custom resources: what people write and what the operator answers.
//! Types and constants only; no I/O.

pub mod bounds;
pub mod conditions;
mod definitions;
pub mod duration;
mod group;
pub mod names;
mod person;
mod provider;
pub mod reasons;
mod rules;
mod schema;
mod shared;
mod user;
mod values;

pub use self::{
    definitions::definitions,
    group::{MemberCounts, Members, ScimGroup, ScimGroupSpec, ScimGroupStatus},
    person::{Enterprise, Manager, Name},
    provider::{
        Auth, AuthType, BearerAuth, ScimProvider, ScimProviderSpec, ScimProviderStatus, SecretKeyRef,
    },
    shared::{Anchor, DeletionPolicy, Normalized, Origin, ProviderKind, ProviderRef},
    user::{ScimUser, ScimUserSpec, ScimUserStatus},
    values::{Address, Email, Entitlement, InstantMessaging, PhoneNumber, Photo, Role, X509Certificate},
};
