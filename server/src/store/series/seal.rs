//! Sealing: samples leave the head for compressed chunks and rollups.
//!
//! Windows that have ended are sealed as [`super::windows`] says. What came late for its window, and history, lies in rows of which one
//! transaction deletes some and writes what they become. Either way a crash at any point leaves every sample to be read once, and doing it
//! again changes nothing. Of a chunk that is there already, all is read, merged and written again, unless retention has removed it: one
//! sample must not take the place of the rollups of a whole day.

use std::{collections::HashMap, ops::AddAssign};

use domain::Timestamp;
use sqlx::PgTransaction;

use super::{
    Samples,
    chunk::{self, CHUNK_MS, Tier},
    codec::CodecError,
    finish::{Finished, Window},
    frame,
    merge::Progress,
    stored,
    time::{DAY, MINUTE, begin},
    write,
};
use crate::store::error::{StoreError, While};

pub(super) const DOING: &str = "sealing samples";

/// How long after the end of a window its polls may come in and still be sealed with it. Later ones are merged by the next sealing.
const GRACE_MS: i64 = 5 * MINUTE;

/// What sealing did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sealed {
    /// Rows that left the head.
    pub polls: u64,
    /// Chunks written.
    pub chunks: u64,
    /// Samples in these chunks.
    pub samples: u64,
    /// Days of containers that were merged.
    pub days: u64,
    /// Samples that were not kept, because the samples of their time have been removed already.
    pub expired: u64,
}

impl AddAssign for Sealed {
    fn add_assign(&mut self, more: Self) {
        self.polls += more.polls;
        self.chunks += more.chunks;
        self.samples += more.samples;
        self.days += more.days;
        self.expired += more.expired;
    }
}

/// A row of the head.
pub(super) struct Poll {
    pub(super) tick_ms: i64,
    pub(super) payload: Vec<u8>,
}

/// Polls from before this moment may be sealed: their window has ended.
pub(super) const fn sealable_until(now: Timestamp) -> i64 {
    chunk::start_of(now.timestamp_millis() - GRACE_MS)
}

