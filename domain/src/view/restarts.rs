//! Restarts with their verdicts.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    ids::{EngineId, IncidentId, RestartId, WorkloadId},
    metric::TaskKind,
    restart::RestartKind,
    verdict::{Cause, Confidence, Evidence},
};

/// Which restarts are wanted, newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RestartQuery {
    /// Only of this incident.
    pub incident: Option<IncidentId>,
    /// Only of this workload.
    pub workload: Option<WorkloadId>,
    /// Only with this cause.
    pub cause: Option<Cause>,
    /// Ended at or after.
    pub from: Option<DateTime<Utc>>,
    /// Ended before.
    pub to: Option<DateTime<Utc>>,
    /// At most this many, 100 when not given, 1,000 at most.
    pub limit: Option<u32>,
    /// `meta.next` of the page before.
    pub cursor: Option<String>,
}

/// One entry of the restart ledger.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RestartRow {
    /// Opaque.
    pub id: RestartId,
    /// Whose.
    pub workload: WorkloadId,
    /// The workload's name.
    pub workload_name: String,
    /// The engine's id of the container whose run ended.
    pub container_id: EngineId,
    /// The image that ran.
    pub image: String,
    /// The image that runs after it, when it is another one.
    pub next_image: Option<String>,
    /// When the run had begun.
    pub run_started_at: DateTime<Utc>,
    /// When it ended.
    pub ended_at: DateTime<Utc>,
    /// When the next run began; `null` while it stays down.
    pub started_at: Option<DateTime<Utc>>,
    /// How long it ran, in milliseconds.
    pub ran_for_ms: i64,
    /// Exit code; `null` when it was not seen.
    pub exit_code: Option<i32>,
    /// The signal in the exit code, e.g. `SIGKILL`.
    pub signal: Option<String>,
    /// How the next run came about.
    pub kind: RestartKind,
    /// Whether it is in the restart counts: deploys and operators' stops are not.
    pub counts: bool,
    /// Why it ended.
    pub cause: Cause,
    /// How sure that is.
    pub confidence: Confidence,
    /// Everything that was weighed.
    pub evidence: Vec<Evidence>,
    /// Fingerprint of the panic in its log; `null` when none was found, or no log was read.
    pub panic: Option<String>,
    /// Share of the limit in the last reading before the end.
    pub last_memory_ratio: Option<f64>,
    /// When that reading was taken.
    pub last_sample_at: Option<DateTime<Utc>>,
    /// Task count in the last reading that had one.
    pub tasks_at_end: Option<u64>,
    /// What it counts.
    pub task_kind: Option<TaskKind>,
}
