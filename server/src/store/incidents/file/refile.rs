//! Ends that were judged anew: they stay where they are, or move.

use domain::{
    Timestamp,
    ids::IncidentId,
    incident::{Resolution, ResolvedBy, Subject},
    view::EntryKind,
};
use sqlx::PgConnection;

use super::{DOING, Ended, count_in, find::taker, link, open, workload_of};
use crate::store::{
    error::{StoreError, While},
    incidents::{Stored, note},
};

/// Looks again at an end that is in an incident.
pub(super) async fn refile(
    connection: &mut PgConnection,
    end: &Ended<'_>,
    mut present: Stored,
    at: Timestamp,
    subject: Option<&Subject>,
) -> Result<Option<IncidentId>, StoreError> {
    match subject {
        Some(subject) if present.incident.subject.admits(subject) && at == end.at => {
            if present.incident.subject.fault().is_none() && subject.fault().is_some() {
                present.incident.subject = subject.clone();
                present.write(connection, DOING).await?;
            }
            Ok(Some(present.id))
        }
        subject => take_out(connection, end, present, at, subject).await,
    }
}

/// Takes an end out of the incident that it no longer belongs to, and puts it where it does.
async fn take_out(
    connection: &mut PgConnection,
    end: &Ended<'_>,
    present: Stored,
    at: Timestamp,
    subject: Option<&Subject>,
) -> Result<Option<IncidentId>, StoreError> {
    if present.incident.count == 1 {
        return move_whole(connection, end, present, subject).await;
    }
    sqlx::query!(
        "DELETE FROM incident_restart WHERE restart_id = $1",
        end.restart.0
    )
    .execute(&mut *connection)
    .await
    .during(DOING)?;
    let mut left = present;
    left.incident.count -= 1;
    // The restarts that are left may be kept no longer; then the incident keeps its length.
    if at == left.incident.began_at || at == left.incident.last_at {
        let span = sqlx::query!(
            "SELECT min(l.ended_at) AS began_at, max(l.ended_at) AS last_at,
                    (array_agg(r.run_started_at ORDER BY l.ended_at))[1] AS first_run_at
             FROM incident_restart l JOIN restart r ON r.id = l.restart_id WHERE l.incident_id = $1",
            left.id.0,
        )
        .fetch_one(&mut *connection)
        .await
        .during(DOING)?;
        left.incident.first_run_at = span.first_run_at.unwrap_or(left.incident.first_run_at);
        left.incident.began_at = span.began_at.unwrap_or(left.incident.began_at);
        left.incident.last_at = span.last_at.unwrap_or(left.incident.last_at);
    }
    left.write(connection, DOING).await?;
    match subject {
        Some(subject) => put_elsewhere(connection, end, subject, left.id)
            .await
            .map(Some),
        None => Ok(None),
    }
}

/// An incident of one end is about whatever that end is about: it joins another with all that was written in it, or changes what it is about.
async fn move_whole(
    connection: &mut PgConnection,
    end: &Ended<'_>,
    mut present: Stored,
    subject: Option<&Subject>,
) -> Result<Option<IncidentId>, StoreError> {
    let Some(subject) = subject else {
        return give_up(connection, end, present).await;
    };
    if let Some(other) = taker(connection, end, subject, Some(present.id)).await? {
        let id = add(connection, end, subject, other).await?;
        link(connection, end, id).await?;
        sqlx::query!(
            "UPDATE incident_entry SET incident_id = $2 WHERE incident_id = $1",
            present.id.0,
            id.0
        )
        .execute(&mut *connection)
        .await
        .during(DOING)?;
        delete(connection, present.id).await?;
        return Ok(Some(id));
    }
    sqlx::query!(
        "UPDATE incident SET workload_id = $2 WHERE id = $1",
        present.id.0,
        workload_of(end, subject),
    )
    .execute(&mut *connection)
    .await
    .during(DOING)?;
    present.incident.subject = subject.clone();
    present.incident.first_run_at = end.run_began_at;
    present.incident.began_at = end.at;
    present.incident.last_at = end.at;
    present.write(connection, DOING).await?;
    link(connection, end, present.id).await?;
    Ok(Some(present.id))
}

/// The one end of an incident was on purpose after all. What people wrote about it is kept, and so is the incident then.
async fn give_up(
    connection: &mut PgConnection,
    end: &Ended<'_>,
    mut present: Stored,
) -> Result<Option<IncidentId>, StoreError> {
    let written = sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM incident_entry WHERE incident_id = $1) AS "written!""#,
        present.id.0,
    )
    .fetch_one(&mut *connection)
    .await
    .during(DOING)?;
    if !written {
        delete(connection, present.id).await?;
        return Ok(None);
    }
    if present.incident.resolved.is_none() {
        present.incident.resolved = Some(Resolution {
            at: end.at,
            by: ResolvedBy::Quiet,
        });
        present.write(connection, DOING).await?;
        let text = "its one restart was on purpose after all";
        note(
            connection,
            present.id,
            EntryKind::Resolved,
            end.at,
            None,
            text,
            DOING,
        )
        .await?;
    }
    Ok(Some(present.id))
}

/// Nothing is left that it could be about.
async fn delete(connection: &mut PgConnection, incident: IncidentId) -> Result<(), StoreError> {
    sqlx::query!("DELETE FROM incident WHERE id = $1", incident.0)
        .execute(connection)
        .await
        .during(DOING)?;
    Ok(())
}

/// Adds an end that was elsewhere to the incident that takes it, or opens one.
async fn put_elsewhere(
    connection: &mut PgConnection,
    end: &Ended<'_>,
    subject: &Subject,
    left: IncidentId,
) -> Result<IncidentId, StoreError> {
    let incident = match taker(connection, end, subject, Some(left)).await? {
        Some(stored) => add(connection, end, subject, stored).await?,
        None => open(connection, end, subject).await?.id,
    };
    link(connection, end, incident).await?;
    Ok(incident)
}

async fn add(
    connection: &mut PgConnection,
    end: &Ended<'_>,
    subject: &Subject,
    stored: Stored,
) -> Result<IncidentId, StoreError> {
    let stored = count_in(connection, end, subject, stored).await?;
    stored.write(connection, DOING).await?;
    Ok(stored.id)
}
