//! The series that can be asked for, with their units.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// A series of a workload.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Metric {
    /// Memory that counts towards the limit: usage without reclaimable file cache.
    MemoryWorkingSetBytes,
    /// All memory charged to the cgroup, page cache included.
    MemoryUsageBytes,
    /// Reclaimable page cache: usage minus working set.
    MemoryCacheBytes,
    /// Anonymous memory, where the engine tells it.
    MemoryAnonBytes,
    /// The limit in force. Absent when none is set.
    MemoryLimitBytes,
    /// Working set divided by the limit. Absent without a limit.
    MemoryRatio,
    /// Goroutines, tasks or threads: the best count available, see [`TaskKind`].
    Tasks,
    /// Kernel tasks (threads) in the cgroup, whatever the program says.
    KernelTasks,
}

/// The unit of a series.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Unit {
    /// Bytes.
    Bytes,
    /// A share; 1 is the whole.
    Ratio,
    /// A number of things.
    Count,
}

impl Metric {
    /// Every metric, in the order they are listed to people.
    pub const ALL: [Self; 8] = [
        Self::MemoryWorkingSetBytes,
        Self::MemoryUsageBytes,
        Self::MemoryCacheBytes,
        Self::MemoryAnonBytes,
        Self::MemoryLimitBytes,
        Self::MemoryRatio,
        Self::Tasks,
        Self::KernelTasks,
    ];

    /// The name in the API and in URLs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::MemoryWorkingSetBytes => "memory_working_set_bytes",
            Self::MemoryUsageBytes => "memory_usage_bytes",
            Self::MemoryCacheBytes => "memory_cache_bytes",
            Self::MemoryAnonBytes => "memory_anon_bytes",
            Self::MemoryLimitBytes => "memory_limit_bytes",
            Self::MemoryRatio => "memory_ratio",
            Self::Tasks => "tasks",
            Self::KernelTasks => "kernel_tasks",
        }
    }

    /// What it says, in a sentence.
    pub const fn help(self) -> &'static str {
        match self {
            Self::MemoryWorkingSetBytes => {
                "Memory that counts towards the limit: usage without reclaimable file cache"
            }
            Self::MemoryUsageBytes => "All memory charged to the cgroup, page cache included",
            Self::MemoryCacheBytes => "Reclaimable page cache: usage minus working set",
            Self::MemoryAnonBytes => "Anonymous memory",
            Self::MemoryLimitBytes => "The memory limit in force",
            Self::MemoryRatio => "Working set divided by the limit",
            Self::Tasks => "Goroutines, tasks or threads, whichever `kind` says",
            Self::KernelTasks => "Kernel tasks in the cgroup",
        }
    }

    /// The unit of its values.
    pub const fn unit(self) -> Unit {
        match self {
            Self::MemoryRatio => Unit::Ratio,
            Self::Tasks | Self::KernelTasks => Unit::Count,
            _ => Unit::Bytes,
        }
    }
}

impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A value of a series. It is displayed so that reading it back gives the same value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Number {
    /// Bytes or a count.
    Whole(u64),
    /// A share; 1 is the whole.
    Share(f64),
}

impl Number {
    /// The nearest value that a chart can draw.
    pub const fn as_f64(self) -> f64 {
        match self {
            Self::Whole(value) => value as f64,
            Self::Share(value) => value,
        }
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole(value) => value.fmt(f),
            Self::Share(value) => value.fmt(f),
        }
    }
}

/// A name that is no metric.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "unknown metric `{0}`; known: memory_working_set_bytes, memory_usage_bytes, memory_cache_bytes, memory_anon_bytes, memory_limit_bytes, memory_ratio, tasks, kernel_tasks"
)]
pub struct UnknownMetric(pub String);

impl FromStr for Metric {
    type Err = UnknownMetric;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|metric| metric.name() == name)
            .ok_or_else(|| UnknownMetric(name.to_owned()))
    }
}

/// What a task count counts, from the most to the least telling.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum TaskKind {
    /// Goroutines of a Go program (pprof, expvar or `go_goroutines`).
    Goroutines,
    /// Live tasks of a Tokio runtime (`tokio_live_tasks_count`).
    TokioTasks,
    /// Threads of a JVM.
    JvmThreads,
    /// Threads the process reports about itself.
    Threads,
    /// Kernel tasks in the cgroup (`pids.current`): needs no instrumentation.
    KernelTasks,
}

impl TaskKind {
    /// The plural people read beside the number.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Goroutines => "goroutines",
            Self::TokioTasks => "tokio tasks",
            Self::JvmThreads => "JVM threads",
            Self::Threads => "threads",
            Self::KernelTasks => "kernel tasks",
        }
    }

    /// The name in the API and the database.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Goroutines => "goroutines",
            Self::TokioTasks => "tokio_tasks",
            Self::JvmThreads => "jvm_threads",
            Self::Threads => "threads",
            Self::KernelTasks => "kernel_tasks",
        }
    }

    /// Every kind, from the most to the least telling.
    pub const ALL: [Self; 5] = [
        Self::Goroutines,
        Self::TokioTasks,
        Self::JvmThreads,
        Self::Threads,
        Self::KernelTasks,
    ];

    /// Reads [`TaskKind::name`] back.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}
