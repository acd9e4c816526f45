//! The servers by others.

use std::future::ready;

use futures::{FutureExt, future::BoxFuture};
use http::Method;
use serde_json::{Value, json};

use super::{
    samples::{self, Sample},
    stage::members,
    subject::Subject,
};
use crate::support::{
    objects::{self, Manifest, user_name},
    proxy::Proxy,
    scim_server::{ScimServer, ServerKind},
};

pub(super) struct Real(ScimServer);

impl Real {
    pub(super) async fn start(kind: ServerKind, name: &str) -> Self {
        Self(ScimServer::start(kind, name, &format!("token-of-{name}")).await)
    }

    /// Members that a PUT does not change, because this server takes none.
    async fn change_members(&self, id: &str, wanted: &Value) {
        let found = self.0.get("/Groups", id).await.expect("the group is there");
        let (before, after) = (members(&found), members(wanted));
        for (op, from, to) in [("remove", &after, &before), ("add", &before, &after)] {
            let ids: Vec<_> =
                to.iter().filter(|id| !from.contains(id)).map(|id| json!({"value": id})).collect();
            if !ids.is_empty() {
                self.0.patch("/Groups", id, json!({"op": op, "path": "members", "value": ids})).await;
            }
        }
    }
}

impl Subject for Real {
    fn port(&self) -> u16 {
        self.0.port()
    }

    fn base(&self) -> String {
        self.0.kind().base().to_owned()
    }

    fn provider<'a>(&'a self, proxy: &'a Proxy) -> BoxFuture<'a, Vec<Manifest>> {
        let provider = objects::provider(&proxy.url());
        let provider = match self.0.kind() {
            ServerKind::Scim2Server | ServerKind::Scimmy => provider,
            ServerKind::Scimple => provider.with("overrides", scimple()),
            ServerKind::DjangoScim2 => provider.with("overrides", django_scim2()),
        };
        ready(vec![objects::secret(self.0.token(), "127.0.0.1"), provider]).boxed()
    }

    fn all<'a>(&'a self, endpoint: &'a str) -> BoxFuture<'a, Vec<Value>> {
        self.0.all(endpoint).boxed()
    }

    fn get<'a>(&'a self, endpoint: &'a str, id: &'a str) -> BoxFuture<'a, Option<Value>> {
        self.0.get(endpoint, id).boxed()
    }

    fn insert<'a>(&'a self, endpoint: &'a str, resource: Value) -> BoxFuture<'a, String> {
        async move {
            let created = self.0.create(endpoint, &resource).await;
            created["id"].as_str().expect("ids are text").to_owned()
        }
        .boxed()
    }

    fn edit<'a>(
        &'a self,
        endpoint: &'a str,
        id: &'a str,
        change: &'a (dyn Fn(&mut Value) + Sync),
    ) -> BoxFuture<'a, ()> {
        async move {
            let mut resource = self.0.get(endpoint, id).await.expect("the resource is there");
            change(&mut resource);
            let path = format!("{endpoint}/{id}");
            let response = self.0.request(Method::PUT, &path, Some(&resource)).await;
            assert_eq!(response.status, 200, "{:#}", response.body);
            if self.0.kind() == ServerKind::DjangoScim2 && endpoint == "/Groups" {
                self.change_members(id, &resource).await;
            }
        }
        .boxed()
    }

    fn remove<'a>(&'a self, endpoint: &'a str, id: &'a str) -> BoxFuture<'a, ()> {
        self.0.delete(endpoint, id).boxed()
    }

    fn user(&self, name: &str) -> Manifest {
        let user = objects::user(name);
        match self.0.kind() {
            ServerKind::DjangoScim2 => user.with("emails", email(&user_name(name))),
            _ => user,
        }
    }

    fn stranger(&self, name: &str) -> Value {
        let mut stranger = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
            "userName": user_name(name),
        });
        if self.0.kind() == ServerKind::DjangoScim2 {
            stranger["emails"] = email(&user_name(name));
        }
        stranger
    }

    fn samples(&self) -> Vec<Sample> {
        match self.0.kind() {
            // The one that it keeps, without a type.
            ServerKind::DjangoScim2 => samples::standard_but([Sample::new(
                "emails",
                email("first@people.example.com"),
                email("second@people.example.com"),
            )]),
            _ => samples::standard(),
        }
    }

    fn plain(&self) -> Sample {
        let field = match self.0.kind() {
            ServerKind::DjangoScim2 => "name",
            _ => "title",
        };
        samples::of(field, self.samples())
    }
}

/// It fails over the names of attributes that it does not know.
fn scimple() -> Value {
    let unknown = |of: &str| json!({"status": 500, "detailContains": of, "means": "Rejected"});
    json!({"errors": [unknown("\"attribute\" is null"), unknown("\"schema\" is null")]})
}

/// What it keeps of a user goes by PUT; of a group, PATCH changes the members
/// and nothing else. A user without an e-mail address shows one that it does
/// not take.
fn django_scim2() -> Value {
    json!({
        "users": {
            "update": "Put",
            "operations": {"patch": false},
            "unlisted": "Refused",
            "attributes": {
                "externalId": {},
                "active": {},
                "name": {"subAttributes": ["givenName", "familyName"]},
                "emails": {"required": true, "maxValues": 1, "subAttributes": ["value", "primary"]},
            },
        },
        "groups": {
            "operations": {"put": false},
            "attributes": {
                "displayName": {"mutability": "Immutable"},
                "externalId": {"mutability": "Immutable"},
            },
        },
        "members": {"remove": "ValueArray", "type": "Never", "inPut": false},
    })
}

/// As django-scim2 keeps it: one, without a type.
fn email(address: &str) -> Value {
    json!([{"value": address, "primary": true}])
}
