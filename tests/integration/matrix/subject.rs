//! What the scenarios have to know of a server.

use futures::future::BoxFuture;
use serde_json::{Value, json};

use super::samples::{self, Sample};
use crate::support::{
    objects::{self, Manifest},
    proxy::Proxy,
};

/// A server under test. Behind the operator's back everything is as RFC 7643
/// has it, whatever the server's own way of speaking is; an endpoint is
/// `/Users` or `/Groups`, whatever its real path is.
pub(super) trait Subject {
    /// Where it listens.
    fn port(&self) -> u16;

    /// The base path of its endpoints.
    fn base(&self) -> String;

    /// The provider and what it needs. It finds the server behind this proxy.
    fn provider<'a>(&'a self, proxy: &'a Proxy) -> BoxFuture<'a, Vec<Manifest>>;

    /// What the server was sent so far that its vendor's text does not allow.
    fn refusals(&self) -> Vec<String> {
        Vec::new()
    }

    /// Everything at an endpoint.
    fn all<'a>(&'a self, endpoint: &'a str) -> BoxFuture<'a, Vec<Value>>;

    /// The resource with this id.
    fn get<'a>(&'a self, endpoint: &'a str, id: &'a str) -> BoxFuture<'a, Option<Value>>;

    /// A creation by somebody else; answers the id.
    fn insert<'a>(&'a self, endpoint: &'a str, resource: Value) -> BoxFuture<'a, String>;

    /// A change by somebody else.
    fn edit<'a>(
        &'a self,
        endpoint: &'a str,
        id: &'a str,
        change: &'a (dyn Fn(&mut Value) + Sync),
    ) -> BoxFuture<'a, ()>;

    /// A deletion by somebody else.
    fn remove<'a>(&'a self, endpoint: &'a str, id: &'a str) -> BoxFuture<'a, ()>;

    /// The password of a user: where the server does not let the tests know,
    /// the last one that it was sent and did not refuse.
    fn password(&self, _id: &str, sent: Option<String>) -> Option<String> {
        sent
    }

    /// The least that a user of this name says here.
    fn user(&self, name: &str) -> Manifest {
        objects::user(name)
    }

    /// A group as this server takes it.
    fn group(&self, group: Manifest) -> Manifest {
        group
    }

    /// Whether the server takes this field of a user at the creation alone, and
    /// its profile says so: what becomes of it then in a manifest is not told.
    fn takes_once(&self, _field: &str) -> bool {
        false
    }

    /// Whether a user who is deleted stays, inactive.
    fn keeps_the_deleted(&self) -> bool {
        false
    }

    /// Somebody else's user whom `user` would be taken for.
    fn stranger(&self, name: &str) -> Value {
        json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
            "userName": objects::user_name(name),
        })
    }

    /// The same user under another name, and what the server then shows.
    fn renamed(&self, user: Manifest, name: &str) -> (Manifest, Value) {
        (user.with("userName", objects::user_name(name)), json!({"userName": objects::user_name(name)}))
    }

    /// Values for each attribute of a manifest, as this server takes them if
    /// it has the attribute at all.
    fn samples(&self) -> Vec<Sample> {
        samples::standard()
    }

    /// The attribute that scenarios change that are about something else.
    fn plain(&self) -> Sample {
        samples::of("title", self.samples())
    }
}
