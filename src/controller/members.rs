//! The members of a group: who is meant, and the requests that make it so.

use std::collections::HashSet;

use kube::ResourceExt;

use super::{
    context::Context,
    identity::Identity,
    pass::{Fault, Pass},
};
use crate::{
    api::{MemberCounts, ScimGroup},
    scim::resource::Resource,
    sync::members::{self, Wanted},
};

impl<T: Identity> Pass<'_, T> {
    /// Makes the group's members those that the manifest names.
    pub(super) async fn update_members(&mut self, observed: &Resource) -> Result<(), Fault> {
        let session = self.server()?;
        let Some(wanted) = self.object.wanted_members(self.context, &session.endpoint) else {
            self.record.members = None;
            return Ok(());
        };
        let anchored = anchored_ids(self, &wanted, &session.endpoint);
        let plan = members::plan(&wanted, &observed.member_ids(), |id| anchored.contains(id));
        if let (false, Some(id)) = (plan.is_empty(), self.id()) {
            for request in plan.requests() {
                self.server()?.port.patch(T::RESOURCE_TYPE, &id, &request).await?;
                T::memory(self.context).changed(&self.object);
            }
            let note = format!("added {} and removed {} members", plan.add.len(), plan.remove.len());
            self.context.events.done(&self.object, "MembersChanged", note);
        }
        T::memory(self.context).made_members(&self.object, &wanted);
        self.record.members = Some(counts(&wanted));
        self.wanted = Some(wanted);
        Ok(())
    }
}

/// Users of the same namespace and provider, by name. One that is being
/// deleted keeps its identity until it is gone.
pub(super) fn wanted(group: &ScimGroup, context: &Context, endpoint: &str) -> Option<Wanted> {
    let names = group.spec.members.as_ref()?.users.as_ref()?;
    let namespace = group.namespace().unwrap_or_default();
    let mut wanted = Wanted::default();
    for name in names {
        let user = context.users.get(&namespace, name);
        match user.filter(|user| user.spec.provider_ref == group.spec.provider_ref) {
            None => wanted.unresolved.push(name.clone()),
            Some(user) => match user.id_at(endpoint) {
                Some(id) => {
                    wanted.ids.insert(id.to_owned());
                }
                None => wanted.pending.push(name.clone()),
            },
        }
    }
    Some(wanted)
}

/// The ids that users of this provider are anchored to at this endpoint. They are of interest
/// only while the group's references are incomplete.
fn anchored_ids<T: Identity>(pass: &Pass<'_, T>, wanted: &Wanted, endpoint: &str) -> HashSet<String> {
    if wanted.is_complete() {
        return HashSet::new();
    }
    let users = pass.context.users.of_provider(&pass.provider);
    users.iter().filter_map(|user| user.id_at(endpoint).map(str::to_owned)).collect()
}

fn counts(wanted: &Wanted) -> MemberCounts {
    let count = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
    MemberCounts {
        desired: count(wanted.count()),
        applied: count(wanted.ids.len()),
        pending: count(wanted.pending.len() + wanted.unresolved.len()),
    }
}
