//! What one object's change means for others: a group waits for its users, a
//! provider's objects wait for the provider.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use kube::{ResourceExt, runtime::watcher::Event};
use tokio::sync::mpsc;

use super::{
    context::Context, identity::Identity, kind::fingerprint, permission::looks_refused,
    providers::ProviderKey, roster::Roster, sessions::Standing,
};
use crate::api::{ScimGroup, ScimUser};

/// How long changes of users are gathered before their groups are told, so
/// that a thousand users becoming ready are a few passes over a group.
const GATHERING: Duration = Duration::from_millis(500);

/// Notices when a user's identity comes, goes or changes.
#[derive(Clone, Debug)]
pub(super) struct UserWatch {
    tell: mpsc::UnboundedSender<(String, String)>,
    seen: Arc<Mutex<HashMap<String, u64>>>,
}

impl UserWatch {
    /// What notices, and what is noticed: namespace and name.
    pub(super) fn new() -> (Self, mpsc::UnboundedReceiver<(String, String)>) {
        let (tell, told) = mpsc::unbounded_channel();
        (Self { tell, seen: Arc::default() }, told)
    }

    /// Looks at an event of the users' watch.
    pub(super) fn observe(&self, event: &Event<ScimUser>) {
        match event {
            Event::Apply(user) => self.compare(user, true),
            // Groups are reconciled at the start anyway.
            Event::InitApply(user) => self.compare(user, false),
            Event::Delete(user) => {
                self.seen().remove(&user.uid().unwrap_or_default());
                self.tell(user);
            }
            Event::Init | Event::InitDone => {}
        }
    }

    fn compare(&self, user: &ScimUser, news: bool) {
        let print = essence(user);
        let before = self.seen().insert(user.uid().unwrap_or_default(), print);
        if before != Some(print) && (news || before.is_some()) {
            self.tell(user);
        }
    }

    fn tell(&self, user: &ScimUser) {
        // Nobody listens any more only while the process is stopping.
        let _ = self.tell.send((user.namespace().unwrap_or_default(), user.name_any()));
    }

    fn seen(&self) -> std::sync::MutexGuard<'_, HashMap<String, u64>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// All that a group wants to know of a user.
fn essence(user: &ScimUser) -> u64 {
    let anchor = user.status.as_ref().and_then(|status| status.anchor.as_ref());
    fingerprint(&(anchor.map(|anchor| (&anchor.endpoint_key, &anchor.id)), &user.spec.provider_ref))
}

/// Has the groups of changed users reconciled, a gathering at a time.
pub(super) async fn follow_users(
    context: Arc<Context>,
    mut changes: mpsc::UnboundedReceiver<(String, String)>,
) {
    let mut gathered = Vec::new();
    while changes.recv_many(&mut gathered, usize::MAX).await > 0 {
        tokio::time::sleep(GATHERING).await;
        while let Ok(change) = changes.try_recv() {
            gathered.push(change);
        }
        suspect_groups(&context, &std::mem::take(&mut gathered));
    }
}

fn suspect_groups(context: &Context, changes: &[(String, String)]) {
    let mut by_namespace: HashMap<&str, HashSet<&str>> = HashMap::new();
    for (namespace, name) in changes {
        by_namespace.entry(namespace).or_default().insert(name);
    }
    let concerned = context.groups.find(|group| {
        let members = group.spec.members.as_ref().and_then(|members| members.users.as_ref());
        let of_namespace = group.namespace().and_then(|namespace| by_namespace.get(namespace.as_str()));
        members
            .zip(of_namespace)
            .is_some_and(|(members, names)| members.iter().any(|name| names.contains(name.as_str())))
    });
    for group in concerned.iter().filter(|group| has_other_members(context, group)) {
        context.groups.suspect(&**group);
    }
}

/// Whether a group's names mean other identities than when it was last made
/// so. Where that cannot be told, they might.
fn has_other_members(context: &Context, group: &ScimGroup) -> bool {
    let provider = ProviderKey::of(group);
    let Standing::Open(session) = context.sessions.of(&provider) else { return true };
    let wanted = Roster::new(context, &provider, &session).wanted(group);
    !wanted.is_some_and(|wanted| context.groups.has_members(group, &wanted))
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
