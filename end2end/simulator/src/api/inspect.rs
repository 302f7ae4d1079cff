//! `/containers/{id}/json`: everything the engine knows of one container.

use axum::Json;
use axum::extract::{Path, State};
use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};

use super::Api;
use super::error::ApiError;
use super::networks::networks;
use crate::container::{Container, Status};
use crate::history::ContainerState;
use crate::world::World;

/// Go's zero time, which moby shows for what never happened.
pub(in crate::api) const NEVER: &str = "0001-01-01T00:00:00Z";

impl Api {
    /// The index of a container of this engine.
    pub(super) fn find(&self, world: &World, id: &str) -> Result<usize, ApiError> {
        world
            .find(self.engine, id)
            .ok_or_else(|| ApiError::NoContainer(id.to_owned()))
    }
}

pub(super) async fn inspect(
    State(api): State<Api>,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    let world = api.shared.catch_up();
    let container = &world.containers[api.find(&world, &id)?];
    let identity = &*container.identity;
    let limit = identity.limit_bytes.unwrap_or(0);
    Ok(Json(json!({
        "Id": identity.id,
        "Created": rfc3339(Some(identity.created_at)),
        "Path": "/bin/service",
        "Args": [],
        "State": state(container),
        "Image": identity.image_id,
        "Name": format!("/{}", identity.name),
        "RestartCount": container.restart_count,
        "Driver": "overlay2",
        "Platform": "linux",
        "LogPath": format!("/var/lib/docker/containers/{0}/{0}-json.log", identity.id),
        "HostConfig": {
            "NetworkMode": "bridge",
            "RestartPolicy": {"Name": container.policy().name(), "MaximumRetryCount": 0},
            "LogConfig": {"Type": "json-file", "Config": {}},
            "Memory": limit,
            "MemoryReservation": 0,
            "MemorySwap": limit,
            "OomScoreAdj": 0,
            "OomKillDisable": false,
            "PidsLimit": null,
        },
        "Mounts": [],
        "Config": {
            "Hostname": &identity.id[..12],
            "Image": identity.image,
            "Env": ["PATH=/usr/local/bin:/usr/bin:/bin"],
            "Labels": identity.labels,
            "Tty": false,
        },
        "NetworkSettings": networks(identity, &container.spec, container.status, container.life.number),
    })))
}

fn state(container: &Container) -> Value {
    let state = ContainerState::of(container);
    let waiting = state.status == Status::Restarting;
    json!({
        "Status": state.status.name(),
        // While the policy waits, the engine counts the container as running, though it has no process.
        "Running": state.status == Status::Running || waiting,
        "Paused": false,
        "Restarting": waiting,
        "OOMKilled": state.oom_killed,
        "Dead": false,
        "Pid": if state.status == Status::Running { 2_000 + (container.seed ^ container.life.number) % 30_000 } else { 0 },
        "ExitCode": state.exit_code,
        "Error": "",
        "StartedAt": rfc3339(state.started_at),
        "FinishedAt": rfc3339(state.finished_at),
    })
}

fn rfc3339(time: Option<DateTime<Utc>>) -> String {
    time.map_or_else(
        || NEVER.to_owned(),
        |time| time.to_rfc3339_opts(SecondsFormat::Nanos, true),
    )
}
