//! The buckets of an answer: equal steps at round times, so that the same question a second later has the same buckets.

use chrono::{DateTime, Utc};
use domain::{
    metric::{Metric, TaskKind},
    view::SeriesView,
};

use super::time::{DAY, HOUR, MINUTE, SECOND, begin};

/// Steps people can read off an axis. All from five minutes on are multiples of a rollup's bucket. Beyond them the day is doubled.
const STEPS: [i64; 20] = [
    SECOND,
    2 * SECOND,
    5 * SECOND,
    10 * SECOND,
    15 * SECOND,
    20 * SECOND,
    30 * SECOND,
    MINUTE,
    2 * MINUTE,
    5 * MINUTE,
    10 * MINUTE,
    15 * MINUTE,
    20 * MINUTE,
    30 * MINUTE,
    HOUR,
    2 * HOUR,
    3 * HOUR,
    6 * HOUR,
    12 * HOUR,
    DAY,
];

/// Buckets of `step_ms` that cover a stretch of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Grid {
    pub(super) from_ms: i64,
    pub(super) step_ms: i64,
    pub(super) len: usize,
}

impl Grid {
    /// The finest grid over `from..to` with at most `points` buckets, none shorter than `at_least_ms`. It begins at or before
    /// `from` and ends at or after `to`.
    pub(super) fn cover(from_ms: i64, to_ms: i64, points: usize, at_least_ms: i64) -> Self {
        let from_ms = from_ms.max(0);
        let to_ms = to_ms.max(from_ms + 1);
        let doubled_days = std::iter::successors(Some(2 * DAY), |step| step.checked_mul(2));
        let mut grid = Self {
            from_ms: 0,
            step_ms: i64::MAX,
            len: 1,
        };
        for step_ms in STEPS
            .into_iter()
            .chain(doubled_days)
            .filter(|step| *step >= at_least_ms)
        {
            let begin = from_ms / step_ms;
            let len = (to_ms - 1) / step_ms + 1 - begin;
            if len <= points.max(1) as i64 {
                grid = Self {
                    from_ms: begin * step_ms,
                    step_ms,
                    len: len as usize,
                };
                break;
            }
        }
        grid
    }

    /// The grid in steps of `step_ms` that covers `from..to`.
    pub(super) const fn of_steps(from_ms: i64, to_ms: i64, step_ms: i64) -> Self {
        let from_ms = begin(from_ms, step_ms);
        let steps = (to_ms - from_ms + step_ms - 1) / step_ms;
        Self {
            from_ms,
            step_ms,
            len: if steps > 1 { steps as usize } else { 1 },
        }
    }

    /// The longest step of a [`Grid::whole`].
    pub(super) const WHOLE_MS: i64 = 10 * MINUTE;

    /// The stretch that holds every grid over `from..to` in steps of up to ten minutes, which all of them divide.
    pub(super) const fn whole(from_ms: i64, to_ms: i64) -> (i64, i64) {
        const WHOLE: i64 = Grid::WHOLE_MS;
        let end = to_ms.saturating_add(WHOLE - 1);
        (
            from_ms - from_ms.rem_euclid(WHOLE),
            end - end.rem_euclid(WHOLE),
        )
    }

    /// End of the last bucket.
    pub(super) const fn to_ms(self) -> i64 {
        self.from_ms
            .saturating_add(self.step_ms.saturating_mul(self.len as i64))
    }
}

/// The shortest step from `at_least_ms` to [`Grid::WHOLE_MS`] in which hardly a bucket stays empty: all but one in fifty samples follow the
/// one before within it. Polls are five minutes apart at most: what is rarer is no rhythm.
pub(super) fn natural_step(times: &[i64], at_least_ms: i64) -> i64 {
    let most = match times.len() {
        0 | 1 => 0,
        times => (times - 2) * 49 / 50 + 1,
    };
    STEPS
        .into_iter()
        .filter(|step| (at_least_ms..Grid::WHOLE_MS).contains(step))
        .find(|step| {
            let pairs = times.windows(2);
            pairs.filter(|pair| pair[1] - pair[0] <= *step).count() >= most
        })
        .unwrap_or(Grid::WHOLE_MS)
}

#[derive(Clone, Copy, Debug)]
struct Bucket {
    min: f64,
    max: f64,
    last: f64,
    last_ms: i64,
}

