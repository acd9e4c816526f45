//! Somebody who may write our kinds in one namespace, and nothing else, gets
//! no further by way of the operator: no Secret leaves for a host that it does
//! not name, and nothing inside the machine or the cluster is reached.

use serde_json::{Value, json};

use crate::support::{
    control_plane::{OPERATOR_NAMESPACE, control_plane},
    objects::{
        self, Kind, Manifest, PROVIDER, cluster_provider, condition, message, secret_with, user, user_name,
    },
    operator::Operator,
    proxy::{Answer, Match, Proxy},
    tenant::Tenant,
    tls::Authority,
    token_server::TokenServer,
    world::World,
};

/// A world whose operator may reach these hosts on this machine, and somebody
/// who is up to something.
async fn world_with_tenant(name: &str, allowed_hosts: &str) -> (World, Tenant) {
    let mut world = World::without_operator(name).await;
    world.operator = Operator::allowing(&world.namespace, allowed_hosts);
    world.operator.start().await;
    let tenant = Tenant::of(&world.namespace).await;
    (world, tenant)
}

fn is_forbidden<T: std::fmt::Debug>(result: kube::Result<T>) -> bool {
    matches!(result, Err(kube::Error::Api(status)) if status.code == 403)
}

/// What became of the tenant's provider: the API server's refusal, or reason
/// and message.
async fn outcome(world: &World, tenant: &Tenant, provider: &Manifest) -> (String, String) {
    match tenant.try_apply(provider).await {
        Err(kube::Error::Api(status)) => ("Refused".to_owned(), status.message),
        Err(error) => panic!("{provider:?}: {error}"),
        Ok(_) => {
            let told = world
                .until(Kind::Provider, provider.name(), "told apart", |object| {
                    object.is_some_and(|provider| {
                        condition(provider, "Ready").is_some_and(|ready| ready["reason"] != "Progressing")
                    })
                })
                .await
                .unwrap();
            let ready = condition(&told, "Ready").unwrap();
            (ready["reason"].as_str().unwrap().to_owned(), message(&told, "Ready"))
        }
    }
}

#[tokio::test]
async fn a_tenant_writes_our_kinds_in_its_namespace_and_nothing_else() {
    let world = World::without_operator("tenant").await;
    let tenant = Tenant::of(&world.namespace).await;
    tenant.apply(&user("ada")).await;
    world.apply(&world.secret()).await;
    assert!(is_forbidden(tenant.try_read_secret(objects::SECRET).await));
    assert!(is_forbidden(tenant.try_apply(&world.secret()).await));
    assert!(is_forbidden(tenant.try_apply_in(OPERATOR_NAMESPACE, &user("ada")).await));
    let everybody = json!([{"namespaces": {"from": "All"}}]);
    let provider = cluster_provider(&world.namespace, &world.proxy.url(), everybody);
    assert!(is_forbidden(tenant.try_apply(&provider).await));
    let mut namespace = objects::namespace(&world.namespace);
    namespace.value["metadata"]["labels"] = json!({"team": "a"});
    assert!(is_forbidden(tenant.try_apply(&namespace).await), "it cannot get itself selected");
}

/// This machine by its address and by its name.
const BOTH_NAMES: &str = "127.0.0.1, localhost";

/// Ways of sending what is in a Secret somewhere; the last is by a token
/// endpoint.
fn ways_out(secret: &str, token_url: &str) -> Vec<Value> {
    let key = |key: &str| json!({"name": secret, "key": key});
    vec![
        json!({"type": "Bearer", "bearer": {"tokenSecretRef": key("password")}}),
        json!({"type": "Basic", "basic": {
            "usernameSecretRef": key("username"), "passwordSecretRef": key("password"),
        }}),
        json!({"type": "Header", "header": {"name": "X-Api-Key", "valueSecretRef": key("password")}}),
        json!({"type": "OAuth2", "oauth2": {
            "tokenURL": token_url, "authStyle": "Body",
            "clientIDSecretRef": key("username"), "clientSecretSecretRef": key("password"),
        }}),
    ]
}

