//! Each attribute that a manifest can name: set, changed, and cleared.

use futures::future::join_all;
use serde_json::Value;

use super::{
    report::{Report, Verdict},
    samples::{Sample, without},
    stage::Stage,
};
use crate::support::objects::{Kind, Manifest};

/// All of them at once, each for a user of its own.
pub(super) async fn attributes(stage: &Stage, report: &Report) {
    join_all(stage.subject.samples().iter().map(|sample| attribute(stage, report, sample))).await;
}

async fn attribute(stage: &Stage, report: &Report, sample: &Sample) {
    let name = format!("attribute-{}", sample.field.to_lowercase());
    let title = |what: &str| format!("{} {what}", sample.field);
    let manifest = stage.user(&name);
    // What finds an identity again is never taken from it.
    let last = if sample.field == "externalId" { "let go" } else { "cleared" };
    let set = report.cell(&title("set"), holding(stage, &manifest, sample, &sample.first)).await;
    if let Err(outcome) = set {
        report.put(&title("changed"), outcome.clone());
        return report.put(&title(last), outcome);
    }
    let _ = report.cell(&title("changed"), changed(stage, &manifest, sample)).await;
    let _ = report.cell(&title(last), lacking(stage, &manifest, sample)).await;
}

async fn changed(stage: &Stage, manifest: &Manifest, sample: &Sample) -> Verdict {
    if stage.subject.takes_once(sample.field) {
        let manifest = manifest.clone().with(sample.field, sample.second.clone());
        return stage.left_as_it_is(&manifest).await;
    }
    holding(stage, manifest, sample, &sample.second).await
}

async fn holding(stage: &Stage, manifest: &Manifest, sample: &Sample, value: &Value) -> Verdict {
    stage.settle(&manifest.clone().with(sample.field, value.clone())).await?;
    stage.arrives(Kind::User, manifest.name(), &sample.in_resource(value)).await
}

async fn lacking(stage: &Stage, manifest: &Manifest, sample: &Sample) -> Verdict {
    if stage.subject.takes_once(sample.field) {
        return stage.left_as_it_is(&without(manifest.clone(), sample.field)).await;
    }
    if sample.field == "externalId" {
        let before = stage.on_server(Kind::User, manifest.name()).await["externalId"].clone();
        stage.settle(&without(manifest.clone(), "externalId")).await?;
        stage.sweeps(1).await;
        let after = stage.on_server(Kind::User, manifest.name()).await["externalId"].clone();
        assert_eq!(after, before);
        return Ok(());
    }
    stage.settle(&sample.cleared(manifest.clone())).await?;
    stage.leaves(Kind::User, manifest.name(), &sample.in_resource(&sample.second)).await
}
