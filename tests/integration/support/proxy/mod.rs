//! A reverse proxy between the operator and a server, its SCIM server or the
//! API server: it records every request, and rules may hold, replace, alter or cut single ones. What no
//! rule is for goes through as it is.

pub(crate) mod record;
pub(crate) mod rule;
pub(crate) mod upstream;
mod watches;
pub(crate) mod wire;

use std::{
    io,
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::{
    io::BufReader,
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinHandle,
};

pub(crate) use self::{
    record::{Purpose, Recorded, purposes},
    rule::{Ending, Gate, Match, Rule, RuleMaker},
    wire::Answer,
};
use self::{rule::Exchange, upstream::Upstream, watches::Watches, wire::Request};
use super::{control_plane::control_plane, objects::Kind, scim_server::ScimServer, wait::DEADLINE};

pub(crate) struct Proxy {
    port: u16,
    shared: Arc<Shared>,
    accepting: JoinHandle<()>,
}

struct Shared {
    server: Upstream,
    /// Of the server's endpoints.
    base: String,
    rules: Mutex<Vec<Arc<Rule>>>,
    records: watch::Sender<Vec<Recorded>>,
    watches: Watches,
}

impl Proxy {
    /// Stands before a server, on a port of its own.
    pub(crate) async fn start(server: &ScimServer) -> Self {
        Self::before(server.port(), server.kind().base()).await
    }

    /// Stands before whatever serves SCIM at a port, below a base path.
    pub(crate) async fn before(server: u16, base: impl Into<String>) -> Self {
        Self::before_any(Upstream::plain(server), base.into()).await
    }

    /// Stands before the API server. `Operator::reach_api_through` sends the
    /// operator there.
    pub(crate) async fn before_api_server() -> Self {
        let server = Upstream::api_server(&control_plane().operator_kubeconfig).await;
        Self::before_any(server, String::new()).await
    }

    async fn before_any(server: Upstream, base: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared = Arc::new(Shared {
            server,
            base,
            rules: Mutex::default(),
            records: watch::Sender::new(Vec::new()),
            watches: Watches::new(),
        });
        let accepting = tokio::spawn(accept(listener, Arc::clone(&shared)));
        Self { port, shared, accepting }
    }

    /// The base URL for the provider.
    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}{}", self.port, self.shared.base)
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Holds back what a watch of the API server tells about this kind.
    pub(crate) fn freeze(&self, kind: Kind) {
        self.shared.watches.freeze(kind.plural());
    }

    /// Lets it all come, in its order.
    pub(crate) fn thaw(&self, kind: Kind) {
        self.shared.watches.thaw(kind.plural());
    }

    /// Begins a rule.
    pub(crate) fn on(&self, matching: Match) -> RuleMaker<'_> {
        RuleMaker { proxy: self, matching }
    }

    fn add(&self, rule: Rule) -> Arc<Rule> {
        let rule = Arc::new(rule);
        self.shared.rules.lock().unwrap().insert(0, Arc::clone(&rule));
        rule
    }

    /// Ends a rule.
    pub(crate) fn remove(&self, rule: &Arc<Rule>) {
        self.shared.rules.lock().unwrap().retain(|kept| !Arc::ptr_eq(kept, rule));
    }

    /// How many requests came so far: the place from which to look later.
    pub(crate) fn mark(&self) -> usize {
        self.shared.records.borrow().len()
    }

    /// The requests since a mark, in the order of their arrival.
    pub(crate) fn since(&self, mark: usize) -> Vec<Recorded> {
        self.shared.records.borrow()[mark..].to_vec()
    }

    /// The requests since a mark that belong to one object or another: not
    /// the provider's own, and not the sweep's.
    pub(crate) fn work_since(&self, mark: usize) -> Vec<Recorded> {
        self.since(mark)
            .into_iter()
            .filter(|record| !matches!(record.purpose(), Purpose::Discovery | Purpose::Probe | Purpose::Page))
            .collect()
    }

    /// Until the requests since a mark are as `matches` wants them.
    pub(crate) async fn until(
        &self,
        mark: usize,
        what: &str,
        deadline: Duration,
        matches: impl Fn(&[Recorded]) -> bool,
    ) {
        let mut records = self.shared.records.subscribe();
        let reached = records.wait_for(|records| matches(&records[mark..]));
        let reached = tokio::time::timeout(deadline, reached).await.is_ok();
        assert!(reached, "no {what} after {deadline:?}; requests: {:#?}", self.since(mark));
    }

    /// That fewer than `limit` requests come since a mark within `window` from
    /// now: the only way to see that something does not happen.
    pub(crate) async fn stays_below(&self, mark: usize, limit: usize, window: Duration) {
        let mut records = self.shared.records.subscribe();
        let reached = records.wait_for(|records| records.len() >= mark + limit);
        let stayed = tokio::time::timeout(window, reached).await.is_err();
        assert!(stayed, "{limit} requests within {window:?}: {:#?}", self.since(mark));
    }

    /// Until `count` sweeps that began after the mark are through: until the
    /// one after them begins. Each lists users first.
    pub(crate) async fn sweeps(&self, mark: usize, count: usize) {
        let what = format!("{count} whole sweeps");
        self.until(mark, &what, DEADLINE, |records| {
            records.iter().filter(|record| record.begins_sweep("Users")).count() > count
        })
        .await;
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    while let Ok((stream, _)) = listener.accept().await {
        let shared = Arc::clone(&shared);
        // Connections end with their client or with the test's runtime.
        tokio::spawn(async move {
            let _ = serve(stream, &shared).await;
        });
    }
}

async fn serve(stream: TcpStream, shared: &Shared) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut stream = BufReader::new(stream);
    while let Some(request) = wire::read_request(&mut stream).await? {
        if shared.server.is_api_server() && Watches::is_one(&request) {
            return shared.watches.stream(&request, &shared.server, &mut stream).await;
        }
        match shared.exchange(request).await {
            Ending::Answer(answer) => wire::write(&mut stream, &answer.encode()).await?,
            Ending::Bytes(bytes) => return wire::write(&mut stream, &bytes).await,
            Ending::Close => return Ok(()),
        }
    }
    Ok(())
}

impl Shared {
    async fn exchange(&self, request: Request) -> Ending {
        let record = Recorded::new(&request, &self.base);
        let path = record.path.clone();
        let mut place = 0;
        self.records.send_modify(|records| {
            place = records.len();
            records.push(record);
        });
        let rules = self.rules.lock().unwrap().clone();
        let rule = rules.into_iter().find(|rule| rule.claims(&request, &path));
        let exchange = Exchange { request, server: self.server.clone() };
        let ending = match rule {
            Some(rule) => rule.handle(exchange).await,
            None => Ending::Answer(exchange.forward().await),
        };
        if let Ending::Answer(answer) = &ending {
            self.records.send_modify(|records| records[place].status = Some(answer.status));
        }
        ending
    }
}
