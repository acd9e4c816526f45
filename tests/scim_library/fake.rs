//! The server in memory behaves like a good one, and fails when told to.

use scim_operator::scim::{
    error::{Error, ErrorKind, ScimType},
    fake::{Fake, Matcher, Method, PatchAnswer},
    filter::Filter,
    paging::{Listing, WalkOptions, walk},
    patch::{Operation, PatchRequest},
    path::{AttributePath, USER_SCHEMA},
    port::{
        Deleted, Port,
        ResourceType::{Group, User},
    },
    resource::Resource,
};
use serde_json::{Value, json};

fn user(name: &str) -> Resource {
    Resource::from_value(json!({"schemas": [USER_SCHEMA], "userName": name})).unwrap()
}

fn set(attribute: &str, value: Value) -> PatchRequest {
    PatchRequest { operations: vec![Operation::Replace { path: AttributePath::core(attribute), value }] }
}

#[tokio::test]
async fn an_identity_is_created_found_changed_and_deleted() {
    let fake = Fake::new();
    fake.set_time("2024-05-01T10:00:00Z".parse().unwrap());
    let created = fake.create(User, &user("Alice")).await.unwrap();
    let id = created.id().unwrap();
    assert_eq!(created.created(), Some("2024-05-01T10:00:00Z"));
    assert_eq!(fake.server_date(), created.created_at());
    assert_eq!(created.version(), Some("W/\"1\""));
    let found = fake.search(User, &Filter::eq(AttributePath::core("userName"), "aLICE")).await.unwrap();
    assert_eq!((found.resources, found.total_results), (vec![created.clone()], Some(1)));
    let changed = fake.patch(User, &id, &set("title", json!("Captain"))).await.unwrap().unwrap();
    assert_eq!((changed.text("title"), changed.version()), (Some("Captain"), Some("W/\"2\"")));
    assert_eq!(fake.get(User, &id).await.unwrap(), Some(changed));
    assert_eq!(fake.delete(User, &id).await.unwrap(), Deleted::Gone);
    assert_eq!(fake.delete(User, &id).await.unwrap(), Deleted::WasAbsent);
    assert_eq!(fake.get(User, &id).await.unwrap(), None);
    assert_eq!(fake.get(Group, &id).await.unwrap(), None);
    let error = fake.patch(User, &id, &set("title", json!("x"))).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::NotFound);
}

#[tokio::test]
async fn a_user_name_is_unique_whatever_its_case() {
    let fake = Fake::new();
    fake.create(User, &user("alice")).await.unwrap();
    let error = fake.create(User, &user("ALICE")).await.unwrap_err();
    assert_eq!((error.kind, error.scim_type), (ErrorKind::Conflict, Some(ScimType::Uniqueness)));
    let bob = fake.create(User, &user("bob")).await.unwrap().id().unwrap();
    let error = fake.patch(User, &bob, &set("userName", json!("Alice"))).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Conflict);
    assert!(fake.patch(User, &bob, &set("userName", json!("BOB"))).await.is_ok());
    assert_eq!(fake.resources(User).len(), 2);
}

#[tokio::test]
async fn a_client_chooses_neither_id_nor_meta() {
    let fake = Fake::new();
    let mut body = user("alice").as_object().clone();
    body.insert("ID".to_owned(), json!("mine"));
    body.insert("Meta".to_owned(), json!({"version": "mine"}));
    let created = fake.create(User, &Resource::from_value(Value::Object(body)).unwrap()).await.unwrap();
    assert_ne!(created.id().as_deref(), Some("mine"));
    assert_eq!(created.version(), Some("W/\"1\""));
}

#[tokio::test]
async fn a_refused_call_changes_nothing_and_a_lost_answer_does() {
    let fake = Fake::new();
    let create = || Matcher::method(Method::Create).of(User);
    fake.fail_next(create(), Error::new(ErrorKind::ServerFault, "create"));
    assert_eq!(fake.create(User, &user("alice")).await.unwrap_err().kind, ErrorKind::ServerFault);
    assert!(fake.resources(User).is_empty());
    fake.lose_next_answer(create(), Error::new(ErrorKind::Timeout, "create"));
    fake.create(Group, &Resource::default()).await.unwrap();
    assert_eq!(fake.create(User, &user("alice")).await.unwrap_err().kind, ErrorKind::Timeout);
    assert_eq!(fake.resources(User).len(), 1);
    fake.create(User, &user("bob")).await.unwrap();
}

