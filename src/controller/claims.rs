//! Which objects lay claim to which identity: an index, so that nobody walks
//! over all objects to find out, and what it means for one of them.

use std::{
    collections::{BTreeSet, HashSet},
    ops::Bound,
    sync::{Mutex, MutexGuard, PoisonError},
};

use kube::{ResourceExt, runtime::watcher::Event};

use super::{
    fault::Fault,
    identity::Identity,
    kind::{Kind, fingerprint},
    objects::ObjectError,
    pass::Pass,
    permission::looks_refused,
};
use crate::{
    api::Anchor,
    scim::resource::Resource,
    sync::{
        claims::{self, Claimant, Rival},
        digest::Digester,
    },
};

/// Where objects may be found that lay claim to something. What it says is
/// looked up in the caches before it counts, so that it may say too much.
#[derive(Debug, Default)]
pub(super) struct Claims {
    places: Mutex<BTreeSet<(u64, Box<str>)>>,
}

impl Claims {
    /// Looks at an event of the watch.
    pub(super) fn observe<T: Identity>(&self, event: &Event<T>) {
        match event {
            Event::Apply(object) | Event::InitApply(object) => self.note(object),
            Event::Delete(object) => {
                let place = place(object);
                let mut places = self.places();
                for print in prints(object) {
                    places.remove(&(print, place.clone()));
                }
            }
            Event::Init | Event::InitDone => {}
        }
    }

    /// Takes in what an object lays claim to.
    pub(super) fn note<T: Identity>(&self, object: &T) {
        let place = place(object);
        let mut places = self.places();
        if let (Some(_), Some(name)) = (object.anchor(), name_print(object)) {
            places.remove(&(name, place.clone()));
        }
        places.extend(prints(object).map(|print| (print, place.clone())));
    }

    /// The namespaces and names of objects that may lay claim to this.
    fn at(&self, print: u64) -> Vec<Box<str>> {
        let from = (Bound::Included((print, Box::default())), Bound::Unbounded);
        let places = self.places();
        let here = places.range(from).take_while(|(found, _)| *found == print);
        here.map(|(_, place)| place.clone()).collect()
    }

    fn places(&self) -> MutexGuard<'_, BTreeSet<(u64, Box<str>)>> {
        // A panic elsewhere leaves an index that is as good as any.
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What an object lays claim to: its identity, or, while it has none, a name.
fn prints<T: Identity>(object: &T) -> impl Iterator<Item = u64> {
    let print = match object.anchor() {
        Some(anchor) => Some(identity_print(&anchor.endpoint_key, &anchor.id)),
        None => name_print(object),
    };
    print.into_iter()
}

fn identity_print(endpoint: &str, id: &str) -> u64 {
    fingerprint(&("identity", endpoint, id))
}

fn name_print<T: Identity>(object: &T) -> Option<u64> {
    Some(fingerprint(&("name", object.name_there()?.to_lowercase())))
}

fn place<T: Identity>(object: &T) -> Box<str> {
    format!("{}/{}", object.meta().namespace.as_deref().unwrap_or_default(), object.name_any()).into()
}

impl<T: Identity> Kind<T> {
    /// The other objects that stand for this identity, as far as is known.
    fn other_holders(&self, own: &T, endpoint: &str, id: &str) -> Vec<T> {
        let mut others = self.others_claiming(own, identity_print(endpoint, id));
        others.retain(|other| other.id_at(endpoint) == Some(id) && !other.handling().observes);
        others
    }

    /// The other objects without an identity that ask for one of this name.
    pub(super) fn others_asking(&self, own: &T) -> Vec<T> {
        let Some(print) = name_print(own) else { return Vec::new() };
        let mut others = self.others_claiming(own, print);
        others.retain(|other| other.anchor().is_none() && name_print(other) == Some(print));
        others
    }

