//! Whether an identity is already there, judged from what the server answers
//! and never from what it was asked: servers ignore filters.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    desired::Desired,
    rules::{is_case_exact, shown_at},
};
use crate::scim::{
    filter::Filter,
    path::AttributePath,
    port::{Page, ResourceType},
    profile::{FilterDialect, FilterOperator, KindRules},
    resource::Resource,
};

/// By what an identity is told from others before it has an id here: those of
/// the profile's keys that the manifest has, in the profile's order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MatchKeys(Vec<MatchKey>);

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct MatchKey {
    /// Where the server shows it.
    #[serde(with = "as_text")]
    path: AttributePath,
    /// Whether it is what the manifest calls the resource.
    is_name: bool,
    /// Its value in the manifest.
    value: String,
    /// Whether capital and small letters differ.
    exact: bool,
}

/// What a look at the server found.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Lookup {
    /// Nobody has looked.
    #[default]
    NotYet,
    /// Certainly nobody there has these keys.
    None,
    /// These have at least one of the keys; never empty.
    Found(Vec<Resource>),
    /// The answers do not tell, and why.
    Unknown(String),
}

impl MatchKeys {
    /// The keys of what is desired.
    pub fn of(desired: &Desired, rules: &KindRules) -> Self {
        let keys = rules.match_keys.iter().filter_map(|key| AttributePath::parse(key));
        let keys = keys.filter_map(|path| {
            let value = desired.get(&path)?.as_str().filter(|text| !text.is_empty())?.to_owned();
            // `userName` and most else is not caseExact, `externalId` is
            // (RFC 7643 §3.1, §4.1).
            let is_name = path.is_core(name_attribute(desired.resource_type()));
            let (exact, path) = (is_case_exact(&path, rules), shown_at(&path, rules));
            let exact = exact.unwrap_or_else(|| path.is_core("externalId"));
            Some(MatchKey { path, is_name, value, exact })
        });
        Self(keys.collect())
    }

    /// The keys of whoever has one of these names, whatever their case.
    pub fn named<'a>(
        resource_type: ResourceType,
        names: impl IntoIterator<Item = &'a String>,
        rules: &KindRules,
    ) -> Self {
        let path = shown_at(&AttributePath::core(name_attribute(resource_type)), rules);
        let key =
            |name: &String| MatchKey { path: path.clone(), is_name: true, value: name.clone(), exact: false };
        Self(names.into_iter().map(key).collect())
    }

    /// Whether there are none: such an identity cannot be found.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// A filter for each key that this server filters by.
    pub fn filters(&self, dialect: &FilterDialect) -> Vec<Filter> {
        let keys = self.0.iter().filter(|key| key.is_filtered(dialect));
        keys.map(|key| Filter::eq(key.path.clone(), &key.value)).collect()
    }

    /// Whether the server filters by each of the keys, so that their filters
    /// together find whoever has one of them.
    pub fn are_filtered(&self, dialect: &FilterDialect) -> bool {
        self.0.iter().all(|key| key.is_filtered(dialect))
    }

    /// Whether a resource has all of the keys, so that nobody else can have
    /// one of them on a server that keeps them unique.
    pub fn fit_wholly(&self, resource: &Resource) -> bool {
        !self.is_empty() && self.0.iter().all(|key| key.fits(resource))
    }

    /// Whether a resource has one of the keys.
    pub fn fit(&self, resource: &Resource) -> bool {
        self.0.iter().any(|key| key.fits(resource))
    }

    /// Whether a resource is the one that is meant where its id is known: it
    /// has the manifest's name, or one of the other keys where the manifest
    /// leaves the name to the server.
    pub fn name(&self, resource: &Resource) -> bool {
        let name = self.0.iter().find(|key| key.is_name);
        name.map_or_else(|| self.fit(resource), |name| name.fits(resource))
    }

    /// What the answer to one of the [`filters`](Self::filters) tells.
    /// Strangers in it mean that the filter was ignored, and then a first page
    /// without us says nothing about the rest. Only a filter for a part of the
    /// value finds strangers rightly.
    pub fn judge(&self, answer: Page, operator: FilterOperator) -> Lookup {
        let announced = answer.total_results.unwrap_or(0);
        // A page whose server does not say how many there are may be the first of several.
        let sent = u64::try_from(answer.resources.len()).unwrap_or(u64::MAX);
        let is_whole = answer.total_results.is_some_and(|total| sent >= total);
        let (ours, strangers): (Vec<_>, Vec<_>) =
            answer.resources.into_iter().partition(|resource| self.fit(resource));
        let is_alike = |stranger: &Resource| self.0.iter().any(|key| key.is_part_of(stranger));
        match (ours.is_empty(), strangers.is_empty()) {
            (false, _) => Lookup::Found(ours),
            (true, false) if operator != FilterOperator::Eq && is_whole && strangers.iter().all(is_alike) => {
                Lookup::None
            }
            (true, false) => Lookup::Unknown("the server ignored the filter".to_owned()),
            (true, true) if announced > 0 => {
                Lookup::Unknown("the server announced results and sent none".to_owned())
            }
            (true, true) => Lookup::None,
        }
    }
}

