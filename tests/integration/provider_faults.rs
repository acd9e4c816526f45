//! Servers and Secrets that are not as they should be: the provider says so
//! with a reason of its own, users wait without being rewritten, and all of it
//! goes on by itself when the cause is gone.

use std::time::Duration;

use serde_json::json;

use crate::support::{
    objects::{self, Kind, Manifest, PROVIDER, SECRET, message, provider, secret, user},
    ports,
    proxy::{Answer, Match, Proxy, Purpose, purposes, rule::Ending},
    world::World,
};

/// More requests than any patient client sends in `WINDOW`.
const HOT: usize = 16;
const WINDOW: Duration = Duration::from_secs(6);

/// A provider that cannot work, with two users. Waits until all of them say
/// why, and proves that they say it once and ask patiently.
async fn failing(world: &World, provider: &Manifest, reason: &str) -> String {
    let mark = world.proxy.mark();
    world.apply(provider).await;
    world.apply_all(["ada", "bob"].map(user)).await;
    let failing = world.not_ready(Kind::Provider, PROVIDER, reason).await;
    for name in ["ada", "bob"] {
        world.not_ready(Kind::User, name, "ProviderNotReady").await;
    }
    world.proxy.stays_below(mark, HOT, WINDOW).await;
    for name in ["ada", "bob"] {
        let writes = world.writes_of(Kind::User, name).await;
        assert_eq!(writes.len(), 1, "written once and left alone: {writes:?}");
    }
    let provider_writes = world.writes_to(Kind::Provider).await;
    // The finalizer, and the status once or, seen from a cache that is late, twice.
    assert!(provider_writes.len() <= 3, "nothing new, nothing written: {provider_writes:?}");
    assert!(world.server.all("/Users").await.is_empty());
    message(&failing, "Ready")
}

async fn proceeds(world: &World) {
    for name in ["ada", "bob"] {
        world.ready(Kind::User, name).await;
    }
    world.ready(Kind::Provider, PROVIDER).await;
    assert_eq!(world.server.all("/Users").await.len(), 2);
}

#[tokio::test]
async fn a_user_waits_for_a_provider_that_comes_later() {
    let world = World::with_operator("no-provider").await;
    world.apply_all(["ada", "bob"].map(user)).await;
    for name in ["ada", "bob"] {
        let waiting = world.not_ready(Kind::User, name, "ProviderNotFound").await;
        assert!(message(&waiting, "Ready").contains(PROVIDER));
    }
    world.apply_provider().await;
    proceeds(&world).await;
}

#[tokio::test]
async fn a_provider_waits_for_a_secret_that_comes_later() {
    let world = World::with_operator("no-secret").await;
    let told = failing(&world, &world.provider(), "SecretNotFound").await;
    assert!(told.contains(SECRET), "{told}");
    world.apply(&world.secret()).await;
    proceeds(&world).await;
}

#[tokio::test]
async fn a_secret_without_the_key_is_as_good_as_none() {
    let world = World::with_operator("no-key").await;
    let mut other = world.secret();
    other.value["stringData"] = json!({"password": "x"});
    world.apply(&other).await;
    let told = failing(&world, &world.provider(), "SecretNotFound").await;
    assert!(told.contains("token"), "{told}");
}

#[tokio::test]
async fn a_secret_is_not_sent_to_a_host_that_it_does_not_name() {
    let world = World::with_operator("not-allowed").await;
    world.apply(&objects::secret_without_hosts(world.server.token())).await;
    let told = failing(&world, &world.provider(), "SecretNotAllowed").await;
    assert!(told.contains("scim-operator.dev/allowed-hosts") && told.contains("127.0.0.1"), "{told}");
    assert_eq!(world.proxy.mark(), 0, "nothing at all was sent");
    world.apply(&secret(world.server.token(), "idp.example.com")).await;
    world.not_ready(Kind::Provider, PROVIDER, "SecretNotAllowed").await;
    world.apply(&world.secret()).await;
    proceeds(&world).await;
}