#[tokio::test]
async fn no_secret_is_sent_home_by_any_way_out() {
    // The network lets the tenant's server be reached: the annotation alone is
    // in the way.
    let (world, tenant) = world_with_tenant("exfiltrate", "127.0.0.1").await;
    let tokens = TokenServer::start("app", "hunter2").await;
    let values = [("username", "app"), ("password", "hunter2")];
    let mut plain = secret_with("database", "", &values);
    plain.value["metadata"].as_object_mut().unwrap().remove("annotations");
    world.apply(&plain).await;
    world.apply(&secret_with("idp", "idp.example.com, 127.0.0.2", &values)).await;
    let base = world.server.kind().base();
    let port = world.proxy.port();
    for secret in ["database", "idp"] {
        for auth in ways_out(secret, &tokens.url()) {
            for url in [world.proxy.url(), format!("http://127.0.0.1:{port}/idp.example.com{base}")] {
                let provider = objects::provider(&url).with("auth", auth.clone());
                let (reason, told) = outcome(&world, &tenant, &provider).await;
                assert_eq!(reason, "SecretNotAllowed", "{auth} {url}: {told}");
                assert!(!told.contains("hunter2"), "{told}");
            }
        }
    }
    // The server may have it, the token endpoint may not.
    let oauth2 = ways_out("idp", &tokens.url()).pop().unwrap();
    let provider = objects::provider("http://127.0.0.2:9/v2").with("auth", oauth2);
    let (reason, told) = outcome(&world, &tenant, &provider).await;
    assert_eq!(reason, "SecretNotAllowed", "{told}");
    assert_eq!(world.proxy.mark(), 0, "{:#?}", world.proxy.since(0));
    assert_eq!(tokens.requests(), []);
}

#[tokio::test]
async fn a_url_that_looks_like_another_host_gets_no_secret() {
    let (world, tenant) = world_with_tenant("disguise", "127.0.0.1").await;
    world.apply(&secret_with(objects::SECRET, "idp.example.com", &[("token", "hunter2")])).await;
    let port = world.proxy.port();
    for url in [
        format!("http://idp.example.com@127.0.0.1:{port}/v2"),
        format!("http://idp.example.com:x@127.0.0.1:{port}/v2"),
        format!("http://127.0.0.1:{port}/v2?idp.example.com"),
        format!("http://127.0.0.1:{port}/v2#idp.example.com"),
        format!("http://127.0.0.1:{port}\\@idp.example.com/v2"),
        format!("http:127.0.0.1:{port}/idp.example.com"),
    ] {
        let (reason, told) = outcome(&world, &tenant, &objects::provider(&url)).await;
        assert!(["Refused", "InvalidSpec", "SecretNotAllowed"].contains(&&*reason), "{url}: {reason} {told}");
    }
    assert_eq!(world.proxy.mark(), 0, "{:#?}", world.proxy.since(0));
}

#[tokio::test]
async fn a_client_certificate_is_shown_to_nobody_that_its_secret_does_not_name() {
    let (world, tenant) = world_with_tenant("certificate", "127.0.0.1").await;
    world.apply(&world.secret()).await;
    let certificate = Authority::new("Example CA").client("app");
    let pair = [("tls.crt", &*certificate.pem()), ("tls.key", &*certificate.key_pem())];
    let mut secret = secret_with("ingress", "idp.example.com", &pair);
    secret.value["type"] = json!("kubernetes.io/tls");
    world.apply(&secret).await;
    let tls = json!({"clientCertificateSecretRef": {"name": "ingress"}});
    let (reason, told) = outcome(&world, &tenant, &world.provider().with("tls", tls)).await;
    assert_eq!(reason, "SecretNotAllowed", "{told}");
    assert_eq!(world.proxy.mark(), 0);
}

