//! What objects say of each other, and of single values.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use kube::api::DynamicObject;
use serde_json::{Value, json};

use super::Scene;
use crate::support::{
    objects::{Kind, Manifest, group, has, id, message, user},
    proxy::{Answer, Gate, Match, rule::Ending},
    quirk::QuirkServer,
    site::Site,
    wait,
};

const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

impl Scene<QuirkServer> {
    fn roles(&self, id: &str) -> Vec<String> {
        let user = self.server.get("/Users", id).unwrap();
        let roles = user["roles"].as_array().cloned().unwrap_or_default();
        roles.iter().map(|role| role["value"].as_str().unwrap().to_owned()).collect()
    }

    async fn has_roles<const N: usize>(&self, id: &str, roles: [&str; N]) {
        wait::poll(&format!("roles {roles:?}"), wait::DEADLINE, || async {
            let there = self.roles(id);
            if there == roles { Ok(()) } else { Err(format!("{there:?}")) }
        })
        .await;
    }

    /// Somebody else gives these roles.
    fn grant(&self, id: &str, roles: &[&str]) {
        let roles: Vec<Value> = roles.iter().map(|role| json!({"value": role})).collect();
        self.server.edit("/Users", id, |user| user["roles"] = roles.into());
    }
}

/// A role that was granted, and the grant recorded by nobody, is known to be
/// ours all the same: it goes with the manifest.
#[tokio::test]
async fn role_removed_after_crash() {
    let scene = Scene::set("role-crash").on_habits("{}").await;
    let [ada, bob] = scene.settle_users(["ada", "bob"]).await;
    scene.grant(&bob, &["auditor"]);
    let grant = scene.proxy.on(Match::new("PATCH", "/Users/").nth(1));
    let grant = grant.close_after(scene.operator.killer());
    scene.apply(&user("ada").with("roles", json!([{"value": "auditor"}]))).await;
    grant.hit().await;
    scene.has_roles(&ada, ["auditor"]).await;
    scene.apply(&user("ada")).await;
    scene.restart().await;
    scene.ready(Kind::User, "ada").await;
    scene.has_roles(&ada, []).await;
    assert_eq!(scene.roles(&bob), ["auditor"], "nobody granted that here");
    scene.end().await;
}

fn report(name: &str, manager: &str) -> Manifest {
    user(name).with("enterprise", json!({"managerRef": {"name": manager}}))
}

fn containing(name: &str, member: &str, nested: &str) -> Manifest {
    group(name, []).with("members", json!({"users": [member], "groups": [nested]}))
}

/// Two who manage each other are linked when both are there. Of two groups that
/// contain each other, a server takes one into the other, and not the other way
/// round too: that is told, and all else is done.
#[tokio::test]
async fn manager_and_group_cycles() {
    let scene = Scene::set("cycles").on_habits("{}").await;
    let nestings = Arc::new(AtomicBool::new(false));
    scene.proxy.on(Match::new("PATCH", "/Groups/").with_body("\"Group\"")).handle(move |exchange| {
        let is_second = nestings.swap(true, Ordering::Relaxed);
        async move {
            let refusal = Answer::scim_error(400, "invalidValue", "a group would contain itself");
            Ending::Answer(if is_second { refusal } else { exchange.forward().await })
        }
    });
    scene.apply_all([report("ada", "bob"), report("bob", "ada"), user("eve")]).await;
    scene.apply_all([containing("red", "ada", "blue"), containing("blue", "bob", "red")]).await;
    let is_linked = |user: Option<&DynamicObject>| {
        user.is_some_and(|user| has(user, "ReferencesResolved", "True", "Succeeded"))
    };
    let ada = scene.until(Kind::User, "ada", "linked", is_linked).await.unwrap();
    let bob = scene.until(Kind::User, "bob", "linked", is_linked).await.unwrap();
    for (user, manager) in [(&ada, &bob), (&bob, &ada)] {
        let user = scene.server.get("/Users", &id(user)).unwrap();
        assert_eq!(user[ENTERPRISE]["manager"]["value"], id(manager));
    }

    let is_decided = |group: Option<&DynamicObject>| {
        group.is_some_and(|group| {
            has(group, "MembersReady", "True", "Succeeded")
                || has(group, "MembersReady", "False", "RejectedByServer")
        })
    };
    let red = scene.until(Kind::Group, "red", "decided", is_decided).await.unwrap();
    let blue = scene.until(Kind::Group, "blue", "decided", is_decided).await.unwrap();
    let (red_id, blue_id) = (id(&red), id(&blue));
    let whole = |group| has(group, "MembersReady", "True", "Succeeded");
    let (outer, inner) = if whole(&red) { (&red, &blue) } else { (&blue, &red) };
    assert!(whole(outer) && !whole(inner), "{outer:#?}\n{inner:#?}");
    let told = message(inner, "MembersReady");
    assert!(told.contains("group ") && told.contains("a group would contain itself"), "{told}");
    let (in_red, in_blue) = if whole(&red) {
        (vec![id(&ada), blue_id], vec![id(&bob)])
    } else {
        (vec![id(&ada)], vec![id(&bob), red_id])
    };
    scene.has_members(&red, &in_red).await;
    scene.has_members(&blue, &in_blue).await;
    scene.end().await;
}

