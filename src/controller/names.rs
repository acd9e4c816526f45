//! Whom userNames mean on one server: asked once, and then kept up by the
//! sweeps, which see everybody anyway.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use super::{context::Context, fault::Fault, look, providers::ProviderKey, sessions::Session};
use crate::{
    scim::{filter::Filter, paging::Listing, path::AttributePath, port::ResourceType},
    sync::members::{Answer, Census, folded},
};

/// What the server said about userNames that groups have, and when.
#[derive(Debug, Default)]
pub(super) struct Names {
    known: Mutex<HashMap<String, (Answer, Instant)>>,
}

impl Names {
    /// Whom the name means, if that was found out lately. The sweeps come a
    /// little earlier or later than once an interval, so it counts for two.
    pub(super) fn get(&self, name: &str, resync: Duration) -> Option<Answer> {
        let known = self.known();
        let (answer, learned) = known.get(&folded(name))?;
        (learned.elapsed() < resync * 2).then(|| answer.clone())
    }

    /// Learns what a sweep that began then found. After a whole one, what it
    /// did not look for is forgotten. What was asked meanwhile is newer.
    pub(super) fn learn(&self, census: Census, listing: Listing, started: Instant) {
        let is_whole = listing == Listing::Complete;
        let mut known = self.known();
        known.retain(|_, (_, learned)| !is_whole || *learned >= started);
        for (name, answer) in census.into_answers(is_whole) {
            let (answered, learned) = known.entry(name).or_insert_with(|| (answer.clone(), started));
            if *learned < started {
                (*answered, *learned) = (answer, started);
            }
        }
    }

    fn note(&self, name: &str, answer: Answer) {
        self.known().insert(folded(name), (answer, Instant::now()));
    }

    fn known(&self) -> MutexGuard<'_, HashMap<String, (Answer, Instant)>> {
        // A panic elsewhere leaves answers that are as good as any.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Asks the server for each of these. What its answer does not tell, the next
/// sweep will.
pub(super) async fn ask(session: &Session, names: &BTreeSet<String>) -> Result<(), Fault> {
    for name in names {
        let filter = Filter::eq(AttributePath::core("userName"), name);
        let answer = match session.port.search(ResourceType::User, &filter).await {
            Ok(page) => Answer::of_search(name, &page),
            Err(error) if look::is_about_the_filter(&error) => None,
            Err(error) => return Err(error.into()),
        };
        if let Some(answer) = answer {
            session.names.note(name, answer);
        }
    }
    Ok(())
}

/// Looks out for every userName that a group of the provider has.
pub(super) fn census(context: &Context, provider: &ProviderKey) -> Census {
    let groups = context.groups.of_provider(provider);
    let members = groups.iter().filter_map(|group| group.spec.members.as_ref());
    Census::new(members.filter_map(|members| members.user_names.as_ref()).flatten().map(String::as_str))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::scim::{paging::Gap, resource::Resource};

    const INTERVAL: Duration = Duration::from_mins(10);
    const NAME: &str = "Carol@example.com";

    fn seen(id: Option<&str>) -> Census {
        let mut census = Census::new([NAME]);
        if let Some(id) = id {
            census.see(&Resource::from_value(json!({"id": id, "userName": NAME})).unwrap());
        }
        census
    }

    fn one(id: &str) -> Answer {
        Answer::One(id.to_owned())
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_counts_until_the_next_sweep_but_one() {
        let names = Names::default();
        assert_eq!(names.get(NAME, INTERVAL), None);
        names.note(NAME, one("1"));
        tokio::time::advance(INTERVAL * 199 / 100).await;
        assert_eq!(names.get("carol@EXAMPLE.com", INTERVAL), Some(one("1")));
        tokio::time::advance(INTERVAL / 100).await;
        assert_eq!(names.get(NAME, INTERVAL), None);
    }

    #[tokio::test(start_paused = true)]
    async fn a_whole_sweep_corrects_an_answer_and_half_a_one_leaves_it() {
        let names = Names::default();
        names.note(NAME, one("1"));
        tokio::time::advance(INTERVAL).await;
        names.learn(seen(None), Listing::Incomplete(Gap::NoProgress), Instant::now());
        assert_eq!(names.get(NAME, INTERVAL), Some(one("1")));
        names.learn(seen(None), Listing::Complete, Instant::now());
        assert_eq!(names.get(NAME, INTERVAL), Some(Answer::Nobody));
        tokio::time::advance(INTERVAL).await;
        names.learn(seen(Some("2")), Listing::Complete, Instant::now());
        assert_eq!(names.get(NAME, INTERVAL), Some(one("2")));
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_asked_while_a_sweep_went_on_is_newer() {
        let names = Names::default();
        let started = Instant::now();
        tokio::time::advance(Duration::from_secs(1)).await;
        names.note(NAME, one("new"));
        names.learn(seen(None), Listing::Complete, started);
        assert_eq!(names.get(NAME, INTERVAL), Some(one("new")));
    }
}
