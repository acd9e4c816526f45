//! The three systems, as strict as their vendors' texts.

use std::{future::ready, sync::Mutex};

use futures::{FutureExt, future::BoxFuture};
use serde_json::{Value, json};

use super::{
    in_process::held_in_process,
    samples::{self, Sample},
    subject::Subject,
};
use crate::support::{
    objects::{self, Manifest, SECRET, user_name},
    proxy::Proxy,
    strict::{
        StrictServer,
        buypass::{self, Buypass, national_id},
        confirmit, idaas_nl,
    },
    tls::TlsFront,
};

const TOKEN: &str = "token-of-the-matrix";
const HOST: &str = "127.0.0.1";

pub(super) struct Confirmit {
    server: StrictServer,
}

impl Confirmit {
    pub(super) async fn start() -> Self {
        Self { server: confirmit::start(TOKEN).await }
    }
}

impl Subject for Confirmit {
    held_in_process!(server);

    fn port(&self) -> u16 {
        self.server.port()
    }

    fn base(&self) -> String {
        confirmit::BASE.to_owned()
    }

    fn provider<'a>(&'a self, proxy: &'a Proxy) -> BoxFuture<'a, Vec<Manifest>> {
        let provider = objects::provider(&proxy.url()).with("profile", "confirmit");
        ready(vec![objects::secret(TOKEN, HOST), provider]).boxed()
    }

    fn refusals(&self) -> Vec<String> {
        self.server.refusals()
    }

    fn user(&self, name: &str) -> Manifest {
        objects::user(name)
            .with("emails", json!([{"value": user_name(name), "type": "work", "primary": true}]))
    }

    /// What is named at the creation is the externalId of the user.
    fn stranger(&self, name: &str) -> Value {
        json!({
            "externalId": user_name(name),
            "emails": [{"value": user_name(name), "type": "work", "primary": true}],
        })
    }

    fn takes_once(&self, field: &str) -> bool {
        field == "userName"
    }

    fn samples(&self) -> Vec<Sample> {
        let email = |value: &str| json!([{"value": value, "type": "work", "primary": true}]);
        samples::standard_but([
            Sample::new("emails", email("first@people.example.com"), email("second@people.example.com")),
            Sample::new(
                "extensions",
                json!({confirmit::EXPANDED: {"languageId": 9}}),
                json!({confirmit::EXPANDED: {"languageId": 20}}),
            ),
        ])
    }

    fn plain(&self) -> Sample {
        samples::of("name", self.samples())
    }
}

pub(super) struct IdaasNl {
    server: StrictServer,
}

impl IdaasNl {
    pub(super) async fn start() -> Self {
        Self { server: idaas_nl::start(TOKEN).await }
    }
}

impl Subject for IdaasNl {
    held_in_process!(server);

    fn port(&self) -> u16 {
        self.server.port()
    }

    fn base(&self) -> String {
        idaas_nl::BASE.to_owned()
    }

    fn provider<'a>(&'a self, proxy: &'a Proxy) -> BoxFuture<'a, Vec<Manifest>> {
        let provider = objects::provider(&proxy.url()).with("profile", "idaas-nl");
        ready(vec![objects::secret(TOKEN, HOST), provider]).boxed()
    }

    /// Its profile lets any attribute through; those that are not in the text
    /// are sent because a manifest names them.
    fn refusals(&self) -> Vec<String> {
        let asked_for = |refusal: &str| {
            refusal.starts_with("POST ")
                && (refusal.contains("a user has no ") || refusal.ends_with("Specified schema is incorrect."))
        };
        self.server.refusals().into_iter().filter(|refusal| !asked_for(refusal)).collect()
    }

    fn samples(&self) -> Vec<Sample> {
        samples::standard_but([Sample::new(
            "attributes",
            json!({"userMetadata": {"team": "engines"}}),
            json!({"userMetadata": {"team": "programs"}}),
        )])
    }

