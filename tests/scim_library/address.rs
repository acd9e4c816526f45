//! Where requests may go, and which text names which endpoint.

use std::net::IpAddr;

use proptest::prelude::*;
use scim_operator::scim::{
    address::{AddressPolicy, Reason},
    endpoint::{Endpoint, EndpointError},
};

fn reason(policy: &AddressPolicy, host: &str, address: &str) -> Option<Reason> {
    policy.check(host, address.parse().unwrap()).err().map(|refused| refused.reason)
}

fn policy(allowed: &[&str]) -> AddressPolicy {
    AddressPolicy::new(allowed, ["10.96.0.0/12".parse().unwrap(), "fd00:10:96::/112".parse().unwrap()])
}

#[test]
fn some_addresses_are_refused_for_every_host() {
    for (address, expected) in [
        ("169.254.169.254", Reason::LinkLocal),
        ("169.254.0.1", Reason::LinkLocal),
        ("fe80::1", Reason::LinkLocal),
        ("febf::1", Reason::LinkLocal),
        ("100.100.100.200", Reason::Metadata),
        ("168.63.129.16", Reason::Metadata),
        ("192.0.0.192", Reason::Metadata),
        ("fd00:ec2::254", Reason::Metadata),
        ("fd20:ce::254", Reason::Metadata),
        ("0.0.0.0", Reason::Unspecified),
        ("0.1.2.3", Reason::Unspecified),
        ("::", Reason::Unspecified),
        ("224.0.0.1", Reason::Multicast),
        ("239.255.255.255", Reason::Multicast),
        ("255.255.255.255", Reason::Multicast),
        ("ff02::1", Reason::Multicast),
    ] {
        assert_eq!(
            reason(&policy(&["idp.example.com"]), "idp.example.com", address),
            Some(expected),
            "{address}"
        );
        assert_eq!(reason(&policy(&[address]), address, address), Some(expected), "{address}");
    }
}

#[test]
fn loopback_and_refused_networks_are_open_to_allowed_hosts_only() {
    for (address, expected) in [
        ("127.0.0.1", Reason::Loopback),
        ("127.255.255.254", Reason::Loopback),
        ("::1", Reason::Loopback),
        ("10.96.0.1", Reason::RefusedNetwork),
        ("10.111.255.255", Reason::RefusedNetwork),
        ("fd00:10:96::1", Reason::RefusedNetwork),
    ] {
        let policy = policy(&["idp.example.com"]);
        assert_eq!(reason(&policy, "scim.example.com", address), Some(expected), "{address}");
        for host in ["idp.example.com", "IDP.Example.Com", "idp.example.com."] {
            assert_eq!(reason(&policy, host, address), None, "{host} {address}");
        }
    }
    assert_eq!(reason(&policy(&["::1"]), "[0:0::1]", "::1"), None);
}

#[test]
fn other_addresses_are_open() {
    for address in [
        "192.0.2.1",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.0.1",
        "100.64.0.1",
        "240.0.0.1",
        "2001:db8::1",
        "fd00::1",
    ] {
        assert_eq!(reason(&policy(&[]), "idp.example.com", address), None, "{address}");
    }
}

#[test]
fn an_ipv4_address_in_an_ipv6_address_is_looked_through() {
    for form in [
        "::ffff:169.254.169.254",
        "::169.254.169.254",
        "::ffff:0:169.254.169.254",
        "64:ff9b::169.254.169.254",
        "64:ff9b:1::169.254.169.254",
        "64:ff9b:1:a9fe:a9:fe00::",
        "2002:a9fe:a9fe::1",
        "2001:0:c000:201:0:0:5601:5601",
    ] {
        assert_eq!(reason(&policy(&[form]), form, form), Some(Reason::LinkLocal), "{form}");
    }
    for form in ["::ffff:127.0.0.1", "64:ff9b::10.96.0.1", "2002:7f00:1::"] {
        assert!(reason(&policy(&[]), "idp.example.com", form).is_some(), "{form}");
        assert_eq!(reason(&policy(&["idp.example.com"]), "idp.example.com", form), None, "{form}");
    }
    for form in ["::ffff:192.0.2.1", "64:ff9b::192.0.2.1", "64:ff9b:1::192.0.2.1", "2002:c000:201::1"] {
        assert_eq!(reason(&policy(&[]), "idp.example.com", form), None, "{form}");
    }
}

