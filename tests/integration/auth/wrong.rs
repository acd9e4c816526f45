//! What is wrong with Secrets, blocks and token endpoints: each is told by a
//! reason and the next step, and mended without a restart.

use serde_json::json;

use super::{
    CLIENT, CLIENT_SECRET, HOST, basic, client_secret, header, key_of, let_in, oauth2, proceeds, refusal,
    trusted_tokens,
};
use crate::support::{
    objects::{Kind, PROVIDER, SECRET, has, message, secret_with},
    operator::Operator,
    token_server::{Mood, TokenServer},
    world::World,
};

/// The annotation on Secrets.
const ALLOWED_HOSTS: &str = "scim-operator.dev/allowed-hosts";

#[tokio::test]
async fn no_secret_of_any_kind_goes_to_a_host_that_it_does_not_name() {
    let world = World::with_operator("auth-not-allowed").await;
    let tokens = TokenServer::start(CLIENT, CLIENT_SECRET).await;
    let values = [
        ("username", "operator"),
        ("password", "x"),
        ("key", "k-17"),
        ("id", CLIENT),
        ("secret", CLIENT_SECRET),
    ];
    world.apply(&secret_with(SECRET, "idp.example.com", &values)).await;
    for auth in [basic(), header("X-Api-Key", None), oauth2(&tokens.url(), &json!({}))] {
        world.apply(&world.provider().with("auth", auth)).await;
        let told = refusal(&world, "SecretNotAllowed").await;
        assert!(told.contains(ALLOWED_HOSTS) && told.contains(HOST) && told.contains(SECRET), "{told}");
    }
    assert_eq!(world.proxy.mark(), 0, "nothing at all was sent");
    assert_eq!(tokens.requests(), []);

    let_in(&world, "authorization", tokens.guard());
    world.apply(&secret_with(SECRET, HOST, &values)).await;
    proceeds(&world).await;
}

#[tokio::test]
async fn a_token_endpoint_gets_nothing_unless_the_secret_names_its_host_too() {
    let mut world = World::without_operator("auth-token-host").await;
    world.operator = Operator::allowing(&world.namespace, "127.0.0.1,localhost");
    world.operator.start().await;
    let tokens = trusted_tokens(&world).await;
    let elsewhere = tokens.url().replace(HOST, "localhost");
    for (allowed, missing) in [(HOST, "localhost"), ("localhost", HOST)] {
        world.apply(&client_secret(allowed, CLIENT_SECRET)).await;
        world.apply(&world.provider().with("auth", oauth2(&elsewhere, &json!({})))).await;
        world
            .until(Kind::Provider, PROVIDER, "waiting for the other host", |object| {
                object.is_some_and(|provider| {
                    has(provider, "Ready", "False", "SecretNotAllowed")
                        && message(provider, "Ready").contains(missing)
                })
            })
            .await;
    }
    assert_eq!(tokens.requests(), [], "neither for the one nor for the other");
    assert_eq!(world.proxy.mark(), 0);
    world.apply(&client_secret("127.0.0.1, localhost", CLIENT_SECRET)).await;
    proceeds(&world).await;
}

#[tokio::test]
async fn a_key_that_is_not_there_is_named_until_it_is() {
    let world = World::with_operator("auth-no-key").await;
    let_in(&world, "authorization", |value| value.starts_with("Basic "));
    world.apply(&secret_with(SECRET, HOST, &[("username", "operator")])).await;
    world.apply(&world.provider().with("auth", basic())).await;
    let told = refusal(&world, "SecretNotFound").await;
    assert!(told.contains("password") && told.contains(SECRET), "{told}");
    assert_eq!(world.proxy.mark(), 0);
    world.apply(&secret_with(SECRET, HOST, &[("username", "operator"), ("password", "x")])).await;
    proceeds(&world).await;
}

/// What the provider says of a token endpoint in this mood.
async fn told_of(name: &str, mood: Mood, secret: &str) -> String {
    let world = World::with_operator(name).await;
    let tokens = trusted_tokens(&world).await;
    tokens.set_mood(mood);
    world.apply(&client_secret(HOST, secret)).await;
    world.apply(&world.provider().with("auth", oauth2(&tokens.url(), &json!({})))).await;
    let told = refusal(&world, "TokenRefused").await;
    assert!(!told.contains(CLIENT_SECRET) && !told.contains(secret), "{told}");
    assert_eq!(world.proxy.mark(), 0, "no request without a token");

    tokens.set_mood(Mood::Good { expires_in: 3600 });
    world.apply(&client_secret(HOST, CLIENT_SECRET)).await;
    proceeds(&world).await;
    told
}

#[tokio::test]
async fn a_token_endpoint_that_answers_a_page_is_told_until_it_gives_tokens() {
    let told = told_of("auth-token-html", Mood::Html, CLIENT_SECRET).await;
    assert!(told.contains("text/html") && told.contains("200"), "{told}");
}

#[tokio::test]
async fn a_token_endpoint_that_fails_is_told_until_it_gives_tokens() {
    let told = told_of("auth-token-500", Mood::Error, CLIENT_SECRET).await;
    assert!(told.contains("500"), "{told}");
}

#[tokio::test]
async fn an_answer_without_a_token_is_told_until_there_is_one() {
    let told = told_of("auth-token-none", Mood::NoToken, CLIENT_SECRET).await;
    assert!(told.contains("access_token"), "{told}");
}

#[tokio::test]
async fn a_client_that_is_refused_is_told_until_its_secret_is_right() {
    let told = told_of("auth-token-client", Mood::Good { expires_in: 3600 }, "not-the-one").await;
    assert!(told.contains("invalid_client"), "{told}");
}

/// What the API server itself refuses.
#[tokio::test]
async fn a_block_too_many_or_too_few_is_refused_with_what_to_do() {
    let world = World::without_operator("auth-blocks").await;
    let mut two = basic();
    two["bearer"] = json!({"tokenSecretRef": key_of(SECRET, "token")});
    for (auth, words) in [
        (two, ["basic", "bearer"]),
        (json!({"type": "OAuth2"}), ["OAuth2", "oauth2"]),
        (json!({"type": "Header"}), ["Header", "header"]),
    ] {
        let refused = world.try_apply(&world.provider().with("auth", auth.clone())).await;
        let Err(kube::Error::Api(status)) = refused else { panic!("{auth} is taken") };
        assert!(words.iter().any(|word| status.message.contains(word)), "{}", status.message);
    }
    let none = world
        .provider()
        .without("allowInsecureHTTP")
        .with("url", "https://scim.example.com/v2")
        .with("auth", json!({"type": "None"}));
    let Err(kube::Error::Api(status)) = world.try_apply(&none).await else { panic!("None anywhere") };
    assert!(status.message.contains("loopback"), "{}", status.message);
}
