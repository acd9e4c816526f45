//! How fast requests go out, what stops them, and how they come back: counted
//! and timed where they arrive.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use kube::api::DynamicObject;
use serde_json::json;

use crate::support::{
    objects::{Kind, Manifest, PROVIDER, condition, is_ready, message, provider, secret, user},
    proxy::{
        Answer, Match, Proxy, Purpose, Recorded, Rule,
        rule::{Ending, Exchange},
    },
    scim_server::{ScimServer, ServerKind},
    wait,
    world::World,
};

/// Requests that were on their way when something happened arrive by then.
const ON_THE_WAY: Duration = Duration::from_millis(500);

/// One request, from its arrival to the end of its answer.
#[derive(Clone, Debug)]
struct Visit {
    purpose: Purpose,
    writes: bool,
    arrived: Instant,
    answered: Option<Instant>,
}

impl Visit {
    /// The provider's own, in which it finds out whether the server answers.
    fn is_probe(&self) -> bool {
        matches!(self.purpose, Purpose::Probe | Purpose::Discovery)
    }
}

/// What came when.
#[derive(Clone, Default)]
struct Visits(Arc<Mutex<Vec<Visit>>>);

impl Visits {
    /// Watches everything at a proxy. `act` may answer instead of the server.
    fn watch<F>(
        proxy: &Proxy,
        act: impl Fn(Exchange, Recorded) -> F + Send + Sync + 'static,
    ) -> (Self, Arc<Rule>)
    where
        F: Future<Output = Ending> + Send + 'static,
    {
        let visits = Self::default();
        let act = Arc::new(act);
        let rule = proxy.on(Match::any()).handle({
            let visits = visits.clone();
            move |exchange| {
                let recorded = Recorded::new(&exchange.request, ServerKind::Scim2Server.base());
                let place = visits.arrived(&recorded);
                let (visits, act) = (visits.clone(), Arc::clone(&act));
                async move {
                    let ending = act(exchange, recorded).await;
                    visits.0.lock().unwrap()[place].answered = Some(Instant::now());
                    ending
                }
            }
        });
        (visits, rule)
    }

    fn arrived(&self, recorded: &Recorded) -> usize {
        let mut visits = self.0.lock().unwrap();
        visits.push(Visit {
            purpose: recorded.purpose(),
            writes: recorded.writes(),
            arrived: Instant::now(),
            answered: None,
        });
        visits.len() - 1
    }

    fn all(&self) -> Vec<Visit> {
        self.0.lock().unwrap().clone()
    }

    fn since(&self, moment: Instant) -> Vec<Visit> {
        self.all().into_iter().filter(|visit| visit.arrived >= moment).collect()
    }
}

async fn forward(exchange: Exchange, _: Recorded) -> Ending {
    Ending::Answer(exchange.forward().await)
}

fn names(prefix: &str, count: usize) -> Vec<String> {
    (0..count).map(|number| format!("{prefix}-{number}")).collect()
}

/// The most arrivals in any window of this length.
fn most_within<'visit>(visits: impl Iterator<Item = &'visit Visit>, window: Duration) -> usize {
    let arrivals: Vec<Instant> = visits.map(|visit| visit.arrived).collect();
    let within = |from: &Instant| arrivals.iter().filter(|at| *at >= from && **at < *from + window).count();
    arrivals.iter().map(within).max().unwrap_or_default()
}

/// The most of these that were under way at the same time.
fn most_at_once(visits: &[Visit]) -> usize {
    let under_way = |at: Instant| {
        visits.iter().filter(|visit| visit.arrived <= at && visit.answered.is_none_or(|end| end > at)).count()
    };
    visits.iter().map(|visit| under_way(visit.arrived)).max().unwrap_or_default()
}

/// That each of these, when it came, was one of no more than twice as many as
/// were answered well before: one at first, then two, four, …
fn assert_ramp(visits: &[Visit]) {
    for visit in visits {
        let at = visit.arrived;
        let answered = visits.iter().filter(|other| other.answered.is_some_and(|end| end <= at)).count();
        let beside = visits
            .iter()
            .filter(|other| other.arrived <= at && other.answered.is_none_or(|end| end > at))
            .count();
        let most = 1_usize.checked_shl(u32::try_from(answered).unwrap()).unwrap_or(16).clamp(1, 16);
        assert!(beside <= most, "{beside} at once after {answered} answers: {visits:#?}");
    }
}

