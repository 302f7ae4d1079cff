//! Series: minimum, maximum and last value of every bucket, so that a spike of one sample is seen at every zoom.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize, Serializer, ser::SerializeSeq as _};

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
    #[serde(serialize_with = "column")]
    pub min: Vec<Option<f64>>,
    /// Largest value in the bucket.
    #[serde(serialize_with = "column")]
    pub max: Vec<Option<f64>>,
    /// Last value in the bucket.
    #[serde(serialize_with = "column")]
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

impl SeriesView {
    /// Minimum, maximum and last value of every bucket; `None` where nothing was seen.
    pub fn buckets(&self) -> impl Iterator<Item = Option<[f64; 3]>> {
        let columns = self.min.iter().zip(&self.max).zip(&self.last);
        columns.map(|((min, max), last)| Some([(*min)?, (*max)?, (*last)?]))
    }
}

/// Whole numbers without `.0`: bytes and counts take half the time to write, and a third less space. In text alone, where numbers are
/// numbers: a format without names reads the very type that was written.
fn column<S: Serializer>(values: &[Option<f64>], serializer: S) -> Result<S::Ok, S::Error> {
    /// Up to here every whole number is exact.
    const EXACT: f64 = (1_u64 << 53) as f64;
    if !serializer.is_human_readable() {
        return values.serialize(serializer);
    }
    let mut column = serializer.serialize_seq(Some(values.len()))?;
    for value in values {
        match value {
            Some(whole) if whole.abs() < EXACT && whole.fract() == 0.0 => {
                column.serialize_element(&(*whole as i64))?;
            }
            value => column.serialize_element(value)?,
        }
    }
    column.end()
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, option, prelude::*};

    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Column(#[serde(serialize_with = "column")] Vec<Option<f64>>);

    fn value() -> impl Strategy<Value = f64> {
        prop_oneof![
            any::<u64>().prop_map(|bytes| bytes as f64),
            (0..100_000_u32).prop_map(f64::from),
            -1.0..1.0,
            prop::num::f64::NORMAL,
        ]
    }

    proptest! {
        #[test]
        fn any_column_comes_back(values in vec(option::of(value()), 0..50)) {
            let column = Column(values);
            let text = serde_json::to_string(&column).expect("serialises");
            prop_assert_eq!(serde_json::from_str::<Column>(&text).expect("is read"), column);
        }
    }

    #[test]
    fn whole_numbers_are_written_as_such() {
        let column = Column(vec![Some(65_536.0), None, Some(0.5), Some(0.0)]);
        assert_eq!(
            serde_json::to_string(&column).expect("serialises"),
            "[65536,null,0.5,0]"
        );
    }
}
