//! Pages and filters.

use serde_json::{Value, json};

use super::{Desk, user_with};

/// A server with five users.
async fn five(habits: &str) -> Desk {
    let desk = Desk::with(habits).await;
    for name in ["ada", "bob", "cy", "dan", "eve"] {
        desk.user(name).await;
    }
    desk
}

async fn page(desk: &Desk, query: &str) -> Vec<String> {
    desk.get(&format!("/Users?{query}")).await.names()
}

/// How a filter is answered, and how many it finds.
async fn found(desk: &Desk, filter: &str) -> (u16, usize) {
    let query: String =
        url::form_urlencoded::Serializer::new(String::new()).append_pair("filter", filter).finish();
    let answer = desk.get(&format!("/Users?{query}")).await;
    (answer.status, answer.body["Resources"].as_array().map_or(0, Vec::len))
}

#[tokio::test]
async fn pages_begin_at_one_or_at_zero() {
    let desk = five("{}").await;
    assert_eq!(page(&desk, "startIndex=2&count=2").await, ["bob", "cy"]);
    assert_eq!(page(&desk, "startIndex=0&count=1").await, ["ada"]);
    assert_eq!(page(&desk, "startIndex=99").await, [""; 0]);
    let desk = five("{paging: {first: 0}}").await;
    assert_eq!(page(&desk, "startIndex=2&count=2").await, ["cy", "dan"]);
    let desk = five("{paging: {before: refused, after: first}}").await;
    assert_eq!(desk.get("/Users?startIndex=0").await.status, 400);
    assert_eq!(page(&desk, "startIndex=99&count=1").await, ["ada"]);
}

#[tokio::test]
async fn count_is_capped_ignored_or_refused() {
    let desk = five("{paging: {most: 3}}").await;
    assert_eq!(page(&desk, "count=1000").await.len(), 3);
    let desk = five("{paging: {default: 2, count: ignored}}").await;
    assert_eq!(page(&desk, "count=4").await.len(), 2);
    let desk = five("{paging: {most: 3, count: refused}}").await;
    assert_eq!(desk.get("/Users?count=4").await.status, 400);
}

#[tokio::test]
async fn a_cursor_leads_to_the_next_page() {
    let desk = five("{paging: {style: cursor}}").await;
    let first = desk.get("/Users?cursor=&count=3").await;
    assert_eq!((first.names().len(), &first.body["startIndex"]), (3, &Value::Null));
    let cursor = first.body["nextCursor"].as_str().unwrap();
    let second = desk.get(&format!("/Users?cursor={cursor}&count=3")).await;
    assert_eq!(second.names(), ["dan", "eve"]);
    assert_eq!(second.body["nextCursor"], Value::Null, "the last page has none");
    assert_eq!(desk.get("/Users?cursor=made-up").await.body["scimType"], json!("invalidCursor"));

    let desk = five("{paging: {style: cursorOnRequest, most: 3}}").await;
    assert_eq!(page(&desk, "startIndex=5").await, ["ada", "bob", "cy"], "without one there is one page");
    assert!(desk.get("/Users?cursor=&count=3").await.body["nextCursor"].is_string());
}

#[tokio::test]
async fn only_a_search_pages() {
    let desk = five("{paging: {search: only, default: 2}}").await;
    assert_eq!(page(&desk, "startIndex=3&count=2").await, ["ada", "bob"]);
    let search = desk.post("/Users/.search", json!({"startIndex": 3, "count": 2})).await;
    assert_eq!(search.names(), ["cy", "dan"]);
    let desk = five("{paging: {search: absent}}").await;
    assert_eq!(desk.post("/Users/.search", json!({})).await.status, 404);
}

#[tokio::test]
async fn there_are_no_pages() {
    let desk = five("{paging: {style: none, default: 2}}").await;
    assert_eq!(page(&desk, "startIndex=3&count=2").await.len(), 5);
    let desk = five("{paging: {style: firstPageOnly, default: 2}}").await;
    assert_eq!(page(&desk, "startIndex=3").await, ["ada", "bob"]);
    let desk = five("{users: {bareArray: true}}").await;
    assert!(desk.get("/Users").await.body.is_array());
    assert_eq!(page(&desk, "count=2").await.len(), 5);
}

#[tokio::test]
async fn lists_are_called_otherwise_or_left_out() {
    let desk = five("{paging: {resources: resources, leavesOutEmpty: true}}").await;
    assert_eq!(desk.get("/Users").await.body["resources"].as_array().unwrap().len(), 5);
    let empty = desk.get("/Groups").await;
    assert_eq!((&empty.body["totalResults"], empty.body.get("resources")), (&json!(0), None));
}

