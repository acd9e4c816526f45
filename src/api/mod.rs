//! The custom resources: what people write and what the operator answers.
//! Types and constants only; no I/O.

mod auth;
pub mod bounds;
mod capabilities;
pub mod conditions;
mod definitions;
pub mod duration;
mod grants;
mod group;
mod guard;
mod hold;
mod inventory;
pub mod names;
mod overrides;
mod person;
mod provider;
pub mod reasons;
mod rules;
mod schema;
mod shared;
mod user;
mod values;

pub use self::{
    auth::{
        Auth, AuthStyle, AuthType, BasicAuth, BearerAuth, CaBundleKind, CaBundleRef, CertificateSecretRef,
        HeaderAuth, OAuth2Auth, SecretKeyRef, TlsSettings,
    },
    capabilities::{Capabilities, KindCapabilities},
    definitions::definitions,
    grants::{Grant, GrantedNamespaces, NamespacesFrom},
    group::{MemberCounts, Members, Membership, ScimGroup, ScimGroupSpec, ScimGroupStatus},
    guard::{DeletionGuard, GuardMode},
    hold::{
        Decision, HeldAction, HeldEntry, HeldKind, ScimDeletionHold, ScimDeletionHoldSpec,
        ScimDeletionHoldStatus,
    },
    inventory::{IdentityCounts, MissingInventory},
    person::{Enterprise, Manager, ManagerRef, Name},
    provider::{
        Adoption, ClusterScimProvider, ClusterScimProviderSpec, DriftPolicy, ExternalDeactivation,
        ExternalDeletion, ProtectedNames, Rate, RateLimit, ScimProvider, ScimProviderSpec,
        ScimProviderStatus,
    },
    shared::{
        AdoptionPolicy, Anchor, DeletionPolicy, GroupDeletionPolicy, Mode, Normalized, Origin, ProviderKind,
        ProviderRef,
    },
    user::{ScimUser, ScimUserSpec, ScimUserStatus},
    values::{Address, Email, Entitlement, InstantMessaging, PhoneNumber, Photo, Role, X509Certificate},
};
