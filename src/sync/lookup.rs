//! Whether an identity is already there, judged from what the server answers
//! and never from what it was asked: servers ignore filters.

use serde::{Deserialize, Serialize};

use super::desired::Desired;
use crate::scim::{
    filter::Filter,
    path::AttributePath,
    port::{Page, ResourceType},
    resource::Resource,
};

/// By what an identity is told from others before it has an id here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MatchKeys {
    /// `userName` of a user, `displayName` of a group.
    pub name: String,
    /// `externalId`, where the manifest has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
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
    /// The keys of what is desired. A manifest without a name never gets
    /// here; its name would match nothing.
    pub fn of(desired: &Desired) -> Self {
        let name = desired.text(name_attribute(desired.resource_type())).unwrap_or_default();
        Self { name: name.to_owned(), external_id: desired.text("externalId").map(str::to_owned) }
    }

    /// The one filter that a look asks for: by `externalId` where there is
    /// one, because it is ours, else by name.
    pub fn filter(&self, resource_type: ResourceType) -> Filter {
        match &self.external_id {
            Some(external_id) => Filter::eq(AttributePath::core("externalId"), external_id),
            None => Filter::eq(AttributePath::core(name_attribute(resource_type)), &self.name),
        }
    }

    /// Every filter that is needed to find whoever has one of the keys.
    pub fn filters(&self, resource_type: ResourceType) -> Vec<Filter> {
        let by_name = Filter::eq(AttributePath::core(name_attribute(resource_type)), &self.name);
        let by_external_id = self.external_id.as_ref();
        let by_external_id = by_external_id.map(|id| Filter::eq(AttributePath::core("externalId"), id));
        by_external_id.into_iter().chain([by_name]).collect()
    }

    /// Whether a resource has all of the keys, so that nobody else can have
    /// one of them on a server that keeps them unique.
    pub fn fit_wholly(&self, resource_type: ResourceType, resource: &Resource) -> bool {
        has_name(resource_type, &self.name, resource)
            && self.external_id.as_deref().is_none_or(|id| resource.text("externalId") == Some(id))
    }

    /// Whether a resource has one of the keys. Names are compared without
    /// case (`caseExact` is false, RFC 7643 §4.1), `externalId` with.
    pub fn fit(&self, resource_type: ResourceType, resource: &Resource) -> bool {
        let external_id = resource.text("externalId").filter(|text| !text.is_empty());
        has_name(resource_type, &self.name, resource)
            || (external_id.is_some() && external_id == self.external_id.as_deref())
    }

    /// What the answer to [`filter`](Self::filter) tells. Strangers in it
    /// mean that the filter was ignored, and then a first page without us
    /// says nothing about the rest.
    pub fn judge(&self, resource_type: ResourceType, answer: Page) -> Lookup {
        let announced = answer.total_results.unwrap_or(0);
        let (ours, strangers): (Vec<_>, Vec<_>) =
            answer.resources.into_iter().partition(|resource| self.fit(resource_type, resource));
        match (ours.is_empty(), strangers.is_empty()) {
            (false, _) => Lookup::Found(ours),
            (true, false) => Lookup::Unknown("the server ignored the filter".to_owned()),
            (true, true) if announced > 0 => {
                Lookup::Unknown("the server announced results and sent none".to_owned())
            }
            (true, true) => Lookup::None,
        }
    }
}

/// The attribute that names a resource for people: `userName` or `displayName`.
pub fn name_attribute(resource_type: ResourceType) -> &'static str {
    match resource_type {
        ResourceType::User => "userName",
        ResourceType::Group => "displayName",
    }
}

fn has_name(resource_type: ResourceType, wanted: &str, resource: &Resource) -> bool {
    let name = resource.text(name_attribute(resource_type));
    name.is_some_and(|name| name.to_lowercase() == wanted.to_lowercase())
}

/// Whether a resource has the manifest's name, whatever the case.
pub fn same_name(resource_type: ResourceType, desired: &Desired, resource: &Resource) -> bool {
    let wanted = desired.text(name_attribute(resource_type));
    wanted.is_some_and(|wanted| has_name(resource_type, wanted, resource))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn keys() -> MatchKeys {
        MatchKeys { name: "alice@example.com".to_owned(), external_id: Some("7".to_owned()) }
    }

    fn page(resources: &serde_json::Value, total: u64) -> Page {
        let resources = resources.as_array().unwrap().iter().cloned();
        Page { resources: resources.filter_map(Resource::from_value).collect(), total_results: Some(total) }
    }

    fn judge(resources: &serde_json::Value, total: u64) -> Lookup {
        keys().judge(ResourceType::User, page(resources, total))
    }

    #[test]
    fn an_empty_answer_means_nobody() {
        assert_eq!(judge(&json!([]), 0), Lookup::None);
    }

    #[test]
    fn an_answer_that_announces_more_than_it_sends_tells_nothing() {
        assert!(matches!(judge(&json!([]), 3), Lookup::Unknown(_)));
    }

    #[test]
    fn strangers_mean_that_the_filter_was_ignored() {
        assert!(matches!(judge(&json!([{"id": "1", "userName": "bob"}]), 40), Lookup::Unknown(_)));
    }

    #[test]
    fn a_namesake_is_found_whatever_its_case_and_external_id() {
        let found = judge(&json!([{"id": "1", "userName": "ALICE@example.com", "externalId": "other"}]), 1);
        assert!(matches!(found, Lookup::Found(hits) if hits.len() == 1));
    }

    #[test]
    fn external_ids_are_compared_with_case_and_an_empty_one_matches_nothing() {
        let keys = MatchKeys { name: "alice".to_owned(), external_id: Some("a".to_owned()) };
        let person = |external_id| Resource::from_value(json!({"externalId": external_id})).unwrap();
        assert!(keys.fit(ResourceType::User, &person("a")));
        assert!(!keys.fit(ResourceType::User, &person("A")));
        let without = MatchKeys { name: "alice".to_owned(), external_id: None };
        assert!(!without.fit(ResourceType::User, &person("")));
    }
}