#[tokio::test]
async fn no_secret_is_given_to_a_person_as_a_password() {
    let (world, tenant) = world_with_tenant("as-password", "127.0.0.1").await;
    world.apply(&secret_with("database", "idp.example.com", &[("password", "hunter2")])).await;
    world.apply_provider().await;
    world.ready(Kind::Provider, PROVIDER).await;
    let password = json!({"name": "database", "key": "password"});
    tenant.apply(&user("ada").with("passwordSecretRef", password)).await;
    world.not_ready(Kind::User, "ada", "SecretNotAllowed").await;
    let sent = world.proxy.since(0).iter().any(|it| it.body.to_string().contains("hunter2"));
    assert!(!sent, "{:#?}", world.proxy.since(0));
}

/// This machine, spelled in every way that some parser or resolver reads.
fn this_machine(port: u16) -> Vec<String> {
    [
        "127.0.0.1",
        "127.1",
        "127.0.0.254",
        "0x7f.1",
        "0x7f000001",
        "2130706433",
        "017700000001",
        "0177.0.0.1",
        "127.0.0.1.",
        "localhost",
        "LOCALHOST",
        "localhost.",
        "0.0.0.0",
        "0",
        "[::1]",
        "[0:0:0:0:0:0:0:1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "１２７.0.0.1",
        "127。0。0。1",
        "%31%32%37.0.0.1",
    ]
    .into_iter()
    .map(|host| format!("http://{host}:{port}/v2"))
    .collect()
}

/// The hosts of these URLs: so that it is not the Secret that is in the way.
fn hosts(urls: &[String]) -> String {
    let parsed = urls.iter().filter_map(|url| url::Url::parse(url).ok());
    let hosts: Vec<_> = parsed
        .filter_map(|url| {
            Some(match url.host()? {
                url::Host::Domain(name) => name.to_owned(),
                url::Host::Ipv4(address) => address.to_string(),
                url::Host::Ipv6(address) => address.to_string(),
            })
        })
        .collect();
    hosts.join(",")
}

/// Each of these is refused for its address, or not even read as a URL; of a
/// name that no resolver here knows, more cannot be seen.
async fn are_out_of_reach(world: &World, tenant: &Tenant, urls: &[String]) {
    world.apply(&secret_with(objects::SECRET, &hosts(urls), &[("token", "x")])).await;
    for url in urls {
        let (reason, told) = outcome(world, tenant, &objects::provider(url)).await;
        match &*reason {
            "Refused" | "InvalidSpec" => {}
            "Unreachable" => {
                let kinds =
                    ["loopback", "unspecified", "link-local", "metadata", "refused network", "lookup"];
                assert!(kinds.iter().any(|kind| told.contains(kind)), "{url}: {told}");
            }
            other => panic!("{url}: {other}: {told}"),
        }
    }
}

#[tokio::test]
async fn this_machine_is_out_of_reach_in_every_spelling() {
    let (world, tenant) = world_with_tenant("loopback", "").await;
    are_out_of_reach(&world, &tenant, &this_machine(world.proxy.port())).await;
    for url in [world.proxy.url(), world.proxy.url().replace("127.0.0.1", "localhost")] {
        let anonymous = objects::provider(&url).with("auth", json!({"type": "None"}));
        let (reason, told) = outcome(&world, &tenant, &anonymous).await;
        assert_eq!(reason, "Unreachable", "{told}");
    }
    assert_eq!(world.proxy.mark(), 0, "{:#?}", world.proxy.since(0));
}

/// Not even an operator that is told to allow them goes there.
#[tokio::test]
async fn link_local_and_metadata_addresses_are_out_of_reach_always() {
    let urls = [
        "169.254.169.254",
        "169.254.10.20",
        "0xa9fea9fe",
        "2852039166",
        "100.100.100.200",
        "168.63.129.16",
        "192.0.0.192",
        "[fe80::1]",
        "[fd00:ec2::254]",
        "[::ffff:169.254.169.254]",
    ];
    let urls = urls.map(|host| format!("http://{host}/latest/meta-data"));
    let (world, tenant) = world_with_tenant("metadata", &hosts(&urls)).await;
    are_out_of_reach(&world, &tenant, &urls).await;
}

