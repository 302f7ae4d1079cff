//! Hours: the one kind of rollup that people read with SQL, in plain columns.
//!
//! A minimum, maximum or average that is equal to the last value is null: limits hardly ever change, and a null takes no space. Views put
//! them back; hours that were written before have all four.

use std::collections::HashMap;

use sqlx::{PgPool, PgTransaction};

use super::{
    aggregate::Extremes,
    roll::{Bucket, Measure, Rolled},
    time::HOUR,
};
use crate::store::error::{StoreError, While};

/// Rows of `roll_1h` as columns.
#[derive(Default)]
pub(super) struct Hours {
    containers: Vec<i64>,
    begins_ms: Vec<i64>,
    samples: Vec<i32>,
    task_kinds: Vec<Option<i16>>,
    /// Minimum, maximum, average and last of each measure in bytes; null for the last value again.
    bytes: [[Vec<Option<i64>>; 4]; 5],
    /// The same of each count.
    counts: [[Vec<Option<i32>>; 4]; 2],
}

impl Hours {
    const BYTES: [Measure; 5] = [
        Measure::WorkingSet,
        Measure::Usage,
        Measure::Cache,
        Measure::Anon,
        Measure::Limit,
    ];
    const COUNTS: [Measure; 2] = [Measure::Tasks, Measure::KernelTasks];

    /// Adds hours of a container.
    pub(super) fn push_all(&mut self, container_id: i64, hours: &[Bucket]) {
        for hour in hours {
            self.containers.push(container_id);
            self.begins_ms.push(hour.at_ms);
            self.samples.push(count(hour.samples.into()));
            self.task_kinds.push(hour.task_kind.map(|code| code as i16));
            put(&mut self.bytes, Self::BYTES, hour, bytes);
            put(&mut self.counts, Self::COUNTS, hour, count);
        }
    }

    /// Writes them all.
    pub(super) async fn write(
        self,
        tx: &mut PgTransaction<'_>,
        doing: &'static str,
    ) -> Result<(), StoreError> {
        let [working_set, usage, cache, anon, limit] = &self.bytes;
        let [tasks, kernel_tasks] = &self.counts;
        // Hours that are there already, as they are when a day is merged, are left alone: only to find that out by the conflict would lock each
        // of them, which is logged. The offset keeps the planner from reading the whole partition for it.
        sqlx::query!(
            "INSERT INTO roll_1h AS r (
                 at, container_id,
                 working_set_min, working_set_max, working_set_avg, working_set_last, usage_min, usage_max, usage_avg, usage_last,
                 cache_min, cache_max, cache_avg, cache_last, anon_min, anon_max, anon_avg, anon_last,
                 limit_min, limit_max, limit_avg, limit_last, tasks_min, tasks_max, tasks_avg, tasks_last,
                 kernel_tasks_min, kernel_tasks_max, kernel_tasks_avg, kernel_tasks_last, samples, task_kind)
             SELECT * FROM (SELECT to_timestamp(begin_ms / 1000) AS at, container_id,
                 ws_min, ws_max, ws_avg, ws_last, u_min, u_max, u_avg, u_last, c_min, c_max, c_avg, c_last, a_min, a_max, a_avg, a_last,
                 l_min, l_max, l_avg, l_last, t_min, t_max, t_avg, t_last, k_min, k_max, k_avg, k_last, samples, task_kind
             FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[],
                         $9::bigint[], $10::bigint[], $11::bigint[], $12::bigint[], $13::bigint[], $14::bigint[], $15::bigint[],
                         $16::bigint[], $17::bigint[], $18::bigint[], $19::bigint[], $20::bigint[], $21::bigint[], $22::bigint[],
                         $23::integer[], $24::integer[], $25::integer[], $26::integer[], $27::integer[], $28::integer[], $29::integer[],
                         $30::integer[], $31::integer[], $32::smallint[])
                 AS hours (begin_ms, container_id, ws_min, ws_max, ws_avg, ws_last, u_min, u_max, u_avg, u_last, c_min, c_max, c_avg, c_last,
                           a_min, a_max, a_avg, a_last, l_min, l_max, l_avg, l_last, t_min, t_max, t_avg, t_last,
                           k_min, k_max, k_avg, k_last, samples, task_kind)) AS given
             WHERE NOT EXISTS (
                 SELECT FROM roll_1h known
                 WHERE known.container_id = given.container_id AND known.at = given.at AND known IS NOT DISTINCT FROM given OFFSET 0)
             ON CONFLICT (container_id, at) DO UPDATE SET
                 working_set_min = excluded.working_set_min, working_set_max = excluded.working_set_max,
                 working_set_avg = excluded.working_set_avg, working_set_last = excluded.working_set_last,
                 usage_min = excluded.usage_min, usage_max = excluded.usage_max,
                 usage_avg = excluded.usage_avg, usage_last = excluded.usage_last,
                 cache_min = excluded.cache_min, cache_max = excluded.cache_max,
                 cache_avg = excluded.cache_avg, cache_last = excluded.cache_last,
                 anon_min = excluded.anon_min, anon_max = excluded.anon_max,
                 anon_avg = excluded.anon_avg, anon_last = excluded.anon_last,
                 limit_min = excluded.limit_min, limit_max = excluded.limit_max,
                 limit_avg = excluded.limit_avg, limit_last = excluded.limit_last,
                 tasks_min = excluded.tasks_min, tasks_max = excluded.tasks_max,
                 tasks_avg = excluded.tasks_avg, tasks_last = excluded.tasks_last,
                 kernel_tasks_min = excluded.kernel_tasks_min, kernel_tasks_max = excluded.kernel_tasks_max,
                 kernel_tasks_avg = excluded.kernel_tasks_avg, kernel_tasks_last = excluded.kernel_tasks_last,
                 samples = excluded.samples, task_kind = excluded.task_kind",
            &self.begins_ms,
            &self.containers,
            &working_set[0] as _,
            &working_set[1] as _,
            &working_set[2] as _,
            &working_set[3] as _,
            &usage[0] as _,
            &usage[1] as _,
            &usage[2] as _,
            &usage[3] as _,
            &cache[0] as _,
            &cache[1] as _,
            &cache[2] as _,
            &cache[3] as _,
            &anon[0] as _,
            &anon[1] as _,
            &anon[2] as _,
            &anon[3] as _,
            &limit[0] as _,
            &limit[1] as _,
            &limit[2] as _,
            &limit[3] as _,
            &tasks[0] as _,
            &tasks[1] as _,
            &tasks[2] as _,
            &tasks[3] as _,
            &kernel_tasks[0] as _,
            &kernel_tasks[1] as _,
            &kernel_tasks[2] as _,
            &kernel_tasks[3] as _,
            &self.samples,
            &self.task_kinds as _,
        )
        .execute(&mut **tx)
        .await
        .during(doing)?;
        Ok(())
    }
}

