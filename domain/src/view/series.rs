//! Series: minimum, maximum and last value of every bucket, so that a spike of one sample is seen at every zoom.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::metric::{Metric, TaskKind, Unit};

/// The most points one series may be asked for. A chart has fewer pixel columns.
pub const MAX_POINTS: u32 = 4_000;

/// A stretch of time, its end not included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimeRange {
    /// Its begin.
    pub from: DateTime<Utc>,
    /// Its end.
    pub to: DateTime<Utc>,
}

/// Which series are wanted, and how finely.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeriesQuery {
    /// The series.
    pub metrics: Vec<Metric>,
    /// The stretch of time.
    pub range: TimeRange,
    /// At most this many points in each, 1 to [`MAX_POINTS`].
    pub points: u32,
}

/// One series in buckets of equal length. The three columns have the same length; a bucket in which nothing was seen is `null` in all.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SeriesView {
    /// What it is.
    pub metric: Metric,
    /// In what unit.
    pub unit: Unit,
    /// For task counts: what is counted.
    pub kind: Option<TaskKind>,
    /// Begin of the first bucket.
    pub from: DateTime<Utc>,
    /// Length of every bucket in milliseconds.
    pub step_ms: i64,
    /// Smallest value in the bucket.
    pub min: Vec<Option<f64>>,
    /// Largest value in the bucket.
    pub max: Vec<Option<f64>>,
    /// Last value in the bucket.
    pub last: Vec<Option<f64>>,
}

/// The answer to a [`SeriesQuery`]: one view for each metric, all over the same buckets.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SeriesSet {
    /// In the order they were asked for.
    pub series: Vec<SeriesView>,
}

impl SeriesSet {
    /// The view of one metric.
    pub fn get(&self, metric: Metric) -> Option<&SeriesView> {
        self.series.iter().find(|series| series.metric == metric)
    }
}
