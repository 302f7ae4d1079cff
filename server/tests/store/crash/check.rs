//! What must be there, and what is.

use std::collections::BTreeSet;

use chrono::{DurationRound, TimeDelta};
use domain::{Timestamp, sample::Sample, view::RestartQuery};
use server::store::{Store, StoreError};
use sqlx::{Connection, PgConnection};

use super::{
    KEEP_DAYS,
    driver::RESTART_EVERY,
    fleet::{self, CONTAINERS, Fleet, Reading},
    journal::Entry,
};

/// Everything that was acknowledged and is not too old.
#[derive(Debug, Default)]
pub(super) struct Model {
    samples: BTreeSet<Reading>,
    restarts: BTreeSet<u64>,
    /// The last tick of which something was tried.
    pub(super) newest: u64,
    /// Samples that were ever acknowledged.
    pub(super) acknowledged: u64,
}

/// What was found to be wrong.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) lost: u64,
    pub(super) duplicated: u64,
    pub(super) wrong: u64,
    /// The first few of them, in words.
    pub(super) cases: Vec<String>,
}

impl Tally {
    pub(super) fn is_clean(&self) -> bool {
        self.lost + self.duplicated + self.wrong == 0
    }

    fn note(&mut self, case: String) {
        if self.cases.len() < 20 {
            self.cases.push(case);
        }
    }
}

impl Model {
    pub(super) fn new() -> Self {
        Self {
            newest: fleet::FIRST,
            ..Self::default()
        }
    }

    /// Hears what the driver says.
    pub(super) fn hear(&mut self, fleet: &Fleet, entry: &Entry) {
        let mut acknowledge = |readings: Vec<Reading>| {
            self.acknowledged += readings.len() as u64;
            self.samples.extend(readings);
        };
        match *entry {
            Entry::Tick(tick) => self.newest = self.newest.max(tick),
            Entry::Poll { source, tick } => acknowledge(fleet.poll(source, tick)),
            Entry::Late { source, tick } => acknowledge(fleet.late(source, tick)),
            Entry::Restart(tick) => {
                self.restarts.insert(tick);
            }
            Entry::Begin(_) | Entry::End(_) | Entry::Failed(_) => {}
        }
    }

    /// Retention may have removed what is older.
    fn horizon(&self) -> Timestamp {
        fleet::time(self.newest) - TimeDelta::days(i64::from(KEEP_DAYS))
    }

    /// What is from then on waits in the head: windows of two hours are sealed five minutes after their end.
    fn unsealed(&self) -> Timestamp {
        let ended = fleet::time(self.newest) - TimeDelta::minutes(5);
        ended.duration_trunc(TimeDelta::hours(2)).unwrap()
    }

    /// Compares everything with a store that was opened just now.
    pub(super) async fn check(
        &mut self,
        fleet: &Fleet,
        store: &Store,
        url: &str,
        tally: &mut Tally,
    ) -> Result<(), StoreError> {
        let (horizon, now) = (self.horizon(), fleet::time(self.newest));
        self.samples
            .retain(|reading| fleet::time(reading.tick) >= horizon);
        // What the start has read back into memory. What is older and still in the head waits for the first sealing.
        self.compare(fleet, store, self.unsealed(), tally).await?;
        store.samples().seal(now).await?;
        self.compare(fleet, store, horizon, tally).await?;
        self.check_hours(fleet, store, url, tally).await?;
        self.check_restarts(store, tally).await
    }

    async fn compare(
        &self,
        fleet: &Fleet,
        store: &Store,
        from: Timestamp,
        tally: &mut Tally,
    ) -> Result<(), StoreError> {
        let to = fleet::time(self.newest + 1);
        for container in 0..CONTAINERS {
            let key = fleet.containers[container];
            let found = store.samples().tail(key, from, to).await?;
            let first = Reading { container, tick: 0 };
            let beyond = Reading {
                container: container + 1,
                tick: 0,
            };
            let readings = self.samples.range(first..beyond);
            self.compare_one(fleet, container, &found, tally);
            for reading in readings {
                let Some(wanted) = fleet.stored(*reading).filter(|sample| sample.at >= from) else {
                    continue;
                };
                if found
                    .binary_search_by_key(&wanted.at, |sample| sample.at)
                    .is_err()
                {
                    tally.lost += 1;
                    tally.note(format!(
                        "lost since {from}, now {to}: {reading:?}, {wanted:?}"
                    ));
                }
            }
        }
        Ok(())
    }

    /// Whatever is there was said once, and is there once.
    fn compare_one(&self, fleet: &Fleet, container: usize, found: &[Sample], tally: &mut Tally) {
        for pair in found.windows(2).filter(|pair| pair[0].at >= pair[1].at) {
            tally.duplicated += 1;
            tally.note(format!("twice, or out of order: {pair:?} of {container}"));
        }
        for sample in found {
            // An acknowledgement may have been cut off: all that was tried may be there, and nothing else.
            let tick = Fleet::tick_of(sample.at);
            let said = fleet.stored(Reading { container, tick });
            if said != Some(*sample) || tick > self.newest {
                tally.wrong += 1;
                tally.note(format!(
                    "wrong at tick {tick}: {sample:?} of {container}, not {said:?}"
                ));
            }
        }
    }

    /// The hours that are rolled up count every sample once, too.
    async fn check_hours(
        &self,
        fleet: &Fleet,
        store: &Store,
        url: &str,
        tally: &mut Tally,
    ) -> Result<(), StoreError> {
        let day = TimeDelta::days(1);
        let from = self.horizon().duration_trunc(day).unwrap() + day;
        let to = self.unsealed();
        let mut sql = PgConnection::connect(url).await.unwrap();
        for key in &fleet.containers {
            let found = store.samples().tail(*key, from, to).await?.len();
            let counted: Option<i64> = sqlx::query_scalar(
                "SELECT sum(samples) FROM roll_1h WHERE container_id = $1 AND at >= $2 AND at < $3",
            )
            .bind(key.0)
            .bind(from)
            .bind(to)
            .fetch_one(&mut sql)
            .await
            .unwrap();
            let counted = counted.unwrap_or(0) as usize;
            tally.duplicated += counted.saturating_sub(found) as u64;
            tally.lost += found.saturating_sub(counted) as u64;
            if counted != found {
                tally.note(format!(
                    "rollups count {counted} of {found} in {from}..{to}, {key:?}"
                ));
            }
        }
        sql.close().await.unwrap();
        Ok(())
    }

    async fn check_restarts(&self, store: &Store, tally: &mut Tally) -> Result<(), StoreError> {
        let mut found = Vec::new();
        let mut cursor = None;
        loop {
            let page = RestartQuery {
                limit: Some(1_000),
                cursor,
                ..RestartQuery::default()
            };
            let page = store.restart_rows(&page).await?;
            found.extend(page.data.iter().map(|row| Fleet::tick_of(row.ended_at)));
            cursor = page.meta.next;
            if cursor.is_none() {
                break;
            }
        }
        let once: BTreeSet<u64> = found.iter().copied().collect();
        tally.duplicated += (found.len() - once.len()) as u64;
        for tick in self.restarts.difference(&once) {
            tally.lost += 1;
            tally.note(format!("lost: the restart of tick {tick}"));
        }
        for tick in once
            .iter()
            .filter(|tick| !tick.is_multiple_of(RESTART_EVERY))
        {
            tally.wrong += 1;
            tally.note(format!("wrong: a restart at tick {tick}"));
        }
        Ok(())
    }
}
