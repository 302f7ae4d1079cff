//! What deploys did, as it was decided.

use std::collections::HashMap;

use domain::{
    Timestamp,
    ids::{ContainerKey, EngineId, WorkloadId},
};

use super::{
    Store,
    alerts::{self, Happened, What},
    error::{StoreError, While},
};

const DOING: &str = "deciding what a deploy did";

/// What was decided about a deploy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// When.
    pub at: Timestamp,
    /// The sentence people read.
    pub text: String,
}

impl Store {
    /// Puts what a deploy did on the timeline: once for the container that it came with. Whether this was the first time. That it
    /// `has_failed` is news at `now`: alert rules look at it in the same transaction.
    pub async fn decide(
        &self,
        workload: WorkloadId,
        container: ContainerKey,
        proof: &Proof,
        has_failed: bool,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut tx = self.pool.begin().await.during(DOING)?;
        let done = sqlx::query!(
            "INSERT INTO fact (workload_id, container_id, at, kind, detail) VALUES ($1, $2, $3, 'proof', $4)
             ON CONFLICT DO NOTHING",
            workload.0,
            container.0,
            proof.at,
            proof.text,
        )
        .execute(&mut *tx)
        .await
        .during(DOING)?;
        let is_new = done.rows_affected() > 0;
        if is_new && has_failed {
            let happened = Happened {
                workload,
                at: proof.at,
                what: What::FixFailed {
                    container,
                    text: proof.text.clone(),
                },
            };
            alerts::note(&mut tx, &[happened], now).await?;
        }
        tx.commit().await.during(DOING)?;
        Ok(is_new)
    }

    /// Deploys since a moment of which it is not decided what they did, newest first, with the container that each came with.
    pub async fn undecided(
        &self,
        since: Timestamp,
    ) -> Result<Vec<(WorkloadId, ContainerKey, EngineId)>, StoreError> {
        let rows = sqlx::query!(
            "SELECT d.workload_id, d.container_id, c.engine_id FROM fact d JOIN container c ON c.id = d.container_id
             WHERE d.kind = 'deploy' AND d.at >= $1
               AND NOT EXISTS (SELECT FROM fact p WHERE p.container_id = d.container_id AND p.kind = 'proof')
             ORDER BY d.at DESC, d.id DESC",
            since,
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
                    EngineId(row.engine_id),
                )
            })
            .collect())
    }

    /// What was decided about the deploys of a workload, by the container that each came with.
    pub async fn proofs(
        &self,
        workload: WorkloadId,
    ) -> Result<HashMap<EngineId, Proof>, StoreError> {
        let rows = sqlx::query!(
            "SELECT c.engine_id, f.at, f.detail FROM fact f JOIN container c ON c.id = f.container_id
             WHERE f.workload_id = $1 AND f.kind = 'proof'",
            workload.0,
        )
        .fetch_all(&self.pool)
        .await
        .during("reading what deploys did")?;
        Ok(rows
            .into_iter()
            .map(|row| {
                let proof = Proof {
                    at: row.at,
                    text: row.detail,
                };
                (EngineId(row.engine_id), proof)
            })
            .collect())
    }
}
