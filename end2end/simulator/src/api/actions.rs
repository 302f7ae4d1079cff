//! Start, stop, restart and kill: what operators do. Inquest never does; tests do in their place.

use std::time::Duration;

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use serde::Deserialize;

use super::Api;
use super::error::ApiError;
use crate::container::{Container, Status};
use crate::happening::Happening;

/// How long a container that a client stops stays down: until somebody starts it.
const FOR_GOOD_MS: u64 = 1_000 * 86_400 * 36_500;
/// The longest that a client waits for its action to be done.
const PATIENCE: Duration = Duration::from_secs(5);

#[derive(Deserialize)]
pub(super) struct KillQuery {
    #[serde(default)]
    signal: String,
}

pub(super) async fn start(
    State(api): State<Api>,
    Path(id): Path<String>,
) -> Result<StatusCode, ApiError> {
    {
        let mut world = api.shared.catch_up();
        let index = api.find(&world, &id)?;
        if matches!(
            world.containers[index].status,
            Status::Running | Status::Restarting
        ) {
            return Ok(StatusCode::NOT_MODIFIED);
        }
        world.act(index, Container::start);
    }
    api.shared.changed.notify_one();
    api.wait_for(&id, Status::Running).await;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn stop(
    State(api): State<Api>,
    Path(id): Path<String>,
) -> Result<StatusCode, ApiError> {
    let status = {
        let world = api.shared.catch_up();
        world.containers[api.find(&world, &id)?].status
    };
    match status {
        Status::Created | Status::Exited => return Ok(StatusCode::NOT_MODIFIED),
        Status::Restarting => {
            let mut world = api.shared.catch_up();
            let index = api.find(&world, &id)?;
            world.act(index, |container, _| container.give_up());
        }
        Status::Running => {
            api.provoke(
                &id,
                &Happening::Stop {
                    down_ms: FOR_GOOD_MS,
                },
            )?;
            api.wait_for(&id, Status::Exited).await;
        }
    }
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn restart(
    State(api): State<Api>,
    Path(id): Path<String>,
) -> Result<StatusCode, ApiError> {
    if api.provoke(&id, &Happening::Restart).is_err() {
        return start(State(api), Path(id)).await;
    }
    api.wait_for(&id, Status::Exited).await;
    api.wait_for(&id, Status::Running).await;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn kill(
    State(api): State<Api>,
    Path(id): Path<String>,
    Query(query): Query<KillQuery>,
) -> Result<StatusCode, ApiError> {
    let happening = match query.signal.trim_start_matches("SIG") {
        "" | "KILL" | "9" => Happening::Kill {
            down_ms: FOR_GOOD_MS,
        },
        "TERM" | "15" => Happening::Stop {
            down_ms: FOR_GOOD_MS,
        },
        other => {
            return Err(ApiError::BadParameter(format!(
                "signal {other} is not simulated"
            )));
        }
    };
    api.provoke(&id, &happening)?;
    api.wait_for(&id, Status::Exited).await;
    Ok(StatusCode::NO_CONTENT)
}

impl Api {
    /// Lets something happen to a running container of this engine.
    pub(super) fn provoke(&self, id: &str, happening: &Happening) -> Result<(), ApiError> {
        let mut world = self.shared.catch_up();
        let index = self.find(&world, id)?;
        let done = world.provoke(index, happening);
        self.shared.changed.notify_one();
        done.then_some(())
            .ok_or_else(|| ApiError::NotRunning(id.to_owned()))
    }

    /// Waits until a container has a status; not at all on a clock that only moves by hand.
    async fn wait_for(&self, id: &str, status: Status) {
        let reached = async {
            loop {
                let has = {
                    let world = self.shared.catch_up();
                    world
                        .find(self.engine, id)
                        .is_some_and(|index| world.containers[index].status == status)
                };
                if has {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        if self.shared.clock.runs() {
            // Running out of patience is no error: the action is under way.
            let _ = tokio::time::timeout(PATIENCE, reached).await;
        }
    }
}
