//! What happens to users.

use serde_json::{Value, json};

use super::{
    report::{Report, Verdict},
    samples::holds,
    stage::{Stage, endpoint},
};
use crate::support::{
    objects::{Kind, Manifest, id, secret_with, status},
    wait,
};

/// Created, changed there, brought back, and deleted.
pub(super) async fn life(stage: &Stage, report: &Report) {
    let plain = stage.plain();
    let manifest = stage.user("life").with(plain.field, plain.first.clone());
    let created = report
        .cell("create a user", async {
            let object = stage.settle(&manifest).await?;
            assert_eq!(status(&object, "/origin"), "Created");
            stage.arrives(Kind::User, "life", &plain.in_resource(&plain.first)).await?;
            Ok(id(&object))
        })
        .await;
    let life = match created {
        Ok(life) => life,
        Err(outcome) => {
            for title in ["mend a changed user", "create a lost user again", "delete a user"] {
                report.put(title, outcome.clone());
            }
            return;
        }
    };

    let drift = report.cell("mend a changed user", async {
        let other = plain.in_resource(&plain.second);
        let change = |resource: &mut Value| {
            for (name, value) in other.as_object().into_iter().flatten() {
                resource[name] = value.clone();
            }
        };
        stage.subject.edit("/Users", &life, &change).await;
        let wanted = plain.in_resource(&plain.first);
        stage.mended(Kind::User, "life", &life, |found| holds(found, &wanted)).await
    });
    let _ = drift.await;

    let again = report.cell("create a lost user again", async {
        stage.subject.remove("/Users", &life).await;
        // Some servers give the same id again.
        wait::poll("user who is back", wait::DEADLINE, || async {
            let found = stage.on_server(Kind::User, "life").await;
            if found.is_null() { Err("nobody".to_owned()) } else { Ok(()) }
        })
        .await;
        Ok(id(&stage.settled(Kind::User, "life").await?))
    });
    let life = again.await.unwrap_or(life);

    let _ = report.cell("delete a user", deleted(stage, Kind::User, "life", &life)).await;
}

/// Deletes an object, and with it what it stands for.
pub(super) async fn deleted(stage: &Stage, kind: Kind, name: &str, id: &str) -> Verdict {
    stage.site.delete(kind, name).await;
    stage.site.gone(kind, name).await;
    let left = stage.subject.get(endpoint(kind), id).await;
    if kind == Kind::User && stage.subject.keeps_the_deleted() {
        assert_eq!(left.expect("the deleted stay")["active"], false);
    } else {
        assert_eq!(left, None);
    }
    Ok(())
}

/// Somebody else has the name: left alone, and taken over on request.
pub(super) async fn strangers(stage: &Stage, report: &Report) {
    let plain = stage.plain();
    let manifest = stage.user("stranger").with(plain.field, plain.first.clone());
    let mut stranger = stage.subject.stranger("stranger");
    for (name, value) in plain.in_resource(&plain.second).as_object().into_iter().flatten() {
        stranger[name] = value.clone();
    }
    let there = stage.subject.insert("/Users", stranger).await;

    let left_alone = report.cell("leave somebody else alone", async {
        let before = stage.subject.get("/Users", &there).await;
        stage.site.apply(&manifest).await;
        stage.site.not_ready(Kind::User, "stranger", "AlreadyExists").await;
        stage.sweeps(1).await;
        assert_eq!(stage.subject.get("/Users", &there).await, before, "nothing is touched");
        Ok(())
    });
    let _ = left_alone.await;

    let adopted = report.cell("adopt a user", async {
        let object = stage.settle(&manifest.clone().with("adoptionPolicy", "Adopt")).await?;
        assert_eq!((id(&object), status(&object, "/origin")), (there.clone(), json!("Adopted")));
        stage.arrives(Kind::User, "stranger", &plain.in_resource(&plain.first)).await
    });
    let _ = adopted.await;
}

pub(super) async fn renaming(stage: &Stage, report: &Report) {
    let renamed = report.cell("rename a user", async {
        let manifest = stage.user("renamed");
        let before = id(&stage.settle(&manifest).await?);
        let (manifest, shown) = stage.subject.renamed(manifest, "renamed-since");
        if stage.subject.takes_once("userName") {
            return stage.left_as_it_is(&manifest).await;
        }
        let object = stage.settle(&manifest).await?;
        assert_eq!(id(&object), before);
        stage.arrives(Kind::User, "renamed", &shown).await
    });
    let _ = renamed.await;
}

pub(super) async fn activity(stage: &Stage, report: &Report) {
    let manifest = stage.user("active");
    let deactivated = report.cell("deactivate a user", async {
        stage.settle(&manifest.clone().with("active", true)).await?;
        stage.arrives(Kind::User, "active", &json!({"active": true})).await?;
        let before = id(&stage.settle(&manifest.clone().with("active", false)).await?);
        stage.arrives(Kind::User, "active", &json!({"active": false})).await?;
        Ok(before)
    });
    let before = match deactivated.await {
        Ok(before) => before,
        Err(outcome) => return report.put("activate a user again", outcome),
    };
    let activated = report.cell("activate a user again", async {
        let object = stage.settle(&manifest.with("active", true)).await?;
        assert_eq!(id(&object), before);
        stage.arrives(Kind::User, "active", &json!({"active": true})).await
    });
    let _ = activated.await;
}

pub(super) async fn passwords(stage: &Stage, report: &Report) {
    const SECRET: &str = "password-of-keeper";
    let secret = |value| secret_with(SECRET, "127.0.0.1", &[("password", value)]);
    let manifest: Manifest =
        stage.user("keeper").with("passwordSecretRef", json!({"name": SECRET, "key": "password"}));
    let until = async |id: &str, wanted: &str| {
        wait::poll("password", wait::DEADLINE, || async {
            let found = stage.password(id).await;
            (found.as_deref() == Some(wanted)).then_some(()).ok_or_else(|| "another one".to_owned())
        })
        .await;
    };
    let set = report.cell("set a password", async {
        stage.site.apply(&secret("first-Passphrase-1")).await;
        let keeper = id(&stage.settle(&manifest).await?);
        until(&keeper, "first-Passphrase-1").await;
        Ok(keeper)
    });
    let keeper = match set.await {
        Ok(keeper) => keeper,
        Err(outcome) => return report.put("change a password", outcome),
    };
    let changed = report.cell("change a password", async {
        stage.site.apply(&secret("second-Passphrase-2")).await;
        // A Secret is read again once per resyncInterval.
        wait::poll("new password, or word that there is none", wait::DEADLINE, || async {
            let found = stage.password(&keeper).await;
            match stage.settled(Kind::User, "keeper").await {
                Err(refused) => Ok(Err(refused)),
                Ok(_) if found.as_deref() == Some("second-Passphrase-2") => Ok(Ok(())),
                Ok(_) => Err("the old one".to_owned()),
            }
        })
        .await
    });
    let _ = changed.await;
}
