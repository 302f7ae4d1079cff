//! Five-minute rollups of a day of one container: what wide charts are drawn from. Never an average alone: a spike of one sample is
//! in `max` at every zoom.

use domain::metric::{Metric, TaskKind};

use super::{
    codec::{self, CodecError, PAGE},
    point::{Column, Point, kind_of_code},
    varint,
};

/// How much time a bucket covers.
pub(super) const BUCKET_MS: i64 = 5 * 60 * 1000;
/// How much time a row covers. Rows begin at multiples of it.
pub(super) const DAY_MS: i64 = 24 * 60 * 60 * 1000;
const BUCKETS: usize = (DAY_MS / BUCKET_MS) as usize;

/// Begin of the day that a moment belongs to.
pub(super) const fn day_of(at_ms: i64) -> i64 {
    at_ms - at_ms.rem_euclid(DAY_MS)
}

/// What a bucket says of one metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Aggregate {
    pub(super) min: u64,
    pub(super) max: u64,
    pub(super) last: u64,
    /// Rounded down; to whole pages when all others are whole pages.
    pub(super) avg: u64,
    pub(super) count: u64,
}

impl Aggregate {
    fn of(values: impl Iterator<Item = u64>) -> Option<Self> {
        let (mut min, mut max, mut last, mut sum, mut count) = (u64::MAX, 0, 0, 0_u128, 0);
        for value in values {
            min = min.min(value);
            max = max.max(value);
            last = value;
            sum += u128::from(value);
            count += 1;
        }
        (count > 0).then(|| Self {
            min,
            max,
            last,
            avg: (sum / u128::from(count)) as u64,
            count,
        })
    }
}

type Aggregates = Vec<Option<Aggregate>>;

/// A row of `roll_5m`. Columns that were not asked for are `None`, as are those without any value.
#[derive(Debug)]
pub(super) struct RollRow {
    pub(super) container_id: i64,
    pub(super) start_ms: i64,
    pub(super) working_set: Option<Vec<u8>>,
    pub(super) usage: Option<Vec<u8>>,
    pub(super) cache: Option<Vec<u8>>,
    pub(super) anon: Option<Vec<u8>>,
    pub(super) limit_bytes: Option<Vec<u8>>,
    pub(super) tasks: Option<Vec<u8>>,
    pub(super) task_kind: Option<Vec<u8>>,
    pub(super) kernel_tasks: Option<Vec<u8>>,
}

/// A [`RollRow`], decoded.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Day {
    pub(super) start_ms: i64,
    working_set: Aggregates,
    usage: Aggregates,
    cache: Aggregates,
    anon: Aggregates,
    limit: Aggregates,
    tasks: Aggregates,
    kernel_tasks: Aggregates,
    /// What `tasks` counts in each bucket.
    task_kind: Vec<Option<u64>>,
}

impl Day {
    /// A day of which nothing is known.
    pub(super) fn empty(start_ms: i64) -> Self {
        let none = || vec![None; BUCKETS];
        Self {
            start_ms,
            working_set: none(),
            usage: none(),
            cache: none(),
            anon: none(),
            limit: none(),
            tasks: none(),
            kernel_tasks: none(),
            task_kind: vec![None; BUCKETS],
        }
    }

    /// Computes anew every bucket in which there are points: all points of such a bucket are given, in order of time.
    pub(super) fn replace(&mut self, points: &[Point]) {
        for bucket in
            points.chunk_by(|a, b| a.at_ms.div_euclid(BUCKET_MS) == b.at_ms.div_euclid(BUCKET_MS))
        {
            let index = ((bucket[0].at_ms - self.start_ms) / BUCKET_MS) as usize;
            let of = |column| Aggregate::of(bucket.iter().filter_map(|point| point.get(column)));
            self.working_set[index] = of(Column::WorkingSet);
            self.usage[index] = of(Column::Usage);
            self.cache[index] = Aggregate::of(bucket.iter().filter_map(|point| {
                Some(
                    point
                        .get(Column::Usage)?
                        .saturating_sub(point.get(Column::WorkingSet)?),
                )
            }));
            self.anon[index] = of(Column::Anon);
            self.limit[index] = of(Column::Limit);
            self.kernel_tasks[index] = of(Column::KernelTasks);
            // Codes are in the order of telling: a probe that failed for a moment must not mix threads into goroutines.
            let kind = bucket
                .iter()
                .filter_map(|point| point.get(Column::TaskKind))
                .min();
            self.task_kind[index] = kind;
            self.tasks[index] = Aggregate::of(
                bucket
                    .iter()
                    .filter(|point| point.get(Column::TaskKind) == kind)
                    .filter_map(|point| point.get(Column::Tasks)),
            );
        }
    }

