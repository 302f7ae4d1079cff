//! Deploys, and what was decided about them.

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

/// A deploy of a workload as it is on the timeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredDeploy {
    /// The container that came with it, or whose limit was changed.
    pub container: EngineId,
    /// When the container was made, or its limit changed.
    pub at: Timestamp,
    /// Whether the container lived before it.
    pub is_in_place: bool,
    /// What was decided about it; `None` as long as it is not.
    pub proof: Option<Proof>,
}

/// A deploy of which it is not decided what it did.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Undecided {
    /// Whose.
    pub workload: WorkloadId,
    /// The container that came with it, or whose limit was changed.
    pub container: ContainerKey,
    /// The same by the engine's id.
    pub engine_id: EngineId,
    /// When.
    pub at: Timestamp,
}

impl Store {
    /// Puts what the deploy at `deploy_at` did on the timeline: once for the container that it came with, and once for each change of that
    /// one's limit. Whether this was the first time. That it `has_failed` is news at `now`: alert rules look at it in the same transaction.
    pub async fn decide(
        &self,
        workload: WorkloadId,
        (container, deploy_at): (ContainerKey, Timestamp),
        proof: &Proof,
        has_failed: bool,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut tx = self.pool.begin().await.during(DOING)?;
        // Whoever decides about the same container at the same time waits here, and then sees what was decided.
        sqlx::query!(
            "SELECT id FROM container WHERE id = $1 FOR NO KEY UPDATE",
            container.0
        )
        .fetch_optional(&mut *tx)
        .await
        .during(DOING)?;
        let done = sqlx::query!(
            "INSERT INTO fact (workload_id, container_id, at, kind, detail, deploy_at)
             SELECT $1::bigint, c.id, $3::timestamptz, 'proof', $4::text, $5::timestamptz FROM container c
             WHERE c.id = $2 AND NOT EXISTS (
                 SELECT FROM fact p WHERE p.container_id = c.id AND p.kind = 'proof'
                 AND (p.deploy_at = $5 OR (p.deploy_at IS NULL AND $5 <= c.created_at)))
             ON CONFLICT DO NOTHING",
            workload.0,
            container.0,
            proof.at,
            proof.text,
            deploy_at,
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

    /// Deploys since a moment of which it is not decided what they did, newest first.
    pub async fn undecided(&self, since: Timestamp) -> Result<Vec<Undecided>, StoreError> {
        let rows = sqlx::query!(
            "SELECT d.workload_id, d.container_id, c.engine_id, d.at FROM fact d JOIN container c ON c.id = d.container_id
             WHERE d.kind = 'deploy' AND d.at >= $1
               AND NOT EXISTS (
                   SELECT FROM fact p WHERE p.container_id = d.container_id AND p.kind = 'proof'
                   AND (p.deploy_at = d.at OR (p.deploy_at IS NULL AND d.at <= c.created_at)))
             ORDER BY d.at DESC, d.id DESC",
            since,
        )
        .fetch_all(&self.pool)
        .await
        .during(DOING)?;
        let undecided = rows.into_iter().map(|row| Undecided {
            workload: WorkloadId(row.workload_id),
            container: ContainerKey(row.container_id),
            engine_id: EngineId(row.engine_id),
            at: row.at,
        });
        Ok(undecided.collect())
    }

    /// The deploys of a workload, oldest first, with what was decided about them.
    pub async fn deploys(&self, workload: WorkloadId) -> Result<Vec<StoredDeploy>, StoreError> {
        let rows = sqlx::query!(
            r#"SELECT c.engine_id, d.at, d.at > c.created_at AS "is_in_place!", p.at AS "proof_at?", p.detail AS "proof?"
               FROM fact d
               JOIN container c ON c.id = d.container_id
               LEFT JOIN LATERAL (
                   SELECT p.at, p.detail FROM fact p WHERE p.container_id = d.container_id AND p.kind = 'proof'
                   AND (p.deploy_at = d.at OR (p.deploy_at IS NULL AND d.at <= c.created_at))
                   ORDER BY p.at, p.id LIMIT 1
               ) p ON true
               WHERE d.workload_id = $1 AND d.kind = 'deploy'
               ORDER BY d.at, d.id"#,
            workload.0,
        )
        .fetch_all(&self.pool)
        .await
        .during("reading what deploys did")?;
        let deploys = rows.into_iter().map(|row| StoredDeploy {
            container: EngineId(row.engine_id),
            at: row.at,
            is_in_place: row.is_in_place,
            proof: row
                .proof_at
                .zip(row.proof)
                .map(|(at, text)| Proof { at, text }),
        });
        Ok(deploys.collect())
    }
}

impl StoredDeploy {
    /// The container and the moment, where the limit was changed while it lived.
    pub fn change(&self) -> Option<(EngineId, Timestamp)> {
        self.is_in_place.then(|| (self.container.clone(), self.at))
    }
}
