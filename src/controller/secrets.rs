//! What Secrets and `ConfigMaps` hold: read one by one, never listed, and used
//! only for hosts that the Secret itself allows.

use std::fmt::Write as _;

use k8s_openapi::{
    ByteString,
    api::core::v1::{ConfigMap, Secret},
};
use kube::{Api, Client, ResourceExt};
use secrecy::SecretString;

use super::objects::{ObjectError, in_time};
use crate::{
    api::{CaBundleKind, CaBundleRef, CertificateSecretRef, SecretKeyRef, names::ALLOWED_HOSTS, reasons},
    scim::http::ClientIdentity,
    sync::outcome::Because,
};

/// Where a Secret of type `kubernetes.io/tls` has its two parts.
const CERTIFICATE: &str = "tls.crt";
const PRIVATE_KEY: &str = "tls.key";

/// The Secrets and `ConfigMaps` of one namespace.
#[derive(Clone)]
pub(super) struct Secrets {
    client: Client,
    namespace: String,
    /// How people are told which namespace that is.
    place: String,
}

impl Secrets {
    /// Those of the namespace in which whoever names them is.
    pub(super) fn of_namespace(client: Client, namespace: String) -> Self {
        Self { client, namespace, place: "in this namespace".to_owned() }
    }

    /// Those of the operator's namespace, for what belongs to no namespace.
    pub(super) fn of_operator(client: Client, namespace: String) -> Self {
        let place = format!("in the operator's namespace {namespace}");
        Self { client, namespace, place }
    }

    /// A value that is going to be sent to these hosts.
    pub(super) async fn value(
        &self,
        reference: &SecretKeyRef,
        hosts: &[&str],
    ) -> Result<SecretString, Because> {
        let SecretKeyRef { name, key } = reference;
        let secret = self.allowed(name, hosts).await?;
        let value = std::str::from_utf8(self.part(&secret, name, key)?).map(str::trim).ok();
        let value = value.filter(|value| !value.is_empty()).ok_or_else(|| {
            not_found(format!(
                "the key {key} of the Secret {name} is empty or not text. Put the value there."
            ))
        })?;
        Ok(SecretString::from(value))
    }

    /// A certificate that is going to be shown to this host, with its key.
    pub(super) async fn certificate(
        &self,
        reference: &CertificateSecretRef,
        host: &str,
    ) -> Result<ClientIdentity, Because> {
        let name = &reference.name;
        let secret = self.allowed(name, &[host]).await?;
        let certificate = self.part(&secret, name, CERTIFICATE)?.to_vec();
        let key = std::str::from_utf8(self.part(&secret, name, PRIVATE_KEY)?).map_err(|_| {
            not_found(format!(
                "the key {PRIVATE_KEY} of the Secret {name} is not PEM. Put the private key there."
            ))
        })?;
        Ok(ClientIdentity { certificate, key: SecretString::from(key) })
    }

    /// The certificates of those who may issue a server's.
    pub(super) async fn authorities(&self, reference: &CaBundleRef) -> Result<Vec<u8>, Because> {
        let CaBundleRef { kind, name, key } = reference;
        let part = match kind {
            CaBundleKind::Secret => {
                let secret = self.secret(name).await?;
                secret.data.and_then(|mut data| data.remove(key)).map(|ByteString(bytes)| bytes)
            }
            CaBundleKind::ConfigMap => self.config_map_part(name, key).await?,
        };
        part.ok_or_else(|| {
            not_found(format!("the {kind:?} {name} has no key {key}. Add it, with certificates as PEM."))
        })
    }

    async fn config_map_part(&self, name: &str, key: &str) -> Result<Option<Vec<u8>>, Because> {
        let api: Api<ConfigMap> = Api::namespaced(self.client.clone(), &self.namespace);
        let found =
            in_time(api.get_opt(name)).await.map_err(|error| unreadable("ConfigMap", name, &error))?;
        let map = found.ok_or_else(|| not_found(self.missing("ConfigMap", name)))?;
        let text = map.data.and_then(|mut data| data.remove(key)).map(String::into_bytes);
        let binary = || map.binary_data.and_then(|mut data| data.remove(key)).map(|ByteString(bytes)| bytes);
        Ok(text.or_else(binary))
    }

