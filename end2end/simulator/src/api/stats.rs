//! `/containers/{id}/stats`: memory, tasks and processor time, in the form of the engine's cgroup version.

use std::convert::Infallible;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use chrono::SecondsFormat;
use futures::stream;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::Api;
use super::error::ApiError;
use super::list::flag;
use crate::clock::utc;
use crate::fleet::{Cgroup, EngineKind, EngineSpec};
use crate::gauge::{self, Stats};
use crate::quantity::Nanos;

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
        let identity = &*container.identity;
        let mut answer =
            json!({"name": format!("/{}", identity.name), "id": identity.id, "os_type": "linux"});
        let fields = match gauge::stats(container, engine, world.now) {
            Some(stats) => running(
                &stats,
                engine,
                gauge::peak(container, engine, world.now),
                world.now,
            ),
            None => not_running(),
        };
        if let (Value::Object(answer), Value::Object(fields)) = (&mut answer, fields) {
            answer.extend(fields);
        }
        Ok(answer.to_string())
    }
}

/// Without a process there is nothing to measure: everything is zero or missing.
fn not_running() -> Value {
    let cpu = json!({"cpu_usage": {"total_usage": 0, "usage_in_kernelmode": 0, "usage_in_usermode": 0}, "throttling_data": {"periods": 0, "throttled_periods": 0, "throttled_time": 0}});
    json!({
        "read": "0001-01-01T00:00:00Z", "preread": "0001-01-01T00:00:00Z", "num_procs": 0,
        "pids_stats": {}, "cpu_stats": cpu, "precpu_stats": cpu, "memory_stats": {}, "blkio_stats": {}, "storage_stats": {},
    })
}

fn running(stats: &Stats, engine: &EngineSpec, peak: u64, now: Nanos) -> Value {
    let cpu = |total: u64, system: Nanos| {
        json!({
            "cpu_usage": {"total_usage": total, "usage_in_kernelmode": total / 5, "usage_in_usermode": total - total / 5},
            "system_cpu_usage": system,
            "online_cpus": engine.cpus,
            "throttling_data": {"periods": 0, "throttled_periods": 0, "throttled_time": 0},
        })
    };
    json!({
        "read": utc(now).to_rfc3339_opts(SecondsFormat::Nanos, true),
        "preread": "0001-01-01T00:00:00Z",
        "num_procs": 0,
        "pids_stats": {"current": stats.pids, "limit": 18_446_744_073_709_551_615_u64},
        "cpu_stats": cpu(stats.cpu_nanos, now),
        "precpu_stats": cpu(0, 0),
        "memory_stats": memory(stats, engine, peak),
        "blkio_stats": {"io_service_bytes_recursive": null},
        "storage_stats": {},
        "networks": {"eth0": {"rx_bytes": stats.cpu_nanos / 900, "rx_packets": 0, "rx_errors": 0, "rx_dropped": 0, "tx_bytes": stats.cpu_nanos / 700, "tx_packets": 0, "tx_errors": 0, "tx_dropped": 0}},
    })
}

fn memory(stats: &Stats, engine: &EngineSpec, peak: u64) -> Value {
    let mut memory = Map::from_iter([
        ("usage".to_owned(), json!(stats.usage)),
        ("limit".to_owned(), json!(stats.limit)),
    ]);
    if engine.kind == EngineKind::Podman {
        return Value::Object(memory);
    }
    let active_file = stats.file.saturating_sub(stats.inactive_file);
    let kernel = stats.working_set().saturating_sub(stats.anon + active_file);
    let details = match engine.cgroup {
        Cgroup::V1 => {
            memory.insert("max_usage".into(), json!(peak));
            // Seen to stay at zero on v1, however often the limit is hit.
            memory.insert("failcnt".into(), json!(0));
            json!({
                "cache": stats.file, "rss": stats.anon, "mapped_file": active_file / 2,
                "active_anon": 0, "inactive_anon": stats.anon, "active_file": active_file, "inactive_file": stats.inactive_file,
                "total_cache": stats.file, "total_rss": stats.anon, "total_active_anon": 0, "total_inactive_anon": stats.anon,
                "total_active_file": active_file, "total_inactive_file": stats.inactive_file, "hierarchical_memory_limit": stats.limit,
            })
        }
        Cgroup::V2 => {
            if stats.failures > 0 {
                memory.insert("failcnt".into(), json!(stats.failures));
            }
            json!({
                "anon": stats.anon, "file": stats.file, "kernel_stack": stats.pids * 16_384, "slab": kernel, "sock": 0, "shmem": 0,
                "file_mapped": active_file / 2, "inactive_anon": stats.anon, "active_anon": 0,
                "inactive_file": stats.inactive_file, "active_file": active_file, "unevictable": 0,
                "pgfault": stats.cpu_nanos / 100_000, "pgmajfault": 0,
            })
        }
    };
    memory.insert("stats".into(), details);
    Value::Object(memory)
}