impl MatchKey {
    fn is_filtered(&self, dialect: &FilterDialect) -> bool {
        let named = |known: &String| AttributePath::parse(known).as_ref() == Some(&self.path);
        dialect.attributes.as_ref().is_none_or(|attributes| attributes.iter().any(named))
    }

    fn fits(&self, resource: &Resource) -> bool {
        self.observed(resource).is_some_and(|observed| self.folded(observed) == self.folded(&self.value))
    }

    fn is_part_of(&self, resource: &Resource) -> bool {
        let lower = self.value.to_lowercase();
        self.observed(resource).is_some_and(|observed| observed.to_lowercase().contains(&lower))
    }

    fn observed<'a>(&self, resource: &'a Resource) -> Option<&'a str> {
        resource.get(&self.path).and_then(Value::as_str)
    }

    fn folded(&self, text: &str) -> String {
        if self.exact { text.to_owned() } else { text.to_lowercase() }
    }
}

/// The attribute that names a resource for people: `userName` or `displayName`.
pub fn name_attribute(resource_type: ResourceType) -> &'static str {
    match resource_type {
        ResourceType::User => "userName",
        ResourceType::Group => "displayName",
    }
}

/// A path in a note is written as people write it.
mod as_text {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    use super::AttributePath;

    pub(super) fn serialize<S: Serializer>(path: &AttributePath, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(path)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<AttributePath, D::Error> {
        let text = String::deserialize(deserializer)?;
        AttributePath::parse(&text).ok_or_else(|| D::Error::custom("no path of an attribute"))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::scim::profile::{STANDARD, resolve};

    fn rules(overrides: &Value) -> KindRules {
        resolve(STANDARD, json!({"users": overrides}).as_object().unwrap()).unwrap().profile.users
    }

    fn standard() -> KindRules {
        rules(&json!({}))
    }

    fn desired(fields: &[(&str, &str)]) -> Desired {
        let fields = fields.iter().map(|(name, value)| (AttributePath::core(*name), json!(value)));
        Desired::new(ResourceType::User, fields)
    }

    fn alice() -> Desired {
        desired(&[("userName", "alice@example.com"), ("externalId", "7")])
    }

    fn keys() -> MatchKeys {
        MatchKeys::of(&alice(), &standard())
    }

    fn person(value: Value) -> Resource {
        Resource::from_value(value).unwrap()
    }

    fn page(resources: &Value, total: u64) -> Page {
        let resources = resources.as_array().unwrap().iter().cloned();
        Page { resources: resources.map(person).collect(), total_results: Some(total) }
    }

    fn judge(resources: &Value, total: u64) -> Lookup {
        keys().judge(page(resources, total), FilterOperator::Eq)
    }

    #[test]
    fn an_ignored_filter_tells_nothing() {
        let strangers = json!([{"id": "1", "userName": "bob"}]);
        assert!(matches!(judge(&strangers, 1), Lookup::Unknown(_)));
        assert!(matches!(judge(&json!([]), 3), Lookup::Unknown(_)));
        assert_eq!(judge(&json!([]), 0), Lookup::None);
    }

    #[test]
    fn strangers_beside_a_hit_are_left_out() {
        let answer = json!([{"id": "1", "userName": "bob"}, {"id": "2", "userName": "Alice@Example.com"}]);
        assert!(matches!(judge(&answer, 2), Lookup::Found(hits) if hits.len() == 1));
    }

    #[test]
    fn a_filter_for_a_part_finds_others_who_are_alike_and_tells_by_that_that_it_works() {
        let judge = |answer: &Value, total| keys().judge(page(answer, total), FilterOperator::Co);
        let alike = json!([{"id": "1", "userName": "malice@example.com"}, {"id": "2", "externalId": "17"}]);
        assert_eq!(judge(&alike, 2), Lookup::None);
        assert!(matches!(judge(&alike, 3), Lookup::Unknown(_)), "who is on the next page?");
        let unlike = json!([{"id": "1", "userName": "malice@example.com"}, {"id": "2", "userName": "bob"}]);
        assert!(matches!(judge(&unlike, 2), Lookup::Unknown(_)), "the filter was ignored");
    }

    #[test]
    fn external_ids_are_compared_with_case_and_an_empty_one_matches_nothing() {
        let keys = MatchKeys::of(&desired(&[("userName", "alice"), ("externalId", "a")]), &standard());
        assert!(keys.fit(&person(json!({"externalId": "a"}))));
        assert!(!keys.fit(&person(json!({"externalId": "A"}))));
        let without = MatchKeys::of(&desired(&[("userName", "alice"), ("externalId", "")]), &standard());
        assert!(!without.fit(&person(json!({"externalId": ""}))));
        assert!(!without.fit(&person(json!({}))));
    }

    #[test]
    fn the_profile_says_what_the_keys_are_and_which_of_them_can_be_asked_for() {
        let rules = rules(&json!({
            "matchKeys": ["urn:example:2.0:User:nin", "userName", "title"],
            "attributes": {"userName": {"caseExact": true}},
            "filter": {"attributes": ["username"]},
        }));
        let keys = MatchKeys::of(&desired(&[("userName", "Alice"), ("externalId", "7")]), &rules);
        assert!(!keys.fit(&person(json!({"userName": "alice", "externalId": "7"}))));
        assert!(keys.fit_wholly(&person(json!({"userName": "Alice"}))));
        assert!(keys.are_filtered(&rules.filter));
        let titled = MatchKeys::of(&desired(&[("title", "Boss"), ("userName", "Alice")]), &rules);
        assert!(!titled.are_filtered(&rules.filter));
        let filters: Vec<String> = titled.filters(&rules.filter).iter().map(ToString::to_string).collect();
        assert_eq!(filters, ["userName eq \"Alice\""]);
    }

    #[test]
    fn a_name_that_the_server_shows_elsewhere_is_looked_for_there() {
        let rules = rules(&json!({
            "matchKeys": ["userName"],
            "attributes": {"userName": {
                "required": false, "mutability": "ReadOnly", "sent": "AtCreation", "shownAs": "externalId",
            }},
        }));
        let keys = MatchKeys::of(&desired(&[("userName", "ada")]), &rules);
        assert_eq!(keys.filters(&rules.filter)[0].to_string(), "externalId eq \"ada\"");
        let ada = person(json!({"userName": "made-up", "externalId": "ada"}));
        assert!(keys.fit_wholly(&ada) && keys.name(&ada));
        let stranger = person(json!({"userName": "ada", "externalId": "other"}));
        assert!(!keys.fit(&stranger) && !keys.name(&stranger));
    }

    #[test]
    fn nobody_is_found_by_no_keys() {
        let none = MatchKeys::of(&desired(&[]), &standard());
        assert!(none.is_empty() && !none.fit(&person(json!({}))) && !none.fit_wholly(&person(json!({}))));
    }

    #[test]
    fn whose_id_is_known_needs_the_name_where_the_manifest_has_one() {
        let other_name = person(json!({"userName": "bob", "externalId": "7"}));
        assert!(!keys().name(&other_name));
        let nameless = MatchKeys::of(&desired(&[("externalId", "7")]), &standard());
        assert!(nameless.name(&other_name));
    }

    #[test]
    fn whoever_has_one_of_several_names_is_found_whatever_the_case() {
        let names = ["break-glass".to_owned(), "robot".to_owned()];
        let exact = rules(&json!({"attributes": {"userName": {"caseExact": true}}}));
        let keys = MatchKeys::named(ResourceType::User, &names, &exact);
        assert_eq!(keys.filters(&exact.filter).len(), 2);
        assert!(keys.fit(&person(json!({"userName": "Break-Glass"}))));
        assert!(!keys.fit(&person(json!({"userName": "break"}))));
    }

    #[test]
    fn keys_are_read_as_they_were_written() {
        let text = serde_json::to_string(&keys()).unwrap();
        assert_eq!(serde_json::from_str::<MatchKeys>(&text).unwrap(), keys());
    }
}