    /// Encodes the day as a row.
    pub(super) fn encode(&self, container_id: i64) -> RollRow {
        RollRow {
            container_id,
            start_ms: self.start_ms,
            working_set: encode(&self.working_set),
            usage: encode(&self.usage),
            cache: encode(&self.cache),
            anon: encode(&self.anon),
            limit_bytes: encode(&self.limit),
            tasks: encode(&self.tasks),
            task_kind: self
                .task_kind
                .iter()
                .any(Option::is_some)
                .then(|| codec::encode(&self.task_kind)),
            kernel_tasks: encode(&self.kernel_tasks),
        }
    }

    /// Decodes what the row has.
    pub(super) fn decode(row: &RollRow) -> Result<Self, CodecError> {
        let mut day = Self::empty(row.start_ms);
        let columns = [
            (&mut day.working_set, &row.working_set),
            (&mut day.usage, &row.usage),
            (&mut day.cache, &row.cache),
            (&mut day.anon, &row.anon),
            (&mut day.limit, &row.limit_bytes),
            (&mut day.tasks, &row.tasks),
            (&mut day.kernel_tasks, &row.kernel_tasks),
        ];
        for (column, bytes) in columns {
            if let Some(bytes) = bytes {
                *column = decode(bytes)?;
            }
        }
        if let Some(bytes) = &row.task_kind {
            day.task_kind = whole_day(codec::decode(bytes)?)?;
        }
        Ok(day)
    }

    /// The most telling kind of task count in buckets that begin in `from..to`.
    pub(super) fn task_kind(&self, from_ms: i64, to_ms: i64) -> Option<TaskKind> {
        let code = (0..BUCKETS)
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
        (0..BUCKETS).filter_map(move |index| {
            let values = match metric {
                Metric::MemoryWorkingSetBytes => plain(&self.working_set, index),
                Metric::MemoryUsageBytes => plain(&self.usage, index),
                Metric::MemoryCacheBytes => plain(&self.cache, index),
                Metric::MemoryAnonBytes => plain(&self.anon, index),
                Metric::MemoryLimitBytes => plain(&self.limit, index),
                Metric::MemoryRatio => self.ratio(index),
                Metric::Tasks if self.task_kind[index].and_then(kind_of_code) != kind => None,
                Metric::Tasks => plain(&self.tasks, index),
                Metric::KernelTasks => plain(&self.kernel_tasks, index),
            };
            Some((self.begin_of(index), values?))
        })
    }

    /// Exact while the limit stays the same within the bucket; when it was changed in it, the bounds that hold for any sample.
    fn ratio(&self, index: usize) -> Option<[f64; 3]> {
        let (memory, limit) = (self.working_set[index]?, self.limit[index]?);
        let share = |bytes: u64, limit: u64| bytes as f64 / limit as f64;
        (limit.min > 0).then(|| {
            [
                share(memory.min, limit.max),
                share(memory.max, limit.min),
                share(memory.last, limit.last),
            ]
        })
    }

    fn begin_of(&self, index: usize) -> i64 {
        self.start_ms + index as i64 * BUCKET_MS
    }
}

fn plain(column: &Aggregates, index: usize) -> Option<[f64; 3]> {
    column[index].map(|bucket| [bucket.min as f64, bucket.max as f64, bucket.last as f64])
}

