//! `inquest-simulator`: a fleet of simulated containers behind real Docker Engine API sockets.

use std::io::Write;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Parser;
use simulator::{Fleet, Listen, Simulation};
use tokio::signal::unix::{SignalKind, signal};

/// Simulates container engines: speaks the Docker Engine API, serves pprof and metrics for the containers, and keeps a
/// log of what truly happened.
///
/// The first line of output per engine is its address, fit for `DOCKER_HOST`. The truth is at GET /_simulator/truth on
/// each of them; POST /_simulator/{pause,resume,advance,events/drop,events/skip,events/forget,containers/ID} make faults.
#[derive(Parser)]
#[command(name = "inquest-simulator", version)]
struct Arguments {
    /// The fleet: a TOML file, or `demo` for the fleet of `inquest demo`.
    #[arg(long, default_value = "demo", value_name = "FILE|demo")]
    fleet: String,

    /// Simulate this many generated containers on one engine instead, for load tests.
    #[arg(long, value_name = "COUNT", conflicts_with = "fleet")]
    fleet_size: Option<usize>,

    /// Where the first engine listens: `unix:///path` or `tcp://address:port`. Further engines get the path with their
    /// name appended, or the next ports. Port 0 takes free ones.
    #[arg(long, default_value = "tcp://127.0.0.1:0", value_parser = parse_listen)]
    listen: Listen,

    /// All that is random comes from this number.
    #[arg(long, default_value_t = 1)]
    seed: u64,

    /// Scripted things happen this many times as often. Timestamps stay real.
    #[arg(long, default_value_t = 1.0, value_name = "FACTOR")]
    speed: f64,

    /// Every engine behaves like Podman instead of as the fleet says.
    #[arg(long)]
    podman: bool,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .init();
    let arguments = Arguments::parse();
    let mut fleet = load(&arguments)?.faster(arguments.speed);
    if arguments.podman {
        fleet = fleet.podman();
    }
    let running = Simulation::builder(fleet)
        .seed(arguments.seed)
        .build()?
        .listen(&arguments.listen)
        .await?;
    {
        let mut out = std::io::stdout().lock();
        for endpoint in running.endpoints() {
            writeln!(out, "{} {}", endpoint.url, endpoint.engine)?;
        }
    }
    let mut terminated = signal(SignalKind::terminate()).context("cannot wait for SIGTERM")?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted.context("cannot wait for Ctrl-C")?,
        _ = terminated.recv() => {}
    }
    running.shutdown().await;
    Ok(())
}

fn load(arguments: &Arguments) -> anyhow::Result<Fleet> {
    if let Some(size) = arguments.fleet_size {
        return Ok(Fleet::synthetic(size));
    }
    if arguments.fleet == "demo" {
        return Ok(Fleet::demo());
    }
    let file = Path::new(&arguments.fleet);
    let text =
        std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    Fleet::parse(&text).with_context(|| format!("{} is no fleet", file.display()))
}

fn parse_listen(text: &str) -> Result<Listen, String> {
    if let Some(path) = text.strip_prefix("unix://") {
        return Ok(Listen::Unix(PathBuf::from(path)));
    }
    let address = text
        .strip_prefix("tcp://")
        .ok_or("neither unix:///path nor tcp://address:port")?;
    address
        .parse::<SocketAddr>()
        .map(Listen::Tcp)
        .map_err(|error| error.to_string())
}
