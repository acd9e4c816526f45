//! What lies in `examples/` is applied as it lies there, but for addresses and
//! credentials, and does what its page says.

use std::{fs, path::PathBuf};

use kube::api::DynamicObject;
use serde_json::{Value, json};

mod vendors;

use crate::{
    auth::let_in,
    support::{
        children::run_directory,
        control_plane::{control_plane, repository},
        objects::{Kind, has, id, status},
        tls::{Authority, Flaw, TlsFront},
        token_server::TokenServer,
        wait,
        world::World,
    },
};

/// The examples in the hands of somebody who edits them for one namespace.
struct Examples {
    namespace: String,
    edits: Vec<(String, String)>,
}

impl Examples {
    fn for_namespace(namespace: &str) -> Self {
        Self { namespace: namespace.to_owned(), edits: Vec::new() }
    }

    fn for_world(world: &World) -> Self {
        let url = format!("url: {}\n  allowInsecureHTTP: true\n  resyncInterval: 2s", world.proxy.url());
        Self::for_namespace(&world.namespace)
            .with("token: replace-me", &format!("token: {}", world.server.token()))
            .with("scim.example.com", "127.0.0.1")
            .with("url: https://scim.example.com/scim/v2", &url)
    }

    /// One more thing to edit, before everything else.
    fn with(mut self, text: &str, replacement: &str) -> Self {
        self.edits.insert(0, (text.to_owned(), replacement.to_owned()));
        self
    }

    /// Applies a folder as `kubectl apply --filename` does.
    fn apply(&self, folder: &str) {
        self.apply_with(folder, &[]);
    }

    fn apply_with(&self, folder: &str, flags: &[&str]) {
        for file in manifests(folder) {
            let text = fs::read_to_string(&file).unwrap();
            let text = self.edits.iter().fold(text, |text, (from, to)| text.replace(from, to));
            let name = file.file_name().unwrap().to_str().unwrap();
            let edited = run_directory().join(format!("{}.{folder}.{name}", self.namespace));
            fs::write(&edited, &text).unwrap();
            let mut arguments = vec!["apply", "--server-side", "--filename", edited.to_str().unwrap()];
            // What says itself where it belongs is applied without a namespace.
            if !text.contains("\n  namespace: ") {
                arguments.extend(["--namespace", &self.namespace]);
            }
            arguments.extend(flags);
            control_plane().kubectl(&arguments).unwrap();
        }
    }
}

/// The folders of `examples/`, sorted.
fn folders() -> Vec<String> {
    let entries = fs::read_dir(repository().join("examples")).unwrap().map(Result::unwrap);
    let mut folders: Vec<_> = entries
        .filter(|entry| entry.file_type().unwrap().is_dir())
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect();
    folders.sort();
    folders
}

/// The manifests of a folder, sorted.
fn manifests(folder: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(repository().join("examples").join(folder)).unwrap();
    let mut files: Vec<_> = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "yaml"))
        .collect();
    files.sort();
    files
}

#[test]
fn every_example_has_a_page_and_a_line_in_the_list() {
    let list = fs::read_to_string(repository().join("examples/README.md")).unwrap();
    for folder in folders() {
        assert!(
            repository().join("examples").join(&folder).join("README.md").exists(),
            "{folder} has no page"
        );
        assert!(list.contains(&format!("[{folder}]({folder})")), "{folder} is not in the list");
        assert!(!manifests(&folder).is_empty(), "{folder} has no manifests");
    }
}

#[tokio::test]
async fn the_api_server_takes_every_example() {
    let world = World::without_operator("examples").await;
    for folder in folders() {
        Examples::for_world(&world).apply_with(&folder, &["--dry-run=server"]);
    }
}

#[tokio::test]
async fn bearer_makes_a_provider_ready() {
    let world = World::with_operator("example-bearer").await;
    Examples::for_world(&world).apply("bearer");
    world.ready(Kind::Provider, "directory").await;
}

