//! Whom a connection trusts, and what is told when it cannot be made safe.

use std::{collections::BTreeMap, net::SocketAddr, sync::Arc};

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose,
    date_time_ymd,
};
use rustls::{
    RootCertStore, ServerConfig, SupportedProtocolVersion,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    server::WebPkiClientVerifier,
    version::{TLS12, TLS13},
};
use scim_operator::scim::{
    address::AddressPolicy,
    client::Client,
    credentials::{
        Anonymous, Credentials,
        oauth2::{ClientSecret, OAuth2, Style, TokenRequest},
    },
    endpoint::{Endpoint, TokenUrl},
    error::{Error, ErrorKind},
    http::{BuildError, ClientIdentity, Http, Limits, Tls, TlsError},
    port::{PageRequest, Port, ResourceType::User},
    profile::Dialect,
};
use secrecy::{ExposeSecret, SecretString};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use tokio_rustls::TlsAcceptor;

use crate::raw::{SCIM, answer};

/// The only thing that every server here answers: a list to whoever lists, a
/// token to whoever asks for one.
const BODY: &str = r#"{"totalResults": 0, "access_token": "token"}"#;

/// Whoever signs certificates.
struct Authority(CertifiedIssuer<'static, KeyPair>);

/// A certificate and its key, in PEM.
#[derive(Clone)]
struct Pair {
    certificate: String,
    key: String,
}

impl Authority {
    fn new(name: &str) -> Self {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    fn issue(&self, name: &str, change: impl FnOnce(&mut CertificateParams)) -> Pair {
        let mut params = CertificateParams::new([name.to_owned()]).unwrap();
        change(&mut params);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.0).unwrap();
        Pair { certificate: certificate.pem(), key: key.serialize_pem() }
    }

    fn trusted(&self) -> Tls {
        Tls { roots: Some(self.0.pem().into_bytes()), identity: None }
    }

    fn store(&self) -> RootCertStore {
        let mut store = RootCertStore::empty();
        store.add(self.0.der().clone()).unwrap();
        store
    }
}

impl Pair {
    fn identity(&self) -> ClientIdentity {
        ClientIdentity {
            certificate: self.certificate.clone().into_bytes(),
            key: SecretString::from(self.key.clone()),
        }
    }
}

fn expired(params: &mut CertificateParams) {
    (params.not_before, params.not_after) = (date_time_ymd(2020, 1, 1), date_time_ymd(2021, 2, 3));
}

/// Answers over TLS; with an authority for clients, only those it signed for.
async fn server(pair: &Pair, clients: Option<&Authority>) -> SocketAddr {
    server_of(pair, clients, &[&TLS12, &TLS13]).await
}

async fn server_of(
    pair: &Pair,
    clients: Option<&Authority>,
    versions: &[&'static SupportedProtocolVersion],
) -> SocketAddr {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider));
    let builder = builder.with_protocol_versions(versions).unwrap();
    let builder = match clients {
        Some(authority) => {
            let roots = Arc::new(authority.store());
            let verifier = WebPkiClientVerifier::builder_with_provider(roots, provider).build();
            builder.with_client_cert_verifier(verifier.unwrap())
        }
        None => builder.with_no_client_auth(),
    };
    let chain = CertificateDer::pem_slice_iter(pair.certificate.as_bytes()).map(Result::unwrap).collect();
    let key = PrivateKeyDer::from_pem_slice(pair.key.as_bytes()).unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(builder.with_single_cert(chain, key).unwrap()));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (connection, _) = listener.accept().await.unwrap();
            tokio::spawn(serve(acceptor.clone(), connection));
        }
    });
    address
}

async fn serve(acceptor: TlsAcceptor, connection: TcpStream) {
    match acceptor.accept(connection).into_fallible().await {
        Ok(mut connection) => {
            let _ = connection.read(&mut [0; 4096]).await;
            let _ = connection.write_all(&answer("200 OK", &[SCIM], BODY)).await;
            let _ = connection.shutdown().await;
        }
        // What the client sent meanwhile is read, or its end would reach the
        // client before the reason.
        Err((_, mut connection)) => while connection.read(&mut [0; 4096]).await.is_ok_and(|read| read > 0) {},
    }
}

