//! What is stored, how large it is and how it will grow.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{ids::WorkloadId, storage::DiskForecast};

/// Which workloads are wanted, largest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StorageQuery {
    /// Only workloads whose name or group contains this, whatever the case.
    pub search: Option<String>,
    /// At most this many, 20 when not given, 1,000 at most.
    pub limit: Option<u32>,
}

/// What is stored. It is measured at most once a minute, and never waits for those who write.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StorageView {
    /// When it was measured.
    pub at: DateTime<Utc>,
    /// Everything, indexes included.
    pub total_bytes: u64,
    /// By kind of data, in the order in which data pass through them.
    pub tiers: Vec<TierSize>,
    /// What one sample takes.
    pub samples: SampleSize,
    /// Where this leads; `null` until a day has been seen.
    pub forecast: Option<DiskForecast>,
    /// Where it is stored.
    pub database: DatabaseInfo,
    /// The workloads with the most samples at full resolution, by size.
    pub workloads: Vec<WorkloadSize>,
    /// How many workloads match.
    pub workloads_total: u32,
}

/// A kind of stored data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Tier {
    /// Samples of the last hours, as they came in.
    Head,
    /// Samples at full resolution of days that are not finished, in chunks of two hours with their rollups.
    #[serde(rename = "chunks_2h")]
    Chunks2h,
    /// Samples at full resolution of finished days, in chunks of a day.
    #[serde(rename = "chunks_1d")]
    Chunks1d,
    /// Minimum, maximum, last value and average of every five minutes.
    #[serde(rename = "rollups_5m")]
    Rollups5m,
    /// The same of every hour, in plain columns.
    #[serde(rename = "rollups_1h")]
    Rollups1h,
    /// Restarts with their evidence, runs and other dated facts.
    Restarts,
    /// The last lines that runs wrote.
    Logs,
    /// Consecutive restarts for the same reason, with notes and charts.
    Incidents,
    /// Alerts, what was said of them, and to whom.
    Alerts,
    /// What the engines' event streams said, and when we could not see.
    Events,
    /// Sources, workloads, containers and the like, which hardly grow.
    Other,
}

/// How large one tier is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TierSize {
    /// Which.
    pub tier: Tier,
    /// Its size, indexes included.
    pub bytes: u64,
    /// Rows, as the database estimates them.
    pub rows: u64,
    /// The oldest moment in it; `null` when it is empty.
    pub oldest_at: Option<DateTime<Utc>>,
    /// After how many days it is removed; `null` when it is not removed by age.
    pub keep_days: Option<u32>,
    /// By how much it grows in a day while nothing is removed; `null` until a day has been seen.
    pub bytes_per_day: Option<f64>,
}

/// What one sample, a number of one series at one moment, takes at full resolution.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SampleSize {
    /// How many there are, without those of the last hours.
    pub count: u64,
    /// Bytes of each, indexes included; `null` when there is none.
    pub bytes_each: Option<f64>,
    /// The share of the chunks that was looked at, 0 to 1. Below 1, counts and sizes of workloads are extrapolated.
    pub seen_ratio: f64,
}

/// Where it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DatabaseInfo {
    /// Whether Inquest runs it itself.
    pub is_private: bool,
    /// The folder of a private database, the address of another, without its password.
    pub place: String,
    /// What it says its version is.
    pub version: String,
    /// The version of the schema in it.
    pub schema_version: i64,
    /// Free space where a private database is; `null` for another.
    pub free_bytes: Option<u64>,
}

/// How large one workload is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WorkloadSize {
    /// Whose.
    pub workload: WorkloadId,
    /// Its name.
    pub name: String,
    /// Compose project, stack or namespace; empty when there is none.
    pub group: String,
    /// The source's name.
    pub source: String,
    /// Bytes of its samples at full resolution, without indexes.
    pub bytes: u64,
}
