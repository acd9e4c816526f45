//! One server, a namespace and an operator, and what scenarios do with them.

use kube::api::DynamicObject;
use serde_json::{Value, json};

use super::{
    report::{Unsupported, Verdict},
    samples::{Sample, holds, lacks},
    subject::Subject,
};
use crate::support::{
    children,
    objects::{Kind, Manifest, PROVIDER, condition, id, is_ready, status},
    proxy::{Proxy, Recorded},
    site::Site,
    wait,
};

/// The reasons by which a user is told that something does not work with this
/// server, or not so.
const REFUSALS: [&str; 5] =
    ["UnsupportedByServer", "ImmutableAttribute", "InvalidSpec", "PasswordRejected", "RejectedByServer"];

pub(super) struct Stage {
    pub(super) site: Site,
    pub(super) subject: Box<dyn Subject>,
    proxy: Proxy,
}

impl Stage {
    /// The operator runs, and its provider is Ready.
    pub(super) async fn start(site: Site, subject: Box<dyn Subject>) -> Self {
        let proxy = Proxy::before(subject.port(), subject.base()).await;
        site.operator.start().await;
        // More is deleted here than a guard lets pass.
        let unguarded = |manifest: Manifest| match manifest.kind {
            Kind::Provider => manifest.with("deletionGuard", json!({"mode": "Off"})),
            _ => manifest,
        };
        site.apply_all(subject.provider(&proxy).await.into_iter().map(unguarded)).await;
        let stage = Self { site, subject, proxy };
        stage.site.ready(Kind::Provider, PROVIDER).await;
        stage
    }

    /// The user of this name with nothing but what the server needs.
    pub(super) fn user(&self, name: &str) -> Manifest {
        self.subject.user(name)
    }

    /// The attribute for scenarios that are about something else.
    pub(super) fn plain(&self) -> Sample {
        self.subject.plain()
    }

    /// Applies, and waits until it is Ready as it stands now, or until the user
    /// is told that this cannot be.
    pub(super) async fn settle(&self, manifest: &Manifest) -> Verdict<DynamicObject> {
        self.site.apply(manifest).await;
        self.settled(manifest.kind, manifest.name()).await
    }

    /// The same of what is applied already.
    pub(super) async fn settled(&self, kind: Kind, name: &str) -> Verdict<DynamicObject> {
        let decided = |object: Option<&DynamicObject>| {
            object.is_some_and(|object| {
                (is_ready(object) && members_are_decided(object)) || refusal(object).is_some()
            })
        };
        let object = self.site.until(kind, name, "Ready or refused", decided).await.unwrap();
        match refusal(&object) {
            Some(refusal) => Err(refusal),
            None => Ok(object),
        }
    }

    /// Until the server holds what is wanted of an object, or its user is told
    /// that the server ignores or rewrites it.
    pub(super) async fn arrives(&self, kind: Kind, name: &str, wanted: &Value) -> Verdict {
        self.kept(kind, name, |found| holds(found, wanted)).await
    }

    /// Until nothing is left of `wanted` on the server.
    pub(super) async fn leaves(&self, kind: Kind, name: &str, wanted: &Value) -> Verdict {
        self.kept(kind, name, |found| lacks(found, wanted)).await
    }

    async fn kept(&self, kind: Kind, name: &str, matches: impl Fn(&Value) -> bool) -> Verdict {
        wait::poll("value on the server, or word that there is none", wait::DEADLINE, || async {
            let found = self.on_server(kind, name).await;
            if matches(&found) {
                return Ok(Ok(()));
            }
            let object = self.site.get(kind, name).await;
            match normalized(&object) {
                Some(unsupported) => Ok(Err(unsupported)),
                None => Err(format!("{found:#}\n{}", wait::pretty(Some(&object)))),
            }
        })
        .await
    }

    /// What an object stands for, as the server holds it; `Null` where there is
    /// nothing.
    pub(super) async fn on_server(&self, kind: Kind, name: &str) -> Value {
        let object = self.site.get(kind, name).await;
        self.subject.get(endpoint(kind), &id(&object)).await.unwrap_or_default()
    }

    /// Applies what the server does not take from those who are there: nothing
    /// changes, and nothing is said.
    pub(super) async fn left_as_it_is(&self, manifest: &Manifest) -> Verdict {
        let before = self.on_server(manifest.kind, manifest.name()).await;
        self.settle(manifest).await?;
        self.sweeps(1).await;
        assert_eq!(self.on_server(manifest.kind, manifest.name()).await, before);
        Err(Unsupported::new("Nothing", "it is taken at the creation alone, and not looked at afterwards"))
    }