/// Adds what an hour says of some measures to their columns.
fn put<T: Copy + PartialEq, const N: usize>(
    columns: &mut [[Vec<Option<T>>; 4]; N],
    measures: [Measure; N],
    hour: &Bucket,
    number: fn(u64) -> T,
) {
    for (columns, measure) in columns.iter_mut().zip(measures) {
        let parts = hour.get(measure).map_or([None; 4], |found| {
            let last = number(found.last);
            let unless_last = |value| Some(number(value)).filter(|value| *value != last);
            let [min, max, avg] = [found.min, found.max, found.avg].map(unless_last);
            [min, max, avg, Some(last)]
        });
        for (column, part) in columns.iter_mut().zip(parts) {
            column.push(part);
        }
    }
}

/// Nothing has 2⁶³ bytes.
fn bytes(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// Nothing runs 2³¹ tasks.
fn count(value: u64) -> i32 {
    i32::try_from(value).unwrap_or(i32::MAX)
}

/// Hours of containers that begin in `from..to`.
pub(super) async fn read(
    pool: &PgPool,
    containers: &[i64],
    from_ms: i64,
    to_ms: i64,
    doing: &'static str,
) -> Result<HashMap<i64, Vec<Rolled>>, StoreError> {
    let rows = sqlx::query!(
        r#"SELECT container_id, (extract(epoch FROM at) * 1000)::bigint AS "at_ms!", task_kind,
                  working_set_min, working_set_max, working_set_last, usage_min, usage_max, usage_last,
                  cache_min, cache_max, cache_last, anon_min, anon_max, anon_last, limit_min, limit_max, limit_last,
                  tasks_min::bigint, tasks_max::bigint, tasks_last::bigint,
                  kernel_tasks_min::bigint, kernel_tasks_max::bigint, kernel_tasks_last::bigint
           FROM roll_1h
           WHERE container_id = ANY($1) AND at >= to_timestamp($2::bigint / 1000) AND at < to_timestamp($3::bigint / 1000)
           ORDER BY container_id, at"#,
        containers,
        from_ms,
        to_ms,
    )
    .fetch_all(pool)
    .await
    .during(doing)?;
    let mut found = HashMap::<i64, Vec<Rolled>>::new();
    for row in rows {
        let measures = [
            extremes(
                row.working_set_min,
                row.working_set_max,
                row.working_set_last,
            ),
            extremes(row.usage_min, row.usage_max, row.usage_last),
            extremes(row.cache_min, row.cache_max, row.cache_last),
            extremes(row.anon_min, row.anon_max, row.anon_last),
            extremes(row.limit_min, row.limit_max, row.limit_last),
            extremes(row.tasks_min, row.tasks_max, row.tasks_last),
            extremes(
                row.kernel_tasks_min,
                row.kernel_tasks_max,
                row.kernel_tasks_last,
            ),
        ];
        let rolled = found
            .entry(row.container_id)
            .or_insert_with(|| vec![Rolled::empty(from_ms, HOUR)]);
        rolled[0].push(row.at_ms, row.task_kind.map(|code| code as u64), measures);
    }
    Ok(found)
}

/// What is null is the last value again; without one there is none at all.
fn extremes(min: Option<i64>, max: Option<i64>, last: Option<i64>) -> Option<Extremes> {
    let last = last?;
    Some([min.unwrap_or(last), max.unwrap_or(last), last].map(i64::cast_unsigned))
}
