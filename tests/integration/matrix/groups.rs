//! What happens to groups and their members.

use kube::api::DynamicObject;
use serde_json::json;

use super::{
    report::{Outcome, Report, Verdict},
    stage::{Stage, members},
    users::deleted,
};
use crate::support::objects::{Kind, Manifest, group, id};

const TEAM: &str = "team";

const AFTER_CREATION: [&str; 6] = [
    "add members",
    "remove members",
    "rename a group",
    "mend a changed group",
    "mend changed members",
    "delete a group",
];

pub(super) async fn life(stage: &Stage, report: &Report) {
    let [ada, bob, eve] = match people(stage).await {
        Ok(people) => people,
        Err(unsupported) => {
            let outcome = Outcome::Unsupported(unsupported);
            report.put("create a group", outcome.clone());
            return AFTER_CREATION.iter().for_each(|title| report.put(title, outcome.clone()));
        }
    };
    let created = report.cell("create a group", async {
        let object = stage.settle(&team_of(stage, ["ada", "bob"])).await?;
        has_members(stage, &id(&object), [&ada, &bob]).await?;
        stage.arrives(Kind::Group, TEAM, &json!({"displayName": TEAM})).await?;
        Ok(id(&object))
    });
    let team = match created.await {
        Ok(team) => team,
        Err(outcome) => {
            return AFTER_CREATION.iter().for_each(|title| report.put(title, outcome.clone()));
        }
    };
    let added = report.cell("add members", async {
        stage.settle(&team_of(stage, ["ada", "bob", "eve"])).await?;
        has_members(stage, &team, [&ada, &bob, &eve]).await
    });
    let _ = added.await;
    let removed = report.cell("remove members", async {
        stage.settle(&team_of(stage, ["bob", "eve"])).await?;
        has_members(stage, &team, [&bob, &eve]).await
    });
    let _ = removed.await;
    let renamed = report.cell("rename a group", async {
        let object = stage.settle(&team_of(stage, ["bob", "eve"]).with("displayName", "crew")).await?;
        assert_eq!(id(&object), team);
        stage.arrives(Kind::Group, TEAM, &json!({"displayName": "crew"})).await?;
        has_members(stage, &team, [&bob, &eve]).await
    });
    let _ = renamed.await;

    // Where it could not be renamed it has its first name again.
    stage.site.apply(&team_of(stage, ["bob", "eve"])).await;
    drift(stage, report, &team, [&ada, &bob, &eve]).await;
    let _ = report.cell("delete a group", deleted(stage, Kind::Group, TEAM, &team)).await;
}

fn team_of<const N: usize>(stage: &Stage, members: [&str; N]) -> Manifest {
    stage.subject.group(group(TEAM, members))
}

async fn people(stage: &Stage) -> Verdict<[String; 3]> {
    let one = async |name: &str| -> Verdict<String> {
        stage.settle(&stage.user(name)).await.map(|object: DynamicObject| id(&object))
    };
    Ok([one("ada").await?, one("bob").await?, one("eve").await?])
}

/// Somebody changes the name, takes one away and adds another.
async fn drift(stage: &Stage, report: &Report, team: &str, [ada, bob, eve]: [&String; 3]) {
    let renamed = report.cell("mend a changed group", async {
        stage.settled(Kind::Group, TEAM).await?;
        stage.subject.edit("/Groups", team, &|resource| resource["displayName"] = json!("gang")).await;
        stage.mended(Kind::Group, TEAM, team, |found| found["displayName"] == TEAM).await
    });
    if renamed.await.is_err() {
        stage.subject.edit("/Groups", team, &|resource| resource["displayName"] = json!(TEAM)).await;
    }
    let changed = report.cell("mend changed members", async {
        stage.settled(Kind::Group, TEAM).await?;
        has_members(stage, team, [bob, eve]).await?;
        stage.sees_members(TEAM).await?;
        let others = json!([{"value": ada}, {"value": eve}]);
        stage.subject.edit("/Groups", team, &|resource| resource["members"] = others.clone()).await;
        has_members(stage, team, [bob, eve]).await
    });
    let _ = changed.await;
}

/// Until exactly these are its members.
async fn has_members<const N: usize>(stage: &Stage, team: &str, wanted: [&String; N]) -> Verdict {
    let mut wanted: Vec<String> = wanted.map(Clone::clone).into();
    wanted.sort();
    stage.mended(Kind::Group, TEAM, team, |found| members(found) == wanted).await
}
