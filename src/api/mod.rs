//! The custom resources: what people write and what the operator answers.
//! Types and constants only; no I/O.

pub mod conditions;
pub mod duration;
mod group;
pub mod names;
mod provider;
pub mod reasons;
mod schema;
mod shared;
mod user;
mod values;

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::CustomResourceExt as _;

pub use self::{
    group::{MemberCounts, Members, ScimGroup, ScimGroupSpec, ScimGroupStatus},
    provider::{
        Auth, AuthType, BearerAuth, ScimProvider, ScimProviderSpec, ScimProviderStatus, SecretKeyRef,
    },
    shared::{Anchor, DeletionPolicy, Normalized, Origin, ProviderKind, ProviderRef},
    user::{Enterprise, Manager, Name, ScimUser, ScimUserSpec, ScimUserStatus},
    values::{Address, Email, Entitlement, InstantMessaging, PhoneNumber, Photo, Role, X509Certificate},
};

/// Every definition that a cluster needs, in the order of dependence.
pub fn definitions() -> Vec<CustomResourceDefinition> {
    vec![ScimProvider::crd(), ScimUser::crd(), ScimGroup::crd()]
}
