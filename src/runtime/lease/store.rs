//! The Lease at the API server. Each write carries the version that was read,
//! so that of two who write only one succeeds.

use std::{sync::Arc, time::Duration};

use k8s_openapi::{api::coordination::v1 as coordination, apimachinery::pkg::apis::meta::v1::MicroTime};
use kube::{
    Api, Client, ResourceExt,
    api::{ObjectMeta, PostParams},
};
use tokio::time::timeout;

use super::LeaseSettings;
use crate::{
    runtime::clock::Clock,
    sync::lease::{Lease, Terms},
};

/// Why the lease was neither read nor written.
#[derive(Debug, thiserror::Error)]
pub(super) enum StoreError {
    /// Somebody else wrote it, or deleted it.
    #[error("somebody else was faster")]
    Outrun,
    /// No answer in time.
    #[error("the API server did not answer within {0:?}")]
    Late(Duration),
    /// Anything else.
    #[error(transparent)]
    Kube(kube::Error),
}

/// Reads and writes one Lease.
#[derive(Clone, Debug)]
pub(super) struct Store {
    api: Api<coordination::Lease>,
    settings: LeaseSettings,
    clock: Arc<dyn Clock>,
}

impl Store {
    pub(super) fn new(client: Client, settings: LeaseSettings, clock: Arc<dyn Clock>) -> Self {
        Self { api: Api::namespaced(client, &settings.namespace), settings, clock }
    }

    pub(super) fn identity(&self) -> &str {
        &self.settings.identity
    }

    pub(super) fn terms(&self) -> Terms {
        self.settings.terms
    }

    /// Where it is, for people.
    pub(super) fn place(&self) -> String {
        format!("{}/{}", self.settings.namespace, self.settings.name)
    }

    /// The lease as it is.
    pub(super) async fn read(&self) -> Result<Option<coordination::Lease>, StoreError> {
        self.in_time(self.api.get_opt(&self.settings.name)).await
    }

    /// Makes the lease ours, from how it was read.
    pub(super) async fn take(
        &self,
        before: Option<coordination::Lease>,
    ) -> Result<coordination::Lease, StoreError> {
        let is_new = before.is_none();
        let mut lease = before.unwrap_or_else(|| coordination::Lease {
            metadata: ObjectMeta { name: Some(self.settings.name.clone()), ..ObjectMeta::default() },
            ..coordination::Lease::default()
        });
        let spec = lease.spec.get_or_insert_default();
        let seconds = self.settings.terms.duration().as_secs();
        spec.holder_identity = Some(self.settings.identity.clone());
        spec.lease_duration_seconds = i32::try_from(seconds).ok();
        spec.lease_transitions = Some(spec.lease_transitions.unwrap_or_default().saturating_add(1));
        // For people. Nobody decides by it.
        spec.acquire_time = Some(MicroTime(self.clock.now()));
        spec.renew_time = Some(MicroTime(self.clock.now()));
        if is_new {
            return self.in_time(self.api.create(&PostParams::default(), &lease)).await;
        }
        self.replace(&lease).await
    }

    /// Renews the lease that we hold.
    pub(super) async fn renew(&self, held: &coordination::Lease) -> Result<coordination::Lease, StoreError> {
        let mut lease = held.clone();
        lease.spec.get_or_insert_default().renew_time = Some(MicroTime(self.clock.now()));
        self.replace(&lease).await
    }

    /// Takes our name out of the lease.
    pub(super) async fn empty(&self, mut held: coordination::Lease) -> Result<(), StoreError> {
        let spec = held.spec.get_or_insert_default();
        spec.holder_identity = None;
        spec.renew_time = Some(MicroTime(self.clock.now()));
        self.replace(&held).await.map(|_| ())
    }

    async fn replace(&self, lease: &coordination::Lease) -> Result<coordination::Lease, StoreError> {
        let replaced =
            self.in_time(self.api.replace(&self.settings.name, &PostParams::default(), lease)).await;
        match replaced {
            Err(StoreError::Kube(kube::Error::Api(status))) if status.code == 404 => Err(StoreError::Outrun),
            replaced => replaced,
        }
    }

    /// One try among several that fit in before the claim ends.
    async fn in_time<R>(&self, call: impl Future<Output = kube::Result<R>>) -> Result<R, StoreError> {
        let terms = self.settings.terms;
        let limit = (terms.renew_deadline() / 4).max(terms.renew_interval());
        match timeout(limit, call).await {
            Ok(Err(kube::Error::Api(status))) if status.code == 409 => Err(StoreError::Outrun),
            Ok(answer) => answer.map_err(StoreError::Kube),
            Err(_) => Err(StoreError::Late(limit)),
        }
    }
}

/// What decisions are made of.
pub(super) fn seen(lease: &coordination::Lease) -> Lease {
    let spec = lease.spec.as_ref();
    let seconds = spec.and_then(|spec| spec.lease_duration_seconds);
    let holder = spec.and_then(|spec| spec.holder_identity.clone());
    Lease {
        // UID and version: a lease that was deleted and made again is another.
        version: format!(
            "{}/{}",
            lease.uid().unwrap_or_default(),
            lease.resource_version().unwrap_or_default()
        ),
        holder: holder.filter(|holder| !holder.is_empty()),
        duration: seconds.and_then(|seconds| u64::try_from(seconds).ok()).map(Duration::from_secs),
    }
}

#[cfg(test)]
mod tests {
    use coordination::LeaseSpec;

    use super::*;

    #[test]
    fn whatever_is_in_a_lease_can_be_read() {
        let read = |holder: Option<&str>, seconds| {
            let spec = LeaseSpec {
                holder_identity: holder.map(str::to_owned),
                lease_duration_seconds: seconds,
                ..LeaseSpec::default()
            };
            let Lease { holder, duration, .. } =
                seen(&coordination::Lease { metadata: ObjectMeta::default(), spec: Some(spec) });
            (holder, duration)
        };
        assert_eq!(read(Some("a"), Some(60)), (Some("a".to_owned()), Some(Duration::from_mins(1))));
        assert_eq!(read(Some(""), Some(-1)), (None, None));
        assert_eq!(seen(&coordination::Lease::default()).holder, None);
    }
}
