//! The presets' servers: the project's own, with their documented habits.

use std::{collections::BTreeMap, fs, future::ready, path::PathBuf};

use futures::{FutureExt, future::BoxFuture};
use serde::Deserialize;
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

/// What a test has to know of a server to write manifests for it: a file in
/// `people/`, so that one more server is data and nothing else.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct People {
    /// What every user has to say; `{name}` and `{userName}` stand for the
    /// user's own.
    user: Value,
    /// Values that fit where the standard ones do not: the first, and what it
    /// is changed to.
    samples: BTreeMap<String, (Value, Value)>,
    /// The field for scenarios that are about something else.
    plain: String,
    /// Its values, where it is none of the samples.
    plain_values: Option<(Value, Value)>,
    /// Whether a group needs an `externalId`.
    marks_groups: bool,
    keeps_the_deleted: bool,
    /// What is taken at the creation alone.
    takes_once: Vec<String>,
}

/// One that takes whatever a standard server takes.
impl Default for People {
    fn default() -> Self {
        Self {
            user: json!({}),
            samples: BTreeMap::new(),
            plain: "title".to_owned(),
            plain_values: None,
            marks_groups: false,
            keeps_the_deleted: false,
            takes_once: Vec::new(),
        }
    }
}

impl People {
    fn of(server: &str) -> Self {
        let file = folder().join(format!("{server}.yaml"));
        serde_saphyr::from_str(&fs::read_to_string(file).unwrap()).unwrap()
    }

    fn user(&self, name: &str) -> Value {
        let text = self.user.to_string().replace("{name}", name).replace("{userName}", &user_name(name));
        serde_json::from_str(&text).unwrap()
    }
}

fn folder() -> PathBuf {
    repository().join("tests/integration/matrix/people")
}

/// The servers that there are, sorted.
pub(super) fn names() -> Vec<String> {
    let files = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path());
    let mut names: Vec<String> =
        files.map(|file| file.file_stem().unwrap().to_str().unwrap().to_owned()).collect();
    names.sort();
    names
}

pub(super) struct PresetServer {
    /// Of its profile, of its habits in `tests/servers`, and of its people.
    name: String,
    people: People,
    server: QuirkServer,
}

impl PresetServer {
    pub(super) async fn start(name: &str) -> Self {
        let server = QuirkServer::start(TOKEN, Habits::of_server(name)).await;
        Self { name: name.to_owned(), people: People::of(name), server }
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
            objects::provider(&proxy.url()).with("profile", self.name.as_str()).with("rateLimit", many);
        ready(vec![objects::secret(TOKEN, "127.0.0.1"), provider]).boxed()
    }

    fn user(&self, name: &str) -> Manifest {
        let mut user = objects::user(name);
        for (field, value) in self.people.user(name).as_object().into_iter().flatten() {
            user = user.with(field, value.clone());
        }
        user
    }

    fn group(&self, group: Manifest) -> Manifest {
        if self.people.marks_groups { group.with("externalId", "customer-team") } else { group }
    }

    fn takes_once(&self, field: &str) -> bool {
        self.people.takes_once.iter().any(|once| once == field)
    }

    fn keeps_the_deleted(&self) -> bool {
        self.people.keeps_the_deleted
    }

    fn stranger(&self, name: &str) -> Value {
        let mut stranger = self.people.user(name);
        stranger["userName"] = json!(user_name(name));
        if !stranger["externalId"].is_null() {
            stranger["externalId"] = json!(format!("somebody-{name}"));
        }
        stranger
    }

    fn samples(&self) -> Vec<Sample> {
        let own = self.people.samples.iter();
        samples::standard_but(
            own.map(|(field, (first, second))| {
                Sample::new(field.clone().leak(), first.clone(), second.clone())
            }),
        )
    }

    fn plain(&self) -> Sample {
        match &self.people.plain_values {
            Some((first, second)) => {
                Sample::new(self.people.plain.clone().leak(), first.clone(), second.clone())
            }
            None => samples::of(&self.people.plain, self.samples()),
        }
    }
}
