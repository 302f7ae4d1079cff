//! The last day of every container in quarters of an hour, in memory: what the sparklines of the overview are drawn from.
//!
//! A quarter says minimum, maximum and last value of each of three lines, as numbers that are exact to a ten-millionth: finer than any
//! pixel. A container takes 48 bytes for each quarter in which it was seen, 4.7 KB for a whole day, 47 MB for ten thousand of them.
//! Samples come in as they are committed; what was sealed before this process began is added once, from rollups. Adding the same thing
//! again changes nothing, so it does not matter in which order that happens.

mod quarters;

use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use domain::{
    ids::ContainerKey,
    metric::{Metric, TaskKind},
    view::SparkLine,
};
use foldhash::HashMap;

use self::quarters::{Line, QUARTER_MS, Quarter, Quarters, moment};
use super::{
    grid::Grid,
    point::Point,
    roll::{BUCKET_MS, Rolled},
    time::DAY,
};

/// See the module.
#[derive(Debug, Default)]
pub(in crate::store) struct Day {
    inner: RwLock<Inner>,
    /// Held while what was sealed is read, so that it is read once.
    pub(super) filling: tokio::sync::Mutex<()>,
}

#[derive(Debug, Default)]
struct Inner {
    /// What was sealed before the start is here too.
    whole: bool,
    /// Nothing from before this quarter is taken.
    since: i64,
    /// Their numbers are ours: nobody chooses them to collide.
    containers: HashMap<i64, Quarters>,
}

