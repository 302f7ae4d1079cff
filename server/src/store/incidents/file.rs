//! Puts ends into incidents, in the transaction that writes them into the ledger.

mod find;
mod refile;

use domain::{
    Timestamp,
    ids::{IncidentId, RestartId, SourceId, WorkloadId},
    incident::{End, Incident, Subject},
    view::EntryKind,
};
use sqlx::PgConnection;

use self::{
    find::{linked, present, taker},
    refile::refile,
};
use super::{Stored, note};
use crate::store::error::{StoreError, While};

const DOING: &str = "filing a restart";
/// Advisory locks of this class serialise the filing of a source: two writers would each open an incident for the same subject.
const LOCKS: i32 = 0x1C1D;

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

const fn workload_of(end: &Ended<'_>, subject: &Subject) -> Option<i64> {
    match subject {
        Subject::Workload { .. } => Some(end.workload.0),
        Subject::Platform { .. } => None,
    }
}
