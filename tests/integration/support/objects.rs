//! Manifests as people write them, and how to read what became of them.

use kube::api::{ApiResource, DynamicObject, GroupVersionKind};
use serde_json::{Value, json};

/// What the tests apply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Namespace,
    Secret,
    ConfigMap,
    Provider,
    /// The kind of the whole cluster.
    ClusterProvider,
    User,
    Group,
    /// What waits for a decision, in the operator's namespace.
    Hold,
    /// What the operator tells about the others.
    Event,
}

impl Kind {
    fn names(self) -> (&'static str, &'static str, &'static str, &'static str) {
        match self {
            Self::Namespace => ("", "v1", "Namespace", "namespaces"),
            Self::Secret => ("", "v1", "Secret", "secrets"),
            Self::ConfigMap => ("", "v1", "ConfigMap", "configmaps"),
            Self::Provider => ("scim-operator.dev", "v1alpha1", "ScimProvider", "scimproviders"),
            Self::ClusterProvider => {
                ("scim-operator.dev", "v1alpha1", "ClusterScimProvider", "clusterscimproviders")
            }
            Self::User => ("scim-operator.dev", "v1alpha1", "ScimUser", "scimusers"),
            Self::Hold => ("scim-operator.dev", "v1alpha1", "ScimDeletionHold", "scimdeletionholds"),
            Self::Event => ("events.k8s.io", "v1", "Event", "events"),
            Self::Group => ("scim-operator.dev", "v1alpha1", "ScimGroup", "scimgroups"),
        }
    }

    pub(crate) fn plural(self) -> &'static str {
        self.names().3
    }

    pub(crate) fn resource(self) -> ApiResource {
        let (group, version, kind, plural) = self.names();
        ApiResource::from_gvk_with_plural(&GroupVersionKind::gvk(group, version, kind), plural)
    }
}

/// One object as it stands in Git.
#[derive(Clone, Debug)]
pub(crate) struct Manifest {
    pub(crate) kind: Kind,
    pub(crate) value: Value,
}

impl Manifest {
    fn new(kind: Kind, name: &str) -> Self {
        let (group, version, kind_name, _) = kind.names();
        let api_version = if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") };
        let value = json!({"apiVersion": api_version, "kind": kind_name, "metadata": {"name": name}});
        Self { kind, value }
    }

    pub(crate) fn name(&self) -> &str {
        self.value["metadata"]["name"].as_str().unwrap()
    }

    /// Sets one field of `spec`.
    pub(crate) fn with(mut self, field: &str, value: impl Into<Value>) -> Self {
        self.value["spec"][field] = value.into();
        self
    }

    /// Leaves one field out of `spec`.
    pub(crate) fn without(mut self, field: &str) -> Self {
        self.value["spec"].as_object_mut().unwrap().remove(field).expect("it was there");
        self
    }
}

/// The name of the provider that `user` and `group` refer to.
pub(crate) const PROVIDER: &str = "idp";
/// The name of the Secret that `provider` refers to.
pub(crate) const SECRET: &str = "idp-token";

/// A Secret with a token for `hosts`.
pub(crate) fn secret(token: &str, hosts: &str) -> Manifest {
    let mut manifest = Manifest::new(Kind::Secret, SECRET);
    manifest.value["metadata"]["annotations"] = json!({"scim-operator.dev/allowed-hosts": hosts});
    manifest.value["stringData"] = json!({"token": token});
    manifest
}

/// A Secret that names no host at all.
pub(crate) fn secret_without_hosts(token: &str) -> Manifest {
    let mut manifest = secret(token, "");
    manifest.value["metadata"].as_object_mut().unwrap().remove("annotations");
    manifest
}

/// A Secret with these values for `hosts`.
pub(crate) fn secret_with(name: &str, hosts: &str, values: &[(&str, &str)]) -> Manifest {
    let mut manifest = Manifest::new(Kind::Secret, name);
    manifest.value["metadata"]["annotations"] = json!({"scim-operator.dev/allowed-hosts": hosts});
    manifest.value["stringData"] =
        values.iter().map(|(key, value)| ((*key).to_owned(), json!(value))).collect();
    manifest
}

