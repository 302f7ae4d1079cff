//! One reading of a container's numbers. What was not seen is `None`, never zero.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    Timestamp,
    metric::{Metric, Number, TaskKind},
};

/// How exact times of readings are kept, in milliseconds: one that is less than this away from the moment at which it was due is said to be of that moment.
pub const TIME_KEPT_TO_MS: u64 = 100;

/// What one poll saw of one container.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Sample {
    /// When the engine answered.
    pub at: DateTime<Utc>,
    /// Memory that counts towards the limit: `usage - inactive_file` (`total_inactive_file` on cgroup v1), never below zero.
    pub working_set_bytes: Option<u64>,
    /// All memory charged to the cgroup.
    pub usage_bytes: Option<u64>,
    /// Anonymous memory (`anon`, or `total_rss` on cgroup v1).
    pub anon_bytes: Option<u64>,
    /// The configured limit. `None` when none is set, even though engines then report the host's memory.
    pub limit_bytes: Option<u64>,
    /// The best task count available.
    pub tasks: Option<TaskCount>,
    /// Kernel tasks in the cgroup.
    pub kernel_tasks: Option<u64>,
    /// Highest usage since the cgroup was made (cgroup v1 `max_usage`). Evidence only, not a series.
    pub peak_bytes: Option<u64>,
    /// How often the limit was hit (`failcnt`; on cgroup v2 Docker puts `memory.events oom` there). Evidence only, not a series.
    pub limit_hits: Option<u64>,
}

/// A number of tasks and what they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TaskCount {
    /// What is counted.
    pub kind: TaskKind,
    /// How many.
    pub count: u64,
}

impl Sample {
    /// A reading in which nothing was seen.
    pub const fn empty(at: Timestamp) -> Self {
        Self {
            at,
            working_set_bytes: None,
            usage_bytes: None,
            anon_bytes: None,
            limit_bytes: None,
            tasks: None,
            kernel_tasks: None,
            peak_bytes: None,
            limit_hits: None,
        }
    }

    /// Working set divided by the limit, or `None` when either is not known.
    pub fn memory_ratio(&self) -> Option<f64> {
        let limit = self.limit_bytes.filter(|limit| *limit > 0)?;
        Some(self.working_set_bytes? as f64 / limit as f64)
    }

    /// The value of one series, as exact as it was read.
    pub fn number(&self, metric: Metric) -> Option<Number> {
        let whole = match metric {
            Metric::MemoryWorkingSetBytes => self.working_set_bytes,
            Metric::MemoryUsageBytes => self.usage_bytes,
            Metric::MemoryCacheBytes => self
                .usage_bytes
                .zip(self.working_set_bytes)
                .map(|(usage, working_set)| usage.saturating_sub(working_set)),
            Metric::MemoryAnonBytes => self.anon_bytes,
            Metric::MemoryLimitBytes => self.limit_bytes,
            Metric::MemoryRatio => return self.memory_ratio().map(Number::Share),
            Metric::Tasks => self.tasks.map(|tasks| tasks.count),
            Metric::KernelTasks => self.kernel_tasks,
        };
        whole.map(Number::Whole)
    }

    /// The value of one series, as charts draw it.
    pub fn value(&self, metric: Metric) -> Option<f64> {
        self.number(metric).map(Number::as_f64)
    }
}
