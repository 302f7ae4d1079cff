//! The ends of runs of the last month, in memory: how often each workload restarted, why it did last, and the marks under its line.
//!
//! Ends come in as they are committed; what was in the ledger before is read once. Telling the same end again replaces it, so it does not matter
//! in which order that happens.

mod end;

use std::{
    collections::{HashMap, HashSet},
    sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
};

use chrono::TimeDelta;
use domain::{
    Timestamp,
    ids::{RestartId, WorkloadId},
};
use futures::TryStreamExt as _;
use sqlx::PgPool;

use self::end::MONTH;
pub(super) use self::end::{End, count, last, within};
use super::{
    error::{StoreError, While},
    text,
};

const DOING: &str = "reading the newest restarts";

/// Ends that are so much older than a month are let go of, unless they are the newest of their workload.
const SLACK: TimeDelta = TimeDelta::days(1);

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Ends {
    inner: RwLock<Inner>,
    /// Held while the ledger is read, so that it is read once.
    filling: tokio::sync::Mutex<()>,
}

#[derive(Debug, Default)]
struct Inner {
    /// Every end after this moment is here, and the newest of every workload.
    since: Option<Timestamp>,
    /// How often everything was let go of.
    round: u64,
    /// Oldest first.
    workloads: HashMap<WorkloadId, Vec<End>>,
}

impl Ends {
    /// Looks at the ends by workload, as of `now`: nothing is missing that was committed before and ended within a month.
    pub(super) async fn read(
        &self,
        pool: &PgPool,
        now: Timestamp,
    ) -> Result<Reading<'_>, StoreError> {
        let from = now - MONTH;
        if let Some(reading) = self.reading(from) {
            return Ok(reading);
        }
        let _once = self.filling.lock().await;
        loop {
            if let Some(reading) = self.reading(from) {
                return Ok(reading);
            }
            self.fill(pool, from).await?;
        }
    }

    fn reading(&self, from: Timestamp) -> Option<Reading<'_>> {
        let inner = self.lock();
        let known = inner.since.is_some_and(|since| since <= from);
        known.then_some(Reading(inner))
    }

    async fn fill(&self, pool: &PgPool, from: Timestamp) -> Result<(), StoreError> {
        let round = self.lock().round;
        let mut tx = pool.begin().await.during(DOING)?;
        // A million take seconds.
        sqlx::query!("SET LOCAL statement_timeout = '120s'")
            .execute(&mut *tx)
            .await
            .during(DOING)?;
        let mut rows = sqlx::query!(
            r#"SELECT workload_id AS "workload!", id AS "id!", ended_at AS "at!", cause AS "cause!", confidence AS "confidence!",
                      counts AS "counts!"
               FROM restart WHERE ended_at > $1
               UNION ALL
               SELECT newest.workload_id, newest.id, newest.ended_at, newest.cause, newest.confidence, newest.counts
               FROM workload w CROSS JOIN LATERAL (
                   SELECT * FROM restart WHERE workload_id = w.id ORDER BY ended_at DESC, id DESC LIMIT 1
               ) newest
               WHERE newest.ended_at <= $1"#,
            from,
        )
        .fetch(&mut *tx);
        let mut found = HashMap::<_, Vec<_>>::new();
        while let Some(row) = rows.try_next().await.during(DOING)? {
            let cause = text::cause(&row.cause, DOING)?;
            let confidence = text::confidence(&row.confidence, DOING)?;
            let end = End::new(RestartId(row.id), row.at, (cause, confidence), row.counts);
            found.entry(WorkloadId(row.workload)).or_default().push(end);
        }
        for ends in found.values_mut() {
            ends.sort_unstable();
            ends.shrink_to_fit();
        }
        let mut inner = self.lock_to_write();
        // Otherwise what was read may be from before something that nobody told us.
        if inner.round == round {
            for (workload, ends) in found {
                inner.add(workload, ends);
            }
            inner.since = Some(from);
        }
        Ok(())
    }

    /// Announces that ends are about to be committed. Until it is settled it is not known whether they were: should it never be, the
    /// ledger is read anew.
    pub(super) const fn announce(&self) -> Announced<'_> {
        Announced(Some(self))
    }

    /// Lets go of ends before a moment: they are gone from the ledger.
    pub(super) fn forget(&self, before: Timestamp) {
        self.lock_to_write().workloads.retain(|_, ends| {
            ends.retain(|end| end.at() >= before);
            !ends.is_empty()
        });
    }

    // A panic while the lock was held leaves at worst an end that is missing until the next start.
    fn lock(&self) -> RwLockReadGuard<'_, Inner> {
        self.inner.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn lock_to_write(&self) -> RwLockWriteGuard<'_, Inner> {
        self.inner.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    /// Adds what was read, in its order. What is here already was told later.
    fn add(&mut self, workload: WorkloadId, mut read: Vec<End>) {
        let told = self.workloads.entry(workload).or_default();
        if !told.is_empty() {
            let known: HashSet<_> = told.iter().map(End::restart).collect();
            read.retain(|end| !known.contains(&end.restart()));
            read.append(told);
            read.sort();
        }
        *told = read;
    }

    /// Adds an end that was committed, or replaces it.
    fn put(&mut self, workload: WorkloadId, end: End) {
        let ends = self.workloads.entry(workload).or_default();
        // Nearly always among the newest.
        if let Some(known) = ends
            .iter()
            .rposition(|told| told.restart() == end.restart())
        {
            ends.remove(known);
        }
        let place = ends.partition_point(|told| *told < end);
        ends.insert(place, end);
        let Some(newest) = ends.last() else { return };
        let begin = newest.at() - MONTH - SLACK;
        let old = ends.partition_point(|told| told.at() <= begin);
        if old > 0 {
            ends.drain(..old);
            self.since = self.since.map(|since| since.max(begin));
        }
    }
}

