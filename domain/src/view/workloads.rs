//! Workloads: the rows of the overview and the head of a workload's page.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{ForecastView, RestartRow, SparkLine};
use crate::{
    ids::{EngineId, IncidentId, WorkloadId},
    labels::Labels,
    metric::TaskKind,
    source::SourceState,
    verdict::{Cause, Confidence},
    workload::ContainerState,
};

/// Which workloads are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkloadQuery {
    /// Only this source, by name.
    pub source: Option<String>,
    /// Only names, groups or images that contain this, whatever the case.
    pub search: Option<String>,
    /// At most this many, 500 when not given.
    pub limit: Option<u32>,
    /// `meta.next` of the page before.
    pub cursor: Option<String>,
}

/// One workload, as it is now.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WorkloadRow {
    /// Opaque and stable over restarts and recreation.
    pub id: WorkloadId,
    /// The service's or container's name.
    pub name: String,
    /// Compose project, stack or namespace; empty when there is none.
    pub group: String,
    /// The source's name.
    pub source: String,
    /// How the source is: numbers of an unreachable source are old.
    pub source_state: SourceState,
    /// The image of the newest container.
    pub image: String,
    /// What the newest container is doing.
    pub state: ContainerState,
    /// When its present run began; `null` when it is down.
    pub started_at: Option<DateTime<Utc>>,
    /// When it was last seen.
    pub seen_at: DateTime<Utc>,
    /// Memory now.
    pub memory: MemoryNow,
    /// Task count now.
    pub tasks: TasksNow,
    /// Restarts from Inquest's own ledger, over recreation; deploys and operators' stops are left out.
    pub restarts: RestartCounts,
    /// The newest ledger entry.
    pub last_restart: Option<LastRestart>,
    /// Time to the limit; `null` when nothing runs or it was not judged yet.
    pub forecast: Option<ForecastView>,
}

/// Memory now; what is not known is `null`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MemoryNow {
    /// Memory that counts towards the limit, in bytes.
    pub working_set_bytes: Option<u64>,
    /// The limit in bytes; `null` when none is set.
    pub limit_bytes: Option<u64>,
    /// Working set ÷ limit; `null` without a limit.
    pub ratio: Option<f64>,
}

/// Task count now.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TasksNow {
    /// What is counted; `null` when nothing was counted yet.
    pub kind: Option<TaskKind>,
    /// How many; `null` when the probe did not answer.
    pub count: Option<u64>,
    /// Why a configured probe does not answer, in a sentence; `null` when it does or none is configured.
    pub problem: Option<String>,
}

/// Restarts in windows that end now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RestartCounts {
    /// In the last 10 minutes.
    pub last_10m: u32,
    /// In the last 24 hours.
    pub last_24h: u32,
    /// In the last 7 days.
    pub last_7d: u32,
    /// In the last 30 days.
    pub last_30d: u32,
}

/// The newest ledger entry in short.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LastRestart {
    /// When the run ended.
    pub at: DateTime<Utc>,
    /// Why.
    pub cause: Cause,
    /// How sure that is.
    pub confidence: Confidence,
}

/// A workload with what only its own page shows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WorkloadDetail {
    /// The same as in the list.
    #[serde(flatten)]
    pub row: WorkloadRow,
    /// The newest container's id.
    pub container_id: EngineId,
    /// `always`, `on-failure:3`, …; empty when not known.
    pub restart_policy: String,
    /// Labels of the newest container, without those that tools write for themselves.
    #[cfg_attr(feature = "openapi", schema(value_type = std::collections::BTreeMap<String, String>))]
    pub labels: Labels,
    /// How many containers it has had.
    pub containers: u32,
    /// When it was seen for the first time: nothing is known from before.
    pub first_seen_at: DateTime<Utc>,
    /// The engine's own restart counter.
    pub engine_restart_count: Option<u64>,
    /// Restarts by cause in the last 30 days, most frequent first.
    pub causes_30d: Vec<CauseCount>,
    /// The newest ledger entry with its evidence.
    pub newest_restart: Option<RestartRow>,
    /// Its newest incident that is not over.
    pub incident: Option<IncidentId>,
}

/// How often a cause was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CauseCount {
    /// The cause.
    pub cause: Cause,
    /// How often.
    pub count: u32,
}

/// All the overview needs, in one answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FleetView {
    /// When it was put together.
    pub at: DateTime<Utc>,
    /// The fleet in numbers.
    pub summary: FleetSummary,
    /// Rows, most urgent first.
    pub workloads: Vec<WorkloadRow>,
    /// Sparklines in the order of `workloads`.
    pub sparks: Vec<Spark>,
    /// The sources, so that a blind one can be named.
    pub sources: Vec<super::SourceRow>,
}

/// The fleet in numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FleetSummary {
    /// Workloads in the list.
    pub workloads: u32,
    /// Workloads that restarted in the last 24 h.
    pub restarting: u32,
    /// Restarts in the last 24 h.
    pub restarts_24h: u32,
    /// Of those, from memory.
    pub memory_24h: u32,
}

/// The last 24 h of a workload in small.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Spark {
    /// Share of the limit, or bytes when there is no limit.
    pub memory: Option<SparkLine>,
    /// Task count.
    pub tasks: Option<SparkLine>,
    /// When runs ended, with the cause.
    pub restarts: Vec<(DateTime<Utc>, Cause)>,
}
