//! Sealing: samples leave the head for compressed chunks and rollups.
//!
//! One transaction deletes rows of the head and writes what they become, so that a crash at any point leaves every sample in exactly one
//! place, and doing it again changes nothing. Late samples take the same way: their chunk is read, merged and written again.

use std::collections::BTreeMap;

use domain::Timestamp;
use sqlx::PgTransaction;

use super::{
    Samples,
    chunk::{self, CHUNK_MS, ChunkRow},
    codec::CodecError,
    frame,
    point::{Point, sort_and_dedupe},
    roll::{Day, RollRow, day_of},
};
use crate::store::error::{StoreError, While};

const DOING: &str = "sealing samples";

/// How long after the end of a window its polls may come in and still be sealed with it. Later ones are merged by the next sealing.
const GRACE_MS: i64 = 5 * 60 * 1000;

/// Rows of the head that one transaction takes, rounded to whole windows: bounds its time and memory.
const ROWS: i64 = 8_192;

/// What sealing did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sealed {
    /// Polls that left the head.
    pub polls: u64,
    /// Chunks written.
    pub chunks: u64,
    /// Samples in these chunks.
    pub samples: u64,
}

/// Polls from before this moment may be sealed: their window has ended.
pub(super) const fn sealable_until(now: Timestamp) -> i64 {
    chunk::start_of(now.timestamp_millis() - GRACE_MS)
}

/// Points by container and begin of the chunk.
type Windows = BTreeMap<(i64, i64), Vec<Point>>;

impl Samples<'_> {
    /// Seals every window that has ended. Cheap when there is none: call it once a minute.
    pub async fn seal(&self, now: Timestamp) -> Result<Sealed, StoreError> {
        let until = sealable_until(now);
        let mut total = Sealed::default();
        while let Some(sealed) = self.seal_some(until).await? {
            total.polls += sealed.polls;
            total.chunks += sealed.chunks;
            total.samples += sealed.samples;
        }
        // What was sealed just now stays in memory for live charts, two hours at least.
        self.head
            .evict((until - GRACE_MS).min(now.timestamp_millis() - CHUNK_MS));
        Ok(total)
    }

    /// Seals the oldest rows of the head, or returns `None` when none is old enough.
    async fn seal_some(&self, until: i64) -> Result<Option<Sealed>, StoreError> {
        let mut tx = self.pool.begin().await.during(DOING)?;
        // Held until commit: two servers, or a sealing that is still running, must not merge into the same chunk.
        sqlx::query!("SELECT pg_advisory_xact_lock(hashtext('inquest seal'))")
            .fetch_one(&mut *tx)
            .await
            .during(DOING)?;
        sqlx::query!("SET LOCAL statement_timeout = '120s'")
            .execute(&mut *tx)
            .await
            .during(DOING)?;
        sqlx::query!("SET LOCAL lock_timeout = '10s'")
            .execute(&mut *tx)
            .await
            .during(DOING)?;
        let Some(end) = end_of_batch(&mut tx, until).await? else {
            return Ok(None);
        };
        let polls = sqlx::query!(
            "DELETE FROM head_log WHERE tick_ms < $1 RETURNING tick_ms, source_id, payload",
            end
        )
        .fetch_all(&mut *tx)
        .await
        .during(DOING)?;
        let count = polls.len() as u64;
        let fresh = tokio::task::spawn_blocking(move || {
            let mut windows = Windows::new();
            for poll in polls {
                for (container, point) in frame::decode(poll.tick_ms, &poll.payload)? {
                    windows
                        .entry((container, chunk::start_of(point.at_ms)))
                        .or_default()
                        .push(point);
                }
            }
            Ok::<_, CodecError>(windows)
        })
        .await
        .during(DOING)?
        .during(DOING)?;

        let windows = merge_stored(&mut tx, fresh).await?;
        let samples = windows.values().map(|points| points.len() as u64).sum();
        make_partitions(&mut tx, &windows).await?;
        let stored_days = stored_days(&mut tx, &windows).await?;
        let (chunks, days) = tokio::task::spawn_blocking(move || encode(&windows, &stored_days))
            .await
            .during(DOING)?
            .during(DOING)?;
        let sealed = Sealed {
            polls: count,
            chunks: chunks.len() as u64,
            samples,
        };
        write_chunks(&mut tx, chunks).await?;
        write_days(&mut tx, days).await?;
        tx.commit().await.during(DOING)?;
        Ok(Some(sealed))
    }
}