/// Ends that may be committed or not.
pub(super) struct Announced<'a>(Option<&'a Ends>);

impl Announced<'_> {
    /// They were.
    pub(super) fn settle(mut self, ends: impl IntoIterator<Item = (WorkloadId, End)>) {
        let Some(known) = self.0.take() else { return };
        let mut inner = known.lock_to_write();
        for (workload, end) in ends {
            inner.put(workload, end);
        }
    }
}

impl Drop for Announced<'_> {
    fn drop(&mut self) {
        if let Some(known) = self.0 {
            let mut inner = known.lock_to_write();
            *inner = Inner {
                round: inner.round + 1,
                ..Inner::default()
            };
        }
    }
}

/// All ends, which wait to be changed for as long as this is held.
pub(super) struct Reading<'a>(RwLockReadGuard<'a, Inner>);

impl Reading<'_> {
    /// Those of a workload, the oldest first.
    pub(super) fn of(&self, workload: WorkloadId) -> &[End] {
        self.0.workloads.get(&workload).map_or(&[], Vec::as_slice)
    }
}

#[cfg(test)]
mod tests {
    use domain::verdict::{Cause, Confidence};

    use super::*;

    const ONE: WorkloadId = WorkloadId(1);

    fn at(minutes: i64) -> Timestamp {
        Timestamp::from_timestamp(minutes * 60, 0).expect("in range")
    }

    fn end(restart: i64, minutes: i64) -> End {
        let verdict = (Cause::OutOfMemory, Confidence::Confirmed);
        End::new(RestartId(restart), at(minutes), verdict, true)
    }

    fn known(ends: &Ends) -> Vec<i64> {
        let inner = ends.lock();
        let known = inner.workloads.get(&ONE).into_iter().flatten();
        known.map(|end| end.restart().0).collect()
    }

    #[test]
    fn what_was_told_replaces_what_is_known_and_what_is_read_later_does_not() {
        let ends = Ends::default();
        ends.announce()
            .settle([(ONE, end(2, 20)), (ONE, end(1, 10))]);
        let completed = end(1, 30);
        ends.announce().settle([(ONE, completed)]);
        assert_eq!(known(&ends), [2, 1]);
        ends.lock_to_write()
            .add(ONE, vec![end(0, 5), end(1, 10), end(2, 20)]);
        assert_eq!(known(&ends), [0, 2, 1]);
        assert_eq!(ends.lock().workloads[&ONE].last(), Some(&completed));
    }

    #[test]
    fn old_ends_go_but_the_newest_stays() {
        const DAY: i64 = 24 * 60;
        let ends = Ends::default();
        ends.lock_to_write().since = Some(at(0));
        for (id, day) in [(1, 1), (2, 2), (3, 33)] {
            ends.announce().settle([(ONE, end(id, day * DAY))]);
        }
        assert_eq!(known(&ends), [3]);
        assert_eq!(ends.lock().since, Some(at(2 * DAY)));
        ends.forget(at(33 * DAY));
        assert_eq!(known(&ends), [3]);
        ends.forget(at(34 * DAY));
        assert_eq!(known(&ends), [0; 0]);
    }

    #[test]
    fn after_a_commit_that_was_cut_off_nothing_is_taken_for_known() {
        let ends = Ends::default();
        ends.lock_to_write().since = Some(at(0));
        ends.announce().settle([(ONE, end(1, 1))]);
        let round = ends.lock().round;
        drop(ends.announce());
        assert_eq!(known(&ends), [0; 0]);
        assert_eq!(ends.lock().since, None);
        assert_ne!(ends.lock().round, round);
    }
}
