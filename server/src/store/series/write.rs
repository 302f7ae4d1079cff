//! Writing chunks, rollups and hours. Every statement replaces what is there: writing the same thing twice changes nothing.

use sqlx::PgTransaction;

use super::{
    chunk::{ChunkRow, Tier},
    finish::Finished,
    hours::Hours,
    roll,
    time::{DAY, begin},
};
use crate::store::error::{StoreError, While};

/// Bytes of one column, row by row.
type Bytes = Vec<Option<Vec<u8>>>;

/// Rows that one statement writes: a day of so many containers is 12 MB.
const ROWS: usize = 256;

/// Writes all of it. Partitions that are missing are made.
pub(super) async fn write(
    tx: &mut PgTransaction<'_>,
    mut rows: Vec<Finished>,
    doing: &'static str,
) -> Result<(), StoreError> {
    rows.sort_by_key(|row| row.tier);
    let fresh_end = rows.partition_point(|row| row.tier == Tier::Fresh);
    let days = |rows: &[Finished]| {
        let mut days: Vec<i64> = rows
            .iter()
            .map(|row| begin(row.chunk.start_ms, DAY))
            .collect();
        days.sort_unstable();
        days.dedup();
        days
    };
    let mut partitions = Vec::new();
    for (parent, rows) in [
        ("chunk_2h", &rows[..fresh_end]),
        ("chunk_1d", &rows[fresh_end..]),
        ("roll_5m", &rows[fresh_end..]),
        ("roll_1h", &rows[..]),
    ] {
        partitions.extend(days(rows).into_iter().map(|day| (parent, day)));
    }
    make_partitions(&mut **tx, &partitions, doing).await?;

    let merged = rows.split_off(fresh_end);
    while !rows.is_empty() {
        let rest = rows.split_off(rows.len().min(ROWS));
        write_fresh(tx, std::mem::replace(&mut rows, rest), doing).await?;
    }
    rows = merged;
    while !rows.is_empty() {
        let rest = rows.split_off(rows.len().min(ROWS));
        write_merged(tx, std::mem::replace(&mut rows, rest), doing).await?;
    }
    Ok(())
}

/// Makes sure that there is a partition of each table for each day.
pub(super) async fn make_partitions(
    connection: impl sqlx::PgExecutor<'_>,
    partitions: &[(&str, i64)],
    doing: &'static str,
) -> Result<(), StoreError> {
    let (parents, days): (Vec<String>, Vec<i64>) = partitions
        .iter()
        .map(|(parent, day)| ((*parent).to_owned(), *day))
        .unzip();
    sqlx::query!(
        "SELECT make_sample_partition(parent, day) FROM unnest($1::text[], $2::bigint[]) AS missing (parent, day)",
        &parents,
        &days,
    )
    .fetch_all(connection)
    .await
    .during(doing)?;
    Ok(())
}

/// Rows of chunks as columns.
#[derive(Default)]
struct Chunks {
    containers: Vec<i64>,
    starts: Vec<i64>,
    at: Vec<Vec<u8>>,
    columns: [Bytes; 7],
}

impl Chunks {
    fn push(&mut self, row: ChunkRow) {
        self.containers.push(row.container_id);
        self.starts.push(row.start_ms);
        self.at.push(row.at);
        for (column, bytes) in self.columns.iter_mut().zip(row.columns) {
            column.push(bytes);
        }
    }
}