async fn list(address: SocketAddr, tls: &Tls) -> Result<(), Error> {
    let addresses = AddressPolicy::new(["127.0.0.1"], []);
    let http = Http::new(Arc::new(Anonymous), addresses, Limits::default(), tls).unwrap();
    let client = Client::new(
        Endpoint::parse(&format!("https://{address}"), false).unwrap(),
        Arc::new(Dialect::standard(&serde_json::Map::new()).unwrap()),
        http,
    );
    client.list(User, PageRequest { start_index: 1, count: 1, by_search: false }).await.map(drop)
}

async fn refused(address: SocketAddr, tls: &Tls, words: &str) {
    let error = list(address, tls).await.unwrap_err();
    let detail = error.detail.unwrap_or_default();
    assert_eq!(error.kind, ErrorKind::Tls, "{detail}");
    assert!(detail.contains(words), "{words} is missing in {detail}");
}

#[tokio::test]
async fn the_authorities_of_the_bundle_are_trusted_and_no_others() {
    let (own, other) = (Authority::new("own"), Authority::new("other"));
    let server = server(&own.issue("127.0.0.1", |_| ()), None).await;
    list(server, &own.trusted()).await.unwrap();
    let both = format!("# both\n{}\n{}", other.0.pem(), own.0.pem());
    list(server, &Tls { roots: Some(both.into_bytes()), identity: None }).await.unwrap();
    for tls in [other.trusted(), Tls::default()] {
        refused(server, &tls, "issued by an authority that is not trusted here").await;
    }
}

#[tokio::test]
async fn what_is_wrong_with_the_servers_certificate_is_told_apart() {
    let own = Authority::new("own");
    let future = |params: &mut CertificateParams| params.not_before = date_time_ymd(4000, 1, 1);
    let authority = |params: &mut CertificateParams| params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let client_only = |params: &mut CertificateParams| {
        params.insert_extended_key_usage(rcgen::ExtendedKeyUsagePurpose::ClientAuth);
    };
    for (pair, words) in [
        (own.issue("127.0.0.1", expired), "the server's certificate expired at 2021-02-03T00:00:00Z"),
        (own.issue("127.0.0.1", future), "is not valid before 4000-01-01"),
        (own.issue("idp.example.com", |_| ()), "is for idp.example.com, not for 127.0.0.1"),
        (own.issue("192.0.2.1", |_| ()), "is for 192.0.2.1, not for 127.0.0.1"),
        (own.issue("127.0.0.1", authority), "one of an authority (CA:TRUE)"),
        (own.issue("127.0.0.1", client_only), "not meant for a server"),
    ] {
        let server = server(&pair, None).await;
        refused(server, &own.trusted(), words).await;
    }
}

#[tokio::test]
async fn a_server_that_asks_for_a_client_certificate_gets_it() {
    let (own, clients, strangers) =
        (Authority::new("own"), Authority::new("clients"), Authority::new("strangers"));
    let pair = own.issue("127.0.0.1", |_| ());
    for version in [&TLS12, &TLS13] {
        let server = server_of(&pair, Some(&clients), &[version]).await;
        let with = |pair: Pair| Tls { identity: Some(pair.identity()), ..own.trusted() };
        list(server, &with(clients.issue("operator", |_| ()))).await.unwrap();
        refused(server, &own.trusted(), "client certificate, and none is set up").await;
        let stranger = with(strangers.issue("operator", |_| ()));
        refused(server, &stranger, "does not accept the client certificate: it does not know the authority")
            .await;
        let old = with(clients.issue("operator", expired));
        refused(server, &old, "does not accept the client certificate: it has expired").await;
    }
}

#[tokio::test]
async fn a_server_that_asks_for_no_client_certificate_gets_none() {
    let own = Authority::new("own");
    let server = server(&own.issue("127.0.0.1", |_| ()), None).await;
    let identity = Some(own.issue("operator", |_| ()).identity());
    list(server, &Tls { identity, ..own.trusted() }).await.unwrap();
}

