//! The simulated engine and the server that polls it.

use std::fs::{self, Permissions};
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result};

use super::exposition::Exposition;
use super::figures::Moment;
use super::process::Process;
use super::usage::{cpu_seconds, postgres_cpu_seconds, rss_mib};

/// Everything that runs. Fields are dropped in this order: the server before its engine, the folder last.
pub(super) struct Fleet {
    server: Process,
    simulator: Process,
    address: SocketAddr,
    _folder: tempfile::TempDir,
}

impl Fleet {
    /// Starts the engine with its containers, and a server on empty data.
    pub(super) fn start(binaries: &Path, containers: usize) -> Result<Self> {
        let folder = tempfile::Builder::new()
            .prefix("inquest-poll.")
            .permissions(Permissions::from_mode(0o755))
            .tempdir()?;
        let socket = format!("unix://{}", folder.path().join("engine.sock").display());
        let (simulator, endpoint) = Process::start(
            "simulator",
            &binaries.join("inquest-simulator"),
            &["--fleet-size", &containers.to_string(), "--listen", &socket],
            folder.path(),
            |line| line.split(' ').next().map(str::to_owned),
        )?;
        let config = folder.path().join("inquest.toml");
        fs::write(
            &config,
            format!(
                "listen = \"127.0.0.1:0\"\ndata_dir = \"{}\"\n[[source]]\nkind = \"docker\"\nname = \"load\"\nendpoint = \"{endpoint}\"\ninterval = \"10s\"\n",
                folder.path().join("data").display()
            ),
        )?;
        let (server, address) = Process::start(
            "server",
            &binaries.join("inquest"),
            &["serve", "--config", &config.display().to_string()],
            folder.path(),
            |line| {
                Some(
                    line.strip_prefix("Open")?
                        .trim()
                        .strip_prefix("http://")?
                        .to_owned(),
                )
            },
        )?;
        Ok(Self {
            server,
            simulator,
            address: address.parse().context("the server's address")?,
            _folder: folder,
        })
    }

    /// What the server says of itself.
    pub(super) fn metrics(&mut self) -> Result<Exposition> {
        self.simulator.check()?;
        self.server.check()?;
        Exposition::of(self.address)
    }

    /// How everything is at this moment.
    pub(super) fn look(&mut self) -> Result<Moment> {
        let metrics = self.metrics()?;
        Ok(Moment {
            at: Instant::now(),
            server: cpu_seconds(self.server.id())?,
            postgres: postgres_cpu_seconds(self.server.id())?,
            simulator: cpu_seconds(self.simulator.id())?,
            rss_mib: rss_mib(self.server.id())?,
            metrics,
        })
    }
}
