//! The rules, as the API server checks them. That it accepts them, and what
//! `kubectl` shows, is tested against a real one.

use serde_json::{Value, from_value, json};

use crate::api::{ClusterScimProvider, ScimGroup, ScimProvider, ScimUser};

fn user(extra: Value) -> ScimUser {
    let mut object = json!({
        "apiVersion": "scim-operator.dev/v1alpha1",
        "kind": "ScimUser",
        "metadata": {"name": "barbara"},
        "spec": {"providerRef": {"kind": "ScimProvider", "name": "directory"}},
    });
    merge(&mut object["spec"], extra);
    from_value(object).unwrap()
}

fn group(extra: Value) -> ScimGroup {
    let mut object = json!({
        "apiVersion": "scim-operator.dev/v1alpha1",
        "kind": "ScimGroup",
        "metadata": {"name": "guides"},
        "spec": {"providerRef": {"kind": "ScimProvider", "name": "directory"}},
    });
    merge(&mut object["spec"], extra);
    from_value(object).unwrap()
}

fn provider(extra: Value) -> ScimProvider {
    let mut object = json!({
        "apiVersion": "scim-operator.dev/v1alpha1",
        "kind": "ScimProvider",
        "metadata": {"name": "directory"},
        "spec": provider_spec(),
    });
    merge(&mut object["spec"], extra);
    from_value(object).unwrap()
}

fn provider_spec() -> Value {
    json!({
        "url": "https://scim.example.com/scim/v2",
        "auth": {"type": "Bearer", "bearer": {"tokenSecretRef": {"name": "token", "key": "token"}}},
    })
}

fn merge(target: &mut Value, extra: Value) {
    let (Value::Object(target), Value::Object(extra)) = (target, extra) else { unreachable!("two objects") };
    target.extend(extra);
}

fn user_error(extra: Value) -> String {
    user(extra).validate_cel().unwrap_err().to_string()
}

fn provider_error(extra: Value) -> String {
    provider(extra).validate_cel().unwrap_err().to_string()
}

#[test]
fn minimal_objects_are_accepted() {
    user(json!({})).validate_cel().unwrap();
    group(json!({})).validate_cel().unwrap();
    provider(json!({})).validate_cel().unwrap();
}

#[test]
fn the_provider_of_an_identity_cannot_change() {
    let elsewhere = json!({"providerRef": {"kind": "ScimProvider", "name": "other"}});
    for change in [
        user(elsewhere.clone()).validate_cel_update(&user(json!({}))),
        group(elsewhere).validate_cel_update(&group(json!({}))),
    ] {
        let refusal = change.unwrap_err().to_string();
        assert!(refusal.contains("delete this object and create another one"), "{refusal}");
    }
    user(json!({"title": "Guide"})).validate_cel_update(&user(json!({}))).unwrap();
}

#[test]
fn every_multi_valued_attribute_has_one_primary_value_at_most() {
    let value = |value: &str, primary: bool| json!({"value": value, "primary": primary});
    for attribute in
        ["emails", "phoneNumbers", "ims", "photos", "entitlements", "roles", "x509Certificates", "addresses"]
    {
        let refusal = user_error(json!({attribute: [value("a", true), value("b", true)]}));
        assert!(refusal.contains(&format!("only one of {attribute} can be the primary one")), "{refusal}");
        let values = json!([value("a", true), value("b", false), {"value": "c"}]);
        user(json!({attribute: values})).validate_cel().unwrap();
        user(json!({attribute: []})).validate_cel().unwrap();
    }
}

#[test]
fn extensions_are_named_by_their_urn() {
    let extensions = |urn: &str| json!({"extensions": {urn: {"badge": "17"}}});
    user(extensions("urn:ietf:params:scim:schemas:extension:example:2.0:User")).validate_cel().unwrap();
    let long = format!("urn:example:{}", "x".repeat(256));
    for urn in
        ["example", "urn:", "urn:x", "urn:example:two words", "urn:example:a\"b", "URN:example:a", &long]
    {
        let refusal = user_error(extensions(urn));
        assert!(refusal.contains("an extension's key is the URN of its schema"), "{urn}: {refusal}");
    }
}

#[test]
fn two_spellings_of_one_extension_are_refused() {
    let refusal = user_error(json!({"extensions": {"urn:example:a": {}, "urn:example:A": {}}}));
    assert!(refusal.contains("the same but for upper and lower case"), "{refusal}");
}

#[test]
fn typed_schemas_are_not_taken_as_extensions() {
    for urn in [
        "urn:ietf:params:scim:schemas:core:2.0:User",
        "urn:ietf:params:scim:schemas:CORE:2.0:user",
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
    ] {
        let refusal = user_error(json!({"extensions": {urn: {"title": "Guide"}}}));
        assert!(refusal.contains("under spec.enterprise of a ScimUser"), "{urn}: {refusal}");
    }
}

#[test]
fn a_url_is_https_unless_the_provider_says_otherwise() {
    let refusal = provider_error(json!({"url": "http://scim.example.com"}));
    assert!(refusal.contains("set allowInsecureHTTP: true"), "{refusal}");
    provider_error(json!({"url": "http://scim.example.com", "allowInsecureHTTP": false}));
    provider(json!({"url": "http://127.0.0.1:8080/v2", "allowInsecureHTTP": true})).validate_cel().unwrap();
}

#[test]
fn a_url_has_no_user_name_query_or_fragment() {
    for url in [
        "https://user:secret@scim.example.com",
        "https://scim.example.com/v2?tenant=1",
        "https://scim.example.com/v2#users",
        "https://scim.example.com/v 2",
        "https://",
        "https:///v2",
        "ftp://scim.example.com",
        "scim.example.com",
    ] {
        let refusal = provider_error(json!({"url": url}));
        assert!(refusal.contains("url is the SCIM base URL"), "{url}: {refusal}");
    }
    for url in ["https://scim.example.com", "https://[2001:db8::1]:8443/scim/v2/", "https://a.example/@b"] {
        provider(json!({"url": url})).validate_cel().unwrap();
    }
}

