//! Black boxes: readings around ends, and who used memory then.

use domain::{
    Timestamp,
    black_box::{BlackBox, MOST_READINGS, Neighbour},
    ids::{ContainerKey, RestartId, WorkloadId},
    sample::Sample,
    view::{BlackBoxView, NeighbourRow},
};
use sqlx::{PgConnection, PgPool};

use super::{
    Store,
    error::{StoreError, While},
    series::readings,
    text,
};

const DOING: &str = "keeping a black box";
const READING: &str = "reading a black box";

/// See [`super::Store::black_boxes`].
#[derive(Clone, Copy, Debug)]
pub struct BlackBoxes<'a> {
    pub(super) pool: &'a PgPool,
}

/// Keeps the black box of an end that is in the ledger. The first one stays: it was closest to the end.
pub(super) async fn keep(
    connection: &mut PgConnection,
    container: ContainerKey,
    run_started_at: Timestamp,
    black_box: &BlackBox,
) -> Result<(), StoreError> {
    let from_ms = black_box.from.timestamp_millis();
    sqlx::query!(
        "INSERT INTO black_box (restart_id, from_ms, to_ms, is_complete, readings, neighbours)
         SELECT id, $3, $4, $5, $6, $7 FROM restart WHERE container_id = $1 AND run_started_at = $2
         ON CONFLICT DO NOTHING",
        container.0,
        run_started_at,
        from_ms,
        black_box.to.timestamp_millis(),
        black_box.is_complete,
        &readings::encode(from_ms, bounded(&black_box.readings)),
        text::to_json(&black_box.neighbours, DOING)?,
    )
    .execute(connection)
    .await
    .during(DOING)?;
    Ok(())
}

/// The newest ones, as many as may be kept.
fn bounded(readings: &[Sample]) -> &[Sample] {
    &readings[readings.len().saturating_sub(MOST_READINGS)..]
}

/// A black box that lacks the minutes after its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Incomplete {
    /// The container whose run ended.
    pub container: ContainerKey,
    /// Its workload.
    pub workload: WorkloadId,
    /// The engine's id of the container.
    pub engine_id: String,
    /// When the run had begun.
    pub run_started_at: Timestamp,
    /// When it ended.
    pub ended_at: Timestamp,
}

impl BlackBoxes<'_> {
    /// Adds the minutes after an end, up to a moment. It is complete then.
    pub async fn complete(
        &self,
        container: ContainerKey,
        run_started_at: Timestamp,
        to: Timestamp,
        after: &[Sample],
    ) -> Result<(), StoreError> {
        let mut tx = self.pool.begin().await.during(DOING)?;
        let known = sqlx::query!(
            "SELECT b.restart_id, b.from_ms, b.readings FROM black_box b JOIN restart r ON r.id = b.restart_id
             WHERE r.container_id = $1 AND r.run_started_at = $2 AND NOT b.is_complete FOR UPDATE OF b",
            container.0,
            run_started_at,
        )
        .fetch_optional(&mut *tx)
        .await
        .during(DOING)?;
        let Some(known) = known else { return Ok(()) };
        let mut all =
            readings::decode(known.from_ms, &known.readings, MOST_READINGS).during(DOING)?;
        all.extend_from_slice(after);
        all.sort_by_key(|reading| reading.at);
        all.dedup_by_key(|reading| reading.at.timestamp_millis());
        sqlx::query!(
            "UPDATE black_box SET readings = $2, to_ms = $3, is_complete = true WHERE restart_id = $1",
            known.restart_id,
            &readings::encode(known.from_ms, bounded(&all)),
            to.timestamp_millis(),
        )
        .execute(&mut *tx)
        .await
        .during(DOING)?;
        tx.commit().await.during(DOING)
    }

    /// Those of a source's ends since a moment that lack the minutes after the end, as when Inquest was stopped meanwhile.
    pub async fn incomplete(
        &self,
        source: domain::ids::SourceId,
        since: Timestamp,
    ) -> Result<Vec<Incomplete>, StoreError> {
        let rows = sqlx::query!(
            "SELECT c.id, c.workload_id, c.engine_id, r.run_started_at, r.ended_at
             FROM restart r JOIN black_box b ON b.restart_id = r.id JOIN container c ON c.id = r.container_id
             WHERE c.source_id = $1 AND r.ended_at >= $2 AND NOT b.is_complete
             ORDER BY r.ended_at",
            source.0,
            since,
        )
        .fetch_all(self.pool)
        .await
        .during(READING)?;
        Ok(rows
            .into_iter()
            .map(|row| Incomplete {
                container: ContainerKey(row.id),
                workload: WorkloadId(row.workload_id),
                engine_id: row.engine_id,
                run_started_at: row.run_started_at,
                ended_at: row.ended_at,
            })
            .collect())
    }
}

impl Store {
    /// The black box of a restart, and its neighbours.
    pub(super) async fn black_box(
        &self,
        restart: RestartId,
    ) -> Result<Option<(BlackBoxView, Vec<NeighbourRow>)>, StoreError> {
        let row = sqlx::query!(
            "SELECT from_ms, to_ms, is_complete, readings, neighbours FROM black_box WHERE restart_id = $1",
            restart.0,
        )
        .fetch_optional(&self.pool)
        .await
        .during(READING)?;
        let Some(row) = row else { return Ok(None) };
        let readings =
            readings::decode(row.from_ms, &row.readings, MOST_READINGS).during(READING)?;
        let neighbours: Vec<Neighbour> = text::from_json(row.neighbours, READING)?;
        let moment = |ms| Timestamp::from_timestamp_millis(ms).unwrap_or_default();
        Ok(Some((
            BlackBoxView {
                from: moment(row.from_ms),
                to: moment(row.to_ms),
                is_complete: row.is_complete,
                readings,
            },
            self.named(neighbours).await?,
        )))
    }

    async fn named(&self, neighbours: Vec<Neighbour>) -> Result<Vec<NeighbourRow>, StoreError> {
        let ids: Vec<i64> = neighbours.iter().map(|one| one.workload.0).collect();
        let names = sqlx::query!(
            r#"SELECT id, name, grp AS "group" FROM workload WHERE id = ANY($1)"#,
            &ids
        )
        .fetch_all(&self.pool)
        .await
        .during(READING)?;
        let rows = neighbours.into_iter().filter_map(|one| {
            let known = names.iter().find(|name| name.id == one.workload.0)?;
            Some(NeighbourRow {
                workload: one.workload,
                name: known.name.clone(),
                group: known.group.clone(),
                working_set_bytes: one.working_set_bytes,
                limit_bytes: one.limit_bytes,
                ratio: one
                    .limit_bytes
                    .filter(|limit| *limit > 0)
                    .map(|limit| one.working_set_bytes as f64 / limit as f64),
                at: one.at,
                is_itself: one.is_itself,
            })
        });
        Ok(rows.collect())
    }
}