/// Five columns, each after its length. All but the first and the count are differences to the minimum, which are small.
fn encode(buckets: &Aggregates) -> Option<Vec<u8>> {
    let mut known: Vec<Aggregate> = buckets.iter().copied().flatten().collect();
    if known.is_empty() {
        return None;
    }
    let whole = |value: u64| value.is_multiple_of(PAGE);
    if known
        .iter()
        .all(|bucket| whole(bucket.min) && whole(bucket.max) && whole(bucket.last))
    {
        for bucket in &mut known {
            bucket.avg -= bucket.avg % PAGE;
        }
    }
    let column = |value: fn(&Aggregate) -> u64| {
        known
            .iter()
            .map(|bucket| Some(value(bucket)))
            .collect::<Vec<_>>()
    };
    let columns = [
        buckets
            .iter()
            .map(|bucket| bucket.map(|bucket| bucket.min))
            .collect(),
        column(|bucket| bucket.max - bucket.min),
        column(|bucket| bucket.last - bucket.min),
        column(|bucket| bucket.avg - bucket.min),
        column(|bucket| bucket.count),
    ];
    let mut out = Vec::new();
    for column in columns {
        let bytes = codec::encode(&column);
        varint::put(&mut out, bytes.len() as u64);
        out.extend(bytes);
    }
    Some(out)
}

fn decode(mut bytes: &[u8]) -> Result<Aggregates, CodecError> {
    let mut next = || {
        let length = usize::try_from(varint::take(&mut bytes)?).unwrap_or(usize::MAX);
        codec::decode(varint::take_slice(&mut bytes, length)?)
    };
    let minima = whole_day(next()?)?;
    let mut rest = [
        next()?.into_iter(),
        next()?.into_iter(),
        next()?.into_iter(),
        next()?.into_iter(),
    ];
    let mut following = |index: usize| {
        rest[index]
            .next()
            .flatten()
            .ok_or(CodecError::Malformed("columns of different length"))
    };
    minima
        .into_iter()
        .map(|min| {
            let Some(min) = min else { return Ok(None) };
            Ok(Some(Aggregate {
                min,
                max: min.saturating_add(following(0)?),
                last: min.saturating_add(following(1)?),
                avg: min.saturating_add(following(2)?),
                count: following(3)?,
            }))
        })
        .collect()
}

fn whole_day<T>(column: Vec<T>) -> Result<Vec<T>, CodecError> {
    if column.len() == BUCKETS {
        Ok(column)
    } else {
        Err(CodecError::Malformed("not the buckets of one day"))
    }
}

#[cfg(test)]
mod tests {
    use proptest::{collection::btree_set, prelude::*};

    use super::*;
    use crate::store::series::point::tests::any_point;

    proptest! {
        #[test]
        fn any_day_comes_back(points in btree_set(0..DAY_MS, 1..40)
            .prop_flat_map(|times| times.into_iter().map(|at| any_point(DAY_MS + at)).collect::<Vec<_>>()))
        {
            let mut day = Day::empty(DAY_MS);
            day.replace(&points);
            let row = day.encode(1);
            let again = Day::decode(&row).expect("decodes");
            // Averages may have been rounded; encoding them once more changes nothing.
            let second = Day::decode(&again.encode(1)).expect("decodes");
            prop_assert_eq!(&again, &second);
            for metric in Metric::ALL {
                let kind = day.task_kind(0, i64::MAX);
                prop_assert!(day.values(metric, kind).eq(again.values(metric, kind)), "{}", metric);
            }
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes: Vec<u8>) {
            let _either = decode(&bytes);
        }
    }

    #[test]
    fn one_high_sample_is_seen() {
        let mut points: Vec<_> = (0..30).map(|at| Point::empty(at * 10_000)).collect();
        for (index, point) in points.iter_mut().enumerate() {
            point.set(Column::WorkingSet, Some(if index == 17 { 100 } else { 10 }));
            point.set(Column::Limit, Some(100));
        }
        let mut day = Day::empty(0);
        day.replace(&points);
        assert_eq!(
            day.values(Metric::MemoryRatio, None).collect::<Vec<_>>(),
            [(0, [0.1, 1.0, 0.1])]
        );
        assert_eq!(
            day.working_set[0].map(|bucket| (bucket.avg, bucket.count)),
            Some((13, 30))
        );
    }
}
