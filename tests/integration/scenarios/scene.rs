//! One scenario's world: a namespace, an operator, and a server of any sort
//! with people on it whom nobody manages.

use std::{
    fs,
    ops::{Deref, DerefMut},
    path::PathBuf,
    time::{Duration, Instant},
};

use futures::future::BoxFuture;
use kube::api::DynamicObject;
use serde_json::{Value, json};

use super::population::Population;
use crate::support::{
    children,
    objects::{self, Kind, Manifest, PROVIDER},
    proxy::{Proxy, Purpose, Recorded},
    put_server::{self, PatchHabit, PutServer},
    quirk::{Habits, QuirkServer},
    scim_server::{ScimServer, ServerKind},
    site::Site,
    strict::{StrictServer, confirmit},
};

/// A server as somebody with every right finds it, past the proxy. Resources
/// are as RFC 7643 has them; an endpoint is `/Users` or `/Groups`.
pub(crate) trait Stand: Sync {
    fn port(&self) -> u16;

    /// The base path of its endpoints.
    fn base(&self) -> String;

    /// Everything at an endpoint.
    fn everything<'a>(&'a self, endpoint: &'a str) -> BoxFuture<'a, Vec<Value>>;

    /// Somebody else's creation; answers the id.
    fn put_there<'a>(&'a self, endpoint: &'a str, resource: Value) -> BoxFuture<'a, String>;
}

impl Stand for ScimServer {
    fn port(&self) -> u16 {
        self.port()
    }

    fn base(&self) -> String {
        self.kind().base().to_owned()
    }

    fn everything<'a>(&'a self, endpoint: &'a str) -> BoxFuture<'a, Vec<Value>> {
        Box::pin(self.all(endpoint))
    }

    fn put_there<'a>(&'a self, endpoint: &'a str, resource: Value) -> BoxFuture<'a, String> {
        Box::pin(async move {
            let created = self.create(endpoint, &resource).await;
            created["id"].as_str().expect("a server gives ids").to_owned()
        })
    }
}

impl Stand for QuirkServer {
    fn port(&self) -> u16 {
        self.port()
    }

    fn base(&self) -> String {
        self.base()
    }

    fn everything<'a>(&'a self, endpoint: &'a str) -> BoxFuture<'a, Vec<Value>> {
        Box::pin(async move { self.all(endpoint) })
    }

    fn put_there<'a>(&'a self, endpoint: &'a str, resource: Value) -> BoxFuture<'a, String> {
        Box::pin(async move { self.insert(endpoint, resource) })
    }
}

impl Stand for StrictServer {
    fn port(&self) -> u16 {
        self.port()
    }

    fn base(&self) -> String {
        confirmit::BASE.to_owned()
    }

    fn everything<'a>(&'a self, endpoint: &'a str) -> BoxFuture<'a, Vec<Value>> {
        Box::pin(async move { self.all(endpoint) })
    }

    fn put_there<'a>(&'a self, endpoint: &'a str, resource: Value) -> BoxFuture<'a, String> {
        Box::pin(async move { self.insert(endpoint, resource) })
    }
}

impl Stand for PutServer {
    fn port(&self) -> u16 {
        self.port()
    }

    fn base(&self) -> String {
        put_server::BASE.to_owned()
    }

    fn everything<'a>(&'a self, endpoint: &'a str) -> BoxFuture<'a, Vec<Value>> {
        Box::pin(async move { self.all(endpoint) })
    }

    fn put_there<'a>(&'a self, endpoint: &'a str, resource: Value) -> BoxFuture<'a, String> {
        Box::pin(async move { self.insert(endpoint, resource) })
    }
}

/// What is told of a scene before it begins.
pub(crate) struct Setting {
    name: String,
    provider: Box<dyn Fn(Manifest) -> Manifest + Send + Sync>,
    has_api_proxy: bool,
}

impl Setting {
    /// The provider is another one than `objects::provider`.
    pub(crate) fn provider(self, change: impl Fn(Manifest) -> Manifest + Send + Sync + 'static) -> Self {
        Self { provider: Box::new(change), ..self }
    }

