//! What alert rules hear of a change of the ledger, within its transaction.

use domain::{
    ids::{IncidentId, RestartId},
    verdict::Evidence,
};
use sqlx::PgConnection;

use super::{DOING, Recorded};
use crate::store::{
    alerts::{self, Filed, Happened, What},
    error::{StoreError, While},
    text,
};

/// What alert rules may be about, with what is known of it by now.
pub(super) async fn happened(
    connection: &mut PgConnection,
    recorded: &[Recorded],
) -> Result<Vec<Happened>, StoreError> {
    let mut happened = Vec::with_capacity(recorded.len());
    for one in recorded {
        happened.push(match *one {
            Recorded::Restart {
                workload,
                restart,
                at,
                ..
            } => Happened {
                workload,
                at,
                what: end(connection, restart).await?,
            },
            Recorded::Fact { workload, at } => Happened {
                workload,
                at,
                what: What::ChildOutOfMemory,
            },
        });
    }
    Ok(happened)
}

/// An entry as it is now.
async fn end(connection: &mut PgConnection, restart: RestartId) -> Result<What, StoreError> {
    let row = sqlx::query!(
        r#"SELECT r.cause, r.confidence, r.evidence, r.counts, p.fingerprint AS "fingerprint?", p.message AS "message?",
                  EXISTS (SELECT FROM panic q WHERE q.workload_id = p.workload_id AND q.fingerprint = p.fingerprint
                             AND q.restart_id <> p.restart_id AND q.ended_at <= p.ended_at) AS "is_known!",
                  i.id AS "incident?", i.workload_id IS NULL AS "is_of_platform!",
                  NOT EXISTS (SELECT FROM incident_restart o WHERE o.incident_id = i.id AND o.restart_id < r.id) AS "is_first!"
           FROM restart r LEFT JOIN panic p ON p.restart_id = r.id
           LEFT JOIN incident_restart l ON l.restart_id = r.id LEFT JOIN incident i ON i.id = l.incident_id
           WHERE r.id = $1"#,
        restart.0,
    )
    .fetch_one(connection)
    .await
    .during(DOING)?;
    let evidence: Vec<Evidence> = text::from_json(row.evidence, DOING)?;
    Ok(What::End {
        restart,
        cause: text::cause(&row.cause, DOING)?,
        confidence: text::confidence(&row.confidence, DOING)?,
        evidence: alerts::loudest(&evidence),
        counts: row.counts,
        new_fault: row.fingerprint.zip(row.message).filter(|_| !row.is_known),
        filed: row.incident.map(|id| Filed {
            incident: IncidentId(id),
            is_of_platform: row.is_of_platform,
            is_first: row.is_first,
        }),
    })
}