#[tokio::test]
async fn faults_fit_by_identity_and_in_order() {
    let fake = Fake::new();
    let (one, two) = (fake.insert(User, json!({})), fake.insert(User, json!({"id": "two"})));
    fake.fail_next(Matcher::default().id(&two), Error::new(ErrorKind::Forbidden, "any"));
    fake.fail_next(Matcher::method(Method::Get), Error::new(ErrorKind::Timeout, "get"));
    assert_eq!(fake.get(User, &one).await.unwrap_err().kind, ErrorKind::Timeout);
    assert_eq!(fake.get(User, &two).await.unwrap_err().kind, ErrorKind::Forbidden);
    assert!(fake.get(User, &two).await.unwrap().is_some());
}

#[tokio::test]
async fn calls_are_recorded_as_they_go_over_the_wire() {
    let fake = Fake::new();
    fake.answer_patches_with(PatchAnswer::NoContent);
    let id = fake.insert(User, json!({"userName": "alice"}));
    assert!(fake.alter(User, &id, |user| user.set(&AttributePath::core("title"), json!("x"))));
    assert!(fake.calls().is_empty());
    assert_eq!(fake.patch(User, &id, &set("title", json!("Captain"))).await.unwrap(), None);
    let call = fake.calls().remove(0);
    assert_eq!((call.method, call.resource_type, call.id), (Method::Patch, Some(User), Some(id.clone())));
    assert_eq!(call.body, Some(set("title", json!("Captain")).body()));
    fake.forget_calls();
    assert!(fake.calls().is_empty() && fake.remove(User, &id) && !fake.remove(User, &id));
}

#[tokio::test]
async fn it_is_listed_page_by_page() {
    let fake = Fake::new();
    for number in 0..25 {
        fake.insert(Group, json!({"displayName": number.to_string()}));
    }
    let mut names = Vec::new();
    let options = WalkOptions { page_size: 10, by_search: false, mode: None };
    let walked = walk(&fake, Group, options, |page, _| {
        names.extend(page.iter().map(|group| group.text("displayName").unwrap().to_owned()));
    });
    assert_eq!(walked.await.unwrap().listing, Listing::Complete);
    assert_eq!(names, (0..25).map(|number| number.to_string()).collect::<Vec<_>>());
    assert_eq!(fake.calls().len(), 3);
}

#[tokio::test]
async fn an_outage_lasts_until_the_recovery() {
    let fake = Fake::new();
    let id = fake.insert(User, json!({}));
    fake.fail_always(Matcher::method(Method::Get), ErrorKind::Unreachable);
    for _ in 0..3 {
        assert_eq!(fake.get(User, &id).await.unwrap_err().kind, ErrorKind::Unreachable);
    }
    fake.recover();
    assert!(fake.get(User, &id).await.unwrap().is_some());
}

#[tokio::test]
async fn a_server_that_ignores_filters_answers_strangers() {
    let fake = Fake::new();
    fake.insert(User, json!({"userName": "bob"}));
    let filter = Filter::eq(AttributePath::core("userName"), "alice");
    assert!(fake.search(User, &filter).await.unwrap().resources.is_empty());
    fake.ignore_filters();
    assert_eq!(fake.search(User, &filter).await.unwrap().resources.len(), 1);
}

#[tokio::test]
async fn it_says_who_is_a_member() {
    let fake = Fake::new();
    let group = fake.insert(Group, json!({"displayName": "crew", "members": [{"value": "1"}, {"value": 2}]}));
    for (member, is_one) in [("1", true), ("2", true), ("3", false)] {
        assert_eq!(fake.is_member(&group, member).await.unwrap(), is_one, "{member}");
    }
    assert!(!fake.is_member("nowhere", "1").await.unwrap());
    assert_eq!(fake.calls().len(), 4);
}
