//! Objects that only show what is on the server.

use std::{collections::HashMap, sync::Arc};

use super::{
    context::Context,
    fault::{End, Fault},
    identity::Identity,
    pass::{Pass, fits},
    providers::ProviderKey,
    roster::Roster,
    sessions::Session,
    unseen::Sight,
};
use crate::{
    api::conditions::READY,
    scim::{path::AttributePath, resource::Resource},
    sync::{
        lookup::{MatchKeys, name_attribute},
        members,
        outcome::{Outcome, observed},
        record::{Record, Shown},
    },
};

impl<T: Identity> Pass<'_, T> {
    /// Shows the identity, and in what it differs from the manifest.
    pub(super) fn show(&mut self, found: &Resource) -> Result<End, Fault> {
        let session = self.server()?;
        let roster = Roster::new(self.context, &self.provider, session);
        let differing = differing(self.context, session, &roster, &self.object, found);
        self.record.shown = shown::<T>(found);
        Ok(End::Done(Outcome::Observed(differing), None))
    }
}

fn shown<T: Identity>(found: &Resource) -> Option<Shown> {
    let name = found.text(name_attribute(T::RESOURCE_TYPE)).filter(|name| fits(name));
    found.id().map(|id| Shown { id, name: name.map(str::to_owned) })
}

/// In what an identity differs from a manifest.
fn differing<T: Identity>(
    context: &Context,
    session: &Session,
    roster: &Roster<'_>,
    object: &T,
    found: &Resource,
) -> Vec<AttributePath> {
    let Ok((desired, _)) = object.resolved(context, Some(roster.endpoint())) else { return Vec::new() };
    let comparison = session.comparison::<T>(&desired, &context.digester);
    let seen = comparison.seen_changes(found).into_iter().chain(comparison.fixed(found));
    // Where groups do not show their members, nothing can be said of them.
    let wanted = object.wanted_members(roster).filter(|_| Sight::of(session).is_shown());
    let applied = object.record().applied_members;
    let other_members = wanted
        .is_some_and(|wanted| !members::plan(&wanted, &found.member_ids(), &applied, |_| false).is_empty());
    let members = other_members.then(|| AttributePath::core("members"));
    seen.chain(members).collect()
}

/// The objects that only observe, while the server is listed.
pub(super) struct Observed<T> {
    /// Those that show somebody, by the id that they show.
    shown: HashMap<String, Vec<Arc<T>>>,
    /// Those that found nobody to show.
    missing: Vec<(MatchKeys, Arc<T>)>,
}

impl<T: Identity> Observed<T> {
    /// Those of a provider that have looked at least once.
    pub(super) fn of(context: &Context, provider: &ProviderKey, session: &Session) -> Self {
        let mut all = Self { shown: HashMap::new(), missing: Vec::new() };
        for object in T::memory(context).of_provider(provider) {
            let (handling, meta) = (object.handling(), object.meta());
            if !handling.observes || handling.suspended || meta.deletion_timestamp.is_some() {
                continue;
            }
            let record = object.record();
            match (record.shown, object.desired()) {
                (Some(shown), _) => all.shown.entry(shown.id).or_default().push(object),
                (None, Ok(desired)) => {
                    all.missing.push((MatchKeys::of(&desired, session.rules::<T>()), object));
                }
                (None, Err(_)) => {}
            }
        }
        all
    }

    /// Has those reconciled that would show something else now.
    pub(super) fn compare(
        &mut self,
        context: &Context,
        session: &Session,
        roster: &Roster<'_>,
        listed: &Resource,
    ) {
        let kind = T::memory(context);
        let id = listed.id();
        let showing = id.as_ref().and_then(|id| self.shown.remove(id)).unwrap_or_default();
        for object in showing {
            let says = observed(&differing(context, session, roster, &*object, listed)).message;
            if !says_already(&object.record(), &says, shown::<T>(listed).as_ref()) {
                kind.suspect(&*object);
            }
        }
        self.missing.retain(|(keys, object)| {
            let is_meant = match object.handling().named_id {
                Some(named) => id.as_deref() == Some(named),
                None => keys.fit(listed),
            };
            if is_meant {
                kind.suspect(&**object);
                kind.wake(&**object);
            }
            !is_meant
        });
    }

    /// Has those reconciled whose identity a whole listing did not show.
    pub(super) fn conclude(self, context: &Context) {
        for object in self.shown.into_values().flatten() {
            T::memory(context).suspect(&*object);
        }
    }
}

fn says_already(record: &Record, says: &str, shown: Option<&Shown>) -> bool {
    let ready = record.conditions.iter().find(|condition| condition.type_ == READY);
    ready.is_some_and(|ready| ready.message == says) && record.shown.as_ref() == shown
}
