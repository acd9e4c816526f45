//! Waiting for conditions. A deadline that passes fails the test and says what
//! was there instead.

use std::{
    fmt::Debug,
    future::Future,
    sync::Mutex,
    time::{Duration, Instant},
};

use futures::StreamExt;
use kube::{
    Api,
    api::DynamicObject,
    runtime::{wait::await_condition, watcher},
};

/// Long enough for a machine that is busy with everything else, short enough
/// to notice a hang.
pub(crate) const DEADLINE: Duration = Duration::from_mins(1);

/// Until the object is as `matches` wants it, by a watch. `None` is no object.
pub(crate) async fn until(
    api: &Api<DynamicObject>,
    name: &str,
    what: &str,
    deadline: Duration,
    matches: impl Fn(Option<&DynamicObject>) -> bool + Send + Sync,
) -> Option<DynamicObject> {
    let last = Mutex::new(None);
    let condition = |object: Option<&DynamicObject>| {
        *last.lock().unwrap() = object.cloned();
        matches(object)
    };
    if let Ok(object) = tokio::time::timeout(deadline, await_condition(api.clone(), name, condition)).await {
        return object.unwrap_or_else(|error| panic!("{name} {what}: {error}"));
    }
    let last = last.lock().unwrap();
    panic!("{name} is not {what} after {deadline:?}:\n{}", pretty(last.as_ref()))
}

/// Until at least `count` objects are as `matches` wants them, by one watch.
pub(crate) async fn until_count(
    api: &Api<DynamicObject>,
    count: usize,
    what: &str,
    deadline: Duration,
    matches: impl Fn(&DynamicObject) -> bool,
) {
    let mut matching = std::collections::BTreeMap::new();
    let mut other = None;
    let watch = async {
        let mut events = watcher(api.clone(), watcher::Config::default()).boxed();
        while matching.values().filter(|fits| **fits).count() < count {
            match events.next().await.expect("a watch never ends").expect("the API server answers") {
                watcher::Event::Apply(object) | watcher::Event::InitApply(object) => {
                    let fits = matches(&object);
                    matching.insert(object.metadata.name.clone(), fits);
                    if !fits {
                        other = Some(object);
                    }
                }
                watcher::Event::Delete(object) => {
                    matching.remove(&object.metadata.name);
                }
                watcher::Event::Init | watcher::Event::InitDone => {}
            }
        }
    };
    if tokio::time::timeout(deadline, watch).await.is_err() {
        let reached = matching.values().filter(|fits| **fits).count();
        panic!("{reached} of {count} are {what} after {deadline:?}; not yet:\n{}", pretty(other.as_ref()));
    }
}

/// Until `look` sees something, looking again every few milliseconds: for
/// servers and files that cannot be watched.
pub(crate) async fn poll<T, F>(what: &str, deadline: Duration, mut look: impl FnMut() -> F) -> T
where
    F: Future<Output = Result<T, String>>,
{
    const INTERVAL: Duration = Duration::from_millis(20);
    let started = Instant::now();
    loop {
        match look().await {
            Ok(seen) => return seen,
            Err(instead) if started.elapsed() > deadline => {
                panic!("no {what} after {deadline:?}: {instead}")
            }
            Err(_) => tokio::time::sleep(INTERVAL).await,
        }
    }
}

/// The object without what only the API server reads.
pub(crate) fn pretty(object: Option<&(impl serde::Serialize + Debug)>) -> String {
    let Some(object) = object else { return "there is no such object".to_owned() };
    let mut value = serde_json::to_value(object).unwrap();
    if let Some(metadata) = value.get_mut("metadata").and_then(|metadata| metadata.as_object_mut()) {
        metadata.remove("managedFields");
    }
    serde_json::to_string_pretty(&value).unwrap()
}