    fn plain(&self) -> Sample {
        samples::of("displayName", self.samples())
    }
}

/// HTTPS alone, and tokens from an endpoint of their own.
pub(super) struct BuypassTenant {
    buypass: Buypass,
    front: Mutex<Option<TlsFront>>,
    /// The names so far. Each has a number of its own.
    people: Mutex<Vec<String>>,
}

impl BuypassTenant {
    const CLIENT: &str = "client-of-the-matrix";
    const CLIENT_SECRET: &str = "secret-of-the-matrix";

    pub(super) async fn start() -> Self {
        let buypass = Buypass::start(Self::CLIENT, Self::CLIENT_SECRET).await;
        Self { buypass, front: Mutex::default(), people: Mutex::default() }
    }

    fn number(&self, name: &str) -> String {
        let mut people = self.people.lock().unwrap();
        let place = people.iter().position(|known| known == name).unwrap_or_else(|| {
            people.push(name.to_owned());
            people.len() - 1
        });
        national_id::synthetic(place)
    }
}

impl Subject for BuypassTenant {
    held_in_process!(buypass.scim);

    fn port(&self) -> u16 {
        self.buypass.scim.port()
    }

    fn base(&self) -> String {
        buypass::BASE.to_owned()
    }

    /// As in the example, but for the authority of the tests.
    fn provider<'a>(&'a self, proxy: &'a Proxy) -> BoxFuture<'a, Vec<Manifest>> {
        async move {
            let front = self.buypass.tls_before(proxy.port()).await;
            let url = format!("https://{HOST}:{}{}", front.port(), buypass::BASE);
            *self.front.lock().unwrap() = Some(front);
            let oauth2 = json!({
                "tokenURL": self.buypass.token_url(),
                "clientIDSecretRef": {"name": SECRET, "key": "id"},
                "clientSecretSecretRef": {"name": SECRET, "key": "secret"},
                "scopes": ["scim.read", "scim.write"],
            });
            let provider = objects::provider(&url)
                .without("allowInsecureHTTP")
                .with("profile", "buypass")
                .with("parameters", json!({"tenant": buypass::TENANT}))
                .with("auth", json!({"type": "OAuth2", "oauth2": oauth2}))
                .with(
                    "tls",
                    json!({"caBundleRef": {"kind": "ConfigMap", "name": "authority", "key": "ca.crt"}}),
                );
            let client = [("id", Self::CLIENT), ("secret", Self::CLIENT_SECRET)];
            vec![
                objects::secret_with(SECRET, HOST, &client),
                objects::config_map("authority", "ca.crt", &self.buypass.authority_pem()),
                provider,
            ]
        }
        .boxed()
    }

    fn refusals(&self) -> Vec<String> {
        self.buypass.scim.refusals()
    }

    fn user(&self, name: &str) -> Manifest {
        objects::user(name).with("userName", self.number(name)).with("externalId", format!("customer-{name}"))
    }

    fn stranger(&self, name: &str) -> Value {
        json!({"userName": self.number(name), "externalId": format!("somebody-{name}")})
    }

    fn renamed(&self, user: Manifest, name: &str) -> (Manifest, Value) {
        (user.with("userName", self.number(name)), json!({"userName": self.number(name)}))
    }

    fn samples(&self) -> Vec<Sample> {
        let one = |field, first: &str, second: &str| {
            Sample::new(field, json!([{"value": first}]), json!([{"value": second}]))
        };
        samples::standard_but([
            one("phoneNumbers", "+4755512345", "+4755554321"),
            one("emails", "first@people.example.com", "second@people.example.com"),
            one("entitlements", "allow_smartcard", "allow_mobile_id"),
            Sample::new(
                "extensions",
                json!({buypass::UPN: {"upn": "ada@example.com"}}),
                json!({buypass::UPN: {"upn": "countess@example.com"}}),
            ),
        ])
    }

    fn plain(&self) -> Sample {
        samples::of("phoneNumbers", self.samples())
    }
}
