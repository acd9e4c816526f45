//! A provider of the whole cluster serves whom a grant permits, and nobody
//! further.

use serde_json::{Value, json};

use crate::support::{
    objects::{
        Kind, Manifest, cluster_provider, condition, group, has, id, message, secret_with, user, user_name,
    },
    proxy::Recorded,
    tenant::Tenant,
    world::World,
};

/// A world with a cluster provider, which is named like its namespace, and a
/// tenant.
async fn world_with_grants(name: &str, grants: &Value) -> (World, Tenant) {
    let world = World::with_operator(name).await;
    let secret = secret_with(&world.namespace, "127.0.0.1", &[("token", world.server.token())]);
    world.apply_for_operator(&secret).await;
    let tenant = Tenant::of(&world.namespace).await;
    grant(&world, grants).await;
    (world, tenant)
}

/// These grants instead of those before.
async fn grant(world: &World, grants: &Value) {
    let token = json!({"name": world.namespace, "key": "token"});
    let provider = cluster_provider(&world.namespace, &world.proxy.url(), grants.clone())
        .with("auth", json!({"type": "Bearer", "bearer": {"tokenSecretRef": token}}));
    world.settle(&provider).await;
}

/// The manifest for the cluster provider.
fn there(world: &World, manifest: Manifest) -> Manifest {
    manifest.with("providerRef", json!({"kind": "ClusterScimProvider", "name": world.namespace}))
}

/// A grant for this namespace, with more.
fn here(world_name: &str, more: &Value) -> Value {
    let mut grant = json!({"namespaces": {"from": "Names", "names": [world_name]}});
    grant.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    grant
}

fn work(world: &World, mark: usize) -> Vec<Recorded> {
    world.proxy.work_since(mark)
}

/// It is refused, nothing is asked of the server about it, and it says which
/// permission is missing.
async fn is_beyond(world: &World, tenant: &Tenant, manifest: Manifest, missing: &str) {
    let mark = world.proxy.mark();
    let manifest = there(world, manifest);
    tenant.apply(&manifest).await;
    let refused = world.not_ready(manifest.kind, manifest.name(), "NotGranted").await;
    let told = message(&refused, "Ready");
    assert!(told.contains(missing), "{missing}: {told}");
    assert_eq!(refused.metadata.finalizers, None, "nothing is claimed");
    assert!(work(world, mark).is_empty(), "{missing}: {:#?}", work(world, mark));
    world.delete(manifest.kind, manifest.name()).await;
    world.gone(manifest.kind, manifest.name()).await;
    assert!(work(world, mark).is_empty(), "its deletion calls nothing: {:#?}", work(world, mark));
}

#[tokio::test]
async fn without_a_grant_nobody_is_served() {
    let (world, tenant) = world_with_grants("grants-none", &json!([])).await;
    is_beyond(&world, &tenant, user("ada"), "namespace").await;
    is_beyond(&world, &tenant, group("team", []), "namespace").await;
    let others = json!([{"namespaces": {"from": "Names", "names": ["somebody-else"]}}]);
    grant(&world, &others).await;
    is_beyond(&world, &tenant, user("ada"), "namespace").await;
    let selected = json!([{"namespaces": {
        "from": "Selector", "selector": {"matchLabels": {"kubernetes.io/metadata.name": "somebody-else"}},
    }}]);
    grant(&world, &selected).await;
    is_beyond(&world, &tenant, user("ada"), "namespace").await;
}

#[tokio::test]
async fn a_grant_serves_its_namespaces_by_name_by_label_and_all() {
    let (world, tenant) = world_with_grants("grants-some", &json!([])).await;
    let namespace = &world.namespace;
    let label = json!({"matchLabels": {"kubernetes.io/metadata.name": namespace}});
    let ways = [
        json!({"from": "Names", "names": [namespace]}),
        json!({"from": "Selector", "selector": label}),
        json!({"from": "All"}),
    ];
    for (number, namespaces) in ways.into_iter().enumerate() {
        grant(&world, &json!([{"namespaces": namespaces}])).await;
        let name = format!("user-{number}");
        tenant.apply(&there(&world, user(&name).with("title", "Analyst"))).await;
        world.ready(Kind::User, &name).await;
    }
    assert_eq!(world.server.all("/Users").await.len(), 3);
}

