//! Rollups of what is sealed: of five minutes, or of hours where steps are at least that long.

use std::collections::HashMap;

use domain::{ids::ContainerKey, metric::Metric};

use super::{
    Samples,
    chunk::{self, CHUNK_MS},
    grid::Grid,
    hours,
    raw::Raw,
    roll::{self, Rolled},
    stretch::Wanted,
    time::{DAY, HOUR, begin},
};
use crate::store::error::{StoreError, While};

const DOING: &str = "reading samples";

/// Rollups by container, in order of time.
pub(super) type Rollups = HashMap<i64, Vec<Rolled>>;

impl Samples<'_> {
    /// Rollups of what is sealed, and what is in memory.
    pub(super) async fn rolled(
        &self,
        groups: &[&[ContainerKey]],
        grid: &Grid,
        metrics: &[Metric],
    ) -> Result<(Vec<Raw>, Rollups), StoreError> {
        let in_memory_since = self.head.complete_since_ms();
        let wanted = Wanted::of(metrics);
        let recent = |container: &ContainerKey| {
            let (from, to) = (grid.from_ms, grid.to_ms());
            self.head.stretch(container.0, from, to, wanted)
        };
        let raw = groups
            .iter()
            .map(|containers| containers.iter().map(recent).collect())
            .collect();
        if in_memory_since <= grid.from_ms {
            return Ok((raw, Rollups::new()));
        }
        let ids: Vec<i64> = groups
            .iter()
            .copied()
            .flatten()
            .map(|container| container.0)
            .collect();
        let rollups = if grid.step_ms >= HOUR && self.has_hours_since(grid.from_ms).await? {
            hours::read(self.pool, &ids, grid.from_ms, grid.to_ms(), DOING).await?
        } else {
            self.buckets(&ids, grid.from_ms, grid.to_ms(), metrics)
                .await?
        };
        Ok((raw, rollups))
    }

    /// Whether all that was sealed since a moment is in `roll_1h`.
    async fn has_hours_since(&self, from: i64) -> Result<bool, StoreError> {
        let since = sqlx::query_scalar!("SELECT hourly_since_ms FROM sample_progress")
            .fetch_one(self.pool)
            .await
            .during(DOING)?;
        Ok(since <= from)
    }

    /// Five-minute rollups that reach into `from..to`, with the columns that the metrics are computed from: of merged days from
    /// `roll_5m`, of other days from the fresh chunks. In one statement, so that a day that is merged meanwhile is in one of them.
    pub(super) async fn buckets(
        &self,
        containers: &[i64],
        from: i64,
        to: i64,
        metrics: &[Metric],
    ) -> Result<Rollups, StoreError> {
        let any = |of_column: &[Metric]| metrics.iter().any(|metric| of_column.contains(metric));
        let rows = sqlx::query!(
            r#"SELECT container_id AS "container_id!", start_ms AS "start_ms!", NULL::bytea AS rolled,
                      CASE WHEN $5 THEN working_set END AS working_set,
                      CASE WHEN $6 THEN usage END AS usage,
                      CASE WHEN $7 THEN cache END AS cache,
                      CASE WHEN $8 THEN anon END AS anon,
                      CASE WHEN $9 THEN limit_bytes END AS limit_bytes,
                      CASE WHEN $10 THEN tasks END AS tasks,
                      CASE WHEN $11 THEN kernel_tasks END AS kernel_tasks,
                      CASE WHEN $10 THEN task_kind END AS task_kind
               FROM roll_5m
               WHERE container_id = ANY($1) AND start_ms >= $2 AND start_ms < $4
               UNION ALL
               SELECT container_id, start_ms, rolled, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
               FROM chunk_2h
               WHERE container_id = ANY($1) AND start_ms >= $3 AND start_ms < $4 AND rolled IS NOT NULL
               ORDER BY 2"#,
            containers,
            begin(from, DAY),
            chunk::start_of(from),
            to,
            // Usage and anonymous memory may be stored as their differences to the working set, and usage to its sum with the cache.
            any(&[
                Metric::MemoryWorkingSetBytes,
                Metric::MemoryUsageBytes,
                Metric::MemoryAnonBytes,
                Metric::MemoryRatio
            ]),
            any(&[Metric::MemoryUsageBytes]),
            any(&[Metric::MemoryCacheBytes, Metric::MemoryUsageBytes]),
            any(&[Metric::MemoryAnonBytes]),
            any(&[Metric::MemoryLimitBytes, Metric::MemoryRatio]),
            any(&[Metric::Tasks]),
            any(&[Metric::KernelTasks]),
        )
        .fetch_all(self.pool)
        .await
        .during(DOING)?;
        let mut rollups = Rollups::new();
        for row in rows {
            let rolled = if let Some(joined) = row.rolled {
                roll::split(&joined)
                    .and_then(|columns| Rolled::decode(row.start_ms, CHUNK_MS, &columns))
            } else {
                let columns = [
                    row.working_set,
                    row.usage,
                    row.cache,
                    row.anon,
                    row.limit_bytes,
                    row.tasks,
                    row.kernel_tasks,
                    row.task_kind,
                ];
                Rolled::decode(row.start_ms, DAY, &columns)
            };
            rollups
                .entry(row.container_id)
                .or_default()
                .push(rolled.during(DOING)?);
        }
        Ok(rollups)
    }
}
