//! Single values that must not be there, on a server that lets nobody write
//! the attribute they belong to.

use serde_json::{Value, json};

use crate::support::{
    objects::{self, Kind, Manifest, SECRET, condition, has, id, status},
    proxy::{Proxy, Recorded},
    site::Site,
    strict::buypass::{self, Buypass, national_id},
    tls::TlsFront,
};

const FIDO2: &str = "urn:ietf:params:scim:schemas:extension:buypass:fido2:User";

struct Tenant {
    site: Site,
    server: Buypass,
    proxy: Proxy,
    _front: TlsFront,
}

impl Tenant {
    async fn start(name: &str) -> Self {
        let site = Site::new(name).await;
        let server = Buypass::start("client", "secret").await;
        let proxy = Proxy::before(server.scim.port(), buypass::BASE).await;
        let front = server.tls_before(proxy.port()).await;
        site.operator.start().await;
        let oauth2 = json!({
            "tokenURL": server.token_url(),
            "clientIDSecretRef": {"name": SECRET, "key": "id"},
            "clientSecretSecretRef": {"name": SECRET, "key": "secret"},
            "scopes": ["scim.read", "scim.write"],
        });
        let provider = objects::provider(&format!("https://127.0.0.1:{}{}", front.port(), buypass::BASE))
            .without("allowInsecureHTTP")
            .with("profile", "buypass")
            .with("parameters", json!({"tenant": buypass::TENANT}))
            .with("auth", json!({"type": "OAuth2", "oauth2": oauth2}))
            .with("tls", json!({"caBundleRef": {"kind": "ConfigMap", "name": "authority", "key": "ca.crt"}}));
        site.apply(&objects::secret_with(SECRET, "127.0.0.1", &[("id", "client"), ("secret", "secret")]))
            .await;
        site.apply(&objects::config_map("authority", "ca.crt", &server.authority_pem())).await;
        site.apply(&provider).await;
        Self { site, server, proxy, _front: front }
    }

    fn devices(&self, id: &str) -> Vec<Value> {
        let user = self.server.scim.get("/Users", id).unwrap();
        let devices = user[FIDO2]["fido2Credentials"].as_array().cloned().unwrap_or_default();
        devices.into_iter().map(|device| device["credentialId"].clone()).collect()
    }
}

fn ada() -> Manifest {
    objects::user("ada").with("userName", national_id::synthetic(0)).with("externalId", "701984")
}

fn device(id: &str) -> Value {
    json!({"credentialId": id, "displayName": "key", "lastUsed": "", "created": "2026-01-01T00:00:00Z"})
}

#[tokio::test]
async fn devices_that_must_not_be_there_go_one_by_one_and_the_others_stay() {
    let tenant = Tenant::start("absent-devices").await;
    let ada_id = id(&tenant.site.settle(&ada()).await);
    tenant.server.scim.edit("/Users", &ada_id, |user| {
        user[FIDO2] = json!({"fido2Credentials": [device("abc"), device("def"), device("ghi")]});
    });
    let mark = tenant.proxy.mark();
    let paths = ["abc", "ghi", "never-there"]
        .map(|device| format!("{FIDO2}:fido2Credentials[credentialId eq \"{device}\"]"));
    let object = tenant.site.settle(&ada().with("ensureAbsent", json!(paths))).await;
    assert_eq!(tenant.devices(&ada_id), ["def"]);
    let changes: Vec<Recorded> = tenant.proxy.since(mark).into_iter().filter(Recorded::writes).collect();
    assert_eq!(changes.len(), 2, "one value in each pass: {changes:#?}");
    let shown = status(&object, "/attributes");
    assert!(shown.to_string().contains("def") && !shown.to_string().contains("abc"), "{shown}");
    assert_eq!(tenant.server.scim.refusals(), [""; 0]);

    // It comes back, and goes again with the next comparison.
    tenant.server.scim.edit("/Users", &ada_id, |user| {
        user[FIDO2] = json!({"fido2Credentials": [device("abc"), device("def")]});
    });
    crate::support::wait::poll("one device", crate::support::wait::DEADLINE, || async {
        let devices = tenant.devices(&ada_id);
        if devices == ["def"] { Ok(()) } else { Err(format!("{devices:?}")) }
    })
    .await;
}

#[tokio::test]
async fn what_nobody_can_remove_is_told_and_not_asked() {
    let tenant = Tenant::start("absent-refused").await;
    tenant.site.settle(&ada()).await;
    let mark = tenant.proxy.mark();
    let logins = "urn:ietf:params:scim:schemas:extension:buypass:meta:User:logins[id eq \"1\"]";
    tenant.site.apply(&ada().with("ensureAbsent", json!([logins]))).await;
    let refused = |object: Option<&_>| {
        object.is_some_and(|object| has(object, "Ready", "False", "UnsupportedByServer"))
    };
    let object = tenant.site.until(Kind::User, "ada", "refused", refused).await.unwrap();
    let message = condition(&object, "Ready").unwrap()["message"].to_string();
    assert!(message.contains("removable"), "{message}");
    assert!(tenant.proxy.since(mark).iter().all(|record| !record.writes()));
}