impl Day {
    /// Adds committed samples.
    pub(super) fn insert<'a>(&self, points: impl IntoIterator<Item = &'a (i64, Point)>) {
        let mut inner = self.write();
        let since = inner.since;
        for (container, point) in points {
            let number = point.at_ms.div_euclid(QUARTER_MS);
            if number < since {
                continue;
            }
            let quarters = inner.containers.entry(*container).or_default();
            if let Some(quarter) = quarters.at(number) {
                quarter.add(point);
            }
        }
    }

    /// Adds rollups of five minutes.
    pub(super) fn insert_rolled<'a>(
        &self,
        rollups: impl IntoIterator<Item = (&'a i64, &'a Vec<Rolled>)>,
    ) {
        let mut inner = self.write();
        let since = inner.since;
        for (container, rolled) in rollups {
            let quarters = inner.containers.entry(*container).or_default();
            let mut add = |line, kind, (at_ms, values): (i64, [f64; 3])| {
                let number = at_ms.div_euclid(QUARTER_MS);
                if number < since {
                    return;
                }
                if let Some(quarter) = quarters.at(number) {
                    // As old as the end of its bucket: what is added of the same time is known to it.
                    let newest = moment(at_ms + BUCKET_MS - 1);
                    quarter.add_line(line, kind, values.map(|value| value as f32), newest);
                }
            };
            for rolled in rolled {
                for values in rolled.values(Metric::MemoryRatio, None) {
                    add(Line::Ratio, None, values);
                }
                for values in rolled.values(Metric::MemoryWorkingSetBytes, None) {
                    add(Line::Bytes, None, values);
                }
                for kind in TaskKind::ALL {
                    for values in rolled.values(Metric::Tasks, Some(kind)) {
                        add(Line::Tasks, Some(kind), values);
                    }
                }
            }
            if quarters.0.is_empty() {
                inner.containers.remove(container);
            }
        }
    }

    /// Lets go of what is older than a day.
    pub(super) fn evict(&self, now_ms: i64) {
        let since = first(now_ms);
        let mut inner = self.write();
        if since <= inner.since {
            return;
        }
        inner.since = since;
        inner.containers.retain(|_, Quarters(quarters)| {
            let old = quarters.partition_point(|quarter| i64::from(quarter.number) < since);
            quarters.drain(..old);
            !quarters.is_empty()
        });
    }

    /// Starts over: nothing is known, and samples from before the day that ends now will not be.
    pub(super) fn clear(&self, now_ms: i64) {
        *self.write() = Inner {
            since: first(now_ms),
            ..Inner::default()
        };
    }

    /// Nothing from before this moment is here.
    pub(super) fn begin_ms(&self) -> i64 {
        self.read().since * QUARTER_MS
    }

    /// What was sealed before the start is here too.
    pub(super) fn is_whole(&self) -> bool {
        self.read().whole
    }

    /// Says so.
    pub(super) fn set_whole(&self) {
        self.write().whole = true;
    }

    /// The lines of groups of containers, each with the newest last, over a stretch of time of a day at most.
    pub(super) fn lines<'a>(
        &self,
        groups: impl IntoIterator<Item = &'a [ContainerKey]>,
        from_ms: i64,
        to_ms: i64,
    ) -> Vec<Lines> {
        let grid = Grid::of_steps(from_ms, to_ms, QUARTER_MS);
        let inner = self.read();
        groups
            .into_iter()
            .map(|containers| {
                let quarters: Vec<&[Quarter]> = containers
                    .iter()
                    .filter_map(|container| inner.containers.get(&container.0))
                    .map(|quarters| quarters.within(grid))
                    .collect();
                let line = |line, metric| draw(&quarters, line, metric, grid);
                Lines {
                    memory: line(Line::Ratio, Metric::MemoryRatio)
                        .or_else(|| line(Line::Bytes, Metric::MemoryWorkingSetBytes)),
                    tasks: line(Line::Tasks, Metric::Tasks),
                }
            })
            .collect()
    }

    // A panic while the lock was held leaves at worst a quarter without its newest sample.
    fn read(&self) -> RwLockReadGuard<'_, Inner> {
        self.inner.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Inner> {
        self.inner.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the sparklines of a workload are drawn from; `None` where there is no value at all.
#[derive(Clone, Debug, Default, PartialEq)]
pub(in crate::store) struct Lines {
    /// Share of the limit, or bytes when there is no limit.
    pub(in crate::store) memory: Option<SparkLine>,
    /// Task count.
    pub(in crate::store) tasks: Option<SparkLine>,
}

/// The first quarter of the day that ends now.
const fn first(now_ms: i64) -> i64 {
    (now_ms - DAY).div_euclid(QUARTER_MS)
}

/// Of several containers in one quarter, the later one says the last value.
fn draw(containers: &[&[Quarter]], line: Line, metric: Metric, grid: Grid) -> Option<SparkLine> {
    let with_values = || {
        let quarters = containers.iter().copied().flatten();
        quarters.filter(|quarter| quarter.get(line).is_some())
    };
    // The most telling kind of task count. The others would be another quantity in the same line.
    let kind = match line {
        Line::Tasks => with_values().filter_map(|quarter| quarter.kind).min(),
        Line::Ratio | Line::Bytes => None,
    };
    let mut buckets: Vec<Option<[f64; 3]>> = vec![None; grid.len];
    let first = grid.from_ms.div_euclid(QUARTER_MS);
    for quarter in with_values() {
        if matches!(line, Line::Tasks) && quarter.kind != kind {
            continue;
        }
        let place = usize::try_from(i64::from(quarter.number) - first).unwrap_or(usize::MAX);
        let (Some([min, max, last]), Some(bucket)) = (quarter.get(line), buckets.get_mut(place))
        else {
            continue;
        };
        *bucket = Some(match bucket {
            Some([lowest, highest, _]) => [lowest.min(min), highest.max(max), last],
            None => [min, max, last],
        });
    }
    SparkLine::new((metric, kind), (grid.from_ms, grid.step_ms), &buckets)
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;
    use crate::store::series::{point::Column, roll};

    const ONE: &[ContainerKey] = &[ContainerKey(1)];

    fn point(at_ms: i64, pages: u64, tasks: Option<(u64, u64)>) -> (i64, Point) {
        let mut point = Point::empty(at_ms);
        point.set(Column::WorkingSet, Some(pages * 4096));
        point.set(Column::Limit, Some(1 << 30));
        point.set(Column::Tasks, tasks.map(|(count, _)| count));
        point.set(Column::TaskKind, tasks.map(|(_, kind)| kind));
        (1, point)
    }

    fn points() -> impl Strategy<Value = Vec<(i64, Point)>> {
        let tasks = prop::option::of((1..500_u64, 1..=5_u64));
        let one = (0..DAY / 10_000, 1..100_000_u64, tasks);
        vec(one, 1..200).prop_map(|mut all| {
            // One at each moment: of two, the store keeps one.
            all.sort_by_key(|(tick, ..)| *tick);
            all.dedup_by_key(|(tick, ..)| *tick);
            let of = |(tick, pages, tasks)| point(tick * 10_000, pages, tasks);
            all.into_iter().map(of).collect()
        })
    }

    fn lines(day: &Day) -> Lines {
        day.lines([ONE], 0, DAY).remove(0)
    }

    proptest! {
        #[test]
        fn samples_and_their_rollups_say_the_same_in_any_order(points in points(), cut in 0..DAY) {
            let at_once = Day::default();
            at_once.insert(&points);

            let by_and_by = Day::default();
            let (older, newer): (Vec<_>, Vec<_>) = points.iter().partition(|(_, point)| point.at_ms < cut / BUCKET_MS * BUCKET_MS);
            by_and_by.insert(newer);
            let older: Vec<Point> = older.into_iter().map(|(_, point)| *point).collect();
            let rolled = roll::Rolled::decode(0, DAY, &roll::encode(0, DAY, &older)).expect("decodes");
            for _twice in 0..2 {
                by_and_by.insert_rolled([(&1, &vec![rolled.clone()])]);
            }
            prop_assert_eq!(lines(&at_once), lines(&by_and_by));

            let backwards = Day::default();
            backwards.insert(points.iter().rev());
            prop_assert_eq!(lines(&at_once), lines(&backwards));
        }
    }

    #[test]
    fn a_spike_is_seen_and_the_last_value_is_the_last() {
        let day = Day::default();
        day.insert(
            &[(10, 5), (20, 900), (30, 7)].map(|(at, pages)| point(at * 1_000, pages, None)),
        );
        let memory = lines(&day).memory.expect("has values");
        let buckets: Vec<_> = memory.buckets().collect();
        let pages = buckets[0]
            .expect("was seen")
            .map(|share| (share * f64::from(1 << 18)).round() as u64);
        assert_eq!(pages, [5, 900, 7]);
        assert_eq!((buckets.len(), buckets[1]), (96, None));
    }

    #[test]
    fn what_is_older_than_a_day_is_gone_and_stays_out() {
        let day = Day::default();
        day.insert(&[point(0, 1, None), point(DAY, 2, None)]);
        day.evict(2 * DAY);
        day.insert(&[point(0, 1, None)]);
        assert_eq!(lines(&day), Lines::default());
        assert!(day.lines([ONE], DAY, 2 * DAY)[0].memory.is_some());
        day.evict(2 * DAY + QUARTER_MS);
        assert!(day.read().containers.is_empty());
    }
}
