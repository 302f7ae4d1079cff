//! Where an engine is.

use std::{fmt, path::PathBuf, str::FromStr};

/// The address of an engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Endpoint {
    /// `unix:///var/run/docker.sock`
    Unix(PathBuf),
    /// `tcp://host:2375` or `http://host:2375`, without a path: host and port.
    Tcp(String),
}

/// Not an address of an engine.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no engine endpoint: write unix:///path/to/docker.sock or tcp://host:port")]
pub struct BadEndpoint(pub String);

impl Endpoint {
    /// The host on which published ports are reached: the engine's.
    pub fn host(&self) -> &str {
        match self {
            Self::Unix(_) => "127.0.0.1",
            Self::Tcp(authority) => authority
                .rsplit_once(':')
                .map_or(authority.as_str(), |(host, _port)| host),
        }
    }
}

impl FromStr for Endpoint {
    type Err = BadEndpoint;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bad = || BadEndpoint(text.to_owned());
        let (scheme, rest) = text.split_once("://").ok_or_else(bad)?;
        match scheme {
            "unix" if rest.starts_with('/') => Ok(Self::Unix(PathBuf::from(rest))),
            "tcp" | "http" => {
                let authority = rest.strip_suffix('/').unwrap_or(rest);
                let uri: axum::http::Uri = format!("http://{authority}/")
                    .parse()
                    .map_err(|_uri| bad())?;
                match uri.authority() {
                    Some(parsed)
                        if parsed.as_str() == authority
                            && parsed.port().is_some()
                            && !authority.contains('@') =>
                    {
                        Ok(Self::Tcp(authority.to_owned()))
                    }
                    _ => Err(bad()),
                }
            }
            _ => Err(bad()),
        }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unix(path) => write!(f, "unix://{}", path.display()),
            Self::Tcp(authority) => write!(f, "tcp://{authority}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(
        "unix:///var/run/docker.sock",
        "unix:///var/run/docker.sock",
        "127.0.0.1"
    )]
    #[case("tcp://10.0.0.7:2375", "tcp://10.0.0.7:2375", "10.0.0.7")]
    #[case("http://localhost:2375/", "tcp://localhost:2375", "localhost")]
    #[case("tcp://[::1]:2375", "tcp://[::1]:2375", "[::1]")]
    fn understood(#[case] text: &str, #[case] shown: &str, #[case] host: &str) {
        let endpoint: Endpoint = text.parse().expect("an endpoint");
        assert_eq!(endpoint.to_string(), shown);
        assert_eq!(endpoint.host(), host);
    }

    #[rstest]
    #[case("/var/run/docker.sock")]
    #[case("unix://docker.sock")]
    #[case("ssh://me@host")]
    #[case("https://host:2376")]
    #[case("tcp://host")]
    #[case("tcp://host:2375/v1.41")]
    #[case("tcp://user@host:2375")]
    #[case("")]
    fn refused(#[case] text: &str) {
        assert_eq!(text.parse::<Endpoint>(), Err(BadEndpoint(text.to_owned())));
    }
}
