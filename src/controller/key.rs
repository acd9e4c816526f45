//! The operator's own key: made once, kept in a Secret of the operator's
//! namespace, where those who write users and groups cannot read it.

use k8s_openapi::{ByteString, api::core::v1::Secret};
use kube::{
    Api, Client,
    api::{ObjectMeta, PostParams},
};

use crate::{
    runtime::entropy::{self, EntropyError},
    sync::digest::Digester,
};

const NAME: &str = "scim-operator-intent-key";
const KEY: &str = "key";
const LENGTH: usize = 32;

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub(super) enum KeyError {
    /// The API server refused.
    #[error("the Secret {NAME} in the namespace {namespace} can be neither read nor made: {source}")]
    Refused {
        /// The operator's namespace.
        namespace: String,
        /// What the API server said.
        source: kube::Error,
    },
    /// There is nothing to make a key of.
    #[error(transparent)]
    Entropy(#[from] EntropyError),
    /// The Secret is there without a usable key.
    #[error("the Secret {NAME} has no key of {LENGTH} bytes under {KEY:?}; delete it to have a new one made")]
    Unusable,
}

/// The key, made now if there is none yet.
pub(super) async fn digester(client: &Client, namespace: &str) -> Result<Digester, KeyError> {
    let secrets: Api<Secret> = Api::namespaced(client.clone(), namespace);
    let refused = |source| KeyError::Refused { namespace: namespace.to_owned(), source };
    if let Some(secret) = secrets.get_opt(NAME).await.map_err(refused)? {
        return usable(&secret);
    }
    match secrets.create(&PostParams::default(), &new_secret()?).await {
        Ok(secret) => usable(&secret),
        // Another replica was quicker.
        Err(kube::Error::Api(status)) if status.code == 409 => {
            usable(&secrets.get(NAME).await.map_err(refused)?)
        }
        Err(error) => Err(refused(error)),
    }
}

fn usable(secret: &Secret) -> Result<Digester, KeyError> {
    let key = secret.data.as_ref().and_then(|data| data.get(KEY));
    let key = key.filter(|key| key.0.len() == LENGTH).ok_or(KeyError::Unusable)?;
    Ok(Digester::new(&key.0))
}

fn new_secret() -> Result<Secret, KeyError> {
    let key = entropy::bytes::<LENGTH>()?.to_vec();
    Ok(Secret {
        metadata: ObjectMeta { name: Some(NAME.to_owned()), ..ObjectMeta::default() },
        data: Some([(KEY.to_owned(), ByteString(key))].into()),
        ..Secret::default()
    })
}
