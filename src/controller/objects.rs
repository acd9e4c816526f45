//! Writes to objects, each with a precondition: the UID, so that a namesake
//! is never touched, and the resource version, so that nothing is decided on
//! an object that has changed since it was read.

use std::{sync::Arc, time::Duration};

use kube::{
    Api, Client, ResourceExt,
    api::{ListParams, Patch, PatchParams},
};
use serde_json::{Value, json};
use tokio::sync::Semaphore;

use super::{
    gate::Gate,
    providers::{Provider, ProviderKey, ProviderObject},
    watches::Watchable,
};
use crate::api::{
    ClusterScimProvider, ScimProvider,
    names::{CREATE_INTENT, FINALIZER},
};

/// A failed call to the API server.
#[derive(Debug, thiserror::Error)]
pub(super) enum ObjectError {
    /// The object changed since it was read, or a namesake took its place.
    #[error("the object has changed since it was read")]
    Stale,
    /// The object is gone.
    #[error("the object is gone")]
    Gone,
    /// The provider of the object is gone.
    #[error("the provider of the object is gone")]
    NoProvider,
    /// No answer in time.
    #[error("the API server did not answer within {0:?}")]
    Timeout(Duration),
    /// What was to be written cannot be put into JSON.
    #[error("not JSON: {0}")]
    Unsayable(serde_json::Error),
    /// Anything else.
    #[error(transparent)]
    Kube(kube::Error),
}

/// Longer than any healthy API server takes.
const DEADLINE: Duration = Duration::from_secs(30);

/// Calls about users, groups and providers.
pub(super) struct Objects {
    client: Client,
    /// Calls that are under way.
    calls: Semaphore,
    /// Passes that talk to nobody but the API server.
    desk: Arc<Gate>,
}

impl Objects {
    /// Calls through this client, so many at the same time.
    pub(super) fn new(client: Client, at_once: u16) -> Self {
        let at_once = usize::from(at_once);
        Self { client, calls: Semaphore::new(at_once), desk: Arc::new(Gate::wide(at_once)) }
    }

    /// Where passes get leave that need only the API server.
    pub(super) fn desk(&self) -> &Arc<Gate> {
        &self.desk
    }

    /// Makes a call when it is its turn. The place is held for the call and no
    /// longer, so that nobody who waits for a SCIM server takes one.
    async fn call<R>(&self, call: impl Future<Output = kube::Result<R>>) -> Result<R, ObjectError> {
        // The semaphore is never closed.
        let _place = self.calls.acquire().await;
        in_time(call).await
    }

    /// The object as it is now, if it is still the same one.
    pub(super) async fn live<T: Watchable>(&self, object: &T) -> Result<T, ObjectError> {
        let live = self.call(self.api(object).get_opt(&object.name_any())).await?;
        let live = live.ok_or(ObjectError::Gone)?;
        if live.uid() == object.uid() { Ok(live) } else { Err(ObjectError::Gone) }
    }

    /// Puts the finalizer and the intent on the object.
    pub(super) async fn announce<T: Watchable>(&self, object: &T, intent: &str) -> Result<T, ObjectError> {
        let annotations = json!({CREATE_INTENT: intent});
        let finalizers = with_finalizer(object, FINALIZER);
        self.patch(object, json!({"annotations": annotations, "finalizers": finalizers})).await
    }

    /// Puts a finalizer on the object.
    pub(super) async fn protect<T: Watchable>(&self, object: &T, finalizer: &str) -> Result<T, ObjectError> {
        self.patch(object, json!({"finalizers": with_finalizer(object, finalizer)})).await
    }

    /// Takes the finalizer and the intent off an object that is not deleted.
    pub(super) async fn let_go<T: Watchable>(&self, object: &T) -> Result<T, ObjectError> {
        let others = without_finalizer(object, FINALIZER);
        self.patch(object, json!({"annotations": {CREATE_INTENT: null}, "finalizers": others})).await
    }

