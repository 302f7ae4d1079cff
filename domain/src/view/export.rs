//! Samples at full resolution, for other programs.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use super::TimeRange;
use crate::{
    ids::{EngineId, WorkloadId},
    metric::Metric,
    sample::Sample,
};

/// The stretch of time that is exported when no begin is given.
pub const EXPORT_RANGE: TimeDelta = TimeDelta::hours(24);

/// Which samples are wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExportQuery {
    /// Of these workloads; of all when there is none.
    pub workloads: Vec<WorkloadId>,
    /// The series.
    pub metrics: Vec<Metric>,
    /// The stretch of time.
    pub range: TimeRange,
}

/// Whose samples they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExportSubject {
    /// The workload.
    pub workload: WorkloadId,
    /// Its name.
    pub name: String,
    /// Its Compose project, namespace, …; empty when it has none.
    pub group: String,
    /// The source that polls it.
    pub source: String,
    /// The engine's id of the container.
    pub container_id: EngineId,
}

/// Samples of one container in a window of time. They come container by container and in order of time.
#[derive(Clone, Debug)]
pub struct ExportBlock {
    /// Whose.
    pub subject: Arc<ExportSubject>,
    /// In order of time.
    pub samples: Vec<Sample>,
    /// End of the window.
    pub until: DateTime<Utc>,
    /// The share of the work that is done with this block, from 0 to 1.
    pub done: f64,
}
