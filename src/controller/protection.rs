//! Those whom the provider protects, where names alone do not tell.

use std::{collections::BTreeSet, sync::Arc};

use super::{fault::Fault, identity::Identity, look, pass::Pass};
use crate::{
    scim::{port::ResourceType, resource::Resource},
    sync::{
        lookup::{Lookup, MatchKeys},
        members::MemberPlan,
    },
};

/// What people are told of a member who stays for this.
pub(super) const WORDS: &str = "the provider protects them";

impl<T: Identity> Pass<'_, T> {
    /// Of those who are to leave a group, the ids of those who are protected,
    /// by what the server calls them now.
    pub(super) async fn protected_among(&self, plan: &MemberPlan) -> Result<BTreeSet<String>, Fault> {
        let mut protected = BTreeSet::new();
        if plan.remove.is_empty() {
            return Ok(protected);
        }
        for resource_type in ResourceType::ALL {
            protected.extend(self.protected_ids(resource_type).await?);
        }
        protected.retain(|id| plan.remove.contains(id));
        Ok(protected)
    }

    async fn protected_ids(&self, resource_type: ResourceType) -> Result<Vec<String>, Fault> {
        let session = Arc::clone(self.server()?);
        let protected = session.protected();
        let names = protected.names(resource_type);
        if names.is_empty() || !session.capabilities().kind(resource_type).supported {
            return Ok(Vec::new());
        }
        let keys = MatchKeys::named(resource_type, names, session.dialect.profile.kind(resource_type));
        match look::by_filters(&session, resource_type, &keys).await? {
            Lookup::Found(hits) => Ok(hits.iter().filter_map(Resource::id).collect()),
            Lookup::None => Ok(Vec::new()),
            Lookup::NotYet => Err(Fault::Undecided("nobody has looked who is protected".to_owned())),
            Lookup::Unknown(why) => Err(Fault::Undecided(format!(
                "whether somebody who is to leave the group is protected: {why}"
            ))),
        }
    }
}
