//! The newest samples in memory, for live charts and the overview. All of it is in `head_log` or in chunks too.

use std::{
    collections::{HashMap, VecDeque},
    sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
};

use super::point::Point;

/// A sample may lie a little before its tick, which decides when it is sealed.
const SLACK_MS: i64 = 5 * 60 * 1000;

/// The newest two to four hours of every container.
#[derive(Debug, Default)]
pub(in crate::store) struct Head {
    inner: RwLock<Inner>,
}

#[derive(Debug)]
struct Inner {
    /// Every committed sample at or after this moment is here.
    complete_since_ms: i64,
    containers: HashMap<i64, VecDeque<Point>>,
}

impl Default for Inner {
    fn default() -> Self {
        Self {
            complete_since_ms: i64::MAX,
            containers: HashMap::new(),
        }
    }
}

impl Head {
    /// Starts over with what the database has.
    pub(super) fn restore(
        &self,
        complete_since_ms: i64,
        points: impl IntoIterator<Item = (i64, Point)>,
    ) {
        let mut inner = self.write();
        *inner = Inner {
            complete_since_ms,
            containers: HashMap::new(),
        };
        for (container, point) in points {
            inner.insert(container, point);
        }
    }

    /// Adds committed samples. Those from before the window stay in the database alone.
    pub(super) fn insert(&self, points: impl IntoIterator<Item = (i64, Point)>) {
        let mut inner = self.write();
        for (container, point) in points {
            if point.at_ms >= inner.complete_since_ms.saturating_sub(SLACK_MS) {
                inner.insert(container, point);
            }
        }
    }

    /// Every committed sample at or after this moment is in memory.
    pub(super) fn complete_since_ms(&self) -> i64 {
        self.read().complete_since_ms
    }

    /// Nothing from before this moment is in memory, not even what came late: it is sealed, or will be seen once it is.
    pub(super) fn sealed_until_ms(&self) -> i64 {
        self.complete_since_ms().saturating_sub(SLACK_MS)
    }

    /// Forgets what is older.
    pub(super) fn evict(&self, before_ms: i64) {
        let mut inner = self.write();
        if before_ms <= inner.complete_since_ms {
            return;
        }
        inner.complete_since_ms = before_ms;
        inner.containers.retain(|_, points| {
            let kept = points.partition_point(|point| point.at_ms < before_ms);
            points.drain(..kept);
            !points.is_empty()
        });
    }

    /// Samples of a container in `from..to`, in order of time.
    pub(super) fn range(&self, container: i64, from_ms: i64, to_ms: i64) -> Vec<Point> {
        let inner = self.read();
        let Some(points) = inner.containers.get(&container) else {
            return Vec::new();
        };
        let begin = points.partition_point(|point| point.at_ms < from_ms);
        let end = points.partition_point(|point| point.at_ms < to_ms);
        points.range(begin..end.max(begin)).copied().collect()
    }

    /// The newest sample of a container.
    pub(super) fn latest(&self, container: i64) -> Option<Point> {
        self.read().containers.get(&container)?.back().copied()
    }

    // A panic while the lock was held cannot leave a window half changed in a way that matters: it is a cache.
    fn read(&self) -> RwLockReadGuard<'_, Inner> {
        self.inner.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Inner> {
        self.inner.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn insert(&mut self, container: i64, point: Point) {
        let points = self.containers.entry(container).or_default();
        if points.back().is_none_or(|last| last.at_ms < point.at_ms) {
            points.push_back(point);
            return;
        }
        let place = points.partition_point(|known| known.at_ms < point.at_ms);
        match points.get_mut(place) {
            Some(known) if known.at_ms == point.at_ms => *known = point,
            _ => points.insert(place, point),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn times(points: &[Point]) -> Vec<i64> {
        points.iter().map(|point| point.at_ms).collect()
    }

    #[test]
    fn late_and_repeated_samples_find_their_place() {
        let head = Head::default();
        head.restore(0, []);
        head.insert([10, 30, 20, 30, 5].map(|at| (1, Point::empty(at))));
        assert_eq!(times(&head.range(1, 5, 30)), [5, 10, 20]);
        assert_eq!(head.latest(1).map(|point| point.at_ms), Some(30));
        assert!(head.range(2, 0, 100).is_empty());
    }

    #[test]
    fn what_is_evicted_stays_out() {
        let head = Head::default();
        head.restore(0, [10, 20, 30].map(|at| (1, Point::empty(at))));
        head.evict(20);
        head.insert([(1, Point::empty(20 - SLACK_MS - 1))]);
        assert_eq!(times(&head.range(1, i64::MIN, 100)), [20, 30]);
        assert_eq!(head.complete_since_ms(), 20);
        head.evict(40);
        assert_eq!(head.latest(1), None);
    }
}
