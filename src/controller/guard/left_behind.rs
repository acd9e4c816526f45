//! The identities that rejected deletions have left behind, in `ConfigMap`s of
//! the operator's namespace and in memory.

use std::{
    collections::{HashMap, HashSet},
    fmt::Write as _,
    sync::{Arc, Mutex},
    time::Duration,
};

use jiff::Timestamp;
use k8s_openapi::api::core::v1::ConfigMap;
use kube::{
    Api, Client, ResourceExt,
    api::{DeleteParams, ListParams, ObjectMeta, PostParams},
};

use super::lock;
use crate::{
    controller::{
        context::Context,
        objects::{ObjectError, in_time},
    },
    runtime::entropy,
    sync::{
        digest::Digester,
        guard::{Remembered, Whose},
    },
};

/// What tells these `ConfigMap`s from others.
const LABEL: &str = "scim-operator.dev/deletion-guard";
const VALUE: &str = "left-behind";

/// Where the text and its seal stand.
const IDENTITIES: &str = "identities";
const SEAL: &str = "seal";

/// How often what is over is removed.
const BETWEEN_TIDYINGS: Duration = Duration::from_secs(30);

/// What is remembered.
pub(in crate::controller) struct LeftBehind {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// By the name of the `ConfigMap`.
    maps: HashMap<String, Vec<Remembered>>,
    /// What nobody has come back for, with its `ConfigMap`.
    waiting: HashMap<Whose, (String, Remembered)>,
    uids: HashSet<String>,
    /// The `ConfigMap`s that say more than is remembered.
    outdated: HashSet<String>,
}

impl LeftBehind {
    /// Reads what was remembered.
    pub(in crate::controller) async fn load(
        client: &Client,
        namespace: &str,
        digester: &Digester,
    ) -> Result<Self, ObjectError> {
        let api: Api<ConfigMap> = Api::namespaced(client.clone(), namespace);
        let labelled = ListParams::default().labels(&format!("{LABEL}={VALUE}"));
        let mut state = State::default();
        for map in in_time(api.list(&labelled)).await? {
            let text = |key| map.data.as_ref().and_then(|data| data.get(key)).map_or("", String::as_str);
            let some = Remembered::open(text(IDENTITIES), text(SEAL), digester);
            if some.is_empty() {
                tracing::warn!(
                    map = map.name_any(),
                    "a ConfigMap that the operator did not write is ignored"
                );
            } else {
                state.insert(map.name_any(), some);
            }
        }
        Ok(Self { state: Mutex::new(state) })
    }

    /// Whether nothing waits to be taken back.
    pub(super) fn is_empty(&self) -> bool {
        lock(&self.state).waiting.is_empty()
    }

    /// Whether the identity of an object is remembered.
    pub(super) fn knows(&self, uid: &str) -> bool {
        lock(&self.state).uids.contains(uid)
    }

    /// What was left behind for an object at this endpoint.
    pub(super) fn of(&self, whose: &Whose, endpoint: &str, now: Timestamp) -> Option<Remembered> {
        let state = lock(&self.state);
        let (_, remembered) = state.waiting.get(whose)?;
        (remembered.endpoint == endpoint && !remembered.is_over(now)).then(|| remembered.clone())
    }

    /// Writes down these, and remembers them.
    pub(super) async fn remember(
        &self,
        context: &Context,
        behind: Vec<Remembered>,
    ) -> Result<(), ObjectError> {
        for part in Remembered::split(behind) {
            let (text, seal) =
                Remembered::sealed(&part, &context.digester).map_err(ObjectError::Unsayable)?;
            let name = name();
            let map = config_map(&name, text, seal);
            in_time(api(context).create(&PostParams::default(), &map)).await?;
            lock(&self.state).insert(name, part);
        }
        Ok(())
    }

    /// Somebody has got an identity back.
    pub(super) fn returned(&self, whose: &Whose) {
        let mut state = lock(&self.state);
        if let Some((map, _)) = state.waiting.remove(whose) {
            state.outdated.insert(map);
        }
    }

    /// Removes what is over, now and then. What is not removed in time does no
    /// harm.
    pub(in crate::controller) async fn tidy(context: Arc<Context>) {
        loop {
            tokio::time::sleep(BETWEEN_TIDYINGS).await;
            let kept = &context.guard.left_behind;
            for (map, left) in kept.outdated(context.clock.now()) {
                match kept.rewrite(&context, &map, left).await {
                    Ok(()) | Err(ObjectError::Gone) => {}
                    Err(error) => tracing::debug!(%error, map, "not tidied"),
                }
            }
        }
    }

    /// The `ConfigMap`s that say too much, and what is to be left in them.
    fn outdated(&self, now: Timestamp) -> Vec<(String, Vec<Remembered>)> {
        let state = lock(&self.state);
        let still = |map: &str, one: &Remembered| {
            let is_waiting = state.waiting.get(&one.whose).is_some_and(|(holder, _)| holder == map);
            is_waiting && !one.is_over(now)
        };
        let is_old = |all: &[Remembered]| all.iter().any(|one| one.is_over(now));
        let outdated = state.maps.iter().filter(|(map, all)| state.outdated.contains(*map) || is_old(all));
        outdated
            .map(|(map, all)| (map.clone(), all.iter().filter(|one| still(map, one)).cloned().collect()))
            .collect()
    }

    async fn rewrite(&self, context: &Context, map: &str, left: Vec<Remembered>) -> Result<(), ObjectError> {
        let api = api(context);
        if left.is_empty() {
            in_time(api.delete(map, &DeleteParams::default())).await?;
        } else {
            let (text, seal) =
                Remembered::sealed(&left, &context.digester).map_err(ObjectError::Unsayable)?;
            in_time(api.replace(map, &PostParams::default(), &config_map(map, text, seal))).await?;
        }
        lock(&self.state).replace(map, left);
        Ok(())
    }
}

impl State {
    fn insert(&mut self, map: String, some: Vec<Remembered>) {
        for one in &some {
            self.uids.insert(one.uid.clone());
            let is_newer = self.waiting.get(&one.whose).is_none_or(|(_, known)| known.at <= one.at);
            if is_newer {
                self.waiting.insert(one.whose.clone(), (map.clone(), one.clone()));
            }
        }
        self.maps.insert(map, some);
    }

    fn replace(&mut self, map: &str, left: Vec<Remembered>) {
        self.outdated.remove(map);
        for one in self.maps.remove(map).unwrap_or_default() {
            self.uids.remove(&one.uid);
            if self.waiting.get(&one.whose).is_some_and(|(holder, _)| holder == map) {
                self.waiting.remove(&one.whose);
            }
        }
        if !left.is_empty() {
            self.insert(map.to_owned(), left);
        }
    }
}

fn config_map(name: &str, text: String, seal: String) -> ConfigMap {
    ConfigMap {
        metadata: ObjectMeta {
            name: Some(name.to_owned()),
            labels: Some([(LABEL.to_owned(), VALUE.to_owned())].into()),
            ..ObjectMeta::default()
        },
        data: Some([(IDENTITIES.to_owned(), text), (SEAL.to_owned(), seal)].into()),
        ..ConfigMap::default()
    }
}

fn name() -> String {
    // Without randomness the API server refuses a second one of this name, and
    // it is tried again.
    let bytes = entropy::bytes::<8>().unwrap_or_default();
    bytes.iter().fold("scim-operator-left-behind-".to_owned(), |mut name, byte| {
        let _ = write!(name, "{byte:02x}");
        name
    })
}

fn api(context: &Context) -> Api<ConfigMap> {
    Api::namespaced(context.client.clone(), &context.operator_namespace)
}