#[tokio::test]
async fn totals_are_not_true() {
    for (total, told) in [("ofPage", json!(2)), ("absent", Value::Null), ("{is: 9}", json!(9))] {
        let desk = five(&format!("{{paging: {{total: {total}}}}}")).await;
        assert_eq!(desk.get("/Users?count=2").await.body["totalResults"], told);
    }
}

#[tokio::test]
async fn pages_overlap_and_repeat() {
    let desk = five("{paging: {overlap: 1}}").await;
    assert_eq!(page(&desk, "startIndex=3&count=2").await, ["bob", "cy"]);
    let desk = five("{paging: {repeatsFirst: true}}").await;
    assert_eq!(page(&desk, "startIndex=3&count=2").await, ["cy", "cy", "dan"]);
}

#[tokio::test]
async fn filters_choose() {
    let desk = five("{}").await;
    assert_eq!(found(&desk, "userName eq \"BOB\"").await, (200, 1));
    assert_eq!(found(&desk, "userName sw \"b\" or userName eq \"eve\"").await, (200, 2));
    assert_eq!(found(&desk, "nonsense").await, (400, 0));
}

#[tokio::test]
async fn filters_are_refused_or_ignored() {
    let desk = five("{filter: {refused: 501}}").await;
    assert_eq!(found(&desk, "userName eq \"bob\"").await, (501, 0));
    let desk = five("{filter: {ignored: true}}").await;
    assert_eq!(found(&desk, "userName eq \"bob\"").await, (200, 5));
}

#[tokio::test]
async fn only_some_attributes_can_be_filtered_by() {
    for (unknown, answer) in [("refused", (400, 0)), ("findsNothing", (200, 0)), ("findsAll", (200, 5))] {
        let habits =
            format!("{{filter: {{unknown: {unknown}}}, users: {{filterable: [userName, emails.value]}}}}");
        let desk = five(&habits).await;
        assert_eq!(found(&desk, "username eq \"bob\"").await, (200, 1));
        assert_eq!(found(&desk, "externalId eq \"bob\"").await, answer, "{unknown}");
        assert_eq!(found(&desk, "emails[value eq \"bob\"]").await, (200, 0));
    }
}

#[tokio::test]
async fn only_some_operators_and_joins_are_known() {
    let desk = five("{filter: {operators: [eq], joins: [and]}}").await;
    assert_eq!(found(&desk, "userName eq \"bob\" and active eq true").await, (200, 1));
    assert_eq!(found(&desk, "userName sw \"bob\"").await.0, 400);
    assert_eq!(found(&desk, "userName pr").await.0, 400);
    assert_eq!(found(&desk, "userName eq \"bob\" or active eq true").await.0, 400);
    assert_eq!(found(&desk, "emails[value eq \"bob\"]").await.0, 400);
}

#[tokio::test]
async fn values_are_quoted_otherwise() {
    let desk = five("{filter: {quotes: none}}").await;
    assert_eq!(found(&desk, "userName eq bob").await, (200, 1));
    assert_eq!(found(&desk, "userName eq \"bob\"").await.0, 400);
    let desk = five("{filter: {quotes: any}}").await;
    for value in ["bob", "'bob'", "\"bob\""] {
        assert_eq!(
            found(&desk, &format!("userName eq {value} and active eq true")).await,
            (200, 1),
            "{value}"
        );
    }
    let desk = five("{filter: {quotes: single}}").await;
    assert_eq!(found(&desk, "userName eq 'bob' and userName sw 'b'").await, (200, 1));
    assert_eq!(found(&desk, "userName eq \"bob\"").await.0, 400);
    let desk = five("{}").await;
    assert_eq!(found(&desk, "userName eq bob").await.0, 400);
}

#[tokio::test]
async fn a_filter_can_be_too_long_or_too_clever() {
    let desk = five("{filter: {most: 20}}").await;
    assert_eq!(found(&desk, "userName eq \"bob\"").await, (200, 1));
    assert_eq!(found(&desk, "userName eq \"bob@example.com\"").await.0, 400);
    for (habits, answer) in [("{}", (200, 1)), ("{filter: {escapes: false}}", (400, 0))] {
        let desk = five(habits).await;
        desk.post("/Users", user_with("fay \"f\"", json!({}))).await;
        assert_eq!(found(&desk, "userName eq \"fay \\\"f\\\"\"").await, answer, "{habits}");
    }
}