#[tokio::test]
async fn names_beyond_the_patterns_are_refused_also_by_renaming() {
    let (world, tenant) = world_with_grants("grants-names", &json!([])).await;
    let patterns = json!({"userNamePatterns": ["*@team-a.example.com"], "groupNamePatterns": ["team-a-*"]});
    grant(&world, &json!([here(&world.namespace, &patterns)])).await;
    is_beyond(&world, &tenant, user("ada"), "userNamePatterns").await;
    for name in ["ada@team-a.example.com.example.org", "ada@team-b.example.com", "@team-a.example.com x"] {
        is_beyond(&world, &tenant, user("ada").with("userName", name), "userNamePatterns").await;
    }
    is_beyond(&world, &tenant, group("admins", []), "groupNamePatterns").await;

    let ada = there(&world, user("ada").with("userName", "ada@team-a.example.com"));
    tenant.apply(&ada).await;
    world.ready(Kind::User, "ada").await;
    let mark = world.proxy.mark();
    tenant.apply(&ada.clone().with("userName", "boss@example.com")).await;
    world.not_ready(Kind::User, "ada", "NotGranted").await;
    world.proxy.sweeps(world.proxy.mark(), 1).await;
    assert!(!work(&world, mark).iter().any(Recorded::writes), "{:#?}", work(&world, mark));
    tenant.apply(&ada).await;
    world.ready(Kind::User, "ada").await;
    tenant.apply(&there(&world, group("team-a-leads", ["ada"]))).await;
    world.ready(Kind::Group, "team-a-leads").await;
}

#[tokio::test]
async fn what_is_there_already_is_neither_taken_nor_shown() {
    let (world, tenant) = world_with_grants("grants-adoption", &json!([])).await;
    grant(&world, &json!([here(&world.namespace, &json!({}))])).await;
    let boss = world.server.create("/Users", &json!({"userName": user_name("boss"), "title": "Boss"})).await;
    let adopting = user("boss").with("adoptionPolicy", "Adopt");
    is_beyond(&world, &tenant, adopting.clone(), "allowAdoption").await;
    is_beyond(&world, &tenant, adopting.with("adoptID", boss["id"].clone()), "allowAdoption").await;
    is_beyond(&world, &tenant, user("boss").with("mode", "Observe"), "allowAdoption").await;
    tenant.apply(&there(&world, user("boss").with("title", "Intern"))).await;
    world.not_ready(Kind::User, "boss", "AlreadyExists").await;
    assert_eq!(world.server.users_named(&user_name("boss")).await, [boss]);
}

#[tokio::test]
async fn members_that_are_no_objects_of_the_namespace_need_a_grant() {
    let (world, tenant) = world_with_grants("grants-members", &json!([])).await;
    grant(&world, &json!([here(&world.namespace, &json!({}))])).await;
    let boss = world.server.create("/Users", &json!({"userName": user_name("boss")})).await;
    for members in [json!({"ids": [boss["id"]]}), json!({"userNames": [user_name("boss")]})] {
        is_beyond(&world, &tenant, group("team", []).with("members", members), "allowRawMembers").await;
    }
    assert!(world.server.all("/Groups").await.is_empty());
}

#[tokio::test]
async fn passwords_need_a_grant() {
    let (world, tenant) = world_with_grants("grants-passwords", &json!([])).await;
    grant(&world, &json!([here(&world.namespace, &json!({}))])).await;
    world.apply(&secret_with("ada", "127.0.0.1", &[("password", "a-long-Passphrase-1")])).await;
    let password = json!({"name": "ada", "key": "password"});
    is_beyond(&world, &tenant, user("ada").with("passwordSecretRef", password), "allowPasswords").await;
}

