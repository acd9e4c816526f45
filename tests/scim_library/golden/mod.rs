//! The examples of the vendors' texts: what they show coming back is
//! understood, and what they show being sent is what is sent for the same
//! intent. Where a text contradicts itself, the test says what is sent
//! instead.

mod buypass;
mod confirmit;
mod idaas_nl;

use std::{collections::BTreeSet, fs, sync::Arc};

use scim_operator::scim::{
    address::AddressPolicy,
    client::Client,
    endpoint::Endpoint,
    http::{Http, Limits, Tls},
    path::AttributePath,
    profile::{Dialect, Parameters, resolve},
    resource::Resource,
};
use serde_json::{Map, Value};

use crate::raw::{Server, answer, token};

/// A server that gives one answer to everything, and a client that takes it
/// for one of this profile.
struct Example {
    server: Server,
    client: Client,
}

impl Example {
    async fn of(profile: &str, base: &str, status: &str, body: &str) -> Self {
        let server = Server::answering(answer(status, &["Content-Type: application/json"], body)).await;
        let tenant = Parameters::from([("tenant".to_owned(), "t1".to_owned())]);
        let parameters = if profile == "buypass" { tenant } else { Parameters::new() };
        let dialect = Dialect::new(resolve(profile, &Map::new()).unwrap(), &parameters).unwrap();
        let policy = AddressPolicy::new(["127.0.0.1"], []);
        let http = Http::new(token(), policy, Limits::default(), &Tls::default()).unwrap();
        let endpoint = Endpoint::parse(&format!("http://{}{base}", server.address), true).unwrap();
        Self { server, client: Client::new(endpoint, Arc::new(dialect), http) }
    }

    /// The first line of the only request.
    fn line(&self) -> String {
        let requests = self.server.requests();
        assert_eq!(requests.len(), 1, "{requests:?}");
        requests[0].lines().next().unwrap().to_owned()
    }

    fn header(&self, name: &str) -> Option<String> {
        let request = self.server.requests().remove(0);
        let headers = request.split_once("\r\n\r\n").unwrap().0.lines().skip(1);
        let mut pairs = headers.filter_map(|line| line.split_once(": "));
        pairs.find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.to_owned())
    }

    /// The body of the only request.
    fn body(&self) -> Value {
        let requests = self.server.requests();
        assert_eq!(requests.len(), 1, "{requests:?}");
        serde_json::from_str(requests[0].split_once("\r\n\r\n").unwrap().1).unwrap()
    }
}

fn text(name: &str) -> String {
    let path = format!("{}/tests/golden/{name}", env!("CARGO_MANIFEST_DIR"));
    fs::read_to_string(path).unwrap()
}

fn json(name: &str) -> Value {
    serde_json::from_str(&text(&format!("{name}.json"))).unwrap()
}

fn path(text: &str) -> AttributePath {
    AttributePath::parse(text).unwrap()
}

/// A user or group with these values.
fn resource(schema: &str, values: &[(&str, Value)]) -> Resource {
    let mut resource = Resource::new([schema]);
    for (name, value) in values {
        resource.set(&path(name), value.clone());
    }
    resource
}

/// Every example of a vendor is in one of its tests, or known not to be.
fn all_are_used(vendor: &str, used: &[&str]) {
    let directory = format!("{}/tests/golden/{vendor}", env!("CARGO_MANIFEST_DIR"));
    let files = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().file_name());
    let files: BTreeSet<String> = files.map(|name| name.into_string().unwrap()).collect();
    let names: BTreeSet<&str> =
        files.iter().map(|name| name.trim_end_matches(".json").trim_end_matches(".http")).collect();
    assert_eq!(names, used.iter().copied().collect::<BTreeSet<_>>());
}
