//! Who stands behind a proxy.

use std::{io, path::Path, sync::Arc};

use kube::{
    Config,
    config::{KubeConfigOptions, Kubeconfig},
};
use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, ServerName},
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
};
use tokio_rustls::TlsConnector;

pub(crate) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// A server at a port of this machine.
#[derive(Clone)]
pub(crate) struct Upstream {
    port: u16,
    /// Whom to trust, where it speaks TLS.
    tls: Option<Arc<ClientConfig>>,
}

impl Upstream {
    /// One that speaks plainly.
    pub(crate) fn plain(port: u16) -> Self {
        Self { port, tls: None }
    }

    /// The API server that this kubeconfig is for.
    pub(crate) async fn api_server(kubeconfig: &Path) -> Self {
        let kubeconfig = Kubeconfig::read_from(kubeconfig).unwrap();
        let config = Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await.unwrap();
        let mut roots = RootCertStore::empty();
        for root in config.root_cert.expect("the API server has an authority of its own") {
            roots.add(CertificateDer::from(root)).unwrap();
        }
        let tls = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
        let port = config.cluster_url.port_u16().expect("the API server has a port of its own");
        Self { port, tls: Some(Arc::new(tls)) }
    }

    /// Whether it is the API server: there, watches never end.
    pub(super) fn is_api_server(&self) -> bool {
        self.tls.is_some()
    }

    pub(super) async fn connect(&self) -> io::Result<Box<dyn Stream>> {
        let stream = TcpStream::connect(("127.0.0.1", self.port)).await?;
        stream.set_nodelay(true)?;
        let Some(tls) = &self.tls else { return Ok(Box::new(stream)) };
        let name = ServerName::try_from("127.0.0.1").expect("this is an address");
        Ok(Box::new(TlsConnector::from(Arc::clone(tls)).connect(name, stream).await?))
    }
}