    /// Until the server holds this again under an id, or the user is told that
    /// it cannot be.
    pub(super) async fn mended(
        &self,
        kind: Kind,
        name: &str,
        id: &str,
        matches: impl Fn(&Value) -> bool,
    ) -> Verdict {
        wait::poll("value as before, or word that it cannot be", wait::DEADLINE, || async {
            let found = self.subject.get(endpoint(kind), id).await.unwrap_or_default();
            if matches(&found) {
                return Ok(Ok(()));
            }
            let object = self.site.get(kind, name).await;
            match stalled(&object).or_else(|| normalized(&object)) {
                Some(unsupported) => Ok(Err(unsupported)),
                None => Err(format!("{found:#}\n{}", wait::pretty(Some(&object)))),
            }
        })
        .await
    }

    /// Whether the user is told that the server does not show members.
    pub(super) async fn sees_members(&self, group: &str) -> Verdict {
        let object = self.site.get(Kind::Group, group).await;
        let ready = condition(&object, "MembersReady").unwrap_or_default();
        let is_hidden = ready["message"].as_str().is_some_and(|message| message.contains("does not show"));
        if is_hidden { Err(told(&object, "Succeeded", &ready)) } else { Ok(()) }
    }

    /// Where the record of requests stands.
    pub(super) fn mark(&self) -> usize {
        self.proxy.mark()
    }

    /// The requests since a mark that change something on the server.
    pub(super) fn changes(&self, mark: usize) -> Vec<Recorded> {
        self.proxy.since(mark).into_iter().filter(Recorded::writes).collect()
    }

    /// Until the server was compared with everything `count` times from now.
    pub(super) async fn sweeps(&self, count: usize) {
        self.proxy.sweeps(self.proxy.mark(), count).await;
    }

    /// The password that the server has for a user.
    pub(super) async fn password(&self, id: &str) -> Option<String> {
        let name = self.subject.get("/Users", id).await?["userName"].clone();
        let is_theirs = |record: &Recorded| {
            record.path.ends_with(&format!("/{id}"))
                || (record.method == "POST" && record.body["userName"] == name)
        };
        let records = self.proxy.since(0);
        let accepted = records.iter().rev().filter(|it| it.status.is_some_and(|status| status < 300));
        let sent = accepted.filter(|it| is_theirs(it)).find_map(|it| password_in(&it.body));
        self.subject.password(id, sent)
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        if std::thread::panicking() {
            children::keep_run_directory();
            eprintln!("--- log of {}: {}", self.site.namespace, self.site.operator.log_tail());
        }
    }
}

/// The endpoint of a kind of object.
pub(super) fn endpoint(kind: Kind) -> &'static str {
    if kind == Kind::Group { "/Groups" } else { "/Users" }
}

/// The ids of a group's members, sorted.
pub(super) fn members(group: &Value) -> Vec<String> {
    let members = group["members"].as_array().cloned().unwrap_or_default();
    let mut ids: Vec<_> =
        members.iter().map(|member| member["value"].as_str().expect("ids are text").to_owned()).collect();
    ids.sort();
    ids
}

fn members_are_decided(object: &DynamicObject) -> bool {
    condition(object, "MembersReady").is_none_or(|members| members["status"] == "True")
}

/// What the user is told, if it is that something does not work.
fn refusal(object: &DynamicObject) -> Option<Unsupported> {
    ["Ready", "MembersReady"].iter().find_map(|type_| {
        let condition = condition(object, type_)?;
        let reason = condition["reason"].as_str()?;
        let refused = condition["status"] == "False" && REFUSALS.contains(&reason);
        refused.then(|| told(object, reason, &condition))
    })
}

/// What the user is told of something that does not go on by itself, or of
/// members that do not.
fn stalled(object: &DynamicObject) -> Option<Unsupported> {
    let condition = condition(object, "Stalled").filter(|stalled| stalled["status"] == "True");
    let stall =
        condition.map(|stalled| told(object, stalled["reason"].as_str().unwrap_or_default(), &stalled));
    stall.or_else(|| refusal(object))
}

fn normalized(object: &DynamicObject) -> Option<Unsupported> {
    let condition = condition(object, "ServerNormalized")?;
    (condition["status"] == "True").then(|| told(object, "ServerNormalized", &condition))
}

/// Ids are of one run alone.
fn told(object: &DynamicObject, reason: &str, condition: &Value) -> Unsupported {
    let message = condition["message"].as_str().unwrap_or_default();
    match status(object, "/id").as_str() {
        Some(id) if id.len() > 8 => Unsupported::new(reason, &message.replace(id, "…")),
        _ => Unsupported::new(reason, message),
    }
}

/// The password that a creation, a PUT or a PATCH sets.
fn password_in(body: &Value) -> Option<String> {
    let set = |value: &Value| value["password"].as_str().map(str::to_owned);
    let operations = body["Operations"].as_array().or_else(|| body["operations"].as_array());
    let by_operation = operations.into_iter().flatten().find_map(|operation| {
        if operation["path"] == "password" {
            operation["value"].as_str().map(str::to_owned)
        } else {
            set(&operation["value"])
        }
    });
    set(body).or(by_operation)
}