/// How often each user's status was written.
async fn status_writes(world: &World) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for write in world.writes_to(Kind::User).await {
        if write.resource.ends_with("/status") {
            *counts.entry(write.name).or_default() += 1;
        }
    }
    counts
}

#[tokio::test]
async fn no_window_has_more_requests_than_the_provider_allows() {
    const WINDOW: Duration = Duration::from_secs(2);
    let world = World::with_operator("paced").await;
    let (visits, _) = Visits::watch(&world.proxy, forward);
    let limit = json!({"requests": 20, "per": "2s", "writes": {"requests": 8, "per": "2s"}});
    world.apply(&world.secret()).await;
    world.apply(&world.provider().with("rateLimit", limit)).await;
    let begun = Instant::now();
    world.apply_all(names("user", 24).iter().map(|name| user(name))).await;
    world.ready_count(Kind::User, 24).await;

    assert!(begun.elapsed() >= 2 * WINDOW, "24 creations are more than two windows have room for");
    let visits = visits.all();
    assert!(most_within(visits.iter(), WINDOW) <= 20, "{visits:#?}");
    assert!(most_within(visits.iter().filter(|visit| visit.writes), WINDOW) <= 8, "{visits:#?}");
    assert_eq!(visits.iter().filter(|visit| visit.writes).count(), 24);
}

/// Whoever asks for a comparison gets a new connection.
#[tokio::test]
async fn a_new_connection_begins_no_new_window() {
    const WINDOW: Duration = Duration::from_secs(3);
    let world = World::with_operator("paced-anew").await;
    let (visits, _) = Visits::watch(&world.proxy, forward);
    world.apply(&world.secret()).await;
    world.apply(&world.provider().with("rateLimit", json!({"requests": 3, "per": "3s"}))).await;
    world.ready(Kind::Provider, PROVIDER).await;
    for number in 0..6 {
        let mark = world.proxy.mark();
        let asked = format!("asked {number} times before");
        let ask = json!({"metadata": {"annotations": {"scim-operator.dev/reconcile-requested-at": asked}}});
        world.merge(Kind::Provider, PROVIDER, &ask).await;
        let is_tried = |visits: &[Recorded]| visits.iter().any(|it| it.purpose() == Purpose::Probe);
        world.proxy.until(mark, "new connection", wait::DEADLINE, is_tried).await;
    }
    let visits = visits.all();
    assert!(most_within(visits.iter(), WINDOW) <= 3, "{visits:#?}");
}

#[tokio::test]
async fn no_more_requests_are_under_way_than_the_provider_allows() {
    let world = World::with_operator("at-once").await;
    let (visits, _) = Visits::watch(&world.proxy, |exchange, _| async move {
        tokio::time::sleep(Duration::from_millis(100)).await;
        Ending::Answer(exchange.forward().await)
    });
    world.apply(&world.secret()).await;
    world.apply(&world.provider().with("rateLimit", json!({"maxConcurrent": 3}))).await;
    world.apply_all(names("user", 20).iter().map(|name| user(name))).await;
    world.ready_count(Kind::User, 20).await;
    assert_eq!(most_at_once(&visits.all()), 3);
}

