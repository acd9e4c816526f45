//! How the operator proves who it is, and how it knows the server.

#![expect(unreachable_pub, reason = "KubeSchema repeats each struct inside a function")]

use std::collections::BTreeMap;

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    bounds,
    rules::{auth_has_its_block, header_name_is_free, token_url_is_plain},
    schema,
};

/// How the operator proves who it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, KubeSchema)]
#[x_kube(validation = auth_has_its_block())]
#[serde(rename_all = "camelCase")]
pub struct Auth {
    /// The method. The block of the same name, and no other, is set; None has
    /// no block. Bearer: a token that the server's administrator gave out
    /// (RFC 6750). `OAuth2`: tokens that a token endpoint gives out for client
    /// credentials (RFC 6749 §4.4). Basic: a user name and a password (RFC
    /// 7617). Header: a header of the server's own. None: nothing at all,
    /// only for tests: it needs `allowInsecureHTTP` and a loopback address
    /// in `url`, or a client certificate in `tls`.
    #[serde(rename = "type")]
    pub auth_type: AuthType,

    /// The token, for type Bearer. Absent for every other type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bearer: Option<BearerAuth>,

    /// The token endpoint and the client, for type `OAuth2`. Absent for every
    /// other type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oauth2: Option<OAuth2Auth>,

    /// The user name and the password, for type Basic. Absent for every other
    /// type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub basic: Option<BasicAuth>,

    /// The header, for type Header. Absent for every other type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub header: Option<HeaderAuth>,
}

/// The methods of authentication.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum AuthType {
    #[default]
    Bearer,
    OAuth2,
    Basic,
    Header,
    None,
}

/// A token sent as `Authorization: Bearer …` (RFC 6750).
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct BearerAuth {
    /// The Secret that holds the token. Its annotation
    /// `scim-operator.dev/allowed-hosts` must list the host of `url`, or it
    /// is not sent (`SecretNotAllowed`).
    pub token_secret_ref: SecretKeyRef,
}

/// Client credentials, exchanged for tokens at a token endpoint (RFC 6749
/// §4.4). A token is kept until shortly before it expires.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, KubeSchema)]
#[x_kube(validation = token_url_is_plain())]
#[serde(rename_all = "camelCase")]
pub struct OAuth2Auth {
    /// The token endpoint (RFC 6749 §3.2), for example
    /// `https://login.example.com/oauth2/token`. `http://` only with
    /// `allowInsecureHTTP`. No user name, query or fragment.
    #[serde(rename = "tokenURL")]
    #[schemars(length(min = 1, max = bounds::URL))]
    pub token_url: String,

    /// The Secret that holds the client's id (RFC 6749 §2.2). Its annotation
    /// `scim-operator.dev/allowed-hosts` must list the host of `tokenURL`.
    #[serde(rename = "clientIDSecretRef")]
    pub client_id_secret_ref: SecretKeyRef,

    /// The Secret that holds the client's secret (RFC 6749 §2.3.1). Its
    /// annotation `scim-operator.dev/allowed-hosts` must list the host of
    /// `tokenURL` and, because the tokens are sent there, the host of `url`.
    pub client_secret_secret_ref: SecretKeyRef,

    /// What the token is to permit (RFC 6749 §3.3), for example
    /// `[scim.read, scim.write]`. Absent: what the token endpoint gives by
    /// itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 32), inner(length(min = 1, max = bounds::NAME), pattern(schema::SCOPE_PATTERN)))]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub scopes: Option<Vec<String>>,

    /// For whom the token is, sent as `audience`, where the token endpoint
    /// asks for it. Absent: not sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = bounds::TEXT))]
    pub audience: Option<String>,

    /// Where the client's id and secret go (RFC 6749 §2.3.1). Header: into
    /// `Authorization: Basic …`. Body: into the form, as `client_id` and
    /// `client_secret`. Absent: Header.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auth_style: Option<AuthStyle>,