    /// The operator reaches the API server through a proxy, too: `Scene::api`.
    pub(crate) fn with_api_proxy(self) -> Self {
        Self { has_api_proxy: true, ..self }
    }

    /// On a server that others wrote.
    pub(crate) async fn on(self, kind: ServerKind) -> Scene<ScimServer> {
        let site = Site::new(&self.name).await;
        let token = format!("token-of-{}", site.namespace);
        let server = ScimServer::start(kind, &site.namespace, &token).await;
        self.open(site, token, server).await
    }

    /// On the quirk server with these habits, in YAML.
    pub(crate) async fn on_habits(self, habits: &str) -> Scene<QuirkServer> {
        let site = Site::new(&self.name).await;
        let token = format!("token-of-{}", site.namespace);
        let server = QuirkServer::start(&token, Habits::read(habits)).await;
        self.open(site, token, server).await
    }

    /// On the server that has no PATCH.
    pub(crate) async fn on_put_server(self, habit: PatchHabit) -> Scene<PutServer> {
        let site = Site::new(&self.name).await;
        let token = format!("token-of-{}", site.namespace);
        let server = PutServer::start(&token, habit).await;
        self.open(site, token, server).await
    }

    /// On the server that makes the names of its users itself.
    pub(crate) async fn on_confirmit(self) -> Scene<StrictServer> {
        let site = Site::new(&self.name).await;
        let token = format!("token-of-{}", site.namespace);
        let server = confirmit::start(&token).await;
        self.provider(|provider| provider.with("profile", "confirmit")).open(site, token, server).await
    }

    async fn open<S: Stand>(self, mut site: Site, token: String, server: S) -> Scene<S> {
        let began = Instant::now();
        let foreign = Population::settle(&server).await;
        let proxy = Proxy::before(server.port(), server.base()).await;
        let mut api = None;
        if self.has_api_proxy {
            let before = Proxy::before_api_server().await;
            site.operator.reach_api_through(&before);
            api = Some(before);
        }
        site.operator.start().await;
        let scene = Scene { site, server, proxy, api, token, foreign, setting: self, began };
        scene.begin().await;
        scene
    }
}

/// A world among others. On any server: `S` is the one it stands on.
pub(crate) struct Scene<S: Stand = ScimServer> {
    site: Site,
    pub(crate) server: S,
    pub(crate) proxy: Proxy,
    api: Option<Proxy>,
    token: String,
    foreign: Population,
    setting: Setting,
    began: Instant,
}

impl<S: Stand> Deref for Scene<S> {
    type Target = Site;

    fn deref(&self) -> &Site {
        &self.site
    }
}

impl<S: Stand> DerefMut for Scene<S> {
    fn deref_mut(&mut self) -> &mut Site {
        &mut self.site
    }
}

impl Scene {
    /// Everything runs on a strict and complete server, and the provider `idp`
    /// is Ready.
    pub(crate) async fn start(name: &str) -> Self {
        Self::set(name).on(ServerKind::Scim2Server).await
    }

    /// A scene of which more is to be told; the name begins the namespace's.
    pub(crate) fn set(name: &str) -> Setting {
        Setting { name: name.to_owned(), provider: Box::new(|provider| provider), has_api_proxy: false }
    }
}

/// How often the operator may ask for something while nothing is to be done,
/// the pages of sweeps and the probes apart: those who stall are tried again
/// from time to time.
const MOST_IDLE_REQUESTS: usize = 20;

impl<S: Stand> Scene<S> {
    /// The proxy before the API server, of a scene with one.
    pub(crate) fn api(&self) -> &Proxy {
        self.api.as_ref().expect("the scene was set with_api_proxy")
    }

    /// Applies the Secret and the provider, and waits until it is Ready.
    async fn begin(&self) {
        self.apply(&self.secret()).await;
        self.apply(&self.provider()).await;
        self.ready(Kind::Provider, PROVIDER).await;
    }

    pub(crate) fn secret(&self) -> Manifest {
        objects::secret(&self.token, "127.0.0.1")
    }

    pub(crate) fn provider(&self) -> Manifest {
        (self.setting.provider)(objects::provider(&self.proxy.url()))
    }

