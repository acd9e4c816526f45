//! Where requests may go: not to the API server, and, for those who may only
//! write in a namespace, not into the cluster's own networks either.

use std::net::IpAddr;

use k8s_openapi::api::{discovery::v1::EndpointSlice, networking::v1::ServiceCIDR};
use kube::{Api, Client, api::ListParams};

use super::{objects::in_time, providers::ProviderKey};
use crate::scim::address::{AddressPolicy, Network};

/// The rules for both kinds of provider.
#[derive(Debug)]
pub(super) struct Addresses {
    namespaced: AddressPolicy,
    cluster: AddressPolicy,
}

impl Addresses {
    /// Finds out which addresses are the cluster's own. What cannot be found
    /// out is said in the log: it can be named by `--refuse-networks`.
    pub(super) async fn learn(
        client: &Client,
        api_server: &http::Uri,
        allow_hosts: &[String],
        refuse_networks: &[Network],
    ) -> Self {
        let mut api_servers = configured(api_server).await;
        api_servers.extend(endpoints(client).await);
        let networks = service_networks(client).await;
        let everybody: Vec<Network> =
            api_servers.into_iter().chain(refuse_networks.iter().copied()).collect();
        tracing::debug!(api_servers = ?everybody, services = ?networks, "requests are not sent there");
        Self {
            cluster: AddressPolicy::new(allow_hosts, everybody.iter().copied()),
            namespaced: AddressPolicy::new(allow_hosts, everybody.into_iter().chain(networks)),
        }
    }

    /// The rule for this provider. Whoever may create one for the whole
    /// cluster may mean a server inside it.
    pub(super) fn of(&self, provider: &ProviderKey) -> &AddressPolicy {
        if provider.namespace.is_some() { &self.namespaced } else { &self.cluster }
    }
}

/// The API server as this process knows it.
async fn configured(api_server: &http::Uri) -> Vec<Network> {
    let host = api_server.host().unwrap_or_default();
    let host = host.trim_start_matches('[').trim_end_matches(']');
    match tokio::net::lookup_host((host, 0)).await {
        Ok(found) => alone(found.map(|address| address.ip())),
        Err(error) => {
            tracing::warn!(%error, host, "the API server's address is not known");
            Vec::new()
        }
    }
}

/// The addresses behind the Service `kubernetes`.
async fn endpoints(client: &Client) -> Vec<Network> {
    let slices: Api<EndpointSlice> = Api::namespaced(client.clone(), "default");
    match in_time(slices.get_opt("kubernetes")).await {
        Ok(slice) => {
            let endpoints = slice.and_then(|slice| slice.endpoints).unwrap_or_default();
            let addresses = endpoints.into_iter().flat_map(|endpoint| endpoint.addresses);
            alone(addresses.filter_map(|address| address.parse().ok()))
        }
        Err(error) => {
            tracing::warn!(%error, "the API server's endpoints are not known; name them with --refuse-networks");
            Vec::new()
        }
    }
}

/// The networks of the cluster's Services.
async fn service_networks(client: &Client) -> Vec<Network> {
    let ranges: Api<ServiceCIDR> = Api::all(client.clone());
    match in_time(ranges.list(&ListParams::default())).await {
        Ok(ranges) => {
            let ranges = ranges.items.into_iter().filter_map(|range| range.spec);
            ranges
                .flat_map(|spec| spec.cidrs.unwrap_or_default())
                .filter_map(|cidr| cidr.parse().ok())
                .collect()
        }
        Err(error) => {
            tracing::warn!(%error, "the range of Services is not known; name it with --refuse-networks");
            Vec::new()
        }
    }
}

/// Networks of one address each.
fn alone(addresses: impl IntoIterator<Item = IpAddr>) -> Vec<Network> {
    addresses.into_iter().map(Network::from).collect()
}
