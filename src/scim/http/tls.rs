//! Whom a connection trusts, and who it says it is.

use std::fmt;

use base64::{Engine, prelude::BASE64_STANDARD};
use reqwest::{Certificate, Identity};
use rustls::{
    RootCertStore,
    crypto::{CryptoProvider, aws_lc_rs},
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    server::ParsedCertificate,
    sign::CertifiedKey,
};
use secrecy::{ExposeSecret, SecretString};

/// The TLS options of a connection. By default the system's authorities are
/// trusted, and the client says nothing of itself.
#[derive(Clone, Default)]
pub struct Tls {
    /// The authorities that are trusted, as PEM certificates one after the
    /// other. They replace the system's.
    pub roots: Option<Vec<u8>>,
    /// What the client proves itself with, where a server asks for it.
    pub identity: Option<ClientIdentity>,
}

/// A certificate and its key, for mutual TLS.
#[derive(Clone)]
pub struct ClientIdentity {
    /// PEM: the client's own certificate first, then those between it and an
    /// authority that the server knows.
    pub certificate: Vec<u8>,
    /// PEM: the private key (PKCS #8, PKCS #1 or SEC 1), not encrypted.
    pub key: SecretString,
}

/// What of the TLS options cannot be used. Shows nothing of what is in them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TlsError {
    /// The bundle has no certificate, or is not PEM at all.
    #[error("the CA bundle holds no PEM certificate")]
    NoRoots,
    /// One certificate of the bundle is broken; the first is number 1.
    #[error("certificate {0} of the CA bundle cannot be read")]
    BrokenRoot(usize),
    /// The client's certificate is missing, or not PEM at all.
    #[error("the client certificate holds no PEM certificate")]
    NoCertificate,
    /// One certificate of the client's chain is broken; the first is number 1.
    #[error("certificate {0} of the client certificate's chain cannot be read")]
    BrokenCertificate(usize),
    /// The key is missing, or not PEM at all.
    #[error("the client certificate's key holds no PEM private key")]
    NoKey,
    /// Nobody is there to type a pass phrase.
    #[error("the client certificate's key is encrypted: store it without a pass phrase")]
    EncryptedKey,
    /// The key is broken or of a kind that is not known.
    #[error("the client certificate's key cannot be read")]
    BrokenKey,
    /// The key is the key of another certificate.
    #[error("the client certificate's key does not belong to the certificate")]
    KeyMismatch,
}

/// The options in the form that the HTTP client takes.
pub(super) struct Prepared {
    pub(super) roots: Option<Vec<Certificate>>,
    pub(super) identity: Option<Identity>,
}

impl Tls {
    /// Checks every part, so that what is wrong is known before a connection
    /// is tried.
    pub(super) fn prepare(&self) -> Result<Prepared, TlsError> {
        let roots = self.roots.as_deref().map(authorities).transpose()?;
        let identity = self.identity.as_ref().map(ClientIdentity::prepare).transpose()?;
        Ok(Prepared { roots, identity })
    }
}

impl ClientIdentity {
    fn prepare(&self) -> Result<Identity, TlsError> {
        let chain = certificates(&self.certificate, TlsError::NoCertificate, TlsError::BrokenCertificate)?;
        let key = self.private_key()?;
        for (index, certificate) in chain.iter().enumerate() {
            ParsedCertificate::try_from(certificate).map_err(|_| TlsError::BrokenCertificate(index + 1))?;
        }
        let pem = [pem_of_chain(&chain), pem_of_key(&key)].concat();
        let installed = CryptoProvider::get_default().cloned();
        let provider = installed.unwrap_or_else(|| aws_lc_rs::default_provider().into());
        CertifiedKey::from_der(chain, key, &provider).map_err(|error| match error {
            rustls::Error::InconsistentKeys(_) => TlsError::KeyMismatch,
            _ => TlsError::BrokenKey,
        })?;
        Identity::from_pem(pem.as_bytes()).map_err(|_| TlsError::BrokenKey)
    }

    fn private_key(&self) -> Result<PrivateKeyDer<'static>, TlsError> {
        let pem = self.key.expose_secret();
        match PrivateKeyDer::pem_slice_iter(pem.as_bytes()).next() {
            Some(Ok(key)) => Ok(key),
            Some(Err(_)) => Err(TlsError::BrokenKey),
            None if pem.contains("ENCRYPTED PRIVATE KEY") => Err(TlsError::EncryptedKey),
            None => Err(TlsError::NoKey),
        }
    }
}

fn authorities(bundle: &[u8]) -> Result<Vec<Certificate>, TlsError> {
    let certificates = certificates(bundle, TlsError::NoRoots, TlsError::BrokenRoot)?;
    let mut store = RootCertStore::empty();
    let numbered = certificates.into_iter().enumerate();
    let usable = numbered.map(|(index, certificate)| {
        let broken = TlsError::BrokenRoot(index + 1);
        store.add(certificate.clone()).map_err(|_| broken)?;
        Certificate::from_der(&certificate).map_err(|_| broken)
    });
    usable.collect()
}

fn certificates(
    pem: &[u8],
    none: TlsError,
    broken: fn(usize) -> TlsError,
) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let sections = CertificateDer::pem_slice_iter(pem).enumerate();
    let certificates = sections.map(|(index, section)| section.map_err(|_| broken(index + 1)));
    let certificates: Vec<_> = certificates.collect::<Result<_, _>>()?;
    if certificates.is_empty() { Err(none) } else { Ok(certificates) }
}

/// The chain without anything else that was beside it in a file.
fn pem_of_chain(chain: &[CertificateDer<'_>]) -> String {
    chain.iter().map(|certificate| section("CERTIFICATE", certificate)).collect()
}

fn pem_of_key(key: &PrivateKeyDer<'_>) -> String {
    let label = match key {
        PrivateKeyDer::Pkcs1(_) => "RSA PRIVATE KEY",
        PrivateKeyDer::Sec1(_) => "EC PRIVATE KEY",
        _ => "PRIVATE KEY",
    };
    section(label, key.secret_der())
}

fn section(label: &str, der: &[u8]) -> String {
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", BASE64_STANDARD.encode(der))
}

impl fmt::Debug for Tls {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let own_roots = self.roots.is_some();
        formatter
            .debug_struct("Tls")
            .field("own_roots", &own_roots)
            .field("identity", &self.identity)
            .finish()
    }
}

impl fmt::Debug for ClientIdentity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("ClientIdentity").finish_non_exhaustive()
    }
}
