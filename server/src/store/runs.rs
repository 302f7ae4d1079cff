//! Runs with their ends: what analysis is made of.

use domain::{
    Timestamp,
    ids::{ContainerKey, EngineId, RestartId, RunId, SourceId, WorkloadId},
    run::{Entry, Run, RunEnd, Seen},
};

use super::{
    Store,
    error::{StoreError, While},
    text,
};

const DOING: &str = "reading runs";

/// A run and whose it is.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredRun {
    /// The source of its workload.
    pub source: SourceId,
    /// The workload.
    pub workload: WorkloadId,
    /// Our number for its container.
    pub container: ContainerKey,
    /// The run, of which no reading is there yet.
    pub run: Run,
}

/// A stretch in which a source was not polled; `to` is `None` while it lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Blind {
    /// Its begin.
    pub from: Timestamp,
    /// Its end.
    pub to: Option<Timestamp>,
}

impl Store {
    /// The newest runs of workloads that lasted at or after `since`, at most `most` of each; of each workload the oldest first.
    pub async fn runs(
        &self,
        workloads: &[WorkloadId],
        since: Timestamp,
        most: u32,
    ) -> Result<Vec<StoredRun>, StoreError> {
        let ids: Vec<i64> = workloads.iter().map(|id| id.0).collect();
        let rows = sqlx::query!(
            r#"SELECT w.id AS "workload_id!", w.source_id AS "source_id!", r.container_id AS "container_id!", r.id AS "run_id!",
                      r.engine_id AS "engine_id!", r.image AS "image!", r.image_id AS "image_id!", r.limit_bytes,
                      r.started_at AS "started_at!", r.ended_at,
                      e.id AS "entry_id?", e.cause AS "cause?", e.confidence AS "confidence?", e.counts AS "counts?",
                      e.started_at AS next_at, e.last_sample_at, e.last_working_set_bytes, e.last_limit_bytes, e.last_tasks,
                      e.evidence @> '[{"kind": "oom_event", "stance": "for"}]' AS was_reported
               FROM workload w
               JOIN LATERAL (
                   SELECT r.id, r.container_id, r.started_at, r.ended_at, c.engine_id, c.image, c.image_id, c.limit_bytes
                   FROM container c JOIN run r ON r.container_id = c.id
                   WHERE c.workload_id = w.id AND (r.ended_at IS NULL OR r.ended_at >= $2)
                   ORDER BY r.started_at DESC, r.id DESC
                   LIMIT $3
               ) r ON true
               LEFT JOIN restart e ON e.container_id = r.container_id AND e.run_started_at = r.started_at
               WHERE w.id = ANY($1)
               ORDER BY w.id, r.started_at, r.id"#,
            &ids,
            since,
            i64::from(most),
        )
        .fetch_all(&self.pool)
        .await
        .during(DOING)?;
        rows.into_iter()
            .map(|row| {
                let entry = match (row.entry_id, row.cause, row.confidence) {
                    (Some(id), Some(cause), Some(confidence)) => Some(Entry {
                        id: RestartId(id),
                        cause: text::cause(&cause, DOING)?,
                        confidence: text::confidence(&confidence, DOING)?,
                        counts: row.counts.unwrap_or_default(),
                        was_reported: row.was_reported.unwrap_or_default(),
                        next_at: row.next_at,
                    }),
                    _ => None,
                };
                let number = |value: Option<i64>| value.map(|value| value as u64);
                Ok(StoredRun {
                    source: SourceId(row.source_id),
                    workload: WorkloadId(row.workload_id),
                    container: ContainerKey(row.container_id),
                    run: Run {
                        id: RunId(row.run_id),
                        container: EngineId(row.engine_id),
                        image: row.image,
                        image_id: row.image_id,
                        // The last reading tells the limit of then; the container's is that of now.
                        limit_bytes: number(row.last_limit_bytes.or(row.limit_bytes)),
                        started_at: row.started_at,
                        end: row.ended_at.map(|at| RunEnd {
                            at,
                            entry,
                            sample_at: row.last_sample_at,
                            memory_bytes: number(row.last_working_set_bytes),
                            tasks: number(row.last_tasks),
                        }),
                        seen: Seen::default(),
                    },
                })
            })
            .collect()
    }

    /// Every run that lasts, with its workload: what is watched for growth.
    pub async fn lasting_runs(
        &self,
    ) -> Result<Vec<(WorkloadId, ContainerKey, Timestamp)>, StoreError> {
        let rows = sqlx::query!(
            "SELECT c.workload_id, r.container_id, r.started_at FROM run r JOIN container c ON c.id = r.container_id
             WHERE r.ended_at IS NULL AND c.state IN ('running', 'paused')
             ORDER BY c.workload_id, r.started_at",
        )
        .fetch_all(&self.pool)
        .await
        .during(DOING)?;
        Ok(rows
            .into_iter()
            .map(|row| {
                (
                    WorkloadId(row.workload_id),
                    ContainerKey(row.container_id),
                    row.started_at,
                )
            })
            .collect())
    }

    /// When the source of a workload was not polled, since a moment.
    pub async fn blind(
        &self,
        workload: WorkloadId,
        since: Timestamp,
    ) -> Result<Vec<Blind>, StoreError> {
        let rows = sqlx::query!(
            "SELECT g.began_at, g.ended_at FROM coverage_gap g JOIN workload w ON w.source_id = g.source_id
             WHERE w.id = $1 AND g.kind = 'polls' AND (g.ended_at IS NULL OR g.ended_at >= $2) ORDER BY g.began_at",
            workload.0,
            since,
        )
        .fetch_all(&self.pool)
        .await
        .during(DOING)?;
        Ok(rows
            .into_iter()
            .map(|row| Blind {
                from: row.began_at,
                to: row.ended_at,
            })
            .collect())
    }
}
