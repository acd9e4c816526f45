//! Credentials out of Secrets: read one by one, never listed, and only sent
//! to hosts that the Secret itself allows.

use std::fmt;

use async_trait::async_trait;
use k8s_openapi::api::core::v1::Secret;
use kube::{Api, Client, ResourceExt};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::RwLock;

use super::objects::in_time;
use crate::{
    api::{SecretKeyRef, names::ALLOWED_HOSTS, reasons},
    scim::credentials::{Credentials, CredentialsError, Header, bearer},
    sync::outcome::Because,
};

/// A bearer token in a Secret.
pub(super) struct BearerSecret {
    client: Client,
    namespace: String,
    reference: SecretKeyRef,
    /// The host that the token is sent to.
    host: String,
    token: RwLock<SecretString>,
}

impl fmt::Display for BearerSecret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Secret {}, key {}", self.reference.name, self.reference.key)
    }
}

impl fmt::Debug for BearerSecret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("BearerSecret").field("name", &self.reference.name).finish_non_exhaustive()
    }
}

impl BearerSecret {
    /// Reads the token for the first time.
    pub(super) async fn read(
        client: Client,
        namespace: String,
        reference: SecretKeyRef,
        host: String,
    ) -> Result<Self, Because> {
        let token = read(&client, &namespace, &reference, &host).await?;
        Ok(Self { client, namespace, reference, host, token: RwLock::new(token) })
    }

    /// Reads the token again; whether it is another one now.
    /// While the API server does not answer, the known one is kept.
    pub(super) async fn refresh(&self) -> Result<bool, Because> {
        let token = match read(&self.client, &self.namespace, &self.reference, &self.host).await {
            Err(because) if because.reason == reasons::PROGRESSING => return Ok(false),
            token => token?,
        };
        let mut known = self.token.write().await;
        let is_another = known.expose_secret() != token.expose_secret();
        *known = token;
        Ok(is_another)
    }
}

#[async_trait]
impl Credentials for BearerSecret {
    async fn header(&self) -> Result<Option<Header>, CredentialsError> {
        Ok(Some(bearer(&*self.token.read().await)?))
    }

    async fn renew(&self) -> bool {
        // A Secret that cannot be read now leaves the old token, and the 401 stands.
        self.refresh().await.unwrap_or_default()
    }
}

async fn read(
    client: &Client,
    namespace: &str,
    reference: &SecretKeyRef,
    host: &str,
) -> Result<SecretString, Because> {
    let SecretKeyRef { name, key } = reference;
    let secrets: Api<Secret> = Api::namespaced(client.clone(), namespace);
    let secret = in_time(secrets.get_opt(name)).await.map_err(|error| {
        Because::new(reasons::PROGRESSING, format!("the Secret {name} cannot be read now: {error}"))
    })?;
    let secret = secret.ok_or_else(|| {
        let message = format!("there is no Secret {name} in this namespace. Create it with the key {key}.");
        Because::new(reasons::SECRET_NOT_FOUND, message)
    })?;
    check_host(&secret, name, host)?;
    let value = secret.data.as_ref().and_then(|data| data.get(key)).ok_or_else(|| {
        Because::new(reasons::SECRET_NOT_FOUND, format!("the Secret {name} has no key {key}. Add it."))
    })?;
    let value = std::str::from_utf8(&value.0).map(str::trim).ok().filter(|value| !value.is_empty());
    let value = value.ok_or_else(|| {
        let message =
            format!("the key {key} of the Secret {name} is empty or not text. Put the token there.");
        Because::new(reasons::SECRET_NOT_FOUND, message)
    })?;
    Ok(SecretString::from(value))
}

/// Whoever may create a provider could otherwise read any Secret of the
/// namespace by having it sent home.
fn check_host(secret: &Secret, name: &str, host: &str) -> Result<(), Because> {
    let allowed = secret.annotations().get(ALLOWED_HOSTS).map(String::as_str).unwrap_or_default();
    if allowed.split(',').any(|entry| entry.trim().eq_ignore_ascii_case(host)) {
        return Ok(());
    }
    Err(Because::new(
        reasons::SECRET_NOT_ALLOWED,
        format!(
            "the Secret {name} may not be sent to {host}. If it is meant for that host, annotate it: kubectl annotate \
             secret {name} {ALLOWED_HOSTS}={host}"
        ),
    ))
}

#[cfg(test)]
mod tests {
    use kube::api::ObjectMeta;

    use super::*;

    fn allowed(annotation: &str, host: &str) -> bool {
        let annotations = [(ALLOWED_HOSTS.to_owned(), annotation.to_owned())].into();
        let metadata = ObjectMeta { annotations: Some(annotations), ..ObjectMeta::default() };
        check_host(&Secret { metadata, ..Secret::default() }, "token", host).is_ok()
    }

    #[test]
    fn a_secret_goes_only_to_a_host_that_it_names() {
        assert!(allowed("idp.example.com", "idp.example.com"));
        assert!(allowed("login.example.com, IDP.example.com", "idp.example.com"));
        assert!(!allowed("", "idp.example.com"));
        assert!(!allowed("example.com", "idp.example.com"));
        assert!(!allowed("idp.example.com.evil.example", "idp.example.com"));
        assert!(!allowed("*", "idp.example.com"));
    }

    #[test]
    fn a_secret_without_the_annotation_goes_nowhere() {
        let refusal = check_host(&Secret::default(), "token", "idp.example.com").unwrap_err();
        assert_eq!(refusal.reason, reasons::SECRET_NOT_ALLOWED);
        assert!(refusal.message.contains("kubectl annotate secret token"));
    }
}
