//! The few fields that are read of the answers that come most often. All others are skipped without being built: an engine sends 1 to
//! 1.5 KB for each container of a list, and 2 to 5 KB for each reading.

use chrono::{DateTime, Utc};
use serde::Deserialize;

/// An entry of the list of containers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub(super) struct Listed {
    pub(super) id: Option<String>,
    pub(super) state: Option<String>,
    /// In words: `Up 2 hours (healthy)`.
    pub(super) status: Option<String>,
}

/// A reading of a container.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
#[expect(clippy::struct_field_names, reason = "the engine's names")]
pub(super) struct Stats {
    pub(super) read: Option<DateTime<Utc>>,
    pub(super) memory_stats: Option<MemoryStats>,
    pub(super) pids_stats: Option<PidsStats>,
}

/// Memory, in bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(super) struct MemoryStats {
    pub(super) usage: Option<u64>,
    /// On cgroup v1 only.
    pub(super) max_usage: Option<u64>,
    pub(super) failcnt: Option<u64>,
    pub(super) stats: Option<MemoryDetails>,
}

/// What the memory is used for. On cgroup v1 there are two names for most: with `total_` it counts the cgroups below too.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(super) struct MemoryDetails {
    pub(super) anon: Option<u64>,
    pub(super) rss: Option<u64>,
    pub(super) total_rss: Option<u64>,
    pub(super) inactive_file: Option<u64>,
    pub(super) total_inactive_file: Option<u64>,
}

/// Processes and threads.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(super) struct PidsStats {
    pub(super) current: Option<u64>,
}