/// Where a batch of the oldest rows ends: at the begin of a window, so that no chunk is written twice.
async fn end_of_batch(tx: &mut PgTransaction<'_>, until: i64) -> Result<Option<i64>, StoreError> {
    let oldest = sqlx::query_scalar!(
        "SELECT min(tick_ms) FROM head_log WHERE tick_ms < $1",
        until
    )
    .fetch_one(&mut **tx)
    .await
    .during(DOING)?;
    let Some(oldest) = oldest else {
        return Ok(None);
    };
    let beyond = sqlx::query_scalar!(
        "SELECT tick_ms FROM head_log WHERE tick_ms < $1 ORDER BY tick_ms OFFSET $2 LIMIT 1",
        until,
        ROWS,
    )
    .fetch_optional(&mut **tx)
    .await
    .during(DOING)?;
    let end = beyond.map_or(until, |beyond| {
        chunk::start_of(beyond).max(chunk::start_of(oldest) + CHUNK_MS)
    });
    Ok(Some(end.min(until)))
}

/// Adds what the chunks have already. The fresh sample wins where both have one.
async fn merge_stored(tx: &mut PgTransaction<'_>, fresh: Windows) -> Result<Windows, StoreError> {
    let (containers, starts): (Vec<i64>, Vec<i64>) = fresh.keys().copied().unzip();
    let stored = sqlx::query_as!(
        ChunkRow,
        "SELECT c.container_id, c.start_ms, c.at, c.working_set, c.usage, c.anon, c.limit_bytes, c.tasks, c.task_kind, c.kernel_tasks
         FROM unnest($1::bigint[], $2::bigint[]) AS wanted (container_id, start_ms)
         JOIN chunk_2h c USING (container_id, start_ms)
         WHERE c.start_ms BETWEEN $3 AND $4",
        &containers,
        &starts,
        starts.iter().copied().min().unwrap_or(0),
        starts.iter().copied().max().unwrap_or(0),
    )
    .fetch_all(&mut **tx)
    .await
    .during(DOING)?;
    tokio::task::spawn_blocking(move || {
        let mut windows = fresh;
        for row in stored {
            if let Some(points) = windows.get_mut(&(row.container_id, row.start_ms)) {
                points.splice(0..0, row.decode()?);
            }
        }
        windows.values_mut().for_each(sort_and_dedupe);
        Ok::<_, CodecError>(windows)
    })
    .await
    .during(DOING)?
    .during(DOING)
}

async fn make_partitions(tx: &mut PgTransaction<'_>, windows: &Windows) -> Result<(), StoreError> {
    let mut days: Vec<i64> = windows.keys().map(|(_, start)| day_of(*start)).collect();
    days.sort_unstable();
    days.dedup();
    sqlx::query!(
        "SELECT make_sample_partition(parent, day) FROM unnest($1::bigint[]) AS day, unnest('{chunk_2h,roll_5m}'::text[]) AS parent",
        &days,
    )
    .fetch_all(&mut **tx)
    .await
    .during(DOING)?;
    Ok(())
}

async fn stored_days(
    tx: &mut PgTransaction<'_>,
    windows: &Windows,
) -> Result<Vec<RollRow>, StoreError> {
    let mut keys: Vec<(i64, i64)> = windows
        .keys()
        .map(|(container, start)| (*container, day_of(*start)))
        .collect();
    keys.dedup();
    let (containers, days): (Vec<i64>, Vec<i64>) = keys.into_iter().unzip();
    sqlx::query_as!(
        RollRow,
        "SELECT r.container_id, r.start_ms, r.working_set, r.usage, r.cache, r.anon, r.limit_bytes, r.tasks, r.task_kind, r.kernel_tasks
         FROM unnest($1::bigint[], $2::bigint[]) AS wanted (container_id, start_ms)
         JOIN roll_5m r USING (container_id, start_ms)
         WHERE r.start_ms BETWEEN $3 AND $4",
        &containers,
        &days,
        days.iter().copied().min().unwrap_or(0),
        days.iter().copied().max().unwrap_or(0),
    )
    .fetch_all(&mut **tx)
    .await
    .during(DOING)
}