async fn write_fresh(
    tx: &mut PgTransaction<'_>,
    rows: Vec<Finished>,
    doing: &'static str,
) -> Result<(), StoreError> {
    let (mut chunks, mut rolled, mut hours) = (Chunks::default(), Vec::new(), Hours::default());
    for row in rows {
        rolled.push(roll::join(&row.rolled));
        hours.push_all(row.chunk.container_id, &row.hours);
        chunks.push(row.chunk);
    }
    let [
        working_set,
        usage,
        anon,
        limit_bytes,
        tasks,
        task_kind,
        kernel_tasks,
    ] = &chunks.columns;
    sqlx::query!(
        "INSERT INTO chunk_2h (container_id, start_ms, at, working_set, usage, anon, limit_bytes, tasks, task_kind, kernel_tasks, rolled)
         SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bytea[], $4::bytea[], $5::bytea[], $6::bytea[], $7::bytea[], $8::bytea[],
                              $9::bytea[], $10::bytea[], $11::bytea[])
         ON CONFLICT (container_id, start_ms) DO UPDATE SET
             at = excluded.at, working_set = excluded.working_set, usage = excluded.usage, anon = excluded.anon,
             limit_bytes = excluded.limit_bytes, tasks = excluded.tasks, task_kind = excluded.task_kind,
             kernel_tasks = excluded.kernel_tasks, rolled = excluded.rolled",
        &chunks.containers,
        &chunks.starts,
        &chunks.at,
        working_set as _,
        usage as _,
        anon as _,
        limit_bytes as _,
        tasks as _,
        task_kind as _,
        kernel_tasks as _,
        &rolled,
    )
    .execute(&mut **tx)
    .await
    .during(doing)?;
    hours.write(tx, doing).await
}

async fn write_merged(
    tx: &mut PgTransaction<'_>,
    rows: Vec<Finished>,
    doing: &'static str,
) -> Result<(), StoreError> {
    let (mut chunks, mut hours) = (Chunks::default(), Hours::default());
    let mut rolled: [Bytes; 8] = Default::default();
    for row in rows {
        for (column, bytes) in rolled.iter_mut().zip(row.rolled) {
            column.push(bytes);
        }
        hours.push_all(row.chunk.container_id, &row.hours);
        chunks.push(row.chunk);
    }
    let [
        working_set,
        usage,
        anon,
        limit_bytes,
        tasks,
        task_kind,
        kernel_tasks,
    ] = &chunks.columns;
    sqlx::query!(
        "INSERT INTO chunk_1d (container_id, start_ms, at, working_set, usage, anon, limit_bytes, tasks, task_kind, kernel_tasks)
         SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bytea[], $4::bytea[], $5::bytea[], $6::bytea[], $7::bytea[], $8::bytea[],
                              $9::bytea[], $10::bytea[])
         ON CONFLICT (container_id, start_ms) DO UPDATE SET
             at = excluded.at, working_set = excluded.working_set, usage = excluded.usage, anon = excluded.anon,
             limit_bytes = excluded.limit_bytes, tasks = excluded.tasks, task_kind = excluded.task_kind,
             kernel_tasks = excluded.kernel_tasks",
        &chunks.containers,
        &chunks.starts,
        &chunks.at,
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
    .during(doing)?;
    let [
        working_set,
        usage,
        cache,
        anon,
        limit_bytes,
        tasks,
        kernel_tasks,
        task_kind,
    ] = &rolled;
    sqlx::query!(
        "INSERT INTO roll_5m (container_id, start_ms, working_set, usage, cache, anon, limit_bytes, tasks, kernel_tasks, task_kind)
         SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bytea[], $4::bytea[], $5::bytea[], $6::bytea[], $7::bytea[], $8::bytea[],
                              $9::bytea[], $10::bytea[])
         ON CONFLICT (container_id, start_ms) DO UPDATE SET
             working_set = excluded.working_set, usage = excluded.usage, cache = excluded.cache, anon = excluded.anon,
             limit_bytes = excluded.limit_bytes, tasks = excluded.tasks, kernel_tasks = excluded.kernel_tasks,
             task_kind = excluded.task_kind",
        &chunks.containers,
        &chunks.starts,
        working_set as _,
        usage as _,
        cache as _,
        anon as _,
        limit_bytes as _,
        tasks as _,
        kernel_tasks as _,
        task_kind as _,
    )
    .execute(&mut **tx)
    .await
    .during(doing)?;
    hours.write(tx, doing).await
}
