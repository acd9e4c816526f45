//! Names as the standard and a profile spell them: servers compare them
//! without case (RFC 7643 §2.1), or should.

use std::cmp::Ordering;

use serde_json::{Map, Value};

use crate::scim::{
    path::{AttributePath, ENTERPRISE_SCHEMA},
    port::ResourceType,
    profile::KindRules,
};

/// Common attributes (RFC 7643 §3.1).
const COMMON: &str = "schemas id externalId meta.resourceType meta.created meta.lastModified meta.location \
                      meta.version";

/// Attributes of users with one value (RFC 7643 §4.1.1).
const USER: &str = "userName name.formatted name.familyName name.givenName name.middleName \
                    name.honorificPrefix name.honorificSuffix displayName nickName profileUrl title userType \
                    preferredLanguage locale timezone active password addresses.formatted \
                    addresses.streetAddress addresses.locality addresses.region addresses.postalCode \
                    addresses.country";

/// Attributes of users with several values (RFC 7643 §4.1.2).
const USER_LISTS: &str =
    "emails phoneNumbers ims photos addresses groups entitlements roles x509Certificates";

/// Attributes of the enterprise extension (RFC 7643 §4.3).
const ENTERPRISE: &str = "employeeNumber costCenter organization division department manager.value \
                          manager.$ref manager.displayName";

/// Attributes of groups (RFC 7643 §4.2).
const GROUP: &str = "displayName";

/// Sub-attributes of values (RFC 7643 §2.4).
const PARTS: [&str; 5] = ["value", "display", "type", "primary", "$ref"];

/// Whether the standard has a list at this path.
pub(super) fn has_many_values(path: &AttributePath) -> bool {
    let mut lists = USER_LISTS.split_whitespace().chain(["members"]);
    path.sub_attribute().is_none() && lists.any(|list| path.is_core(list))
}

/// Names in an object, and the names within what they name; sorted without
/// case, so that every resource of a sweep is read without any allocation for
/// names that are spelt right.
#[derive(Clone, Debug, Default)]
pub(super) struct Names(Vec<Name>);

#[derive(Clone, Debug)]
struct Name {
    spelling: String,
    parts: Names,
}

impl Names {
    /// Those that a profile lists.
    pub(super) fn listed(rules: &KindRules) -> Self {
        let mut names = Self::default();
        for path in rules.attributes.keys().filter_map(|path| AttributePath::parse(path)) {
            names.add(&path);
        }
        for (path, rule) in &rules.attributes {
            let Some(path) = AttributePath::parse(path).filter(|path| path.sub_attribute().is_none()) else {
                continue;
            };
            for part in rule.sub_attributes.iter().flatten() {
                names.add(&path.sub(part));
            }
        }
        for urn in rules.extensions.keys() {
            names.within(urn);
        }
        names
    }

    /// These and those of the standard, which have no say where both spell
    /// one name.
    pub(super) fn with_standard(mut self, resource_type: ResourceType) -> Self {
        let (single, lists) = match resource_type {
            ResourceType::User => (USER, USER_LISTS),
            ResourceType::Group => (GROUP, "members"),
        };
        let names = COMMON.split_whitespace().chain(single.split_whitespace());
        for path in names.filter_map(AttributePath::parse) {
            self.add(&path);
        }
        for list in lists.split_whitespace() {
            for part in PARTS {
                self.add(&AttributePath::core(list).sub(part));
            }
        }
        if resource_type == ResourceType::User {
            for path in ENTERPRISE.split_whitespace().filter_map(AttributePath::parse) {
                self.within(ENTERPRISE_SCHEMA).add(&path);
            }
        }
        self
    }

    fn add(&mut self, path: &AttributePath) {
        let scope = match path.schema() {
            Some(schema) => self.within(schema),
            None => self,
        };
        let parts = scope.within(path.attribute());
        if let Some(part) = path.sub_attribute() {
            parts.within(part);
        }
    }

    fn within(&mut self, name: &str) -> &mut Self {
        let at = self.position(name).unwrap_or_else(|at| {
            self.0.insert(at, Name { spelling: name.to_owned(), parts: Self::default() });
            at
        });
        &mut self.0[at].parts
    }

    fn find(&self, name: &str) -> Option<&Name> {
        self.position(name).ok().map(|at| &self.0[at])
    }

    fn position(&self, name: &str) -> Result<usize, usize> {
        self.0.binary_search_by(|known| without_case(&known.spelling, name))
    }

