//! Groups of servers that do not show who is in them: what was applied last
//! counts, and where the server answers about single members, it is asked.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::{context::Context, fault::Fault, identity::Identity, look, pass::Pass, sessions::Session};
use crate::{
    api::{Membership, Origin, bounds},
    scim::{path::AttributePath, port::ResourceType, profile::ReadBack, resource::Resource},
    sync::{
        members::{MemberPlan, Wanted, plan_unseen, questions, remembered},
        record::Record,
    },
};

/// How many members one pass asks about: a request each. A larger group is
/// asked about in turns, one with each look at it.
const MOST_QUESTIONS: usize = 100;

/// A sweep has about one in so many groups asked about, each with up to
/// [`MOST_QUESTIONS`] requests. So it takes about so many sweeps until it is
/// noticed that somebody else removed a member.
const SWEEPS_BETWEEN: u64 = 10;

/// How it is found out who is in a group.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Sight {
    /// The group shows it.
    #[default]
    Shown,
    /// The server is asked for each member.
    Asked,
    /// Not at all.
    Hidden,
}

impl Sight {
    /// As the profile says.
    pub(super) fn of(session: &Session) -> Self {
        match session.dialect.profile.members.read {
            ReadBack::Inline | ReadBack::Requested => Self::Shown,
            ReadBack::ByFilter => Self::Asked,
            ReadBack::Never => Self::Hidden,
        }
    }

    /// Whether a group that is read shows who is in it.
    pub(super) fn is_shown(self) -> bool {
        self == Self::Shown
    }
}

/// What is to be done for members that no listing shows, as far as is known
/// without asking.
pub(super) fn plan(wanted: &Wanted, record: &Record) -> MemberPlan {
    let recorded = &record.applied_members;
    let present = remembered(wanted, recorded, &BTreeMap::new(), was_interrupted(record));
    plan_unseen(wanted, &present, recorded, |_| false)
}

/// Whether a sweep has this group asked about.
pub(super) fn has_its_turn<T: Identity>(context: &Context, object: &T, sight: Sight) -> bool {
    sight == Sight::Asked && T::memory(context).members_swept(object) % SWEEPS_BETWEEN == 0
}

/// Whoever is about to be added is recorded without the counts, which come
/// when it is done.
fn was_interrupted(record: &Record) -> bool {
    record.members.is_none()
}

/// A group as it would be shown with these members.
pub(super) fn show_members<'a>(group: &mut Resource, ids: impl IntoIterator<Item = &'a String>) {
    let members: Vec<Value> = ids.into_iter().map(|id| json!({"value": id})).collect();
    group.set(&AttributePath::core("members"), members.into());
}

impl<T: Identity> Pass<'_, T> {
    /// Who is in the group, as far as is known where the server does not show
    /// it; and of whom, being another's perhaps, that has to be found out
    /// before he is added.
    pub(super) async fn unseen_members(
        &mut self,
        wanted: &Wanted,
        sight: Sight,
    ) -> Result<(BTreeSet<String>, BTreeSet<String>), Fault> {
        let recorded = self.record.applied_members.clone();
        let (mut answered, mut unasked) = (BTreeMap::new(), BTreeSet::new());
        if sight == Sight::Asked && !self.has_just_made_it() {
            let turn = T::memory(self.context).next_turn_of_members(&self.object);
            let asked = questions(wanted, &recorded, turn, MOST_QUESTIONS);
            answered = self.ask_about(&asked).await?;
            let new = wanted.ids.keys().filter(|id| !recorded.contains(*id) && !asked.contains(id));
            unasked = new.cloned().collect();
        }
        let exact = wanted.membership == Membership::Exact;
        if exact {
            // They are the group's own from now on, whoever added them.
            let room = bounds::APPLIED_MEMBERS.saturating_sub(recorded.len());
            let found = answered.iter().filter(|(id, there)| **there && !recorded.contains(*id));
            self.record.applied_members.extend(found.map(|(id, _)| id.clone()).take(room));
            unasked.clear();
        }
        let mut present = remembered(wanted, &recorded, &answered, was_interrupted(&self.record));
        if exact {
            present.retain(|id| self.record.applied_members.contains(id));
        }
        Ok((present, unasked))
    }

    /// Nobody can be in a group that was made a moment ago.
    fn has_just_made_it(&self) -> bool {
        let is_new = self.record.members.is_none() && self.record.applied_members.is_empty();
        is_new && self.record.origin == Some(Origin::Created)
    }

    /// What the server says about these. Where it does not take the question,
    /// nothing.
    pub(super) async fn ask_about(&self, ids: &[String]) -> Result<BTreeMap<String, bool>, Fault> {
        let (session, group) = (self.server()?, self.id().unwrap_or_default());
        let mut answered = BTreeMap::new();
        for id in ids.iter().take(MOST_QUESTIONS) {
            match session.port.is_member(&group, id).await {
                Ok(is_member) => {
                    answered.insert(id.clone(), is_member);
                }
                Err(error) if look::is_about_the_filter(&error) => {
                    tracing::info!(%error, provider = %self.provider, "the server does not tell who is in a group");
                    break;
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(answered)
    }

    /// What a PUT leaves out is cleared, so whoever is known to be in a group
    /// is in it, though the group that was read did not show them.
    pub(super) fn with_unseen_members(&self, mut group: Resource) -> Resource {
        let is_shown = self.session.as_ref().is_none_or(|session| Sight::of(session).is_shown());
        if T::RESOURCE_TYPE == ResourceType::Group && !is_shown {
            show_members(&mut group, &self.record.applied_members);
        }
        group
    }
}
