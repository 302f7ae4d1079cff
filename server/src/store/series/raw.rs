//! Every sample of a stretch of time, from memory and chunks.

use std::collections::HashMap;

use domain::ids::ContainerKey;

use super::{
    Samples,
    chunk::ChunkRow,
    point::Column,
    stretch::{Stretch, Wanted},
    time::{DAY, begin},
};
use crate::store::error::{StoreError, While};

const DOING: &str = "reading samples";

/// Samples of several containers, in the order of the question.
pub(super) type Raw = Vec<Stretch>;

impl Samples<'_> {
    /// What is wanted of every sample in `from..to`.
    pub(super) async fn raw(
        &self,
        containers: &[ContainerKey],
        from: i64,
        to: i64,
        wanted: Wanted,
    ) -> Result<Raw, StoreError> {
        let in_memory_since = self.head.complete_since_ms();
        let recent = containers
            .iter()
            .map(|container| self.head.stretch(container.0, from, to, wanted));
        let mut raw: Raw = recent.collect();
        if in_memory_since <= from {
            return Ok(raw);
        }
        let ids: Vec<i64> = containers.iter().map(|container| container.0).collect();
        let mut sealed = HashMap::<i64, Stretch>::new();
        for row in self.chunks(&ids, from, to, wanted).await? {
            let stretch = row.decode_range(from, to).during(DOING)?;
            sealed.entry(row.container_id).or_default().append(stretch);
        }
        for (container, recent) in ids.iter().zip(&mut raw) {
            if let Some(mut all) = sealed.remove(container) {
                all.append(std::mem::take(recent));
                all.settle();
                *recent = all;
            }
        }
        Ok(raw)
    }

    /// Chunks that reach into `from..to`, with the columns that are wanted.
    async fn chunks(
        &self,
        containers: &[i64],
        from: i64,
        to: i64,
        wanted: Wanted,
    ) -> Result<Vec<ChunkRow>, StoreError> {
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
            wanted.has(Column::WorkingSet),
            wanted.has(Column::Usage),
            wanted.has(Column::Anon),
            wanted.has(Column::Limit),
            wanted.has(Column::Tasks),
            wanted.has(Column::KernelTasks),
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
