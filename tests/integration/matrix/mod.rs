//! One suite of scenarios on every server. What passes on which is written
//! down in `expected/`, with what users are told where something does not, and
//! is the table of `docs/servers/README.md`.

mod attributes;
mod groups;
mod in_process;
mod presets;
mod real;
mod report;
mod samples;
mod stage;
mod subject;
mod users;
mod vendors;
mod whole;

use std::thread;

use futures::{
    FutureExt,
    future::{LocalBoxFuture, join_all},
};

use self::{
    presets::PresetServer,
    real::Real,
    report::Report,
    stage::Stage,
    subject::Subject,
    vendors::{BuypassTenant, Confirmit, IdaasNl},
};
use crate::support::{scim_server::ServerKind, site::Site};

/// All scenarios on one server, with one operator. They have objects of their
/// own, so they can go on at the same time; only a restart wants quiet.
async fn run(name: &'static str, site: Site, subject: Box<dyn Subject>) {
    let stage = Stage::start(site, subject).await;
    let report = Report::new(name);
    let together: [LocalBoxFuture<'_, ()>; 8] = [
        users::life(&stage, &report).boxed_local(),
        users::strangers(&stage, &report).boxed_local(),
        users::renaming(&stage, &report).boxed_local(),
        users::activity(&stage, &report).boxed_local(),
        users::passwords(&stage, &report).boxed_local(),
        attributes::attributes(&stage, &report).boxed_local(),
        groups::life(&stage, &report).boxed_local(),
        whole::conflict(&stage, &report).boxed_local(),
    ];
    join_all(together).await;
    whole::restart(&stage, &report).await;
    assert_eq!(stage.subject.refusals(), [""; 0], "the vendor's text does not allow what was sent");
    report.check();
}

async fn run_on(kind: ServerKind, name: &'static str) {
    let site = Site::new(&format!("matrix-{name}")).await;
    let subject = Real::start(kind, &site.namespace).await;
    run(name, site, Box::new(subject)).await;
}

#[tokio::test]
async fn scim2_server() {
    run_on(ServerKind::Scim2Server, "scim2-server").await;
}

#[tokio::test]
async fn scimmy() {
    run_on(ServerKind::Scimmy, "scimmy").await;
}

#[tokio::test]
async fn scimple() {
    run_on(ServerKind::Scimple, "scimple").await;
}

#[tokio::test]
async fn django_scim2() {
    run_on(ServerKind::DjangoScim2, "django-scim2").await;
}

async fn run_in_process(name: &'static str, subject: impl Subject + 'static) {
    run(name, Site::new(&format!("matrix-{name}")).await, Box::new(subject)).await;
}

#[tokio::test]
async fn buypass() {
    run_in_process("buypass", BuypassTenant::start().await).await;
}

#[tokio::test]
async fn confirmit() {
    run_in_process("confirmit", Confirmit::start().await).await;
}

#[tokio::test]
async fn idaas_nl() {
    run_in_process("idaas-nl", IdaasNl::start().await).await;
}

#[test]
fn every_profile_has_its_column() {
    let others = ["rfc7644", "buypass", "confirmit", "idaas-nl"];
    let profiles: Vec<&str> =
        scim_operator::scim::profile::names().filter(|name| !others.contains(name)).collect();
    assert_eq!(presets::names(), profiles);
}

/// All presets, each in a thread of its own, as tests are.
#[test]
fn presets() {
    let names = presets::names();
    let failed: Vec<&String> = thread::scope(|scope| {
        let running: Vec<_> = names.iter().map(|name| (name, scope.spawn(|| preset(name)))).collect();
        running.into_iter().filter_map(|(name, thread)| thread.join().err().map(|_| name)).collect()
    });
    assert_eq!(failed, [""; 0], "their own words are above");
}

fn preset(name: &str) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let name = name.to_owned().leak();
        run_in_process(name, PresetServer::start(name).await).await;
    });
}
