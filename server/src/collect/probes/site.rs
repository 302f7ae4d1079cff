//! Where the processes of a container can be reached, and what its labels ask us to read there.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv4Addr},
};

use super::address::{Address, BadAddress};

/// What a container's inspect says about reaching it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Site {
    /// The container's labels.
    pub labels: HashMap<String, String>,
    /// Its addresses in its networks.
    pub addresses: Vec<IpAddr>,
    /// Its published TCP ports.
    pub published: Vec<Published>,
    /// It has no network of its own.
    pub shares_host_network: bool,
}

/// A port of a container that is also a port of its host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Published {
    /// The port inside.
    pub container_port: u16,
    /// The host's address it is bound to, when only one.
    pub host_address: Option<IpAddr>,
    /// The port outside.
    pub host_port: u16,
}

/// What an endpoint speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Kind {
    /// Go's `net/http/pprof`.
    Pprof,
    /// Go's `expvar`.
    Expvar,
    /// The text format of Prometheus and OpenMetrics.
    #[default]
    Metrics,
}

/// What to read and the addresses to try, best first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Plan {
    pub(super) kind: Kind,
    pub(super) candidates: Vec<String>,
}

/// A label that cannot be understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("label {label}: {source}")]
pub(super) struct BadLabel {
    label: &'static str,
    source: BadAddress,
}

/// Our own labels, the most telling endpoint first, with the path each has by custom.
const LABELS: [(&str, Kind, &str); 3] = [
    ("inquest.pprof", Kind::Pprof, "/debug/pprof"),
    ("inquest.metrics", Kind::Metrics, "/metrics"),
    ("inquest.expvar", Kind::Expvar, "/debug/vars"),
];

impl Site {
    /// The probe to use: our own labels before Prometheus's.
    pub(super) fn plan(&self, engine_host: &str) -> Result<Option<Plan>, BadLabel> {
        Ok(self.wanted()?.map(|(kind, address)| Plan {
            kind,
            candidates: self.candidates(address, engine_host),
        }))
    }

    fn wanted(&self) -> Result<Option<(Kind, Address)>, BadLabel> {
        for (label, kind, path) in LABELS {
            if let Some(text) = self.labels.get(label) {
                let address = text
                    .parse::<Address>()
                    .map_err(|source| BadLabel { label, source })?;
                return Ok(Some((kind, address.or_path(path))));
            }
        }
        if self.labels.get("prometheus.io/scrape").map(String::as_str) != Some("true") {
            return Ok(None);
        }
        let label = "prometheus.io/port";
        let text = format!(":{}", self.labels.get(label).map_or("", String::as_str));
        let address = text
            .parse::<Address>()
            .map_err(|source| BadLabel { label, source })?;
        let path = self
            .labels
            .get("prometheus.io/path")
            .map_or("/metrics", String::as_str);
        Ok(Some((
            Kind::Metrics,
            address.or_path(&format!("/{}", path.trim_start_matches('/'))),
        )))
    }

    fn candidates(&self, address: Address, engine_host: &str) -> Vec<String> {
        let (port, path) = match address {
            Address::Url(url) => return vec![url],
            Address::Port { port, path } => (port, path),
        };
        let mut urls: Vec<String> = self
            .addresses
            .iter()
            .map(|ip| format!("http://{}:{port}{path}", in_url(*ip)))
            .collect();
        // The engine lists its networks in no order.
        urls.sort();
        if self.shares_host_network {
            urls.push(format!("http://{engine_host}:{port}{path}"));
        }
        for published in self
            .published
            .iter()
            .filter(|published| published.container_port == port)
        {
            let host = match published.host_address {
                // Bound to every address of the host, or to one that means "this host" only there.
                None => engine_host.to_owned(),
                Some(ip) if ip.is_unspecified() || ip.is_loopback() => engine_host.to_owned(),
                Some(ip) => in_url(ip),
            };
            let url = format!("http://{host}:{}{path}", published.host_port);
            if !urls.contains(&url) {
                urls.push(url);
            }
        }
        urls
    }
}

fn in_url(ip: IpAddr) -> String {
    match ip {
        IpAddr::V4(ip) => ip.to_string(),
        IpAddr::V6(ip) => ip
            .to_ipv4_mapped()
            .as_ref()
            .map_or_else(|| format!("[{ip}]"), Ipv4Addr::to_string),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn site(labels: &[(&str, &str)]) -> Site {
        Site {
            labels: labels
                .iter()
                .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
                .collect(),
            addresses: vec![
                "172.17.0.2".parse().expect("an address"),
                "fd00::2".parse().expect("an address"),
            ],
            published: vec![
                Published {
                    container_port: 6060,
                    host_address: Some(IpAddr::V4(Ipv4Addr::UNSPECIFIED)),
                    host_port: 32_768,
                },
                Published {
                    container_port: 6060,
                    host_address: Some("::".parse().expect("an address")),
                    host_port: 32_768,
                },
                Published {
                    container_port: 80,
                    host_address: None,
                    host_port: 8080,
                },
            ],
            shares_host_network: false,
        }
    }

    #[test]
    fn own_addresses_first_then_the_published_port() {
        let plan = site(&[("inquest.pprof", ":6060")])
            .plan("127.0.0.1")
            .expect("understood")
            .expect("a probe");
        assert_eq!(plan.kind, Kind::Pprof);
        assert_eq!(
            plan.candidates,
            [
                "http://172.17.0.2:6060/debug/pprof",
                "http://[fd00::2]:6060/debug/pprof",
                "http://127.0.0.1:32768/debug/pprof",
            ]
        );
    }

    #[test]
    fn labels_of_prometheus_are_understood() {
        let labels = [
            ("prometheus.io/scrape", "true"),
            ("prometheus.io/port", "80"),
            ("prometheus.io/path", "stats"),
        ];
        let plan = site(&labels)
            .plan("10.0.0.1")
            .expect("understood")
            .expect("a probe");
        assert_eq!(plan.kind, Kind::Metrics);
        assert_eq!(
            plan.candidates.last().map(String::as_str),
            Some("http://10.0.0.1:8080/stats")
        );
    }

    #[test]
    fn our_own_label_goes_first() {
        let labels = [
            ("prometheus.io/scrape", "true"),
            ("prometheus.io/port", "80"),
            ("inquest.expvar", ":80"),
        ];
        let plan = site(&labels)
            .plan("127.0.0.1")
            .expect("understood")
            .expect("a probe");
        assert_eq!(plan.kind, Kind::Expvar);
    }

    #[test]
    fn a_container_in_the_hosts_network_is_reached_at_the_host() {
        let mut site = site(&[("inquest.metrics", ":9000/m")]);
        (site.addresses, site.published, site.shares_host_network) = (Vec::new(), Vec::new(), true);
        let plan = site
            .plan("127.0.0.1")
            .expect("understood")
            .expect("a probe");
        assert_eq!(plan.candidates, ["http://127.0.0.1:9000/m"]);
    }

    #[test]
    fn nothing_asked_for_is_no_probe_and_nonsense_is_named() {
        assert_eq!(
            site(&[("prometheus.io/scrape", "false")]).plan("127.0.0.1"),
            Ok(None)
        );
        let bad = site(&[("inquest.pprof", "6060")])
            .plan("127.0.0.1")
            .expect_err("no address");
        assert!(
            bad.to_string()
                .starts_with("label inquest.pprof: `6060` is no probe address"),
            "{bad}"
        );
    }
}
