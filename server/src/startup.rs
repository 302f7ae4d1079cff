//! Starting and stopping: what needs what, in which order, and what people are told.

mod database;

use std::{
    io::{ErrorKind, Write as _},
    net::SocketAddr,
    time::Duration,
};

use anyhow::Context as _;
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
    time::timeout,
};
use tokio_util::sync::CancellationToken;

use self::database::Database;
use crate::{
    config::{Config, Environment},
    http,
    live::Live,
};

/// Requests that run when we are told to stop may still end.
const HTTP_STOP: Duration = Duration::from_secs(2);

/// Watches and serves until told to stop.
pub async fn serve(config: &Config, environment: &Environment) -> anyhow::Result<()> {
    // First of all, so that Ctrl-C during a slow start already ends in good order.
    let stop = stop_on_signals()?;
    // Before anything is started that would have to be stopped again.
    let listener = bind(config.listen).await?;
    let database = tokio::select! {
        database = Database::open(config) => database?,
        () = stop.cancelled() => return Ok(()),
    };
    let outcome = serve_from(&database, listener, config, environment, &stop).await;
    database.close().await;
    outcome
}

async fn serve_from(
    database: &Database,
    listener: TcpListener,
    config: &Config,
    environment: &Environment,
    stop: &CancellationToken,
) -> anyhow::Result<()> {
    let address = listener.local_addr()?;
    let parts = http::Parts {
        backend: std::sync::Arc::new(crate::backend::Empty),
        live: Live::default(),
        shutdown: stop.clone(),
        exporter: http::install_metrics()?,
        checks: Vec::new(),
        hosts: config.hosts(),
        site: http::find_site(environment.get("LEPTOS_SITE_ROOT")),
    };
    if parts.site.is_none() {
        tracing::warn!(
            "the browser's files were not found, so only the API is served; `make site` builds them"
        );
    }
    greet(address, database)?;
    let server = axum::serve(listener, http::router(parts))
        .with_graceful_shutdown(stop.clone().cancelled_owned());
    let server = tokio::spawn(server.into_future());
    stop.cancelled().await;
    if timeout(HTTP_STOP, server).await.is_err() {
        tracing::warn!("some requests did not end in time");
    }
    Ok(())
}

/// Brings the schema up to date.
pub async fn migrate(config: &Config) -> anyhow::Result<()> {
    let database = Database::open(config).await?;
    database.close().await;
    Ok(())
}

/// Cancelled by Ctrl-C and by what service managers and engines send. The second signal ends the process at once.
fn stop_on_signals() -> anyhow::Result<CancellationToken> {
    let mut interrupt = signal(SignalKind::interrupt()).context("cannot listen for signals")?;
    let mut terminate = signal(SignalKind::terminate()).context("cannot listen for signals")?;
    let stop = CancellationToken::new();
    let token = stop.clone();
    tokio::spawn(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        tracing::info!("stopping");
        token.cancel();
    });
    Ok(stop)
}

async fn bind(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.map_err(|error| match error.kind() {
        ErrorKind::AddrInUse => anyhow::anyhow!(
            "{address} is in use by another program; stop it, or choose another port with --listen or INQUEST_LISTEN"
        ),
        ErrorKind::AddrNotAvailable => anyhow::anyhow!(
            "{address} is no address of this machine; choose one with --listen or INQUEST_LISTEN, or 0.0.0.0 for all"
        ),
        ErrorKind::PermissionDenied => anyhow::anyhow!(
            "listening on {address} is not permitted; choose a port from 1024 up with --listen or INQUEST_LISTEN"
        ),
        _ => anyhow::anyhow!("cannot listen on {address}: {error}"),
    })
}

fn greet(address: SocketAddr, database: &Database) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "\n  Inquest {}", env!("CARGO_PKG_VERSION"))?;
    writeln!(out, "  Open     http://{address}")?;
    writeln!(out, "  Data     {}\n", database.place())?;
    out.flush()?;
    Ok(())
}
