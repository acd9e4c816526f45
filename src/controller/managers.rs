//! The manager of a person, where the manifest names an object: the link is
//! set as soon as that object has an identity.

use std::collections::{HashMap, HashSet};

use kube::ResourceExt;

use super::{context::Context, identity::Identity, providers::ProviderKey, sessions::Standing};
use crate::{api::ScimUser, sync::outcome::ManagerRemark};

/// The manager's id at this endpoint, and how far the reference is; `None` if
/// the manifest names no object.
pub(super) fn resolve(
    user: &ScimUser,
    context: &Context,
    endpoint: &str,
) -> Option<(Option<String>, ManagerRemark)> {
    let name = name_of_manager(user)?;
    let manager = context.users.get(&user.namespace().unwrap_or_default(), name);
    let is_foreign = |manager: &ScimUser| manager.spec.provider_ref != user.spec.provider_ref;
    if manager.as_deref().is_some_and(is_foreign) {
        return Some((None, ManagerRemark::Refused(name.to_owned())));
    }
    Some(match manager.as_deref().and_then(|manager| manager.id_at(endpoint)) {
        Some(id) => (Some(id.to_owned()), ManagerRemark::Resolved),
        None => (None, ManagerRemark::NotReady(name.to_owned())),
    })
}

fn name_of_manager(user: &ScimUser) -> Option<&str> {
    let reference = user.spec.enterprise.as_ref()?.manager_ref.as_ref()?;
    Some(&reference.name)
}

/// Has those reconciled whose manager is somebody else now.
pub(super) fn suspect_reports<'a>(context: &Context, changed: impl Iterator<Item = (&'a str, &'a str)>) {
    let mut by_namespace: HashMap<&str, HashSet<&str>> = HashMap::new();
    for (namespace, name) in changed {
        by_namespace.entry(namespace).or_default().insert(name);
    }
    let concerned = context.users.find(|user| {
        let names = user.metadata.namespace.as_deref().and_then(|namespace| by_namespace.get(namespace));
        names.zip(name_of_manager(user)).is_some_and(|(names, manager)| names.contains(manager))
    });
    for user in concerned.iter().filter(|user| has_another_manager(context, user)) {
        context.users.suspect(&**user);
    }
}

/// Whether the name means somebody else than when the link was last set.
/// Where that cannot be told, it might.
fn has_another_manager(context: &Context, user: &ScimUser) -> bool {
    let Standing::Open(session) = context.sessions.of(&ProviderKey::of(user)) else { return true };
    let manager = resolve(user, context, &session.endpoint).and_then(|(id, _)| id);
    !context.users.has_manager(user, manager.as_deref())
}
