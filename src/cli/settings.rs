//! The settings of `scim-operator run`: each is a flag and an environment
//! variable.

use std::{
    net::{IpAddr, Ipv6Addr, SocketAddr},
    time::Duration,
};

use clap::{Args, ValueEnum, value_parser};
use url::Host;

use crate::{
    api::duration::parse_go_duration,
    runtime::telemetry::LogFormat,
    scim::address::Network,
    sync::lease::{Terms, UnfitTerms},
};

/// How the operator runs. An empty list is the same as none, so that a chart
/// can set every variable.
///
/// `::std::vec::Vec` and `::std::option::Option` are spelled out because clap
/// takes the short forms for repeated and optional flags, and an empty
/// variable for a value.
#[derive(Clone, Debug, PartialEq, Eq, Args)]
pub struct RunSettings {
    /// Watch only these namespaces, separated by commas; then the operator
    /// needs no cluster-wide rights. Default: all namespaces.
    #[arg(
        long,
        env = "SCIM_OPERATOR_WATCH_NAMESPACES",
        value_name = "NAMES",
        value_parser = namespaces,
        default_value = "",
        hide_default_value = true
    )]
    pub watch_namespaces: ::std::vec::Vec<String>,

    /// Host names or addresses, separated by commas, to which requests may be
    /// sent although they are loopback or inside the cluster. Default: none.
    #[arg(
        long,
        env = "SCIM_OPERATOR_ALLOW_HOSTS",
        value_name = "HOSTS",
        value_parser = hosts,
        default_value = "",
        hide_default_value = true
    )]
    pub allow_hosts: ::std::vec::Vec<String>,

    /// Networks to which requests are not sent, beside those that never are,
    /// the API server's addresses and, for providers of a namespace, the
    /// cluster's range of Services; separated by commas, such as
    /// `10.0.0.0/8`. Hosts of --allow-hosts are excepted. Default: none.
    #[arg(
        long,
        env = "SCIM_OPERATOR_REFUSE_NETWORKS",
        value_name = "NETWORKS",
        value_parser = networks,
        default_value = "",
        hide_default_value = true
    )]
    pub refuse_networks: ::std::vec::Vec<Network>,

    /// How many calls about objects the API server gets at the same time. How
    /// many requests a SCIM server gets is up to its provider.
    #[arg(
        long,
        env = "SCIM_OPERATOR_CONCURRENCY",
        value_name = "NUMBER",
        default_value_t = 64,
        value_parser = value_parser!(u16).range(1..=1024)
    )]
    pub concurrency: u16,

    /// Which Kubernetes events are written.
    #[arg(long, env = "SCIM_OPERATOR_EVENTS", value_enum, ignore_case = true, default_value_t)]
    pub events: EventFilter,

    /// The form of the log on standard error; `RUST_LOG` says how much of it.
    #[arg(long, env = "SCIM_OPERATOR_LOG_FORMAT", value_enum, ignore_case = true, default_value_t)]
    pub log_format: LogFormat,

    /// The address for /livez, /readyz and /metrics. Port 0 takes a free one,
    /// which the log names.
    #[arg(
        long,
        env = "SCIM_OPERATOR_METRICS_ADDRESS",
        value_name = "ADDRESS:PORT",
        default_value = "0.0.0.0:8080"
    )]
    pub metrics_address: SocketAddr,

    /// The Lease in the operator's namespace whose holder works, while all
    /// others stand by. Those who watch the same objects need the same one.
    #[arg(
        long,
        env = "SCIM_OPERATOR_LEASE_NAME",
        value_name = "NAME",
        value_parser = object_name,
        default_value = "scim-operator"
    )]
    pub lease_name: String,

    /// How long others wait for a holder that renews its Lease no more. A
    /// request to a SCIM server takes at most half of it, and never more than
    /// 30s.
    #[arg(
        long,
        env = "SCIM_OPERATOR_LEASE_DURATION",
        value_name = "DURATION",
        value_parser = duration,
        default_value = "60s"
    )]
    pub lease_duration: Duration,

    /// How long a holder goes on that cannot renew its Lease; then it ends.
    #[arg(
        long,
        env = "SCIM_OPERATOR_LEASE_RENEW_DEADLINE",
        value_name = "DURATION",
        value_parser = duration,
        default_value = "40s"
    )]
    pub lease_renew_deadline: Duration,

    /// How often the Lease is renewed.
    #[arg(
        long,
        env = "SCIM_OPERATOR_LEASE_RENEW_INTERVAL",
        value_name = "DURATION",
        value_parser = duration,
        default_value = "5s"
    )]
    pub lease_renew_interval: Duration,

    /// What this process is called in the Lease, for people; something random
    /// follows. In a pod it is the pod's name.
    #[arg(
        long,
        env = "HOSTNAME",
        value_name = "NAME",
        default_value = "scim-operator",
        hide_env_values = true
    )]
    pub lease_holder: String,

    /// The namespace in which the operator keeps its own key and its Lease. Default: the
    /// namespace of its service account or of the current context.
    #[arg(
        long,
        env = "POD_NAMESPACE",
        value_name = "NAME",
        value_parser = optional_namespace,
        default_value = "",
        hide_default_value = true
    )]
    pub operator_namespace: ::std::option::Option<String>,
}

impl RunSettings {
    /// How the Lease is kept, if it can be kept so.
    pub fn lease_terms(&self) -> Result<Terms, UnfitTerms> {
        Terms::new(self.lease_duration, self.lease_renew_deadline, self.lease_renew_interval)
    }
}

/// Which Kubernetes events are written. Events are writes too: a large
/// installation may want only the warnings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "PascalCase")]
pub enum EventFilter {
    /// What was done, and what failed.
    #[default]
    All,
    /// Only what failed.
    Warnings,
}