/// Users are created while the server once asks for a pause in this way.
async fn pausing(name: &str, refusal: Answer, pause: Duration) {
    const USERS: usize = 60;
    let world = World::with_operator(name).await;
    let refused = Arc::new(Mutex::new((0, None)));
    let (visits, _) = Visits::watch(&world.proxy, {
        let refused = Arc::clone(&refused);
        move |exchange, recorded| {
            let refusal = {
                let mut refused = refused.lock().unwrap();
                refused.0 += usize::from(recorded.purpose() == Purpose::Create);
                let is_it = refused.0 == 20 && refused.1.is_none();
                is_it.then(|| refused.1 = Some(Instant::now())).map(|()| refusal.clone())
            };
            async move {
                match refusal {
                    Some(refusal) => Ending::Answer(refusal),
                    None => Ending::Answer(exchange.forward().await),
                }
            }
        }
    });
    world.apply(&world.secret()).await;
    world.apply(&world.provider().with("resyncInterval", "10m")).await;
    world.ready(Kind::Provider, PROVIDER).await;
    world.apply_all(names("user", USERS).iter().map(|name| user(name))).await;
    let throttled = world.not_ready(Kind::Provider, PROVIDER, "Throttled").await;
    assert!(message(&throttled, "Ready").contains("until about 20"), "{}", message(&throttled, "Ready"));
    world.ready(Kind::Provider, PROVIDER).await;
    world.ready_count(Kind::User, USERS).await;

    let at = refused.lock().unwrap().1.expect("one was refused");
    let visits = visits.since(at + ON_THE_WAY);
    let first = visits.first().expect("it goes on").arrived;
    assert!(first >= at + pause, "{:?} after the refusal", first - at);
    assert_ramp(&visits);
    assert_eq!(world.server.all("/Users").await.len(), USERS);
    let users = status_writes(&world).await;
    assert!(users.len() == USERS && users.values().all(|count| *count == 1), "said once: {users:?}");
    let provider = world.writes_to(Kind::Provider).await;
    let statuses = provider.iter().filter(|write| write.resource.ends_with("/status")).count();
    assert!(
        (3..=4).contains(&statuses),
        "Ready, Throttled, Ready, and once how many there are: {provider:?}"
    );
}

#[tokio::test]
async fn nothing_is_asked_before_retry_after_is_over() {
    let refusal = Answer::scim_error(429, "tooMany", "slow down").with_header("Retry-After", "4");
    pausing("retry-after", refusal, Duration::from_secs(4)).await;
}

#[tokio::test]
async fn an_overloaded_server_that_names_a_time_is_left_in_peace() {
    let refusal = Answer::new(503, "text/html", "<h1>Overloaded</h1>").with_header("Retry-After", "3");
    pausing("overloaded", refusal, Duration::from_secs(3)).await;
}

#[tokio::test]
async fn an_outage_is_told_by_the_provider_and_ends_without_a_stampede() {
    const USERS: usize = 200;
    let world = World::start("outage-of-many").await;
    let users = names("user", USERS);
    world.apply_all(users.iter().map(|name| user(name))).await;
    world.ready_count(Kind::User, USERS).await;

    let (visits, down) = Visits::watch(&world.proxy, |_, _| async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        Ending::Close
    });
    let failing = world.not_ready(Kind::Provider, PROVIDER, "Unreachable").await;
    let told = message(&failing, "Ready");
    assert!(told.contains("Tried again and again since 20"), "{told}");
    let before = world.writes_to(Kind::User).await.len();
    let failed = Instant::now();
    let mark = world.proxy.mark();
    world.proxy.stays_below(mark, 16, Duration::from_secs(6)).await;
    assert_eq!(world.writes_to(Kind::User).await.len(), before, "nothing is written on users");

    // What is new says once that it waits.
    world.apply_all(users.iter().map(|name| user(name).with("title", "Countess"))).await;
    let waits = |user: &DynamicObject| {
        condition(user, "Ready").is_some_and(|ready| ready["reason"] == "ProviderNotReady")
    };
    wait::until_count(&world.api(Kind::User), USERS, "waiting", wait::DEADLINE, waits).await;
    let mark = world.proxy.mark();
    world.proxy.stays_below(mark, 16, Duration::from_secs(3)).await;
    assert_eq!(world.writes_to(Kind::User).await.len(), before + USERS);
    let while_down = visits.since(failed);
    assert!(while_down.iter().all(Visit::is_probe), "{while_down:#?}");
    assert_eq!(most_at_once(&while_down), 1);

    world.proxy.remove(&down);
    let (visits, _) = Visits::watch(&world.proxy, forward);
    world.ready(Kind::Provider, PROVIDER).await;
    world.ready_count(Kind::User, USERS).await;
    let work: Vec<_> = visits.all().into_iter().filter(|visit| !visit.is_probe()).collect();
    assert_ramp(&work);
    assert_eq!(work.iter().filter(|visit| visit.writes).count(), USERS);
}

