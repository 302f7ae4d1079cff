//! What was thought of an end before, and what people say of it.

use domain::{
    Timestamp,
    ids::RestartId,
    revision::{self, RevisionReason},
    verdict::{Cause, Confidence, Evidence, Verdict},
    view::{Correction, NewCorrection, Revision},
};
use sqlx::PgConnection;

use super::{
    Store,
    error::{StoreError, While},
    text,
};

const DOING: &str = "keeping a verdict";
const READING: &str = "reading verdicts";

/// A verdict as it is stored.
pub(super) struct Stored {
    pub(super) restart: i64,
    verdict: Verdict,
}

/// The verdict that an entry of the ledger has, before another one takes its place.
pub(super) async fn present(
    connection: &mut PgConnection,
    container: i64,
    run_started_at: Timestamp,
) -> Result<Option<Stored>, StoreError> {
    let row = sqlx::query!(
        "SELECT id, cause, confidence, evidence FROM restart WHERE container_id = $1 AND run_started_at = $2 FOR UPDATE",
        container,
        run_started_at,
    )
    .fetch_optional(connection)
    .await
    .during(DOING)?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(Stored {
        restart: row.id,
        verdict: Verdict {
            cause: cause(&row.cause)?,
            confidence: confidence(&row.confidence)?,
            evidence: text::from_json(row.evidence, DOING)?,
        },
    }))
}

/// Keeps the verdict that was replaced, if the new one says something else.
pub(super) async fn replaced(
    connection: &mut PgConnection,
    before: &Stored,
    after: &Verdict,
) -> Result<(), StoreError> {
    let Some(reason) = revision::reason(&before.verdict, after) else {
        return Ok(());
    };
    sqlx::query!(
        "INSERT INTO verdict_revision (restart_id, reason, cause, confidence, evidence) VALUES ($1, $2, $3, $4, $5)",
        before.restart,
        reason.name(),
        before.verdict.cause.name(),
        before.verdict.confidence.name(),
        text::to_json(&before.verdict.evidence, DOING)?,
    )
    .execute(connection)
    .await
    .during(DOING)?;
    Ok(())
}

impl Store {
    /// Keeps what a person says. `false` when there is no such restart. Saying the same again changes nothing.
    pub async fn correct(
        &self,
        restart: RestartId,
        correction: &NewCorrection,
    ) -> Result<bool, StoreError> {
        let found = sqlx::query_scalar!(
            r#"WITH known AS (SELECT id FROM restart WHERE id = $1), newest AS (
                 SELECT cause, note FROM correction WHERE restart_id = $1 ORDER BY id DESC LIMIT 1
               ), said AS (
                 INSERT INTO correction (restart_id, cause, note)
                 SELECT id, $2, $3 FROM known WHERE NOT EXISTS (SELECT FROM newest WHERE cause = $2 AND note = $3)
               )
               SELECT count(*) AS "found!" FROM known"#,
            restart.0,
            correction.cause.name(),
            correction.note,
        )
        .fetch_one(&self.pool)
        .await
        .during("keeping a correction")?;
        Ok(found > 0)
    }

    /// Verdicts that were replaced, the oldest first.
    pub(super) async fn revisions(&self, restart: RestartId) -> Result<Vec<Revision>, StoreError> {
        let rows = sqlx::query!(
            "SELECT at, reason, cause, confidence, evidence FROM verdict_revision WHERE restart_id = $1 ORDER BY id",
            restart.0,
        )
        .fetch_all(&self.pool)
        .await
        .during(READING)?;
        rows.into_iter()
            .map(|row| {
                let evidence: Vec<Evidence> = text::from_json(row.evidence, READING)?;
                Ok(Revision {
                    at: row.at,
                    reason: text::known(
                        &row.reason,
                        "verdict_revision.reason",
                        RevisionReason::from_name,
                        READING,
                    )?,
                    cause: cause(&row.cause)?,
                    confidence: confidence(&row.confidence)?,
                    evidence,
                })
            })
            .collect()
    }

    /// What people say, the newest first.
    pub(super) async fn corrections(
        &self,
        restart: RestartId,
    ) -> Result<Vec<Correction>, StoreError> {
        let rows = sqlx::query!(
            "SELECT at, cause, note FROM correction WHERE restart_id = $1 ORDER BY id DESC",
            restart.0,
        )
        .fetch_all(&self.pool)
        .await
        .during(READING)?;
        rows.into_iter()
            .map(|row| {
                Ok(Correction {
                    at: row.at,
                    cause: cause(&row.cause)?,
                    note: row.note,
                })
            })
            .collect()
    }
}

fn cause(name: &str) -> Result<Cause, StoreError> {
    text::known(name, "cause", Cause::from_name, READING)
}

fn confidence(name: &str) -> Result<Confidence, StoreError> {
    text::known(name, "confidence", Confidence::from_name, READING)
}
