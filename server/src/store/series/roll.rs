//! Rollups: what wide charts are drawn from. Never an average alone: a spike of one sample is in `max` at every zoom.

use domain::metric::{Metric, TaskKind};

use super::{
    aggregate::{self, Aggregate, Extremes, Others},
    codec::{self, CodecError},
    point::{Column, Point, kind_of_code},
    time::{MINUTE, begin},
    varint,
};

/// How much time a bucket of `roll_5m` covers.
pub(super) const BUCKET_MS: i64 = 5 * MINUTE;

/// What is rolled up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Measure {
    WorkingSet,
    Usage,
    /// Usage without the working set.
    Cache,
    Anon,
    Limit,
    Tasks,
    KernelTasks,
}

impl Measure {
    pub(super) const ALL: [Self; 7] = [
        Self::WorkingSet,
        Self::Usage,
        Self::Cache,
        Self::Anon,
        Self::Limit,
        Self::Tasks,
        Self::KernelTasks,
    ];

    /// Those that its column may be stored beside, which are then needed to read it: of the columns of the working set and the cache.
    const fn others<'a, T: Copy>(
        self,
        memory: Option<&'a [Option<T>]>,
        cache: Option<&'a [Option<T>]>,
    ) -> Others<'a, T> {
        match self {
            Self::Usage => Others { memory, cache },
            Self::Anon => Others {
                memory,
                cache: None,
            },
            Self::WorkingSet | Self::Cache | Self::Limit | Self::Tasks | Self::KernelTasks => {
                Others::NONE
            }
        }
    }

    /// The value of one sample. Of task counts, those of one kind.
    fn of(self, point: &Point, kind: Option<u64>) -> Option<u64> {
        match self {
            Self::WorkingSet => point.get(Column::WorkingSet),
            Self::Usage => point.get(Column::Usage),
            Self::Cache => Some(
                point
                    .get(Column::Usage)?
                    .saturating_sub(point.get(Column::WorkingSet)?),
            ),
            Self::Anon => point.get(Column::Anon),
            Self::Limit => point.get(Column::Limit),
            Self::Tasks => point
                .get(Column::Tasks)
                .filter(|_| point.get(Column::TaskKind) == kind),
            Self::KernelTasks => point.get(Column::KernelTasks),
        }
    }
}

/// All that is said of a stretch of time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bucket {
    /// Begin.
    pub(super) at_ms: i64,
    /// Number of samples.
    pub(super) samples: u32,
    /// What the tasks are, as a code.
    pub(super) task_kind: Option<u64>,
    aggregates: [Option<Aggregate>; Measure::ALL.len()],
}

impl Bucket {
    pub(super) const fn get(&self, measure: Measure) -> Option<Aggregate> {
        self.aggregates[measure as usize]
    }
}

/// Rolls up points, which are in order of time, in steps. Steps without a point are left out.
pub(super) fn roll(points: &[Point], step_ms: i64) -> impl Iterator<Item = Bucket> {
    points
        .chunk_by(move |a, b| begin(a.at_ms, step_ms) == begin(b.at_ms, step_ms))
        .map(move |points| {
            // Codes are in the order of telling: a probe that failed for a moment must not mix threads into goroutines.
            let kinds = points
                .iter()
                .filter_map(|point| point.get(Column::TaskKind));
            let task_kind = kinds.min();
            let aggregates = Measure::ALL.map(|measure| {
                Aggregate::of(
                    points
                        .iter()
                        .filter_map(|point| measure.of(point, task_kind)),
                )
            });
            Bucket {
                at_ms: begin(points[0].at_ms, step_ms),
                samples: points.len() as u32,
                task_kind,
                aggregates,
            }
        })
}

/// Encoded columns of `roll_5m`: one for each of [`Measure::ALL`], then the kinds of tasks. `None` for those that were not asked for
/// and those without any value.
pub(super) type RollColumns = [Option<Vec<u8>>; Measure::ALL.len() + 1];

