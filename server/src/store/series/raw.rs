//! Every sample of a stretch of time, from memory and chunks.

use std::collections::HashMap;

use domain::{ids::ContainerKey, metric::Metric};

use super::{
    Samples,
    chunk::ChunkRow,
    point::{Point, sort_and_dedupe},
    time::{DAY, begin},
};
use crate::store::error::{StoreError, While};

const DOING: &str = "reading samples";

/// Samples of several containers, in the order of the question.
pub(super) type Raw = Vec<Vec<Point>>;

impl Samples<'_> {
    /// Every sample in `from..to`.
    pub(super) async fn raw(
        &self,
        containers: &[ContainerKey],
        from: i64,
        to: i64,
        metrics: &[Metric],
    ) -> Result<Raw, StoreError> {
        let in_memory_since = self.head.complete_since_ms();
        let mut raw: Raw = containers
            .iter()
            .map(|container| self.head.range(container.0, from, to))
            .collect();
        if in_memory_since <= from {
            return Ok(raw);
        }
        let ids: Vec<i64> = containers.iter().map(|container| container.0).collect();
        let mut sealed = HashMap::<i64, Vec<Point>>::new();
        for row in self.chunks(&ids, from, to, metrics).await? {
            let points = sealed.entry(row.container_id).or_default();
            row.decode_range(from, to, points).during(DOING)?;
        }
        for (container, points) in ids.iter().zip(&mut raw) {
            if let Some(mut all) = sealed.remove(container) {
                all.append(points);
                sort_and_dedupe(&mut all);
                *points = all;
            }
        }
        Ok(raw)
    }

    /// Chunks that reach into `from..to`, with the columns that the metrics are computed from.
    async fn chunks(
        &self,
        containers: &[i64],
        from: i64,
        to: i64,
        metrics: &[Metric],
    ) -> Result<Vec<ChunkRow>, StoreError> {
        let any = |of_column: &[Metric]| metrics.iter().any(|metric| of_column.contains(metric));
        sqlx::query!(
            r#"SELECT container_id AS "container_id!", start_ms AS "start_ms!", length_ms AS "length_ms!", at AS "at!",
                      CASE WHEN $4 THEN working_set END AS working_set,
                      CASE WHEN $5 THEN usage END AS usage,
                      CASE WHEN $6 THEN anon END AS anon,
                      CASE WHEN $7 THEN limit_bytes END AS limit_bytes,
                      CASE WHEN $8 THEN tasks END AS tasks,
                      CASE WHEN $8 THEN task_kind END AS task_kind,
                      CASE WHEN $9 THEN kernel_tasks END AS kernel_tasks
               FROM chunk
               WHERE container_id = ANY($1) AND start_ms >= $10 AND start_ms < $3 AND start_ms + length_ms > $2
               ORDER BY length_ms, start_ms"#,
            containers,
            from,
            to,
            // Usage and anonymous memory may be stored as their differences to the working set.
            any(&[
                Metric::MemoryWorkingSetBytes,
                Metric::MemoryUsageBytes,
                Metric::MemoryCacheBytes,
                Metric::MemoryAnonBytes,
                Metric::MemoryRatio
            ]),
            any(&[Metric::MemoryUsageBytes, Metric::MemoryCacheBytes]),
            any(&[Metric::MemoryAnonBytes]),
            any(&[Metric::MemoryLimitBytes, Metric::MemoryRatio]),
            any(&[Metric::Tasks]),
            any(&[Metric::KernelTasks]),
            begin(from, DAY),
        )
        .map(|row| ChunkRow {
            container_id: row.container_id,
            start_ms: row.start_ms,
            length_ms: row.length_ms,
            at: row.at,
            columns: [
                row.working_set,
                row.usage,
                row.anon,
                row.limit_bytes,
                row.tasks,
                row.task_kind,
                row.kernel_tasks,
            ],
        })
        .fetch_all(self.pool)
        .await
        .during(DOING)
    }
}
