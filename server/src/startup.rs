//! Starting and stopping: what needs what, in which order, and what people are told.
//!
//! Started from the inside out, stopped from the outside in: sources stop, what they said is recorded, open requests end,
//! connections to the database close, the private Postgres stops.

mod database;
mod greeting;
mod listener;
mod shared;
mod signals;
mod sources;
mod watching;

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

pub(crate) use self::database::Database;
use self::{greeting::Greeting, listener::HttpServer, shared::Shared, watching::Watching};
use crate::{
    alerting,
    analyze::{self, Recorder},
    backend::StoreBackend,
    collect,
    config::{Config, Environment},
    demo::Demo,
    http::{self, Check},
};

/// Watches and serves until told to stop.
pub async fn serve(config: &Config, environment: &Environment) -> anyhow::Result<()> {
    // First of all, so that Ctrl-C during a slow start already ends in good order.
    let stop = signals::stop()?;
    // Before anything is started that would have to be stopped again.
    let listener = listener::bind(config.listen).await?;
    let database = tokio::select! {
        database = Database::open(config) => database?,
        () = stop.cancelled() => return Ok(()),
    };
    let store = database.store.clone();
    let outcome = async {
        let specs = sources::resolve(&store, config, environment).await?;
        let shared = Shared::new(config, &config.data_dir)?;
        let recording = CancellationToken::new();
        let recorder = Recorder::new(store.clone(), shared.live.clone(), recording.clone());
        let parts = parts(&database, &shared, config, environment, false)?;
        let watching = Watching::start(&store, config, recorder, recording, &specs, shared).await?;
        let server = HttpServer::start(listener, parts)?;
        Greeting {
            address: server.address,
            data: database.place(),
            sources: &specs,
        }
        .print()?;
        let outcome = watching.until(&stop).await;
        server.stop().await;
        outcome
    }
    .await;
    database.close().await;
    outcome
}

/// The same with a simulated fleet, whose history is written while the server already answers.
pub async fn demo(config: &Config, environment: &Environment) -> anyhow::Result<()> {
    let stop = signals::stop()?;
    let listener = listener::bind(config.listen).await?;
    let demo = Demo::prepare(config)?;
    let database = tokio::select! {
        database = Database::private(demo.data_dir()) => database?,
        () = stop.cancelled() => return Ok(()),
    };
    let store = database.store.clone();
    let outcome = async {
        let shared = Shared::new(config, demo.data_dir())?;
        let recording = CancellationToken::new();
        let mut recorder = Recorder::new(store.clone(), shared.live.clone(), recording.clone());
        let parts = parts(&database, &shared, config, environment, true)?;
        let server = HttpServer::start(listener, parts)?;
        let mut fleet = demo.register(&store).await?;
        Greeting {
            address: server.address,
            data: database.place(),
            sources: fleet.specs(),
        }
        .print()?;
        let written = tokio::select! {
            written = fleet.write_history(&store, &mut recorder) => written,
            () = stop.cancelled() => Ok(()),
        };
        let outcome = match written {
            Ok(()) if !stop.is_cancelled() => {
                let simulator = fleet.listen(&store).await?;
                let watching =
                    Watching::start(&store, config, recorder, recording, fleet.specs(), shared)
                        .await?;
                let outcome = watching.until(&stop).await;
                simulator.shutdown().await;
                outcome
            }
            written => written,
        };
        server.stop().await;
        outcome
    }
    .await;
    database.close().await;
    outcome
}

/// Brings the schema up to date, which opening the database does.
pub async fn migrate(config: &Config) -> anyhow::Result<()> {
    Database::open(config).await?.close().await;
    Ok(())
}

/// What HTTP needs.
fn parts(
    database: &Database,
    shared: &Shared,
    config: &Config,
    environment: &Environment,
    demo: bool,
) -> anyhow::Result<http::Parts> {
    let site = http::find_site(environment.get("LEPTOS_SITE_ROOT"));
    if site.is_none() {
        tracing::warn!(
            "the browser's files were not found, so only the API is served; `make site` builds them"
        );
    }
    let exporter = http::install_metrics()?;
    collect::metrics::describe();
    analyze::metrics::describe();
    alerting::metrics::describe();
    let asked = database.store.clone();
    let answers = Check::new("database", move || {
        let store = asked.clone();
        async move { store.ping().await.map_err(|error| error.to_string()) }
    });
    let pulse = shared.pulse.clone();
    let recorder = Check::new("recorder", move || std::future::ready(pulse.check()));
    Ok(http::Parts {
        backend: Arc::new(
            StoreBackend::new(
                database.store.clone(),
                database.place().clone(),
                config.retention,
                demo,
            )
            .with_outlooks(shared.outlooks.clone())
            .telling(shared.live.clone())
            .with_alerts(shared.alerts.clone()),
        ),
        live: shared.live.clone(),
        shutdown: CancellationToken::new(),
        exporter,
        checks: vec![answers, recorder],
        hosts: config.hosts(),
        site,
    })
}