/// A `ConfigMap` with one value.
pub(crate) fn config_map(name: &str, key: &str, value: &str) -> Manifest {
    let mut manifest = Manifest::new(Kind::ConfigMap, name);
    manifest.value["data"] = json!({key: value});
    manifest
}

/// A provider at a URL, with the token of `secret`, swept so often that tests
/// can wait for it.
pub(crate) fn provider(url: &str) -> Manifest {
    provider_of(Kind::Provider, PROVIDER, url)
}

/// The same for the whole cluster. Every operator of every test sees it: its
/// name is one that no other test has.
pub(crate) fn cluster_provider(name: &str, url: &str, grants: Value) -> Manifest {
    provider_of(Kind::ClusterProvider, name, url).with("grants", grants)
}

fn provider_of(kind: Kind, name: &str, url: &str) -> Manifest {
    Manifest::new(kind, name)
        .with("url", url)
        .with("allowInsecureHTTP", true)
        .with("resyncInterval", "2s")
        .with("deletionGuard", json!({"settle": "0s"}))
        .with(
            "auth",
            json!({"type": "Bearer", "bearer": {"tokenSecretRef": {"name": SECRET, "key": "token"}}}),
        )
}

/// A namespace.
pub(crate) fn namespace(name: &str) -> Manifest {
    Manifest::new(Kind::Namespace, name)
}

/// A user with nothing but names.
pub(crate) fn user(name: &str) -> Manifest {
    Manifest::new(Kind::User, name)
        .with("providerRef", json!({"kind": "ScimProvider", "name": PROVIDER}))
        .with("userName", user_name(name))
}

/// The userName that `user` gives.
pub(crate) fn user_name(name: &str) -> String {
    format!("{name}@example.com")
}

/// A group with these members.
pub(crate) fn group<'name>(name: &str, members: impl IntoIterator<Item = &'name str>) -> Manifest {
    let members: Vec<_> = members.into_iter().collect();
    Manifest::new(Kind::Group, name)
        .with("providerRef", json!({"kind": "ScimProvider", "name": PROVIDER}))
        .with("displayName", name)
        .with("members", json!({"users": members}))
}

/// A place in `status`; `Null` where there is nothing.
pub(crate) fn status(object: &DynamicObject, pointer: &str) -> Value {
    object.data.pointer(&format!("/status{pointer}")).cloned().unwrap_or(Value::Null)
}

/// The server's id as status tells it.
pub(crate) fn id(object: &DynamicObject) -> String {
    status(object, "/id").as_str().unwrap_or_else(|| panic!("no id in status: {:?}", object.data)).to_owned()
}

/// A condition of this type, about the generation that is there now.
pub(crate) fn condition(object: &DynamicObject, condition_type: &str) -> Option<Value> {
    let conditions = status(object, "/conditions");
    let condition =
        conditions.as_array()?.iter().find(|condition| condition["type"] == condition_type)?.clone();
    (condition["observedGeneration"].as_i64() == object.metadata.generation).then_some(condition)
}

/// Has it this condition, with this status and reason?
pub(crate) fn has(object: &DynamicObject, condition_type: &str, status: &str, reason: &str) -> bool {
    condition(object, condition_type)
        .is_some_and(|condition| condition["status"] == status && condition["reason"] == reason)
}

/// Is it Ready as it stands now?
pub(crate) fn is_ready(object: &DynamicObject) -> bool {
    let observed = status(object, "/observedGeneration").as_i64() == object.metadata.generation;
    observed && condition(object, "Ready").is_some_and(|condition| condition["status"] == "True")
}

/// What a condition tells people.
pub(crate) fn message(object: &DynamicObject, condition_type: &str) -> String {
    let condition = condition(object, condition_type).expect("the condition is there");
    condition["message"].as_str().expect("a condition has a message").to_owned()
}