#[tokio::test]
async fn quickstart_makes_five_people_and_two_groups() {
    let world = World::with_operator("example-quickstart").await;
    Examples::for_world(&world)
        .with("http://127.0.0.1:8642/v2", &world.proxy.url())
        .with("token: secret", &format!("token: {}", world.server.token()))
        .apply("quickstart");
    world.ready_count(Kind::User, 5).await;
    world.ready_count(Kind::Group, 2).await;
    assert_eq!(world.server.users_named("ada@example.com").await.len(), 1);
}

#[tokio::test]
async fn a_cluster_provider_serves_what_it_grants_and_nothing_else() {
    let world = World::with_operator("example-cluster").await;
    // The namespace's name stands in the grant, in userNames and in displayNames.
    Examples::for_world(&world).with("team-a", &world.namespace).apply("cluster-provider");
    world.ready(Kind::User, "ada").await;
    world.ready(Kind::Group, "reviewers").await;
    world.not_ready(Kind::Group, "administrators", "NotGranted").await;
    let groups = world.server.all("/Groups").await;
    let names: Vec<_> = groups.iter().map(|group| group["displayName"].as_str().unwrap()).collect();
    assert_eq!(names, [format!("{}-reviewers", world.namespace)]);

    // It belongs to no namespace, so it has to be taken away by name.
    world.delete_namespace().await;
    control_plane().kubectl(&["delete", "clusterscimprovider", "company", "--timeout=60s"]).unwrap();
}

/// A world with the provider that the examples about people and groups name.
async fn with_directory(name: &str) -> World {
    let world = World::with_operator(name).await;
    Examples::for_world(&world).apply("bearer");
    world.ready(Kind::Provider, "directory").await;
    world
}

#[tokio::test]
async fn nested_groups_puts_groups_and_strangers_into_groups() {
    let world = with_directory("example-nested").await;
    let carol = world.server.create("/Users", &json!({"userName": "carol@example.com"})).await;
    Examples::for_world(&world).apply("nested-groups");
    let oncall = id(&world.ready(Kind::Group, "oncall").await);
    let platform = id(&all_in(&world, "platform").await);
    let mut expected = [oncall, carol["id"].as_str().unwrap().to_owned()];
    expected.sort();
    assert_eq!(world.server.members(&platform).await, expected);
}

#[tokio::test]
async fn selector_puts_those_with_the_label_into_the_group() {
    let world = with_directory("example-selector").await;
    Examples::for_world(&world).apply("selector");
    world.ready_count(Kind::User, 3).await;
    let mut expected = Vec::new();
    for name in ["ada", "bo"] {
        expected.push(id(&world.ready(Kind::User, name).await));
    }
    expected.sort();
    let group = id(&all_in(&world, "platform").await);
    assert_eq!(world.server.members(&group).await, expected);

    let namespace = format!("--namespace={}", world.namespace);
    let label = ["label", &namespace, "--overwrite", "scimuser", "chidi", "example.com/team=platform"];
    control_plane().kubectl(&label).unwrap();
    expected.push(id(&world.get(Kind::User, "chidi").await));
    expected.sort();
    wait::poll("three members", wait::DEADLINE, || async {
        let members = world.server.members(&group).await;
        if members == expected { Ok(()) } else { Err(format!("{members:?}")) }
    })
    .await;
}

/// Until a group has all its members.
async fn all_in(world: &World, name: &str) -> DynamicObject {
    let is_so = |object: Option<&DynamicObject>| {
        object.is_some_and(|object| has(object, "MembersReady", "True", "Succeeded"))
    };
    world.until(Kind::Group, name, "all members in", is_so).await.unwrap()
}