/// One value must not be there, and nobody here may say anything about the
/// others. Not every server removes the one that a path selects: some remove
/// all, some none, and others refuse.
#[tokio::test]
async fn ensure_absent_wrong_dialect() {
    let unwanted = || user("ada").with("ensureAbsent", json!(["roles[value eq \"auditor\"]"]));
    for dialect in ["overread", "ignored", "refused"] {
        let habits =
            format!("{{patch: {{selections: {dialect}}}, entityTags: {{shown: true, ifMatch: checked}}}}");
        let scene = Scene::set(&format!("absent-{dialect}")).on_habits(&habits).await;
        let [ada, bob] = scene.settle_users(["ada", "bob"]).await;
        scene.grant(&ada, &["reader", "auditor", "writer"]);
        scene.grant(&bob, &["auditor"]);
        // Somebody else is faster, and gives one more.
        let gate = Gate::new();
        scene.proxy.on(Match::new("PATCH", "/Users/").nth(1)).hold(&gate);
        scene.apply(&unwanted()).await;
        gate.reached().await;
        scene.grant(&ada, &["reader", "auditor", "writer", "owner"]);
        gate.open();
        scene.has_roles(&ada, ["reader", "writer", "owner"]).await;
        scene.ready(Kind::User, "ada").await;
        assert_eq!(scene.roles(&bob), ["auditor"]);
        // It comes back, the only one by now, and goes again.
        scene.grant(&ada, &["auditor"]);
        scene.has_roles(&ada, []).await;
        scene.end().await;
    }
}

/// A server that the profile vouches for in vain: it is told what went along.
#[tokio::test]
async fn what_goes_along_with_an_absent_value_is_told() {
    let vouching = |provider: Manifest| {
        provider.with("overrides", json!({"users": {"attributes": {"roles": {"removable": true}}}}))
    };
    let scene = Scene::set("absent-vouched").provider(vouching);
    let scene = scene.on_habits("{patch: {selections: overread}}").await;
    let [ada] = scene.settle_users(["ada"]).await;
    scene.grant(&ada, &["reader", "auditor", "writer"]);
    scene.apply(&user("ada").with("ensureAbsent", json!(["roles[value eq \"auditor\"]"]))).await;
    scene.has_roles(&ada, []).await;
    let told = |event: &DynamicObject| {
        let note = event.data["note"].as_str().unwrap_or_default();
        event.data["reason"] == "ValuesLost" && note.contains("2 others") && note.contains("removable")
    };
    wait::until_count(&Site::api(&scene, Kind::Event), 1, "ValuesLost", wait::DEADLINE, told).await;
    scene.end().await;
}
