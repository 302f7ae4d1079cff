//! How late a sample may be.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use domain::{Timestamp, ids::SourceId};

use super::time::DAY;

/// Samples of a source that are so much older than the newest one before them are refused: a week, as a partition of finished days has.
/// What an outage of the database leaves in memory is hours old at most; older samples come from a clock that was set or a replay gone
/// wrong, and each of them would have a whole day decompressed, and compressed again. History is not late: it is written from its begin,
/// and only its own newest sample counts.
const LATE_MS: i64 = 7 * DAY;

/// The newest stored sample of each source, as far as this process has written it: after a start the first samples are never late.
#[derive(Debug, Default)]
pub(in crate::store) struct Frontier(Mutex<HashMap<SourceId, i64>>);

impl Frontier {
    /// Samples of a source from before this moment are too late. A sample from the future, of a clock that was wrong, makes none late
    /// that is not late by ours.
    pub(super) fn bound(&self, source: SourceId, now: Timestamp) -> i64 {
        let newest = self.lock().get(&source).copied();
        newest.map_or(i64::MIN, |newest| {
            newest.min(now.timestamp_millis()) - LATE_MS
        })
    }

    /// Takes note of stored samples.
    pub(super) fn advance(&self, source: SourceId, newest_ms: i64) {
        let mut frontier = self.lock();
        let newest = frontier.entry(source).or_insert(newest_ms);
        *newest = (*newest).max(newest_ms);
    }

    // A panic while the lock was held leaves a number that was right.
    fn lock(&self) -> MutexGuard<'_, HashMap<SourceId, i64>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: SourceId = SourceId(1);

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_timestamp_millis(ms).expect("in range")
    }

    #[test]
    fn history_is_not_late_and_what_comes_after_it_may_be() {
        let (frontier, now) = (Frontier::default(), at(40 * DAY));
        assert_eq!(frontier.bound(SOURCE, now), i64::MIN);
        frontier.advance(SOURCE, 10 * DAY);
        frontier.advance(SOURCE, 9 * DAY);
        assert_eq!(frontier.bound(SOURCE, now), 10 * DAY - LATE_MS);
        assert_eq!(frontier.bound(SourceId(2), now), i64::MIN);
    }

    #[test]
    fn a_clock_that_was_ahead_makes_nothing_late() {
        let frontier = Frontier::default();
        frontier.advance(SOURCE, 400 * DAY);
        assert_eq!(frontier.bound(SOURCE, at(40 * DAY)), 40 * DAY - LATE_MS);
    }
}
