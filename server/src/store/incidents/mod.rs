//! Incidents: [`mod@file`] puts restarts into them, [`change`] is what people do, [`rest`] what time does, [`read`] how people read them.

mod change;
mod file;
mod frozen;
mod read;
mod rest;

use domain::{
    Timestamp,
    ids::{IncidentId, SourceId},
    incident::{Incident, Resolution, ResolvedBy, Subject},
    verdict::Cause,
    view::EntryKind,
    workload::WorkloadKey,
};
use sqlx::{PgConnection, PgPool};

pub use change::Changed;
pub(super) use file::{Ended, Filing};

use super::{
    error::{StoreError, While},
    text,
};

/// See [`super::Store::incidents`].
#[derive(Clone, Copy, Debug)]
pub struct Incidents<'a> {
    pub(super) pool: &'a PgPool,
}

/// An incident as it is stored, without what only people read.
struct Stored {
    id: IncidentId,
    source: SourceId,
    incident: Incident,
}

/// The columns of [`Stored`].
struct Row {
    id: i64,
    source_id: i64,
    grp: Option<String>,
    name: Option<String>,
    cause: String,
    fault: Option<String>,
    first_run_at: Timestamp,
    began_at: Timestamp,
    last_at: Timestamp,
    restarts: i32,
    reopened_at: Option<Timestamp>,
    acknowledged: bool,
    resolved_at: Option<Timestamp>,
    resolved_by: Option<String>,
}

impl Row {
    fn read(self, doing: &'static str) -> Result<Stored, StoreError> {
        let cause = text::known(&self.cause, "incident.cause", Cause::from_name, doing)?;
        let subject = match (self.grp, self.name) {
            (Some(group), Some(name)) => {
                Subject::new(WorkloadKey { group, name }, cause, self.fault.as_deref())
            }
            _ => Subject::Platform { cause },
        };
        let resolved_by = self
            .resolved_by
            .map(|by| text::known(&by, "incident.resolved_by", ResolvedBy::from_name, doing))
            .transpose()?;
        Ok(Stored {
            id: IncidentId(self.id),
            source: SourceId(self.source_id),
            incident: Incident {
                subject,
                acknowledged: self.acknowledged,
                resolved: self
                    .resolved_at
                    .zip(resolved_by)
                    .map(|(at, by)| Resolution { at, by }),
                reopened_at: self.reopened_at,
                first_run_at: self.first_run_at,
                began_at: self.began_at,
                last_at: self.last_at,
                count: self.restarts as u32,
            },
        })
    }
}

impl Stored {
    /// Writes what an end, a person or the time has changed. Charts that were frozen when it was over are those of another incident when it
    /// goes on.
    async fn write(
        &self,
        connection: &mut PgConnection,
        doing: &'static str,
    ) -> Result<(), StoreError> {
        let incident = &self.incident;
        sqlx::query!(
            "UPDATE incident
             SET cause = $2, fault = $3, state = $4, began_at = $5, last_at = $6, restarts = $7, quiet_at = $8, reopened_at = $9,
                 acknowledged = $10, resolved_at = $11, resolved_by = $12, first_run_at = $13,
                 frozen = CASE WHEN $4 = 'resolved' AND began_at = $5 AND last_at = $6 THEN frozen END
             WHERE id = $1",
            self.id.0,
            incident.subject.cause().name(),
            incident.subject.fault(),
            incident.state().name(),
            incident.began_at,
            incident.last_at,
            incident.count as i32,
            incident.quiet_from(),
            incident.reopened_at,
            incident.acknowledged,
            incident.resolved.map(|resolution| resolution.at),
            incident.resolved.map(|resolution| resolution.by.name()),
            incident.first_run_at,
        )
        .execute(connection)
        .await
        .during(doing)?;
        Ok(())
    }
}

/// Adds an entry.
async fn note(
    connection: &mut PgConnection,
    incident: IncidentId,
    kind: EntryKind,
    at: Timestamp,
    who: Option<&str>,
    text: &str,
    doing: &'static str,
) -> Result<(), StoreError> {
    sqlx::query!(
        "INSERT INTO incident_entry (incident_id, at, kind, who, text) VALUES ($1, $2, $3, $4, $5)",
        incident.0,
        at,
        kind.name(),
        who,
        text,
    )
    .execute(connection)
    .await
    .during(doing)?;
    Ok(())
}
