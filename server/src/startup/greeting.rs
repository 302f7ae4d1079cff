//! What is said once, when everything runs.

use std::{
    fmt,
    io::{self, ErrorKind, Write as _},
    net::SocketAddr,
};

use crate::{backend::Place, collect::registry::SourceSpec};

/// Where to go, where the data are, what is watched.
pub(super) struct Greeting<'a> {
    pub(super) address: SocketAddr,
    pub(super) data: &'a Place,
    pub(super) sources: &'a [SourceSpec],
}

impl Greeting<'_> {
    /// On standard output, whether or not anybody listens there.
    pub(super) fn print(&self) -> io::Result<()> {
        let mut out = io::stdout().lock();
        match write!(out, "{self}").and_then(|()| out.flush()) {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
            written => written,
        }
    }
}

impl fmt::Display for Greeting<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut address = self.address;
        if address.ip().is_unspecified() {
            // Nobody can open 0.0.0.0.
            address.set_ip(if address.is_ipv4() {
                [127, 0, 0, 1].into()
            } else {
                [0, 0, 0, 0, 0, 0, 0, 1].into()
            });
        }
        writeln!(f, "\n  Inquest {}", env!("CARGO_PKG_VERSION"))?;
        writeln!(f, "  Open      http://{address}")?;
        writeln!(f, "  Data      {}", self.data)?;
        if self.sources.is_empty() {
            writeln!(
                f,
                "  Watching  nothing: no Docker or Podman socket was found."
            )?;
            writeln!(
                f,
                "            Start an engine, set DOCKER_HOST, or name a [[source]] in a file for --config;"
            )?;
            writeln!(
                f,
                "            `inquest demo` shows a simulated fleet meanwhile."
            )?;
        }
        for (index, source) in self.sources.iter().enumerate() {
            let label = if index == 0 { "Watching" } else { "" };
            writeln!(f, "  {label:<8}  {} ({})", source.name, source.endpoint)?;
        }
        writeln!(f)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use domain::{ids::SourceId, source::SourceKind};

    use super::*;

    fn greeting(address: &str, sources: &[SourceSpec]) -> String {
        Greeting {
            address: address.parse().expect("an address"),
            data: &Place::Private("/var/lib/inquest".into()),
            sources,
        }
        .to_string()
    }

    #[test]
    fn it_says_where_to_go_and_what_is_watched() {
        let source = SourceSpec {
            id: SourceId(1),
            name: "docker".to_owned(),
            kind: SourceKind::Docker,
            endpoint: "unix:///var/run/docker.sock".to_owned(),
            interval: Duration::from_secs(10),
        };
        let text = greeting("0.0.0.0:3000", &[source]);
        assert!(text.contains("Open      http://127.0.0.1:3000\n"), "{text}");
        assert!(
            text.contains("Watching  docker (unix:///var/run/docker.sock)\n"),
            "{text}"
        );
    }

    #[test]
    fn without_an_engine_it_says_how_to_connect_one() {
        let text = greeting("[::]:3000", &[]);
        assert!(text.contains("http://[::1]:3000"), "{text}");
        assert!(
            text.contains("DOCKER_HOST") && text.contains("[[source]]"),
            "{text}"
        );
    }
}