    /// Whoever may name a Secret could otherwise read it by having it sent
    /// home.
    async fn allowed(&self, name: &str, hosts: &[&str]) -> Result<Secret, Because> {
        let secret = self.secret(name).await?;
        for host in hosts {
            check_host(&secret, name, host)?;
        }
        Ok(secret)
    }

    async fn secret(&self, name: &str) -> Result<Secret, Because> {
        let api: Api<Secret> = Api::namespaced(self.client.clone(), &self.namespace);
        let found = in_time(api.get_opt(name)).await.map_err(|error| unreadable("Secret", name, &error))?;
        found.ok_or_else(|| not_found(self.missing("Secret", name)))
    }

    fn part<'a>(&self, secret: &'a Secret, name: &str, key: &str) -> Result<&'a [u8], Because> {
        let part = secret.data.as_ref().and_then(|data| data.get(key));
        part.map(|ByteString(bytes)| bytes.as_slice())
            .ok_or_else(|| not_found(format!("the Secret {name} {} has no key {key}. Add it.", self.place)))
    }

    fn missing(&self, kind: &str, name: &str) -> String {
        format!("there is no {kind} {name} {}. Create it, and this goes on by itself.", self.place)
    }
}

fn check_host(secret: &Secret, name: &str, host: &str) -> Result<(), Because> {
    let allowed = secret.annotations().get(ALLOWED_HOSTS).map(String::as_str).unwrap_or_default();
    if allowed.split(',').any(|entry| entry.trim().eq_ignore_ascii_case(host)) {
        return Ok(());
    }
    let mut message = format!(
        "the Secret {name} may not be sent to {host}. If it is meant for that host, annotate it: kubectl annotate \
         --overwrite secret {name} {ALLOWED_HOSTS}="
    );
    if !allowed.trim().is_empty() {
        let _ = write!(message, "{},", allowed.trim());
    }
    message.push_str(host);
    Err(Because::new(reasons::SECRET_NOT_ALLOWED, message))
}

fn not_found(message: String) -> Because {
    Because::new(reasons::SECRET_NOT_FOUND, message)
}

/// The API server does not answer, or does not let the operator read: what is
/// known from before goes on being used.
fn unreadable(kind: &str, name: &str, error: &ObjectError) -> Because {
    Because::new(reasons::PROGRESSING, format!("the {kind} {name} cannot be read now: {error}"))
}

#[cfg(test)]
mod tests {
    use kube::api::ObjectMeta;

    use super::*;

    fn check(annotation: Option<&str>, host: &str) -> Result<(), Because> {
        let annotations = annotation.map(|hosts| [(ALLOWED_HOSTS.to_owned(), hosts.to_owned())].into());
        let metadata = ObjectMeta { annotations, ..ObjectMeta::default() };
        check_host(&Secret { metadata, ..Secret::default() }, "token", host)
    }

    #[test]
    fn a_secret_goes_only_to_a_host_that_it_names() {
        let allowed = |annotation, host| check(Some(annotation), host).is_ok();
        assert!(allowed("idp.example.com", "idp.example.com"));
        assert!(allowed("login.example.com, IDP.example.com", "idp.example.com"));
        assert!(!allowed("", "idp.example.com"));
        assert!(!allowed("example.com", "idp.example.com"));
        assert!(!allowed("idp.example.com.evil.example", "idp.example.com"));
        assert!(!allowed("*", "idp.example.com"));
    }

    #[test]
    fn a_secret_without_the_annotation_goes_nowhere_and_says_how_to_allow_it() {
        let refusal = check(None, "idp.example.com").unwrap_err();
        assert_eq!(refusal.reason, reasons::SECRET_NOT_ALLOWED);
        assert!(refusal.message.ends_with("secret token scim-operator.dev/allowed-hosts=idp.example.com"));
        let refusal = check(Some("login.example.com"), "idp.example.com").unwrap_err();
        assert!(refusal.message.ends_with("allowed-hosts=login.example.com,idp.example.com"));
    }
}
