//! A world for one test: a namespace, a SCIM server behind a proxy, and the
//! operator between them.

use std::ops::{Deref, DerefMut};

use serde_json::Value;

use super::{
    children,
    objects::{self, Kind, Manifest, PROVIDER},
    proxy::Proxy,
    scim_server::{ScimServer, ServerKind},
    site::Site,
    wait,
};

pub(crate) struct World {
    site: Site,
    pub(crate) server: ScimServer,
    pub(crate) proxy: Proxy,
}

impl Deref for World {
    type Target = Site;

    fn deref(&self) -> &Site {
        &self.site
    }
}

impl DerefMut for World {
    fn deref_mut(&mut self) -> &mut Site {
        &mut self.site
    }
}

impl World {
    /// Everything runs, and the provider `idp` is Ready.
    pub(crate) async fn start(name: &str) -> Self {
        Self::start_on(ServerKind::Scim2Server, name).await
    }

    /// The same on a certain server.
    pub(crate) async fn start_on(kind: ServerKind, name: &str) -> Self {
        let world = Self::without_operator_on(kind, name).await;
        world.operator.start().await;
        world.apply_provider().await;
        world.ready(Kind::Provider, PROVIDER).await;
        world
    }

    /// Everything runs, but there is no provider and no Secret yet.
    pub(crate) async fn with_operator(name: &str) -> Self {
        let world = Self::without_operator(name).await;
        world.operator.start().await;
        world
    }

    /// A namespace and a server.
    pub(crate) async fn without_operator(name: &str) -> Self {
        Self::without_operator_on(ServerKind::Scim2Server, name).await
    }

    /// The same with a certain server.
    pub(crate) async fn without_operator_on(kind: ServerKind, name: &str) -> Self {
        let site = Site::new(name).await;
        let server = ScimServer::start(kind, &site.namespace, &format!("token-of-{}", site.namespace)).await;
        Self { proxy: Proxy::start(&server).await, server, site }
    }

    /// The Secret and the provider as they should be.
    pub(crate) async fn apply_provider(&self) {
        self.apply(&self.secret()).await;
        self.apply(&self.provider()).await;
    }

    pub(crate) fn secret(&self) -> Manifest {
        objects::secret(self.server.token(), "127.0.0.1")
    }

    pub(crate) fn provider(&self) -> Manifest {
        objects::provider(&self.proxy.url())
    }

    /// Until the server holds what `matches` wants at this endpoint.
    pub(crate) async fn server_until(
        &self,
        endpoint: &str,
        what: &str,
        matches: impl Fn(&[Value]) -> bool,
    ) -> Vec<Value> {
        wait::poll(what, wait::DEADLINE, || async {
            let all = self.server.all(endpoint).await;
            if matches(&all) { Ok(all) } else { Err(format!("{all:#?}")) }
        })
        .await
    }
}

impl Drop for World {
    fn drop(&mut self) {
        if std::thread::panicking() {
            children::keep_run_directory();
            eprintln!(
                "--- requests of {}: {:#?}\n--- log: {}",
                self.namespace,
                self.proxy.since(self.proxy.mark().saturating_sub(40)),
                self.operator.log_tail()
            );
        }
    }
}
