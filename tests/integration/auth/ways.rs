//! Each way, and that it works.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::json;

use super::{
    CLIENT, CLIENT_SECRET, HOST, basic, client_secret, header, let_in, oauth2, trusted_tokens, works,
};
use crate::support::{
    objects::{SECRET, secret_with},
    token_server::Mood,
    wait,
    world::World,
};

#[tokio::test]
async fn a_user_name_and_a_password() {
    let world = World::with_operator("auth-basic").await;
    let expected = format!("Basic {}", STANDARD.encode("operator:p:ä ss"));
    let_in(&world, "authorization", move |value| value == expected);
    world.apply(&secret_with(SECRET, HOST, &[("username", "operator"), ("password", "p:ä ss")])).await;
    works(&world, basic()).await;
}

#[tokio::test]
async fn a_header_of_the_servers_own() {
    let world = World::with_operator("auth-header").await;
    let_in(&world, "x-api-key", |value| value == "k-17");
    world.apply(&secret_with(SECRET, HOST, &[("key", "k-17")])).await;
    works(&world, header("X-Api-Key", None)).await;
}

#[tokio::test]
async fn a_scheme_of_the_servers_own() {
    let world = World::with_operator("auth-scheme").await;
    let_in(&world, "authorization", |value| value == "Token k-17");
    world.apply(&secret_with(SECRET, HOST, &[("key", "k-17")])).await;
    works(&world, header("Authorization", Some("Token"))).await;
}

#[tokio::test]
async fn nothing_at_all_on_loopback() {
    let world = World::with_operator("auth-none").await;
    let_in(&world, "authorization", str::is_empty);
    works(&world, json!({"type": "None"})).await;
}

#[tokio::test]
async fn client_credentials_in_the_header() {
    let world = World::with_operator("auth-oauth2").await;
    let tokens = trusted_tokens(&world).await;
    world.apply(&client_secret(HOST, CLIENT_SECRET)).await;
    let more = json!({
        "scopes": ["scim.read", "scim.write"], "audience": "https://scim.example.com",
        "parameters": {"resource": "urn:example:scim"},
    });
    works(&world, oauth2(&tokens.url(), &more)).await;
    world.proxy.sweeps(world.proxy.mark(), 1).await;

    let [request] = tokens.requests().try_into().expect("one token for everything");
    assert!(request.by_header);
    assert_eq!(request.client, CLIENT);
    let form = json!({
        "grant_type": "client_credentials", "scope": "scim.read scim.write",
        "audience": "https://scim.example.com", "resource": "urn:example:scim",
    });
    assert_eq!(json!(request.form), form);
}

#[tokio::test]
async fn client_credentials_in_the_form() {
    let world = World::with_operator("auth-oauth2-body").await;
    let tokens = trusted_tokens(&world).await;
    world.apply(&client_secret(HOST, CLIENT_SECRET)).await;
    works(&world, oauth2(&tokens.url(), &json!({"authStyle": "Body"}))).await;
    let [request] = tokens.requests().try_into().expect("one token for everything");
    assert_eq!((request.by_header, request.client.as_str()), (false, CLIENT));
    assert_eq!(json!(request.form), json!({"grant_type": "client_credentials"}));
}

#[tokio::test]
async fn a_token_is_replaced_before_it_expires() {
    let world = World::with_operator("auth-expiry").await;
    let tokens = trusted_tokens(&world).await;
    tokens.set_mood(Mood::Good { expires_in: 5 });
    world.apply(&client_secret(HOST, CLIENT_SECRET)).await;
    works(&world, oauth2(&tokens.url(), &json!({}))).await;
    wait::poll("third token", wait::DEADLINE, || async {
        let count = tokens.requests().len();
        (count >= 3).then_some(()).ok_or_else(|| format!("{count}"))
    })
    .await;
    let refused: Vec<_> = world.proxy.since(0).into_iter().filter(|it| it.status == Some(401)).collect();
    assert!(refused.is_empty(), "never after it expired: {refused:#?}");
}