#[tokio::test]
async fn the_api_server_is_out_of_reach() {
    let (world, tenant) = world_with_tenant("api-server", "").await;
    let server =
        control_plane().kubectl(&["config", "view", "--output=jsonpath={.clusters[0].cluster.server}"]);
    let server = server.unwrap();
    let service = control_plane()
        .kubectl(&[
            "get",
            "service",
            "kubernetes",
            "--namespace=default",
            "--output=jsonpath={.spec.clusterIP}",
        ])
        .unwrap();
    let urls = [server.clone(), format!("{server}/api/v1"), format!("https://{service}/api")];
    are_out_of_reach(&world, &tenant, &urls).await;
}

#[tokio::test]
async fn a_token_endpoint_is_held_to_the_same_addresses() {
    let (world, tenant) = world_with_tenant("token-address", "localhost").await;
    let tokens = TokenServer::start("app", "hunter2").await;
    let values = [("username", "app"), ("password", "hunter2")];
    world.apply(&secret_with("idp", BOTH_NAMES, &values)).await;
    let url = world.proxy.url().replace("127.0.0.1", "localhost");
    let oauth2 = ways_out("idp", &tokens.url()).pop().unwrap();
    let (reason, told) = outcome(&world, &tenant, &objects::provider(&url).with("auth", oauth2)).await;
    assert_eq!(reason, "Unreachable", "{told}");
    assert!(told.contains("loopback"), "{told}");
    assert_eq!(tokens.requests(), []);
    assert_eq!(world.proxy.mark(), 0, "no token, no request");

    // One that may be reached sends on to it: the client's secret stays here.
    let redirect = Answer::new(307, "text/html", "").with_header("Location", &tokens.url());
    world.proxy.on(Match::any()).answer(redirect);
    let oauth2 = ways_out("idp", &format!("{url}/token")).pop().unwrap();
    let (reason, told) = outcome(&world, &tenant, &objects::provider(&url).with("auth", oauth2)).await;
    assert_eq!(reason, "Redirected", "{told}");
    assert_eq!(tokens.requests(), []);
}

/// The tenant's server may be reached, and sends the operator on to one that
/// may not.
#[tokio::test]
async fn nobody_is_reached_by_a_redirect() {
    let (world, tenant) = world_with_tenant("redirects", "localhost").await;
    world.apply(&secret_with(objects::SECRET, BOTH_NAMES, &[("token", world.server.token())])).await;
    let target = Proxy::start(&world.server).await;
    let url = world.proxy.url().replace("127.0.0.1", "localhost");
    for status in [301, 302, 303, 307, 308] {
        let redirect = Answer::new(status, "text/html", "").with_header("Location", &target.url());
        let rule = world.proxy.on(Match::any()).answer(redirect);
        // Another path each time, so that it is looked at anew.
        let provider = objects::provider(&format!("{url}/{status}"));
        let (reason, told) = outcome(&world, &tenant, &provider).await;
        assert_eq!(reason, "Redirected", "{told}");
        world.proxy.remove(&rule);
    }
    tenant.apply(&objects::provider(&url)).await;
    world.ready(Kind::Provider, PROVIDER).await;
    let redirect =
        Answer::new(307, "text/html", "").with_header("Location", &format!("{}/Users", target.url()));
    let created = world.proxy.on(Match::new("POST", "/Users")).answer(redirect);
    tenant.apply(&user("ada")).await;
    created.hit().await;
    assert_eq!(target.mark(), 0, "{:#?}", target.since(0));
    assert!(world.server.users_named(&user_name("ada")).await.is_empty());
}