#[tokio::test]
async fn attributes_beyond_those_allowed_are_refused() {
    let (world, tenant) = world_with_grants("grants-attributes", &json!([])).await;
    let allowed = json!({"allowedAttributes": ["title", "urn:example:badges"]});
    grant(&world, &json!([here(&world.namespace, &allowed)])).await;
    for (field, value) in [
        ("roles", json!([{"value": "administrator"}])),
        ("active", json!(true)),
        ("enterprise", json!({"department": "Programs"})),
        ("extensions", json!({"urn:example:other": {"x": 1}})),
        ("attributes", json!({"customRole": "administrator"})),
        ("ensureAbsent", json!(["roles[value eq \"administrator\"]"])),
    ] {
        is_beyond(&world, &tenant, user("ada").with(field, value), "allowedAttributes").await;
    }
    tenant.apply(&there(&world, user("ada").with("title", "Analyst"))).await;
    world.ready(Kind::User, "ada").await;
}

#[tokio::test]
async fn what_two_grants_permit_each_does_not_add_up() {
    let (world, tenant) = world_with_grants("grants-sum", &json!([])).await;
    let grants = json!([
        here(&world.namespace, &json!({"userNamePatterns": ["*@example.com"], "allowedAttributes": []})),
        here(&world.namespace, &json!({"userNamePatterns": ["*@example.org"]})),
    ]);
    grant(&world, &grants).await;
    is_beyond(&world, &tenant, user("ada").with("title", "Boss"), "allowedAttributes").await;
    tenant.apply(&there(&world, user("ada"))).await;
    world.ready(Kind::User, "ada").await;
}

/// The fields that pass anything on are no way around the others.
#[tokio::test]
async fn nothing_is_smuggled_past_a_grant() {
    let (world, tenant) = world_with_grants("grants-smuggling", &json!([])).await;
    let patterns = json!({"userNamePatterns": ["*@team-a.example.com"], "groupNamePatterns": ["team-a-*"]});
    grant(&world, &json!([here(&world.namespace, &patterns)])).await;
    let boss = world.server.create("/Users", &json!({"userName": user_name("boss")})).await;
    let core = "urn:ietf:params:scim:schemas:core:2.0:User";
    let core_group = "urn:ietf:params:scim:schemas:core:2.0:Group";
    let ada = || user("ada").with("userName", "ada@team-a.example.com");
    let team = || group("team", []).with("displayName", "team-a-x").without("members");
    let stowaways = [
        ada().with("attributes", json!({"userName": user_name("root")})),
        ada().with("attributes", json!({"USERNAME": user_name("root")})),
        ada().with("attributes", json!({"password": "hunter2-Hunter2"})),
        ada().with("attributes", json!({"PassWord": "hunter2-Hunter2"})),
        ada().with("attributes", json!({"id": boss["id"]})),
        ada().with("attributes", json!({(format!("{core}:userName")): user_name("root")})),
        ada().with("attributes", json!({(format!("{core}:password")): "hunter2-Hunter2"})),
        ada().with("extensions", json!({(core): {"userName": user_name("root")}})),
        ada().with("extensions", json!({(core): {"password": "hunter2-Hunter2"}})),
        ada().with("extensions", json!({(core.to_uppercase()): {"password": "hunter2-Hunter2"}})),
        team().with("attributes", json!({"displayName": "admins"})),
        team().with("attributes", json!({"members": [{"value": boss["id"]}]})),
        team().with("attributes", json!({"Members": [{"value": boss["id"]}]})),
        team().with("extensions", json!({(core_group): {"members": [{"value": boss["id"]}]}})),
        team().with("extensions", json!({(core_group): {"displayName": "admins"}})),
    ];
    for stowaway in stowaways {
        let mark = world.proxy.mark();
        let manifest = there(&world, stowaway);
        match tenant.try_apply(&manifest).await {
            Err(kube::Error::Api(refused)) if refused.code == 422 || refused.code == 400 => continue,
            other => other.unwrap(),
        };
        let stalled = world
            .until(manifest.kind, manifest.name(), "refused", |object| {
                object.is_some_and(|object| condition(object, "Ready").is_some())
            })
            .await
            .unwrap();
        let refused =
            ["NotGranted", "InvalidSpec"].iter().any(|reason| has(&stalled, "Ready", "False", reason));
        assert!(refused, "{:#}: {:#}", manifest.value["spec"], stalled.data["status"]);
        assert!(work(&world, mark).is_empty(), "{:#?}", work(&world, mark));
        world.delete(manifest.kind, manifest.name()).await;
        world.gone(manifest.kind, manifest.name()).await;
    }
}

