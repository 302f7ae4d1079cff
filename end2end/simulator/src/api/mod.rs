//! The Docker Engine API of one engine, over a unix socket or TCP.

mod actions;
mod control;
mod error;
mod events;
mod inspect;
mod list;
mod logs;
mod networks;
mod stats;
mod system;

use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::{Uri, uri::PathAndQuery};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Router, ServiceExt};
use tokio::net::{TcpListener, UnixListener};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tower::Layer;
use tower::util::MapRequestLayer;

use crate::simulation::{Listen, Pause, Shared, SimulatorError};
use error::ApiError;

/// How often an engine in a scripted outage looks whether it is over.
const OUTAGE_CHECK: Duration = Duration::from_millis(200);

/// One engine, as its handlers see it.
#[derive(Clone)]
struct Api {
    shared: Arc<Shared>,
    engine: usize,
}

/// Serves an engine until told to stop; gives back where it answers.
pub(crate) async fn serve(
    shared: &Arc<Shared>,
    engine: usize,
    listen: &Listen,
    stopped: &watch::Receiver<bool>,
    tasks: &mut JoinSet<()>,
) -> Result<String, SimulatorError> {
    let service = MapRequestLayer::new(without_version).layer(router(Api {
        shared: Arc::clone(shared),
        engine,
    }));
    let service = ServiceExt::<Request>::into_make_service(service);
    let until_stopped = stopped_signal(stopped);
    let failed = |address: String| move |source| SimulatorError::Listen { address, source };
    match listen {
        Listen::Unix(path) => {
            let name = path.display().to_string();
            remove_stale_socket(path);
            let listener = UnixListener::bind(path).map_err(failed(name.clone()))?;
            let path = path.clone();
            tasks.spawn(async move {
                let _socket = RemovedOnDrop(path);
                // Accepting connections never fails for good, so there is no error to report.
                let _ = axum::serve(listener, service)
                    .with_graceful_shutdown(until_stopped)
                    .await;
            });
            Ok(format!("unix://{name}"))
        }
        Listen::Tcp(address) => {
            let listener = TcpListener::bind(address)
                .await
                .map_err(failed(address.to_string()))?;
            let bound = listener.local_addr().map_err(failed(address.to_string()))?;
            tasks.spawn(async move {
                // Accepting connections never fails for good, so there is no error to report.
                let _ = axum::serve(listener, service)
                    .with_graceful_shutdown(until_stopped)
                    .await;
            });
            Ok(format!("tcp://{bound}"))
        }
    }
}

/// Resolves when the simulator stops.
pub(crate) fn stopped_signal(
    stopped: &watch::Receiver<bool>,
) -> impl Future<Output = ()> + Send + 'static {
    let mut stopped = stopped.clone();
    async move {
        // An error means that the simulator is gone, which is a stop too.
        let _ = stopped.wait_for(|stopped| *stopped).await;
    }
}

/// A socket that a killed simulator left behind would block the address for ever; any other file is not ours to remove.
fn remove_stale_socket(path: &Path) {
    let is_socket = path
        .symlink_metadata()
        .is_ok_and(|meta| meta.file_type().is_socket());
    if is_socket && std::os::unix::net::UnixStream::connect(path).is_err() {
        // If it cannot be removed, listening fails and says so.
        let _ = std::fs::remove_file(path);
    }
}

/// A unix socket's file, which outlives its listener unless removed.
struct RemovedOnDrop(PathBuf);

impl Drop for RemovedOnDrop {
    fn drop(&mut self) {
        // It may be gone already; nothing is lost then.
        let _ = std::fs::remove_file(&self.0);
    }
}

fn router(api: Api) -> Router {
    let engine = Router::new()
        .route("/_ping", get(system::ping).head(system::ping))
        .route("/version", get(system::version))
        .route("/info", get(system::info))
        .route("/events", get(events::events))
        .route("/containers/json", get(list::list))
        .route("/containers/{id}/json", get(inspect::inspect))
        .route("/containers/{id}/stats", get(stats::stats))
        .route("/containers/{id}/logs", get(logs::logs))
        .route("/containers/{id}/start", post(actions::start))
        .route("/containers/{id}/stop", post(actions::stop))
        .route("/containers/{id}/restart", post(actions::restart))
        .route("/containers/{id}/kill", post(actions::kill))
        .fallback(|| async { ApiError::NoPage })
        .layer(middleware::from_fn_with_state(
            api.clone(),
            only_if_answering,
        ));
    Router::new()
        .nest("/_simulator", control::router())
        .merge(engine)
        .with_state(api)
}

/// `/v1.45/containers/json` is `/containers/json`: every version is answered alike.
fn without_version(mut request: Request) -> Request {
    let path = request
        .uri()
        .path_and_query()
        .map_or("/", PathAndQuery::as_str);
    let rest = path
        .strip_prefix("/v1.")
        .and_then(|rest| rest.find('/').map(|end| rest.split_at(end)));
    if let Some((minor, path)) = rest
        && minor.bytes().all(|byte| byte.is_ascii_digit())
        && let Ok(uri) = path.parse::<Uri>()
    {
        *request.uri_mut() = uri;
    }
    request
}

async fn only_if_answering(State(api): State<Api>, request: Request, next: Next) -> Response {
    match api.answering().await {
        Ok(()) => next.run(request).await,
        Err(error) => error.into_response(),
    }
}

impl Api {
    /// Waits while the engine hangs; an error while it fails.
    async fn answering(&self) -> Result<(), ApiError> {
        let mut pause = self.shared.pauses[self.engine].subscribe();
        // The sender lives in `shared`, so waiting cannot fail.
        if pause
            .wait_for(|pause| *pause != Pause::Hang)
            .await
            .is_ok_and(|pause| *pause == Pause::Fail)
        {
            return Err(ApiError::Paused);
        }
        loop {
            let outage = {
                let world = self.shared.catch_up();
                world.engines[self.engine].outage(world.now)
            };
            if outage.is_none() {
                return Ok(());
            }
            tokio::time::sleep(OUTAGE_CHECK).await;
        }
    }
}
