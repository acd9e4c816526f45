//! The ledger of one endpoint where it is written down: a `ConfigMap` of the
//! operator's namespace.

use k8s_openapi::api::core::v1::ConfigMap;
use kube::{
    Api, ResourceExt,
    api::{ObjectMeta, PostParams},
};

use crate::{
    controller::{
        context::Context,
        objects::{ObjectError, in_time},
    },
    sync::guard::{Ledger, LedgerError, ledger_name},
};

/// Where the text and its seal stand.
const LEDGER: &str = "ledger";
const SEAL: &str = "seal";

/// A ledger as it was last read or written.
#[derive(Clone, Debug)]
pub(super) struct Book {
    pub(super) ledger: Ledger,
    /// Which version of the `ConfigMap` it is; `None` where there is none yet.
    pub(super) version: Option<String>,
}

/// Why a ledger cannot be used.
#[derive(Debug, thiserror::Error)]
pub(super) enum BookError {
    /// What is there is not what the operator wrote.
    #[error(transparent)]
    Unreadable(#[from] LedgerError),
    /// A call to the API server.
    #[error(transparent)]
    Object(#[from] ObjectError),
}

impl Book {
    /// What is written down; `known`, as it was in memory, where somebody
    /// has removed it.
    pub(super) async fn load(
        context: &Context,
        endpoint: &str,
        known: Option<Ledger>,
    ) -> Result<Self, BookError> {
        let found = in_time(api(context).get_opt(&ledger_name(endpoint))).await?;
        let Some(map) = found else {
            let ledger = known.unwrap_or_else(|| Ledger::new(endpoint));
            return Ok(Self { ledger, version: None });
        };
        let text = |key| map.data.as_ref().and_then(|data| data.get(key)).map_or("", String::as_str);
        let ledger = Ledger::open(text(LEDGER), text(SEAL), endpoint, &context.digester)?;
        Ok(Self { ledger, version: map.resource_version() })
    }

    /// Writes a ledger in the place of this one, if that is still there as it
    /// was read.
    pub(super) async fn replace(
        &self,
        context: &Context,
        endpoint: &str,
        ledger: Ledger,
    ) -> Result<Self, BookError> {
        let name = ledger_name(endpoint);
        let (text, seal) = ledger.sealed(&context.digester).map_err(ObjectError::Unsayable)?;
        let map = ConfigMap {
            metadata: ObjectMeta {
                name: Some(name.clone()),
                resource_version: self.version.clone(),
                ..ObjectMeta::default()
            },
            data: Some([(LEDGER.to_owned(), text), (SEAL.to_owned(), seal)].into()),
            ..ConfigMap::default()
        };
        let (api, parameters) = (api(context), PostParams::default());
        let written = match self.version {
            Some(_) => in_time(api.replace(&name, &parameters, &map)).await?,
            None => in_time(api.create(&parameters, &map)).await?,
        };
        Ok(Self { ledger, version: written.resource_version() })
    }
}

fn api(context: &Context) -> Api<ConfigMap> {
    Api::namespaced(context.client.clone(), &context.operator_namespace)
}
