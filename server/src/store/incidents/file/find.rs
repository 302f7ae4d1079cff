//! The incident that an end is in, and those that may take it.

use domain::{
    Timestamp,
    ids::IncidentId,
    incident::{MOST_QUIET, Subject},
};
use sqlx::PgConnection;

use super::{DOING, Ended, workload_of};
use crate::store::{
    error::{StoreError, While},
    incidents::{Row, Stored},
};

/// Incidents of one subject that are looked at for one end, newest first. More than a few do not overlap.
const CANDIDATES: i64 = 20;

/// The incident that an end is in, and when it was thought to have been.
pub(super) async fn linked(
    connection: &mut PgConnection,
    end: &Ended<'_>,
) -> Result<Option<(IncidentId, Timestamp)>, StoreError> {
    let linked = sqlx::query!(
        "SELECT incident_id, ended_at FROM incident_restart WHERE restart_id = $1",
        end.restart.0,
    )
    .fetch_optional(connection)
    .await
    .during(DOING)?;
    Ok(linked.map(|linked| (IncidentId(linked.incident_id), linked.ended_at)))
}

pub(super) async fn present(
    connection: &mut PgConnection,
    incident: IncidentId,
) -> Result<Stored, StoreError> {
    let row = sqlx::query_as!(
        Row,
        r#"SELECT i.id, i.source_id, w.grp AS "grp?", w.name AS "name?", i.cause, i.fault, i.first_run_at, i.began_at, i.last_at, i.restarts,
                  i.reopened_at, i.acknowledged, i.resolved_at, i.resolved_by
           FROM incident i LEFT JOIN workload w ON w.id = i.workload_id
           WHERE i.id = $1
           FOR UPDATE OF i"#,
        incident.0,
    )
    .fetch_one(connection)
    .await
    .during(DOING)?;
    row.read(DOING)
}

/// The incidents that an end might belong to: of the same workload or source, for the same cause, and near enough.
async fn candidates(
    connection: &mut PgConnection,
    end: &Ended<'_>,
    subject: &Subject,
    except: Option<IncidentId>,
) -> Result<Vec<Stored>, StoreError> {
    let rows = sqlx::query_as!(
        Row,
        r#"SELECT i.id, i.source_id, w.grp AS "grp?", w.name AS "name?", i.cause, i.fault, i.first_run_at, i.began_at, i.last_at, i.restarts,
                  i.reopened_at, i.acknowledged, i.resolved_at, i.resolved_by
           FROM incident i LEFT JOIN workload w ON w.id = i.workload_id
           WHERE i.source_id = $1 AND i.workload_id IS NOT DISTINCT FROM $2 AND i.cause = $3 AND i.quiet_at >= $4 AND i.began_at <= $5
             AND i.id IS DISTINCT FROM $6
           ORDER BY i.last_at DESC, i.id DESC
           LIMIT $7
           FOR UPDATE OF i"#,
        end.source.0,
        workload_of(end, subject),
        subject.cause().name(),
        end.at,
        end.at + MOST_QUIET,
        except.map(|id| id.0),
        CANDIDATES,
    )
    .fetch_all(connection)
    .await
    .during(DOING)?;
    rows.into_iter().map(|row| row.read(DOING)).collect()
}

/// The one of them that takes it; rather one about the very same fault than one about an unknown one.
pub(super) async fn taker(
    connection: &mut PgConnection,
    end: &Ended<'_>,
    subject: &Subject,
    except: Option<IncidentId>,
) -> Result<Option<Stored>, StoreError> {
    let mut takers = candidates(connection, end, subject, except).await?;
    takers.retain(|stored| stored.incident.takes(subject, end.at));
    let exact = takers
        .iter()
        .position(|stored| stored.incident.subject == *subject);
    let chosen = exact.unwrap_or(0);
    Ok((chosen < takers.len()).then(|| takers.swap_remove(chosen)))
}
