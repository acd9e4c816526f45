//! Whether the provider serves an object: one of its own namespace does, one
//! of the cluster as far as a grant permits.

use kube::ResourceExt;

use super::{
    context::Context,
    identity::Identity,
    objects::ObjectError,
    providers::{Provider, ProviderKey},
};
use crate::{
    api::{AdoptionPolicy, Enterprise, Grant, Mode, ScimGroup, ScimUser, reasons},
    scim::path::{AttributePath, ENTERPRISE_SCHEMA},
    sync::{
        absent::Unwanted,
        grants::{self, Ask, Missing},
        outcome::Because,
    },
};

/// What a manifest asks for beside its attributes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Wishes {
    /// The userName or displayName.
    name: Option<String>,
    /// It may come to stand for somebody who is there already, or shows them.
    adopts: bool,
    /// It names members that are no objects.
    raw_members: bool,
    /// It sets a password.
    password: bool,
    /// Attributes that are resolved only later.
    attributes: Vec<AttributePath>,
}

/// Objects that ask for something.
pub(super) trait Asking {
    /// What the manifest asks for.
    fn wishes(&self) -> Wishes;
}

impl Asking for ScimUser {
    fn wishes(&self) -> Wishes {
        let spec = &self.spec;
        let manager =
            spec.enterprise.as_ref().and_then(|Enterprise { manager_ref, .. }| manager_ref.as_ref());
        Wishes {
            name: spec.user_name.clone(),
            adopts: adopts(spec.adoption_policy, spec.mode),
            raw_members: false,
            password: spec.password_secret_ref.is_some(),
            attributes: manager
                .map(|_| AttributePath::extension(ENTERPRISE_SCHEMA, "manager"))
                .into_iter()
                .collect(),
        }
    }
}

impl Asking for ScimGroup {
    fn wishes(&self) -> Wishes {
        let spec = &self.spec;
        let raw = |names: &Option<Vec<String>>| names.as_ref().is_some_and(|names| !names.is_empty());
        Wishes {
            name: spec.display_name.clone(),
            adopts: adopts(spec.adoption_policy, spec.mode),
            raw_members: spec
                .members
                .as_ref()
                .is_some_and(|members| raw(&members.user_names) || raw(&members.ids)),
            ..Wishes::default()
        }
    }
}

fn adopts(policy: Option<AdoptionPolicy>, mode: Option<Mode>) -> bool {
    policy == Some(AdoptionPolicy::Adopt) || mode == Some(Mode::Observe)
}

/// Why the provider does not serve the object; `None` where it does.
pub(super) async fn refusal<T: Identity>(
    context: &Context,
    provider: &ProviderKey,
    object: &T,
) -> Result<Option<Because>, ObjectError> {
    let Some(grants) = grants_of(context, provider) else { return Ok(None) };
    let namespace = object.namespace().unwrap_or_default();
    let labels =
        if grants::need_labels(&grants) { Some(context.namespaces.labels(&namespace).await?) } else { None };
    let answer = ask(object, &namespace, &grants, labels.as_deref());
    Ok(answer.err().map(|missing| because(provider, &missing, object.meta().deletion_timestamp.is_some())))
}

/// Whether it looks as if the provider did not serve the object, without
/// asking anybody; unknown labels look so.
pub(super) fn looks_refused<T: Identity>(context: &Context, provider: &ProviderKey, object: &T) -> bool {
    let Some(grants) = grants_of(context, provider) else { return false };
    let namespace = object.namespace().unwrap_or_default();
    let labels = context.namespaces.known_labels(&namespace);
    ask(object, &namespace, &grants, labels.as_deref()).is_err()
}

/// The grants that decide; `None` for a provider that is there for its
/// namespace. A provider that is not there serves nobody anyway.
fn grants_of(context: &Context, provider: &ProviderKey) -> Option<Vec<Grant>> {
    let Provider { grants, .. } = context.providers.get(provider)?;
    grants
}

fn ask<T: Identity>(
    object: &T,
    namespace: &str,
    grants: &[Grant],
    labels: Option<&std::collections::BTreeMap<String, String>>,
) -> Result<(), Missing> {
    let Wishes { name, adopts, raw_members, password, mut attributes } = object.wishes();
    // What cannot be meant is never sent, so it needs no permission.
    if let Ok(desired) = &object.desired() {
        attributes.extend(desired.paths().chain(desired.unwanted().iter().map(Unwanted::path)).cloned());
    }
    let ask = Ask {
        namespace,
        labels,
        resource_type: T::RESOURCE_TYPE,
        name: name.as_deref(),
        attributes,
        adopts,
        raw_members,
        password,
    };
    grants::check(grants, &ask)
}

fn because(provider: &ProviderKey, missing: &Missing, deleting: bool) -> Because {
    let escape = if deleting {
        " To let the object go without a call to the server, set its deletionPolicy: Retain."
    } else {
        ""
    };
    let message = format!(
        "the {provider} does not permit this: {missing}. Nothing is read or changed on the server. Ask whoever keeps \
         the provider for a grant, or change the manifest.{escape}"
    );
    Because::new(reasons::NOT_GRANTED, message)
}