#[tokio::test]
async fn a_wrong_token_is_unauthorized_until_the_secret_is_put_right() {
    let world = World::with_operator("wrong-token").await;
    world.apply(&secret("not-the-token", "127.0.0.1")).await;
    let told = failing(&world, &world.provider(), "Unauthorized").await;
    assert!(told.contains("401") && told.contains("Secret"), "{told}");
    assert!(!told.contains("not-the-token"), "{told}");
    world.apply(&world.secret()).await;
    proceeds(&world).await;
}

#[tokio::test]
async fn a_host_that_nobody_knows_is_unreachable() {
    let world = World::with_operator("unknown-host").await;
    world.apply(&secret(world.server.token(), "idp.invalid")).await;
    let told = failing(&world, &provider("https://idp.invalid/scim/v2"), "Unreachable").await;
    assert!(told.contains("lookup") && told.contains("Check the URL"), "{told}");
}

#[tokio::test]
async fn a_port_that_nobody_listens_on_is_unreachable_until_somebody_does() {
    let world = World::with_operator("refused").await;
    world.apply(&world.secret()).await;
    let nobody = provider(&format!("http://127.0.0.1:{}/v2", ports::free()));
    failing(&world, &nobody, "Unreachable").await;
    world.apply(&world.provider()).await;
    proceeds(&world).await;
}

#[tokio::test]
async fn a_web_page_is_not_scim() {
    let world = World::with_operator("web-page").await;
    let page = Answer::new(200, "text/html; charset=utf-8", "<!doctype html><title>Sign in</title>");
    let rule = world.proxy.on(Match::any()).answer(page);
    world.apply(&world.secret()).await;
    let told = failing(&world, &world.provider(), "NotSCIM").await;
    assert!(told.contains("200") && told.contains("text/html"), "{told}");
    world.proxy.remove(&rule);
    proceeds(&world).await;
}

#[tokio::test]
async fn a_redirect_is_told_and_not_followed() {
    let world = World::with_operator("redirect").await;
    let elsewhere = Proxy::start(&world.server).await;
    let redirect = Answer::new(302, "text/html", "").with_header("Location", &elsewhere.url());
    world.proxy.on(Match::any()).answer(redirect);
    world.apply(&world.secret()).await;
    let told = failing(&world, &world.provider(), "Redirected").await;
    assert!(told.contains("302"), "{told}");
    assert_eq!(elsewhere.mark(), 0, "the token was carried elsewhere");
}

#[tokio::test]
async fn a_server_without_tls_under_an_https_url_fails_tls() {
    let world = World::with_operator("no-tls").await;
    world.apply(&world.secret()).await;
    let https = provider(&format!("https://127.0.0.1:{}/v2", world.server.port()));
    failing(&world, &https, "TLSFailed").await;
}

#[tokio::test]
async fn users_in_sync_are_left_alone_while_their_server_is_down() {
    let world = World::start("outage").await;
    world.settle(&user("ada")).await;
    let before = world.writes_of(Kind::User, "ada").await.len();
    let mark = world.proxy.mark();
    let down = Answer::new(503, "text/html", "<h1>Service Unavailable</h1>");
    let rule = world.proxy.on(Match::any()).answer(down);
    world.not_ready(Kind::Provider, PROVIDER, "Unreachable").await;
    world.proxy.stays_below(mark, 2 * HOT, WINDOW).await;
    assert_eq!(world.writes_of(Kind::User, "ada").await.len(), before);
    world.proxy.remove(&rule);
    world.ready(Kind::Provider, PROVIDER).await;
    world.settle(&user("ada").with("title", "Countess")).await;
}

