//! Every way to authenticate: it works, what is wrong is told with what to do,
//! nothing is sent that should not be, and all of it goes on by itself once
//! mended.

mod rotation;
mod tls;
mod ways;
mod wrong;

use serde_json::{Value, json};

use crate::support::{
    objects::{Kind, Manifest, PROVIDER, SECRET, message, secret_with, user},
    proxy::{Answer, Ending, Match},
    token_server::TokenServer,
    world::World,
};

pub(super) const HOST: &str = "127.0.0.1";

/// From now on the server lets in only those whose value of `header` the guard
/// knows; absent is "".
pub(super) fn let_in(
    world: &World,
    header: &'static str,
    guard: impl Fn(&str) -> bool + Send + Sync + 'static,
) {
    let token = format!("Bearer {}", world.server.token());
    world.proxy.on(Match::any()).handle(move |mut exchange| {
        let headers = &mut exchange.request.headers;
        let known = guard(headers.get(header).unwrap_or_default());
        headers.0.retain(|(name, _)| !name.eq_ignore_ascii_case("authorization"));
        headers.0.push(("Authorization".to_owned(), token.clone()));
        async move {
            Ending::Answer(if known {
                exchange.forward().await
            } else {
                Answer::scim_error(401, "", "nobody that is known here")
            })
        }
    });
}

pub(super) fn key_of(name: &str, key: &str) -> Value {
    json!({"name": name, "key": key})
}

pub(super) fn basic() -> Value {
    json!({"type": "Basic", "basic": {
        "usernameSecretRef": key_of(SECRET, "username"), "passwordSecretRef": key_of(SECRET, "password"),
    }})
}

pub(super) fn header(name: &str, prefix: Option<&str>) -> Value {
    let mut header = json!({"name": name, "valueSecretRef": key_of(SECRET, "key")});
    if let Some(prefix) = prefix {
        header["prefix"] = json!(prefix);
    }
    json!({"type": "Header", "header": header})
}

pub(super) fn oauth2(token_url: &str, more: &Value) -> Value {
    let mut block = json!({
        "tokenURL": token_url,
        "clientIDSecretRef": key_of(SECRET, "id"), "clientSecretSecretRef": key_of(SECRET, "secret"),
    });
    for (name, value) in more.as_object().unwrap() {
        block[name] = value.clone();
    }
    json!({"type": "OAuth2", "oauth2": block})
}

pub(super) const CLIENT: &str = "scim operator";

pub(super) const CLIENT_SECRET: &str = "s:3/ä+cr%t";

pub(super) fn client_secret(hosts: &str, secret: &str) -> Manifest {
    secret_with(SECRET, hosts, &[("id", CLIENT), ("secret", secret)])
}

/// A token endpoint whose tokens the world's server takes.
pub(super) async fn trusted_tokens(world: &World) -> TokenServer {
    let tokens = TokenServer::start(CLIENT, CLIENT_SECRET).await;
    let_in(world, "authorization", tokens.guard());
    tokens
}

/// The provider becomes Ready with this, and a user is created.
pub(super) async fn works(world: &World, auth: Value) {
    world.settle(&world.provider().with("auth", auth)).await;
    proceeds(world).await;
}

pub(super) async fn proceeds(world: &World) {
    world.ready(Kind::Provider, PROVIDER).await;
    world.settle(&user("ada")).await;
    assert_eq!(world.server.all("/Users").await.len(), 1);
}

/// Why the provider is not Ready, for this reason.
pub(super) async fn refusal(world: &World, reason: &str) -> String {
    message(&world.not_ready(Kind::Provider, PROVIDER, reason).await, "Ready")
}
