//! `/containers/{id}/stats`: memory, tasks and processor time, in the form of the engine's cgroup version.

mod answer;

use std::convert::Infallible;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use futures::stream;
use serde::Deserialize;

use self::answer::Answer;
use super::Api;
use super::error::ApiError;
use super::list::flag;
use crate::gauge;

/// Time between two answers of a stream, and between the two looks that one answer takes unless `one-shot` is asked for.
const INTERVAL: Duration = Duration::from_secs(1);

#[derive(Deserialize)]
pub(super) struct StatsQuery {
    #[serde(default = "yes", deserialize_with = "flag")]
    stream: bool,
    #[serde(default, rename = "one-shot", deserialize_with = "flag")]
    one_shot: bool,
}

fn yes() -> bool {
    true
}

pub(super) async fn stats(
    State(api): State<Api>,
    Path(id): Path<String>,
    Query(query): Query<StatsQuery>,
) -> Result<Response, ApiError> {
    let first = api.stats(&id)?;
    let json = [(header::CONTENT_TYPE, "application/json")];
    if !query.stream {
        if query.one_shot {
            return Ok((json, first).into_response());
        }
        tokio::time::sleep(INTERVAL).await;
        return Ok((json, api.stats(&id)?).into_response());
    }
    let lines = stream::unfold((api, id, true), |(api, id, first)| async move {
        if !first {
            tokio::time::sleep(INTERVAL).await;
            api.answering().await.ok()?;
        }
        let line = api.stats(&id).ok()?;
        Some((Ok::<_, Infallible>(line + "\n"), (api, id, false)))
    });
    Ok((json, Body::from_stream(lines)).into_response())
}

impl Api {
    fn stats(&self, id: &str) -> Result<String, ApiError> {
        let world = self.shared.catch_up();
        let container = &world.containers[self.find(&world, id)?];
        let engine = &world.engines[self.engine].spec;
        let answer = match gauge::stats(container, engine, world.now) {
            Some(stats) => Answer::running(container, engine, &stats, world.now),
            None => Answer::not_running(container),
        };
        serde_json::to_string(&answer).map_err(|error| ApiError::BadParameter(error.to_string()))
    }
}
