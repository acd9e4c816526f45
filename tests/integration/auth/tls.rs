//! Certificates: the server's, the authority's, and the operator's own.

use serde_json::{Value, json};

use super::{HOST, let_in, proceeds, refusal};
use crate::support::{
    objects::{Kind, Manifest, PROVIDER, config_map, is_ready, message, secret_with, user},
    tls::{Authority, Flaw, TlsFront},
    world::World,
};

/// A server behind TLS of its own authority, which a Secret and a
/// `ConfigMap` tell.
async fn behind_tls(name: &str, flaw: Flaw, clients: bool) -> (World, Authority, TlsFront) {
    let world = World::with_operator(name).await;
    let authority = Authority::new("Example CA");
    let front =
        TlsFront::start(world.proxy.port(), &authority.server(flaw), clients.then_some(&authority)).await;
    world.apply(&world.secret()).await;
    world.apply(&config_map("authority", "ca.crt", &authority.pem())).await;
    world.apply(&secret_with("authority", "", &[("ca.crt", &authority.pem())])).await;
    (world, authority, front)
}

fn secure(world: &World, front: &TlsFront) -> Manifest {
    let url = format!("https://{HOST}:{}{}", front.port(), world.server.kind().base());
    world.provider().without("allowInsecureHTTP").with("url", url)
}

fn bundle(kind: &str) -> Value {
    json!({"kind": kind, "name": "authority", "key": "ca.crt"})
}

#[tokio::test]
async fn an_authority_of_ones_own_from_a_config_map_and_from_a_secret() {
    let (world, _, front) = behind_tls("auth-ca", Flaw::None, false).await;
    world.apply(&secure(&world, &front)).await;
    let told = refusal(&world, "TLSFailed").await;
    assert!(told.contains("caBundleRef"), "what to do: {told}");
    assert_eq!((front.handshakes(), world.proxy.mark()), (0, 0));
    for kind in ["ConfigMap", "Secret"] {
        world.settle(&secure(&world, &front).with("tls", json!({"caBundleRef": bundle(kind)}))).await;
    }
    proceeds(&world).await;
}

#[tokio::test]
async fn a_client_certificate_with_a_token_and_alone() {
    let (world, authority, front) = behind_tls("auth-mtls", Flaw::None, true).await;
    let trusting = json!({"caBundleRef": bundle("ConfigMap")});
    world.apply(&secure(&world, &front).with("tls", trusting)).await;
    let told = refusal(&world, "TLSFailed").await;
    assert!(told.contains("clientCertificateSecretRef"), "what to do: {told}");
    assert_eq!(world.proxy.mark(), 0);

    let client = authority.client("scim-operator");
    let mut secret =
        secret_with("client", HOST, &[("tls.crt", &client.pem()), ("tls.key", &client.key_pem())]);
    secret.value["type"] = json!("kubernetes.io/tls");
    world.apply(&secret).await;
    let both = json!({"caBundleRef": bundle("ConfigMap"), "clientCertificateSecretRef": {"name": "client"}});
    let provider = secure(&world, &front).with("tls", both);
    world.settle(&provider).await;
    proceeds(&world).await;

    let_in(&world, "authorization", str::is_empty);
    world.settle(&provider.with("auth", json!({"type": "None"}))).await;
    world.settle(&user("ada").with("title", "Countess")).await;
}

#[tokio::test]
async fn an_expired_certificate_is_told_until_it_is_renewed() {
    let (world, authority, front) = behind_tls("auth-expired", Flaw::Expired, false).await;
    world.apply(&secure(&world, &front).with("tls", json!({"caBundleRef": bundle("Secret")}))).await;
    let told = refusal(&world, "TLSFailed").await;
    assert!(told.contains("expired"), "{told}");
    assert_eq!(world.proxy.mark(), 0, "nothing is sent");
    front.present(&authority.server(Flaw::None));
    proceeds(&world).await;
}

#[tokio::test]
async fn a_certificate_for_another_name_is_told_until_it_is_replaced() {
    let (world, authority, front) = behind_tls("auth-other-name", Flaw::OtherName, false).await;
    world.apply(&secure(&world, &front).with("tls", json!({"caBundleRef": bundle("Secret")}))).await;
    let told = refusal(&world, "TLSFailed").await;
    assert!(told.contains("elsewhere.example.com") && told.contains(HOST), "{told}");
    assert_eq!(world.proxy.mark(), 0, "nothing is sent");
    front.present(&authority.server(Flaw::None));
    proceeds(&world).await;
}

#[tokio::test]
async fn a_bundle_that_is_missing_or_none_is_told_until_it_is_there() {
    let (world, authority, front) = behind_tls("auth-no-bundle", Flaw::None, false).await;
    let reference = json!({"kind": "ConfigMap", "name": "bundle", "key": "ca.crt"});
    world.apply(&secure(&world, &front).with("tls", json!({"caBundleRef": reference}))).await;
    let told = refusal(&world, "SecretNotFound").await;
    assert!(told.contains("bundle") && told.contains("ConfigMap"), "{told}");
    world.apply(&config_map("bundle", "ca.crt", "this is no certificate")).await;
    let told = wait_for_other(&world, &told).await;
    assert!(told.contains("bundle") && !told.contains("this is no certificate"), "{told}");
    assert_eq!(front.handshakes(), 0);
    world.apply(&config_map("bundle", "ca.crt", &authority.pem())).await;
    proceeds(&world).await;
}

/// What the provider says once it no longer says this, and still is not Ready.
async fn wait_for_other(world: &World, before: &str) -> String {
    let other = world
        .until(Kind::Provider, PROVIDER, "not Ready for another cause", |object| {
            object.is_some_and(|provider| message(provider, "Ready") != before)
        })
        .await
        .unwrap();
    assert!(!is_ready(&other));
    message(&other, "Ready")
}