    /// One more of those whom nothing concerns; answers the id.
    pub(crate) async fn foreigner(&mut self, endpoint: &'static str, resource: Value) -> String {
        self.foreign.add(&self.server, endpoint, resource).await
    }

    /// A person of this userName whom nobody manages, and who has to be as they
    /// are at the end; answers the id.
    pub(crate) async fn stranger(&mut self, user_name: &str) -> String {
        let person = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
            "userName": user_name,
            "active": true,
        });
        self.foreigner("/Users", person).await
    }

    /// The id of somebody of the population, by userName or the group's name.
    pub(crate) fn id_of(&self, name: &str) -> String {
        self.foreign.id(name).to_owned()
    }

    /// The requests since a mark that would change something.
    pub(crate) fn writes(&self, mark: usize) -> Vec<Recorded> {
        self.proxy.since(mark).into_iter().filter(Recorded::writes).collect()
    }

    /// That nothing was sent since a mark that would change something.
    pub(crate) fn wrote_nothing(&self, mark: usize) {
        assert!(self.writes(mark).is_empty(), "{:#?}", self.writes(mark));
    }

    /// The resource that an object stands for, as the server holds it.
    pub(crate) async fn on_server(&self, object: &DynamicObject) -> Option<Value> {
        let id = objects::id(object);
        let all = [self.server.everything("/Users").await, self.server.everything("/Groups").await].concat();
        all.into_iter().find(|resource| resource["id"] == id.as_str())
    }

    /// The creations so far.
    pub(crate) fn creations(&self) -> usize {
        self.proxy.since(0).iter().filter(|record| record.purpose() == Purpose::Create).count()
    }

    /// Forgets the process that a fault has killed, and starts another.
    pub(crate) async fn restart(&self) {
        self.operator.forget();
        self.operator.start().await;
    }

    /// The end: things come to rest, nobody else was harmed, and nothing
    /// repeats for ever.
    pub(crate) async fn end(self) {
        self.quiet_time(1).await;
        let (mark, writes) = (self.proxy.mark(), self.operator_writes().await.len());
        self.quiet_time(2).await;
        self.wrote_nothing(mark);
        let asked = self.proxy.work_since(mark);
        assert!(asked.len() <= MOST_IDLE_REQUESTS, "this goes on and on: {asked:#?}");
        // A provider counts what it manages, now and then.
        let mut written = self.operator_writes().await.split_off(writes);
        written.retain(|write| write.resource != "scimproviders/status");
        assert!(written.is_empty(), "this is written again and again: {written:#?}");
        self.is_unharmed(&self.proxy).await;
        self.record();
    }

    /// That nobody of the population was harmed, by what went through this
    /// proxy either.
    pub(crate) async fn is_unharmed(&self, proxy: &Proxy) {
        self.foreign.is_unharmed(&self.server, &proxy.since(0)).await;
    }

    /// The users of this name: one, unless something went wrong.
    pub(crate) async fn users_named(&self, user_name: &str) -> Vec<Value> {
        let users = self.server.everything("/Users").await;
        users.into_iter().filter(|user| user["userName"] == user_name).collect()
    }

    /// Until so many sweeps are through. Where nobody sweeps, because there is
    /// nobody to look after, the time that they would take.
    async fn quiet_time(&self, sweeps: usize) {
        const SWEEP: Duration = Duration::from_secs(3);
        let mark = self.proxy.mark();
        let sweeping = self.proxy.sweeps(mark, sweeps);
        let most = SWEEP * u32::try_from(sweeps + 1).unwrap();
        let _ = tokio::time::timeout(most, sweeping).await;
    }

    /// Tells `make test` that there was this scenario, and how long it took.
    fn record(&self) {
        let Some(folder) = std::env::var_os("SCENARIO_RESULTS").map(PathBuf::from) else { return };
        let thread = std::thread::current();
        let test = thread.name().unwrap_or_default().rsplit("::").next().unwrap_or_default();
        let seconds = self.began.elapsed().as_secs_f64();
        fs::write(folder.join(&self.namespace), format!("{test} {seconds:.1}\n")).unwrap();
    }
}

impl<S: Stand> Drop for Scene<S> {
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
