//! Whom a userName means on the server.

use std::collections::HashMap;

use crate::{
    api::bounds,
    scim::{port::Page, resource::Resource},
};

/// Whom a userName means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The one user with this id.
    One(String),
    /// Nobody, or more than one: nobody can be meant.
    Nobody,
}

/// userNames that are looked for while all users go by.
#[derive(Debug, Default)]
pub struct Census {
    found: HashMap<String, Vec<String>>,
}

/// A userName as it is compared: without case (`caseExact` is false, RFC 7643
/// §4.1.1).
pub fn folded(name: &str) -> String {
    name.to_lowercase()
}

impl Answer {
    /// What a search for the name tells, if anything. Every hit is checked,
    /// because servers ignore filters; where there is more than was sent, it
    /// may hold another of the same name.
    pub fn of_search(name: &str, page: &Page) -> Option<Self> {
        let mut census = Census::new([name]);
        for resource in &page.resources {
            census.see(resource);
        }
        let sent = u64::try_from(page.resources.len()).unwrap_or(u64::MAX);
        let is_whole = page.total_results.is_none_or(|total| total <= sent);
        census.into_answers(is_whole).next().map(|(_, answer)| answer)
    }
}

impl Census {
    /// Looks for these.
    pub fn new<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        Self { found: names.into_iter().map(|name| (folded(name), Vec::new())).collect() }
    }

    /// Looks at one user; says whether it has one of the names. An id that
    /// status could not hold is none that can be meant.
    pub fn see(&mut self, resource: &Resource) -> bool {
        if self.found.is_empty() {
            return false;
        }
        let (Some(name), Some(id)) = (resource.text("userName"), resource.id()) else { return false };
        if id.len() > bounds::URL {
            return false;
        }
        let Some(ids) = self.found.get_mut(&folded(name)) else { return false };
        if !ids.contains(&id) {
            ids.push(id);
        }
        true
    }

    /// Whom the names mean, folded. Only a complete listing proves that there
    /// is nobody, or nobody else.
    pub fn into_answers(self, complete: bool) -> impl Iterator<Item = (String, Answer)> {
        self.found.into_iter().filter_map(move |(name, mut ids)| match (ids.pop(), ids.is_empty()) {
            (Some(id), true) if complete => Some((name, Answer::One(id))),
            (Some(_), false) => Some((name, Answer::Nobody)),
            (None, _) if complete => Some((name, Answer::Nobody)),
            _ => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn user(id: &str, name: &str) -> Resource {
        Resource::from_value(json!({"id": id, "userName": name})).unwrap()
    }

    fn search(hits: &[(&str, &str)], total: u64) -> Option<Answer> {
        let resources = hits.iter().map(|(id, name)| user(id, name)).collect();
        Answer::of_search("carol@example.com", &Page { resources, total_results: Some(total) })
    }

    #[test]
    fn exactly_one_user_can_be_meant() {
        let one = Some(Answer::One("1".to_owned()));
        assert_eq!(search(&[("1", "Carol@example.com")], 1), one);
        assert_eq!(search(&[], 0), Some(Answer::Nobody));
        let twins = [("1", "carol@example.com"), ("2", "CAROL@example.com")];
        assert_eq!(search(&twins, 2), Some(Answer::Nobody));
    }

    #[test]
    fn a_server_that_ignores_filters_tells_nothing_about_who_is_not_shown() {
        assert_eq!(search(&[("9", "bob@example.com")], 40), None);
        assert_eq!(search(&[], 40), None);
        assert_eq!(search(&[("9", "bob@example.com"), ("1", "carol@example.com")], 40), None);
        let all = search(&[("9", "bob@example.com"), ("1", "carol@example.com")], 2);
        assert_eq!(all, Some(Answer::One("1".to_owned())));
    }

    #[test]
    fn only_a_whole_listing_says_that_there_is_nobody() {
        let answers = |complete| {
            let mut census = Census::new(["carol@example.com", "dan@example.com"]);
            assert!(census.see(&user("1", "CAROL@example.com")));
            assert!(!census.see(&user("9", "bob@example.com")));
            let mut answers: Vec<_> = census.into_answers(complete).collect();
            answers.sort_by(|one, other| one.0.cmp(&other.0));
            answers
        };
        let carol = ("carol@example.com".to_owned(), Answer::One("1".to_owned()));
        assert_eq!(answers(true), [carol, ("dan@example.com".to_owned(), Answer::Nobody)]);
        assert_eq!(answers(false), []);
    }
}
