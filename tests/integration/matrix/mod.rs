//! One suite of scenarios on every server. What passes on which is written
//! down in `expected/`, with what users are told where something does not, and
//! is the table of `docs/servers/README.md`.

mod attributes;
mod groups;
mod real;
mod report;
mod samples;
mod stage;
mod subject;
mod users;
mod whole;

use futures::{
    FutureExt,
    future::{LocalBoxFuture, join_all},
};

use self::{real::Real, report::Report, stage::Stage, subject::Subject};
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
