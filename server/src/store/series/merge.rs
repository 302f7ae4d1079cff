//! Merging: the fresh chunks of a finished day become one chunk of the day for each container.
//!
//! Containers are taken in order, some in each transaction, which also notes how far it came. A crash leaves a day that is half
//! merged: what is merged is there twice then, which readers take once, and the next merge goes on behind it. The fresh chunks are
//! dropped in the transaction that finds no container left. Late samples of what is merged go straight into the day.

use domain::Timestamp;
use sqlx::{PgExecutor, PgTransaction};

use super::{
    Samples,
    chunk::Tier,
    finish::Window,
    seal,
    time::{DAY, HOUR, begin},
    write,
};
use crate::store::error::{StoreError, While};

const DOING: &str = "merging samples of a day";

/// How long after its end a day is merged. By then, what a short outage of the database has held back is in it.
const AFTER_MS: i64 = HOUR;

/// Containers in one transaction. Their fresh chunks are 12 MB.
const CONTAINERS: i64 = 256;

/// How far merging is: days one after the other, in each the containers in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Progress {
    day_ms: i64,
    container_id: i64,
    /// Samples from before this moment were removed. What is left of that time are rollups, which no sample can be added to.
    removed_until_ms: i64,
}

impl Progress {
    /// What is so within a transaction of upkeep cannot change until its end.
    pub(super) async fn read(
        executor: impl PgExecutor<'_>,
        doing: &'static str,
    ) -> Result<Self, StoreError> {
        let row = sqlx::query!(
            "SELECT merged_day_ms, merged_container_id, removed_until_ms FROM sample_progress"
        )
        .fetch_one(executor)
        .await
        .during(doing)?;
        Ok(Self {
            day_ms: row.merged_day_ms,
            container_id: row.merged_container_id,
            removed_until_ms: row.removed_until_ms,
        })
    }

    /// Where a sample has to be: nowhere, when the samples of its time were removed.
    pub(super) fn tier(self, container_id: i64, at_ms: i64) -> Option<Tier> {
        if at_ms < self.removed_until_ms {
            return None;
        }
        let is_merged = (begin(at_ms, DAY), container_id) <= (self.day_ms, self.container_id);
        Some(if is_merged { Tier::Merged } else { Tier::Fresh })
    }

    async fn advance(self, tx: &mut PgTransaction<'_>) -> Result<(), StoreError> {
        sqlx::query!(
            "UPDATE sample_progress SET merged_day_ms = $1, merged_container_id = $2
             WHERE (merged_day_ms, merged_container_id) < ($1, $2)",
            self.day_ms,
            self.container_id,
        )
        .execute(&mut **tx)
        .await
        .during(DOING)?;
        Ok(())
    }
}

/// Days that ended by this moment may be merged.
pub(super) const fn mergeable_until(now: Timestamp) -> i64 {
    begin(now.timestamp_millis() - AFTER_MS, DAY)
}

impl Samples<'_> {
    /// Merges every day that ended a while ago. Returns how many days of containers that were.
    pub(super) async fn merge(&self, now: Timestamp) -> Result<u64, StoreError> {
        let ended = mergeable_until(now);
        let mut total = 0;
        while let Some(day_ms) = self.oldest_fresh_day(ended).await? {
            write::make_partitions(
                self.pool,
                &["chunk_1d", "roll_5m", "roll_1h"].map(|parent| (parent, day_ms)),
                DOING,
            )
            .await?;
            let mut after = i64::MIN;
            while let Some((merged, last)) = self.merge_some(day_ms, after).await? {
                total += merged;
                after = last;
            }
        }
        Ok(total)
    }

    async fn oldest_fresh_day(&self, ended: i64) -> Result<Option<i64>, StoreError> {
        sqlx::query_scalar!(
            "SELECT min(from_ms) FROM sample_partition WHERE parent = 'chunk_2h' AND to_ms <= $1",
            ended,
        )
        .fetch_one(self.pool)
        .await
        .during(DOING)
    }

    /// Merges the next containers of a day and returns how many, and the last. When there are none left, ends the day.
    async fn merge_some(&self, day_ms: i64, after: i64) -> Result<Option<(u64, i64)>, StoreError> {
        let mut tx = self.begin_upkeep(DOING).await?;
        let progress = Progress::read(&mut *tx, DOING).await?;
        let after = if progress.day_ms == day_ms {
            after.max(progress.container_id)
        } else {
            after
        };
        let containers = sqlx::query_scalar!(
            "SELECT DISTINCT container_id FROM chunk_2h WHERE start_ms >= $1 AND start_ms < $2 AND container_id > $3
             ORDER BY container_id LIMIT $4",
            day_ms,
            day_ms + DAY,
            after,
            CONTAINERS,
        )
        .fetch_all(&mut *tx)
        .await
        .during(DOING)?;
        let Some(&last) = containers.last() else {
            // Dropping waits for readers of the table and makes others wait behind it: rather try again a minute later.
            sqlx::query!("SET LOCAL lock_timeout = '1s'")
                .execute(&mut *tx)
                .await
                .during(DOING)?;
            sqlx::query!("SELECT drop_sample_partition('chunk_2h', $1)", day_ms)
                .fetch_one(&mut *tx)
                .await
                .during(DOING)?;
            let all = Progress {
                day_ms,
                container_id: i64::MAX,
                ..progress
            };
            all.advance(&mut tx).await?;
            tx.commit().await.during(DOING)?;
            return Ok(None);
        };
        let merged = containers.len() as u64;
        let windows = containers.into_iter().map(|container_id| Window {
            container_id,
            start_ms: day_ms,
            tier: Tier::Merged,
            points: Vec::new(),
        });
        let finished = seal::finish(&mut tx, windows.collect(), DOING).await?;
        write::write(&mut tx, finished, DOING).await?;
        let reached = Progress {
            day_ms,
            container_id: last,
            ..progress
        };
        reached.advance(&mut tx).await?;
        tx.commit().await.during(DOING)?;
        Ok(Some((merged, last)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_that_is_half_merged_is_told_by_container() {
        let progress = Progress {
            day_ms: 7 * DAY,
            container_id: 5,
            removed_until_ms: 3 * DAY,
        };
        assert_eq!(progress.tier(9, 7 * DAY - 1), Some(Tier::Merged));
        assert_eq!(progress.tier(5, 8 * DAY - 1), Some(Tier::Merged));
        assert_eq!(progress.tier(6, 7 * DAY), Some(Tier::Fresh));
        assert_eq!(progress.tier(1, 8 * DAY), Some(Tier::Fresh));
        assert_eq!(progress.tier(1, 3 * DAY), Some(Tier::Merged));
        assert_eq!(progress.tier(1, 3 * DAY - 1), None);
    }
}
