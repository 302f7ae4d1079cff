//! A workload in a list: what the database has of it, and what is only in memory.

use chrono::TimeDelta;
use domain::{
    Timestamp,
    ids::{ContainerKey, WorkloadId},
    source::SourceState,
    view::{MemoryNow, TasksNow, WorkloadRow},
    workload::ContainerState,
};

use super::DOING;
use crate::store::{
    Store,
    ends::{self, Reading},
    error::{StoreError, While},
    text,
};

/// A workload with its newest container.
struct Row {
    id: i64,
    name: String,
    grp: String,
    source: String,
    source_state: String,
    container_id: i64,
    image: String,
    state: String,
    started_at: Option<Timestamp>,
    last_seen_at: Timestamp,
    limit_bytes: Option<i64>,
    probe_problem: Option<String>,
}

/// Reads workloads that a condition holds for. Each condition is a statement of its own, which Postgres plans once: planning one that
/// depends on what is asked for takes half as long again as running it.
macro_rules! read {
    ($store:ident, $condition:literal, $value:expr) => {
        sqlx::query_as!(
            Row,
            r#"SELECT w.id, w.name, w.grp, s.name AS source, s.state AS source_state, c.id AS container_id, c.image, c.state,
                      c.started_at, c.limit_bytes, c.probe_problem,
                      -- What is not removed was listed at every poll of its source.
                      CASE WHEN c.state = 'removed' THEN c.last_seen_at
                           ELSE greatest(c.last_seen_at, s.last_poll_at) END AS "last_seen_at!"
               FROM workload w
               JOIN source s ON s.id = w.source_id
               JOIN LATERAL (
                   SELECT * FROM container WHERE workload_id = w.id ORDER BY created_at DESC, id DESC LIMIT 1
               ) c ON true
               WHERE "# + $condition,
            $value,
        )
        .fetch_all(&$store.pool)
        .await
        .during(DOING)
    };
}

impl Store {
    /// All workloads as of `now` that were not removed more than a day ago, in no order.
    pub(super) async fn rows(&self, now: Timestamp) -> Result<Vec<WorkloadRow>, StoreError> {
        let since = now - TimeDelta::hours(24);
        let rows = read!(self, "c.state <> 'removed' OR c.last_seen_at > $1", since)?;
        let ends = self.ends.read(&self.pool, now).await?;
        rows.into_iter()
            .map(|row| self.view(row, &ends, now))
            .collect()
    }

    /// One workload, even if it was removed long ago, with the number of its newest container.
    pub(super) async fn row(
        &self,
        id: WorkloadId,
        now: Timestamp,
    ) -> Result<Option<(ContainerKey, WorkloadRow)>, StoreError> {
        let rows = read!(self, "w.id = $1", id.0)?;
        let Some(row) = rows.into_iter().next() else {
            return Ok(None);
        };
        let container = ContainerKey(row.container_id);
        let ends = self.ends.read(&self.pool, now).await?;
        Ok(Some((container, self.view(row, &ends, now)?)))
    }

    /// Adds what is only in memory: the numbers of now, and restarts.
    fn view(
        &self,
        row: Row,
        ends: &Reading<'_>,
        now: Timestamp,
    ) -> Result<WorkloadRow, StoreError> {
        let id = WorkloadId(row.id);
        let state = text::known(
            &row.state,
            "container.state",
            ContainerState::from_name,
            DOING,
        )?;
        let alive = matches!(state, ContainerState::Running | ContainerState::Paused);
        // A sample from before the start belongs to the run before. Samples are kept to the millisecond, and lie at their tick.
        let sample = self
            .samples()
            .latest(ContainerKey(row.container_id))
            .filter(|sample| {
                alive
                    && row
                        .started_at
                        .is_none_or(|started| sample.at.timestamp() >= started.timestamp())
            });
        let limit_bytes = sample.map_or(row.limit_bytes.map(|bytes| bytes as u64), |sample| {
            sample.limit_bytes
        });
        let ends = ends.of(id);
        Ok(WorkloadRow {
            id,
            name: row.name,
            group: row.grp,
            source: row.source,
            source_state: text::known(
                &row.source_state,
                "source.state",
                SourceState::from_name,
                DOING,
            )?,
            image: row.image,
            state,
            started_at: row.started_at.filter(|_| alive),
            seen_at: row.last_seen_at,
            memory: MemoryNow {
                working_set_bytes: sample.and_then(|sample| sample.working_set_bytes),
                limit_bytes,
                ratio: sample.and_then(|sample| sample.memory_ratio()),
            },
            tasks: TasksNow {
                kind: sample
                    .and_then(|sample| sample.tasks)
                    .map(|tasks| tasks.kind),
                count: sample
                    .and_then(|sample| sample.tasks)
                    .map(|tasks| tasks.count),
                problem: row.probe_problem,
            },
            restarts: ends::count(ends, now),
            last_restart: ends::last(ends),
            forecast: None,
        })
    }
}
