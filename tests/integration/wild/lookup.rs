//! Lists and filters that cannot be believed.

use super::*;

/// A server where others were first.
async fn with_others(name: &str, habits: &str, overrides: Value) -> Wild {
    let wild = Wild::without_provider(name, habits).await;
    for other in ["bob", "cy", "dan"] {
        wild.server.insert("/Users", stranger(other));
    }
    wild.apply(&wild.provider().with("overrides", overrides)).await;
    wild.ready(Kind::Provider, PROVIDER).await;
    wild
}

/// Nobody else has changed.
fn others_are_untouched(wild: &Wild) {
    for other in ["bob", "cy", "dan"] {
        let other = wild.only(other);
        assert_eq!((&other["meta"]["version"], other.get("title")), (&json!("W/\"1\""), None));
    }
}

#[tokio::test]
async fn a_filter_that_is_ignored_and_answers_everything() {
    let wild = with_others("filter-ignored", "{filter: {ignored: true}}", json!({})).await;
    wild.settle(&user("ada").with("title", "Countess").with("adoptionPolicy", "Adopt")).await;
    assert_eq!(wild.only("ada")["title"], json!("Countess"), "made, and nobody taken for her");
    wild.settle(&user("dan").with("adoptionPolicy", "Adopt")).await;
    wild.only("dan");
    others_are_untouched(&wild);
}

#[tokio::test]
async fn lookup_finds_nothing_and_creation_conflicts() {
    let hidden = "{lifecycle: {hidden: [ada@example.com]}}";
    let wild = with_others("hidden", hidden, json!({})).await;
    wild.server.insert("/Users", stranger("ada"));
    let mark = wild.proxy.mark();
    wild.apply(&user("ada")).await;
    let refused = wild.until(Kind::User, "ada", "not Ready", |object| {
        object.is_some_and(|object| {
            objects::condition(object, "Ready")
                .is_some_and(|it| it["status"] == "False" && it["reason"] != "Progressing")
        })
    });
    let refused = refused.await.unwrap();
    assert!(!message(&refused).is_empty());
    wild.proxy.stays_below(wild.proxy.mark(), 20, WINDOW).await;
    assert!(wild.writes(mark).len() <= 3, "{:#?}", wild.writes(mark));
    wild.only("ada");
    others_are_untouched(&wild);
}

#[tokio::test]
async fn wrong_totals_short_pages_clamped_counts_and_overlapping_pages() {
    for (index, paging) in [
        "{total: {is: 2}}",
        "{total: absent}",
        "{most: 2}",
        // Nothing asks for ten: it is what comes without a count.
        "{default: 10, most: 1000}",
        "{overlap: 1, most: 3}",
        "{repeatsFirst: true, most: 2}",
        "{style: firstPageOnly, most: 2}",
        "{style: none, total: ofPage}",
        "{leavesOutEmpty: true, search: absent}",
    ]
    .iter()
    .enumerate()
    {
        let wild = with_others(&format!("paging-{index}"), &format!("{{paging: {paging}}}"), json!({})).await;
        for name in ["ada", "eve", "fay"] {
            wild.settle(&user(name).with("title", "Countess")).await;
        }
        let mark = wild.proxy.mark();
        wild.proxy.sweeps(mark, 3).await;
        assert!(wild.writes(mark).is_empty(), "{paging}: {:#?}", wild.writes(mark));
        for name in ["ada", "eve", "fay"] {
            wild.only(name);
            wild.ready(Kind::User, name).await;
        }
        others_are_untouched(&wild);
    }
}

#[tokio::test]
async fn the_server_counts_more_than_it_lists() {
    let wild = with_others("counts-more", "{paging: {total: {is: 99}}}", json!({})).await;
    wild.apply(&user("ada")).await;
    let what = "not Ready, because more is counted than listed";
    let told = |object: Option<&DynamicObject>| {
        let ready = object.and_then(|object| objects::condition(object, "Ready"));
        ready.is_some_and(|ready| ready["message"].as_str().unwrap().contains("counts more than it lists"))
    };
    wild.until(Kind::User, "ada", what, told).await;
    wild.proxy.stays_below(wild.proxy.mark(), 40, WINDOW).await;
    assert!(wild.writes(0).is_empty(), "ada may be among those: {:#?}", wild.writes(0));
    others_are_untouched(&wild);
}

