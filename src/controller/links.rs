//! What one object's change means for others: a group waits for its members,
//! a provider's objects wait for the provider.

use std::{
    collections::{HashMap, HashSet},
    marker::PhantomData,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use kube::{
    ResourceExt,
    runtime::{reflector::ObjectRef, watcher::Event},
};
use tokio::{sync::mpsc, time::Instant};

use super::{
    context::Context, identity::Identity, kind::fingerprint, managers, permission::looks_refused,
    providers::ProviderKey, roster::Roster, sessions::Standing, windows::Windows,
};
use crate::{
    api::{ScimGroup, ScimUser},
    scim::port::ResourceType,
    sync::members::folded,
};

/// How long changes come together before it is found out whom they concern:
/// that takes a walk over all groups.
const GATHERING: Duration = Duration::from_millis(200);

/// A user or group whose identity came or went, or whose labels changed.
#[derive(Clone, Debug)]
pub(super) struct Changed {
    resource_type: ResourceType,
    namespace: String,
    name: String,
}

/// Notices what others want to know of the objects of one kind.
pub(super) struct Watch<T> {
    tell: mpsc::UnboundedSender<Changed>,
    seen: Arc<Mutex<HashMap<String, u64>>>,
    of: PhantomData<fn(&T)>,
}

/// What notices, for either kind, and what is noticed.
pub(super) fn watches() -> (Watch<ScimUser>, Watch<ScimGroup>, mpsc::UnboundedReceiver<Changed>) {
    let (tell, told) = mpsc::unbounded_channel();
    (Watch::new(tell.clone()), Watch::new(tell), told)
}

impl<T> Clone for Watch<T> {
    fn clone(&self) -> Self {
        Self { tell: self.tell.clone(), seen: Arc::clone(&self.seen), of: PhantomData }
    }
}

impl<T: Identity> Watch<T> {
    fn new(tell: mpsc::UnboundedSender<Changed>) -> Self {
        Self { tell, seen: Arc::default(), of: PhantomData }
    }

    /// Looks at an event of the watch.
    pub(super) fn observe(&self, event: &Event<T>) {
        match event {
            Event::Apply(object) => self.compare(object, true),
            // Groups are reconciled at the start anyway.
            Event::InitApply(object) => self.compare(object, false),
            Event::Delete(object) => {
                self.seen().remove(&object.uid().unwrap_or_default());
                self.tell(object);
            }
            Event::Init | Event::InitDone => {}
        }
    }

    fn compare(&self, object: &T, news: bool) {
        let print = essence(object);
        let before = self.seen().insert(object.uid().unwrap_or_default(), print);
        if before != Some(print) && (news || before.is_some()) {
            self.tell(object);
        }
    }

    fn tell(&self, object: &T) {
        let namespace = object.namespace().unwrap_or_default();
        let changed = Changed { resource_type: T::RESOURCE_TYPE, namespace, name: object.name_any() };
        // Nobody listens any more only while the process is stopping.
        let _ = self.tell.send(changed);
    }

    fn seen(&self) -> MutexGuard<'_, HashMap<String, u64>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// All that a group wants to know of its members.
fn essence<T: Identity>(object: &T) -> u64 {
    let anchor = object.anchor().map(|anchor| (&anchor.endpoint_key, &anchor.id));
    fingerprint(&(anchor, object.provider_ref(), &object.meta().labels))
}

/// Has the groups of changed objects reconciled. Each group has a window of
/// its own, so that a thousand users becoming ready are a few passes over it.
pub(super) async fn follow(context: Arc<Context>, mut changes: mpsc::UnboundedReceiver<Changed>) {
    let mut windows = Windows::default();
    let mut gathered = Vec::new();
    loop {
        let due = windows.next_due();
        let wait = async {
            match due {
                Some(due) => tokio::time::sleep_until(due).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            received = changes.recv_many(&mut gathered, usize::MAX) => {
                if received == 0 {
                    return;
                }
                tokio::time::sleep(GATHERING).await;
                while let Ok(change) = changes.try_recv() {
                    gathered.push(change);
                }
                let now = Instant::now();
                let together = std::mem::take(&mut gathered);
                managers::suspect_reports(&context, users_of(&together));
                for group in concerned_groups(&context, &together) {
                    windows.touch(ObjectRef::from(&*group), now);
                }
            }
            () = wait => {}
        }
        suspect_changed(&context, windows.take_due(Instant::now()));
    }
}

/// The names in one namespace that changes are about.
#[derive(Debug, Default)]
struct Names<'a> {
    users: HashSet<&'a str>,
    groups: HashSet<&'a str>,
}

/// The namespaces and names of the users among what changed.
fn users_of(changes: &[Changed]) -> impl Iterator<Item = (&str, &str)> {
    let users = changes.iter().filter(|changed| changed.resource_type == ResourceType::User);
    users.map(|user| (user.namespace.as_str(), user.name.as_str()))
}

/// The groups that name one of these, in whatever way.
fn concerned_groups(context: &Context, changes: &[Changed]) -> Vec<Arc<ScimGroup>> {
    let mut by_namespace: HashMap<&str, Names<'_>> = HashMap::new();
    for Changed { resource_type, namespace, name } in changes {
        let names = by_namespace.entry(namespace).or_default();
        match resource_type {
            ResourceType::User => names.users.insert(name),
            ResourceType::Group => names.groups.insert(name),
        };
    }
    let user_names = user_names_of(context, changes);
    context.groups.find(|group| {
        let names = group.metadata.namespace.as_deref().and_then(|namespace| by_namespace.get(namespace));
        names.is_some_and(|names| refers_to(group, names)) || has_user_name(group, &user_names)
    })
}

fn refers_to(group: &ScimGroup, changed: &Names<'_>) -> bool {
    let has = |names: Option<&Vec<String>>, changed: &HashSet<&str>| {
        !changed.is_empty() && names.into_iter().flatten().any(|name| changed.contains(name.as_str()))
    };
    let members = group.spec.members.as_ref();
    let may_select = group.spec.member_selector.is_some() && !changed.users.is_empty();
    may_select
        || has(members.and_then(|members| members.users.as_ref()), &changed.users)
        || has(members.and_then(|members| members.groups.as_ref()), &changed.groups)
}

/// The userNames of the users that changed, as the server has them.
fn user_names_of(context: &Context, changes: &[Changed]) -> HashSet<String> {
    let users = changes.iter().filter(|changed| changed.resource_type == ResourceType::User);
    let users = users.filter_map(|changed| context.users.get(&changed.namespace, &changed.name));
    users.filter_map(|user| user.status.as_ref()?.user_name.as_deref().map(folded)).collect()
}

fn has_user_name(group: &ScimGroup, changed: &HashSet<String>) -> bool {
    let names = group.spec.members.as_ref().and_then(|members| members.user_names.as_ref());
    names.into_iter().flatten().any(|name| changed.contains(&folded(name)))
}

/// Suspects those groups whose names mean other identities than when they
/// were last made so. Where that cannot be told, they might.
fn suspect_changed(context: &Context, groups: Vec<ObjectRef<ScimGroup>>) {
    let mut by_provider: HashMap<ProviderKey, Vec<Arc<ScimGroup>>> = HashMap::new();
    for group in groups {
        let namespace = group.namespace.unwrap_or_default();
        if let Some(group) = context.groups.get(&namespace, &group.name) {
            by_provider.entry(ProviderKey::of(&*group)).or_default().push(group);
        }
    }
    for (provider, groups) in by_provider {
        let standing = context.sessions.of(&provider);
        let roster = match &standing {
            Standing::Open(session) => Some(Roster::new(context, &provider, session)),
            Standing::Unknown | Standing::Failing => None,
        };
        let has_its_members = |group: &ScimGroup| {
            let wanted = roster.as_ref().and_then(|roster| roster.wanted(group));
            wanted.is_some_and(|wanted| context.groups.has_members(group, &wanted))
        };
        for group in groups.iter().filter(|group| !has_its_members(group)) {
            context.groups.suspect(&**group);
        }
    }
}

/// Has what waited for a provider reconciled; what needs nothing is left in
/// peace, so that a provider's recovery is no stampede.
pub(super) fn resume(context: &Context, provider: &ProviderKey) {
    resume_kind::<ScimUser>(context, provider);
    resume_kind::<ScimGroup>(context, provider);
}

fn resume_kind<T: Identity>(context: &Context, provider: &ProviderKey) {
    let kind = T::memory(context);
    let standing = context.sessions.of(provider);
    for object in kind.of_provider(provider) {
        let meta = object.meta();
        let record = object.record();
        let moved = match (&standing, &record.anchor) {
            (Standing::Open(session), Some(anchor)) => anchor.endpoint != session.endpoint,
            _ => false,
        };
        let finished = record.is_synced(meta.generation) && record.is_complete() && !moved;
        if !finished
            || looks_refused(context, provider, &*object)
            || meta.deletion_timestamp.is_some()
            || kind.is_suspect(&object)
        {
            kind.wake(&object);
        }
    }
}