    /// Further parameters of the token request, for example
    /// `{resource: "https://scim.example.com"}`; at most 16. Not
    /// `grant_type`, `client_id`, `client_secret`, `scope` and `audience`,
    /// which have their own places. Not for secrets. Absent: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::parameters")]
    pub parameters: Option<BTreeMap<String, String>>,
}

/// Where a client's id and secret go in a token request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum AuthStyle {
    #[default]
    Header,
    Body,
}

/// A user name and a password sent as `Authorization: Basic …` (RFC 7617).
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct BasicAuth {
    /// The Secret that holds the user name, which has no colon. Its
    /// annotation `scim-operator.dev/allowed-hosts` must list the host of
    /// `url`.
    pub username_secret_ref: SecretKeyRef,

    /// The Secret that holds the password. Its annotation
    /// `scim-operator.dev/allowed-hosts` must list the host of `url`.
    pub password_secret_ref: SecretKeyRef,
}

/// A header of the server's own.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, KubeSchema)]
#[x_kube(validation = header_name_is_free())]
#[serde(rename_all = "camelCase")]
pub struct HeaderAuth {
    /// The header's name, for example `X-Api-Key`, or `Authorization` for a
    /// scheme of the server's own.
    #[schemars(length(min = 1, max = 128), pattern(schema::HEADER_PATTERN))]
    pub name: String,

    /// What stands before the value, with one space between them: for
    /// example `Token` or `SSWS`. Absent: nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64), pattern(schema::HEADER_PATTERN))]
    pub prefix: Option<String>,

    /// The Secret that holds the value. Its annotation
    /// `scim-operator.dev/allowed-hosts` must list the host of `url`.
    pub value_secret_ref: SecretKeyRef,
}

/// How the server and the operator know each other on the connection.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TlsSettings {
    /// The certificates, as PEM, of those who may issue the server's
    /// certificate and the token endpoint's. They replace the system's.
    /// Absent: the system's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca_bundle_ref: Option<CaBundleRef>,

    /// The certificate with which the operator authenticates itself, beside
    /// what `auth` says. Absent: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_certificate_secret_ref: Option<CertificateSecretRef>,
}

/// A key of a Secret or of a `ConfigMap` that holds certificates.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CaBundleRef {
    /// Secret or `ConfigMap`. A Secret needs no annotation: certificates are
    /// public.
    pub kind: CaBundleKind,

    /// The object's name, for example `corporate-ca`.
    #[schemars(length(min = 1, max = bounds::NAME), pattern(schema::NAME_PATTERN))]
    pub name: String,

    /// The key in the object's data, for example `ca.crt`.
    #[schemars(length(min = 1, max = bounds::NAME), pattern(schema::KEY_PATTERN))]
    pub key: String,
}

/// Where certificates can be kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum CaBundleKind {
    #[default]
    Secret,
    ConfigMap,
}

/// A Secret of type `kubernetes.io/tls`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CertificateSecretRef {
    /// The Secret's name. It has the certificate, with those that lead to its
    /// issuer, under `tls.crt` and its key under `tls.key`, both as PEM. Its
    /// annotation `scim-operator.dev/allowed-hosts` must list the host of
    /// `url`.
    #[schemars(length(min = 1, max = bounds::NAME), pattern(schema::NAME_PATTERN))]
    pub name: String,
}

/// A key of a Secret: of the provider's namespace, or, for a
/// `ClusterScimProvider`, of the operator's.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SecretKeyRef {
    /// The Secret's name, for example `directory-token`. It may be created
    /// later: whoever needs it waits for it.
    #[schemars(length(min = 1, max = bounds::NAME), pattern(schema::NAME_PATTERN))]
    pub name: String,

    /// The key in the Secret's data, for example `token`. White space around
    /// the value is ignored.
    #[schemars(length(min = 1, max = bounds::NAME), pattern(schema::KEY_PATTERN))]
    pub key: String,
}
