//! Secrets that change while they are in use.

use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use serde_json::json;

use super::{CLIENT_SECRET, HOST, client_secret, let_in, oauth2, trusted_tokens};
use crate::support::{
    objects::{Kind, SECRET, secret_with, user},
    wait,
    world::World,
};

/// Which tokens are good, and the one that was used last.
#[derive(Clone)]
struct Tokens {
    good: Arc<Mutex<Vec<String>>>,
    last: Arc<Mutex<String>>,
}

impl Tokens {
    fn guarding(world: &World, first: &str) -> Self {
        let tokens =
            Self { good: Arc::new(Mutex::new(vec![first.to_owned()])), last: Arc::new(Mutex::default()) };
        let guard = tokens.clone();
        let_in(world, "authorization", move |value| {
            let token = value.strip_prefix("Bearer ").unwrap_or_default();
            token.clone_into(&mut guard.last.lock().unwrap());
            guard.good.lock().unwrap().iter().any(|good| good == token)
        });
        tokens
    }

    fn last(&self) -> String {
        self.last.lock().unwrap().clone()
    }
}

const PEOPLE: [&str; 5] = ["ada", "bob", "eve", "kim", "max"];

#[tokio::test]
async fn a_rotated_token_is_in_use_at_once_after_a_401_and_nobody_fails() {
    let world = World::with_operator("rotate-401").await;
    let tokens = Tokens::guarding(&world, "first");
    world.apply(&secret_with(SECRET, HOST, &[("token", "first")])).await;
    world.settle(&world.provider()).await;
    world.apply_all(PEOPLE.map(user)).await;
    world.ready_count(Kind::User, PEOPLE.len()).await;
    let unhappy = world.watch_unready().await;

    world.apply(&secret_with(SECRET, HOST, &[("token", "second")])).await;
    *tokens.good.lock().unwrap() = vec!["second".to_owned()];
    world.apply_all(PEOPLE.map(|name| user(name).with("title", "Countess"))).await;
    for name in PEOPLE {
        world.ready(Kind::User, name).await;
    }
    assert_eq!(tokens.last(), "second");
    assert_eq!(unhappy.seen(), Vec::<String>::new(), "neither an object nor the provider");
}

#[tokio::test]
async fn a_rotated_token_is_in_use_within_a_minute_without_a_401() {
    let world = World::with_operator("rotate-quiet").await;
    let tokens = Tokens::guarding(&world, "first");
    world.apply(&secret_with(SECRET, HOST, &[("token", "first")])).await;
    world.settle(&world.provider()).await;
    world.settle_bystander().await;
    tokens.good.lock().unwrap().push("second".to_owned());
    let rotated = Instant::now();
    world.apply(&secret_with(SECRET, HOST, &[("token", "second")])).await;
    wait::poll("request with the new token", 2 * wait::DEADLINE, || async {
        let last = tokens.last();
        (last == "second").then_some(()).ok_or(last)
    })
    .await;
    // Between two reads of the Secret; the next request is the next sweep's.
    let limit = Duration::from_mins(1) + Duration::from_secs(3);
    assert!(rotated.elapsed() <= limit, "after {:?}", rotated.elapsed());
}

#[tokio::test]
async fn a_rotated_client_secret_is_in_use_at_once_after_a_401_and_nobody_fails() {
    let world = World::with_operator("rotate-client").await;
    let tokens = trusted_tokens(&world).await;
    world.apply(&client_secret(HOST, CLIENT_SECRET)).await;
    world.settle(&world.provider().with("auth", oauth2(&tokens.url(), &json!({})))).await;
    world.apply_all(PEOPLE.map(user)).await;
    world.ready_count(Kind::User, PEOPLE.len()).await;
    let unhappy = world.watch_unready().await;

    world.apply(&client_secret(HOST, "another")).await;
    tokens.rotate("another");
    tokens.revoke_all();
    world.apply_all(PEOPLE.map(|name| user(name).with("title", "Countess"))).await;
    for name in PEOPLE {
        world.ready(Kind::User, name).await;
    }
    assert_eq!(unhappy.seen(), Vec::<String>::new(), "neither an object nor the provider");
    let requests = tokens.requests();
    assert_eq!(requests.iter().filter(|it| it.status == 200).count(), 2, "one token each: {requests:#?}");
}