/// Encodes five-minute rollups of all points of a stretch of time, which are in order.
pub(super) fn encode(start_ms: i64, length_ms: i64, points: &[Point]) -> RollColumns {
    let mut buckets = vec![None; (length_ms / BUCKET_MS) as usize];
    for bucket in roll(points, BUCKET_MS) {
        buckets[((bucket.at_ms - start_ms) / BUCKET_MS) as usize] = Some(bucket);
    }
    let all_of = |measure| -> Vec<_> {
        let buckets = buckets.iter();
        buckets
            .map(|bucket| bucket.and_then(|bucket: Bucket| bucket.get(measure)))
            .collect()
    };
    let (memory, cache) = (all_of(Measure::WorkingSet), all_of(Measure::Cache));
    let mut columns = RollColumns::default();
    for (measure, column) in Measure::ALL.into_iter().zip(&mut columns) {
        let others = measure.others(Some(&memory), Some(&cache));
        *column = aggregate::encode(&all_of(measure), others);
    }
    let kinds: Vec<_> = buckets
        .iter()
        .map(|bucket| bucket.and_then(|bucket| bucket.task_kind))
        .collect();
    let [.., last] = &mut columns;
    *last = kinds
        .iter()
        .any(Option::is_some)
        .then(|| codec::encode(&kinds));
    columns
}

/// All columns in one, each after its length: the rollups of a fresh chunk.
pub(super) fn join(columns: &RollColumns) -> Vec<u8> {
    let mut out = Vec::new();
    for column in columns {
        let bytes = column.as_deref().unwrap_or_default();
        varint::put(&mut out, bytes.len() as u64);
        out.extend_from_slice(bytes);
    }
    out
}

/// Takes columns apart again that were joined.
pub(super) fn split(mut bytes: &[u8]) -> Result<RollColumns, CodecError> {
    let mut columns = RollColumns::default();
    for column in &mut columns {
        let length = usize::try_from(varint::take(&mut bytes)?).unwrap_or(usize::MAX);
        let taken = varint::take_slice(&mut bytes, length)?;
        *column = (length > 0).then(|| taken.to_vec());
    }
    Ok(columns)
}

/// Rollups of one container to draw from. Measures that were not asked for are empty.
#[derive(Clone, Debug)]
pub(super) struct Rolled {
    start_ms: i64,
    step_ms: i64,
    measures: [Vec<Option<Extremes>>; Measure::ALL.len()],
    task_kind: Vec<Option<u64>>,
}

impl Rolled {
    /// So many buckets of which nothing is known.
    pub(super) fn empty(start_ms: i64, step_ms: i64) -> Self {
        Self {
            start_ms,
            step_ms,
            measures: Default::default(),
            task_kind: Vec::new(),
        }
    }

    /// Decodes columns of five-minute rollups.
    pub(super) fn decode(
        start_ms: i64,
        length_ms: i64,
        columns: &RollColumns,
    ) -> Result<Self, CodecError> {
        let buckets = (length_ms / BUCKET_MS) as usize;
        let mut rolled = Self::empty(start_ms, BUCKET_MS);
        let [measures @ .., kinds] = columns;
        let decode = |measure: Measure, others| match &measures[measure as usize] {
            Some(bytes) => aggregate::decode(bytes, buckets, others),
            None => Ok(Vec::new()),
        };
        // Those that others may be stored beside come first.
        let memory = decode(Measure::WorkingSet, Others::NONE)?;
        let cache = decode(Measure::Cache, Others::NONE)?;
        for (measure, column) in Measure::ALL.into_iter().zip(&mut rolled.measures) {
            if !matches!(measure, Measure::WorkingSet | Measure::Cache) {
                *column = decode(measure, measure.others(Some(&memory), Some(&cache)))?;
            }
        }
        rolled.measures[Measure::WorkingSet as usize] = memory;
        rolled.measures[Measure::Cache as usize] = cache;
        if let Some(bytes) = kinds {
            rolled.task_kind = codec::decode(bytes, buckets)?;
            if rolled.task_kind.len() != buckets {
                return Err(CodecError::Malformed("not the buckets of the row"));
            }
        }
        Ok(rolled)
    }

    /// Adds a bucket after all others.
    pub(super) fn push(
        &mut self,
        at_ms: i64,
        task_kind: Option<u64>,
        measures: [Option<Extremes>; Measure::ALL.len()],
    ) {
        let index = ((at_ms - self.start_ms) / self.step_ms) as usize;
        for (column, value) in self.measures.iter_mut().zip(measures) {
            column.resize(index, None);
            column.push(value);
        }
        self.task_kind.resize(index, None);
        self.task_kind.push(task_kind);
    }