#[tokio::test]
async fn a_grant_that_is_withdrawn_stops_everything_and_gives_back_with_it() {
    let (world, tenant) = world_with_grants("grants-withdrawn", &json!([])).await;
    grant(&world, &json!([here(&world.namespace, &json!({}))])).await;
    tenant.apply(&there(&world, user("ada").with("title", "Analyst"))).await;
    let ada = id(&world.ready(Kind::User, "ada").await);

    grant(&world, &json!([])).await;
    let mark = world.proxy.mark();
    tenant.apply(&there(&world, user("ada").with("title", "Boss"))).await;
    world.not_ready(Kind::User, "ada", "NotGranted").await;
    assert!(work(&world, mark).is_empty());
    assert_eq!(world.server.get("/Users", &ada).await.unwrap()["title"], "Analyst");

    grant(&world, &json!([here(&world.namespace, &json!({}))])).await;
    world.ready(Kind::User, "ada").await;
    assert_eq!(world.server.get("/Users", &ada).await.unwrap()["title"], "Boss");
}

#[tokio::test]
async fn its_secrets_come_from_the_operators_namespace_alone() {
    let (world, tenant) = world_with_grants("grants-secret", &json!([])).await;
    // The same name where the tenant lives: it is not read.
    world.apply(&secret_with(&world.namespace, "127.0.0.1", &[("token", "not-the-token")])).await;
    grant(&world, &json!([here(&world.namespace, &json!({}))])).await;
    tenant.apply(&there(&world, user("ada"))).await;
    world.ready(Kind::User, "ada").await;

    let only_here = secret_with("only-here", "127.0.0.1", &[("token", world.server.token())]);
    world.apply(&only_here).await;
    let token = json!({"name": "only-here", "key": "token"});
    let provider = cluster_provider(&world.namespace, &world.proxy.url(), json!([]))
        .with("auth", json!({"type": "Bearer", "bearer": {"tokenSecretRef": token}}));
    world.apply(&provider).await;
    let waiting = world.not_ready(Kind::ClusterProvider, &world.namespace, "SecretNotFound").await;
    let told = message(&waiting, "Ready");
    assert!(told.contains("only-here"), "{told}");
}

#[tokio::test]
async fn a_cluster_provider_stays_until_nothing_of_any_namespace_refers_to_it() {
    let (world, tenant) = world_with_grants("grants-in-use", &json!([])).await;
    grant(&world, &json!([here(&world.namespace, &json!({}))])).await;
    tenant.apply(&there(&world, user("ada"))).await;
    let ada = id(&world.ready(Kind::User, "ada").await);
    world.delete(Kind::ClusterProvider, &world.namespace).await;
    world.delete(Kind::User, "ada").await;
    world.gone(Kind::User, "ada").await;
    world.gone(Kind::ClusterProvider, &world.namespace).await;
    assert!(world.server.get("/Users", &ada).await.is_none());
}