proptest! {
    #[test]
    fn no_ipv4_form_opens_what_the_plain_address_does_not(bits: u32) {
        let plain = IpAddr::from(bits.to_be_bytes());
        let policy = policy(&[]);
        let refused = policy.check("idp.example.com", plain).is_err();
        for prefix in ["::ffff:", "64:ff9b::"] {
            let form: IpAddr = format!("{prefix}{plain}").parse().unwrap();
            prop_assert_eq!(policy.check("idp.example.com", form).is_err(), refused, "{}", form);
        }
    }
}

#[test]
fn one_endpoint_has_one_key_however_it_is_spelt() {
    for text in [
        "https://idp.example.com/scim/v2",
        "https://idp.example.com/scim/v2/",
        "https://idp.example.com/scim/v2//",
        "HTTPS://IDP.example.COM:443/scim/v2",
        "https://idp.example.com./scim/v2",
        "https://idp.example.com/scim/./x/../v2",
    ] {
        let endpoint = Endpoint::parse(text, false).unwrap();
        assert_eq!(endpoint.endpoint_key(), "https://idp.example.com/scim/v2", "{text}");
        assert_eq!(endpoint.host(), "idp.example.com");
    }
    for (text, key) in [
        ("https://idp.example.com", "https://idp.example.com"),
        ("https://idp.example.com/SCIM", "https://idp.example.com/SCIM"),
        ("https://idp.example.com:8443/v2", "https://idp.example.com:8443/v2"),
        ("http://idp.example.com:80/v2", "http://idp.example.com/v2"),
        ("http://127.1:8080/v2", "http://127.0.0.1:8080/v2"),
        ("http://[0:0::1]/v2", "http://[::1]/v2"),
    ] {
        assert_eq!(Endpoint::parse(text, true).unwrap().endpoint_key(), key);
    }
}

#[test]
fn a_key_is_a_url_of_the_same_endpoint() {
    for text in ["https://idp.example.com/", "http://[::1]:8080/a%20b/", "https://büro.example.com/v2/"] {
        let endpoint = Endpoint::parse(text, true).unwrap();
        let again = Endpoint::parse(&endpoint.endpoint_key(), true).unwrap();
        assert_eq!(again.endpoint_key(), endpoint.endpoint_key());
        assert_eq!(again.url("/Users"), endpoint.url("/Users"));
    }
}

#[test]
fn a_url_that_hides_something_is_refused() {
    for (text, expected) in [
        ("idp.example.com/v2", EndpointError::NotAUrl),
        ("", EndpointError::NotAUrl),
        ("https://", EndpointError::NotAUrl),
        ("https://idp.example.com/v2 ", EndpointError::NotAUrl),
        ("https://idp.exa\tmple.com", EndpointError::NotAUrl),
        ("https://idp.example.com\\@elsewhere.example.com", EndpointError::NotAUrl),
        ("ftp://idp.example.com", EndpointError::Scheme),
        ("file:///etc/passwd", EndpointError::Scheme),
        ("http://idp.example.com", EndpointError::InsecureHttp),
        ("https://alice@idp.example.com", EndpointError::UserInfo),
        ("https://:pass@idp.example.com", EndpointError::UserInfo),
        ("https://idp.example.com/v2?tenant=1", EndpointError::Query),
        ("https://idp.example.com/v2?", EndpointError::Query),
        ("https://idp.example.com/v2#top", EndpointError::Fragment),
    ] {
        assert_eq!(Endpoint::parse(text, false), Err(expected), "{text:?}");
    }
}

proptest! {
    #[test]
    fn no_id_leaves_its_collection(id in any::<String>()) {
        let endpoint = Endpoint::parse("https://idp.example.com/scim/v2", false).unwrap();
        let collection = endpoint.url("/Users");
        if let Ok(url) = endpoint.resource_url("/Users", &id) {
            prop_assert_eq!(url.origin(), collection.origin());
            prop_assert_eq!(url.query().or(url.fragment()), None);
            let segment = url.path().strip_prefix("/scim/v2/Users/").unwrap();
            prop_assert!(!segment.contains('/') && !segment.is_empty());
            prop_assert_eq!(endpoint.id_of_location("/Users", url.as_str()), Some(id));
        } else {
            prop_assert!(matches!(id.as_str(), "" | "." | ".."));
        }
    }
}