#[test]
fn an_interval_is_a_duration_of_a_second_or_more() {
    for interval in ["", "10", "10 minutes", "1d", "-5m", "0s", "999ms"] {
        let refusal = provider_error(json!({"resyncInterval": interval}));
        assert!(refusal.contains("such as 10m, 90s or 1h30m"), "{interval}: {refusal}");
    }
    for interval in ["1s", "10m", "1h30m", "1.5h", "1000ms"] {
        provider(json!({"resyncInterval": interval})).validate_cel().unwrap();
        crate::api::duration::parse_go_duration(interval).unwrap();
    }
}

#[test]
fn the_method_of_authentication_has_its_block_and_no_other() {
    let reference = json!({"name": "token", "key": "token"});
    let bearer = json!({"tokenSecretRef": reference});
    let basic = json!({"usernameSecretRef": reference, "passwordSecretRef": reference});
    for auth in [
        json!({"type": "Bearer"}),
        json!({"type": "Basic", "bearer": bearer}),
        json!({"type": "Bearer", "bearer": bearer, "basic": basic}),
        json!({"type": "None", "basic": basic}),
        json!({"type": "OAuth2"}),
        json!({"type": "Header"}),
    ] {
        let refusal = provider_error(json!({"auth": auth, "allowInsecureHTTP": true}));
        assert!(refusal.contains("needs the block that its type names"), "{auth}: {refusal}");
    }
    provider(json!({"auth": {"type": "Basic", "basic": basic}})).validate_cel().unwrap();
}

#[test]
fn no_proof_at_all_is_for_tests_or_beside_a_client_certificate() {
    let none = json!({"type": "None"});
    let refusal = provider_error(json!({"auth": none}));
    assert!(refusal.contains("client certificate"), "{refusal}");
    provider(json!({"auth": none, "allowInsecureHTTP": true})).validate_cel().unwrap();
    let tls = json!({"clientCertificateSecretRef": {"name": "operator"}});
    provider(json!({"auth": none, "tls": tls})).validate_cel().unwrap();
}

#[test]
fn a_header_that_decides_how_a_request_is_read_carries_no_credentials() {
    let header = |name: &str| {
        let header = json!({"name": name, "valueSecretRef": {"name": "token", "key": "token"}});
        json!({"auth": {"type": "Header", "header": header}})
    };
    for name in ["Host", "content-length", "Transfer-Encoding", "ACCEPT", "If-Match"] {
        assert!(provider_error(header(name)).contains("decides how a request is read"), "{name}");
    }
    provider(header("X-Api-Key")).validate_cel().unwrap();
}

#[test]
fn a_client_secret_travels_in_the_clear_only_where_somebody_says_so() {
    let oauth2 = |url: &str| {
        let reference = json!({"name": "client", "key": "value"});
        let oauth2 =
            json!({"tokenURL": url, "clientIDSecretRef": reference, "clientSecretSecretRef": reference});
        json!({"auth": {"type": "OAuth2", "oauth2": oauth2}})
    };
    let refusal = provider_error(oauth2("http://login.example.com/token"));
    assert!(refusal.contains("must start with https://"), "{refusal}");
    assert!(provider_error(oauth2("https://login.example.com/token?a=b")).contains("tokenURL is"));
    provider(oauth2("https://login.example.com/token")).validate_cel().unwrap();
}

#[test]
fn the_time_of_a_rate_is_a_second_to_a_day() {
    for per in ["0s", "500ms", "25h", "1", "minute"] {
        let refusal = provider_error(json!({"rateLimit": {"requests": 1, "per": per}}));
        assert!(refusal.contains("per is a duration"), "{per}: {refusal}");
    }
    provider(json!({"rateLimit": {"requests": 1, "per": "24h"}})).validate_cel().unwrap();
}

#[test]
fn a_grant_says_which_namespaces_it_is_for() {
    let cluster = |namespaces: Value| {
        let mut spec = provider_spec();
        spec["grants"] = json!([{"namespaces": namespaces}]);
        let object = json!({"metadata": {"name": "corporate"}, "spec": spec});
        from_value::<ClusterScimProvider>(object).unwrap().validate_cel()
    };
    for namespaces in [
        json!({"from": "Names"}),
        json!({"from": "All", "names": ["team-a"]}),
        json!({"from": "Selector", "names": ["team-a"]}),
    ] {
        let refusal = cluster(namespaces.clone()).unwrap_err().to_string();
        assert!(refusal.contains("needs what from says"), "{namespaces}: {refusal}");
    }
    cluster(json!({"from": "All"})).unwrap();
    cluster(json!({"from": "Selector", "selector": {"matchLabels": {"team": "a"}}})).unwrap();
}

#[test]
fn an_id_to_adopt_needs_somebody_who_adopts_or_observes() {
    let refusal = user_error(json!({"adoptID": "7"}));
    assert!(refusal.contains("set adoptionPolicy: Adopt or mode: Observe"), "{refusal}");
    user(json!({"adoptID": "7", "adoptionPolicy": "Adopt"})).validate_cel().unwrap();
    user(json!({"adoptID": "7", "mode": "Observe"})).validate_cel().unwrap();
}

#[test]
fn a_manager_is_an_object_or_an_id() {
    let both = json!({"manager": {"value": "1"}, "managerRef": {"name": "grace"}});
    assert!(user_error(json!({"enterprise": both})).contains("set one of them"));
}