    /// The most telling kind of task count in buckets that begin in `from..to`.
    pub(super) fn task_kind(&self, from_ms: i64, to_ms: i64) -> Option<TaskKind> {
        let code = (0..self.task_kind.len())
            .filter(|index| (from_ms..to_ms).contains(&self.begin_of(*index)))
            .filter_map(|index| self.task_kind[index])
            .min();
        code.and_then(kind_of_code)
    }

    /// Begin, minimum, maximum and last value of every bucket with a value. Of task counts, those of one kind.
    pub(super) fn values(
        &self,
        metric: Metric,
        kind: Option<TaskKind>,
    ) -> impl Iterator<Item = (i64, [f64; 3])> {
        let measure = match metric {
            Metric::MemoryWorkingSetBytes | Metric::MemoryRatio => Measure::WorkingSet,
            Metric::MemoryUsageBytes => Measure::Usage,
            Metric::MemoryCacheBytes => Measure::Cache,
            Metric::MemoryAnonBytes => Measure::Anon,
            Metric::MemoryLimitBytes => Measure::Limit,
            Metric::Tasks => Measure::Tasks,
            Metric::KernelTasks => Measure::KernelTasks,
        };
        let column = &self.measures[measure as usize];
        (0..column.len()).filter_map(move |index| {
            let extremes = column[index]?;
            let values = match metric {
                Metric::MemoryRatio => self.ratio(index, extremes)?,
                Metric::Tasks if self.kind_at(index) != kind => return None,
                _ => extremes.map(|value| value as f64),
            };
            Some((self.begin_of(index), values))
        })
    }

    /// Exact while the limit stays the same within the bucket; when it was changed in it, the bounds that hold for any sample.
    fn ratio(&self, index: usize, [min, max, last]: Extremes) -> Option<[f64; 3]> {
        let limits = &self.measures[Measure::Limit as usize];
        let [least, greatest, now] = limits.get(index).copied().flatten()?;
        let share = |bytes: u64, limit: u64| bytes as f64 / limit as f64;
        (least > 0).then(|| [share(min, greatest), share(max, least), share(last, now)])
    }

    fn kind_at(&self, index: usize) -> Option<TaskKind> {
        let code = self.task_kind.get(index).copied().flatten();
        code.and_then(kind_of_code)
    }

    fn begin_of(&self, index: usize) -> i64 {
        self.start_ms + index as i64 * self.step_ms
    }
}

#[cfg(test)]
mod tests {
    use proptest::{collection::btree_set, prelude::*};

    use super::*;
    use crate::store::series::point::tests::any_point;
    use crate::store::series::time::DAY;

    proptest! {
        #[test]
        fn any_day_comes_back(points in btree_set(0..DAY, 1..40)
            .prop_flat_map(|times| times.into_iter().map(|at| any_point(DAY + at)).collect::<Vec<_>>()))
        {
            let columns = encode(DAY, DAY, &points);
            prop_assert_eq!(&split(&join(&columns)).expect("is split"), &columns);
            let rolled = Rolled::decode(DAY, DAY, &columns).expect("decodes");
            let mut expected = Rolled::empty(DAY, BUCKET_MS);
            for bucket in roll(&points, BUCKET_MS) {
                let drawn = bucket.aggregates.map(|found| found.map(|found| [found.min, found.max, found.last]));
                expected.push(bucket.at_ms, bucket.task_kind, drawn);
            }
            for metric in Metric::ALL {
                let kind = rolled.task_kind(0, i64::MAX);
                prop_assert!(rolled.values(metric, kind).eq(expected.values(metric, kind)), "{}", metric);
            }
        }

        #[test]
        fn any_bytes_are_split_or_refused(bytes: Vec<u8>) {
            let _either = split(&bytes);
        }
    }

    #[test]
    fn one_high_sample_is_seen() {
        let mut points: Vec<_> = (0..30).map(|at| Point::empty(at * 10_000)).collect();
        for (index, point) in points.iter_mut().enumerate() {
            point.set(Column::WorkingSet, Some(if index == 17 { 100 } else { 10 }));
            point.set(Column::Limit, Some(100));
        }
        let rolled = Rolled::decode(0, DAY, &encode(0, DAY, &points)).expect("decodes");
        assert_eq!(
            rolled.values(Metric::MemoryRatio, None).collect::<Vec<_>>(),
            [(0, [0.1, 1.0, 0.1])]
        );
    }
}