    /// Takes a finalizer off. An object that is gone is done with.
    pub(super) async fn release<T: Watchable>(&self, object: &T, finalizer: &str) -> Result<(), ObjectError> {
        let others = without_finalizer(object, finalizer);
        match self.patch(object, json!({"finalizers": others})).await {
            Ok(_) | Err(ObjectError::Gone) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Makes status say this; `before` is what it said, so that what is no
    /// longer said is removed.
    pub(super) async fn write_status<T: Watchable>(
        &self,
        object: &T,
        before: &Value,
        status: &Value,
    ) -> Result<T, ObjectError> {
        let mut status = status.clone();
        if let (Some(before), Some(status)) = (before.as_object(), status.as_object_mut()) {
            for name in before.keys() {
                status.entry(name.clone()).or_insert(Value::Null);
            }
        }
        let patch = Patch::Merge(json!({"metadata": precondition(object), "status": status}));
        let api = self.api(object);
        let name = object.name_any();
        self.call(api.patch_status(&name, &PatchParams::default(), &patch)).await
    }

    async fn patch<T: Watchable>(&self, object: &T, metadata: Value) -> Result<T, ObjectError> {
        let mut wanted = precondition(object);
        if let (Some(wanted), Value::Object(metadata)) = (wanted.as_object_mut(), metadata) {
            wanted.extend(metadata);
        }
        let patch = Patch::Merge(json!({"metadata": wanted}));
        let api = self.api(object);
        let name = object.name_any();
        self.call(api.patch(&name, &PatchParams::default(), &patch)).await
    }

    /// The provider as it is now.
    pub(super) async fn provider(&self, provider: &ProviderKey) -> Result<Provider, ObjectError> {
        let found = match &provider.namespace {
            Some(namespace) => self.provider_object::<ScimProvider>(Some(namespace), &provider.name).await?,
            None => self.provider_object::<ClusterScimProvider>(None, &provider.name).await?,
        };
        found.ok_or(ObjectError::NoProvider)
    }

    async fn provider_object<P: ProviderObject>(
        &self,
        namespace: Option<&str>,
        name: &str,
    ) -> Result<Option<Provider>, ObjectError> {
        let object = self.call(P::api(&self.client, namespace).get_opt(name)).await?;
        Ok(object.map(|object| Provider::from_object(&object)))
    }

    /// Whether the API server, asked now, has an object of this kind that
    /// refers to the provider.
    pub(super) async fn refers_to<T: Watchable>(&self, provider: &ProviderKey) -> Result<bool, ObjectError> {
        let fields =
            format!("spec.providerRef.kind={},spec.providerRef.name={}", provider.kind(), provider.name);
        let api = T::api(&self.client, provider.namespace.as_deref());
        let one = ListParams::default().fields(&fields).limit(1);
        let found = self.call(api.list_metadata(&one)).await?;
        Ok(!found.items.is_empty())
    }

    fn api<T: Watchable>(&self, object: &T) -> Api<T> {
        T::api(&self.client, object.namespace().as_deref())
    }
}

fn precondition<T: Watchable>(object: &T) -> Value {
    json!({"uid": object.uid(), "resourceVersion": object.resource_version()})
}

fn without_finalizer<'a, T: Watchable>(object: &'a T, finalizer: &str) -> Vec<&'a str> {
    object.finalizers().iter().map(String::as_str).filter(|name| *name != finalizer).collect()
}

fn with_finalizer<'a, T: Watchable>(object: &'a T, finalizer: &'a str) -> Vec<&'a str> {
    let others = without_finalizer(object, finalizer);
    others.into_iter().chain([finalizer]).collect()
}

/// The answer of the API server, if it comes in time.
pub(super) async fn in_time<R>(call: impl Future<Output = kube::Result<R>>) -> Result<R, ObjectError> {
    let answer = tokio::time::timeout(DEADLINE, call).await.map_err(|_| ObjectError::Timeout(DEADLINE))?;
    answer.map_err(|error| match &error {
        kube::Error::Api(status) if status.code == 409 => ObjectError::Stale,
        kube::Error::Api(status) if status.code == 404 => ObjectError::Gone,
        _ => ObjectError::Kube(error),
    })
}
