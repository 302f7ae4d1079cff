//! Puts ends into incidents, in the transaction that writes them into the ledger.

use domain::{
    Timestamp,
    ids::{IncidentId, RestartId, SourceId, WorkloadId},
    incident::{End, Incident, MOST_QUIET, Resolution, ResolvedBy, Subject},
    view::EntryKind,
};
use sqlx::PgConnection;

use super::{Row, Stored, note};
use crate::store::error::{StoreError, While};

const DOING: &str = "filing a restart";
/// Advisory locks of this class serialise the filing of a source: two writers would each open an incident for the same subject.
const LOCKS: i32 = 0x1C1D;
/// Incidents of one subject that are looked at for one end, newest first. More than a few do not overlap.
const CANDIDATES: i64 = 20;

/// An end of a run, as the ledger has it now.
pub(in crate::store) struct Ended<'a> {
    /// Which entry.
    pub(in crate::store) restart: RestartId,
    /// Where.
    pub(in crate::store) source: SourceId,
    /// Whose.
    pub(in crate::store) workload: WorkloadId,
    /// What it is about; `None` when it does not count.
    pub(in crate::store) subject: Option<&'a Subject>,
    /// When its run had begun.
    pub(in crate::store) run_began_at: Timestamp,
    /// When.
    pub(in crate::store) at: Timestamp,
}

impl Ended<'_> {
    const fn end(&self) -> End {
        End {
            run_began_at: self.run_began_at,
            at: self.at,
        }
    }
}

/// The filing of one transaction. When an engine takes thousands of containers down, their ends go into one incident: it is held and written
/// once, for a row that is written thousands of times in one transaction is read through all its versions.
#[derive(Default)]
pub(in crate::store) struct Filing {
    locked: Option<SourceId>,
    held: Option<Stored>,
}

impl Filing {
    /// Puts an end into the incident that it belongs to, and opens one if there is none. An end that is in the right one stays there, so
    /// that telling it again changes nothing. One that was judged anew moves.
    pub(in crate::store) async fn file(
        &mut self,
        connection: &mut PgConnection,
        end: &Ended<'_>,
    ) -> Result<Option<IncidentId>, StoreError> {
        self.lock(connection, end.source).await?;
        let linked = linked(connection, end).await?;
        match (linked, end.subject) {
            (None, None) => Ok(None),
            (None, Some(subject)) => self.put_in(connection, end, subject).await.map(Some),
            (Some((incident, at)), subject) => {
                self.finish(connection).await?;
                let present = present(connection, incident).await?;
                refile(connection, end, present, at, subject).await
            }
        }
    }

    /// Writes what is held. Nothing may be committed before.
    pub(in crate::store) async fn finish(
        &mut self,
        connection: &mut PgConnection,
    ) -> Result<(), StoreError> {
        match self.held.take() {
            Some(held) => held.write(connection, DOING).await,
            None => Ok(()),
        }
    }

    /// One writer for each source, until the transaction ends.
    async fn lock(
        &mut self,
        connection: &mut PgConnection,
        source: SourceId,
    ) -> Result<(), StoreError> {
        if self.locked == Some(source) {
            return Ok(());
        }
        sqlx::query!(
            "SELECT pg_advisory_xact_lock($1, $2)",
            LOCKS,
            // Sources are few: their numbers fit.
            source.0 as i32,
        )
        .execute(connection)
        .await
        .during(DOING)?;
        // What is held belongs to the source before; its lock is kept too.
        self.locked = Some(source);
        Ok(())
    }

    async fn put_in(
        &mut self,
        connection: &mut PgConnection,
        end: &Ended<'_>,
        subject: &Subject,
    ) -> Result<IncidentId, StoreError> {
        if let Some(held) = &mut self.held
            && held.source == end.source
            && held.incident.subject == *subject
            && held.incident.takes(subject, end.at)
        {
            let id = held.id;
            if held.incident.add(subject, end.end()) {
                reopened(connection, id, end.at).await?;
            }
            link(connection, end, id).await?;
            return Ok(id);
        }
        self.finish(connection).await?;
        let chosen = match taker(connection, end, subject, None).await? {
            Some(stored) => count_in(connection, end, subject, stored).await?,
            None => open(connection, end, subject).await?,
        };
        let id = chosen.id;
        self.held = Some(chosen);
        link(connection, end, id).await?;
        Ok(id)
    }
}

/// Looks again at an end that is in an incident.
async fn refile(
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

/// The incident that an end is in, and when it was thought to have been.
async fn linked(
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

async fn present(
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
async fn taker(
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

/// Counts an end. The incident is still to be written.
async fn count_in(
    connection: &mut PgConnection,
    end: &Ended<'_>,
    subject: &Subject,
    mut stored: Stored,
) -> Result<Stored, StoreError> {
    if stored.incident.add(subject, end.end()) {
        reopened(connection, stored.id, end.at).await?;
    }
    Ok(stored)
}

/// Writes down that an incident has opened again by an end.
async fn reopened(
    connection: &mut PgConnection,
    incident: IncidentId,
    at: Timestamp,
) -> Result<(), StoreError> {
    let text = "by a restart that was not known yet when it was resolved";
    let kind = EntryKind::Reopened;
    note(connection, incident, kind, at, None, text, DOING).await
}

async fn open(
    connection: &mut PgConnection,
    end: &Ended<'_>,
    subject: &Subject,
) -> Result<Stored, StoreError> {
    let incident = Incident::open(subject.clone(), end.end());
    let id = sqlx::query_scalar!(
        "INSERT INTO incident (source_id, workload_id, cause, fault, first_run_at, began_at, last_at, restarts, quiet_at)
         VALUES ($1, $2, $3, $4, $5, $6, $6, 1, $7) RETURNING id",
        end.source.0,
        workload_of(end, subject),
        subject.cause().name(),
        subject.fault(),
        end.run_began_at,
        end.at,
        incident.quiet_from(),
    )
    .fetch_one(connection)
    .await
    .during(DOING)?;
    Ok(Stored {
        id: IncidentId(id),
        source: end.source,
        incident,
    })
}

async fn link(
    connection: &mut PgConnection,
    end: &Ended<'_>,
    incident: IncidentId,
) -> Result<(), StoreError> {
    sqlx::query!(
        "INSERT INTO incident_restart (restart_id, incident_id, ended_at) VALUES ($1, $2, $3)
         ON CONFLICT (restart_id) DO UPDATE SET incident_id = excluded.incident_id, ended_at = excluded.ended_at",
        end.restart.0,
        incident.0,
        end.at,
    )
    .execute(connection)
    .await
    .during(DOING)?;
    Ok(())
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

const fn workload_of(end: &Ended<'_>, subject: &Subject) -> Option<i64> {
    match subject {
        Subject::Workload { .. } => Some(end.workload.0),
        Subject::Platform { .. } => None,
    }
}
