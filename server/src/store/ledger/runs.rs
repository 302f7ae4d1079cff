//! Runs: those that last, those that ended and were not followed by another, and those that began.

use domain::{
    Timestamp,
    ids::{EngineId, SourceId},
    labels::Labels,
    ledger::{DownRun, LedgerChange, OpenRun},
    workload::{ContainerSpec, WorkloadKey},
};
use sqlx::PgConnection;

use super::{DOING, Ledger};
use crate::store::{
    error::{StoreError, While},
    resolve,
};

/// A container as it is read with its run. Labels are not needed there. A macro, since the rows of each statement are a type of their own.
macro_rules! spec {
    ($row:ident) => {
        ContainerSpec {
            id: EngineId($row.engine_id),
            workload: WorkloadKey {
                group: $row.grp,
                name: $row.name,
            },
            image: $row.image,
            image_id: $row.image_id,
            created_at: Some($row.created_at),
            limit_bytes: $row.limit_bytes.map(|bytes| bytes as u64),
            restart_policy: $row.restart_policy,
            labels: Labels::default(),
        }
    };
}

impl Ledger<'_> {
    /// Runs of a source that have not ended as far as we know.
    pub async fn open_runs(&self, source: SourceId) -> Result<Vec<OpenRun>, StoreError> {
        let rows = sqlx::query!(
            "SELECT c.engine_id, w.grp, w.name, c.image, c.image_id, c.created_at, c.limit_bytes, c.restart_policy,
                    c.engine_restart_count, r.started_at
             FROM run r JOIN container c ON c.id = r.container_id JOIN workload w ON w.id = c.workload_id
             WHERE c.source_id = $1 AND r.ended_at IS NULL
             ORDER BY r.started_at, r.id",
            source.0,
        )
        .fetch_all(self.pool)
        .await
        .during("reading open runs")?;
        let runs = rows.into_iter().map(|row| OpenRun {
            started_at: row.started_at,
            restart_count: row.engine_restart_count.map(|count| count as u64),
            spec: spec!(row),
        });
        Ok(runs.collect())
    }

    /// The newest entry of every workload of a source whose newest entry says that it stayed down.
    pub async fn down_runs(&self, source: SourceId) -> Result<Vec<DownRun>, StoreError> {
        let rows = sqlx::query!(
            "SELECT c.engine_id, w.grp, w.name, c.image, c.image_id, c.created_at, c.limit_bytes, c.restart_policy,
                    r.run_started_at, r.ended_at, r.exit_code
             FROM workload w
             JOIN LATERAL (SELECT * FROM restart WHERE workload_id = w.id ORDER BY ended_at DESC, id DESC LIMIT 1) r ON true
             JOIN container c ON c.id = r.container_id
             WHERE w.source_id = $1 AND r.started_at IS NULL
             ORDER BY r.ended_at, r.id",
            source.0,
        )
        .fetch_all(self.pool)
        .await
        .during("reading workloads that are down")?;
        let runs = rows.into_iter().map(|row| DownRun {
            run_started_at: row.run_started_at,
            ended_at: row.ended_at,
            exit_code: row.exit_code,
            spec: spec!(row),
        });
        Ok(runs.collect())
    }
}

/// Writes all runs that began, and their containers.
pub(super) async fn began(
    connection: &mut PgConnection,
    source: SourceId,
    changes: &[LedgerChange],
) -> Result<(), StoreError> {
    let runs: Vec<(&ContainerSpec, Timestamp)> = changes
        .iter()
        .filter_map(|change| match change {
            LedgerChange::Began(run) => Some((&run.spec, run.started_at)),
            _ => None,
        })
        .collect();
    if runs.is_empty() {
        return Ok(());
    }
    let keys = resolve::resolve_all(connection, source, &runs).await?;
    let containers: Vec<i64> = keys.iter().map(|keys| keys.container.0).collect();
    let started_at: Vec<Timestamp> = runs.iter().map(|(_, started_at)| *started_at).collect();
    sqlx::query!(
        "INSERT INTO run (container_id, started_at) SELECT * FROM unnest($1::bigint[], $2::timestamptz[]) ON CONFLICT DO NOTHING",
        &containers,
        &started_at,
    )
    .execute(connection)
    .await
    .during(DOING)?;
    Ok(())
}
