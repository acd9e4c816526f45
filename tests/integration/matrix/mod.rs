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

#[tokio::test]
async fn aws_identity_center() {
    run_in_process("aws-identity-center", PresetServer::start(presets::aws_identity_center()).await).await;
}

#[tokio::test]
async fn slack() {
    run_in_process("slack", PresetServer::start(presets::slack()).await).await;
}

#[tokio::test]
async fn github_enterprise() {
    run_in_process("github-enterprise", PresetServer::start(presets::github_enterprise()).await).await;
}

#[tokio::test]
async fn gitlab() {
    run_in_process("gitlab", PresetServer::start(presets::gitlab()).await).await;
}

#[tokio::test]
async fn databricks() {
    run_in_process("databricks", PresetServer::start(presets::databricks()).await).await;
}

#[tokio::test]
async fn keycloak() {
    run_in_process("keycloak", PresetServer::start(presets::keycloak()).await).await;
}
