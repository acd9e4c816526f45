//! Whom the manifests of groups mean, looked up in the caches: many groups of
//! one provider for the price of one walk.

use std::{cell::OnceCell, collections::HashMap, sync::Arc};

use super::{context::Context, identity::Identity, providers::ProviderKey, sessions::Session};
use crate::{
    api::{Members, ScimGroup, ScimUser},
    sync::{
        members::{Answer, Named, Reference, Selection, Wanted, folded},
        selector::MemberSelector,
    },
};

/// The objects of one provider, and what is known of its server, while some
/// of its groups are looked at.
pub(super) struct Roster<'a> {
    context: &'a Context,
    provider: &'a ProviderKey,
    session: &'a Session,
    users: OnceCell<Vec<Arc<ScimUser>>>,
    user_names: OnceCell<HashMap<String, Answer>>,
}

impl<'a> Roster<'a> {
    /// The objects of this provider.
    pub(super) fn new(context: &'a Context, provider: &'a ProviderKey, session: &'a Session) -> Self {
        Self { context, provider, session, users: OnceCell::new(), user_names: OnceCell::new() }
    }

    /// The endpoint key of the server.
    pub(super) fn endpoint(&self) -> &str {
        &self.session.endpoint
    }

    /// Whom the manifest of a group names; `None` where its members are not
    /// ours.
    pub(super) fn wanted(&self, group: &ScimGroup) -> Option<Wanted> {
        let spec = &group.spec;
        if spec.members.is_none() && spec.member_selector.is_none() {
            return None;
        }
        let nobody = Members::default();
        let Members { users, groups, user_names, ids } = spec.members.as_ref().unwrap_or(&nobody);
        let namespace = group.metadata.namespace.as_deref().unwrap_or_default();
        let mut wanted = Wanted::new(spec.membership.unwrap_or_default());
        for name in users.iter().flatten() {
            let user = self.context.users.get(namespace, name);
            wanted.add(Named::User(name.clone()), self.reference(group, user));
        }
        for name in groups.iter().flatten() {
            let member = self.context.groups.get(namespace, name);
            wanted.add(Named::Group(name.clone()), self.reference(group, member));
        }
        for name in user_names.iter().flatten() {
            match self.user_named(name) {
                Some(reference) => wanted.add(Named::UserName(name.clone()), reference),
                None => {
                    wanted.unasked.insert(name.clone());
                }
            }
        }
        for id in ids.iter().flatten() {
            let itself = group.id_at(&self.session.endpoint) == Some(id);
            let reference = if itself { Reference::Refused } else { Reference::Ready(id.clone()) };
            wanted.add(Named::Id(id.clone()), reference);
        }
        self.add_selected(group, &mut wanted);
        Some(wanted)
    }

    /// One that is being deleted keeps its identity until it is gone.
    fn reference<T: Identity>(&self, group: &ScimGroup, object: Option<Arc<T>>) -> Reference {
        let Some(object) = object else { return Reference::Missing };
        if !self.provider.is_of(&*object) || object.meta().uid == group.metadata.uid {
            return Reference::Refused;
        }
        let id = object.id_at(&self.session.endpoint);
        id.map_or(Reference::Pending, |id| Reference::Ready(id.to_owned()))
    }

    fn add_selected(&self, group: &ScimGroup, wanted: &mut Wanted) {
        let Some(selector) = &group.spec.member_selector else { return };
        let selector = match MemberSelector::read(selector) {
            Ok(selector) => selector,
            Err(invalid) => {
                wanted.selection = Selection::Invalid(invalid);
                return;
            }
        };
        let fits = |user: &&Arc<ScimUser>| {
            user.metadata.namespace == group.metadata.namespace
                && selector.fits(user.metadata.labels.as_ref())
        };
        let users = self.users.get_or_init(|| self.context.users.of_provider(self.provider));
        wanted.add_selected(users.iter().filter(fits).map(|user| {
            let name = user.metadata.name.clone().unwrap_or_default();
            (name, self.reference(group, Some(Arc::clone(user))))
        }));
    }

    /// Whom a userName means: somebody whom an object stands for, of any
    /// provider with this endpoint, else whom the server said. `None` where it
    /// was not asked.
    fn user_named(&self, name: &str) -> Option<Reference> {
        let anchored = self.user_names.get_or_init(|| self.anchored_names());
        let answer = match anchored.get(&folded(name)) {
            Some(Answer::One(id)) => Answer::One(id.clone()),
            _ => self.session.names.get(name, self.session.resync)?,
        };
        Some(match answer {
            Answer::One(id) => Reference::Ready(id),
            Answer::Nobody => Reference::Missing,
        })
    }

    fn anchored_names(&self) -> HashMap<String, Answer> {
        let mut names = HashMap::new();
        for user in self.context.users.find(|user| user.id_at(&self.session.endpoint).is_some()) {
            let name = user.status.as_ref().and_then(|status| status.user_name.as_deref());
            let (Some(name), Some(id)) = (name, user.id_at(&self.session.endpoint)) else { continue };
            let meant = names.entry(folded(name)).or_insert_with(|| Answer::One(id.to_owned()));
            if *meant != Answer::One(id.to_owned()) {
                *meant = Answer::Nobody;
            }
        }
        names
    }
}
