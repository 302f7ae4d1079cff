//! Where a label says an endpoint is.

use std::str::FromStr;

/// The address in a label.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Address {
    /// `:6060/debug/pprof`: a port of the container.
    Port { port: u16, path: String },
    /// `http://host:port/path`, taken as it is.
    Url(String),
}

/// Not an address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no probe address: write :PORT/path or http://host:port/path")]
pub(super) struct BadAddress(pub(super) String);

impl FromStr for Address {
    type Err = BadAddress;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bad = || BadAddress(text.to_owned());
        if let Some(rest) = text.strip_prefix(':') {
            let (port, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
            let port = port.parse().ok().filter(|port| *port > 0).ok_or_else(bad)?;
            let path = path.to_owned();
            return Ok(Self::Port { port, path });
        }
        let url = reqwest::Url::parse(text).map_err(|_not_a_url| bad())?;
        if matches!(url.scheme(), "http" | "https") && url.has_host() {
            Ok(Self::Url(text.to_owned()))
        } else {
            Err(bad())
        }
    }
}

impl Address {
    /// The same address with a path where none is given.
    pub(super) fn or_path(self, default: &str) -> Self {
        match self {
            Self::Port { port, path } if path.is_empty() || path == "/" => Self::Port {
                port,
                path: default.to_owned(),
            },
            other => other,
        }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(":6060/debug/pprof", 6060, "/debug/pprof")]
    #[case(":9090", 9090, "/metrics")]
    #[case(":9090/", 9090, "/metrics")]
    fn a_port_with_or_without_a_path(#[case] text: &str, #[case] port: u16, #[case] path: &str) {
        let address = text
            .parse::<Address>()
            .expect("an address")
            .or_path("/metrics");
        assert_eq!(
            address,
            Address::Port {
                port,
                path: path.to_owned()
            }
        );
    }

    #[test]
    fn a_whole_url_is_taken_as_it_is() {
        let text = "http://10.1.2.3:6060/debug/pprof";
        assert_eq!(text.parse(), Ok(Address::Url(text.to_owned())));
    }

    #[rstest]
    #[case("")]
    #[case(":")]
    #[case(":0/metrics")]
    #[case(":70000/metrics")]
    #[case("6060/debug/pprof")]
    #[case("file:///etc/passwd")]
    #[case("localhost:6060")]
    fn refused(#[case] text: &str) {
        assert_eq!(text.parse::<Address>(), Err(BadAddress(text.to_owned())));
    }
}