#[tokio::test]
async fn a_server_that_answers_nothing_but_probes_is_left_alone_more_and_more() {
    let world = World::start("half-dead").await;
    let (visits, rule) = Visits::watch(&world.proxy, |exchange, recorded| async move {
        if matches!(recorded.purpose(), Purpose::Probe | Purpose::Discovery) {
            Ending::Answer(exchange.forward().await)
        } else {
            Ending::Close
        }
    });
    world.apply_all(names("user", 100).iter().map(|name| user(name))).await;
    let failing = world.not_ready(Kind::Provider, PROVIDER, "Unreachable").await;
    assert!(message(&failing, "Ready").contains("Tried again and again since"));
    // Each probe is two requests, and each opens the door for one more.
    world.proxy.stays_below(world.proxy.mark(), 20, Duration::from_secs(5)).await;
    let work = visits.all().into_iter().filter(|visit| !visit.is_probe()).count();
    assert!(work <= 40, "{work} requests for a hundred users");
    assert!(status_writes(&world).await.is_empty(), "it is not the users' fault");
    world.proxy.remove(&rule);
    world.ready_count(Kind::User, 100).await;
    assert_eq!(world.server.all("/Users").await.len(), 100);
}

/// A provider of another name, with a server of its own.
struct Other {
    name: String,
    server: ScimServer,
}

impl Other {
    async fn start(world: &World, name: &str) -> Self {
        let log = format!("{}-{name}", world.namespace);
        let server = ScimServer::start(ServerKind::Scim2Server, &log, world.server.token()).await;
        Self { name: name.to_owned(), server }
    }

    /// It comes to be Ready behind this URL.
    async fn serve(&self, world: &World, url: &str) {
        let mut provider = provider(url).with("resyncInterval", "10m");
        provider.value["metadata"]["name"] = json!(self.name);
        world.apply(&provider).await;
        world.ready(Kind::Provider, &self.name).await;
    }

    fn users(&self, count: usize) -> Vec<Manifest> {
        let reference = json!({"kind": "ScimProvider", "name": self.name});
        let with_provider = |name: &String| user(name).with("providerRef", reference.clone());
        names(&self.name, count).iter().map(with_provider).collect()
    }

    /// How long so many users take from their manifests to Ready.
    async fn time(&self, world: &World, count: usize) -> Duration {
        self.serve(world, &self.server.url("")).await;
        let begun = Instant::now();
        world.apply_all(self.users(count)).await;
        let ours = |object: &DynamicObject| {
            object.data["spec"]["providerRef"]["name"] == json!(self.name) && is_ready(object)
        };
        wait::until_count(&world.api(Kind::User), count, "Ready", wait::DEADLINE * 2, ours).await;
        begun.elapsed()
    }
}

/// The better of some tries alone, and the better of some beside a server
/// that takes two seconds an answer and has work for all that time: this
/// machine does other things, too, but not all the time.
#[tokio::test]
async fn a_slow_provider_does_not_slow_a_fast_one() {
    const USERS: usize = 200;
    const SLOWNESS: Duration = Duration::from_secs(2);
    let world = World::with_operator("beside").await;
    world.apply(&secret(world.server.token(), "127.0.0.1")).await;
    let mut alone = Duration::MAX;
    for number in 0..2 {
        alone = alone.min(Other::start(&world, &format!("alone-{number}")).await.time(&world, USERS).await);
    }

    let slow = Other::start(&world, "slow").await;
    let front = Proxy::start(&slow.server).await;
    let (visits, _) = Visits::watch(&front, |exchange, _| async move {
        tokio::time::sleep(SLOWNESS).await;
        Ending::Answer(exchange.forward().await)
    });
    slow.serve(&world, &front.url()).await;
    world.apply_all(slow.users(400)).await;
    let mut beside = Duration::MAX;
    for number in 0..6 {
        let fast = Other::start(&world, &format!("beside-{number}")).await;
        let begun = Instant::now();
        beside = beside.min(fast.time(&world, USERS).await);
        assert!(most_at_once(&visits.since(begun)) >= 16, "the slow one has work all the time");
        if beside.as_secs_f64() <= 1.3 * alone.as_secs_f64() {
            return;
        }
    }
    panic!("{USERS} users take {alone:?} alone and {beside:?} beside a slow provider");
}