fn namespaces(text: &str) -> Result<Vec<String>, String> {
    elements(text).map(namespace).collect()
}

fn optional_namespace(text: &str) -> Result<Option<String>, String> {
    elements(text).next().map(|_| namespace(text.trim())).transpose()
}

fn hosts(text: &str) -> Result<Vec<String>, String> {
    elements(text).map(host).collect()
}

fn networks(text: &str) -> Result<Vec<Network>, String> {
    elements(text).map(network).collect()
}

/// A network in CIDR notation, or one address.
fn network(text: &str) -> Result<Network, String> {
    let address = || text.parse::<IpAddr>().map(Network::from).ok();
    let network = text.parse().ok().or_else(address);
    network.ok_or_else(|| format!("{text:?} is not a network: write it as 10.0.0.0/8 or fd00::/8"))
}

fn elements(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim).filter(|element| !element.is_empty())
}

fn duration(text: &str) -> Result<Duration, String> {
    parse_go_duration(text).map_err(|error| error.to_string())
}

/// DNS labels separated by dots, which is what most names in Kubernetes are.
fn object_name(text: &str) -> Result<String, String> {
    let is_name = text.len() <= 253 && text.split('.').all(|label| namespace(label).is_ok());
    if is_name { Ok(text.to_owned()) } else { Err(format!("{text:?} is not the name of an object")) }
}

/// A DNS label (RFC 1123), which is what Kubernetes allows.
fn namespace(text: &str) -> Result<String, String> {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let is_label = (1..=63).contains(&text.len())
        && text.chars().all(fits)
        && !text.starts_with('-')
        && !text.ends_with('-');
    if is_label { Ok(text.to_owned()) } else { Err(format!("{text:?} is not the name of a namespace")) }
}

/// A host as it appears in a URL: names in lower case, IPv6 addresses in
/// brackets.
fn host(text: &str) -> Result<String, String> {
    let host = match text.parse::<Ipv6Addr>() {
        Ok(address) => Ok(Host::Ipv6(address)),
        Err(_) => Host::parse(text),
    };
    host.map(|host| host.to_string()).map_err(|_| {
        format!("{text:?} is not a host: write a name or an address, without scheme, port or path")
    })
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::cli::{Cli, Command};

    fn settings(arguments: &[&str]) -> Result<RunSettings, String> {
        let arguments = ["scim-operator", "run"].iter().chain(arguments);
        match Cli::try_parse_from(arguments).map_err(|error| error.to_string())?.command {
            Command::Run(settings) => Ok(settings),
            Command::Crds(_) | Command::Profile(_) | Command::Reference(_) => {
                unreachable!("the command is run")
            }
        }
    }

    #[test]
    fn nothing_has_to_be_said() {
        let settings = settings(&[]).unwrap();
        assert_eq!(settings.concurrency, 64);
        assert_eq!(settings.events, EventFilter::All);
        assert_eq!(settings.log_format, LogFormat::Text);
        assert_eq!(settings.metrics_address.port(), 8080);
        assert!(settings.watch_namespaces.is_empty() && settings.allow_hosts.is_empty());
        assert_eq!(settings.operator_namespace, None);
        assert_eq!(settings.lease_name, "scim-operator");
        let terms = settings.lease_terms().unwrap();
        assert_eq!((terms.duration().as_secs(), terms.longest_request().as_secs()), (60, 30));
    }

    #[test]
    fn lists_are_separated_by_commas() {
        let settings =
            settings(&["--watch-namespaces=a, b,", "--allow-hosts=127.0.0.1,SCIM.example.com,::1"]);
        let settings = settings.unwrap();
        assert_eq!(settings.watch_namespaces, ["a", "b"]);
        assert_eq!(settings.allow_hosts, ["127.0.0.1", "scim.example.com", "[::1]"]);
        let settings =
            super::tests::settings(&["--refuse-networks=10.96.0.0/12, fd00::/8,192.0.2.7"]).unwrap();
        let networks: Vec<String> = settings.refuse_networks.iter().map(ToString::to_string).collect();
        assert_eq!(networks, ["10.96.0.0/12", "fd00::/8", "192.0.2.7/32"]);
    }

    #[test]
    fn empty_values_are_the_same_as_none() {
        let given = settings(&["--watch-namespaces=", "--allow-hosts=", "--operator-namespace="]);
        assert_eq!(given.unwrap(), settings(&[]).unwrap());
    }

    #[test]
    fn choices_are_taken_in_any_case() {
        let settings = settings(&["--events=warnings", "--log-format=JSON"]).unwrap();
        assert_eq!((settings.events, settings.log_format), (EventFilter::Warnings, LogFormat::Json));
    }

    #[test]
    fn what_cannot_be_meant_is_refused_with_a_hint() {
        for (argument, hint) in [
            ("--allow-hosts=http://127.0.0.1", "without scheme"),
            ("--allow-hosts=127.0.0.1:8080", "without scheme"),
            ("--watch-namespaces=Team_A", "not the name of a namespace"),
            ("--operator-namespace=a/b", "not the name of a namespace"),
            ("--refuse-networks=10.0.0.0/64", "is not a network"),
            ("--lease-name=a/b", "not the name of an object"),
            ("--lease-duration=60", "not a duration"),
            ("--concurrency=0", "1..=1024"),
            ("--events=None", "possible values: All, Warnings"),
            ("--metrics-address=8080", "invalid socket address"),
        ] {
            let refusal = settings(&[argument]).unwrap_err();
            assert!(refusal.contains(hint), "{argument}: {refusal}");
        }
    }
}