#[tokio::test]
async fn adopt_takes_over_who_is_there_and_keeps_the_rest() {
    let world = with_directory("example-adopt").await;
    let ada = json!({"userName": "ada@example.com", "title": "Analyst", "nickName": "Countess"});
    let ada = world.server.create("/Users", &ada).await;
    let eli = world.server.create("/Users", &json!({"userName": "eli@example.com"})).await;
    let platform = json!({"displayName": "Platform", "members": [{"value": eli["id"]}]});
    let platform = world.server.create("/Groups", &platform).await;
    Examples::for_world(&world).apply("adopt");

    let object = world.ready(Kind::User, "ada").await;
    assert_eq!((status(&object, "/origin"), id(&object)), (json!("Adopted"), text(&ada["id"])));
    let there = world.server.get("/Users", &id(&object)).await.unwrap();
    assert_eq!((&there["title"], &there["nickName"]), (&json!("Head of Platform"), &json!("Countess")));
    let group = all_in(&world, "platform").await;
    assert_eq!(id(&group), text(&platform["id"]));
    let mut expected = [text(&ada["id"]), text(&eli["id"])];
    expected.sort();
    assert_eq!(world.server.members(&id(&group)).await, expected, "others stay");
}

#[tokio::test]
async fn observe_shows_who_is_there_and_changes_nothing() {
    let world = with_directory("example-observe").await;
    let ada = world.server.create("/Users", &json!({"userName": "ada@example.com"})).await;
    let mark = world.proxy.mark();
    Examples::for_world(&world).apply("observe");
    let object = world.ready(Kind::User, "ada").await;
    assert!(has(&object, "Ready", "True", "Observing"), "{object:?}");
    assert_eq!(id(&object), text(&ada["id"]));
    assert!(world.proxy.since(mark).iter().all(|record| !record.writes()));
    assert_eq!(world.server.get("/Users", &id(&object)).await.unwrap()["title"], json!(null));
}

#[tokio::test]
async fn password_makes_a_user_with_a_password() {
    let world = with_directory("example-password").await;
    Examples::for_world(&world).apply("password");
    let object = world.ready(Kind::User, "reporting").await;
    assert!(status(&object, "/passwordDigest").is_string(), "{object:?}");
    assert!(!object.data.to_string().contains("replace-me-password"));
}

#[tokio::test]
async fn oauth2_makes_a_provider_ready_with_a_token_for_its_scopes() {
    let world = World::with_operator("example-oauth2").await;
    let tokens = TokenServer::start("client-of-mine", "secret-of-mine").await;
    let_in(&world, "authorization", tokens.guard());
    Examples::for_world(&world)
        .with("https://login.example.com/oauth2/token", &tokens.url())
        .with("login.example.com,scim.example.com", "127.0.0.1")
        .with("replace-me-id", "client-of-mine")
        .with("replace-me-secret", "secret-of-mine")
        .apply("oauth2");
    world.ready(Kind::Provider, "directory").await;
    let requests = tokens.requests();
    assert_eq!(requests.len(), 1, "{requests:?}");
    assert_eq!(requests[0].form["scope"], "scim.read scim.write");
}

#[tokio::test]
async fn mutual_tls_makes_a_provider_ready_on_both_sides_certificates() {
    let world = World::with_operator("example-mutual-tls").await;
    let authority = Authority::new("corporate CA");
    let client = authority.client("scim-operator");
    let front = TlsFront::start(world.proxy.port(), &authority.server(Flaw::None), Some(&authority)).await;
    let url = format!(
        "url: https://127.0.0.1:{}{}\n  resyncInterval: 2s",
        front.port(),
        world.server.kind().base()
    );
    Examples::for_world(&world)
        .with("url: https://scim.example.com/scim/v2", &url)
        .with("replace-me-authorities", &json!(authority.pem()).to_string())
        .with("replace-me-certificate", &json!(client.pem()).to_string())
        .with("replace-me-key", &json!(client.key_pem()).to_string())
        .apply("mutual-tls");
    world.ready(Kind::Provider, "directory").await;
    assert!(front.handshakes() > 0);
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}
