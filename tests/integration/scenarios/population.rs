//! The people and groups who were there before, and whom nothing concerns:
//! names alike, names within names, the inactive, and whoever lets the company
//! back in when all else fails.

use serde_json::{Value, json};

use super::Stand;
use crate::support::{
    proxy::Recorded,
    quirk::{Habits, QuirkServer},
};

/// Each of them as the server showed them at first.
#[derive(Default)]
pub(crate) struct Population(Vec<Foreigner>);

struct Foreigner {
    endpoint: &'static str,
    id: String,
    before: Value,
}

impl Population {
    /// Everybody whom every scenario plays among.
    pub(super) async fn settle(server: &impl Stand) -> Self {
        let mut population = Self::default();
        let mut ids = Vec::new();
        for person in people() {
            ids.push(population.add(server, "/Users", person).await);
        }
        for group in groups(&ids) {
            population.add(server, "/Groups", group).await;
        }
        population
    }

    /// One more; answers the id.
    pub(super) async fn add(
        &mut self,
        server: &impl Stand,
        endpoint: &'static str,
        resource: Value,
    ) -> String {
        let id = server.put_there(endpoint, resource).await;
        let before = shown(server, endpoint, &id).await.expect("whoever was put there is there");
        self.0.push(Foreigner { endpoint, id: id.clone(), before });
        id
    }

    /// The id of the one with this userName, or of the group with this name.
    pub(super) fn id(&self, name: &str) -> &str {
        let called = |it: &&Foreigner| it.before["userName"] == name || it.before["displayName"] == name;
        let found = self.0.iter().find(called);
        &found.unwrap_or_else(|| panic!("nobody in the population is called {name}")).id
    }

    /// All are as they were, and nothing was asked of the server that would
    /// have changed one of them.
    pub(super) async fn is_unharmed(&self, server: &impl Stand, requests: &[Recorded]) {
        for Foreigner { endpoint, id, before } in &self.0 {
            let ours = format!("{endpoint}/{id}").to_lowercase();
            let aimed: Vec<_> =
                requests.iter().filter(|it| it.writes() && it.path.to_lowercase().ends_with(&ours)).collect();
            assert!(aimed.is_empty(), "somebody else was aimed at: {before:#}\n{aimed:#?}");
            let after = shown(server, endpoint, id).await;
            assert_eq!(after.as_ref(), Some(before), "somebody else was changed");
        }
    }
}

/// A resource without what a server works out from others.
async fn shown(server: &impl Stand, endpoint: &str, id: &str) -> Option<Value> {
    let mut resource = server.everything(endpoint).await.into_iter().find(|it| it["id"] == id)?;
    if endpoint == "/Users" {
        resource.as_object_mut()?.remove("groups");
    }
    Some(resource)
}

/// Scenarios are about ada, bob and eve at example.com. Nobody here has a name
/// that a server could take for one of theirs, but much else is alike.
fn people() -> Vec<Value> {
    let person = |user_name: &str, more: Value| {
        let mut person = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
            "userName": user_name,
            "active": true,
        });
        person.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        person
    };
    vec![
        person("break-glass", json!({"displayName": "Break Glass", "title": "Administrator"})),
        person("ADA@EXAMPLE.COM.INVALID", json!({"displayName": "ada@example.com"})),
        person("ada", json!({"externalId": "ada@example.com", "displayName": "Ada"})),
        person("ada@example.co", json!({"nickName": "ada@example.com"})),
        person("xada@example.com", json!({"externalId": "ada"})),
        person("ada.b@example.com", json!({"displayName": "Bob", "title": "Analyst"})),
        person("BOB@example.org", json!({"externalId": "bob@example.com"})),
        person("ada@example.net", json!({"active": false, "displayName": "Ada"})),
        person("bob@example.net", json!({"active": false, "externalId": "bob"})),
        person("eve*", json!({"displayName": "eve@example.com"})),
        // Ten could be a page that is cut off, where a server repeats pages.
        person("administrator@example.com", json!({"displayName": "Administrator"})),
    ]
}

/// `people` has the ids of [`people`] in their order.
fn groups(people: &[String]) -> Vec<Value> {
    let group = |name: &str, members: &[String]| {
        let members: Vec<Value> = members.iter().map(|id| json!({"value": id})).collect();
        let mut group = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"],
            "displayName": name,
        });
        if !members.is_empty() {
            group["members"] = members.into();
        }
        group
    };
    vec![
        group("Administrators", &people[..1]),
        group("team leads", &people[1..4]),
        group("TEAMS", &people[4..]),
        group("ada@example.com", &[]),
    ]
}

async fn among_them() -> (QuirkServer, Population) {
    let habits = Habits::default();
    let server = QuirkServer::start("a-token", habits).await;
    let population = Population::settle(&server).await;
    population.is_unharmed(&server, &[]).await;
    (server, population)
}

#[tokio::test]
#[should_panic(expected = "somebody else was changed")]
async fn a_change_of_somebody_else_fails_a_scenario() {
    let (server, population) = among_them().await;
    server.edit("/Users", population.id("break-glass"), |person| person["active"] = json!(false));
    population.is_unharmed(&server, &[]).await;
}

#[tokio::test]
#[should_panic(expected = "somebody else was changed")]
async fn a_deletion_of_somebody_else_fails_a_scenario() {
    let (server, population) = among_them().await;
    server.remove("/Groups", population.id("Administrators"));
    population.is_unharmed(&server, &[]).await;
}
