//! Retention: what is too old goes, in whole partitions where there are many rows. Restarts, runs and deploys are kept for ever.

use chrono::TimeDelta;
use domain::Timestamp;

use super::{
    Store,
    error::{StoreError, While},
};

const DOING: &str = "removing what is too old";

/// How long things are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keep {
    /// Samples at full resolution, in days. A partition has a week of them.
    pub raw_days: u32,
    /// Five-minute rollups, in days. A partition has four weeks of them.
    pub rollup_days: u32,
    /// Engine events and coverage gaps, in days.
    pub event_days: u32,
}

impl Default for Keep {
    fn default() -> Self {
        Self {
            raw_days: 30,
            rollup_days: 400,
            event_days: 90,
        }
    }
}

/// What was removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Retained {
    /// Days and weeks of samples at full resolution.
    pub raw_partitions: u64,
    /// Four-week partitions of rollups.
    pub rollup_partitions: u64,
    /// Engine events.
    pub events: u64,
    /// Coverage gaps.
    pub gaps: u64,
}

impl Store {
    /// Removes what is too old. Call it once an hour or so.
    pub async fn retain(&self, keep: &Keep, now: Timestamp) -> Result<Retained, StoreError> {
        let before = |days: u32| now - TimeDelta::days(i64::from(days));
        Ok(Retained {
            raw_partitions: self
                .drop_partitions("chunk_2h", before(keep.raw_days))
                .await?
                + self
                    .drop_partitions("chunk_1d", before(keep.raw_days))
                    .await?,
            rollup_partitions: self
                .drop_partitions("roll_5m", before(keep.rollup_days))
                .await?,
            events: self.delete_events(before(keep.event_days)).await?,
            gaps: self.delete_gaps(before(keep.event_days)).await?,
        })
    }

    async fn drop_partitions(&self, parent: &str, before: Timestamp) -> Result<u64, StoreError> {
        let mut tx = self.pool.begin().await.during(DOING)?;
        // Dropping waits for readers of the table and makes others wait behind it: rather try again an hour later.
        sqlx::query!("SET LOCAL lock_timeout = '5s'")
            .execute(&mut *tx)
            .await
            .during(DOING)?;
        let dropped = sqlx::query_scalar!(
            r#"SELECT drop_sample_partitions($1, $2) AS "dropped!""#,
            parent,
            before.timestamp_millis(),
        )
        .fetch_one(&mut *tx)
        .await
        .during(DOING)?;
        tx.commit().await.during(DOING)?;
        Ok(dropped as u64)
    }

    async fn delete_events(&self, before: Timestamp) -> Result<u64, StoreError> {
        let done = sqlx::query!("DELETE FROM engine_event WHERE at < $1", before)
            .execute(&self.pool)
            .await
            .during(DOING)?;
        Ok(done.rows_affected())
    }

    async fn delete_gaps(&self, before: Timestamp) -> Result<u64, StoreError> {
        let done = sqlx::query!("DELETE FROM coverage_gap WHERE ended_at < $1", before)
            .execute(&self.pool)
            .await
            .during(DOING)?;
        Ok(done.rows_affected())
    }
}
