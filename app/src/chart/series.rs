//! What a chart draws: one metric as evenly spaced buckets that keep their extremes.

use domain::view::{SeriesView, SparkLine};

/// What is known of a metric within one bucket of time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bucket {
    /// The smallest sample.
    pub min: f64,
    /// The largest sample.
    pub max: f64,
    /// The latest sample.
    pub last: f64,
}

impl Bucket {
    /// A bucket of one sample.
    pub fn one(value: f64) -> Self {
        Self {
            min: value,
            max: value,
            last: value,
        }
    }

    /// This bucket and the one after it taken as one.
    #[must_use]
    pub fn then(self, next: Self) -> Self {
        Self {
            min: self.min.min(next.min),
            max: self.max.max(next.max),
            last: next.last,
        }
    }
}

/// Buckets of `step_ms` from `from_ms` on. `None` is a bucket without a sample: a gap.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Series {
    /// Start of the first bucket, milliseconds since the epoch.
    pub from_ms: i64,
    /// Length of a bucket in milliseconds.
    pub step_ms: i64,
    /// One entry per bucket.
    pub buckets: Vec<Option<Bucket>>,
}

impl Series {
    /// Start of bucket `i`.
    pub fn start(&self, i: usize) -> i64 {
        self.from_ms + self.step_ms * i as i64
    }

    /// Middle of bucket `i`, where its values are drawn.
    pub fn middle(&self, i: usize) -> i64 {
        self.start(i) + self.step_ms / 2
    }

    /// The bucket that `t` falls into.
    pub fn at(&self, t: i64) -> Option<Bucket> {
        if self.step_ms <= 0 || t < self.from_ms {
            return None;
        }
        let i = usize::try_from((t - self.from_ms) / self.step_ms).ok()?;
        *self.buckets.get(i)?
    }

    /// The latest bucket that has a sample.
    pub fn latest(&self) -> Option<Bucket> {
        self.buckets.iter().rev().find_map(|b| *b)
    }

    /// The largest sample.
    pub fn highest(&self) -> Option<f64> {
        self.buckets
            .iter()
            .flatten()
            .map(|b| b.max)
            .reduce(f64::max)
    }

    /// The sum with `other`, bucket by bucket, where both have samples on the same grid; elsewhere a gap.
    ///
    /// The extremes of a sum are bounded by the sum of the extremes; that bound is what is drawn.
    #[must_use]
    pub fn plus(&self, other: &Self) -> Self {
        let sum = |i: usize, a: &Option<Bucket>| {
            let (a, b) = ((*a)?, other.at(self.middle(i))?);
            Some(Bucket {
                min: a.min + b.min,
                max: a.max + b.max,
                last: a.last + b.last,
            })
        };
        Self {
            from_ms: self.from_ms,
            step_ms: self.step_ms,
            buckets: self
                .buckets
                .iter()
                .enumerate()
                .map(|(i, a)| sum(i, a))
                .collect(),
        }
    }
}

/// A bucket as it is told: minimum, maximum and last value.
fn told(bucket: Option<[f64; 3]>) -> Option<Bucket> {
    bucket.map(|[min, max, last]| Bucket { min, max, last })
}

impl From<&SeriesView> for Series {
    fn from(view: &SeriesView) -> Self {
        Self {
            from_ms: view.from.timestamp_millis(),
            step_ms: view.step_ms,
            buckets: view.buckets().map(told).collect(),
        }
    }
}

impl From<&SparkLine> for Series {
    fn from(line: &SparkLine) -> Self {
        Self {
            from_ms: line.from_ms,
            step_ms: line.step_ms,
            buckets: line.buckets().map(told).collect(),
        }
    }
}