/// A series in the making.
#[derive(Debug)]
pub(super) struct Buckets {
    grid: Grid,
    buckets: Vec<Option<Bucket>>,
}

impl Buckets {
    pub(super) fn new(grid: Grid) -> Self {
        Self {
            grid,
            buckets: vec![None; grid.len],
        }
    }

    /// Adds values, in order of time.
    pub(super) fn add_all(&mut self, values: impl Iterator<Item = (i64, f64)>) {
        // Where the value before was: a bucket has several, and finding it is a division.
        let (mut index, mut within) = (0, 0..0);
        for (at_ms, value) in values {
            if !within.contains(&at_ms) {
                let since = at_ms - self.grid.from_ms;
                index = since.div_euclid(self.grid.step_ms);
                let begin = at_ms - since.rem_euclid(self.grid.step_ms);
                within = begin..begin + self.grid.step_ms;
            }
            self.add(index, at_ms, [value; 3]);
        }
    }

    /// Adds minimum, maximum and last of several values. Of two at one moment, the one that is added later is the last.
    pub(super) fn add_range(&mut self, at_ms: i64, values: [f64; 3]) {
        let index = (at_ms - self.grid.from_ms).div_euclid(self.grid.step_ms);
        self.add(index, at_ms, values);
    }

    fn add(&mut self, index: i64, at_ms: i64, [min, max, last]: [f64; 3]) {
        let index = usize::try_from(index).unwrap_or(usize::MAX);
        match self.buckets.get_mut(index) {
            None => {}
            Some(empty @ None) => {
                *empty = Some(Bucket {
                    min,
                    max,
                    last,
                    last_ms: at_ms,
                });
            }
            Some(Some(bucket)) => {
                bucket.min = bucket.min.min(min);
                bucket.max = bucket.max.max(max);
                if at_ms >= bucket.last_ms {
                    (bucket.last, bucket.last_ms) = (last, at_ms);
                }
            }
        }
    }

    /// The finished series.
    pub(super) fn into_view(self, metric: Metric, kind: Option<TaskKind>) -> SeriesView {
        let column = |value: fn(&Bucket) -> f64| {
            self.buckets
                .iter()
                .map(|bucket| bucket.as_ref().map(value))
                .collect()
        };
        SeriesView {
            metric,
            unit: metric.unit(),
            kind,
            from: DateTime::<Utc>::from_timestamp_millis(self.grid.from_ms).unwrap_or_default(),
            step_ms: self.grid.step_ms,
            min: column(|bucket| bucket.min),
            max: column(|bucket| bucket.max),
            last: column(|bucket| bucket.last),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_grid_covers_what_was_asked_for(from: i64, length in 1_i64..1 << 50, points in 1_usize..5_000, at_least in 0..DAY) {
            let from = from.rem_euclid(1 << 50);
            let grid = Grid::cover(from, from + length, points, at_least);
            prop_assert!(grid.from_ms <= from && from + length <= grid.to_ms());
            prop_assert!(grid.len >= 1 && grid.len <= points);
            prop_assert!(grid.step_ms >= at_least && grid.from_ms % grid.step_ms == 0);
        }
    }

    #[test]
    fn thirty_days_in_1500_points_are_half_hours() {
        let grid = Grid::cover(0, 30 * DAY, 1_500, 0);
        assert_eq!((grid.step_ms, grid.len), (30 * MINUTE, 1_440));
    }

    #[test]
    fn an_outage_does_not_make_steps_coarse() {
        let mut times: Vec<i64> = (0..100).map(|index| index * 10_000).collect();
        times.extend((0..100).map(|index| 10_000_000 + index * 10_000));
        assert_eq!(natural_step(&times, SECOND), 10_000);
        assert_eq!(natural_step(&times, MINUTE), MINUTE);
        assert_eq!(natural_step(&[], 2 * SECOND), 2 * SECOND);
        // Of two distances the shorter one is a rhythm.
        assert_eq!(natural_step(&[0, 5_000, 65_000], SECOND), 5_000);
        let hours: Vec<i64> = (0..9).map(|index| index * HOUR).collect();
        assert_eq!(natural_step(&hours, SECOND), Grid::WHOLE_MS);
    }
}
