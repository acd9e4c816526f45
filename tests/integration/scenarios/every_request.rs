//! Killed before and after each single request of a creation, a change and a
//! deletion, to the SCIM server and to the API server: at the end there is
//! what there should be, and nothing twice.

use std::fmt;

use futures::future::join3;
use serde_json::{Value, json};

use super::Scene;
use crate::support::{
    objects::{Kind, Manifest, id, user, user_name},
    proxy::{Match, Proxy},
    quirk::QuirkServer,
};

/// Nothing keeps this server from having two of one name.
const TWINS: &str = "{users: {unique: []}}";

/// What the operator is about to do.
#[derive(Clone, Copy, Debug)]
enum Deed {
    Creation,
    Change,
    Deletion,
}

/// Whom it talks to.
#[derive(Clone, Copy, Debug)]
enum Side {
    Scim,
    Api,
}

/// The server has not heard of the request, or has answered it.
#[derive(Clone, Copy, Debug)]
enum Moment {
    Before,
    After,
}

/// One kill, and the object that it is about.
struct Case {
    deed: Deed,
    side: Side,
    moment: Moment,
    nth: usize,
    /// The account that was there before.
    account: Option<String>,
}

impl fmt::Display for Case {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = format!("{:?}-{:?}-{:?}-{}", self.deed, self.side, self.moment, self.nth);
        formatter.write_str(&name.to_lowercase())
    }
}

impl Case {
    fn before(&self) -> Manifest {
        user(&self.to_string()).with("title", "Analyst")
    }

    fn after(&self) -> Manifest {
        user(&self.to_string()).with("title", "Boss")
    }

    /// The requests that this is about; before a deletion the provider is
    /// asked for, too.
    fn requests(&self) -> Match {
        let mut about = match self.side {
            Side::Scim => vec![user_name(&self.to_string())],
            Side::Api => vec![format!("/scimusers/{self}")],
        };
        match (self.side, self.deed) {
            (Side::Scim, _) => about.extend(self.account.iter().map(|id| format!("/Users/{id}"))),
            (Side::Api, Deed::Deletion) => about.push("/scimproviders/idp".to_owned()),
            (Side::Api, _) => {}
        }
        Match::about(about).nth(self.nth)
    }

    /// Kills the operator at the request; whether there was one.
    async fn play(&mut self, scene: &Scene<QuirkServer>) -> bool {
        if !matches!(self.deed, Deed::Creation) {
            self.account = Some(id(&scene.settle(&self.before()).await));
        }
        let proxy: &Proxy = match self.side {
            Side::Scim => &scene.proxy,
            Side::Api => scene.api(),
        };
        let rule = match self.moment {
            Moment::Before => proxy.on(self.requests()).close_before(scene.operator.killer()),
            Moment::After => proxy.on(self.requests()).close_after(scene.operator.killer()),
        };
        match self.deed {
            Deed::Creation | Deed::Change => drop(scene.apply(&self.after()).await),
            Deed::Deletion => scene.delete(Kind::User, &self.to_string()).await,
        }
        tokio::select! {
            () = rule.hit() => {}
            () = self.is_done(scene) => {}
        }
        proxy.remove(&rule);
        if !rule.is_claimed() {
            return false;
        }
        rule.hit().await;
        scene.restart().await;
        true
    }

    async fn is_done(&self, scene: &Scene<QuirkServer>) {
        match self.deed {
            Deed::Creation | Deed::Change => drop(scene.ready(Kind::User, &self.to_string()).await),
            Deed::Deletion => scene.gone(Kind::User, &self.to_string()).await,
        }
    }

    /// One account, with what was applied last; or none.
    async fn is_right(&self, scene: &Scene<QuirkServer>) {
        self.is_done(scene).await;
        let accounts = scene.users_named(&user_name(&self.to_string())).await;
        if matches!(self.deed, Deed::Deletion) {
            assert!(accounts.is_empty(), "{self}: {accounts:#?}");
            return;
        }
        let [account] = <[Value; 1]>::try_from(accounts).unwrap_or_else(|all| panic!("{self}: {all:#?}"));
        let object = scene.get(Kind::User, &self.to_string()).await;
        assert_eq!(
            (&account["title"], account["id"].as_str().unwrap()),
            (&"Boss".into(), &*id(&object)),
            "{self}"
        );
        assert!(self.account.as_ref().is_none_or(|before| before == &id(&object)), "{self}: another account");
    }
}

/// Plays one deed through; answers at how many requests there were kills.
async fn kill_at_every_request_of(deed: Deed) -> usize {
    let name = format!("killed-{deed:?}").to_lowercase();
    // More are deleted here than a guard lets pass.
    let unguarded = |provider: Manifest| provider.with("deletionGuard", json!({"mode": "Off"}));
    let scene = Scene::set(&name).provider(unguarded).with_api_proxy().on_habits(TWINS).await;
    scene.settle_bystander().await;
    let mut cases = Vec::new();
    let mut kills = 0;
    for side in [Side::Scim, Side::Api] {
        for moment in [Moment::Before, Moment::After] {
            for nth in 1.. {
                let mut case = Case { deed, side, moment, nth, account: None };
                let was_killed = case.play(&scene).await;
                cases.push(case);
                if !was_killed {
                    break;
                }
                kills += 1;
            }
        }
    }
    for case in &cases {
        case.is_right(&scene).await;
    }
    scene.end().await;
    kills
}

/// A look and a POST, the note and the status. A GET and a PATCH, and the
/// status. Two live looks, a GET, a DELETE, and the finalizer.
#[tokio::test]
async fn killed_at_every_request() {
    let [creation, change, deletion] =
        [Deed::Creation, Deed::Change, Deed::Deletion].map(|deed| Box::pin(kill_at_every_request_of(deed)));
    let (creation, change, deletion) = join3(creation, change, deletion).await;
    let kills = (creation, change, deletion);
    // A write that came too late is made again, and that is killed, too.
    assert!(creation >= 2 * 4 && change >= 2 * 3 && deletion >= 2 * 5, "{kills:?}");
}
