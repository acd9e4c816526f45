//! The operator before servers as they are in the wild. Each test is named
//! after what such a server does, and the server does nothing else that is odd.

mod answers;
mod creation;
mod lifecycle;
mod lookup;
mod member_rules;
mod members;
mod wire;
mod writes;

use std::{ops::Deref, time::Duration};

use kube::api::DynamicObject;
use serde_json::{Value, json};

use crate::support::{
    children,
    objects::{self, Kind, Manifest, PROVIDER, user},
    proxy::{Proxy, Recorded},
    quirk::{Habits, QuirkServer},
    site::Site,
};

const BASE: &str = "/scim/v2";

/// An operator and a server with these habits.
struct Wild {
    site: Site,
    server: QuirkServer,
    proxy: Proxy,
}

impl Deref for Wild {
    type Target = Site;

    fn deref(&self) -> &Site {
        &self.site
    }
}

impl Wild {
    /// With the profile of the standard.
    async fn start(name: &str, habits: &str) -> Self {
        Self::start_with(name, habits, json!({})).await
    }

    /// With what the provider overrides of it.
    async fn start_with(name: &str, habits: &str, overrides: Value) -> Self {
        let wild = Self::without_provider(name, habits).await;
        wild.apply(&wild.provider().with("overrides", overrides)).await;
        wild.ready(Kind::Provider, PROVIDER).await;
        wild
    }

    async fn without_provider(name: &str, habits: &str) -> Self {
        let site = Site::new(&format!("wild-{name}")).await;
        let token = format!("token-of-{}", site.namespace);
        let server = QuirkServer::start(&token, Habits::read(habits)).await;
        let proxy = Proxy::before(server.port(), BASE).await;
        site.operator.start().await;
        site.apply(&objects::secret(&token, "127.0.0.1")).await;
        Self { site, server, proxy }
    }

    fn provider(&self) -> Manifest {
        objects::provider(&self.proxy.url())
    }

    /// The requests that would change something, since a mark.
    fn writes(&self, mark: usize) -> Vec<Recorded> {
        self.proxy.since(mark).into_iter().filter(Recorded::writes).collect()
    }

    /// Whole sweeps go by, and nothing is sent that changes anything.
    async fn stays_quiet(&self) {
        let mark = self.proxy.mark();
        self.proxy.sweeps(mark, 2).await;
        assert!(self.writes(mark).is_empty(), "{:#?}", self.writes(mark));
    }

    /// The user of this name, who must be the only one.
    fn only(&self, name: &str) -> Value {
        let name = objects::user_name(name);
        let mut all = self.server.all("/Users");
        all.retain(|user| user["userName"] == name.as_str());
        assert_eq!(all.len(), 1, "{all:#?}");
        all.remove(0)
    }
}

impl Drop for Wild {
    fn drop(&mut self) {
        if std::thread::panicking() {
            children::keep_run_directory();
            let recent = self.proxy.since(self.proxy.mark().saturating_sub(40));
            eprintln!(
                "--- requests of {}: {recent:#?}\n--- refused: {:#?}\n--- log: {}",
                self.namespace,
                self.server.refusals(),
                self.operator.log_tail()
            );
        }
    }
}

/// A user who was there before.
fn stranger(name: &str) -> Value {
    json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": objects::user_name(name), "active": true})
}

fn message(object: &DynamicObject) -> String {
    objects::message(object, "Ready")
}

/// Long enough to see a loop that does not wait.
const WINDOW: Duration = Duration::from_secs(4);
