//! The clients of the API server: one for the lease and for what comes before
//! it, one for the work.

use std::sync::Arc;

use http::{Method, Request};
use kube::{
    Client, Config,
    client::{Body, ClientBuilder},
};
use tower::{filter::FilterLayer, util::MapResponseLayer};

use super::shallow::shallow;
use crate::runtime::lease::Tenure;

/// A client that reads and writes. Nobody else's calls are in its way.
pub(super) fn plain(config: &Config) -> kube::Result<Client> {
    Ok(ClientBuilder::try_from(in_the_open(config))?.build())
}

/// A client that writes only while the lease is held, and reads nothing that
/// is nested too deeply.
pub(super) fn working(config: &Config, tenure: Arc<Tenure>) -> kube::Result<Client> {
    let fence = FilterLayer::new(move |request: Request<Body>| lets_out(&tenure, request));
    let builder = ClientBuilder::try_from(in_the_open(config))?;
    Ok(builder.with_layer(&MapResponseLayer::new(shallow)).with_layer(&fence).build())
}

/// Failed calls are repeated where they are seen and counted, and not behind
/// our back, where a call would last for minutes.
fn in_the_open(config: &Config) -> Config {
    let mut config = config.clone();
    config.default_retry = false;
    config
}

/// A write that was not sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not written: this process does not hold the lease")]
struct NotLeading;

fn lets_out<B>(tenure: &Tenure, request: Request<B>) -> Result<Request<B>, NotLeading> {
    if request.method() == Method::GET || tenure.stands() { Ok(request) } else { Err(NotLeading) }
}

#[cfg(test)]
mod tests {
    use std::{
        sync::atomic::{AtomicUsize, Ordering},
        time::Duration,
    };

    use axum::{Router, http::StatusCode};
    use k8s_openapi::api::core::v1::ConfigMap;
    use kube::{Api, api::PostParams};
    use tokio::net::TcpListener;

    use super::*;
    use crate::sync::lease::Terms;

    /// An API server that is out of order, and how often it was asked.
    async fn out_of_order() -> (Config, Arc<AtomicUsize>) {
        // Whoever comes first installs it for all.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let asked = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&asked);
        let router = Router::new().fallback(move || {
            count.fetch_add(1, Ordering::SeqCst);
            async { (StatusCode::SERVICE_UNAVAILABLE, [("retry-after", "0")], "{}") }
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async { axum::serve(listener, router).await });
        (Config::new(url.parse().unwrap()), asked)
    }

    fn tenure() -> Arc<Tenure> {
        let [duration, deadline, interval] = [60, 40, 5].map(Duration::from_secs);
        Arc::new(Tenure::new(Terms::new(duration, deadline, interval).unwrap(), Arc::default()))
    }

    #[tokio::test]
    async fn a_failed_call_is_not_repeated_behind_our_back() {
        let (config, asked) = out_of_order().await;
        for (client, calls) in [(plain(&config).unwrap(), 1), (working(&config, tenure()).unwrap(), 2)] {
            assert!(Api::<ConfigMap>::namespaced(client, "a").get("b").await.is_err());
            assert_eq!(asked.load(Ordering::SeqCst), calls);
        }
    }

    #[tokio::test]
    async fn without_the_lease_nothing_is_written() {
        let (config, asked) = out_of_order().await;
        let tenure = tenure();
        let client = working(&config, Arc::clone(&tenure)).unwrap();
        let objects: Api<ConfigMap> = Api::namespaced(client, "a");
        let write = async || {
            let error = objects.create(&PostParams::default(), &ConfigMap::default()).await.unwrap_err();
            (error.to_string().contains("does not hold the lease"), asked.load(Ordering::SeqCst))
        };
        assert_eq!(write().await, (true, 0), "before it is held");
        tenure.written(tenure.now());
        assert_eq!(write().await, (false, 1), "while it is held");
        tenure.end();
        assert_eq!(write().await, (true, 1), "after it was lost");
    }
}