impl Samples<'_> {
    /// Seals every window that has ended, and merges every day that has. Cheap when there is none: call it once a minute.
    pub async fn seal(&self, now: Timestamp) -> Result<Sealed, StoreError> {
        let until = sealable_until(now);
        let total = if self.is_upkeep_due(now).await? {
            self.seal_until(until, now).await?
        } else {
            Sealed::default()
        };
        // What was sealed just now stays in memory for live charts, two hours at least.
        self.head
            .evict((until - GRACE_MS).min(now.timestamp_millis() - CHUNK_MS));
        self.day.evict(now.timestamp_millis());
        Ok(total)
    }

    async fn seal_until(&self, until: i64, now: Timestamp) -> Result<Sealed, StoreError> {
        self.open_windows(now).await;
        let mut total = Sealed::default();
        for window in self.close_windows(until).await? {
            self.prepare_chunks(window).await?;
            while let Some(sealed) = self.seal_part(window).await? {
                total += sealed;
            }
        }
        while let Some((window, shard)) = self.oldest_rows(until).await? {
            total += self.seal_rows(window, shard).await?;
        }
        total.days = self.merge(now).await?;
        Ok(total)
    }

    /// Begin of the oldest window of which there are rows in the head, if it has ended, and the part of the fleet that they are of.
    async fn oldest_rows(&self, until: i64) -> Result<Option<(i64, i16)>, StoreError> {
        let oldest = sqlx::query!(
            "SELECT tick_ms, shard FROM head_log WHERE tick_ms < $1 ORDER BY tick_ms LIMIT 1",
            until
        )
        .fetch_optional(self.pool)
        .await
        .during(DOING)?;
        Ok(oldest.map(|row| (chunk::start_of(row.tick_ms), row.shard)))
    }

    /// Seals all rows that one part of the fleet has for one window.
    async fn seal_rows(&self, start_ms: i64, shard: i16) -> Result<Sealed, StoreError> {
        self.prepare_chunks(start_ms).await?;
        let mut tx = self.begin_upkeep(DOING).await?;
        let polls = sqlx::query_as!(
            Poll,
            "DELETE FROM head_log WHERE tick_ms >= $1 AND tick_ms < $2 AND shard = $3 RETURNING tick_ms, payload",
            start_ms,
            start_ms + CHUNK_MS,
            shard,
        )
        .fetch_all(&mut *tx)
        .await
        .during(DOING)?;
        let sealed = Self::write_polls(&mut tx, polls).await?;
        tx.commit().await.during(DOING)?;
        Ok(sealed)
    }

    /// Making a partition locks readers out until commit: better now than within the transaction that fills it.
    async fn prepare_chunks(&self, start_ms: i64) -> Result<(), StoreError> {
        let tier = Progress::read(self.pool, DOING)
            .await?
            .tier(i64::MAX, start_ms);
        if tier == Some(Tier::Fresh) {
            let day = begin(start_ms, DAY);
            write::make_partitions(self.pool, &[("chunk_2h", day), ("roll_1h", day)], DOING)
                .await?;
        }
        Ok(())
    }

    /// Writes what rows of the head become.
    pub(super) async fn write_polls(
        tx: &mut PgTransaction<'_>,
        polls: Vec<Poll>,
    ) -> Result<Sealed, StoreError> {
        let progress = Progress::read(&mut **tx, DOING).await?;
        let count = polls.len() as u64;
        let windows = tokio::task::spawn_blocking(move || {
            let mut windows = Windows::default();
            for poll in polls {
                windows.add(poll.tick_ms, &poll.payload, progress)?;
            }
            Ok::<_, CodecError>(windows)
        })
        .await
        .during(DOING)?
        .during(DOING)?;

        let expired = windows.expired;
        let finished = finish(tx, windows.into_windows(), DOING).await?;
        let sealed = Sealed {
            polls: count,
            chunks: finished.len() as u64,
            samples: finished.iter().map(|row| row.samples as u64).sum(),
            days: 0,
            expired,
        };
        write::write(tx, finished, DOING).await?;
        Ok(sealed)
    }

    /// A transaction that has the chunks for itself: two servers, or a sealing that is still running, must not change the same ones.
    pub(in crate::store) async fn begin_upkeep(
        &self,
        doing: &'static str,
    ) -> Result<PgTransaction<'static>, StoreError> {
        let mut tx = self.pool.begin().await.during(doing)?;
        sqlx::query!("SET LOCAL statement_timeout = '120s'")
            .execute(&mut *tx)
            .await
            .during(doing)?;
        sqlx::query!("SET LOCAL lock_timeout = '10s'")
            .execute(&mut *tx)
            .await
            .during(doing)?;
        sqlx::query!("SELECT pg_advisory_xact_lock(hashtext('inquest seal'))")
            .fetch_one(&mut *tx)
            .await
            .during(doing)?;
        Ok(tx)
    }
}

/// Samples on their way out of the head.
#[derive(Debug, Default)]
struct Windows {
    /// By container and begin of the chunk they go to.
    windows: HashMap<(i64, Tier, i64), Window>,
    /// Those that go nowhere.
    expired: u64,
}

impl Windows {
    fn add(&mut self, tick_ms: i64, payload: &[u8], progress: Progress) -> Result<(), CodecError> {
        for (container_id, point) in frame::decode(tick_ms, payload)? {
            let Some(tier) = progress.tier(container_id, point.at_ms) else {
                self.expired += 1;
                continue;
            };
            let start_ms = begin(point.at_ms, tier.length_ms());
            self.windows
                .entry((container_id, tier, start_ms))
                .or_insert_with(|| Window {
                    container_id,
                    start_ms,
                    tier,
                    points: Vec::new(),
                })
                .points
                .push(point);
        }
        Ok(())
    }

    /// In order, so that rows of a container lie together.
    fn into_windows(self) -> Vec<Window> {
        let mut windows: Vec<Window> = self.windows.into_values().collect();
        windows.sort_unstable_by_key(|window| (window.container_id, window.start_ms));
        windows
    }
}

/// Adds what is stored already, and encodes.
pub(super) async fn finish(
    tx: &mut PgTransaction<'_>,
    windows: Vec<Window>,
    doing: &'static str,
) -> Result<Vec<Finished>, StoreError> {
    let wanted = windows
        .iter()
        .map(|window| {
            let end = window.start_ms + window.tier.length_ms();
            (window.container_id, window.start_ms, end)
        })
        .collect();
    let mut stored = stored::chunks(tx, &wanted, doing).await?;
    tokio::task::spawn_blocking(move || {
        windows
            .into_iter()
            .map(|window| {
                let stored = stored.remove(&(window.container_id, window.start_ms));
                window.finish(&stored.unwrap_or_default())
            })
            .collect::<Result<_, _>>()
    })
    .await
    .during(doing)?
    .during(doing)
}
