//! Which addresses requests may be sent to. A provider's URL is written by a
//! tenant, so it must not reach what only this machine or this cluster can:
//! metadata services, the node, the operator itself.

use std::{
    collections::BTreeSet,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

pub use ipnet::IpNet as Network;

/// Services that hand out credentials to whoever asks from inside, outside
/// the link-local networks: Alibaba, Azure, Oracle; AWS and Google over IPv6.
const METADATA: [IpAddr; 5] = [
    IpAddr::V4(Ipv4Addr::new(100, 100, 100, 200)),
    IpAddr::V4(Ipv4Addr::new(168, 63, 129, 16)),
    IpAddr::V4(Ipv4Addr::new(192, 0, 0, 192)),
    IpAddr::V6(Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254)),
    IpAddr::V6(Ipv6Addr::new(0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254)),
];

/// The rule. A host on the allow list may be at a loopback address and in a
/// refused network; nothing allows the addresses that are refused always.
#[derive(Clone, Debug, Default)]
pub struct AddressPolicy {
    allowed_hosts: BTreeSet<String>,
    refused_networks: Vec<Network>,
}

/// An address that requests are not sent to.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{host} is at {address}, {reason}")]
pub struct RefusedAddress {
    /// The host whose address it is.
    pub host: String,
    /// The address.
    pub address: IpAddr,
    /// What kind of address it is.
    pub reason: Reason,
}

/// Why an address is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// RFC 3927, RFC 4291 §2.5.6; most metadata services are here.
    #[error("a link-local address")]
    LinkLocal,
    /// A metadata service outside the link-local networks.
    #[error("a metadata service")]
    Metadata,
    /// `0.0.0.0/8` (RFC 1122 §3.2.1.3) and `::`: this machine by another name.
    #[error("an unspecified address")]
    Unspecified,
    /// Many machines at once.
    #[error("a multicast or broadcast address")]
    Multicast,
    /// This machine, and the host is not on the allow list.
    #[error("a loopback address, and the host is not among the allowed hosts")]
    Loopback,
    /// In a refused network, and the host is not on the allow list.
    #[error("in a refused network, and the host is not among the allowed hosts")]
    RefusedNetwork,
}

impl AddressPolicy {
    /// The rule for these allowed hosts (names or literal addresses, without
    /// a port) and refused networks, such as the cluster's service range.
    pub fn new<H: AsRef<str>>(
        allowed_hosts: impl IntoIterator<Item = H>,
        refused_networks: impl IntoIterator<Item = Network>,
    ) -> Self {
        Self {
            allowed_hosts: allowed_hosts.into_iter().map(|host| normalized(host.as_ref())).collect(),
            refused_networks: refused_networks.into_iter().collect(),
        }
    }

    /// Whether this host may be connected to at this address.
    pub fn check(&self, host: &str, address: IpAddr) -> Result<(), RefusedAddress> {
        let allowed = self.allowed_hosts.contains(&normalized(host));
        let reason = views(address).into_iter().find_map(|view| self.reason(view, allowed));
        reason.map_or(Ok(()), |reason| Err(RefusedAddress { host: host.to_owned(), address, reason }))
    }

    fn reason(&self, address: IpAddr, allowed: bool) -> Option<Reason> {
        if METADATA.contains(&address) {
            return Some(Reason::Metadata);
        }
        if address.is_multicast() || address == IpAddr::V4(Ipv4Addr::BROADCAST) {
            return Some(Reason::Multicast);
        }
        let (link_local, unspecified) = match address {
            IpAddr::V4(v4) => (v4.is_link_local(), v4.octets()[0] == 0),
            IpAddr::V6(v6) => (v6.is_unicast_link_local(), v6.is_unspecified()),
        };
        if link_local {
            return Some(Reason::LinkLocal);
        }
        if unspecified {
            return Some(Reason::Unspecified);
        }
        if allowed {
            return None;
        }
        if address.is_loopback() {
            return Some(Reason::Loopback);
        }
        let refused = self.refused_networks.iter().any(|network| network.contains(&address));
        refused.then_some(Reason::RefusedNetwork)
    }
}

/// One spelling for names that are the same: without case, without the dot of
/// an absolute name, without the brackets of an IPv6 literal.
fn normalized(host: &str) -> String {
    let host = host.trim().trim_end_matches('.');
    let literal = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    literal.parse::<IpAddr>().map_or_else(|_| literal.to_ascii_lowercase(), |address| address.to_string())
}

/// The address, and every IPv4 address that it may stand for on some network.
fn views(address: IpAddr) -> Vec<IpAddr> {
    let mut views = vec![address];
    if let IpAddr::V6(v6) = address {
        views.extend(embedded(v6).into_iter().map(IpAddr::V4));
    }
    views
}

fn embedded(address: Ipv6Addr) -> Vec<Ipv4Addr> {
    let octets = address.octets();
    let at =
        |start: usize| Ipv4Addr::new(octets[start], octets[start + 1], octets[start + 2], octets[start + 3]);
    match address.segments() {
        // `::` and `::1` are addresses of their own, not IPv4-compatible ones.
        [0, 0, 0, 0, 0, 0, 0, 0 | 1] => Vec::new(),
        // IPv4-compatible and IPv4-mapped (RFC 4291 §2.5.5), IPv4-translated
        // (RFC 2765 §2.1), the well-known NAT64 prefix (RFC 6052 §2.1).
        [0, 0, 0, 0, 0, 0 | 0xffff, ..] | [0, 0, 0, 0, 0xffff, 0, ..] | [0x64, 0xff9b, 0, 0, 0, 0, ..] => {
            vec![at(12)]
        }
        // The local NAT64 prefix (RFC 8215), whole or subnetted to a /96; the
        // former leaves out octet 8 (RFC 6052 §2.2). The layout that is not
        // in use reads as `0.0.0.0`, which no translator forwards to.
        [0x64, 0xff9b, 1, ..] => [at(12), Ipv4Addr::new(octets[6], octets[7], octets[9], octets[10])]
            .into_iter()
            .filter(|view| !view.is_unspecified())
            .collect(),
        // 6to4 (RFC 3056 §2).
        [0x2002, ..] => vec![at(2)],
        // Teredo hides the client's address by inverting it (RFC 4380 §4).
        [0x2001, 0, ..] => vec![at(4), Ipv4Addr::from(!u32::from(at(12)))],
        _ => Vec::new(),
    }
}
