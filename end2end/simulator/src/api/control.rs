//! `/_simulator`: the truth, and levers for fault tests. Not part of any engine's API.

use std::time::Duration;

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;

use super::Api;
use super::error::ApiError;
use crate::happening::Happening;
use crate::simulation::Pause;
use crate::truth::Truth;

pub(super) fn router() -> Router<Api> {
    Router::new()
        .route("/truth", get(truth))
        .route("/pause", post(pause))
        .route("/resume", post(resume))
        .route("/advance", post(advance))
        .route("/events/drop", post(drop_streams))
        .route("/events/skip", post(skip_events))
        .route("/events/forget", post(forget_events))
        .route("/containers/{id}", post(provoke))
}

async fn truth(State(api): State<Api>) -> Json<Truth> {
    Json(api.shared.catch_up().truth.clone())
}

#[derive(Deserialize)]
struct PauseQuery {
    /// After how long the engine answers again by itself.
    seconds: Option<f64>,
    /// `hang` (default) or `fail`.
    #[serde(default)]
    mode: String,
}

/// The engine stops answering; its containers run on.
async fn pause(
    State(api): State<Api>,
    Query(query): Query<PauseQuery>,
) -> Result<StatusCode, ApiError> {
    let how = match query.mode.as_str() {
        "" | "hang" => Pause::Hang,
        "fail" => Pause::Fail,
        other => {
            return Err(ApiError::BadParameter(format!(
                "mode `{other}` is neither `hang` nor `fail`"
            )));
        }
    };
    let lasts = query.seconds.map(duration).transpose()?;
    api.shared.pauses[api.engine].send_replace(how);
    if let Some(lasts) = lasts {
        tokio::spawn(async move {
            tokio::time::sleep(lasts).await;
            api.shared.pauses[api.engine].send_replace(Pause::None);
        });
    }
    Ok(StatusCode::NO_CONTENT)
}

async fn resume(State(api): State<Api>) -> StatusCode {
    api.shared.pauses[api.engine].send_replace(Pause::None);
    StatusCode::NO_CONTENT
}

#[derive(Deserialize)]
struct AdvanceQuery {
    seconds: f64,
}

/// The present jumps forward, and everything in between happens.
async fn advance(
    State(api): State<Api>,
    Query(query): Query<AdvanceQuery>,
) -> Result<StatusCode, ApiError> {
    api.shared.clock.advance(duration(query.seconds)?);
    drop(api.shared.catch_up());
    api.shared.changed.notify_one();
    Ok(StatusCode::NO_CONTENT)
}

/// Every event stream of the engine breaks off.
async fn drop_streams(State(api): State<Api>) -> StatusCode {
    api.shared.world().engines[api.engine].hang_up();
    StatusCode::NO_CONTENT
}

#[derive(Deserialize)]
struct SkipQuery {
    count: usize,
}

/// The next events are neither sent nor remembered.
async fn skip_events(State(api): State<Api>, Query(query): Query<SkipQuery>) -> StatusCode {
    api.shared.catch_up().engines[api.engine].lose(query.count);
    StatusCode::NO_CONTENT
}

/// The engine's memory of events is turned over.
async fn forget_events(State(api): State<Api>) -> StatusCode {
    api.shared.catch_up().engines[api.engine].forget();
    StatusCode::NO_CONTENT
}

/// Something happens to a container now.
async fn provoke(
    State(api): State<Api>,
    Path(id): Path<String>,
    Json(happening): Json<Happening>,
) -> Result<StatusCode, ApiError> {
    api.provoke(&id, &happening)?;
    Ok(StatusCode::NO_CONTENT)
}

fn duration(seconds: f64) -> Result<Duration, ApiError> {
    Duration::try_from_secs_f64(seconds)
        .map_err(|error| ApiError::BadParameter(format!("seconds: {error}")))
}