    fn others_claiming(&self, own: &T, print: u64) -> Vec<T> {
        let (places, own_place) = (self.claims().at(print), place(own));
        let cached = places.iter().filter(|place| **place != own_place).filter_map(|place| {
            let (namespace, name) = place.split_once('/')?;
            self.get(namespace, name)
        });
        cached.map(|cached| self.newest(&cached)).collect()
    }
}

/// The operator's mark on an anchor that it recorded for this object.
pub(super) fn seal<T: Identity>(object: &T, endpoint: &str, id: &str, digester: &Digester) -> String {
    digester.anchor(object.meta().uid.as_deref().unwrap_or_default(), endpoint, id)
}

fn is_sealed<T: Identity>(object: &T, digester: &Digester) -> bool {
    object.anchor().is_some_and(|Anchor { endpoint_key, id, seal: mark, .. }| {
        mark.as_ref() == Some(&seal(object, endpoint_key, id, digester))
    })
}

impl<T: Identity> Pass<'_, T> {
    /// Finds out whether another object keeps the identity of this one, and
    /// has those looked at who have to give way to it.
    pub(super) fn consider_rivals(&mut self) {
        let others = self.other_holders();
        let own = self.claimant(&self.object);
        let claimants: Vec<Claimant> = others.iter().map(|other| self.claimant(other)).collect();
        self.rival = claims::keeper(&own, &claimants).map(|keeper| Rival {
            called: keeper.called.clone(),
            proven: self.proven_rivals.contains(&keeper.uid),
        });
        let is_kept = self.rival.is_none();
        for other in
            others.iter().filter(|other| is_kept && other.record().is_synced(other.meta().generation))
        {
            T::memory(self.context).suspect(other);
        }
    }

    /// Others who are anchored where this one is, but for those of whom the
    /// API server said that they are not.
    fn other_holders(&self) -> Vec<T> {
        let Some(anchor) = &self.record.anchor else { return Vec::new() };
        let mut others = T::memory(self.context).other_holders(&self.object, &anchor.endpoint, &anchor.id);
        others.retain(|other| other.uid().is_none_or(|uid| !self.disproven_rivals.contains(&uid)));
        others
    }

    /// Reads those from the API server who keep this one from its identity:
    /// a deletion that calls nothing on the word of an old cache would leave
    /// an account that nobody has any more.
    pub(super) async fn prove_rival(&mut self) -> Result<(), Fault> {
        for other in self.other_holders() {
            let Some(uid) = other.uid() else { continue };
            let holds = match self.context.objects.live(&other).await {
                Ok(live) => live.anchor() == other.anchor() && !live.handling().observes,
                Err(ObjectError::Gone) => false,
                Err(error) => return Err(error.into()),
            };
            let known: &mut HashSet<String> =
                if holds { &mut self.proven_rivals } else { &mut self.disproven_rivals };
            known.insert(uid);
        }
        self.consider_rivals();
        Ok(())
    }

    /// The object that stands for an identity, if another one does.
    pub(super) fn holder(&self, resource: &Resource) -> Option<T> {
        let (id, session) = (resource.id()?, self.session.as_ref()?);
        T::memory(self.context).other_holders(&self.object, &session.endpoint, &id).into_iter().next()
    }

    /// The older object that asks for an identity of this name, too, at the
    /// same provider: it goes first.
    pub(super) fn elder(&self) -> Option<String> {
        if self.record.anchor.is_some() {
            return None;
        }
        let asking = T::memory(self.context).others_asking(&self.object);
        let others: Vec<Claimant> = asking
            .iter()
            .filter(|other| self.goes_for_one(other))
            .map(|other| self.claimant(other))
            .collect();
        claims::elder(&self.claimant(&self.object), &others).map(|elder| elder.called.clone())
    }

    /// Whether an object without an identity is on its way to one, as far as
    /// is known without asking anybody. One that cannot get there keeps nobody
    /// back.
    fn goes_for_one(&self, other: &T) -> bool {
        let handling = other.handling();
        let adopts_alike = handling.adopts == self.object.handling().adopts;
        self.provider.is_of(other)
            && adopts_alike
            && !handling.observes
            && !handling.suspended
            && other.meta().deletion_timestamp.is_none()
            && !other.record().is_stalled()
            && !looks_refused(self.context, &self.provider, other)
    }

    /// An object as one of several who want the same.
    pub(super) fn claimant(&self, object: &T) -> Claimant {
        Claimant {
            uid: object.uid().unwrap_or_default(),
            since: object.meta().creation_timestamp.as_ref().map(|time| time.0),
            sealed: is_sealed(object, &self.context.digester),
            leaving: object.meta().deletion_timestamp.is_some(),
            called: self.called(object),
        }
    }

    /// What people of this object's namespace may know of another: its name,
    /// and its namespace where that is another one.
    pub(super) fn called(&self, other: &T) -> String {
        let name = other.name_any();
        match other.namespace().filter(|namespace| Some(namespace) != self.object.namespace().as_ref()) {
            Some(namespace) => format!("the {} {name} in the namespace {namespace}", T::KIND),
            None => format!("the {} {name}", T::KIND),
        }
    }
}