    /// Spells the names in an object, and those within its values. Where two
    /// spellings of one name are there, the right one counts, and the other
    /// stays as it is: nothing is lost.
    pub(super) fn spell(&self, object: &mut Map<String, Value>) {
        let is_odd = |key: &&String| self.find(key).is_some_and(|name| name.spelling != **key);
        let odd: Vec<String> = object.keys().filter(is_odd).cloned().collect();
        for key in odd {
            let Some(name) = self.find(&key).filter(|name| !object.contains_key(&name.spelling)) else {
                continue;
            };
            if let Some(value) = object.remove(&key) {
                object.insert(name.spelling.clone(), value);
            }
        }
        for (key, value) in object.iter_mut() {
            if let Some(name) = self.find(key) {
                name.parts.spell_within(value);
            }
        }
    }

    fn spell_within(&self, value: &mut Value) {
        if self.0.is_empty() {
            return;
        }
        match value {
            Value::Object(object) => self.spell(object),
            Value::Array(values) => values.iter_mut().for_each(|value| self.spell_within(value)),
            _ => {}
        }
    }

    /// A path with the names that are known spelt right.
    pub(super) fn spelt(&self, path: &AttributePath) -> AttributePath {
        let extension = path.schema().map(|schema| self.find(schema));
        let scope = match extension {
            Some(extension) => extension.map(|extension| &extension.parts),
            None => Some(self),
        };
        let attribute = scope.and_then(|scope| scope.find(path.attribute()));
        let spelling = |name: Option<&Name>, given: &str| {
            name.map_or_else(|| given.to_owned(), |name| name.spelling.clone())
        };
        let name = spelling(attribute, path.attribute());
        let spelt = match path.schema() {
            Some(schema) => AttributePath::extension(spelling(extension.flatten(), schema), name),
            None => AttributePath::core(name),
        };
        match path.sub_attribute() {
            Some(sub) => spelt.sub(spelling(attribute.and_then(|name| name.parts.find(sub)), sub)),
            None => spelt,
        }
    }
}

fn without_case(one: &str, other: &str) -> Ordering {
    let other = other.bytes().map(|byte| byte.to_ascii_lowercase());
    one.bytes().map(|byte| byte.to_ascii_lowercase()).cmp(other)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::scim::codec::fixtures::codec;

    const URN: &str = "urn:example:params:scim:schemas:Expanded:2.0:User";

    fn users() -> Names {
        let listed = json!({"users": {
            "attributes": {format!("{URN}:languageId"): {}, "shoes": {"subAttributes": ["leftSize"]}},
        }});
        Names::listed(&codec(&listed).profile().users).with_standard(ResourceType::User)
    }

    fn spelt(mut value: Value) -> Value {
        users().spell(value.as_object_mut().unwrap());
        value
    }

    #[test]
    fn known_names_are_spelt_right_at_every_depth() {
        let read = json!({
            "USERNAME": "ada", "Name": {"GivenName": "Ada"}, "Emails": [{"Value": "ada@example.com", "TYPE": "work"}],
            URN.to_uppercase(): {"LanguageId": 9, "CompanyId": 1}, "SHOES": {"leftsize": 4},
            ENTERPRISE_SCHEMA.to_lowercase(): {"Manager": {"VALUE": "7"}},
        });
        let right = json!({
            "userName": "ada", "name": {"givenName": "Ada"}, "emails": [{"value": "ada@example.com", "type": "work"}],
            URN: {"languageId": 9, "CompanyId": 1}, "shoes": {"leftSize": 4},
            ENTERPRISE_SCHEMA: {"manager": {"value": "7"}},
        });
        assert_eq!(spelt(read), right);
    }

    #[test]
    fn nothing_is_lost_where_one_name_is_there_twice() {
        let twice = json!({"userName": "ada", "USERNAME": "eve"});
        assert_eq!(spelt(twice.clone()), twice);
    }

    #[test]
    fn what_nobody_knows_stays_as_it_is() {
        let unknown = json!({"SHOESIZE": 4, "urn:example:Other": {"USERNAME": "x"}});
        assert_eq!(spelt(unknown.clone()), unknown);
    }

    #[test]
    fn paths_are_spelt_as_objects_are() {
        for (path, right) in [
            ("USERNAME".to_owned(), "userName".to_owned()),
            ("Name.Givenname".to_owned(), "name.givenName".to_owned()),
            (format!("{}:LanguageID", URN.to_uppercase()), format!("{URN}:languageId")),
            ("Other.Part".to_owned(), "Other.Part".to_owned()),
        ] {
            let path = AttributePath::parse(&path).unwrap();
            assert_eq!(users().spelt(&path).to_string(), right);
        }
    }
}
