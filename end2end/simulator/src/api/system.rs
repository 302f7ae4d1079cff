//! `/_ping`, `/version` and `/info`: what the engine says of itself.

use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use serde_json::{Value, json};

use super::Api;
use crate::clock::utc;
use crate::container::Status;
use crate::fleet::{Cgroup, EngineKind};
use crate::random;

const KERNEL: &str = "6.18.0-simulated";

pub(super) async fn ping(State(api): State<Api>) -> impl IntoResponse {
    let version = api.shared.world().engines[api.engine]
        .spec
        .api_version
        .clone();
    [
        ("api-version", version),
        ("docker-experimental", "false".into()),
        ("ostype", "linux".into()),
        ("cache-control", "no-cache".into()),
    ]
    .into_iter()
    .fold("OK".into_response(), |mut response, (name, value)| {
        if let Ok(value) = value.parse() {
            response.headers_mut().insert(name, value);
        }
        response
    })
}

pub(super) async fn version(State(api): State<Api>) -> Json<Value> {
    let world = api.shared.world();
    let spec = &world.engines[api.engine].spec;
    let name = match spec.kind {
        EngineKind::Docker => "Engine",
        EngineKind::Podman => "Podman Engine",
    };
    Json(json!({
        "Platform": {"Name": "Inquest simulator"},
        "Components": [{"Name": name, "Version": spec.version, "Details": {"ApiVersion": spec.api_version, "MinAPIVersion": "1.24"}}],
        "Version": spec.version,
        "ApiVersion": spec.api_version,
        "MinAPIVersion": "1.24",
        "GitCommit": "simulated",
        "GoVersion": "go1.25.0",
        "Os": "linux",
        "Arch": "amd64",
        "KernelVersion": KERNEL,
        "BuildTime": "2026-01-01T00:00:00.000000000+00:00",
    }))
}

pub(super) async fn info(State(api): State<Api>) -> Json<Value> {
    let world = api.shared.catch_up();
    let spec = &world.engines[api.engine].spec;
    let count = |status: Option<Status>| {
        world
            .on(api.engine)
            .filter(|c| status.is_none_or(|status| c.status == status))
            .count()
    };
    let id: String = (0..5)
        .map(|n| format!("{:04X}", random::named(n, &spec.name) & 0xffff))
        .collect::<Vec<_>>()
        .join(":");
    Json(json!({
        "ID": id,
        "Name": spec.name,
        "Containers": count(None),
        "ContainersRunning": count(Some(Status::Running)) + count(Some(Status::Restarting)),
        "ContainersPaused": 0,
        "ContainersStopped": count(Some(Status::Exited)) + count(Some(Status::Created)),
        "Images": world.on(api.engine).count(),
        "Driver": "overlay2",
        "MemoryLimit": true,
        "SwapLimit": true,
        "PidsLimit": true,
        "OomKillDisable": spec.cgroup == Cgroup::V1,
        "SystemTime": utc(world.now).to_rfc3339_opts(chrono::SecondsFormat::Nanos, true),
        "LoggingDriver": "json-file",
        "CgroupDriver": "systemd",
        "CgroupVersion": match spec.cgroup { Cgroup::V1 => "1", Cgroup::V2 => "2" },
        "KernelVersion": KERNEL,
        "OperatingSystem": "Debian GNU/Linux 13 (trixie)",
        "OSType": "linux",
        "Architecture": "x86_64",
        "NCPU": spec.cpus,
        "MemTotal": spec.memory.0,
        "ServerVersion": spec.version,
        "LiveRestoreEnabled": false,
    }))
}