#[tokio::test]
async fn a_token_endpoint_is_asked_over_the_same_tls() {
    let (own, clients) = (Authority::new("own"), Authority::new("clients"));
    let server = server(&own.issue("127.0.0.1", |_| ()), Some(&clients)).await;
    let identity = Some(clients.issue("operator", |_| ()).identity());
    let token = async |tls: &Tls| {
        let request = TokenRequest {
            token_url: TokenUrl::parse(&format!("https://{server}/token"), false).unwrap(),
            scopes: Vec::new(),
            audience: None,
            style: Style::Header,
            parameters: BTreeMap::new(),
        };
        let secret = ClientSecret { id: "operator".into(), secret: "opensesame".into() };
        let addresses = AddressPolicy::new(["127.0.0.1"], []);
        OAuth2::new(request, secret, addresses, tls).unwrap().header().await
    };
    assert!(token(&Tls { identity, ..own.trusted() }).await.unwrap().is_some());
    for (tls, words) in [
        (Tls::default(), "the token endpoint at 127.0.0.1: the server's certificate was issued by"),
        (own.trusted(), "client certificate, and none is set up"),
    ] {
        let error = token(&tls).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Tls, "{error}");
        assert!(error.detail.contains(words), "{error}");
    }
}

fn unusable(tls: &Tls) -> Option<TlsError> {
    let made = Http::new(Arc::new(Anonymous), AddressPolicy::default(), Limits::default(), tls);
    match made {
        Err(BuildError::Tls(error)) => Some(error),
        _ => None,
    }
}

#[test]
fn a_bundle_that_cannot_be_used_is_told_by_its_part() {
    let own = Authority::new("own").0.pem();
    let section =
        |base64: &str| format!("-----BEGIN CERTIFICATE-----\n{base64}\n-----END CERTIFICATE-----\n");
    for (bundle, error) in [
        (String::new(), TlsError::NoRoots),
        ("not PEM".to_owned(), TlsError::NoRoots),
        (KeyPair::generate().unwrap().serialize_pem(), TlsError::NoRoots),
        (section("AAAA"), TlsError::BrokenRoot(1)),
        (format!("{own}{}", section("no base64!")), TlsError::BrokenRoot(2)),
        (format!("{own}-----BEGIN CERTIFICATE-----\nAAAA"), TlsError::BrokenRoot(2)),
    ] {
        assert_eq!(
            unusable(&Tls { roots: Some(bundle.clone().into_bytes()), identity: None }),
            Some(error),
            "{bundle}"
        );
    }
}

#[test]
fn a_client_certificate_that_cannot_be_used_is_told_by_its_part() {
    let own = Authority::new("own");
    let (one, two) = (own.issue("operator", |_| ()), own.issue("operator", |_| ()));
    let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    let encrypted = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n";
    let broken_key = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
    let chain = format!("{}{broken}", one.certificate);
    for (certificate, key, error) in [
        ("", &*one.key, TlsError::NoCertificate),
        (&*one.key, &one.key, TlsError::NoCertificate),
        (broken, &one.key, TlsError::BrokenCertificate(1)),
        (&*chain, &one.key, TlsError::BrokenCertificate(2)),
        (&*one.certificate, "", TlsError::NoKey),
        (&*one.certificate, &*one.certificate, TlsError::NoKey),
        (&*one.certificate, encrypted, TlsError::EncryptedKey),
        (&*one.certificate, broken_key, TlsError::BrokenKey),
        (&*one.certificate, &*two.key, TlsError::KeyMismatch),
    ] {
        let pair = Pair { certificate: certificate.to_owned(), key: key.to_owned() };
        assert_eq!(unusable(&Tls { roots: None, identity: Some(pair.identity()) }), Some(error));
    }
}

#[test]
fn nothing_that_is_shown_of_the_options_holds_the_key() {
    let own = Authority::new("own");
    let pair = own.issue("operator", |_| ());
    let tls = Tls { identity: Some(pair.identity()), ..own.trusted() };
    let shown = format!("{tls:?}");
    assert_eq!(shown, "Tls { own_roots: true, identity: Some(ClientIdentity { .. }) }");
    assert_eq!(tls.identity.unwrap().key.expose_secret(), pair.key);
}