fn encode(
    windows: &Windows,
    stored: &[RollRow],
) -> Result<(Vec<ChunkRow>, Vec<RollRow>), CodecError> {
    let mut days = BTreeMap::new();
    for row in stored {
        days.insert((row.container_id, row.start_ms), Day::decode(row)?);
    }
    let mut chunks = Vec::with_capacity(windows.len());
    for ((container, start), points) in windows {
        chunks.push(ChunkRow::encode(*container, *start, points));
        let day = day_of(*start);
        days.entry((*container, day))
            .or_insert_with(|| Day::empty(day))
            .replace(points);
    }
    let days = days
        .into_iter()
        .map(|((container, _), day)| day.encode(container))
        .collect();
    Ok((chunks, days))
}

/// Bytes of one column, row by row.
type Bytes = Vec<Option<Vec<u8>>>;

async fn write_chunks(tx: &mut PgTransaction<'_>, rows: Vec<ChunkRow>) -> Result<(), StoreError> {
    let (mut containers, mut starts, mut at) = (Vec::new(), Vec::new(), Vec::new());
    let mut columns: [Bytes; 7] = Default::default();
    for row in rows {
        containers.push(row.container_id);
        starts.push(row.start_ms);
        at.push(row.at);
        let values = [
            row.working_set,
            row.usage,
            row.anon,
            row.limit_bytes,
            row.tasks,
            row.task_kind,
            row.kernel_tasks,
        ];
        columns
            .iter_mut()
            .zip(values)
            .for_each(|(column, value)| column.push(value));
    }
    let [
        working_set,
        usage,
        anon,
        limit_bytes,
        tasks,
        task_kind,
        kernel_tasks,
    ] = &columns;
    sqlx::query!(
        "INSERT INTO chunk_2h (container_id, start_ms, at, working_set, usage, anon, limit_bytes, tasks, task_kind, kernel_tasks)
         SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bytea[], $4::bytea[], $5::bytea[], $6::bytea[], $7::bytea[], $8::bytea[],
                              $9::bytea[], $10::bytea[])
         ON CONFLICT (container_id, start_ms) DO UPDATE SET
             at = excluded.at, working_set = excluded.working_set, usage = excluded.usage, anon = excluded.anon,
             limit_bytes = excluded.limit_bytes, tasks = excluded.tasks, task_kind = excluded.task_kind,
             kernel_tasks = excluded.kernel_tasks",
        &containers,
        &starts,
        &at,
        working_set as _,
        usage as _,
        anon as _,
        limit_bytes as _,
        tasks as _,
        task_kind as _,
        kernel_tasks as _,
    )
    .execute(&mut **tx)
    .await
    .during(DOING)?;
    Ok(())
}

async fn write_days(tx: &mut PgTransaction<'_>, rows: Vec<RollRow>) -> Result<(), StoreError> {
    let (mut containers, mut starts) = (Vec::new(), Vec::new());
    let mut columns: [Bytes; 8] = Default::default();
    for row in rows {
        containers.push(row.container_id);
        starts.push(row.start_ms);
        let values = [
            row.working_set,
            row.usage,
            row.cache,
            row.anon,
            row.limit_bytes,
            row.tasks,
            row.task_kind,
            row.kernel_tasks,
        ];
        columns
            .iter_mut()
            .zip(values)
            .for_each(|(column, value)| column.push(value));
    }
    let [
        working_set,
        usage,
        cache,
        anon,
        limit_bytes,
        tasks,
        task_kind,
        kernel_tasks,
    ] = &columns;
    sqlx::query!(
        "INSERT INTO roll_5m (container_id, start_ms, working_set, usage, cache, anon, limit_bytes, tasks, task_kind, kernel_tasks)
         SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bytea[], $4::bytea[], $5::bytea[], $6::bytea[], $7::bytea[], $8::bytea[],
                              $9::bytea[], $10::bytea[])
         ON CONFLICT (container_id, start_ms) DO UPDATE SET
             working_set = excluded.working_set, usage = excluded.usage, cache = excluded.cache, anon = excluded.anon,
             limit_bytes = excluded.limit_bytes, tasks = excluded.tasks, task_kind = excluded.task_kind,
             kernel_tasks = excluded.kernel_tasks",
        &containers,
        &starts,
        working_set as _,
        usage as _,
        cache as _,
        anon as _,
        limit_bytes as _,
        tasks as _,
        task_kind as _,
        kernel_tasks as _,
    )
    .execute(&mut **tx)
    .await
    .during(DOING)?;
    Ok(())
}
