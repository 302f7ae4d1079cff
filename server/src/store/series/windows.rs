//! Windows of the head. Polls are written into the table of their two hours, which is dropped when all of it is in chunks: deleting so
//! many rows would write each of their pages again, and the database's log of it would be as large as what was deleted.
//!
//! A window is closed before it is sealed: nothing is added to it any longer, and what comes for its time is late. Its parts are then
//! sealed one after the other, each in a transaction that also says that it is, and the last one drops the table. A crash at any point
//! leaves every sample in the table or in a chunk, and what is in both is told by `head_window.sealed`.

use domain::Timestamp;
use sqlx::PgTransaction;

use super::{
    Samples,
    chunk::{self, CHUNK_MS},
    seal::{DOING, Poll, Sealed},
};
use crate::store::error::{StoreError, While};

/// The windows that there should be tables for.
pub(super) fn wanted(now: Timestamp) -> [i64; 2] {
    let start_ms = chunk::start_of(now.timestamp_millis());
    [start_ms, start_ms + CHUNK_MS]
}

impl Samples<'_> {
    /// Makes sure that there are tables for the window of a moment and for the next one. Where that fails, polls are written as late ones
    /// are, which costs a little and loses nothing.
    pub(super) async fn open_windows(&self, now: Timestamp) {
        if let Err(error) = self.try_open_windows(now).await {
            tracing::warn!(%error, "no table for a window of the head");
        }
    }

    async fn try_open_windows(&self, now: Timestamp) -> Result<(), StoreError> {
        let missing = sqlx::query_scalar!(
            r#"SELECT wanted.start_ms AS "start_ms!" FROM unnest($1::bigint[]) AS wanted (start_ms)
               WHERE NOT EXISTS (SELECT FROM head_window w WHERE w.start_ms = wanted.start_ms)"#,
            &wanted(now),
        )
        .fetch_all(self.pool)
        .await
        .during(DOING)?;
        for window_ms in missing {
            let mut tx = self.begin_windows().await?;
            sqlx::query!("SELECT open_head_window($1)", window_ms)
                .fetch_one(&mut *tx)
                .await
                .during(DOING)?;
            tx.commit().await.during(DOING)?;
        }
        Ok(())
    }

    /// Closes every window that ended before a moment. Returns all that are closed and not gone, the oldest first.
    pub(super) async fn close_windows(&self, until_ms: i64) -> Result<Vec<i64>, StoreError> {
        let windows = sqlx::query!(
            "SELECT start_ms, closed FROM head_window WHERE closed OR start_ms < $1 ORDER BY start_ms",
            until_ms,
        )
        .fetch_all(self.pool)
        .await
        .during(DOING)?;
        for window in windows.iter().filter(|window| !window.closed) {
            let mut tx = self.begin_windows().await?;
            sqlx::query!("SELECT close_head_window($1)", window.start_ms)
                .fetch_one(&mut *tx)
                .await
                .during(DOING)?;
            tx.commit().await.during(DOING)?;
        }
        Ok(windows.iter().map(|window| window.start_ms).collect())
    }

    /// Seals the next part of a closed window; `None` when there was none left, and its table is gone.
    pub(super) async fn seal_part(&self, start_ms: i64) -> Result<Option<Sealed>, StoreError> {
        let mut tx = self.begin_upkeep(DOING).await?;
        let part = sqlx::query_scalar!("SELECT unsealed_part($1)", start_ms)
            .fetch_one(&mut *tx)
            .await
            .during(DOING)?;
        let Some(part) = part else {
            sqlx::query!("SELECT drop_head_window($1)", start_ms)
                .fetch_one(&mut *tx)
                .await
                .during(DOING)?;
            tx.commit().await.during(DOING)?;
            return Ok(None);
        };
        let polls = sqlx::query_as!(
            Poll,
            r#"SELECT tick_ms AS "tick_ms!", payload AS "payload!" FROM closed_head($1, $2)"#,
            start_ms,
            part,
        )
        .fetch_all(&mut *tx)
        .await
        .during(DOING)?;
        let sealed = Self::write_polls(&mut tx, polls).await?;
        sqlx::query!(
            "UPDATE head_window SET sealed = sealed || $2::smallint WHERE start_ms = $1",
            start_ms,
            part,
        )
        .execute(&mut *tx)
        .await
        .during(DOING)?;
        tx.commit().await.during(DOING)?;
        Ok(Some(sealed))
    }

    /// A transaction that changes which tables there are. That waits for everyone who reads or writes polls, and makes others wait behind
    /// it: rather try again a minute later.
    async fn begin_windows(&self) -> Result<PgTransaction<'static>, StoreError> {
        let mut tx = self.pool.begin().await.during(DOING)?;
        sqlx::query!("SET LOCAL lock_timeout = '1s'")
            .execute(&mut *tx)
            .await
            .during(DOING)?;
        Ok(tx)
    }
}
