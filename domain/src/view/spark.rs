//! The course of a quantity in small: what fits into a row of a table.

use serde::{Deserialize, Serialize};

use super::SeriesView;
use crate::metric::{Metric, TaskKind};

/// A series in few bytes: buckets whose values are told in steps of a 65,534th of the highest, finer than any pixel.
///
/// A day in quarters of an hour takes 0.6 KB, where a [`SeriesView`] takes 2.6: an overview has two for each workload.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SparkLine {
    /// What it is.
    pub metric: Metric,
    /// For task counts: what is counted.
    pub kind: Option<TaskKind>,
    /// Begin of the first bucket, in milliseconds since 1970.
    pub from_ms: i64,
    /// Length of every bucket in milliseconds.
    pub step_ms: i64,
    /// The highest value there is.
    pub highest: f64,
    /// Minimum, maximum and last value of one bucket after the other, two bytes each, the lower one first. As one run of bytes: element by
    /// element would take three times as long to write and to read.
    #[serde(with = "serde_bytes")]
    levels: Vec<u8>,
}

/// The level of the highest value.
const TOP: u16 = u16::MAX - 1;
/// The level of no value.
const NONE: u16 = u16::MAX;
/// Bytes of a bucket.
const BUCKET: usize = 6;

impl SparkLine {
    /// A line of `buckets`, each with minimum, maximum and last value, none of them negative; `None` where there is no value at all.
    pub fn new(
        (metric, kind): (Metric, Option<TaskKind>),
        (from_ms, step_ms): (i64, i64),
        buckets: &[Option<[f64; 3]>],
    ) -> Option<Self> {
        let highest = buckets
            .iter()
            .flatten()
            .map(|[_, max, _]| *max)
            .reduce(f64::max)?;
        let scale = if highest > 0.0 {
            f64::from(TOP) / highest
        } else {
            0.0
        };
        let level = |value: f64| (value * scale + 0.5) as u16;
        let mut levels = vec![0; buckets.len() * BUCKET];
        for (bytes, bucket) in levels.chunks_exact_mut(BUCKET).zip(buckets) {
            let of_bucket = bucket.map_or([NONE; 3], |values| values.map(level));
            for (bytes, level) in bytes.chunks_exact_mut(2).zip(of_bucket) {
                bytes.copy_from_slice(&level.to_le_bytes());
            }
        }
        Some(Self {
            metric,
            kind,
            from_ms,
            step_ms,
            highest,
            levels,
        })
    }

    /// Minimum, maximum and last value of every bucket; `None` where nothing was seen.
    pub fn buckets(&self) -> impl ExactSizeIterator<Item = Option<[f64; 3]>> {
        let value = |level: u16| self.highest * f64::from(level) / f64::from(TOP);
        self.levels.chunks_exact(BUCKET).map(move |bytes| {
            let level = |index: usize| u16::from_le_bytes([bytes[index], bytes[index + 1]]);
            let levels = [level(0), level(2), level(4)];
            (!levels.contains(&NONE)).then(|| levels.map(value))
        })
    }

    /// The same of a whole series.
    pub fn of(series: &SeriesView) -> Option<Self> {
        let buckets: Vec<_> = series.buckets().collect();
        Self::new(
            (series.metric, series.kind),
            (series.from.timestamp_millis(), series.step_ms),
            &buckets,
        )
    }
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, option, prelude::*};

    use super::*;

    fn line(buckets: &[Option<[f64; 3]>]) -> Option<SparkLine> {
        let metric = (Metric::MemoryWorkingSetBytes, None);
        SparkLine::new(metric, (0, 900_000), buckets)
    }

    proptest! {
        #[test]
        fn every_value_comes_back_to_half_a_step(buckets in vec(option::of([0.0..1e12_f64, 0.0..1e12, 0.0..1e12]), 0..100)) {
            let buckets: Vec<_> = buckets
                .into_iter()
                .map(|bucket| bucket.map(|[min, max, last]| [min.min(max).min(last), min.max(max).max(last), last]))
                .collect();
            let Some(line) = line(&buckets) else {
                prop_assert!(buckets.iter().all(Option::is_none));
                return Ok(());
            };
            prop_assert_eq!(line.buckets().len(), buckets.len());
            for (told, given) in line.buckets().zip(buckets) {
                prop_assert_eq!(told.is_some(), given.is_some());
                for (told, given) in told.into_iter().flatten().zip(given.into_iter().flatten()) {
                    prop_assert!((told - given).abs() <= line.highest / f64::from(TOP) * 0.500_001);
                }
            }
        }
    }

    #[test]
    fn the_highest_and_nothing_are_exact() {
        let told = |buckets: &[Option<[f64; 3]>]| -> Vec<_> {
            line(buckets).expect("has a value").buckets().collect()
        };
        let spike = [Some([0.0, 1.0, 0.0]), None];
        assert_eq!(told(&spike), spike);
        assert_eq!(told(&[Some([0.0; 3])]), [Some([0.0; 3])]);
        assert_eq!(line(&[None, None]), None);
    }
}
