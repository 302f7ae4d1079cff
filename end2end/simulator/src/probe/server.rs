//! Serves each container's probes on the container's own loopback address.

use std::convert::Infallible;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde::Deserialize;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::metrics::{self, Process};
use super::{DEBUG_PORT, expvar, ports, pprof};
use crate::api::stopped_signal;
use crate::fleet::ProbeHealth;
use crate::gauge::{self, Stats};
use crate::quantity::SECOND;
use crate::simulation::{Shared, SimulatorError};

/// One container's program.
#[derive(Clone)]
struct Program {
    shared: Arc<Shared>,
    index: usize,
}

/// Opens every port that the programs of the fleet listen on.
pub(crate) async fn serve(
    shared: &Arc<Shared>,
    stopped: &watch::Receiver<bool>,
    tasks: &mut JoinSet<()>,
) -> Result<(), SimulatorError> {
    let sockets: Vec<_> = {
        let world = shared.world();
        let of = |(index, container): (usize, &crate::container::Container)| {
            let (address, hangs) = (
                container.identity.address,
                container.spec.probe == ProbeHealth::Hangs,
            );
            ports(&container.spec)
                .iter()
                .map(move |port| (index, address, *port, hangs))
                .collect::<Vec<_>>()
        };
        world.containers.iter().enumerate().flat_map(of).collect()
    };
    for (index, address, port, hangs) in sockets {
        let listener =
            TcpListener::bind((address, port))
                .await
                .map_err(|source| SimulatorError::Listen {
                    address: format!("{address}:{port}"),
                    source,
                })?;
        let program = Program {
            shared: Arc::clone(shared),
            index,
        };
        let router = match (hangs, port) {
            (true, _) => Router::new().fallback(hang),
            (false, DEBUG_PORT) => debug_routes().with_state(program),
            (false, _) => Router::new()
                .route("/metrics", get(metrics))
                .with_state(program),
        };
        let until_stopped = stopped_signal(stopped);
        tasks.spawn(async move {
            // Accepting connections never fails for good, so there is no error to report.
            let _ = axum::serve(listener, router)
                .with_graceful_shutdown(until_stopped)
                .await;
        });
    }
    Ok(())
}

fn debug_routes() -> Router<Program> {
    Router::new()
        .route("/debug/pprof/goroutine", get(goroutine))
        .route("/debug/vars", get(vars))
}

/// What a program knows of itself while it runs.
struct Look {
    process: Process,
    stats: Stats,
    usual_tasks: u64,
    name: String,
}

impl Program {
    /// Looks at the program; without a process nothing can answer, so the caller gets an error in its place.
    fn look(&self) -> Result<Look, StatusCode> {
        let world = self.shared.catch_up();
        let (container, at) = (&world.containers[self.index], world.now);
        let stats = gauge::stats(container, &world.engines[container.engine].spec, at)
            .filter(|_| container.serves_probes());
        let stats = stats.ok_or(StatusCode::SERVICE_UNAVAILABLE)?;
        let process = Process {
            runtime: container.spec.runtime,
            tasks: gauge::tasks(container, at).map_or(0, |tasks| tasks.count),
            threads: stats.pids,
            resident_bytes: stats.anon,
            started_at_seconds: container.life.started_at as f64 / SECOND as f64,
            cpu_seconds: stats.cpu_nanos as f64 / SECOND as f64,
        };
        Ok(Look {
            process,
            stats,
            usual_tasks: container.spec.tasks as u64,
            name: container.spec.name.clone(),
        })
    }
}

#[derive(Deserialize)]
struct Debug {
    #[serde(default)]
    debug: u8,
}

async fn goroutine(
    State(program): State<Program>,
    Query(query): Query<Debug>,
) -> Result<Response, StatusCode> {
    if query.debug != 1 {
        return Ok((StatusCode::BAD_REQUEST, "only debug=1 is simulated\n").into_response());
    }
    let look = program.look()?;
    let text = pprof::goroutines(look.process.tasks, look.usual_tasks);
    Ok(([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response())
}

async fn vars(State(program): State<Program>) -> Result<Response, StatusCode> {
    let look = program.look()?;
    let body = expvar::vars(&look.name, look.process.tasks, look.stats.anon);
    Ok((
        [(header::CONTENT_TYPE, "application/json; charset=utf-8")],
        body,
    )
        .into_response())
}

async fn metrics(State(program): State<Program>) -> Result<Response, StatusCode> {
    let body = metrics::exposition(&program.look()?.process);
    Ok((
        [(
            header::CONTENT_TYPE,
            "text/plain; version=0.0.4; charset=utf-8",
        )],
        body,
    )
        .into_response())
}

async fn hang() -> Infallible {
    std::future::pending().await
}