#[tokio::test]
async fn a_suspended_provider_sends_nothing_until_it_may_go_on() {
    let world = World::start("suspended-provider").await;
    world.settle(&user("ada")).await;
    world.apply(&world.provider().with("suspend", true)).await;
    world
        .until(Kind::Provider, PROVIDER, "suspended", |provider| {
            provider.is_some_and(|provider| objects::has(provider, "Ready", "Unknown", "Suspended"))
        })
        .await;
    let before = world.writes_of(Kind::User, "ada").await.len();
    let mark = world.proxy.mark();
    world.apply(&user("bob")).await;
    world.not_ready(Kind::User, "bob", "ProviderNotReady").await;
    // Two intervals would be two sweeps.
    world.proxy.stays_below(mark, 1, WINDOW).await;
    assert_eq!(world.writes_of(Kind::User, "ada").await.len(), before, "who is in sync is left alone");
    world.delete(Kind::User, "ada").await;
    world.not_ready(Kind::User, "ada", "ProviderNotReady").await;
    assert_eq!(world.proxy.mark(), mark, "nothing is deleted either");
    world.apply(&world.provider()).await;
    world.ready(Kind::User, "bob").await;
    world.gone(Kind::User, "ada").await;
    assert_eq!(world.server.all("/Users").await.len(), 1);
}

/// The server asks for the same request elsewhere, so it has done nothing: it
/// is tried again without looking for what it might have created.
#[tokio::test]
async fn a_creation_that_is_sent_elsewhere_says_so() {
    let world = World::start("redirect-create").await;
    let elsewhere = Proxy::start(&world.server).await;
    let redirect = Answer::new(307, "text/html", "").with_header("Location", &elsewhere.url());
    let rule = world.proxy.on(Match::new("POST", "/Users")).answer(redirect);
    let mark = world.proxy.mark();
    world.apply(&user("ada")).await;
    let told = message(&world.not_ready(Kind::User, "ada", "Redirected").await, "Ready");
    assert!(told.contains("POST /Users") && told.contains("307"), "{told}");
    assert!(told.contains("Set the URL to where the server really is"), "{told}");
    let tries: Vec<_> = purposes(&world.proxy.work_since(mark)).into_iter().take(4).collect();
    assert_eq!(tries, [Purpose::Lookup, Purpose::Create, Purpose::Lookup, Purpose::Create]);
    world.proxy.remove(&rule);
    world.ready(Kind::User, "ada").await;
    assert_eq!(world.server.all("/Users").await.len(), 1);
    assert_eq!(elsewhere.mark(), 0);
}

/// Such an answer may also follow upon a creation: that is looked for, and
/// whoever looks sees what the answer was.
#[tokio::test]
async fn a_creation_that_ends_in_a_redirect_says_so_and_is_looked_for() {
    let world = World::start("redirect-after-create").await;
    let rule = world.proxy.on(Match::new("POST", "/Users")).handle(|exchange| async move {
        let _ = exchange.forward().await;
        Ending::Answer(Answer::new(303, "text/html", "").with_header("Location", "/somewhere/else"))
    });
    let mark = world.proxy.mark();
    let hidden = world.proxy.on(Match::new("GET", "/Users")).answer(Answer::new(
        200,
        "application/scim+json",
        json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"], "totalResults": 0})
            .to_string(),
    ));
    world.apply(&user("ada")).await;
    let told = message(&world.not_ready(Kind::User, "ada", "Redirected").await, "Ready");
    assert!(told.contains("303") && told.contains("It may have created the User all the same"), "{told}");
    world.proxy.remove(&hidden);
    world.ready(Kind::User, "ada").await;
    assert_eq!(rule.hits(), 1, "{:#?}", world.proxy.since(mark));
    assert_eq!(world.server.all("/Users").await.len(), 1);
}

#[tokio::test]
async fn a_provider_that_is_asked_to_compares_at_once() {
    let world = World::with_operator("compare-now").await;
    world.apply(&world.secret()).await;
    world.settle(&world.provider().with("resyncInterval", "1h")).await;
    let ada = world.settle(&user("ada").with("title", "Analyst")).await;
    let drift = json!({"op": "replace", "path": "title", "value": "Somebody else's idea"});
    world.server.patch("/Users", &objects::id(&ada), drift).await;
    let now = json!({"metadata": {"annotations": {"scim-operator.dev/reconcile-requested-at": "now"}}});
    world.merge(Kind::Provider, PROVIDER, &now).await;
    world
        .server_until("/Users", "title as in the manifest", |users| {
            users.iter().any(|user| user["title"] == "Analyst")
        })
        .await;
}
