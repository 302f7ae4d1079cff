//! The simulated engine and the server that polls it.

use std::fs::{self, Permissions};
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use super::exposition::Exposition;
use super::figures::Moment;
use super::process::Process;
use super::usage::{cpu_seconds, postgres_cpu_seconds, rss_mib};

const CONFIG: &str = "inquest.toml";
const DATA: &str = "data";

/// Everything that runs. Fields are dropped in this order: the server before its engine, the folder last.
pub(super) struct Fleet {
    /// `None` while it is stopped.
    server: Option<Process>,
    simulator: Process,
    address: SocketAddr,
    binaries: PathBuf,
    folder: tempfile::TempDir,
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
        fs::write(
            folder.path().join(CONFIG),
            format!(
                "listen = \"127.0.0.1:0\"\ndata_dir = \"{}\"\n[[source]]\nkind = \"docker\"\nname = \"load\"\nendpoint = \"{endpoint}\"\ninterval = \"10s\"\n",
                folder.path().join(DATA).display()
            ),
        )?;
        let (server, address) = start_server(binaries, folder.path())?;
        Ok(Self {
            server: Some(server),
            simulator,
            address,
            binaries: binaries.to_owned(),
            folder,
        })
    }

    /// Stops the server, gives every container that it knows a past, and starts it again.
    pub(super) fn fill(&mut self, past: Duration) -> Result<()> {
        self.server = None;
        let status = Command::new(self.binaries.join("bench"))
            .arg("fill")
            .arg("--folder")
            .arg(self.folder.path().join(DATA))
            .args(["--minutes", &(past.as_secs() / 60).to_string()])
            .status()
            .context("cannot start bench")?;
        ensure!(status.success(), "there is no past: see above");
        let (server, address) = start_server(&self.binaries, self.folder.path())?;
        (self.server, self.address) = (Some(server), address);
        Ok(())
    }

    /// What the server says of itself.
    pub(super) fn metrics(&mut self) -> Result<Exposition> {
        self.simulator.check()?;
        let server = self.server.as_mut().context("the server is stopped")?;
        server.check()?;
        Exposition::of(self.address)
    }

    /// How everything is at this moment.
    pub(super) fn look(&mut self) -> Result<Moment> {
        let metrics = self.metrics()?;
        let server = self.server.as_ref().context("the server is stopped")?.id();
        Ok(Moment {
            at: Instant::now(),
            server: cpu_seconds(server)?,
            postgres: postgres_cpu_seconds(server)?,
            simulator: cpu_seconds(self.simulator.id())?,
            rss_mib: rss_mib(server)?,
            metrics,
        })
    }
}

/// Starts the server in a folder that has its configuration, and returns where it listens.
fn start_server(binaries: &Path, folder: &Path) -> Result<(Process, SocketAddr)> {
    let config = folder.join(CONFIG);
    let (server, address) = Process::start(
        "server",
        &binaries.join("inquest"),
        &["serve", "--config", &config.display().to_string()],
        folder,
        |line| {
            Some(
                line.strip_prefix("Open")?
                    .trim()
                    .strip_prefix("http://")?
                    .to_owned(),
            )
        },
    )?;
    let address = address.parse().context("the server's address")?;
    Ok((server, address))
}
