//! The examples for known systems, applied against the servers that are as
//! strict as those systems' texts.

use super::Examples;
use crate::support::{
    objects::{Kind, has, id, status},
    site::Site,
    strict::{
        buypass::{self, Buypass},
        confirmit, idaas_nl,
    },
    wait,
};

const TOKEN: &str = "token-of-the-example";

async fn site(name: &str) -> Site {
    let site = Site::new(name).await;
    site.operator.start().await;
    site
}

fn insecure(port: u16, base: &str) -> String {
    format!("url: http://127.0.0.1:{port}{base}\n  allowInsecureHTTP: true")
}

#[tokio::test]
async fn buypass_makes_an_account_without_a_request_that_the_text_does_not_allow() {
    let site = site("example-buypass").await;
    let server = Buypass::start("client-of-mine", "secret-of-mine").await;
    let front = server.tls_before(server.scim.port()).await;
    let url = format!("url: https://127.0.0.1:{}{}", front.port(), buypass::BASE);
    let trusted = format!("{url}\n  tls: {{caBundleRef: {{kind: ConfigMap, name: authority, key: ca.crt}}}}");
    site.apply(&crate::support::objects::config_map("authority", "ca.crt", &server.authority_pem())).await;
    Examples::for_namespace(&site.namespace)
        .with("login.example.com,api.buypass.no", "127.0.0.1")
        .with("url: https://api.buypass.no/SECURITYDOMAIN/scim/v2", &trusted)
        .with("replace-me-tenant", buypass::TENANT)
        .with("https://login.example.com/oauth2/token", &server.token_url())
        .with("replace-me-id", "client-of-mine")
        .with("replace-me-secret", "secret-of-mine")
        .apply("buypass");
    let object = site.ready(Kind::User, "ada").await;
    let there = server.scim.get("/Users", &id(&object)).unwrap();
    assert_eq!(there["externalId"], "701984");
    assert_eq!(server.scim.refusals(), Vec::<String>::new());
    assert!(status(&object, "/anchor/endpointKey").as_str().unwrap().contains(buypass::TENANT), "{object:?}");
}

#[tokio::test]
async fn confirmit_makes_a_person_and_a_group_with_that_person() {
    let site = site("example-confirmit").await;
    let server = confirmit::start(TOKEN).await;
    Examples::for_namespace(&site.namespace)
        .with("scim.example.com", "127.0.0.1")
        .with("token: replace-me", &format!("token: {TOKEN}"))
        .with("url: https://scim.example.com/v2", &insecure(server.port(), confirmit::BASE))
        .apply("confirmit");
    let ada = id(&site.ready(Kind::User, "ada").await);
    let is_in =
        |object: Option<&_>| object.is_some_and(|object| has(object, "MembersReady", "True", "Succeeded"));
    let group = site.until(Kind::Group, "analysts", "all members in", is_in).await.unwrap();
    let there = server.get("/Groups", &id(&group)).unwrap();
    assert_eq!(there["members"][0]["value"], ada.as_str());
    assert_eq!(server.refusals(), Vec::<String>::new());
}

#[tokio::test]
async fn idaas_nl_deactivates_whoever_goes_from_the_manifests() {
    let site = site("example-idaas-nl").await;
    let server = idaas_nl::start(TOKEN).await;
    Examples::for_namespace(&site.namespace)
        .with("login.manage.idaas.nl", "127.0.0.1")
        .with("token: replace-me", &format!("token: {TOKEN}"))
        .with("url: https://login.manage.idaas.nl/api/scim/v2", &insecure(server.port(), idaas_nl::BASE))
        .apply("idaas-nl");
    let ada = id(&site.ready(Kind::User, "ada").await);
    site.delete(Kind::User, "ada").await;
    site.gone(Kind::User, "ada").await;
    wait::poll("an inactive account", wait::DEADLINE, || async {
        let there = server.get("/Users", &ada);
        let is_inactive = there.as_ref().is_some_and(|user| user["active"] == false);
        if is_inactive { Ok(()) } else { Err(format!("{there:?}")) }
    })
    .await;
    assert_eq!(server.refusals(), Vec::<String>::new());
}