#[tokio::test]
async fn start_index_from_zero() {
    let paging = json!({"firstIndex": 0, "pageSize": 2});
    let overrides = json!({"users": {"paging": paging}, "groups": {"paging": paging}});
    let wild = with_others("from-zero", "{paging: {first: 0}}", overrides).await;
    wild.settle(&user("ada")).await;
    wild.stays_quiet().await;
    others_are_untouched(&wild);
}

#[tokio::test]
async fn cursor_paging_ends_where_no_cursor_comes() {
    let paging = json!({"mode": "Cursor", "pageSize": 2});
    let overrides = json!({"users": {"paging": paging}, "groups": {"paging": paging}});
    let wild = with_others("cursor", "{paging: {style: cursorOnRequest, most: 2}}", overrides).await;
    wild.settle(&user("ada").with("title", "Countess")).await;
    wild.stays_quiet().await;
    let ada = wild.only("ada")["id"].as_str().unwrap().to_owned();
    wild.server.edit("/Users", &ada, |ada| ada["title"] = json!("Analyst"));
    wild.proxy.sweeps(wild.proxy.mark(), 2).await;
    assert_eq!(wild.only("ada")["title"], json!("Countess"), "the last page was read, too");
}

#[tokio::test]
async fn only_some_attributes_and_one_comparison_can_be_filtered_by() {
    let habits = "{filter: {operators: [eq], joins: []}, users: {filterable: [userName]}}";
    let overrides = json!({"users": {"filter": {"attributes": ["userName"]}}});
    let wild = with_others("filterable", habits, overrides).await;
    wild.settle(&user("ada").with("externalId", "a-1")).await;
    wild.settle(&user("bob").with("adoptionPolicy", "Adopt")).await;
    assert_eq!(wild.server.refusals(), [""; 0], "nothing is asked that it does not understand");
    others_are_untouched(&wild);
}

#[tokio::test]
async fn values_quoted_in_single_quotes_or_not_at_all() {
    for (quotes, quoting) in [("single", "Single"), ("none", "None")] {
        let overrides = json!({"users": {"filter": {"quoting": quoting}}});
        let wild = with_others("quotes", &format!("{{filter: {{quotes: {quotes}}}}}"), overrides).await;
        wild.settle(&user("bob").with("adoptionPolicy", "Adopt").with("title", "Count")).await;
        assert_eq!(wild.only("bob")["title"], json!("Count"));
        assert_eq!(wild.server.refusals(), [""; 0]);
    }
}

#[tokio::test]
async fn an_escaped_quote_is_not_understood() {
    let overrides = json!({"users": {"filter": {"escapes": false}}});
    let wild = with_others("escapes", "{filter: {escapes: false}}", overrides).await;
    let name = "o\"neil@example.com";
    let id = wild.server.insert("/Users", json!({"schemas": stranger("x")["schemas"], "userName": name}));
    let oneil = wild.settle(&user("oneil").with("userName", name).with("adoptionPolicy", "Adopt")).await;
    assert_eq!(objects::id(&oneil), id, "found in a listing");
    assert_eq!(wild.server.refusals(), [""; 0]);
}

#[tokio::test]
async fn a_filter_can_be_too_long() {
    let overrides = json!({"users": {"filter": {"maxLength": 30}}});
    let wild = with_others("long", "{filter: {most: 30}}", overrides).await;
    let name = "somebody.with.a.long.name@example.com";
    let id = wild.server.insert("/Users", json!({"schemas": stranger("x")["schemas"], "userName": name}));
    let long = wild.settle(&user("long").with("userName", name).with("adoptionPolicy", "Adopt")).await;
    assert_eq!(objects::id(&long), id);
    assert_eq!(wild.server.refusals(), [""; 0]);
}

#[tokio::test]
async fn filters_are_refused() {
    let wild = with_others("no-filter", "{filter: {refused: 501}}", json!({})).await;
    wild.settle(&user("ada")).await;
    wild.settle(&user("bob").with("adoptionPolicy", "Adopt")).await;
    wild.stays_quiet().await;
    others_are_untouched(&wild);
}
