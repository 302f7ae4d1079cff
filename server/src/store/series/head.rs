//! The newest samples in memory, for live charts and the overview. All of it is in `head_log` or in chunks too.

use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use foldhash::HashMap;

use super::{
    point::{Column, Point},
    stretch::{Stretch, Wanted},
    time::MINUTE,
    trail::{Row, Trail},
};

/// How much earlier than the window a sample may be and still be in memory until it is sealed.
const SLACK_MS: i64 = 5 * MINUTE;
/// The window moves in steps, so that it is not cut for every minute.
const STEP_MS: i64 = 5 * MINUTE;

/// What is stored of a sample.
pub(super) type Reading = Row<{ Column::ALL.len() }>;

/// The newest two hours of every container, and up to a quarter of an hour more while their window waits to be sealed. After a start there
/// may be less, or all that waits to be sealed.
#[derive(Debug, Default)]
pub(in crate::store) struct Head {
    inner: RwLock<Inner>,
}

#[derive(Debug)]
struct Inner {
    /// Every committed sample at or after this moment is here.
    complete_since_ms: i64,
    /// Nothing from before this moment is here. After a start it is earlier: what had not been sealed was loaded.
    cut_ms: i64,
    /// Their numbers are ours: nobody chooses them to collide.
    containers: HashMap<i64, Trail<{ Column::ALL.len() }>>,
}

impl Default for Inner {
    fn default() -> Self {
        Self {
            complete_since_ms: i64::MAX,
            cut_ms: i64::MIN,
            containers: HashMap::default(),
        }
    }
}

impl Head {
    /// Starts over with what the database has, in pieces: [`Head::load`] takes them, [`Head::restored`] is the end.
    pub(super) fn clear(&self) {
        *self.write() = Inner::default();
    }

    /// Takes a piece of what the database has.
    pub(super) fn load(&self, points: impl IntoIterator<Item = (i64, Point)>) {
        let mut inner = self.write();
        for (container, point) in points {
            inner.insert(container, point);
        }
    }

    /// Everything from then on has been loaded.
    pub(super) fn restored(&self, complete_since_ms: i64) {
        self.write().complete_since_ms = complete_since_ms;
    }

    /// Adds committed samples. Those from before the window stay in the database alone.
    pub(super) fn insert(&self, points: impl IntoIterator<Item = (i64, Point)>) {
        let mut inner = self.write();
        let since = inner.complete_since_ms.saturating_sub(SLACK_MS);
        for (container, point) in points {
            if point.at_ms >= since {
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

    /// How many containers have samples in memory.
    pub(super) fn containers(&self) -> usize {
        self.read().containers.len()
    }

    /// Forgets what is older, or a little less. All of it is sealed.
    pub(super) fn evict(&self, before_ms: i64) {
        let before_ms = before_ms - before_ms.rem_euclid(STEP_MS);
        let mut inner = self.write();
        if before_ms <= inner.cut_ms {
            return;
        }
        inner.cut_ms = before_ms;
        inner.complete_since_ms = inner.complete_since_ms.max(before_ms);
        inner.containers.retain(|_, trail| {
            trail.cut(before_ms);
            !trail.is_empty()
        });
    }

    /// Samples of a container in `from..to`, in order of time.
    pub(super) fn each(&self, container: i64, from_ms: i64, to_ms: i64, take: impl FnMut(Reading)) {
        let inner = self.read();
        if let Some(trail) = inner.containers.get(&container) {
            trail.range(from_ms, to_ms).for_each(take);
        }
    }

    /// What is wanted of them, in columns.
    pub(super) fn stretch(
        &self,
        container: i64,
        from_ms: i64,
        to_ms: i64,
        wanted: Wanted,
    ) -> Stretch {
        let mut stretch = Stretch::default();
        self.each(container, from_ms, to_ms, |reading| {
            stretch.push(&reading, wanted);
        });
        stretch
    }

    /// The newest sample of a container.
    pub(super) fn latest(&self, container: i64) -> Option<Reading> {
        self.read().containers.get(&container)?.newest()
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
        let trail = self.containers.entry(container).or_default();
        trail.insert(&point.into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn times(head: &Head, from_ms: i64, to_ms: i64) -> Vec<i64> {
        let mut times = Vec::new();
        head.each(1, from_ms, to_ms, |reading| times.push(reading.at));
        times
    }

    #[test]
    fn late_and_repeated_samples_find_their_place() {
        let head = Head::default();
        head.restored(0);
        head.insert([10, 30, 20, 30, 5].map(|at| (1, Point::empty(at))));
        assert_eq!(times(&head, 5, 30), [5, 10, 20]);
        assert_eq!(head.latest(1).map(|reading| reading.at), Some(30));
        assert_eq!(head.latest(2), None);
    }

    #[test]
    fn what_is_evicted_stays_out() {
        let head = Head::default();
        head.load([10, STEP_MS, STEP_MS + 10].map(|at| (1, Point::empty(at))));
        head.restored(0);
        head.evict(STEP_MS + 20);
        head.insert([(1, Point::empty(STEP_MS - SLACK_MS - 1))]);
        assert_eq!(times(&head, i64::MIN, i64::MAX), [STEP_MS, STEP_MS + 10]);
        assert_eq!(head.complete_since_ms(), STEP_MS);
        head.evict(2 * STEP_MS);
        assert_eq!(head.latest(1), None);
    }

    #[test]
    fn what_waited_to_be_sealed_goes_once_it_is() {
        let head = Head::default();
        head.load([0, 3 * STEP_MS, 5 * STEP_MS].map(|at| (1, Point::empty(at))));
        head.restored(4 * STEP_MS);
        head.evict(2 * STEP_MS);
        assert_eq!(times(&head, i64::MIN, i64::MAX), [3 * STEP_MS, 5 * STEP_MS]);
        assert_eq!(
            head.complete_since_ms(),
            4 * STEP_MS,
            "it reads back no farther"
        );
    }
}
