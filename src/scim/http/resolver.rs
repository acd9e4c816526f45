//! Name resolution that leaves out the addresses that requests are not sent
//! to. It runs at each connection, so a name that changes its address between
//! a check and a request gains nothing.

use std::{net::SocketAddr, sync::Arc};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use crate::scim::address::AddressPolicy;

/// The system's resolver, behind the policy.
#[derive(Debug)]
pub(super) struct CheckedResolver {
    policy: Arc<AddressPolicy>,
}

impl CheckedResolver {
    pub(super) fn new(policy: Arc<AddressPolicy>) -> Self {
        Self { policy }
    }
}

impl Resolve for CheckedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let policy = Arc::clone(&self.policy);
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            // One refused address refuses the name: a host that mixes public
            // and refused addresses is not one that anybody set up in good faith.
            for address in &found {
                policy.check(name.as_str(), address.ip())?;
            }
            let addresses: Addrs = Box::new(found.into_iter());
            Ok(addresses)
        })
    }
}
