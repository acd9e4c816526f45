//! The presets' servers: the project's own, with their documented habits.

use std::{fs, future::ready};

use futures::{FutureExt, future::BoxFuture};
use serde_json::{Value, json};

use super::{
    in_process::held_in_process,
    samples::{self, Sample},
    subject::Subject,
};
use crate::support::{
    control_plane::repository,
    objects::{self, Manifest, user_name},
    proxy::Proxy,
    quirk::{Habits, QuirkServer},
};

const TOKEN: &str = "token-of-the-matrix";

/// What a test has to know of a server to write manifests for it.
pub(super) struct Preset {
    /// Of its profile, and of its habits in `tests/servers`.
    pub(super) name: &'static str,
    /// What every user has to say, in which `{name}` is the user's own.
    pub(super) user: fn(&str) -> Value,
    /// Values that fit where the standard ones do not.
    pub(super) samples: fn() -> Vec<Sample>,
    pub(super) plain: fn(Vec<Sample>) -> Sample,
    /// Whether a group needs an `externalId`.
    pub(super) marks_groups: bool,
    pub(super) keeps_the_deleted: bool,
    /// What is taken at the creation alone.
    pub(super) takes_once: &'static [&'static str],
}

pub(super) struct PresetServer {
    preset: Preset,
    server: QuirkServer,
}

impl PresetServer {
    pub(super) async fn start(preset: Preset) -> Self {
        let file = repository().join("tests/servers").join(format!("{}.yaml", preset.name));
        let habits = Habits::read(&fs::read_to_string(file).unwrap());
        Self { server: QuirkServer::start(TOKEN, habits).await, preset }
    }
}

impl Subject for PresetServer {
    held_in_process!(server);

    fn port(&self) -> u16 {
        self.server.port()
    }

    fn base(&self) -> String {
        self.server.base()
    }

    /// The real one's limits would make the tests slow.
    fn provider<'a>(&'a self, proxy: &'a Proxy) -> BoxFuture<'a, Vec<Manifest>> {
        let many = json!({"requests": 60_000, "per": "1m", "writes": {"requests": 60_000, "per": "1m"}});
        let provider =
            objects::provider(&proxy.url()).with("profile", self.preset.name).with("rateLimit", many);
        ready(vec![objects::secret(TOKEN, "127.0.0.1"), provider]).boxed()
    }

    fn user(&self, name: &str) -> Manifest {
        let mut user = objects::user(name);
        for (field, value) in (self.preset.user)(name).as_object().into_iter().flatten() {
            user = user.with(field, value.clone());
        }
        user
    }

    fn group(&self, group: Manifest) -> Manifest {
        if self.preset.marks_groups { group.with("externalId", "customer-team") } else { group }
    }

    fn takes_once(&self, field: &str) -> bool {
        self.preset.takes_once.contains(&field)
    }

    fn keeps_the_deleted(&self) -> bool {
        self.preset.keeps_the_deleted
    }

    fn stranger(&self, name: &str) -> Value {
        let mut stranger = (self.preset.user)(name);
        stranger["userName"] = json!(user_name(name));
        if !stranger["externalId"].is_null() {
            stranger["externalId"] = json!(format!("somebody-{name}"));
        }
        stranger
    }

    fn samples(&self) -> Vec<Sample> {
        samples::standard_but((self.preset.samples)())
    }

    fn plain(&self) -> Sample {
        (self.preset.plain)(self.samples())
    }
}

/// One that takes whatever a standard server takes.
const PLAIN: Preset = Preset {
    name: "",
    user: |_| json!({}),
    samples: Vec::new,
    plain: |samples| samples::of("title", samples),
    marks_groups: false,
    keeps_the_deleted: false,
    takes_once: &[],
};

fn email(address: &str) -> Value {
    json!([{"value": address, "type": "work", "primary": true}])
}

fn one_email() -> Sample {
    Sample::new("emails", email("first@people.example.com"), email("second@people.example.com"))
}

fn name() -> Value {
    json!({"givenName": "Ada", "familyName": "Example"})
}

pub(super) fn aws_identity_center() -> Preset {
    Preset {
        name: "aws-identity-center",
        user: |user| json!({"displayName": user, "name": name()}),
        samples: || vec![one_email()],
        ..PLAIN
    }
}

pub(super) fn slack() -> Preset {
    Preset {
        name: "slack",
        user: |user| json!({"emails": [{"value": user_name(user), "primary": true}]}),
        samples: || {
            let email = |address: &str| json!([{"value": address, "primary": true}]);
            let address = |street: &str| json!([{"streetAddress": street, "locality": "Springfield"}]);
            vec![
                Sample::new("emails", email("first@people.example.com"), email("second@people.example.com")),
                Sample::new("addresses", address("100 Example Street"), address("200 Example Street")),
            ]
        },
        keeps_the_deleted: true,
        ..PLAIN
    }
}

pub(super) fn github_enterprise() -> Preset {
    Preset {
        name: "github-enterprise",
        user: |user| {
            json!({
                "externalId": format!("customer-{user}"), "displayName": user, "active": true,
                "emails": email(&user_name(user)),
            })
        },
        samples: || {
            let role = |role: &str| json!([{"value": role}]);
            vec![one_email(), Sample::new("roles", role("user"), role("billing_manager"))]
        },
        plain: |samples| samples::of("displayName", samples),
        marks_groups: true,
        ..PLAIN
    }
}

pub(super) fn gitlab() -> Preset {
    Preset {
        name: "gitlab",
        user: |user| {
            json!({
                "externalId": format!("customer-{user}"), "name": name(), "emails": email(&user_name(user)),
            })
        },
        samples: || vec![one_email()],
        // Nothing else can change.
        plain: |_| Sample::new("active", json!(false), json!(true)),
        takes_once: &["name", "externalId"],
        keeps_the_deleted: true,
        ..PLAIN
    }
}

pub(super) fn databricks() -> Preset {
    Preset { name: "databricks", plain: |samples| samples::of("displayName", samples), ..PLAIN }
}

pub(super) fn keycloak() -> Preset {
    Preset {
        name: "keycloak",
        samples: || vec![one_email()],
        plain: |samples| samples::of("name", samples),
        ..PLAIN
    }
}
